"""Kill real workers at random moments, and count what is lost, doubled, corrupt, or left behind.

python -m tests.services.soak                       # 100 kills on each of the three flavours
python -m tests.services.soak redis-postgres        # one of them
python -m tests.services.soak --kills 10 --again    # shorter, also for those that have a result

Four supervised workers do jobs of real picture files; whatever a job has made is approved, so that smaller
versions are made beside it; meanwhile a random one of them, its child or its parent, is killed with SIGKILL. A
flavour that is over has its result in a file, and is not done again.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import tempfile
import time
from pathlib import Path
from typing import Any

from tests.services.sites import FLAVOURS, Missing, Site, Worker, children, opened

WORKERS, ITEMS, PICTURES = 4, 12, 2
#: Jobs that are open at the same time, so that no kill falls into idleness.
OPEN_JOBS = 2
#: Seconds between two kills, at most and at least.
PAUSE = (0.1, 1.5)
#: Share of kills that may hit a worker with no item in hand; it starts, waits, or runs an errand.
IDLE = 0.25
#: Seconds within which all work must be over after the last kill.
PATIENCE = 240
COLUMNS = (
    "kills", "seconds", "items", "pictures", "files", "lost", "unrendered", "doubled", "corrupt", "orphans_before",
    "orphans",
)  # fmt: skip


class Soak:
    """One flavour's run."""

    def __init__(self, site: Site, kills: int, seed: int) -> None:
        self.site, self.kills = site, kills
        self.chance = random.Random(seed)
        self.workers = [Worker(site, f"soak{n}") for n in range(WORKERS)]
        self.jobs: list[int] = []
        self.unapproved: list[int] = []

    def run(self) -> dict[str, Any]:
        started = time.monotonic()
        struck = {"child": 0, "parent": 0}
        try:
            while sum(struck.values()) < self.kills:
                self._tend()
                if len(self.unapproved) < OPEN_JOBS:
                    self._new_job()
                time.sleep(self.chance.uniform(*PAUSE))
                if who := self._kill():
                    struck[who] += 1
            self._finish()
            found = self.site.call("audit", pictures=PICTURES)
        finally:
            for worker in self.workers:
                worker.stop()
        return {"kills": self.kills, **struck, "seconds": round(time.monotonic() - started), **found}

    def _new_job(self) -> None:
        job = self.site.call("create", count=ITEMS, pictures=PICTURES)
        self.jobs.append(job)
        self.unapproved.append(job)

    def _tend(self) -> None:
        """Start again what has died, and approve what is done."""
        for worker in self.workers:
            worker.ensure()
        for job in list(self.unapproved):
            if self.site.call("look", job_id=job)["state"] not in ("queued", "running"):
                self.site.call("approve_all", job_id=job)
                self.unapproved.remove(job)

    def _kill(self) -> str:
        """Kill a worker that is up; says which of its processes, or nothing where none is up."""
        busy = set(self.site.call("busy"))
        anybody = self.chance.random() < IDLE
        up = [
            (worker, found)
            for worker in self.workers
            if worker.process and worker.process.poll() is None and (found := children(worker.process.pid))
            if anybody or busy.intersection(found)
        ]
        if not up:
            return ""
        worker, found = self.chance.choice(up)
        assert worker.process
        who = self.chance.choice(["child", "parent"])
        try:
            os.kill(found[0] if who == "child" else worker.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            return ""
        return who

    def _finish(self) -> None:
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            self._tend()
            if not self.unapproved and not any(self.site.call("open_work").values()):
                return
            time.sleep(0.5)


def soak(flavour: str, kills: int, seed: int) -> dict[str, Any]:
    with (
        tempfile.TemporaryDirectory(prefix=f"soak-{flavour}-") as folder,
        opened(flavour, Path(folder), "tests.services.soak_settings") as site,
    ):
        return Soak(site, kills, seed).run()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else "")
    parser.add_argument("flavours", nargs="*", metavar="FLAVOUR", help=", ".join(FLAVOURS))
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, default=Path("var/soak"), help="folder of the results")
    parser.add_argument("--again", action="store_true", help="also where there is a result")
    given = parser.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    print("| | " + " | ".join(COLUMNS) + " |\n|---|" + "---|" * len(COLUMNS))
    bad = 0
    for flavour in given.flavours or FLAVOURS:
        path = given.out / f"{flavour}.json"
        if given.again or not path.exists():
            try:
                path.write_text(json.dumps(soak(flavour, given.kills, given.seed), indent=1))
            except Missing as error:
                print(f"| {flavour} | {error} is missing |", flush=True)
                bad = 1
                continue
        found = json.loads(path.read_text())
        print(f"| {flavour} | " + " | ".join(str(found[name]) for name in COLUMNS) + " |", flush=True)
        if any(found[name] for name in ("lost", "unrendered", "doubled", "corrupt", "orphans")):
            print(f"  {found['examples']}")
            bad = 1
    return bad


if __name__ == "__main__":
    raise SystemExit(main())
