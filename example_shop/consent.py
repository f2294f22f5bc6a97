"""Whether a visitor agreed that the shop looks at what they liked. A cookie, and nothing else, says so."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from prodgen_django.personalization import record_consent

COOKIE = "shop_consent"
YES, NO = "yes", "no"
#: Asked again after half a year.
MAX_AGE = 180 * 24 * 60 * 60


def has_consented(request: HttpRequest) -> bool:
    """``PRODGEN["CONSENT"]``: yes only where the visitor said yes."""
    return request.COOKIES.get(COOKIE) == YES


def was_asked(request: HttpRequest) -> bool:
    return request.COOKIES.get(COOKIE) in (YES, NO)


def remember(request: HttpRequest, response: HttpResponse, answer: str) -> None:
    """Write the answer down in the visitor's browser."""
    response.set_cookie(
        COOKIE,
        YES if answer == YES else NO,
        max_age=MAX_AGE,
        httponly=True,
        samesite="Lax",
        secure=request.is_secure(),
    )


def safe_next(request: HttpRequest) -> str:
    """The page the visitor came from, if it is one of ours."""
    target = request.POST.get("next", "")
    if url_has_allowed_host_and_scheme(target, {request.get_host()}, require_https=request.is_secure()):
        return target
    return "/"


@require_POST
def answer(request: HttpRequest) -> HttpResponse:
    """The banner's two buttons."""
    response = HttpResponseRedirect(safe_next(request))
    given = request.POST.get("answer", NO)
    remember(request, response, given)
    # For the tasks, who see no cookie. A no erases what was kept of the customer's taste.
    record_consent(request.user, given == YES)
    return response
