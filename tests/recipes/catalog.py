"""The example shop's photographs as a catalog: a product's title is the beginning of its files' names."""

from __future__ import annotations

from pathlib import Path
from typing import IO, Any

from prodgen_django.catalog import Catalog, CatalogError, Photo

FOLDER = Path(__file__).resolve().parents[2] / "example_shop" / "catalogue" / "photos"


class FolderCatalog(Catalog):
    def title(self, product: Any) -> str:
        return product.title

    def category(self, product: Any) -> str:
        return "Shoes" if "shoe" in product.title else "Mugs"

    def photos(self, product: Any) -> list[Photo]:
        names = sorted(path.name for path in FOLDER.glob(f"{product.title}-*.jpg"))
        closeups = [name for name in names if name.rsplit("-", 1)[1].startswith("c")]
        return [Photo(ref=name) for name in closeups or names]

    def open_photo(self, ref: str) -> IO[bytes]:
        path = FOLDER / ref
        if not path.is_file():
            raise CatalogError(f"The photo {ref} is gone.")
        return path.open("rb")

    def publish(self, image: Any) -> str:
        return str(image.uuid)

    def withdraw(self, reference: str) -> None:
        return None
