"""How the studio reads this shop, and what it knows of its visitors' likes."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import IO, Any

from django.db.models import QuerySet

from prodgen_django.catalog import Catalog, CatalogError, Photo
from prodgen_django.personalization import Signal, TasteSource


class ShopCatalog(Catalog):
    def title(self, product: Any) -> str:
        return product.name

    def code(self, product: Any) -> str:
        return product.sku

    def photos(self, product: Any) -> list[Photo]:
        return []

    def open_photo(self, ref: str) -> IO[bytes]:
        raise CatalogError(f"There is no photo {ref}.")

    def publish(self, image: Any) -> str:
        return str(image.uuid)

    def withdraw(self, reference: str) -> None:
        return None

    def own_pictures(self, product_ids: Collection[Any]) -> QuerySet[Any]:
        from tests.shops.models import Photo as PhotoRow

        return PhotoRow.objects.filter(product_id__in=product_ids)

    def own_picture_url(self, name: str) -> str:
        return f"/photos/{name}"

    def missing_picture_url(self) -> str:
        return "/missing.png"


class ShopTaste(TasteSource):
    """A cookie names what was looked at; the page knows the basket."""

    def recent(self, request: Any) -> Sequence[Signal]:
        looked = request.COOKIES.get("looks", "").split("|")
        # What the page has loaded of the basket before.
        basket = getattr(request, "basket_keys", ())
        return [*(Signal(key, "view") for key in looked if key), *(Signal(key, "basket") for key in basket)]

    def active_users(self, since: datetime) -> Iterable[Any]:
        return ()

    def traits(self, products: Iterable[Any]) -> dict[Any, dict[str, float]]:
        return {product.pk: {f"tag:{product.name.split()[0].lower()}": 1.0} for product in products}


def yes(request: Any) -> bool:
    return True
