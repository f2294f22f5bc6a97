"""Kill points: a test puts a file named after a point into a folder, and whoever passes the point first dies.

The job machine knows nothing of this; in the worker its functions are wrapped from outside.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files.base import ContentFile

#: Every change of state that a batch goes through, in its order.
POINTS = (
    "before_claim", "after_claim", "in_work", "before_store", "in_file", "before_move", "in_store", "after_store",
    "before_ack",
)  # fmt: skip


def folder() -> Path:
    path = Path(settings.FOLDER, "faults")
    path.mkdir(exist_ok=True)
    return path


def hit(point: str) -> None:
    """Die here, child or parent, if the test says so; each file kills once."""
    mine = folder() / f"{point}.{os.getpid()}"
    try:
        (folder() / point).rename(mine)
    except FileNotFoundError:
        return
    who = mine.read_text()
    os.kill(os.getpid() if who == "child" else os.getppid(), signal.SIGKILL)
    time.sleep(30)  # the parent's death is ours a moment later


def install() -> None:
    # Brought in now, so that no time limit pays for it on a busy machine.
    import prodgen_django.imagefile  # noqa: F401
    from prodgen_django import storage
    from prodgen_django.jobs import results, run

    run.claim = _around(run.claim, "before_claim", "after_claim")
    run.store = _around(run.store, "before_store", "after_store")
    run.finish_if_over = _around(run.finish_if_over, None, "before_ack")
    storage.settle = _around(storage.settle, "before_move", None)
    ContentFile.chunks = _cut(ContentFile.chunks)  # type: ignore[method-assign]
    manager = results.GeneratedImage.objects
    manager.bulk_create = _around(manager.bulk_create, None, "in_store")  # type: ignore[method-assign]


def _cut(chunks: Callable[..., Any]) -> Callable[..., Any]:
    """A file's parts; a death comes when the first half of it is on the disk."""

    @wraps(chunks)
    def wrapped(self: Any, chunk_size: int | None = None) -> Any:
        for chunk in chunks(self, chunk_size):
            yield chunk[: len(chunk) // 2]
            hit("in_file")
            yield chunk[len(chunk) // 2 :]

    return wrapped


def _around(function: Callable[..., Any], before: str | None, after: str | None) -> Callable[..., Any]:
    @wraps(function)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        if before:
            hit(before)
        result = function(*args, **kwargs)
        if after:
            hit(after)
        return result

    return wrapped
