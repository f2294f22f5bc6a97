"""What Oscar knows of its visitors' likes: looks, baskets, wishes and orders."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.conf import settings as django_settings

from prodgen_django.personalization.log.sources import Signal, TasteSource
from prodgen_django.personalization.policy.words import features_of_words

if TYPE_CHECKING:
    from django.http import HttpRequest

#: Longer cookies than Oscar itself ever writes are not read at all.
MAX_COOKIE = 2000
#: A product's key in the database; a larger number is no key, and SQLite refuses it with an error.
MAX_ID = 2**31 - 1


class OscarTaste(TasteSource):
    """Reads Oscar's history cookie and basket in the request; views, wishes and orders off it."""

    def is_available(self) -> bool:
        """Without Oscar this is the default all the same."""
        return "analytics" in apps.app_configs and hasattr(
            django_settings, "OSCAR_RECENTLY_VIEWED_COOKIE_NAME"
        )

    def recent(self, request: HttpRequest) -> Sequence[Signal]:
        cookie = request.COOKIES.get(django_settings.OSCAR_RECENTLY_VIEWED_COOKIE_NAME, "")
        ids = history_ids(cookie, django_settings.OSCAR_RECENTLY_VIEWED_PRODUCTS)
        return [*(Signal(pk, "view") for pk in ids), *(Signal(pk, "basket") for pk in _basket_ids(request))]

    def history(self, user_id: Any, since: datetime) -> Iterator[Signal]:
        views = apps.get_model("analytics", "UserProductView").objects
        for product_id, at in (
            views.filter(user_id=user_id, date_created__gte=since)
            .order_by("-pk")
            .values_list("product_id", "date_created")[:500]
        ):
            yield Signal(product_id, "view", at)
        lines = apps.get_model("basket", "Line").objects
        for product_id, at in lines.filter(
            basket__owner_id=user_id, basket__status="Open", date_created__gte=since
        ).values_list("product_id", "date_created"):
            yield Signal(product_id, "basket", at)
        wishes = apps.get_model("wishlists", "Line").objects
        for product_id, at in wishes.filter(
            wishlist__owner_id=user_id, wishlist__date_created__gte=since, product__isnull=False
        ).values_list("product_id", "wishlist__date_created"):
            yield Signal(product_id, "wishlist", at)
        bought = apps.get_model("order", "Line").objects
        for product_id, at in bought.filter(
            order__user_id=user_id, order__date_placed__gte=since, product__isnull=False
        ).values_list("product_id", "order__date_placed"):
            yield Signal(product_id, "order", at)

    def words(self, user_id: Any, since: datetime) -> Iterator[tuple[Signal, Mapping[str, float]]]:
        searches = apps.get_model("analytics", "UserSearch").objects
        for query, at in (
            searches.filter(user_id=user_id, date_created__gte=since)
            .order_by("-pk")
            .values_list("query", "date_created")[:200]
        ):
            # Only the words that stand for a colour, a material or a style are of use; the rest is never kept.
            features = features_of_words([query])
            if features:
                yield Signal(None, "search", at), features

    def active_users(self, since: datetime) -> Iterable[Any]:
        found: set[Any] = set()
        for model, user, at in (
            (("analytics", "UserProductView"), "user_id", "date_created"),
            (("analytics", "UserSearch"), "user_id", "date_created"),
            (("basket", "Line"), "basket__owner_id", "date_created"),
            (("wishlists", "WishList"), "owner_id", "date_created"),
            (("order", "Order"), "user_id", "date_placed"),
        ):
            rows = apps.get_model(*model).objects.filter(
                **{f"{at}__gte": since, f"{user[:-3]}__isnull": False}
            )
            found.update(rows.order_by().values_list(user, flat=True).distinct())
        return found

    def traits(self, products: Iterable[Any]) -> dict[Any, dict[str, float]]:
        """From the words of the products' attributes and their first category; a variant adds its
        parent's."""
        ids = {product.pk: getattr(product, "parent_id", None) for product in products}
        wanted = {*ids, *(parent for parent in ids.values() if parent)}
        words: dict[Any, list[str]] = {}
        values = apps.get_model("catalogue", "ProductAttributeValue").objects.filter(product_id__in=wanted)
        for product_id, text, option in values.values_list(
            "product_id", "value_text", "value_option__option"
        ):
            words.setdefault(product_id, []).append(f"{text or ''} {option or ''}")
        # The title too: many shops write colour and material nowhere else.
        for product_id, title in (
            apps.get_model("catalogue", "Product").objects.filter(pk__in=wanted).values_list("pk", "title")
        ):
            words.setdefault(product_id, []).append(title or "")
        categories: dict[Any, str] = {}
        pairs = apps.get_model("catalogue", "ProductCategory").objects.filter(product_id__in=wanted)
        for product_id, name in pairs.order_by("pk").values_list("product_id", "category__name"):
            categories.setdefault(product_id, name)
        return {
            pk: features_of_words(
                [*words.get(pk, ()), *words.get(parent, ())], categories.get(pk) or categories.get(parent, "")
            )
            for pk, parent in ids.items()
        }


def history_ids(cookie: str, limit: int = 20) -> list[int]:
    """The product keys in Oscar's history cookie, last seen first.

    The cookie is unsigned JSON from the client: anything but a list of whole positive numbers says nothing.
    """
    if not cookie or len(cookie) > MAX_COOKIE:
        return []
    try:
        found = json.loads(cookie)
    except (ValueError, RecursionError):
        return []
    if not isinstance(found, list) or not all(type(i) is int and 0 < i <= MAX_ID for i in found):
        return []
    # Read from the end: Oscar appends what was seen last.
    return list(dict.fromkeys(reversed(found)))[:limit]


def _basket_ids(request: HttpRequest) -> list[int]:
    """The products in the basket, as far as the page has loaded it: Oscar's own header does, and we ask for nothing."""
    lines = getattr(getattr(request, "_basket_cache", None), "_lines", None)
    return [line.product_id for line in getattr(lines, "_result_cache", None) or ()]
