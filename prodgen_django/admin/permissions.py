"""Who may see and do what: generate, review, publish and publish_concept are apart, and asked for at every
address.
"""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, Any

from django.core.exceptions import PermissionDenied

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponse

    View = Callable[..., HttpResponse]

APP = "prodgen_django"

#: Any of these lets a member of staff look at jobs and pictures: whoever makes, judges or publishes pictures
#: has to see what there is, and Django's own view permissions serve those who only look.
SEE = ("generate", "review", "publish", "publish_concept", "view_job", "view_generatedimage")

#: What each of a picture's changes of state asks for. An undo takes back what its own permission allows;
#: which one that is depends on the event, so either opens the address and `review.allowed_actions` decides.
ACTIONS: dict[str, tuple[str, ...]] = {
    "approve": ("review",),
    "reject": ("review",),
    "publish": ("publish",),
    "unpublish": ("publish",),
    "undo": ("review", "publish"),
}


def may(user: Any, *permissions: str) -> bool:
    """Whether the user has any of our permissions that are named."""
    return any(user.has_perm(f"{APP}.{permission}") for permission in permissions)


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
