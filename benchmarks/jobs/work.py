"""Items a second of real workers on Redis and PostgreSQL."""

from __future__ import annotations

import os
import tempfile
import time
from pathlib import Path

from tests.services.sites import Missing, Site, Worker, children, eventually, opened


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
            first, at, spent = _done(site, job), time.monotonic(), _cpu(running)
            time.sleep(seconds)
            done, passed = _done(site, job) - first, time.monotonic() - at
            print(
                f"{count} workers: {done / passed:.0f} items/s, {1000 * (_cpu(running) - spent) / done:.1f} CPU ms "
                f"an item in the workers ({first} of {items} done before)",
                flush=True,
            )
    finally:
        for worker in running:
            worker.stop()


def _cpu(workers: list[Worker]) -> float:
    """CPU seconds of the workers so far, with their children: what a busy machine does not change."""
    ticks = 0
    for worker in workers:
        assert worker.process
        for pid in (worker.process.pid, *children(worker.process.pid)):
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def _done(site: Site, job: int) -> int:
    return int(site.call("done", job_id=job))
