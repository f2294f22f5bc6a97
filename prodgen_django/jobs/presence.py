"""Which workers are there: each tells the database, and every page reads it here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from django.db.models.functions import Now
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from prodgen_django.jobs.clock import from_now
from prodgen_django.models import Worker

if TYPE_CHECKING:
    from collections.abc import Sequence

#: A worker that has not been heard of for so long is gone.
GONE_SECONDS = 35


@dataclass(frozen=True)
class Listening:
    """Who serves a queue."""

    queue: str
    workers: int = 0
    #: How many tasks they can do at the same time, and do, of whatever queue.
    processes: int = 0
    busy: int = 0

    @property
    def state(self) -> Literal["absent", "busy", "free"]:
        if not self.workers:
            return "absent"
        return "busy" if self.busy >= self.processes else "free"


def waiting_for(found: Listening) -> str:
    """Why what stands in a queue has not begun."""
    if found.state == "absent":
        return _(
            "No worker serves the queue “%(queue)s”, so nothing happens before one is started: "
            "celery worker -Q %(queue)s. It then begins by itself."
        ) % {"queue": found.queue}
    if found.state == "busy":
        return ngettext(
            "The worker is busy with other work; this begins when it is free.",
            "All %(count)d workers are busy with other work; this begins when one is free.",
            found.busy,
        ) % {"count": found.busy}
    return _("A worker is free and begins in a moment.")


def listening(queue: str) -> Listening:
    """Who serves this queue at this moment. One query."""
    return listening_to([queue])[queue]


def listening_to(queues: Sequence[str]) -> dict[str, Listening]:
    """As `listening`, for several queues in one query."""
    rows = list(Worker.objects.filter(seen_at__gte=from_now(-GONE_SECONDS)))
    found = {}
    for queue in queues:
        serving = [row for row in rows if queue in row.queues]
        processes, busy = sum(row.processes for row in serving), sum(row.busy for row in serving)
        found[queue] = Listening(queue, len(serving), processes, busy)
    return found


def tell(name: str, pid: int, queues: Sequence[str], processes: int, busy: int) -> None:
    """A worker says that it is there."""
    values = {"queues": list(queues), "processes": processes, "busy": busy, "seen_at": Now()}
    mine = Worker.objects.filter(name=name[:190], pid=pid)
    if not mine.update(**values):
        Worker.objects.bulk_create([Worker(name=name[:190], pid=pid, **values)], ignore_conflicts=True)


def forget(name: str, pid: int) -> None:
    """A worker says that it takes no more work."""
    Worker.objects.filter(name=name[:190], pid=pid).delete()
