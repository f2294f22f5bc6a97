"""Everything that a page needs, as one query.

A UNION ALL of the products' published pictures, the shop's own pictures to fall back on, what liked products say of a
taste, a customer's kept profile and stored consent, and what the visitor was shown before. Nothing is written, no file
is looked at and no broker is called.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from django.conf import settings as django_settings
from django.db import router
from django.db.models import BigIntegerField, DateTimeField, FloatField, IntegerField, Q, TextField, Value
from django.db.models.functions import Cast
from django.utils import timezone

from prodgen_django.catalog import get_catalog
from prodgen_django.personalization.identity import Seen, stands_since
from prodgen_django.personalization.models import Exposure, ProductTraits, ProfilingConsent, TasteProfile
from prodgen_django.personalization.policies import ensemble_rows
from prodgen_django.personalization.statement import Slots, Statement, compiled, padded

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from prodgen_django.models import GeneratedImage
    from prodgen_django.personalization.visitor import Visitor

# What a row of the union is.
_PICTURE, _OWN, _LIKED, _TRAITS, _PROFILE, _SEEN, _CONSENT, _POLICY = range(8)


@dataclass(frozen=True, slots=True)
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
    #: When it was published, as the database has it: to be compared with others of its kind alone.
    at: Any
    #: What is known of it by itself (`models.PictureRecord`).
    surplus: float = 0.0
    information: float = 0.0

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


@dataclass
class Rows:
    """What the query brought."""

    #: By product.
    pictures: dict[Any, list[Candidate]] = field(default_factory=dict)
    own: dict[Any, tuple[int, Own]] = field(default_factory=dict)
    liked: list[tuple[str, Any]] = field(default_factory=list)
    traits: dict[Any, Mapping[str, float]] = field(default_factory=dict)
    profile: Mapping[str, float] = field(default_factory=dict)
    #: (visitor, product): the decision that stands.
    seen: dict[tuple[str, Any], Seen] = field(default_factory=dict)
    #: What is stored of the customer's consent; None: nothing.
    consent: bool | None = None
    #: The policy in use, where this process did not have it yet.
    ensemble: str | None = None


def read(visitor: Visitor, wanted: Collection[Any], *, policy: bool = False) -> Rows:
    """What is known of the products with these keys and of the visitor; `wanted` holds at least one key.

    `policy`: whether to read the policy in use as well.
    """
    keys = padded(list(wanted))
    liked = padded([signal.product_id for signal in visitor.signals]) if visitor.signals else []
    names = (visitor.key, *visitor.other_keys) if visitor.consents else ()
    values: dict[str, Sequence[Any]] = {"wanted": keys, "liked": liked, "visitor": names}
    for number, query in enumerate(visitor.queries):
        values |= {f"query {number}.{place}": (arg,) for place, arg in enumerate(query.args)}
    if visitor.user_id is not None:
        values["user"] = (visitor.user_id,)
    rows = Rows()
    for row in _statement(visitor, values, policy).run(values):
        _take(rows, row)
    return rows


def _take(rows: Rows, row: Sequence[Any]) -> None:
    part, pk, product_id, text, tags, palette, name, title, kind, width, height, surplus, information, at = (
        row
    )
    product_id = _product_key(product_id)
    if part == _PICTURE:
        picture = Candidate(
            pk,
            product_id,
            text,
            _words(tags),
            _words(palette),
            name,
            title,
            kind,
            width,
            height,
            at,
            surplus or 0.0,
            information or 0.0,
        )
        rows.pictures.setdefault(product_id, []).append(picture)
    elif part == _OWN:
        had = rows.own.get(product_id)
        if had is None or width < had[0]:
            rows.own[product_id] = (width, Own(name, title))
    elif part == _LIKED:
        rows.liked.append((kind, product_id))
    elif part == _TRAITS:
        rows.traits[product_id] = _weights(text)
    elif part == _PROFILE:
        rows.profile = _weights(text)
    elif part == _SEEN:
        hour = _hour(at)
        before = rows.seen.get((kind, product_id))
        if hour > stands_since() and (before is None or hour >= before.hour):
            rows.seen[kind, product_id] = Seen(pk, hour, name)
    elif part == _CONSENT:
        rows.consent = bool(width)
    else:
        rows.ensemble = text


def _statement(visitor: Visitor, values: Mapping[str, Sequence[Any]], policy: bool) -> Statement:
    from prodgen_django.models import GeneratedImage

    using = router.db_for_read(GeneratedImage)
    shape = (
        type(get_catalog()),
        policy,
        visitor.consents,
        tuple((name, len(many), type(many[0]) if many else None) for name, many in values.items()),
        tuple((query.kind, query.build) for query in visitor.queries),
    )

    return compiled(shape, using, lambda slots: _union(visitor, values, slots, policy))


def _union(
    visitor: Visitor, values: Mapping[str, Sequence[Any]], slots: Slots, policy: bool
) -> QuerySet[Any]:
    """Every row that the page needs, unevaluated; the columns are those of a published picture."""
    from prodgen_django.models import GeneratedImage

    def stand_ins(name: str) -> list[Any]:
        given = values[name]
        if len({type(value) for value in given}) == 1:
            return slots.many(name, given[0], len(given))
        raise TypeError(f"values of several types for {name!r}")

    catalog = get_catalog()
    wanted = stand_ins("wanted")
    asked = Q(product_id__in=wanted)
    parts: list[QuerySet[Any]] = []
    own = catalog.own_pictures(wanted)
    if own is not None:
        product, name, caption, place = catalog.own_picture_columns
        parts.append(_columns(own, _OWN, product=product, name=name, title=caption, width=place))
    if visitor.consents:
        known = Q()
        if values["liked"]:
            known |= Q(product_id__in=stand_ins("liked"))
        for number, query in enumerate(visitor.queries):
            args = [stand_ins(f"query {number}.{place}")[0] for place in range(len(query.args))]
            ids = query.build(*args)
            parts.append(_columns(ids, _LIKED, product="product_id", kind=Value(query.kind)))
            known |= Q(product_id__in=ids.order_by().values("product_id"))
        if known:
            parts.append(
                _columns(ProductTraits.objects.filter(known), _TRAITS, product="product_id", text="traits")
            )
            asked |= known
        seen = Exposure.objects.filter(
            visitor__in=stand_ins("visitor"), product_id__in=wanted, image__isnull=False
        )
        parts.append(
            _columns(
                seen, _SEEN, pk="image_id", product="product_id", name="token", kind="visitor", at="shown_at"
            )
        )
        if visitor.user_id is not None:
            user = stand_ins("user")[0]
            parts.append(_columns(TasteProfile.objects.filter(user_id=user), _PROFILE, text="weights"))
            consent = ProfilingConsent.objects.filter(user_id=user)
            parts.append(_columns(consent, _CONSENT, width=Cast("given", IntegerField())))
        if policy:
            parts.append(_columns(ensemble_rows(), _POLICY, text="ensemble"))
    published = GeneratedImage.objects.filter(asked, state=GeneratedImage.State.PUBLISHED)
    pictures = _columns(
        published,
        _PICTURE,
        pk="pk",
        product="product_id",
        text="renditions",
        tags=Cast("tags", TextField()),
        palette=Cast("palette", TextField()),
        name="file",
        title="title",
        kind="kind",
        width="width",
        height="height",
        surplus="record__surplus",
        information="record__information",
        at="published_at",
    )
    return pictures.union(*parts, all=True) if parts else pictures


def _columns(rows: QuerySet[Any], part: int, **given: Any) -> QuerySet[Any]:
    """Rows of any table in the columns of `_take`: names of fields, or expressions."""
    if "text" in given:
        given["text"] = Cast(given["text"], TextField())
    # What is missing is typed, or PostgreSQL takes the empty column for text.
    text, number = Value("", output_field=TextField()), Value(0, output_field=IntegerField())
    real = Value(0.0, output_field=FloatField())
    missing: dict[str, Any] = {
        "pk": Value(0, output_field=BigIntegerField()),
        "product": Value(None, output_field=get_catalog().model._meta.pk),
        **dict.fromkeys(("text", "tags", "palette", "name", "title", "kind"), text),
        **dict.fromkeys(("width", "height"), number),
        **dict.fromkeys(("surplus", "information"), real),
        "at": Value(None, output_field=DateTimeField()),
    }
    return rows.order_by().values_list(
        Value(part, output_field=IntegerField()), *(given.get(name, empty) for name, empty in missing.items())
    )


def _product_key(value: Any) -> Any:
    """A product's key in Python's type; whole numbers, which nearly all are, at no cost."""
    if value is None or type(value) is int:
        return value
    return get_catalog().model._meta.pk.to_python(value)


def _hour(at: Any) -> int:
    """The hour since the epoch of a moment as the database has it; 0 where there is none."""
    if isinstance(at, str):  # SQLite
        at = datetime.fromisoformat(at)
    if not isinstance(at, datetime):
        return 0
    if at.tzinfo is None:
        at = at.replace(tzinfo=UTC if django_settings.USE_TZ else timezone.get_default_timezone())
    return int(at.timestamp()) // 3600


@lru_cache(maxsize=4096)
def _words(text: str | None) -> tuple[str, ...]:
    """A JSON list of strings; cached by its text, so what it holds can never be stale."""
    found = json.loads(text or "[]")
    return tuple(word for word in found if isinstance(word, str)) if isinstance(found, list) else ()


@lru_cache(maxsize=1024)
def _weights(text: str | None) -> dict[str, float]:
    found = json.loads(text or "{}")
    return {str(k): float(v) for k, v in found.items()} if isinstance(found, dict) else {}
