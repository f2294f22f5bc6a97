"""The pictures of a page's products, as the database has them: a query for ours, and one for the shop's own."""

from __future__ import annotations

from collections.abc import Collection
from functools import cache
from typing import TYPE_CHECKING, Any

from django.db.models import F, TextField
from django.db.models.functions import Cast
from django.db.models.lookups import In

from prodgen_django.catalog import get_catalog
from prodgen_django.personalization.candidate import Candidate, Own, facts_of

if TYPE_CHECKING:
    from django.db.models import QuerySet

#: The columns of `facts_of`. JSON is read as text, so that what is made of it can be kept by that text.
FACTS: tuple[Any, ...] = (
    Cast("renditions", TextField()),
    Cast("tags", TextField()),
    Cast("palette", TextField()),
    *("file", "title", "kind", "width", "height"),
)


#: Pictures in the order in which they were published, the last one first.
NEWEST = (F("published_at").desc(nulls_last=True), "-pk")


def published_pictures(products: Collection[Any]) -> dict[Any, list[Candidate]]:
    """By product key: what is published of these products, the last one first, and what is known of each by itself."""
    found: dict[Any, list[Candidate]] = {}
    rows = _published().filter(of_products(products)) if products else ()
    for pk, product, surplus, information, *facts in rows:
        picture = Candidate(pk, product, facts_of(*facts), surplus or 0.0, information or 0.0)
        found.setdefault(product, []).append(picture)
    return found


def of_products(keys: Collection[Any]) -> In:
    """``product_id__in=keys``, for keys that have come through `catalog.product_key`: a relation's own lookup would
    judge each of them once more, which costs a page a fortieth.
    """
    return In(F("product_id"), keys)


@cache
def _published() -> QuerySet[Any]:
    """Published pictures of all products, made once: making it costs more than running it."""
    from prodgen_django.models import GeneratedImage

    columns = ("pk", "product_id", "record__surplus", "record__information", *FACTS)
    published = GeneratedImage.objects.filter(state=GeneratedImage.State.PUBLISHED)
    return published.order_by(*NEWEST).values_list(*columns)


def own_pictures(products: Collection[Any]) -> dict[Any, Own]:
    """By product key: the first of the shop's own pictures."""
    catalog = get_catalog()
    rows: QuerySet[Any] | None = catalog.own_pictures(products) if products else None
    if rows is None:
        return {}
    product, name, caption, place = catalog.own_picture_columns
    found: dict[Any, Own] = {}
    for key, *own in rows.order_by(place, "pk").values_list(product, name, caption):
        found.setdefault(key, Own(*own))
    return found
