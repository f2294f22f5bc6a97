"""Fixtures that every room's tests share."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

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


class Broker:
    """Stands for the broker: takes messages, refuses them, or accepts and never answers."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, tuple[Any, ...], str]] = []
        #: "takes", "refuses" or "silent".
        self.mood = "takes"
        self._released = threading.Event()

    def send_task(self, name: str, args: tuple[Any, ...] = (), queue: str = "", **_options: Any) -> None:
        if self.mood == "refuses":
            raise ConnectionRefusedError("the broker is away")
        if self.mood == "silent":
            self._released.wait(30)
            return
        self.sent.append((name, tuple(args), queue))

    def names(self) -> list[str]:
        return [name for name, _args, _queue in self.sent]

    def close(self) -> None:
        self._released.set()


@pytest.fixture
def broker(monkeypatch: pytest.MonkeyPatch) -> Iterator[Broker]:
    """A broker of which a test sees what it was given."""
    from prodgen_django.jobs import send

    broker = Broker()
    monkeypatch.setattr(send, "current_app", broker)
    monkeypatch.setattr(send, "_silent_until", 0.0)
    yield broker
    broker.close()


def pytest_collection_finish() -> None:
    """Importing the example shop makes its Celery app the current one of this thread; give that back to ours."""
    if (settings := sys.modules.get("tests.settings")) is not None:  # a shop without Oscar has others
        settings.celery_app.set_current()
