"""The tests' small shop as a shop would run it: usual times, and one process a worker."""

from __future__ import annotations

import os

from prodgen_django.broker import celery_settings
from tests.services.settings import *  # noqa: F403
from tests.services.settings import FOLDER, PRODGEN

PRODGEN = {
    key: value
    for key, value in {**PRODGEN, "RECIPES": {"paint": "benchmarks.jobs.recipe.Dab"}}.items()
    if key in ("CATALOG", "TASTE_SOURCES", "RECIPES")
} | {"MAX_PRODUCTS": 1_000_000}
globals().update(celery_settings(os.environ.get("PRODGEN_SERVICES_BROKER"), folder=FOLDER))
