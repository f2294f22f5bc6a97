"""Everything that a page needs, as one query.

A UNION ALL of the products' published pictures, the shop's own pictures to fall back on, what liked products say of a
taste, a customer's kept profile and stored consent, and what the visitor was shown before. Nothing is written, no file
is looked at and no broker is called.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from django.conf import settings as django_settings
from django.db import router
from django.db.models import (
    BigIntegerField,
    Count,
    DateTimeField,
    Exists,
    FloatField,
    Func,
    IntegerField,
    Max,
    Min,
    OuterRef,
    Q,
    Sum,
    TextField,
    Value,
)
from django.db.models.functions import Cast, Length
from django.utils import timezone

from prodgen_django.catalog import get_catalog
from prodgen_django.personalization import shelf
from prodgen_django.personalization.features import picture_vector
from prodgen_django.personalization.identity import Seen, stands_since
from prodgen_django.personalization.models import Exposure, ProductTraits, ProfilingConsent, TasteProfile
from prodgen_django.personalization.policies import ensemble_rows
from prodgen_django.personalization.policy import Vector
from prodgen_django.personalization.statement import Slots, Statement, compiled, padded

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from prodgen_django.models import GeneratedImage
    from prodgen_django.personalization.visitor import Visitor

# What a row of the union is.
_PICTURE, _OWN, _LIKED, _TRAITS, _PROFILE, _SEEN, _CONSENT, _POLICY, _MARK, _LIKED_PICTURE = range(10)


class Facts:
    """What the database says of a picture by itself, taken from its row once a process: see `_facts`."""

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
        # An array: the policy puts many of them together.
        self.style = np.array(picture_vector(self.tags, self.palette))


class Candidate(NamedTuple):
    """A published picture as the page's query brings it, and an `Arm` of the policy. A page makes hundreds."""

    id: int
    product_id: Any
    facts: Facts
    #: When it was published, as the database has it: to be compared with others of its kind alone.
    at: Any
    #: What is known of it by itself (`models.PictureRecord`).
    surplus: float = 0.0
    information: float = 0.0

    @property
    def style(self) -> Vector:
        return self.facts.style

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


@dataclass(frozen=True)
class Own:
    """One of the shop's own pictures."""

    name: str
    caption: str


@dataclass
class Rows:
    """What the query brought."""

    #: By product.
    pictures: dict[Any, Sequence[Candidate]] = field(default_factory=dict)
    own: dict[Any, tuple[int, Own]] = field(default_factory=dict)
    liked: list[tuple[str, Any]] = field(default_factory=list)
    traits: dict[Any, Mapping[str, float]] = field(default_factory=dict)
    #: Of liked products that have no traits yet: tags and colours of their pictures.
    liked_pictures: dict[Any, list[tuple[tuple[str, ...], tuple[str, ...]]]] = field(default_factory=dict)
    profile: Mapping[str, float] = field(default_factory=dict)
    #: (visitor, product): the decision that stands.
    seen: dict[tuple[str, Any], Seen] = field(default_factory=dict)
    #: What is stored of the customer's consent; None: nothing.
    consent: bool | None = None
    #: The policy in use, where this process did not have it yet.
    ensemble: str | None = None


def read(visitor: Visitor, wanted: Collection[Any], *, policy: bool = False) -> Rows:
    """What is known of the products with these keys and of the visitor; `wanted` holds at least one key.

    `policy`: whether to read the policy in use as well. One query; a second one only where pictures that are on the
    shelf of this process have just been changed elsewhere.
    """
    from prodgen_django.models import GeneratedImage

    using = router.db_for_read(GeneratedImage)
    on_shelf = shelf.find(using, wanted)
    rows, mark = _run(using, visitor, wanted, on_shelf, policy)
    if on_shelf and mark != shelf.mark_of(using, on_shelf):
        shelf.clear(on_shelf)
        rows, _mark = _run(using, visitor, wanted, {}, policy)
    return rows


