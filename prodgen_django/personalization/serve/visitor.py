"""Who looks at a page, as far as they let us know."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from prodgen_django.conf import settings
from prodgen_django.personalization.log.names import anonymous_keys, user_keys
from prodgen_django.personalization.log.sources import Signal, get_sources
from prodgen_django.personalization.serve import cookies

if TYPE_CHECKING:
    from django.http import HttpRequest

logger = logging.getLogger(__name__)

_ATTRIBUTE = "_prodgen_visitor"
_PERSONAL = "_prodgen_is_personal"
#: The request that is being answered (see `middleware`).
current_request: ContextVar[HttpRequest | None] = ContextVar("prodgen_request", default=None)


@dataclass(frozen=True)
class Visitor:
    """A visitor. Without consent nothing else is known: neither who they are nor what they liked."""

    consents: bool = False
    user_id: Any | None = None
    #: What the request itself tells, newest first.
    signals: tuple[Signal, ...] = ()
    #: The name in the log; "" for nobody in particular.
    key: str = field(default="", compare=False)
    #: Other names that the same browser has had: before it signed in, before the shop changed its secret key.
    other_keys: tuple[str, ...] = field(default=(), compare=False)
    #: `key` and `other_keys` by the secret key that they were made with, today's first; empty: all with today's.
    names: tuple[tuple[str, ...], ...] = field(default=(), compare=False)
    #: By product key as text: what the browser says that it was shown.
    seen: Mapping[str, cookies.Memory] = field(default_factory=dict, compare=False)
    #: The number by which an anonymous visitor is known again, where the browser has none yet.
    new_id: str = field(default="", compare=False)
    #: Nobody is asking in person (an e-mail is written), so that only a stored yes counts.
    is_absent: bool = False

    @classmethod
    def from_request(cls, request: HttpRequest | None) -> Visitor:
        """The visitor behind a request; makes no query of its own, and looks at nobody who has not consented."""
        if request is None or not has_consented(request):
            return cls()
        keep_to_visitor(request)
        user = getattr(request, "user", None)
        user_id = user.pk if user is not None and user.is_authenticated else None
        signals = [signal for source in get_sources() for signal in source.recent(request)]
        known = cookies.id_of(request)
        new = "" if known else cookies.new_id()
        anonymous = anonymous_keys(known or new)
        # Of the account first, under each secret key.
        names = tuple(zip(*([] if user_id is None else [user_keys(user_id)]), anonymous, strict=True))
        key, *others = dict.fromkeys(name for under_one_key in names for name in under_one_key)
        return cls(
            True,
            user_id,
            tuple(signals),
            key,
            tuple(others),
            names,
            cookies.read_seen(request),
            new,
        )

    @classmethod
    def of_user(cls, user: Any) -> Visitor:
        """A customer who is not there: for an e-mail. Personal only where their consent is stored.

        Where the e-mail is written while the customer's own request is answered, it shows what their page shows.
        """
        if settings.CONSENT is None or user is None or not user.is_authenticated:
            return cls()
        request = current_request.get()
        if request is not None and getattr(request, "user", None) == user:
            return visitor_of(request)
        keys = user_keys(user.pk)
        return cls(
            True,
            user.pk,
            key=keys[0],
            other_keys=keys[1:],
            names=tuple((key,) for key in keys),
            is_absent=True,
        )


def visitor_of(request: HttpRequest) -> Visitor:
    """The visitor behind a request, found out once a request."""
    if not hasattr(request, _ATTRIBUTE):
        setattr(request, _ATTRIBUTE, Visitor.from_request(request))
    found: Visitor = getattr(request, _ATTRIBUTE)
    if found.consents:
        keep_to_visitor(request)
    return found


def keep_to_visitor(request: HttpRequest) -> None:
    """What answers this request is made for its visitor, and stays out of caches that answer others from it.

    Django's own (`cache_page`, `UpdateCacheMiddleware`) look at the response before any middleware of ours has it, but
    at the request as well: this is how they note themselves that there is nothing to keep.
    """
    request._cache_update_cache = False  # type: ignore[attr-defined]
    setattr(request, _PERSONAL, True)


def is_personal(request: HttpRequest) -> bool:
    """Whether what answers the request was made for its visitor."""
    return getattr(request, _PERSONAL, False)


def has_consented(request: HttpRequest) -> bool:
    """Whether this visitor agreed to be profiled: never without a hook, and never against Global Privacy Control."""
    return consent_of(request) is True


def consent_of(request: HttpRequest) -> bool | None:
    """The visitor's yes or no; None where the shop has no hook, or a broken one, so that nobody has said anything."""
    if settings.CONSENT is None:
        return None
    if request.headers.get("Sec-GPC", "").strip() == "1":
        return False
    try:
        return bool(settings.imported("CONSENT")(request))
    except Exception:  # a broken hook must not take the page down, and must not count as a yes
        logger.exception("PRODGEN['CONSENT'] failed; taken for no consent")
        return None
