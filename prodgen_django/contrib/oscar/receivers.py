"""Oscar says what went into a basket and what was ordered; we note it for the log, without a write in the request."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db import transaction
from oscar.apps.basket.signals import basket_addition
from oscar.apps.checkout.signals import post_checkout

from prodgen_django.conf import settings
from prodgen_django.personalization.serve.tell import report_bought
from prodgen_django.personalization.serve.visitor import visitor_of


def connect() -> None:
    """Called once, when the app is ready."""
    basket_addition.connect(added_to_basket, dispatch_uid="prodgen-basket")
    post_checkout.connect(ordered, dispatch_uid="prodgen-order")


def added_to_basket(sender: Any, product: Any, user: Any, request: Any, **kwargs: Any) -> None:
    _report("basket", request, [product])


def ordered(sender: Any, order: Any, user: Any, request: Any, **kwargs: Any) -> None:
    if settings.CONSENT is not None:
        _report("order", request, [line.product for line in order.lines.select_related("product")])


def _report(kind: str, request: Any, products: Iterable[Any]) -> None:
    if settings.CONSENT is None or request is None:
        return
    visitor = visitor_of(request)
    # What was shown may have been the variant or its parent.
    ids = [pk for product in products if product for pk in (product.pk, product.parent_id)]
    # A request that fails after all has put nothing into a basket.
    transaction.on_commit(lambda: report_bought(kind, visitor, ids), robust=True)
