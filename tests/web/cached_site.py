"""A shop's addresses that come out of Django's caches, as shops write them."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.template import Context, Template, engines
from django.template.response import TemplateResponse
from django.urls import include, path
from django.views.decorators.cache import cache_control, cache_page
from oscar.core.loading import get_model

from prodgen_django.personalization import Visitor, choose_images

TEXT = (
    "{% load prodgen %}{% personalize_products products %}{% for p in products %}{% prodgen_picture p %}{% endfor %}"
    "{% prodgen_script %}"
)
PAGE = Template(TEXT)


def consents(request: Any) -> bool:
    return request.COOKIES.get("consent") == "yes"


def _products() -> list[Any]:
    return list(get_model("catalogue", "Product").objects.order_by("pk"))


def page(request: HttpRequest) -> HttpResponse:
    return HttpResponse(PAGE.render(Context({"request": request, "products": _products()})))


def late(request: HttpRequest) -> HttpResponse:
    """Drawn only when the view has returned, as class-based views are."""

    return TemplateResponse(request, engines["django"].from_string(TEXT), {"products": _products()})


def by_hand(request: HttpRequest) -> HttpResponse:
    """Without any of our tags."""
    chosen = choose_images(Visitor.from_request(request), _products())
    return HttpResponse(
        ",".join(str(picture.pk) for picture in chosen.values() if picture) + f";{request.COOKIES}"
    )


@cache_control(public=True, s_maxage=600)
def public(request: HttpRequest) -> HttpResponse:
    response = page(request)
    response["CDN-Cache-Control"] = "max-age=600"
    return response


@cache_control(public=True, s_maxage=600)
def pieces(request: HttpRequest) -> StreamingHttpResponse:
    """Drawn while it is sent, when its head has left."""
    return StreamingHttpResponse(page(request).content for _once in range(1))


def plain(request: HttpRequest) -> HttpResponse:
    """A page without pictures of ours."""
    plain.calls += 1  # type: ignore[attr-defined]
    return HttpResponse(f"call {plain.calls}")  # type: ignore[attr-defined]


plain.calls = 0  # type: ignore[attr-defined]

urlpatterns = [
    path("page/", cache_page(600)(page)),
    path("late/", cache_page(600)(late)),
    path("twice/", cache_page(600)(cache_page(60)(page))),
    path("by-hand/", cache_page(600)(by_hand)),
    path("public/", public),
    path("pieces/", pieces),
    path("uncached/", page),
    path("plain/", plain),
    path("prodgen/", include("prodgen_django.urls")),
]
