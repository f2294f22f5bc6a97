"""What a request tells the log: a line in the buffer (`log.buffer`), and no write to the database."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from django.core.cache import cache

from prodgen_django.conf import settings
from prodgen_django.personalization.log.buffer import get_buffer
from prodgen_django.personalization.log.names import anonymous_keys
from prodgen_django.personalization.log.settle import of_browser
from prodgen_django.personalization.serve.cookies import id_of
from prodgen_django.personalization.serve.visitor import consent_of

if TYPE_CHECKING:
    from django.http import HttpRequest

    from prodgen_django.personalization.serve.visitor import Visitor

logger = logging.getLogger("prodgen_django.events")

#: A withdrawal is noted once in so many seconds, however often a program asks with the cookie that it was to drop.
_ONCE_IN = 60


def report_seen(
    record: Mapping[str, Any], seen: Sequence[int], clicked: Sequence[int], source: str = ""
) -> bool:
    """A browser says which pictures of a page (`Page.record`) came into view and which were clicked.

    `source`: the name of its address (`address.source_of`).
    """
    items, count = record["i"], len(record["i"])
    shown = [[*items[n], n] for n in dict.fromkeys([*seen, *clicked]) if 0 <= n < count]
    if not shown:
        return False
    return get_buffer().push(
        {
            "k": "seen",
            # The page's own clock: when it was shown, whenever the browser gets to tell.
            "t": record["t"],
            **{name: record[name] for name in ("v", "u", "c")},
            # What the browser was called before its visitor signed in.
            "o": record.get("o", []),
            "s": source,
            "i": shown,
            "click": [items[n][6] for n in dict.fromkeys(clicked) if 0 <= n < count],
            "at": int(time.time()),
        }
    )


def report_bought(kind: str, visitor: Visitor, product_ids: Iterable[Any]) -> bool:
    """The shop says that a visitor put products into the basket (`kind` "basket") or ordered them ("order")."""
    ids = [str(pk) for pk in dict.fromkeys(product_ids) if pk is not None]
    if not visitor.consents or not ids:
        return False
    return get_buffer().push(
        {
            "k": kind,
            "at": int(time.time()),
            "v": [visitor.key, *visitor.other_keys],
            "u": None if visitor.user_id is None else str(visitor.user_id),
            "products": ids,
        }
    )


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
    return of_browser(names).delete()[0]


def _push_gone(names: Sequence[str]) -> None:
    get_buffer().push({"k": "gone", "at": int(time.time()), "v": names, "u": None})


def _names(request: HttpRequest) -> list[str]:
    """The browser's names in the log; none where it has no cookie of ours."""
    known = id_of(request)
    return list(anonymous_keys(known)) if known else []
