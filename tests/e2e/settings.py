"""The test shop as a site of its own: a database file, a broker in folders, served to a real browser."""

from tests.settings import *  # noqa: F403
from tests.settings import DATABASES, FOLDER, INSTALLED_APPS

DEBUG = True  # so that Django serves the static files itself
ROOT_URLCONF = "tests.e2e.urls"
DATABASES["default"]["NAME"] = FOLDER / "e2e.sqlite3"
STATIC_ROOT = None


class _NoMigrations(dict):  # type: ignore[type-arg]
    """Tables are made straight from the models: the migrations have a test of their own and take half a
    minute.
    """

    def __contains__(self, app: object) -> bool:
        return True

    def __getitem__(self, app: str) -> None:
        return None


MIGRATION_MODULES = _NoMigrations()
assert "prodgen_django" in INSTALLED_APPS
