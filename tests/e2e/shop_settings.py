"""The example shop for a real browser: made without migrations, nothing left to chance."""

import os

os.environ.setdefault("PRODGEN_DEMO_DIR", os.environ["PRODGEN_TEST_FOLDER"])

from example_shop.settings import *  # noqa: F403
from example_shop.settings import DEMO_DIR, PRODGEN
from tests.e2e.settings import MIGRATION_MODULES

PRODGEN = {
    **PRODGEN,
    "HOLDOUT": 0,
    "POLICY_EXPLORE": 0,
    "RENDITION_WIDTHS": [320, 640],
    "RENDITION_FORMATS": ["webp", "jpeg"],
    "EVENT_BUFFER": str(DEMO_DIR / "events"),
    "CHOOSE_IN": os.environ.get("SHOP_CHOOSE_IN", "page"),
}
CELERY_TASK_ALWAYS_EAGER = True
assert "catalogue" in MIGRATION_MODULES
