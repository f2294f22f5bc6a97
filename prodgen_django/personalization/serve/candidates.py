"""What could be shown: the published pictures of a page's products in one query, the shop's own in another."""

from __future__ import annotations

import json
from collections.abc import Collection
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from django.db.models import F, QuerySet, TextField
from django.db.models.functions import Cast
from django.db.models.lookups import In

from prodgen_django.catalog import get_catalog
from prodgen_django.personalization.policy.features import picture_vector

if TYPE_CHECKING:
    from prodgen_django.models import GeneratedImage

#: The columns of `facts_of`. JSON is read as text, so that what is made of it can be kept by that text.
FACTS: tuple[Any, ...] = (
    Cast("renditions", TextField()),
    Cast("tags", TextField()),
    Cast("palette", TextField()),
    *("file", "title", "kind", "width", "height"),
)
#: Pictures in the order in which they were published, the last one first.
NEWEST = (F("published_at").desc(nulls_last=True), "-pk")


class Facts:
    """What the database says of a picture, taken from its row once a process: see `facts_of`."""

    __slots__ = ("height", "kind", "name", "palette", "renditions", "style", "tags", "title", "width")

    def __init__(
        self,
        renditions: str,
        tags: str,
        palette: str,
        name: str,
        title: str,
        kind: str,
        width: int,
        height: int,
    ) -> None:
        self.renditions, self.name, self.title, self.kind = renditions, name, title, kind
        self.width, self.height = width, height
        self.tags, self.palette = _words(tags), _words(palette)
        self.style = np.array(picture_vector(self.tags, self.palette))


class Candidate(NamedTuple):
    """A published picture that could be shown of a product, or in a campaign's place."""

    id: int
    product_id: Any
    facts: Facts

    def instance(self) -> GeneratedImage:
        """The picture as a model instance; what the page's query did not read is deferred."""
        from prodgen_django.models import GeneratedImage

        facts = self.facts
        values = {
            "id": self.id,
            "product_id": self.product_id,
            "renditions": json.loads(facts.renditions or "[]"),
            "tags": list(facts.tags),
            "palette": list(facts.palette),
            "file": facts.name,
            "title": facts.title,
            "kind": facts.kind,
            "width": facts.width,
            "height": facts.height,
            "state": GeneratedImage.State.PUBLISHED,
        }
        # `from_db` takes the values in the order of the model's fields, whatever the names say.
        names = [f.attname for f in GeneratedImage._meta.concrete_fields if f.attname in values]
        return GeneratedImage.from_db(None, names, [values[name] for name in names])


class Own(NamedTuple):
    """One of the shop's own pictures."""

    name: str
    caption: str


def published_pictures(products: Collection[Any]) -> dict[Any, list[Candidate]]:
    """By product key: what is published of these products, the last one first."""
    found: dict[Any, list[Candidate]] = {}
    for pk, product, *facts in _published().filter(of_products(products)) if products else ():
        found.setdefault(product, []).append(Candidate(pk, product, facts_of(*facts)))
    return found


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


def of_products(keys: Collection[Any]) -> In:
    """``product_id__in=keys``, for keys that have come through `catalog.product_key`: a relation's own lookup would
    judge each of them once more, which costs a page a fortieth.
    """
    return In(F("product_id"), keys)


@lru_cache(maxsize=8192)
def facts_of(*columns: Any) -> Facts:
    """Cached by all that it is made of, so never stale; the same pictures are on many pages."""
    return Facts(*columns)


@cache
def _published() -> QuerySet[Any]:
    """Published pictures of all products, made once: making it costs more than running it."""
    from prodgen_django.models import GeneratedImage

    published = GeneratedImage.objects.filter(state=GeneratedImage.State.PUBLISHED)
    return published.order_by(*NEWEST).values_list("pk", "product_id", *FACTS)


@lru_cache(maxsize=4096)
def _words(text: str | None) -> tuple[str, ...]:
    """A JSON list of strings."""
    found = json.loads(text or "[]")
    return tuple(word for word in found if isinstance(word, str)) if isinstance(found, list) else ()
