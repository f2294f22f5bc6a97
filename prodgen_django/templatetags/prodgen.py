"""What a shop's templates call: the picture of a product that suits the visitor.

{% load prodgen %}
{% personalize_products products %}                          for a whole listing, which then costs three queries at most
{% personalized_image product size="card" as picture %}      picture.url, .width, .height, .alt, .srcset
{% prodgen_picture product size="large" %}                   a responsive <picture>
{% prodgen_campaign "hero" as campaign %}                    the campaign picture of a place, or nothing
{% prodgen_why product as reasons %}                         why this picture, in words
{% prodgen_script %}                                         at the end of <body>: tells what was seen and clicked
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import template
from django.templatetags.static import static
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from prodgen_django.personalization.report.why import reasons
from prodgen_django.personalization.serve.campaigns import CampaignPicture
from prodgen_django.personalization.serve.page import Page, page_of, scripted
from prodgen_django.personalization.serve.pictures import Picture
from prodgen_django.personalization.serve.visitor import Visitor

register = template.Library()

_ATTRIBUTE = "_prodgen_page"


@register.simple_tag(takes_context=True)
def personalize_products(context: template.Context, products: Iterable[Any] | None) -> str:
    """Choose the pictures of a whole listing with three queries at most; the other tags then need none."""
    _page(context).choose(products or ())
    return ""


@register.simple_tag(takes_context=True)
def personalized_image(context: template.Context, product: Any, size: str = "large") -> Picture:
    """The picture of a product that suits the visitor; as a string, its address."""
    return _picture(context, product, size)


@register.simple_tag(takes_context=True)
def prodgen_picture(
    context: template.Context,
    product: Any,
    size: str = "large",
    sizes: str = "",
    loading: str = "lazy",
    css_class: str = "",
    alt: str | None = None,
) -> SafeString:
    """A responsive <picture> from the versions that were made at approval."""
    picture = _picture(context, product, size)
    return picture.html(
        alt=picture.alt if alt is None else alt,
        sizes=sizes,
        loading=loading,
        css_class=css_class,
    )


@register.simple_tag(takes_context=True)
def prodgen_campaign(
    context: template.Context, slot: str, wide: str = "hero", phone: str = "hero_phone"
) -> CampaignPicture | str:
    """The published campaign picture of a place that suits the visitor, linked; "" where no campaign runs.

    One query, and another for who consents, unless `personalize_products` has asked that already; it then goes by the
    same taste as the page's products.
    """
    language = context.get("LANGUAGE_CODE") or get_language() or ""
    return _page(context).campaign(slot, language=language, wide=wide, phone=phone) or ""


@register.simple_tag(takes_context=True)
def prodgen_why(context: template.Context, product: Any) -> list[str]:
    """Why the visitor sees this picture of a product: sentences, at least one."""
    page = _page(context)
    choice = page.chosen_for(product)
    return reasons(choice, page.known.taste if page.known else {})


@register.simple_tag(takes_context=True)
def prodgen_script(context: template.Context) -> SafeString:
    """The script that reports what was seen and clicked, after everything that it is to report; nothing for a visitor
    who has not consented.
    """
    page = _page(context)
    try:
        events, choices = reverse("prodgen:events"), reverse("prodgen:choices")
    except NoReverseMatch:
        return SafeString("")
    source = static("prodgen_django/shop.js")
    if scripted():
        return format_html(
            '<script src="{}" defer data-prodgen-events="{}" data-prodgen-choices="{}"></script>',
            source,
            events,
            choices,
        )
    record = page.record()
    if not record:
        return SafeString("")
    return format_html(
        '<script src="{}" defer data-prodgen-events="{}" data-prodgen-page="{}"></script>',
        source,
        events,
        record,
    )


def _page(context: template.Context) -> Page:
    """What was chosen for this page so far, kept on the request so that included templates share it.

    Without a request (an e-mail) the visitor is the ``user`` of the context.
    """
    request = context.get("request")
    if request is not None:
        return page_of(request)
    if _ATTRIBUTE not in context.dicts[0]:
        context.dicts[0][_ATTRIBUTE] = Page(Visitor.of_user(context.get("user")))
    return context.dicts[0][_ATTRIBUTE]


def _picture(context: template.Context, product: Any, size: str) -> Picture:
    try:
        return _page(context).picture(product, size)
    except LookupError as error:
        raise template.TemplateSyntaxError(str(error)) from None
