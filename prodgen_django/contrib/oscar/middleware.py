"""``prodgen_django.contrib.oscar.middleware.HistoryCookieMiddleware``: drops a history cookie that Oscar falls over.

Oscar 4.2 takes any JSON list for a list of products it wrote itself: ``["abc"]``, ``[{"a": 1}]`` or ``[[1]]`` in that
unsigned cookie answers its product pages with HTTP 500.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from django.conf import settings as django_settings

from prodgen_django.contrib.oscar.taste import history_ids

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse


class HistoryCookieMiddleware:
    """Anywhere in MIDDLEWARE. Looks at one cookie and makes no query."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        name = django_settings.OSCAR_RECENTLY_VIEWED_COOKIE_NAME
        cookie = request.COOKIES.get(name)
        # "[]" is Oscar's own way to say that nothing was looked at yet.
        if cookie is None or cookie == "[]" or history_ids(cookie):
            return self.get_response(request)
        del request.COOKIES[name]
        response = self.get_response(request)
        if name not in response.cookies:
            response.delete_cookie(name, samesite=django_settings.SESSION_COOKIE_SAMESITE)
        return response
