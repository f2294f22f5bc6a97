"""What the database knows of a visitor, read in one query: a UNION ALL of a few rows from each of our tables.

Nobody who has not consented is asked for. What a browser was shown, it remembers itself; a customer who is not there
has none, so an e-mail shows what the log says that a page did.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

from django.contrib.auth import get_user_model
from django.db.models import DateTimeField, IntegerField, QuerySet, TextField, Value
from django.db.models.functions import Cast
from django.utils import timezone

from prodgen_django.catalog.keys import key_field
from prodgen_django.conf import settings
from prodgen_django.personalization.log import kept
from prodgen_django.personalization.log.versions import cached_policy, policy_rows, remember
from prodgen_django.personalization.models import Exposure, ProductTraits
from prodgen_django.personalization.serve.candidates import of_products
from prodgen_django.personalization.serve.cookies import Memory, stands_since

if TYPE_CHECKING:
    from prodgen_django.personalization.policy.model import Policy
    from prodgen_django.personalization.serve.visitor import Visitor

#: What a row is.
_CUSTOMER, _SEEN, _TRAITS, _POLICY = range(4)


@dataclass
class Known:
    """What is known of a visitor, and the policy that chooses for them; None for nobody in particular."""

    policy: Policy | None = None
    #: A customer's kept taste, and with what the request tells of likes: what is chosen by.
    profile: Mapping[str, float] = field(default_factory=dict)
    taste: Mapping[str, float] = field(default_factory=dict)
    #: By product: the choice that stands, of a customer who is not there.
    seen: dict[Any, Memory] = field(default_factory=dict)
    #: By liked product, what liking it says; those that nothing is written down of are missing.
    traits: dict[Any, Mapping[str, float]] = field(default_factory=dict)

    @property
    def consents(self) -> bool:
        """The visitor's consent, with what is stored of it taken into account."""
        return self.policy is not None


def read_known(visitor: Visitor, wanted: Collection[Any] = (), likes: Collection[Any] = ()) -> Known:
    """One query, or none where nothing is to be asked.

    `wanted`: keys of the products that are to be chosen for; `likes`: of those that the visitor likes.
    """
    if not visitor.consents:
        return Known()
    policy = cached_policy()
    traits = {key: kept.get(("traits", key)) for key in likes}
    new = [key for key, weights in traits.items() if weights is None]
    # In this order: a database takes a column's type from the first parts that have it.
    parts = []
    if visitor.is_absent and wanted:
        names, since = (
            (visitor.key, *visitor.other_keys),
            timezone.now() - timedelta(days=settings.STABLE_DAYS),
        )
        parts.append(_exposures().filter(of_products(wanted), visitor__in=names, shown_at__gt=since))
    if visitor.user_id is not None:
        parts.append(_customers().filter(pk=visitor.user_id))
    if new:
        parts.append(_traits().filter(of_products(new)))
    if policy is None:
        parts.append(_rows(policy_rows(), _POLICY, data=_text("policy")))
    known, stored, text = Known(), None, None
    for what, product, number, at, name, data in _together(parts):
        if what == _CUSTOMER:
            stored, known.profile = number, _weights(data)
        elif what == _SEEN:
            memory = Memory(number, int(at.timestamp()) // 3600, name)
            before = known.seen.get(product)
            if memory.hour > stands_since() and (before is None or memory.hour >= before.hour):
                known.seen[product] = memory
        elif what == _POLICY:
            text = data
        else:
            traits[product] = _weights(data)
    for key in new:
        kept.keep(("traits", key), traits[key] or {})
    # Nothing written down is as good as not asked: the pictures tell.
    known.traits = {key: weights for key, weights in traits.items() if weights}
    # A stored no stands against the hook; who is not there must have a stored yes.
    if bool(stored) if visitor.is_absent or stored is not None else True:
        known.policy = policy or remember(text)
        return known
    return Known()


def _together(parts: Sequence[QuerySet[Any]]) -> Iterable[Any]:
    if len(parts) < 2:
        return parts[0] if parts else ()
    # Without an order: Django 6.1 takes that of the first part's model, whose columns are not all there.
    return parts[0].union(*parts[1:], all=True).order_by()


def read_profile(visitor: Visitor) -> Known:
    """What is known of a visitor where nothing but a customer's kept taste is chosen by."""
    known = read_known(visitor)
    known.taste = known.profile
    return known


# The parts as they are before anybody is named, made once: making them costs more than running them.


@cache
def _customers() -> QuerySet[Any]:
    consent = Cast("prodgen_consent__given", IntegerField())
    taste = _text("prodgen_taste__weights")
    return _rows(get_user_model()._base_manager.all(), _CUSTOMER, number=consent, data=taste)


@cache
def _exposures() -> QuerySet[Any]:
    return _rows(
        Exposure.objects.all(), _SEEN,
        product="product_id", number="image_id", at="shown_at", who="visitor", name="token",
    )  # fmt: skip


@cache
def _traits() -> QuerySet[Any]:
    return _rows(ProductTraits.objects.all(), _TRAITS, product="product_id", data=_text("traits"))


def _rows(rows: QuerySet[Any], what: int, **given: Any) -> QuerySet[Any]:
    """Rows of any table in the columns of the union, with nothing in those that the table does not have."""
    fields = {
        "product": key_field(),
        "number": IntegerField(),
        "at": DateTimeField(),
        **dict.fromkeys(("name", "data"), TextField()),
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
