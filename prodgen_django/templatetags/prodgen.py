"""What a shop's templates call: the picture of a product that suits the visitor.

{% load prodgen %}
{% personalize_products products %}                          one query for a whole listing
{% personalized_image product size="card" as picture %}      picture.url, .width, .height, .alt, .srcset
{% prodgen_picture product size="large" %}                   a responsive <picture>
"""

from __future__ import annotations

import mimetypes
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django import template

from prodgen_django.catalog import get_catalog
from prodgen_django.conf import settings
from prodgen_django.personalization.choice import Chosen, choose_pictures
from prodgen_django.personalization.visitor import Visitor
from prodgen_django.storage import get_storage

register = template.Library()

_ATTRIBUTE = "_prodgen_page"


@dataclass(frozen=True)
class Source:
    """One format of a picture for <source>."""

    type: str
    srcset: str


@dataclass(frozen=True)
class Picture:
    """What a template shows. ``width`` and ``height`` are None for a shop's own file, which nobody opens
    here."""

    url: str
    alt: str = ""
    width: int | None = None
    height: int | None = None
    srcset: str = ""
    sources: tuple[Source, ...] = ()
    #: The GeneratedImage's key; None for the shop's own picture.
    image_id: int | None = None
    is_personal: bool = False
    is_missing: bool = False

    def __str__(self) -> str:
        return self.url


@register.simple_tag(takes_context=True)
def personalize_products(context: template.Context, products: Iterable[Any]) -> str:
    """Choose the pictures of a whole listing with one query; the other tags then need none."""
    _page(context).update(choose_pictures(_visitor(context), [p for p in products if p is not None]))
    return ""


@register.simple_tag(takes_context=True)
def personalized_image(context: template.Context, product: Any, size: str = "large") -> Picture:
    """The picture of a product that suits the visitor; as a string, its address."""
    return _picture(_chosen(context, product), product, size)


@register.inclusion_tag("prodgen_django/picture.html", takes_context=True)
def prodgen_picture(
    context: template.Context,
    product: Any,
    size: str = "large",
    sizes: str = "",
    loading: str = "lazy",
    css_class: str = "",
    alt: str | None = None,
) -> dict[str, Any]:
    """A responsive <picture> from the versions that were made at approval."""
    picture = _picture(_chosen(context, product), product, size)
    return {
        "picture": picture,
        "alt": picture.alt if alt is None else alt,
        "sizes": sizes or f"(max-width: {_width(size)}px) 100vw, {_width(size)}px",
        "loading": loading,
        "css_class": css_class,
    }


def _page(context: template.Context) -> dict[Any, Chosen]:
    """What was chosen for this page so far, kept on the request so that included templates share it."""
    request = context.get("request")
    if request is None:
        return context.dicts[0].setdefault(_ATTRIBUTE, {})
    if not hasattr(request, _ATTRIBUTE):
        setattr(request, _ATTRIBUTE, {})
    return getattr(request, _ATTRIBUTE)


def _visitor(context: template.Context) -> Visitor:
    request = context.get("request")
    if request is None:
        return Visitor()
    if not hasattr(request, "_prodgen_visitor"):
        request._prodgen_visitor = Visitor.from_request(request)
    return request._prodgen_visitor


def _chosen(context: template.Context, product: Any) -> Chosen:
    page = _page(context)
    if product.pk not in page:
        page.update(choose_pictures(_visitor(context), [product]))
    return page[product.pk]


def _width(size: str) -> int:
    try:
        return int(settings.SIZES[size])
    except KeyError:
        known = ", ".join(settings.SIZES)
        raise template.TemplateSyntaxError(
            f"there is no size {size!r}; PRODGEN['SIZES'] has: {known}"
        ) from None


def _picture(chosen: Chosen, product: Any, size: str) -> Picture:
    width = _width(size)
    alt = str(getattr(product, "title", "") or "")
    if chosen.picture is not None:
        return _generated(chosen, alt or chosen.picture.title, width)
    catalog = get_catalog()
    if chosen.own is not None:
        return Picture(catalog.own_picture_url(chosen.own.name), alt or chosen.own.caption)
    return Picture(catalog.missing_picture_url(), alt, is_missing=True)


def _generated(chosen: Chosen, alt: str, width: int) -> Picture:
    image = chosen.picture.instance()  # type: ignore[union-attr]
    url = get_storage().url
    # The last format is what every browser reads: it is the <img> itself.
    plain = settings.RENDITION_FORMATS[-1]
    shown = image.rendition(width, plain) or image.rendition(width)
    if shown is None:
        return Picture(
            url(image.file.name),
            alt,
            image.width,
            image.height,
            image_id=image.pk,
            is_personal=chosen.personal,
        )
    by_format: dict[str, list[str]] = {}
    for made in sorted(image.renditions, key=lambda r: r["width"]):
        by_format.setdefault(made["format"], []).append(f"{url(made['name'])} {made['width']}w")
    sources = tuple(
        Source(mimetypes.types_map.get(f".{name}", f"image/{name}"), ", ".join(by_format[name]))
        for name in settings.RENDITION_FORMATS
        if name in by_format and name != shown["format"]
    )
    return Picture(
        url(shown["name"]),
        alt,
        shown["width"],
        shown["height"],
        ", ".join(by_format[shown["format"]]),
        sources,
        image.pk,
        chosen.personal,
    )
