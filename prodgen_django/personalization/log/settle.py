"""What sign-ins and withdrawals mean for what a browser left in the log before its visitor was known.

It becomes their account's, or goes when they say no. Both are noted in the buffer, as what was seen is, so that no page
writes to the database; done when the buffer is emptied, after all that was reported before them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from prodgen_django.personalization.log.buffer import Event
from prodgen_django.personalization.models import Exposure, ProfilingConsent

if TYPE_CHECKING:
    from datetime import datetime

    from django.db.models import QuerySet


def settle(
    events: Iterable[Event],
    users: Mapping[str, Any],
    consents: Mapping[Any, ProfilingConsent],
    moment: Callable[[int], datetime],
) -> int:
    """Do what sign-ins and withdrawals mean; returns how many rows were erased.

    `users`: keys of the customers that there are, by their text; `consents`: what is stored of them; `moment`: makes
    a time of seconds since the epoch.
    """
    # A customer's reports say again and again what their browser was called; the last one says it for all.
    last: dict[tuple[str | None, tuple[str, ...]], int] = {}
    for event in events:
        names = event.get("o", ()) if event["k"] == "seen" else event["v"]
        if event["k"] in ("seen", "joined", "gone") and names:
            last[event["u"], tuple(names)] = event["at"]
    erased = 0
    for (user, names), seconds in last.items():
        at = moment(seconds)
        rows = of_browser(names).filter(shown_at__lte=at)
        pk = None if user is None else users.get(user)
        stored = consents.get(pk)
        forgotten = stored is not None and (
            not stored.given or (stored.forgotten_at is not None and stored.forgotten_at >= at)
        )
        if pk is None or forgotten:
            erased += rows.delete()[0]
        else:
            rows.update(user_id=pk)
    return erased


def of_browser(names: Sequence[str]) -> QuerySet[Exposure]:
    """What a browser of these names left without an account."""
    return Exposure.objects.filter(visitor__in=names, user=None)