def _run(
    using: str,
    visitor: Visitor,
    wanted: Collection[Any],
    on_shelf: Mapping[Any, Sequence[Candidate]],
    policy: bool,
) -> tuple[Rows, shelf.Mark]:
    """Run the query; `on_shelf`: products whose pictures need not be read."""
    fresh = [key for key in wanted if key not in on_shelf]
    kind = type(next(iter(wanted)))
    # What a source calls a product and cannot be one of the shop's says nothing.
    liked = [signal.product_id for signal in visitor.signals if type(signal.product_id) is kind]
    # Where the browser knows all of an anonymous visitor's decisions the log need not be asked; an account's may have
    # been taken in another browser.
    names = (visitor.key, *visitor.other_keys) if visitor.consents else ()
    if visitor.user_id is None and visitor.seen and all(str(key) in visitor.seen for key in wanted):
        names = ()
    values: dict[str, Sequence[Any]] = {
        "wanted": padded(list(wanted)),
        "fresh": padded(fresh) if fresh else (),
        "shelf": padded(list(on_shelf)) if on_shelf else (),
        "liked": padded(liked) if liked else (),
        "visitor": names,
    }
    for number, query in enumerate(visitor.queries):
        values |= {f"query {number}.{place}": (arg,) for place, arg in enumerate(query.args)}
    if visitor.user_id is not None:
        values["user"] = (visitor.user_id,)
    rows, mark = Rows(), shelf.Mark()
    found: dict[Any, list[tuple[Candidate, str, int]]] = {}
    key_of = get_catalog().model._meta.pk.to_python if kind is not int else None
    for row in _statement(using, visitor, values, policy).run(values):
        product = row[2] if key_of is None else key_of(row[2])
        if row[0] == _PICTURE:
            # Taken apart here and not in `_take`: nearly all rows are pictures.
            facts = _facts(*row[3:11])
            picture = Candidate(row[1], product, facts, row[14], row[12] or 0.0, row[13] or 0.0)
            size = len(row[3]) + len(row[4]) + len(row[5])
            found.setdefault(product, []).append((picture, row[11], size))
        elif row[0] == _MARK:
            mark = shelf.Mark(row[9], row[1], row[10], row[7], row[11])
        else:
            _take(rows, product, row)
    rows.pictures = {product: [one[0] for one in pictures] for product, pictures in found.items()}
    rows.pictures.update(on_shelf)
    if found:
        shelf.keep(using, {product: found[product] for product in fresh if product in found})
    return rows, mark


def _take(rows: Rows, product_id: Any, row: Sequence[Any]) -> None:
    part, pk, text, at = row[0], row[1], row[3], row[14]
    name, title, kind, width = row[6:10]
    if part == _OWN:
        first = rows.own.get(product_id)
        if first is None or width < first[0]:
            rows.own[product_id] = (width, Own(name, title))
    elif part == _LIKED:
        rows.liked.append((kind, product_id))
    elif part == _LIKED_PICTURE:
        rows.liked_pictures.setdefault(product_id, []).append((_words(row[4]), _words(row[5])))
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


def _statement(using: str, visitor: Visitor, values: Mapping[str, Sequence[Any]], policy: bool) -> Statement:
    shape = (
        type(get_catalog()),
        policy,
        visitor.consents,
        tuple([(name, len(many), type(many[0]) if many else None) for name, many in values.items()]),
        tuple([(query.kind, query.build) for query in visitor.queries]),
    )
    return compiled(shape, using, lambda slots: _union(visitor, values, slots, policy))


def _union(
    visitor: Visitor, values: Mapping[str, Sequence[Any]], slots: Slots, policy: bool
) -> QuerySet[Any]:
    """Every row that the page needs, unevaluated; the columns are those of a published picture."""

    def stand_ins(name: str) -> list[Any]:
        given = values[name]
        return slots.many(name, given[0], len(given)) if given else []

    parts: list[QuerySet[Any]] = []
    fresh, on_shelf = stand_ins("fresh"), stand_ins("shelf")
    if fresh:
        parts.append(_pictures(Q(product_id__in=fresh), _PICTURE))
    if on_shelf:
        parts.append(_mark(on_shelf))
    own = get_catalog().own_pictures(fresh) if fresh else None
    if own is not None:
        product, name, caption, place = get_catalog().own_picture_columns
        parts.append(_columns(own, _OWN, product=product, name=name, title=caption, width=place))
    if visitor.consents:
        if values["liked"]:
            parts += _liked(Q(product_id__in=stand_ins("liked")))
        for number, query in enumerate(visitor.queries):
            args = [stand_ins(f"query {number}.{place}")[0] for place in range(len(query.args))]
            ids = query.build(*args)
            parts.append(_columns(ids, _LIKED, product="product_id", kind=Value(query.kind)))
            parts += _liked(Q(product_id__in=ids.order_by().values("product_id")))
        parts += _of_visitor(visitor, values, stand_ins)
        if policy:
            parts.append(_columns(ensemble_rows(), _POLICY, text="ensemble"))
    return parts[0].union(*parts[1:], all=True) if len(parts) > 1 else parts[0]


def _liked(which: Q) -> list[QuerySet[Any]]:
    """What liking products says. Parts of their own, because a database reads a whole table for an OR."""
    traits = ProductTraits.objects.filter(which)
    # Of a product that nothing is written down of yet, the pictures tell.
    written_down = Exists(ProductTraits.objects.filter(product_id=OuterRef("product_id")))
    return [
        _columns(traits, _TRAITS, product="product_id", text="traits"),
        _pictures(which & Q(~written_down), _LIKED_PICTURE),
    ]


