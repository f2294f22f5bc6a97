"""The middleware, which keeps a visitor's view the same, and to themselves."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from django.utils.cache import patch_cache_control, patch_vary_headers

from prodgen_django.personalization.serve.cookies import ID_COOKIE, SEEN_COOKIE
from prodgen_django.personalization.serve.page import had_page
from prodgen_django.personalization.serve.tell import withdrawn
from prodgen_django.personalization.serve.visitor import (
    consent_of,
    current_request,
    has_consented,
    is_personal,
)

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse


#: What tells caches between the shop and the browser to keep a page, whatever ``Cache-Control`` says.
_FOR_SHARED_CACHES = (
    "CDN-Cache-Control", "Cloudflare-CDN-Cache-Control", "Surrogate-Control", "Edge-Control", "X-Accel-Expires",
)  # fmt: skip


class PersonalizationMiddleware:
    """After Django's AuthenticationMiddleware. Makes no query.

    A page that was made for somebody is marked ``private``, so that no shared cache gives it to somebody else; Django's
    own caches leave it out by themselves (`visitor.keep_to_visitor`), whether this middleware is there or not. The
    browser gets our two cookies where the visitor consents, and loses them where they do not any more.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        token = current_request.set(request)
        try:
            response = self.get_response(request)
        finally:
            current_request.reset(token)
        page = had_page(request)
        if page is not None and page.consents:
            page.remember(response, secure=request.is_secure())
        elif request.method in ("GET", "HEAD"):
            # On the next page, not in a report or a form that was on its way: by it the whole browser is judged.
            _take_back(request, response)
        if is_personal(request) or _may_become_personal(request, response):
            _make_private(response)
        return response


def _may_become_personal(request: HttpRequest, response: HttpResponse) -> bool:
    """Whether a page that is sent piece by piece may yet choose: its head leaves before its tags are asked."""
    is_page = response.streaming and response.get("Content-Type", "").startswith("text/html")
    return is_page and has_consented(request)


def _make_private(response: HttpResponse) -> None:
    patch_cache_control(response, private=True)
    kept = [part for part in response["Cache-Control"].split(", ") if not part.lower().startswith("s-maxage")]
    response["Cache-Control"] = ", ".join(kept)
    patch_vary_headers(response, ("Cookie",))
    for name in _FOR_SHARED_CACHES:
        if name in response:
            del response[name]


def _take_back(request: HttpRequest, response: HttpResponse) -> None:
    """Delete our cookies where the visitor does not consent, or said no before and the page found that stored."""
    ours = [name for name in (ID_COOKIE, SEEN_COOKIE) if name in request.COOKIES]
    if not ours:
        return
    page = had_page(request)
    said_no = page is not None and page.visitor.consents and bool(page.chosen)
    consent = False if said_no else consent_of(request)
    if not consent:
        if consent is not None:
            withdrawn(request)
        for name in ours:
            response.delete_cookie(name, samesite="Lax")
