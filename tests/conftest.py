"""Fixtures that every room's tests share."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real photographs that stands beside the project.

    Where it is absent the test is skipped; under CI that would hide a hole, so there it fails.
    """
    folder = Path(os.environ.get("PRODGEN_TEST_DATA", ROOT.parent / "shared" / "data"))
    if not folder.is_dir():
        message = f"the photographs are not at {folder} (set PRODGEN_TEST_DATA)"
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)
    return folder


def pytest_collection_finish() -> None:
    """Importing the example shop makes its Celery app the current one of this thread; give that back to ours."""
    if (settings := sys.modules.get("tests.settings")) is not None:  # a shop without Oscar has others
        settings.celery_app.set_current()
