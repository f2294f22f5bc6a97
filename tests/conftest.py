"""Fixtures that every room's tests share."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Generator, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

# Before torch or OpenCV are loaded: each test process has one core, and threads of several would wait for each other.
os.environ.setdefault("OMP_NUM_THREADS", "1")

import pytest
from hypothesis import HealthCheck, settings

ROOT = Path(__file__).resolve().parent.parent

# No test depends on the machine's speed: no example has a deadline, and slow drawing is no fault. CI tries the same
# examples every time; elsewhere each run tries new ones, and says how to see a failing one again.
_ANY_SPEED: dict[str, Any] = {
    "deadline": None,
    "suppress_health_check": [HealthCheck.too_slow],
    "print_blob": True,
}
settings.register_profile("prodgen", **_ANY_SPEED)
settings.register_profile("prodgen-ci", derandomize=True, **_ANY_SPEED)
settings.load_profile("prodgen-ci" if os.environ.get("CI") else "prodgen")


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


@pytest.fixture(scope="session")
def _cut_outs() -> dict[tuple[Any, ...], Any]:
    return {}


@pytest.fixture
def remembered_cutouts(_cut_outs: dict[tuple[Any, ...], Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """Cuts each photograph out once in a session: seconds each, always with the same result, and no matter of the
    tests that use this."""
    from prodgen_django.studio import matting

    cut: Callable[..., Any] = matting.cut_out_report

    def remembered(image: Any, box: Any = None) -> Any:
        key = (image.shape, image.tobytes(), box)
        if key not in _cut_outs:
            _cut_outs[key] = cut(image, box)
        found = _cut_outs[key]
        return replace(found, alpha=found.alpha.copy())

    monkeypatch.setattr("prodgen_django.studio.matting.cut_out_report", remembered)
    monkeypatch.setattr("prodgen_django.studio.cut_out_report", remembered)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, Any, Any]:
    """Half a pair in a captured log would end the whole run: xdist hands reports on as UTF-8."""
    report: Any = yield
    report.sections = [
        (name, text.encode("utf-8", "backslashreplace").decode()) for name, text in report.sections
    ]
    return report


def pytest_collection_finish() -> None:
    """Importing the example shop makes its Celery app the current one of this thread; give that back to ours.

    Imported here, so that no test does so later, by a setting that names the shop's code.
    """
    if (used := sys.modules.get("tests.settings")) is not None:  # other settings may know no Oscar
        import example_shop.celery  # noqa: F401

        used.celery_app.set_current()
