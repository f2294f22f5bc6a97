"""What each Celery worker does beside its tasks, in threads of its parent process: it sweeps, so that a shop
without Celery beat still heals, and tells the database that it is there.

Connected in `ProdgenConfig.ready`; the signals are sent only in a worker.
"""

from __future__ import annotations

import logging
import os
import random
import threading
from functools import partial
from typing import TYPE_CHECKING, Any

from celery.signals import worker_ready, worker_shutting_down

from prodgen_django.broker import QUICK_QUEUE
from prodgen_django.conf import settings

if TYPE_CHECKING:
    from collections.abc import Callable

logger = logging.getLogger("prodgen_django.jobs")

#: How often a worker asks whether it is time to look after files, which is once a day.
FILES_SECONDS = 1800
#: How often a worker says that it is there (jobs/presence.py knows how long that holds).
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

    from prodgen_django.jobs.presence import tell

    processes = int(getattr(consumer.pool, "num_processes", 1) or 1)
    tell(consumer.hostname, os.getpid(), _queues(consumer), processes, busy=len(state.active_requests))


def _forget(consumer: Any) -> None:
    from prodgen_django.jobs.presence import forget

    forget(consumer.hostname, os.getpid())
