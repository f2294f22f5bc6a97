"""Choosing among published pictures, with one query for a whole page.

Everything that a page needs comes as one UNION ALL: the products' published pictures, the shop's own
pictures to fall
back on, what liked products say of a taste, and a customer's kept profile. Nothing is written, no file is
looked at and
no broker is called.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from django.db.models import BigIntegerField, DateTimeField, F, IntegerField, Q, TextField, Value
from django.db.models.functions import Cast

from prodgen_django.catalog import get_catalog
from prodgen_django.personalization.models import ProductTraits, TasteProfile
from prodgen_django.personalization.taste import (
    STRENGTHS,
    blend,
    fit,
    make_taste,
    mean_features,
    picture_features,
)
from prodgen_django.personalization.visitor import Visitor

if TYPE_CHECKING:
    from datetime import datetime

    from django.db.models import QuerySet

    from prodgen_django.models import GeneratedImage

#: Kinds that show the real product. Others (a concept, a banner) stand in only where none of these is
#: published.
TRUE_KINDS = ("display", "stitch")

# What a row of the union is.
_PICTURE, _OWN, _LIKED, _TRAITS, _PROFILE = range(5)


@dataclass(frozen=True)
class Candidate:
    """A published picture as the page's query brings it."""

    pk: int
    product_id: Any
    renditions: str
    tags: tuple[str, ...]
    palette: tuple[str, ...]
    name: str
    title: str
    kind: str
    width: int
    height: int
    published_at: datetime | None

    def instance(self) -> GeneratedImage:
        """The picture as a model instance; what the page's query did not read is deferred."""
        from prodgen_django.models import GeneratedImage

        values = {
            "id": self.pk,
            "product_id": self.product_id,
            "renditions": json.loads(self.renditions or "[]"),
            "tags": list(self.tags),
            "palette": list(self.palette),
            "file": self.name,
            "title": self.title,
            "kind": self.kind,
            "width": self.width,
            "height": self.height,
            "published_at": self.published_at,
            "state": GeneratedImage.State.PUBLISHED,
        }
        # `from_db` takes the values in the order of the model's fields, whatever the names say.
        names = [f.attname for f in GeneratedImage._meta.concrete_fields if f.attname in values]
        return GeneratedImage.from_db(None, names, [values[name] for name in names])


@dataclass(frozen=True)
class Own:
    """One of the shop's own pictures."""

    name: str
    caption: str


@dataclass(frozen=True)
class Chosen:
    """What a page shows of one product."""

    picture: Candidate | None
    own: Own | None = None
    #: Whether the visitor's taste decided.
    personal: bool = False


@dataclass
class _Rows:
    pictures: dict[Any, list[Candidate]] = field(default_factory=dict)
    own: dict[Any, tuple[int, Own]] = field(default_factory=dict)
    liked: list[tuple[str, Any]] = field(default_factory=list)
    traits: dict[Any, Mapping[str, float]] = field(default_factory=dict)
    profile: Mapping[str, float] = field(default_factory=dict)


def choose_images(visitor: Visitor, products: Iterable[Any]) -> dict[Any, GeneratedImage | None]:
    """``{product.pk: picture}`` for products of a page: the published picture that suits the visitor, or
    None.

    One query, whatever the number of products. The same visitor gets the same answer as long as neither
    their history
    nor the published pictures change.
    """
    chosen = choose_pictures(visitor, products)
    return {pk: one.picture.instance() if one.picture else None for pk, one in chosen.items()}


def choose_pictures(visitor: Visitor, products: Iterable[Any]) -> dict[Any, Chosen]:
    """As `choose_images`, with the shop's own picture where nothing is published."""
    parents = {product.pk: getattr(product, "parent_id", None) for product in products}
    wanted = {*parents, *(parent for parent in parents.values() if parent)}
    if not wanted:
        return {}
    rows = _read(visitor, wanted)
    taste = _taste(visitor, rows)
    found: dict[Any, Chosen] = {}
    for pk, parent in parents.items():
        # A variant without pictures of its own shows its parent's.
        candidates = rows.pictures.get(pk) or rows.pictures.get(parent) or []
        own = rows.own.get(pk) or rows.own.get(parent)
        picture, personal = _choose(taste, candidates)
        found[pk] = Chosen(picture, own[1] if own else None, personal)
    return found


def _choose(taste: Mapping[str, float], candidates: Sequence[Candidate]) -> tuple[Candidate | None, bool]:
    if not candidates:
        return None, False
    ranked = sorted(candidates, key=_default_rank)
    best = ranked[0]
    if not taste or len(ranked) == 1:
        return best, False
    # Only what shows the product competes for it.
    ranked = [c for c in ranked if (c.kind in TRUE_KINDS) == (best.kind in TRUE_KINDS)]
    scores = [fit(taste, c.tags, c.palette) for c in ranked]
    top = max(range(len(ranked)), key=lambda i: (round(scores[i], 6), -i))
    return ranked[top], round(scores[top], 6) > round(min(scores), 6)


def _default_rank(candidate: Candidate) -> tuple[bool, float, int]:
    """What everybody sees who has no taste: true to the product first, then the last one published."""
    at = candidate.published_at.timestamp() if candidate.published_at else 0.0
    return (candidate.kind not in TRUE_KINDS, -at, -candidate.pk)


