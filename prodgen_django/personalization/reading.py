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
from django.utils import timezone

from prodgen_django.catalog import get_catalog
from prodgen_django.personalization import shelf, union
from prodgen_django.personalization.candidate import Candidate, Own, facts_of, words_of
from prodgen_django.personalization.identity import Seen, stands_since
from prodgen_django.personalization.statement import Statement, compiled, padded
from prodgen_django.personalization.taste import mean_features, picture_features

if TYPE_CHECKING:
    from prodgen_django.personalization.visitor import Visitor


@dataclass
class Rows:
    """What the query brought."""

    #: By product.
    pictures: dict[Any, Sequence[Candidate]] = field(default_factory=dict)
    own: dict[Any, tuple[int, Own]] = field(default_factory=dict)
    liked: list[tuple[str, Any]] = field(default_factory=list)
    #: By liked product, what liking it says.
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
    rows, mark = Rows(traits=shelf.find_traits(using, liked)), shelf.Mark()
    liked = [key for key in liked if key not in rows.traits]
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
    found: dict[Any, list[tuple[Candidate, str, int]]] = {}
    pictures_of: dict[Any, list[Mapping[str, float]]] = {}
    key_of = get_catalog().model._meta.pk.to_python if kind is not int else None
    for row in _statement(using, visitor, values, policy).run(values):
        product = row[2] if key_of is None else key_of(row[2])
        if row[0] == union.PICTURE:
            # Taken apart here and not in `_take`: nearly all rows are pictures.
            facts = facts_of(*row[3:11])
            picture = Candidate(row[1], product, facts, row[14], row[12] or 0.0, row[13] or 0.0)
            size = len(row[3]) + len(row[4]) + len(row[5])
            found.setdefault(product, []).append((picture, row[11], size))
        elif row[0] == union.MARK:
            mark = shelf.Mark(row[9], row[1], row[10], row[7], row[11])
        elif row[0] == union.LIKED_PICTURE:
            features = picture_features(words_of(row[4]), words_of(row[5]))
            pictures_of.setdefault(product, []).append(features)
        else:
            _take(rows, product, row)
    for product, features_of_pictures in pictures_of.items():
        # Nothing is kept of the product yet: what its pictures have in common describes it.
        rows.traits.setdefault(product, mean_features(features_of_pictures))
    shelf.keep_traits(using, {key: rows.traits[key] for key in liked if key in rows.traits})
    rows.pictures = {product: [one[0] for one in pictures] for product, pictures in found.items()}
    rows.pictures.update(on_shelf)
    if found:
        shelf.keep(using, {product: found[product] for product in fresh if product in found})
    return rows, mark


def _take(rows: Rows, product_id: Any, row: Sequence[Any]) -> None:
    part, pk, text, at = row[0], row[1], row[3], row[14]
    name, title, kind, width = row[6:10]
    if part == union.OWN:
        first = rows.own.get(product_id)
        if first is None or width < first[0]:
            rows.own[product_id] = (width, Own(name, title))
    elif part == union.LIKED:
        rows.liked.append((kind, product_id))
        if text is not None:
            rows.traits[product_id] = _weights(text)
    elif part == union.TRAITS:
        rows.traits[product_id] = _weights(text)
    elif part == union.CUSTOMER:
        rows.profile = _weights(text)
        rows.consent = None if width is None else bool(width)
    elif part == union.SEEN:
        hour = _hour(at)
        before = rows.seen.get((kind, product_id))
        if hour > stands_since() and (before is None or hour >= before.hour):
            rows.seen[kind, product_id] = Seen(pk, hour, name)
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
    return compiled(shape, using, lambda slots: union.union_of(visitor, values, slots, policy))


def _hour(at: Any) -> int:
    """The hour since the epoch of a moment as the database has it; 0 where there is none."""
    if isinstance(at, str):  # SQLite
        at = datetime.fromisoformat(at)
    if not isinstance(at, datetime):
        return 0
    if at.tzinfo is None:
        at = at.replace(tzinfo=UTC if django_settings.USE_TZ else timezone.get_default_timezone())
    return int(at.timestamp()) // 3600


@lru_cache(maxsize=1024)
def _weights(text: str | None) -> dict[str, float]:
    found = json.loads(text or "{}")
    return {str(k): float(v) for k, v in found.items()} if isinstance(found, dict) else {}