def _pictures(asked: Q, part: int) -> QuerySet[Any]:
    from prodgen_django.models import GeneratedImage

    return _columns(
        GeneratedImage.objects.filter(asked, state=GeneratedImage.State.PUBLISHED),
        part,
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
        uuid=Cast("uuid", TextField()),
        surplus="record__surplus",
        information="record__information",
        at="published_at",
    )


def _mark(products: Sequence[Any]) -> QuerySet[Any]:
    """One row that sums up the published pictures of products (`shelf.Mark`)."""
    from prodgen_django.models import GeneratedImage

    published = GeneratedImage.objects.filter(product_id__in=products, state=GeneratedImage.State.PUBLISHED)
    size = sum(
        (Length(Cast(name, TextField())) for name in ("tags", "palette")),
        Length(Cast("renditions", TextField())),
    )
    text = Cast("uuid", TextField())
    summed = published.order_by().values("state").annotate(
        prodgen_ids=Sum("pk"), prodgen_low=Min(text), prodgen_count=Count("pk"), prodgen_size=Sum(size),
        prodgen_high=Max(text),
    )  # fmt: skip
    return _columns(
        summed,
        _MARK,
        pk="prodgen_ids",
        title="prodgen_low",
        width="prodgen_count",
        height="prodgen_size",
        uuid="prodgen_high",
    )


def _of_visitor(
    visitor: Visitor, values: Mapping[str, Sequence[Any]], stand_ins: Callable[[str], list[Any]]
) -> list[QuerySet[Any]]:
    """What was shown to the visitor, and a customer's profile and consent."""
    parts = []
    shown = {"pk": "image_id", "product": "product_id", "name": "token", "kind": "visitor", "at": "shown_at"}
    if values["visitor"]:
        seen = Exposure.objects.filter(
            visitor__in=stand_ins("visitor"), product_id__in=stand_ins("wanted"), image__isnull=False
        )
        parts.append(_columns(seen, _SEEN, **shown))
    if visitor.user_id is not None:
        user = stand_ins("user")[0]
        parts.append(_columns(TasteProfile.objects.filter(user_id=user), _PROFILE, text="weights"))
        consent = ProfilingConsent.objects.filter(user_id=user)
        parts.append(_columns(consent, _CONSENT, width=Cast("given", IntegerField())))
    return parts


class _Constant(Func):
    """SQL that stands in the statement and is no parameter: binding those is a good part of a page's cost."""

    template, arity = "%(sql)s", 0

    def __init__(self, sql: str, output_field: Any) -> None:
        super().__init__(output_field=output_field, sql=sql)


def _columns(rows: QuerySet[Any], part: int, **given: Any) -> QuerySet[Any]:
    """Rows of any table in the columns of `_take`: names of fields, or expressions."""
    if "text" in given:
        given["text"] = Cast(given["text"], TextField())
    # What is missing is typed, or PostgreSQL takes the empty column for text.
    text, number = _Constant("''", output_field=TextField()), _Constant("0", output_field=IntegerField())
    real = _Constant("0.0", output_field=FloatField())
    missing: dict[str, Any] = {
        "pk": _Constant("0", output_field=BigIntegerField()),
        "product": Cast(Value(None), get_catalog().model._meta.pk),
        **dict.fromkeys(("text", "tags", "palette", "name", "title", "kind"), text),
        **dict.fromkeys(("width", "height"), number),
        "uuid": text,
        **dict.fromkeys(("surplus", "information"), real),
        "at": Cast(Value(None), DateTimeField()),
    }
    return rows.order_by().values_list(
        _Constant(str(part), output_field=IntegerField()),
        *(given.get(name, empty) for name, empty in missing.items()),
    )


def _hour(at: Any) -> int:
    """The hour since the epoch of a moment as the database has it; 0 where there is none."""
    if isinstance(at, str):  # SQLite
        at = datetime.fromisoformat(at)
    if not isinstance(at, datetime):
        return 0
    if at.tzinfo is None:
        at = at.replace(tzinfo=UTC if django_settings.USE_TZ else timezone.get_default_timezone())
    return int(at.timestamp()) // 3600


@lru_cache(maxsize=8192)
def _facts(*columns: Any) -> Facts:
    """Cached by all that it is made of, so never stale; the same pictures are on many pages."""
    return Facts(*columns)


@lru_cache(maxsize=4096)
def _words(text: str | None) -> tuple[str, ...]:
    """A JSON list of strings; cached by its text, so what it holds can never be stale."""
    found = json.loads(text or "[]")
    return tuple(word for word in found if isinstance(word, str)) if isinstance(found, list) else ()


@lru_cache(maxsize=1024)
def _weights(text: str | None) -> dict[str, float]:
    found = json.loads(text or "{}")
    return {str(k): float(v) for k, v in found.items()} if isinstance(found, dict) else {}
