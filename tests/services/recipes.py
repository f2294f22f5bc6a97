"""The painting recipe with the faults that only a real worker can have."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from celery.exceptions import SoftTimeLimitExceeded
from django.conf import settings

from prodgen_django.recipes import Outcome, Workbench, WorkItem
from tests.jobs.recipes import Paint, picture
from tests.services import faults


class FaultyPaint(Paint):
    batch_size = 2

    def run(self, items: Sequence[WorkItem], bench: Workbench) -> Iterator[Outcome]:
        faults.hit("in_work")
        for item in items:
            mood = item.options["mood"]
            marked = item.title in mood.partition(":")[2].split(",")
            if mood.startswith("poison:") and marked:
                os.kill(os.getpid(), signal.SIGKILL)
            if mood.startswith("endless:") and marked:
                time.sleep(60)
            if mood.startswith("deaf:") and marked:
                _sleep_deaf(60)
            if mood == "slow":
                time.sleep(0.5)
            if mood == "hold":
                _wait_for(Path(settings.FOLDER, "release"), item, bench)
            yield Outcome(
                item, pictures=tuple(picture(item, slot) for slot in range(item.options["pictures"]))
            )


def _sleep_deaf(seconds: float) -> None:
    """A library that swallows the soft limit."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        try:
            time.sleep(0.1)
        except SoftTimeLimitExceeded:
            continue


def _wait_for(path: Path, item: WorkItem, bench: Workbench) -> None:
    """Work until the test lets go; without asking whether the lease still stands, as a long computation
    would.
    """
    Path(settings.FOLDER, "holding").touch()
    until = time.monotonic() + 20
    while not path.exists() and time.monotonic() < until:
        time.sleep(0.05)
