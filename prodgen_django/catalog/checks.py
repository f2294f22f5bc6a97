"""System checks of how the app stands in the shop: its catalog, and the database that its tables share."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.contrib.auth import get_user_model
from django.core.checks import CheckMessage, Error, register
from django.db import DEFAULT_DB_ALIAS, router

from prodgen_django.catalog.base import get_catalog
from prodgen_django.conf import product_model


@register("prodgen_django")
def check_catalog(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Whether the catalog can read this shop's products."""
    try:
        apps.get_model(product_model())
        catalog = get_catalog()
    except Exception:  # noqa: BLE001  (prodgen_django.E003 and E006 say what is wrong)
        return []
    return list(catalog.check())


@register("prodgen_django")
def check_databases(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Our tables point at the products and the customers, and jobs are claimed in transactions of one database."""
    ours = apps.get_app_config("prodgen_django").get_models()
    away = {model._meta.label: _homes(model) for model in ours}
    try:
        others = (apps.get_model(product_model()), get_user_model())
    except (LookupError, ValueError):
        return []
    # A replica may be read for the shop's own tables; of ours it would hide what was written a moment ago.
    away |= {model._meta.label: {router.db_for_write(model)} for model in others}
    wrong = {label: homes for label, homes in away.items() if homes != {DEFAULT_DB_ALIAS}}
    if not wrong:
        return []
    named = ", ".join(f"{label} ({', '.join(sorted(homes))})" for label, homes in sorted(wrong.items()))
    return [
        Error(
            "The tables of prodgen_django, the products and the customers must all be in the database "
            f"{DEFAULT_DB_ALIAS!r}, but DATABASE_ROUTERS put elsewhere: {named}.",
            hint="Have the router leave the app label prodgen_django alone, for reading and for writing, and keep "
            "products and customers beside it. Other apps may be where they like.",
            id="prodgen_django.E021",
        )
    ]


def _homes(model: Any) -> set[str]:
    return {router.db_for_read(model), router.db_for_write(model)}
