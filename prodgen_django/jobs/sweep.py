"""Heal what was left lying: by a worker that died, a message that was lost, a broker that was away.

Every step is a conditional UPDATE, so any number of sweepers may run at the same moment. It is run by each
worker's parent process (jobs/worker.py), by Celery beat where there is one, and by ``manage.py
prodgen_sweep``.
"""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from prodgen_django.conf import settings
from prodgen_django.errands.run import end_hopeless
from prodgen_django.jobs.lease import DUE, from_now
from prodgen_django.jobs.results import OPEN, finish_if_over, give_back, mark_cancelled
from prodgen_django.jobs.wake import wake, wake_errands
from prodgen_django.models import Errand, Job, JobItem, Worker

if TYPE_CHECKING:
    from django.db.models import QuerySet

logger = logging.getLogger("prodgen_django.jobs")

ACTIVE = (Job.State.QUEUED, Job.State.RUNNING)
DAY = 86_400
#: A draft that nobody has saved is taken for left behind after so long.
DRAFT_SECONDS = 2 * DAY
#: The key of a draft's log under which stand the options that no person has chosen.
PREFILLED = "prefilled"
#: How long it can be read what came of a decision about many pictures.
ERRAND_SECONDS = 7 * DAY


@dataclass(frozen=True)
class SweepResult:
    """What a sweep found: items whose worker was gone, jobs woken anew, jobs whose end nobody had noted."""

    rescued: int = 0
    failed: int = 0
    cancelled: int = 0
    woken: int = 0
    unwoken: int = 0
    finished: int = 0
    #: Drafts that were left behind, now deleted.
    drafts: int = 0

    def __bool__(self) -> bool:
        return any(
            (
                self.rescued,
                self.failed,
                self.cancelled,
                self.woken,
                self.unwoken,
                self.finished,
                self.drafts,
            )
        )


def sweep() -> SweepResult:
    """Look through all open jobs and errands once. Cheap where nothing is wrong: some queries that an index
    answers, and three for each job that waits.
    """
    cancelled, rescued, failed = _expire()
    failed += end_hopeless()
    finished = sum(finish_if_over(pk) for pk in _over().values_list("pk", flat=True))
    woken, unwoken = _wake_all()
    return SweepResult(rescued, failed, cancelled, woken, unwoken, finished, _clear_away())


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
    """Jobs of which nothing is open, and cancelled ones of which nothing runs."""
    items = JobItem.objects.filter(job=OuterRef("pk"))
    ended = ~Exists(items.filter(state__in=OPEN))
    stopped = Q(cancel_requested_at__isnull=False) & ~Exists(items.filter(state=JobItem.State.RUNNING))
    return Job.objects.filter(ended | stopped, state__in=ACTIVE)


def _wake_all() -> tuple[int, int]:
    """Publish the wake-ups that jobs and errands lack."""
    items = JobItem.objects.filter(job=OuterRef("pk"))
    due = Exists(items.filter(DUE, state=JobItem.State.QUEUED))
    woken = unwoken = 0
    for job in Job.objects.filter(due, state__in=ACTIVE, cancel_requested_at=None).order_by("pk"):
        answer = wake(job)
        woken += answer is True
        if answer is False:
            return woken, unwoken + 1  # the broker is away; the next sweep goes on here
    answer = wake_errands()
    return woken + (answer is True), unwoken + (answer is False)


def _clear_away() -> int:
    """Delete what nobody will ask for again; returns how many drafts there were."""
    Errand.objects.filter(over_at__lt=from_now(-ERRAND_SECONDS)).delete()
    Worker.objects.filter(seen_at__lt=from_now(-DAY)).delete()
    old = Job.objects.filter(state=Job.State.DRAFT, created_at__lt=from_now(-DRAFT_SECONDS))
    left = [
        pk
        for pk, options, log in old.values_list("pk", "options", "log")
        # Whoever saved it wants it kept, and whoever looks at previews is still there.
        if options == log.get(PREFILLED, {})
        and time.time() - log.get("preview", {}).get("at", 0) > DRAFT_SECONDS
    ]
    if left:
        Job.objects.filter(pk__in=left, state=Job.State.DRAFT).delete()
    return len(left)
