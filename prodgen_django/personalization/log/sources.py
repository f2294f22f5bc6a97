"""What a shop knows of its visitors' likes. A shop adds what it knows by a subclass of `TasteSource`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from prodgen_django.conf import settings
from prodgen_django.personalization.policy.taste import STRENGTHS

if TYPE_CHECKING:
    from datetime import datetime

    from django.http import HttpRequest


@dataclass(frozen=True)
class Signal:
    """That a visitor liked a product: how (a key of `STRENGTHS`) and, where known, when."""

    product_id: Any = None
    kind: str = "view"
    at: datetime | None = None


class TasteSource:
    """Knows what a shop's visitors have liked. Every method may be left out by a subclass."""

    def is_available(self) -> bool:
        """Whether the shop has what this source reads; one that is not available is not asked."""
        return True

    def recent(self, request: HttpRequest) -> Sequence[Signal]:
        """What the request itself tells, newest first, without any query; nothing in it can be trusted."""
        return ()

    def history(self, user_id: Any, since: datetime) -> Iterable[Signal]:
        """All that is known of a customer since a moment. Called off the request."""
        return ()

    def words(self, user_id: Any, since: datetime) -> Iterable[tuple[Signal, Mapping[str, float]]]:
        """Signals that name no product, with the features they speak of: what a customer searched for. Off the
        request.
        """
        return ()

    def active_users(self, since: datetime) -> Iterable[Any]:
        """The keys of the customers of whom something became known since a moment. Called off the request."""
        return ()

    def traits(self, products: Iterable[Any]) -> dict[Any, dict[str, float]]:
        """``{product.pk: features}``: what liking each product says. Called off the request."""
        return {}


@lru_cache(maxsize=4)
def _sources(paths: tuple[Any, ...]) -> tuple[TasteSource, ...]:
    made = (settings.imported("TASTE_SOURCES", place)() for place in range(len(paths)))
    return tuple(source for source in made if source.is_available())


def get_sources() -> tuple[TasteSource, ...]:
    """The shop's taste sources that are available, one instance of each a process."""
    return _sources(tuple(settings.TASTE_SOURCES))


def decayed(signal: Signal, now: datetime) -> float:
    """How much a signal still says, by its kind and its age (half after ``TASTE_HALF_LIFE_DAYS``)."""
    strength = STRENGTHS.get(signal.kind, 1.0)
    if signal.at is None:
        return strength
    days = max(0.0, (now - signal.at).total_seconds() / 86_400)
    return strength * 0.5 ** (days / settings.TASTE_HALF_LIFE_DAYS)
