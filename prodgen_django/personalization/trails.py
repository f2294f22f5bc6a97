"""What a browser left in the log before its visitor was known: it becomes their account's, or goes when they say no.

A sign-in and a withdrawal are noted in the buffer, as what was seen is, so that no page writes to the database;
`settle` does what they mean when the buffer is emptied, after all that was reported before them.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from django.core.cache import cache

from prodgen_django.conf import settings
from prodgen_django.personalization import identity
from prodgen_django.personalization.buffer import Event, get_buffer
from prodgen_django.personalization.models import Exposure, ProfilingConsent
from prodgen_django.personalization.visitor import consent_of

if TYPE_CHECKING:
    from datetime import datetime

    from django.http import HttpRequest

logger = logging.getLogger("prodgen_django.events")

#: A withdrawal is noted once in so many seconds, however often a program asks with the cookie that it was to drop.
_ONCE_IN = 60


def signed_in(sender: Any, request: HttpRequest | None, user: Any, **kwargs: Any) -> None:
    """Receives Django's ``user_logged_in``: what this browser has left is the customer's from now on."""
    if request is None or settings.CONSENT is None:
        return
    names = _names(request)
    if names and consent_of(request):
        get_buffer().push({"k": "joined", "at": int(time.time()), "v": names, "u": str(user.pk)})


def withdrawn(request: HttpRequest) -> None:
    """The visitor says no: what their browser has left without an account is to be erased."""
    names = _names(request)
    if not names:
        return
    try:
        if not cache.add(f"prodgen:withdrawn:{names[0]}", 1, _ONCE_IN):
            return
    except Exception as error:  # noqa: BLE001  (each cache raises its own)
        logger.warning("the cache does not count withdrawals: %s", error)
    _push_gone(names)


def erase_browser(request: HttpRequest) -> int:
    """Erase at once what the request's browser has left without an account, and what of it still waits."""
    names = _names(request)
    if not names:
        return 0
    _push_gone(names)
    return _of(names).delete()[0]


def settle(
    events: Iterable[Event], users: Mapping[str, Any], consents: Mapping[Any, ProfilingConsent], moment: Any
) -> int:
    """Do what sign-ins and withdrawals mean; returns how many rows were erased.

    `users`: keys of the customers that there are, by their text; `consents`: what is stored of them; `moment`: makes
    a time of seconds since the epoch.
    """
    # A customer's reports say again and again what their browser was called; the last one says it for all.
    last: dict[tuple[str | None, tuple[str, ...]], float] = {}
    for event in events:
        names = event.get("o", ()) if event["k"] == "seen" else event["v"]
        if event["k"] in ("seen", "joined", "gone") and names:
            last[event["u"], tuple(names)] = event["at"]
    erased = 0
    for (user, names), seconds in last.items():
        at: datetime = moment(seconds)
        rows = _of(names).filter(shown_at__lte=at)
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


def _push_gone(names: Sequence[str]) -> None:
    get_buffer().push({"k": "gone", "at": int(time.time()), "v": names, "u": None})


def _names(request: HttpRequest) -> list[str]:
    """The browser's names in the log; none where it has no cookie of ours."""
    known = identity.id_of(request)
    return list(identity.anonymous_keys(known)) if known else []


def _of(names: Sequence[str]) -> Any:
    return Exposure.objects.filter(visitor__in=names, user=None)
