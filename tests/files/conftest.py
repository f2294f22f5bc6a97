"""A storage of its own for each test, of each kind."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.files.storages import KINDS

if TYPE_CHECKING:
    from pathlib import Path

    from django.core.files.storage import Storage


@pytest.fixture(params=KINDS)
def storage(request: pytest.FixtureRequest, settings: Any, tmp_path: Path) -> Storage:
    made: Storage = KINDS[request.param](tmp_path / "stored")
    settings.PRODGEN = {"STORAGE": lambda: made, "WORK_DIR": str(tmp_path / "work"), "RETRY_SECONDS": 0}
    return made
