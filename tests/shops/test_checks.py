"""What `manage.py check` says of a shop that the app cannot work in."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.checks import run_checks
from django.test import override_settings

from prodgen_django.catalog.checks import check_catalog, check_databases

ROOT = Path(__file__).resolve().parents[2]


class Router:
    """Puts some models somewhere else."""

    reads: tuple[str, ...] = ()
    writes: tuple[str, ...] = ()

    def db_for_read(self, model: type, **hints: object) -> str | None:
        return "other" if model._meta.label in self.reads else None  # type: ignore[attr-defined]

    def db_for_write(self, model: type, **hints: object) -> str | None:
        return "other" if model._meta.label in self.writes else None  # type: ignore[attr-defined]


class OursElsewhere(Router):
    reads = writes = ("prodgen_django.Job", "prodgen_django.JobItem")


class ProductsElsewhere(Router):
    reads = writes = ("catalogue.Product",)


class OursFromAReplica(Router):
    reads = ("prodgen_django.JobItem",)


class ProductsFromAReplica(Router):
    reads = ("catalogue.Product", "auth.User")


@pytest.mark.parametrize(
    ("router", "named"),
    [
        ("OursElsewhere", ["prodgen_django.Job (other)", "prodgen_django.JobItem (other)"]),
        ("ProductsElsewhere", ["catalogue.Product (other)"]),
        ("OursFromAReplica", ["prodgen_django.JobItem (default, other)"]),
        ("ProductsFromAReplica", []),
    ],
)
def test_tables_in_several_databases_are_named(router: str, named: list[str]) -> None:
    with override_settings(DATABASE_ROUTERS=[f"tests.shops.test_checks.{router}"]):
        found = check_databases(None)
    assert [error.id for error in found] == ["prodgen_django.E021"] * bool(named)
    for words in named:
        assert words in found[0].msg


def test_an_ordinary_oscar_shop_is_told_nothing() -> None:
    assert check_catalog(None) == check_databases(None) == []
    assert not [error for error in run_checks(tags=["prodgen_django"]) if error.id.endswith(("E020", "E021"))]


def run(code: str, prodgen: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Python in a shop without Oscar, with these settings."""
    before = f"import tests.shops.settings as s; s.PRODGEN = {prodgen!r}\nimport django; django.setup()\n"
    env = os.environ | {
        "DJANGO_SETTINGS_MODULE": "tests.shops.settings",
        "PRODGEN_SHOP_MODEL": "shops.UuidProduct",
    }
    return subprocess.run(
        [sys.executable, "-c", before + code], cwd=ROOT, env=env, capture_output=True, text=True, check=False
    )


CHECK = "from django.core.management import call_command; call_command('check')\n"
NO_SOURCE = """
from django.test import RequestFactory
from prodgen_django.personalization import Visitor
from prodgen_django.personalization.log.sources import get_sources
assert get_sources() == ()
assert Visitor.from_request(RequestFactory().get("/")).consents
"""


def test_a_shop_without_oscar_is_told_to_write_a_catalog() -> None:
    done = run(CHECK, {})
    assert "prodgen_django.E020" in done.stderr
    assert "shops.UuidProduct" in done.stderr
    assert "without-oscar.md" in done.stderr


def test_a_shop_with_a_catalog_of_its_own_needs_no_taste_source() -> None:
    own = {"CATALOG": "tests.shops.catalog.ShopCatalog", "CONSENT": "tests.shops.catalog.yes"}
    done = run(CHECK + NO_SOURCE, own)
    assert done.returncode == 0, done.stderr
