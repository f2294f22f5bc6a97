"""What each Celery worker does beside its tasks, in threads of its parent process: it sweeps, so that a shop without
Celery beat still heals, and tells the database that it is there, where every page reads it.

Connected in `ProdgenConfig.ready`; the signals are sent only in a worker.
"""

from __future__ import annotations

import logging
import os
import random
import threading
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Literal

from celery.signals import worker_ready, worker_shutting_down
from django.db.models.functions import Now
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from prodgen_django.broker import QUICK_QUEUE
from prodgen_django.conf import settings
from prodgen_django.jobs.lease import from_now
from prodgen_django.models import Worker

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


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


logger = logging.getLogger("prodgen_django.jobs")

#: How often a worker asks whether it is time to look after files, which is once a day.
FILES_SECONDS = 1800
#: How often a worker says that it is there (`GONE_SECONDS` says how long that holds).
PRESENCE_SECONDS = 10

_stop = threading.Event()


@worker_ready.connect(dispatch_uid="prodgen-worker")
def start(sender: Any = None, **_kwargs: Any) -> None:
    """At once when the worker starts, then every ``SWEEP_SECONDS`` and every `PRESENCE_SECONDS`."""
    _stop.clear()
    if settings.SWEEP_SECONDS > 0:
        _start("prodgen-sweeper", _sweep_once, settings.SWEEP_SECONDS)
        # Apart, as a large storage takes minutes, and no job shall wait for that.
        _start("prodgen-orphans", _sweep_files, FILES_SECONDS)
    if sender is not None:
        tell, forget = partial(_tell, sender), partial(_forget, sender)
        _start("prodgen-presence", tell, PRESENCE_SECONDS, last=forget)
        if QUICK_QUEUE not in _queues(sender):
            logger.warning(
                "this worker does not serve %s: previews, smaller versions and decisions about many pictures "
                "need another worker that does (-Q %s)",
                QUICK_QUEUE,
                QUICK_QUEUE,
            )


@worker_shutting_down.connect(dispatch_uid="prodgen-worker")
def stop(**_kwargs: Any) -> None:
    _stop.set()


def _start(
    name: str, work: Callable[[], None], seconds: float, last: Callable[[], None] | None = None
) -> None:
    threading.Thread(target=_repeat, args=(work, seconds, last), name=name, daemon=True).start()


def _repeat(work: Callable[[], None], seconds: float, last: Callable[[], None] | None) -> None:
    # Several workers started together should not all sweep in the same moment.
    while True:
        _guarded(work)
        if _stop.wait(seconds * random.uniform(0.9, 1.1)):  # noqa: S311
            break
    if last is not None:
        _guarded(last)


def _guarded(work: Callable[[], None]) -> None:
    from django.db import connections

    try:
        work()
    except Exception:
        logger.exception("a worker's own work failed; it will be tried again")
    finally:
        # Closed each time: the pool forks from this process, and no child may inherit an open connection.
        connections.close_all()


def _sweep_once() -> None:
    from prodgen_django.jobs.sweep import sweep
    from prodgen_django.personalization.log.flush import flush
    from prodgen_django.personalization.log.retention import erase_when_due

    found = sweep()
    if found:
        logger.info("swept: %s", found)
    written = flush()
    if written:
        logger.info("events: %s", written)
    erased = erase_when_due()
    if erased:
        logger.info("erased, past their retention: %d", erased)


def _sweep_files() -> None:
    from prodgen_django.orphans import sweep_daily

    sweep_daily()


def _queues(consumer: Any) -> list[str]:
    return sorted(consumer.app.amqp.queues.consume_from)


def _tell(consumer: Any) -> None:
    from celery.worker import state

    processes = int(getattr(consumer.pool, "num_processes", 1) or 1)
    tell(consumer.hostname, os.getpid(), _queues(consumer), processes, busy=len(state.active_requests))


def _forget(consumer: Any) -> None:
    forget(consumer.hostname, os.getpid())
