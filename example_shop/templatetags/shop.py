"""What the shop's own templates need beside Oscar's and prodgen_django's tags."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import template
from oscar.core.loading import get_model

register = template.Library()


@register.simple_tag
def found_products(results: Iterable[Any]) -> list[Any]:
    """The products behind search results, read together with all that a card shows."""
    keys = [int(result.pk) for result in results]
    products = get_model("catalogue", "Product").objects.base_queryset().in_bulk(keys)
    return [products[key] for key in keys if key in products]


@register.simple_tag
def own_photos(product: Any) -> list[Any]:
    """The shop's own photographs of a product; the visitor's own of the published pictures stands above."""
    return [image for image in product.get_all_images() if not (image.code or "").startswith("prodgen-")]


@register.simple_tag
def line_products(*groups: Iterable[Any] | None) -> list[Any]:
    """The products of basket lines, or of the forms that a basket's page shows for them."""
    return [getattr(line, "instance", line).product for lines in groups for line in lines or ()]
