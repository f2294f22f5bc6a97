"""The example shop inside the tests' own: its addresses, templates and apps over the tests' settings."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.core.management import call_command
from django.test import Client, override_settings

ROOT = Path(__file__).resolve().parents[2]


#: Nothing left to chance: no hold-out, and always the picture that is believed to be best.
SHOP = {
    "CONSENT": "example_shop.consent.has_consented",
    "HOLDOUT": 0,
    "POLICY_EXPLORE": 0,
}


@pytest.fixture(autouse=True)
def example_shop(db: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    from prodgen_django.personalization.log import buffer, kept

    monkeypatch.setattr(buffer, "cache_folder", lambda: tmp_path)
    buffer._buffer.cache_clear()
    kept.forget_cache()
    templates = copy.deepcopy(django_settings.TEMPLATES)
    templates[0]["DIRS"] = [ROOT / "example_shop" / "templates"]
    templates[0]["OPTIONS"]["context_processors"].append("example_shop.context_processors.shop")
    with override_settings(
        INSTALLED_APPS=["example_shop.apps.ExampleShopConfig", *django_settings.INSTALLED_APPS],
        ROOT_URLCONF="example_shop.urls",
        TEMPLATES=templates,
        OSCAR_HIDDEN_FEATURES=["reviews"],
        OSCAR_PRODUCTS_PER_PAGE=24,
        OSCAR_ALLOW_ANON_CHECKOUT=True,
        PRODGEN=SHOP,
    ):
        yield


@pytest.fixture
def specs() -> list[Any]:
    """The catalogue with one photograph a product, so that little is copied."""
    from example_shop.catalogue import load_catalogue

    return [replace(spec, photos=spec.photos[:1]) for spec in load_catalogue()]


@pytest.fixture
def open_shop(specs: list[Any]) -> Iterator[Callable[..., None]]:
    """Loads the shop with so many products, and with people or the search index where a test needs them."""
    from example_shop.history import welcome_everybody
    from example_shop.shelves import stock

    indexed = False

    def load(count: int | None = None, *, people: bool = False, index: bool = False) -> None:
        nonlocal indexed
        stock(specs[:count])
        if people:
            welcome_everybody(specs[:count])
        if index:
            indexed = True
            call_command("rebuild_index", interactive=False, verbosity=0)

    yield load
    if indexed:
        call_command("clear_index", interactive=False, verbosity=0)


@pytest.fixture
def visit(client: Client) -> Callable[[str], str]:
    def get(path: str) -> str:
        response = client.get(path)
        assert response.status_code == 200, f"{path} answered {response.status_code}"
        return response.content.decode()

    return get
