"""The tests' small shop for the soak: real picture files, time enough for a busy machine, and no item given up."""

from __future__ import annotations

import os

from prodgen_django.broker import celery_settings
from tests.services.settings import *  # noqa: F403
from tests.services.settings import FOLDER, PRODGEN

PRODGEN = {
    **PRODGEN,
    "RECIPES": {"paint": "tests.services.soak_recipe.Photograph"},
    "LEASE_SECONDS": 4,
    "HEARTBEAT_SECONDS": 1,
    "SWEEP_SECONDS": 1,
    "REPUBLISH_SECONDS": 6,
    # With folders for a broker Celery frees the place of a killed child only at the hard limit.
    "TASK_SOFT_TIME_LIMIT": 17,
    "TASK_TIME_LIMIT": 20,
    # AVIF takes seconds a picture, and it is not the encoder that is tried.
    "RENDITION_WIDTHS": [320, 640],
    "RENDITION_FORMATS": ["jpeg", "webp"],
    # So many kills hit some item more than three times, which is no fault of it.
    "MAX_ATTEMPTS": 100,
}
globals().update(
    celery_settings(os.environ.get("PRODGEN_SERVICES_BROKER"), folder=FOLDER, time_limit=20, sweep_seconds=1)
)
