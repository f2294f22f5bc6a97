"""The one door through which whatever a page calls a product becomes the key that the database has.

A page has model instances, lazy ones among them, search results, whose keys are text, variants, keys by themselves, and
nothing at all where a product is gone.
"""

from __future__ import annotations

import uuid
from functools import cache
from typing import Any

from django.apps import apps
from django.core.exceptions import FieldDoesNotExist
from django.db.models import Field, Model

from prodgen_django.conf import product_model
from prodgen_django.keys import key_field_of, key_of


@cache
def key_field() -> Field[Any, Any]:
    """The field that makes the keys of the shop's products."""
    field: Field[Any, Any] = key_field_of(apps.get_model(product_model()))
    return field


def product_key(product: Any) -> Any | None:
    """A product's key, of the type that the database has; None for what names none of the shop's products."""
    field = key_field()
    if isinstance(product, field.model):
        return key_of(field.model, product.pk)
    if isinstance(product, Model):
        return None  # a basket's line or a photo: its number is some other product's
    model = getattr(product, "model", None)
    if isinstance(model, type) and not issubclass(model, field.model):
        return None  # a search over several models found something else
    key = getattr(product, "pk", product)
    if not isinstance(key, str | int | uuid.UUID) or isinstance(key, bool):
        return None
    return key_of(field.model, key)


def parent_key(product: Any) -> Any | None:
    """The key of the product that a variant belongs to; None for any other product."""
    product = instance_of(product)
    if isinstance(product, Model) and not _has_variants(product.__class__):
        return None
    parent = getattr(product, "parent_id", None)
    return None if parent is None else product_key(parent)


def instance_of(product: Any) -> Any:
    """A search result's own product, where that has been loaded already; anything else as it is."""
    return getattr(product, "_object", None) or product


@cache
def _has_variants(model: type[Model]) -> bool:
    """Whether the model's ``parent`` is a product, and not a category or a brand."""
    try:
        related = model._meta.get_field("parent").related_model
    except FieldDoesNotExist:
        return False
    return isinstance(related, type) and issubclass(model, related)
