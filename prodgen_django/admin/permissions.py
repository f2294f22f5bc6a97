"""Who may see and do what: generate, review, publish and publish_concept are apart, and asked for at every
address.
"""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, Any

from django.core.exceptions import PermissionDenied

from prodgen_django.permissions import ACTIONS, may

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponse

    View = Callable[..., HttpResponse]

__all__ = ["ACTIONS", "SEE", "may", "may_generate", "may_see", "require", "requires"]

#: Any of these lets a member of staff look at jobs and pictures: whoever makes, judges or publishes pictures
#: has to see what there is, and Django's own view permissions serve those who only look.
SEE = ("generate", "review", "publish", "publish_concept", "view_job", "view_generatedimage")


def may_see(user: Any) -> bool:
    return may(user, *SEE)


def may_generate(user: Any) -> bool:
    return may(user, "generate")


def require(request: HttpRequest, *permissions: str) -> None:
    """Raises PermissionDenied unless the request's user has any of the permissions."""
    if not may(request.user, *permissions):
        raise PermissionDenied


def requires(*permissions: str) -> Callable[[View], View]:
    """Guards a view: 403 for whoever has none of the permissions (`SEE` where none is named)."""

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            require(request, *(permissions or SEE))
            return view(request, *args, **kwargs)

        return guarded

    return decorate