def _taste(visitor: Visitor, rows: _Rows) -> dict[str, float]:
    if not visitor.consents:
        return {}
    likes: list[tuple[float, Mapping[str, float]]] = []
    counted: dict[Any, float] = {}
    for place, signal in enumerate(visitor.signals):
        # The cookie has no dates, but an order: what was looked at last counts most.
        counted[signal.product_id] = STRENGTHS.get(signal.kind, 1.0) * 0.93**place
    for kind, product_id in rows.liked:
        counted[product_id] = max(counted.get(product_id, 0.0), STRENGTHS.get(kind, 1.0))
    for product_id, strength in counted.items():
        features = rows.traits.get(product_id)
        if not features and product_id in rows.pictures:
            # Nothing is kept of the product yet: what its pictures have in common describes it.
            features = mean_features([picture_features(c.tags, c.palette) for c in rows.pictures[product_id]])
        if features:
            likes.append((strength, features))
    return blend(make_taste(likes), rows.profile)


def _read(visitor: Visitor, wanted: Collection[Any]) -> _Rows:
    """The page's one query."""
    rows = _Rows()
    for row in _union(visitor, wanted):
        part, pk, product_id, renditions, tags, palette, name, title, kind, width, height, at = row
        if part == _PICTURE:
            picture = Candidate(
                pk,
                product_id,
                renditions,
                _words(tags),
                _words(palette),
                name,
                title,
                kind,
                width,
                height,
                at,
            )
            rows.pictures.setdefault(product_id, []).append(picture)
        elif part == _OWN:
            place, had = width, rows.own.get(product_id)
            if had is None or place < had[0]:
                rows.own[product_id] = (place, Own(name, title))
        elif part == _LIKED:
            rows.liked.append((kind, product_id))
        elif part == _TRAITS:
            rows.traits[product_id] = _weights(renditions)
        else:
            rows.profile = _weights(renditions)
    return rows


def _union(visitor: Visitor, wanted: Collection[Any]) -> QuerySet[Any]:
    """Every row that the page needs, unevaluated; the columns are those of a published picture."""
    from prodgen_django.models import GeneratedImage

    liked = Q(product_id__in={signal.product_id for signal in visitor.signals})
    for _kind, ids in visitor.queries:
        liked |= Q(product_id__in=ids.order_by().values("product_id"))
    asked = Q(product_id__in=wanted)
    published = GeneratedImage.objects.filter(
        asked | liked if visitor.consents else asked, state=GeneratedImage.State.PUBLISHED
    )
    parts = []
    catalog = get_catalog()
    own = catalog.own_pictures(wanted)
    if own is not None:
        product, name, caption, place = catalog.own_picture_columns
        parts.append(_columns(own, _OWN, product=product, name=name, title=caption, number=place))
    if visitor.consents:
        if visitor.signals or visitor.queries:
            parts.append(
                _columns(ProductTraits.objects.filter(liked), _TRAITS, product="product_id", text="traits")
            )
        for kind, ids in visitor.queries:
            parts.append(_columns(ids, _LIKED, product="product_id", kind=Value(kind)))
        if visitor.user_id is not None:
            profile = TasteProfile.objects.filter(user_id=visitor.user_id)
            parts.append(_columns(profile, _PROFILE, text="weights"))
    pictures = published.order_by().values_list(
        Value(_PICTURE, output_field=IntegerField()),
        "pk",
        "product_id",
        Cast("renditions", TextField()),
        Cast("tags", TextField()),
        Cast("palette", TextField()),
        "file",
        "title",
        "kind",
        "width",
        "height",
        "published_at",
    )
    return pictures.union(*parts, all=True) if parts else pictures


def _columns(
    rows: QuerySet[Any],
    part: int,
    *,
    product: str | None = None,
    text: str | None = None,
    name: str | None = None,
    title: str | None = None,
    kind: Value | None = None,
    number: str | None = None,
) -> QuerySet[Any]:
    """Rows of another table in the columns of `_union`."""
    product_key = get_catalog().model._meta.pk
    nothing, no_number = Value("", output_field=TextField()), Value(0, output_field=IntegerField())
    return rows.order_by().values_list(
        Value(part, output_field=IntegerField()),
        Value(0, output_field=BigIntegerField()),
        # Typed, or PostgreSQL takes the empty column for text.
        F(product) if product else Value(None, output_field=product_key),
        Cast(text, TextField()) if text else nothing,
        nothing,
        nothing,
        F(name) if name else nothing,
        F(title) if title else nothing,
        kind or nothing,
        F(number) if number else no_number,
        no_number,
        Value(None, output_field=DateTimeField()),
    )


@lru_cache(maxsize=4096)
def _words(text: str | None) -> tuple[str, ...]:
    """A JSON list of strings; cached by its text, so what it holds can never be stale."""
    found = json.loads(text or "[]")
    return tuple(word for word in found if isinstance(word, str)) if isinstance(found, list) else ()


@lru_cache(maxsize=1024)
def _weights(text: str | None) -> dict[str, float]:
    found = json.loads(text or "{}")
    return {str(k): float(v) for k, v in found.items()} if isinstance(found, dict) else {}
