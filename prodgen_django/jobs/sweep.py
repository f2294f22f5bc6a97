"""Heal what was left lying: by a worker that died, a message that was lost, a broker that was away.

Every step is a conditional UPDATE, so any number of sweepers may run at the same moment. It is run by each
worker's parent process (jobs/worker.py), by Celery beat where there is one, and by ``manage.py
prodgen_sweep``.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from prodgen_django.conf import settings
from prodgen_django.jobs.cancel import mark_cancelled
from prodgen_django.jobs.clock import from_now
from prodgen_django.jobs.finish import OPEN, finish_if_over
from prodgen_django.jobs.results import give_back
from prodgen_django.jobs.wake import lanes, wake
from prodgen_django.models import Job, JobItem

if TYPE_CHECKING:
    from django.db.models import QuerySet

logger = logging.getLogger("prodgen_django.jobs")

ACTIVE = (Job.State.QUEUED, Job.State.RUNNING)


@dataclass(frozen=True)
class SweepResult:
    """What a sweep found: items whose worker was gone, jobs woken anew, jobs whose end nobody had noted."""

    rescued: int = 0
    failed: int = 0
    cancelled: int = 0
    woken: int = 0
    unwoken: int = 0
    finished: int = 0

    def __bool__(self) -> bool:
        return any((self.rescued, self.failed, self.cancelled, self.woken, self.unwoken, self.finished))


def sweep() -> SweepResult:
    """Look through all open jobs once. Cheap where nothing is wrong: three queries."""
    cancelled, rescued, failed = _expire()
    finished = sum(finish_if_over(pk) for pk in _over().values_list("pk", flat=True))
    woken, unwoken = _wake_stale()
    return SweepResult(rescued, failed, cancelled, woken, unwoken, finished)


def _expire() -> tuple[int, int, int]:
    """Items whose lease has run out: over where the job was cancelled, else back in the queue, or failed."""
    expired = JobItem.objects.filter(state=JobItem.State.RUNNING, lease_until__lt=Now())
    if not expired.exists():
        return 0, 0, 0
    called_off = Job.objects.exclude(cancel_requested_at=None).values("pk")
    cancelled = mark_cancelled(expired.filter(job__in=called_off))
    hopeless = expired.filter(attempts__gte=settings.MAX_ATTEMPTS).count()
    rescued = give_back(
        expired,
        "worker_lost",
        retry=_("The worker stopped while it worked on this; it will be tried again."),
        last=_(
            "The worker was killed or stopped answering %(attempts)d times while working on this. It may "
            "need more memory or time than the worker has; the worker's log says more. Try again when that "
            "is mended."
        ),
    )
    logger.warning(
        "leases ran out: %d items back in the queue, %d failed, %d cancelled", rescued, hopeless, cancelled
    )
    return cancelled, rescued, hopeless


def _over() -> QuerySet[Job]:
    open_items = JobItem.objects.filter(job=OuterRef("pk"), state__in=OPEN)
    return Job.objects.filter(~Exists(open_items), state__in=ACTIVE)


def _wake_stale() -> tuple[int, int]:
    """Publish for jobs in which something waits, nobody works and no wake-up is known to be on its way."""
    items = JobItem.objects.filter(job=OuterRef("pk"))
    due = items.filter(Q(lease_until=None) | Q(lease_until__lte=Now()), state=JobItem.State.QUEUED)
    fresh = items.filter(state=JobItem.State.QUEUED, woken_at__gte=from_now(-settings.REPUBLISH_SECONDS))
    busy = items.filter(state=JobItem.State.RUNNING)
    woken = unwoken = 0
    for job in Job.objects.filter(Exists(due), ~Exists(fresh), ~Exists(busy), state__in=ACTIVE).order_by(
        "pk"
    ):
        never = not job.items.filter(state=JobItem.State.QUEUED).exclude(woken_at=None).exists()
        # A message that is merely late in a long queue is doubled, which is harmless; a whole fan is not sent
        # again.
        if wake(job, lanes(job) if never else 1):
            woken += 1
        else:
            unwoken += 1
            break  # the broker is away; the next sweep goes on here
    return woken, unwoken
