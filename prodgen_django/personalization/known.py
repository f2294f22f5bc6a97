"""What the database knows of a visitor, read in one query: a UNION ALL of a few rows from each of our tables.

Nobody who has not consented is asked for.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

from django.contrib.auth import get_user_model
from django.db.models import DateTimeField, IntegerField, QuerySet, TextField, Value
from django.db.models.functions import Cast
from django.utils import timezone

from prodgen_django.catalog import product_key
from prodgen_django.catalog.keys import key_field
from prodgen_django.conf import settings
from prodgen_django.personalization.identity import Seen, stands_since
from prodgen_django.personalization.models import Exposure, ProductTraits
from prodgen_django.personalization.policies import cached_ensemble, ensemble_rows, remember
from prodgen_django.personalization.reading import of_products

if TYPE_CHECKING:
    from prodgen_django.personalization.policy import Ensemble
    from prodgen_django.personalization.visitor import Visitor

#: What a row is. Those of the visitor's first `LikedQuery` are `_LIKED`, those of the second `_LIKED` + 1, …
_CUSTOMER, _SEEN, _TRAITS, _POLICY, _LIKED = range(5)


@dataclass
class Known:
    """What is known of a visitor, and the policy that chooses for them."""

    policy: Ensemble | None = None
    #: The visitor's consent, with what is stored of it taken into account.
    consents: bool = False
    #: A customer's kept taste.
    profile: Mapping[str, float] = field(default_factory=dict)
    #: By (visitor's key, product): the decision that stands.
    seen: dict[tuple[str, Any], Seen] = field(default_factory=dict)
    #: Liked products that the database knows of: (kind, product).
    liked: list[tuple[str, Any]] = field(default_factory=list)
    #: By liked product, what liking it says; those that nothing is written down of are missing.
    traits: dict[Any, Mapping[str, float]] = field(default_factory=dict)


def read_known(visitor: Visitor, wanted: Collection[Any] = (), *, likes: bool = True) -> Known:
    """One query, or none where nothing is to be asked. `wanted`: keys of the products that are to be chosen for."""
    if not visitor.consents:
        return Known()
    policy = cached_ensemble()
    # In this order: a database takes a column's type from the first parts that have it.
    parts = [*_seen(visitor, wanted), *_customer(visitor)]
    parts += _likes(visitor) if likes else []
    if policy is None:
        parts.append(_rows(ensemble_rows(), _POLICY, data=_text("ensemble")))
    known, stored, text = Known(), None, None
    # Without an order: Django 6.1 takes that of the first part's model, whose columns are not all there.
    for row in parts[0].union(*parts[1:], all=True).order_by() if parts else ():
        what, product, number, at, who, name, data = row
        if what == _CUSTOMER:
            stored, known.profile = number, _weights(data)
        elif what == _SEEN:
            decision = Seen(number, int(at.timestamp()) // 3600, name)
            before = known.seen.get((who, product))
            if decision.hour > stands_since() and (before is None or decision.hour >= before.hour):
                known.seen[who, product] = decision
        elif what == _POLICY:
            text = data
        else:
            if what >= _LIKED:
                known.liked.append((visitor.queries[what - _LIKED].kind, product))
            if data is not None:
                known.traits[product] = _weights(data)
    # A stored no stands against the hook; who is not there must have a stored yes.
    known.consents = bool(stored) if visitor.is_absent or stored is not None else True
    known.policy = policy or remember(text)
    return known


def _seen(visitor: Visitor, wanted: Collection[Any]) -> Iterator[QuerySet[Any]]:
    """Earlier decisions that stand."""
    # Where the browser knows all of an anonymous visitor's decisions the log need not be asked; an account's may have
    # been taken in another browser.
    if not wanted or (visitor.user_id is None and all(str(key) in visitor.seen for key in wanted)):
        return
    yield _exposures().filter(
        of_products(wanted),
        visitor__in=(visitor.key, *visitor.other_keys),
        shown_at__gt=timezone.now() - timedelta(days=settings.STABLE_DAYS),
    )


def _customer(visitor: Visitor) -> Iterator[QuerySet[Any]]:
    """The customer's kept taste and stored consent."""
    if visitor.user_id is not None:
        yield _customers().filter(pk=visitor.user_id)


def _likes(visitor: Visitor) -> Iterator[QuerySet[Any]]:
    """What liking products says: of those that the request told of, and of those that each query finds.

    A part for each, because a database reads a whole table for an OR.
    """
    told = {key for signal in visitor.signals if (key := product_key(signal.product_id)) is not None}
    if told:
        yield _traits().filter(of_products(told))
    for number, query in enumerate(visitor.queries):
        yield _liked(query.rows, _LIKED + number).filter(query.where)


# The parts as they are before anybody is named, made once: making them costs more than running them.


@cache
def _customers() -> QuerySet[Any]:
    consent = Cast("prodgen_consent__given", IntegerField())
    taste = _text("prodgen_taste__weights")
    return _rows(get_user_model()._base_manager.all(), _CUSTOMER, number=consent, data=taste)


@cache
def _exposures() -> QuerySet[Any]:
    columns = {
        "product": "product_id",
        "number": "image_id",
        "at": "shown_at",
        "who": "visitor",
        "name": "token",
    }
    return _rows(Exposure.objects.all(), _SEEN, **columns)


@cache
def _traits() -> QuerySet[Any]:
    return _rows(ProductTraits.objects.all(), _TRAITS, product="product_id", data=_text("traits"))


@lru_cache(maxsize=32)
def _liked(rows: Callable[[], QuerySet[Any]], what: int) -> QuerySet[Any]:
    return _rows(rows(), what, product="product_id", data=_text("product__prodgen_traits__traits"))


def _rows(rows: QuerySet[Any], what: int, **given: Any) -> QuerySet[Any]:
    """Rows of any table in the columns of the union, with nothing in those that the table does not have."""
    fields = {
        "product": key_field(),
        "number": IntegerField(),
        "at": DateTimeField(),
        **dict.fromkeys(("who", "name", "data"), TextField()),
    }
    columns = (given.get(name) or Value(None, output_field=field) for name, field in fields.items())
    return rows.order_by().values_list(Value(what, output_field=IntegerField()), *columns)


def _text(name: str) -> Cast:
    # Text columns too: MariaDB joins no texts of different collations.
    return Cast(name, TextField())


@lru_cache(maxsize=1024)
def _weights(text: str | None) -> dict[str, float]:
    found = json.loads(text or "{}")
    return {str(k): float(v) for k, v in found.items()} if isinstance(found, dict) else {}
