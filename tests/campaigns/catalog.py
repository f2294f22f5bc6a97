"""Oscar's prices and promotions over the example shop's photographs: the UPC is the beginning of their names."""

from __future__ import annotations

from pathlib import Path
from typing import IO, Any

from prodgen_django.catalog import CatalogError, Photo
from prodgen_django.contrib.oscar.catalog import OscarCatalog

FOLDER = Path(__file__).resolve().parents[2] / "example_shop" / "catalogue" / "photos"


class PhotoCatalog(OscarCatalog):
    def photos(self, product: Any) -> list[Photo]:
        return [Photo(ref=path.name) for path in sorted(FOLDER.glob(f"{product.upc}-1.jpg"))]

    def photos_for(self, products: Any) -> dict[Any, list[Photo]]:
        return {product.pk: self.photos(product) for product in products}

    def open_photo(self, ref: str) -> IO[bytes]:
        path = FOLDER / ref
        if not path.is_file():
            raise CatalogError(f"The photo {ref} is gone.")
        return path.open("rb")
