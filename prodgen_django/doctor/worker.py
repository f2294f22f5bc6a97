"""A worker that could only fail refuses to start, and says what mends it.

Connected in `ProdgenConfig.ready`; the signal is sent only in a worker.
"""

from __future__ import annotations

import sys
from typing import Any

from celery.signals import worker_init


@worker_init.connect(dispatch_uid="prodgen-fitness")
def refuse_to_fail(sender: Any = None, **_kwargs: Any) -> None:
    """End the process, status 1, where a worker of our queues has not what the work needs."""
    from prodgen_django.doctor.engines import unfit
    from prodgen_django.doctor.queues import queues_needed

    # The shop may have workers for other things that load the same apps.
    if queues_needed().isdisjoint(sender.app.amqp.queues.consume_from):
        return
    reason = unfit()
    if reason:
        # Celery only logs what a receiver raises, but for the end of the process.
        sys.exit(f"prodgen_django: this worker could not do any work. {reason}")
