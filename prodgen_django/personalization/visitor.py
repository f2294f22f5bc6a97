"""Who looks at a page, as far as they let us know."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from prodgen_django.conf import settings
from prodgen_django.personalization.taste import Signal, get_sources

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import HttpRequest

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Visitor:
    """A visitor. Without consent nothing else is known: neither who they are nor what they liked."""

    consents: bool = False
    user_id: Any | None = None
    #: What the request itself tells, newest first.
    signals: tuple[Signal, ...] = ()
    #: What the database knows besides, as (kind, product ids), unevaluated.
    queries: tuple[tuple[str, QuerySet[Any]], ...] = field(default=(), compare=False)

    @classmethod
    def from_request(cls, request: HttpRequest | None) -> Visitor:
        """The visitor behind a request; makes no query of its own, and looks at nobody who has not
        consented."""
        if request is None or not has_consented(request):
            return cls()
        user = getattr(request, "user", None)
        user_id = user.pk if user is not None and user.is_authenticated else None
        signals: list[Signal] = []
        queries: list[tuple[str, QuerySet[Any]]] = []
        for source in get_sources():
            signals += source.recent(request)
            queries += source.queries(request, user_id)
        return cls(True, user_id, tuple(signals), tuple(queries))


def has_consented(request: HttpRequest) -> bool:
    """Whether this visitor agreed to be profiled: never without a hook, and never against Global Privacy
    Control."""
    if settings.CONSENT is None or request.headers.get("Sec-GPC", "").strip() == "1":
        return False
    try:
        return bool(settings.imported("CONSENT")(request))
    except Exception:  # a broken hook must not take the page down, and must not count as a yes
        logger.exception("PRODGEN['CONSENT'] failed; taken for no consent")
        return False
