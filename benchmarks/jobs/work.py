"""Items a second of real workers on Redis and PostgreSQL."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

from tests.jobs.recipes import Paint
from tests.services.sites import Missing, Site, Worker, eventually, opened


class Dab(Paint):
    """One small picture an item, in batches as large as those of display pictures."""

    batch_size = None


def measure(items: int, workers: list[int], seconds: float) -> None:
    """Print what so many workers do in a window of some seconds of one large job."""
    try:
        with (
            tempfile.TemporaryDirectory(prefix="prodgen-bench-") as folder,
            opened("redis-postgres", Path(folder), "benchmarks.jobs.worker_settings") as site,
        ):
            _measure(site, items, workers, seconds)
    except Missing as error:
        print(f"{error} is missing")


def _measure(site: Site, items: int, workers: list[int], seconds: float) -> None:
    started = time.monotonic()
    job = site.call("create_many", count=items)
    print(f"a job of {items} items: made in {time.monotonic() - started:.1f} s, its products included")
    running: list[Worker] = []
    try:
        for count in workers:
            while len(running) < count:
                running.append(Worker(site, f"bench{len(running)}").ensure())
            before = _done(site, job)
            # All of them have begun: each has had the time to start and to take its first batch.
            eventually(lambda: _done(site, job) > before + 8 * count, 60, "the first batches")  # noqa: B023
            time.sleep(5)
            first, at = _done(site, job), time.monotonic()
            time.sleep(seconds)
            rate = (_done(site, job) - first) / (time.monotonic() - at)
            print(f"{count} workers: {rate:.0f} items/s ({first} of {items} done before)", flush=True)
    finally:
        for worker in running:
            worker.stop()


def _done(site: Site, job: int) -> int:
    return int(site.call("done", job_id=job))
