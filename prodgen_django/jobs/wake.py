"""Wake-ups: messages that say no more than "look at this job".

Each message that finds work publishes another when it is done, so the number published at the start is the
number of workers that can be busy with one job at the same time. Which wake-ups are still owed is read from
the items: of the first item in the queue ``woken_at`` is set when a message has left; where it is missing or
old the sweeper publishes.
"""

from __future__ import annotations

import logging
import math
import threading
from functools import partial
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models.functions import Now

from prodgen_django.conf import settings
from prodgen_django.models import JobItem
from prodgen_django.recipes import get_recipe

if TYPE_CHECKING:
    from collections.abc import Callable

    from prodgen_django.models import Job

logger = logging.getLogger("prodgen_django.jobs")

#: Most messages published for one job at once, and so the most workers that share it.
MOST_LANES = 16
#: How long a request waits for the broker before it leaves the wake-up to the sweeper.
PUBLISH_SECONDS = 3.0


def batch_size(kind: str) -> int:
    """Most items of this kind that are claimed together."""
    return get_recipe(kind).batch_size or settings.BATCH_SIZE


def lanes(job: Job) -> int:
    """How many workers have something to do in this job."""
    queued = job.items.filter(state=JobItem.State.QUEUED).count()
    return min(math.ceil(queued / batch_size(job.kind)), MOST_LANES)


def wake_on_commit(job: Job) -> None:
    """Publish when the transaction commits, and never let the broker hold up or fail the caller."""
    transaction.on_commit(partial(_wake_patiently, job), robust=True)


def wake(job: Job, count: int = 1, countdown: float = 0.0) -> bool:
    """Publish ``count`` wake-ups; False, with a line in the log, where the broker did not take them."""
    if not _publish(job, count, countdown):
        return False
    mark_woken(job)
    return True


def mark_woken(job: Job) -> None:
    first = job.items.filter(state=JobItem.State.QUEUED).order_by("position", "pk").values("pk")[:1]
    # MySQL cannot limit inside the UPDATE it filters, hence the key is read first.
    JobItem.objects.filter(pk__in=[row["pk"] for row in first]).update(woken_at=Now())


def _publish(job: Job, count: int, countdown: float = 0.0) -> bool:
    from prodgen_django.tasks import run_job

    try:
        for _ in range(count):
            run_job.apply_async(
                (job.pk,),
                queue=get_recipe(job.kind).queue,
                countdown=countdown or None,
                soft_time_limit=settings.TASK_SOFT_TIME_LIMIT,
                time_limit=settings.TASK_TIME_LIMIT,
                retry=False,
                ignore_result=True,
            )
    except Exception as error:  # noqa: BLE001  (each transport raises its own; the sweeper makes up for all)
        logger.warning("job %s: the broker took no wake-up (%s); the sweeper will try again", job.pk, error)
        return False
    return True


def send_patiently(send: Callable[[], bool], name: str = "prodgen-wake") -> list[bool]:
    """Publish from a thread of its own: a broker that accepts and never answers would hold a request for minutes.

    What ``send`` returned, in a list that is empty where nothing came back within `PUBLISH_SECONDS`.
    """
    sent: list[bool] = []
    thread = threading.Thread(target=lambda: sent.append(send()), name=name, daemon=True)
    thread.start()
    thread.join(PUBLISH_SECONDS)
    return list(sent)


def _wake_patiently(job: Job) -> None:
    count = lanes(job)
    sent = send_patiently(partial(_publish, job, count))
    if sent == [True]:
        mark_woken(job)
    elif not sent:
        logger.warning("job %s: the broker does not answer; the sweeper will wake the workers", job.pk)
