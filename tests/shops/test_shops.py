"""Pages and jobs once more on other databases, and in shops whose products have other keys."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.databases import require

HERE = Path(__file__).parent
KEYS = {
    "numbers": "NumberProduct",
    "text": "TextProduct",
    "uuids": "UuidProduct",
    "inherited": "InheritedProduct",
}
DATABASES = ("sqlite", "postgres", "mariadb")
ON_SERVERS = {
    "pages": ("tests/personalization/serve/test_choice.py", "tests/oscar/test_pages.py"),
    "hostile requests": ("tests/web/test_hostile_requests.py", "tests/web/test_addresses.py"),
    "decisions": (
        "tests/admin/test_decisions.py", "tests/admin/test_locks.py", "tests/admin/test_permissions.py",
        "tests/admin/test_review.py",
    ),
}  # fmt: skip


def run_tests(*paths: str, settings: str, **env: str) -> None:
    """A pytest of its own: a process has one product model and one default database."""
    clean = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PYTEST", "DJANGO_SETTINGS"))
    }
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", "--ds", settings, *paths],
        cwd=HERE.parents[1], env=clean | env, capture_output=True, text=True, timeout=1200, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]


@pytest.mark.slow
@pytest.mark.parametrize("keys", KEYS)
@pytest.mark.parametrize("database", DATABASES)
def test_any_keys_on_any_database(keys: str, database: str) -> None:
    """With the tables that the migrations make."""
    require(database)
    if keys == "inherited" and database != "sqlite":
        pytest.skip("as UUIDs, where the database has a type for them")
    # One kind of key is enough for the job machine and the admin, which are told nothing of them.
    more = {"uuids": ["tests/shops/cases_jobs.py"], "numbers": ["tests/shops/cases_admin.py"]}
    run_tests(
        "--migrations", "tests/shops/cases_pages.py", *more.get(keys, []), settings="tests.shops.settings",
        PRODGEN_SHOP_MODEL=f"shops.{KEYS[keys]}", PRODGEN_SHOP_DATABASE=database,
    )  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("what", ON_SERVERS)
@pytest.mark.parametrize("database", ["postgres", "mariadb"])
def test_the_same_on_a_server(database: str, what: str) -> None:
    """What the fast tests ask of SQLite, asked of databases that are stricter and have locks of rows."""
    require(database)
    run_tests(*ON_SERVERS[what], settings="tests.settings", PRODGEN_TEST_DATABASE=database)
