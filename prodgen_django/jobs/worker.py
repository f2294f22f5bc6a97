"""Each Celery worker sweeps as well, from a thread of its parent process: a shop without Celery beat still
heals.

Connected in `ProdgenConfig.ready`; the signal is sent only in a worker.
"""

from __future__ import annotations

import logging
import random
import threading
from typing import Any

from celery.signals import worker_ready, worker_shutting_down

from prodgen_django.conf import settings

logger = logging.getLogger("prodgen_django.jobs")

#: How often a worker asks whether it is time to look after files, which is once a day.
FILES_SECONDS = 1800

_stop = threading.Event()


@worker_ready.connect(dispatch_uid="prodgen-sweeper")
def start_sweeper(**_kwargs: Any) -> None:
    """At once when the worker starts, then every ``SWEEP_SECONDS``."""
    if settings.SWEEP_SECONDS > 0:
        _stop.clear()
        threading.Thread(target=_sweep_until_stopped, name="prodgen-sweeper", daemon=True).start()
        # Apart, as a large storage takes minutes, and no job shall wait for that.
        threading.Thread(target=_sweep_files_until_stopped, name="prodgen-orphans", daemon=True).start()


@worker_shutting_down.connect(dispatch_uid="prodgen-sweeper")
def stop_sweeper(**_kwargs: Any) -> None:
    _stop.set()


def _sweep_until_stopped() -> None:
    while True:
        _sweep_once()
        # Several workers started together should not all sweep in the same moment.
        if _stop.wait(settings.SWEEP_SECONDS * random.uniform(0.9, 1.1)):  # noqa: S311
            return


def _sweep_files_until_stopped() -> None:
    from django.db import connections

    from prodgen_django.orphans import sweep_daily

    while True:
        try:
            sweep_daily()
        except Exception:
            logger.exception("the sweep of files failed; it will be tried again tomorrow")
        finally:
            connections.close_all()
        if _stop.wait(FILES_SECONDS * random.uniform(0.9, 1.1)):  # noqa: S311
            return


def _sweep_once() -> None:
    from django.db import connections

    from prodgen_django.jobs.sweep import sweep
    from prodgen_django.personalization.events import flush
    from prodgen_django.personalization.retention import erase_when_due

    try:
        found = sweep()
        if found:
            logger.info("swept: %s", found)
        written = flush()
        if written:
            logger.info("events: %s", written)
        erased = erase_when_due()
        if erased:
            logger.info("erased, past their retention: %d", erased)
    except Exception:
        logger.exception("the sweep failed; it will be tried again")
    finally:
        # Closed each time: the pool forks from this process, and no child may inherit an open connection.
        connections.close_all()
