from __future__ import annotations

from django.apps import AppConfig


class ExampleShopConfig(AppConfig):
    """The shop's own commands, tags and static files."""

    name = "example_shop"
    verbose_name = "Alder & Loom"
