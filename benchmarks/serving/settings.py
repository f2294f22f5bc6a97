"""The tests' shop with all peers installed; database and cache by environment variables.

BENCH_DATABASE_URL   sqlite:///… or postgres://… (required)
BENCH_CACHE_URL      redis://…; without it Django's own memory cache
BENCH_FOLDER         where media are written
"""

import os
from pathlib import Path

os.environ.setdefault("PRODGEN_TEST_FOLDER", os.environ["BENCH_FOLDER"])

from example_shop.addresses import cache_from, database_from
from tests.settings import *  # noqa: F403
from tests.settings import INSTALLED_APPS, TEMPLATES

DEBUG = False
DATABASES = {"default": database_from(os.environ["BENCH_DATABASE_URL"])}
CACHES = {"default": cache_from(os.environ.get("BENCH_CACHE_URL", ""))}
MEDIA_ROOT = Path(os.environ["BENCH_FOLDER"]) / "media"
INSTALLED_APPS = [*INSTALLED_APPS, "sorl.thumbnail", "imagekit"]
# sorl and easy-thumbnails both call their library "thumbnail".
TEMPLATES[0]["OPTIONS"]["libraries"] = {
    "sorl_tags": "sorl.thumbnail.templatetags.thumbnail",
    "easy_tags": "easy_thumbnails.templatetags.thumbnail",
}
THUMBNAIL_DEBUG = False
MIGRATION_MODULES = {app.split(".")[-1]: None for app in INSTALLED_APPS}
PRODGEN = {
    "CONSENT": "benchmarks.serving.tags.yes",
    "EVENT_BUFFER": str(Path(os.environ["BENCH_FOLDER"]) / "events"),
}


class _NoMigrations(dict):  # type: ignore[type-arg]
    """Tables are made straight from the models: the migrations take half a minute and make the same."""

    def __contains__(self, app: object) -> bool:
        return True

    def __getitem__(self, app: str) -> None:
        return None


MIGRATION_MODULES = _NoMigrations()
