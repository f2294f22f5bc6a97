"""What the shop's own templates need beside Oscar's and prodgen_django's tags."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import template
from oscar.core.loading import get_model

register = template.Library()


@register.simple_tag
def found_products(results: Iterable[Any]) -> list[Any]:
    """The products behind search results, read together with all that a card shows; gone ones are left out."""
    keys = [int(result.pk) for result in results]
    products = get_model("catalogue", "Product").objects.base_queryset().in_bulk(keys)
    return [products[key] for key in keys if key in products]


@register.simple_tag
def own_photos(product: Any) -> list[Any]:
    """The shop's own photographs of a product; of the published pictures the visitor's own stands above them."""
    return [image for image in product.get_all_images() if not (image.code or "").startswith("prodgen-")]


@register.filter
def words(value: str) -> list[str]:
    """A list written with commas, as its words."""
    return [word.strip() for word in str(value).split(",") if word.strip()]
