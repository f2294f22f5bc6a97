"""How the studio reads this shop: its products have no photos, the painting recipe needs none."""

from __future__ import annotations

from typing import IO, Any

from prodgen_django.catalog import Catalog, CatalogError, Photo


class ShopCatalog(Catalog):
    def title(self, product: Any) -> str:
        return product.title

    def photos(self, product: Any) -> list[Photo]:
        return []

    def open_photo(self, ref: str) -> IO[bytes]:
        raise CatalogError(f"There is no photo {ref}.")

    def publish(self, image: Any) -> str:
        return str(image.uuid)

    def withdraw(self, reference: str) -> None:
        return None
