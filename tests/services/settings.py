"""A small shop without Oscar whose database and broker are chosen by the environment, with short times."""

from __future__ import annotations

import os
from pathlib import Path

from prodgen_django.broker import celery_settings

FOLDER = Path(os.environ["PRODGEN_SERVICES_FOLDER"])
SECRET_KEY = "only for the tests"
USE_TZ = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "tests.services.shop",
    "prodgen_django",
]
if os.environ.get("PRODGEN_SERVICES_POSTGRES"):
    DATABASES = {
        "default": {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": os.environ["PRODGEN_SERVICES_POSTGRES"],
            "HOST": os.environ.get("PGHOST", "127.0.0.1"),
            "USER": os.environ.get("PGUSER", "postgres"),
        }
    }
else:
    DATABASES = {
        "default": {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": FOLDER / "db.sqlite3",
            "OPTIONS": {
                "timeout": 20,
                "transaction_mode": "IMMEDIATE",
                "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL",
            },
        }
    }
MEDIA_ROOT = FOLDER / "media"

PRODGEN_PRODUCT_MODEL = "shop.Product"
PRODGEN = {
    "CATALOG": "tests.services.shop.catalog.ShopCatalog",
    "TASTE_SOURCES": [],
    "RECIPES": {"paint": "tests.services.recipes.FaultyPaint"},
    "LEASE_SECONDS": 2,
    "HEARTBEAT_SECONDS": 0.4,
    "SWEEP_SECONDS": 0.4,
    "REPUBLISH_SECONDS": 3,
    "RETRY_SECONDS": 0.1,
    "TASK_SOFT_TIME_LIMIT": 5,
    "TASK_TIME_LIMIT": 6.5,
    "TRAIN_SLICE_SECONDS": 1,
}
globals().update(
    celery_settings(os.environ.get("PRODGEN_SERVICES_BROKER"), folder=FOLDER, time_limit=7, sweep_seconds=0.5)
)
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
