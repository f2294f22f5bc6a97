"""PRODGEN_SHOP_MODEL names the products' model, PRODGEN_SHOP_DATABASE is sqlite, postgres or mariadb."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from prodgen_django.broker import celery_settings
from tests.databases import database

FOLDER = Path(os.environ.get("PRODGEN_SHOP_FOLDER") or tempfile.mkdtemp(prefix="prodgen-shops-"))
SECRET_KEY = "only for the tests"
USE_TZ = True
TIME_ZONE = "UTC"
ALLOWED_HOSTS = ["*"]
ROOT_URLCONF = "tests.shops.urls"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "tests.shops",
    "prodgen_django",
]
MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "prodgen_django.personalization.middleware.PersonalizationMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]
DATABASES = {"default": database(os.environ.get("PRODGEN_SHOP_DATABASE", "sqlite"), FOLDER / "db.sqlite3")}
if os.environ.get("PRODGEN_SHOP_DATABASE", "sqlite") == "sqlite":
    DATABASES["default"]["TEST"] = {"NAME": FOLDER / "test.sqlite3"}  # a file, so that threads meet in it
HAYSTACK_CONNECTIONS = {"default": {"ENGINE": "haystack.backends.simple_backend.SimpleEngine"}}
MEDIA_ROOT = FOLDER / "media"
STATIC_URL = "/static/"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

PRODGEN_PRODUCT_MODEL = os.environ.get("PRODGEN_SHOP_MODEL", "shops.NumberProduct")
PRODGEN = {
    "CATALOG": "tests.shops.catalog.ShopCatalog",
    "TASTE_SOURCES": ["tests.shops.catalog.ShopTaste"],
    "RECIPES": {"paint": "tests.jobs.recipes.Paint"},
    "WORK_DIR": str(FOLDER / "work"),
    "RETRY_SECONDS": 0,
    "HOLDOUT": 0,
    "POLICY_EXPLORE": 0,
}
globals().update(celery_settings(folder=FOLDER))
