"""Each test meets a process that has read no policy yet, and events of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from prodgen_django.personalization.log import buffer, kept


@pytest.fixture(autouse=True)
def _fresh_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(buffer, "cache_folder", lambda: tmp_path)
    buffer._buffer.cache_clear()
    kept.forget_cache()
    yield
    kept.forget_cache()
