"""A job is over when none of its items is open."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.db.models.functions import Now

from prodgen_django.models import Job, JobItem
from prodgen_django.signals import job_finished

if TYPE_CHECKING:
    from django.db.models import QuerySet

OPEN = (JobItem.State.QUEUED, JobItem.State.RUNNING)


def finish_if_over(job_id: int) -> bool:
    """Set a job's final state once its last item is over; True for the one caller that did it."""
    job = Job.objects.filter(pk=job_id).first()
    if job is None or job.is_finished or job.state == Job.State.DRAFT:
        return False
    if job.cancel_requested_at:
        # What its worker gave back after somebody cancelled is taken by nobody any more.
        mark_cancelled(job.items.filter(state=JobItem.State.QUEUED))
    if job.items.filter(state__in=OPEN).exists():
        return False
    counts = job.counts()
    with transaction.atomic():
        over = Job.objects.filter(
            ~Exists(JobItem.objects.filter(job=OuterRef("pk"), state__in=OPEN)),
            pk=job_id,
            state__in=[Job.State.QUEUED, Job.State.RUNNING],
        ).update(state=_final_state(job, counts), finished_at=Now())
        if over:
            job.wake_ups.all().delete()
            job.refresh_from_db()
            transaction.on_commit(partial(job_finished.send_robust, sender=Job, job=job), robust=True)
    return bool(over)


def mark_cancelled(items: QuerySet[JobItem]) -> int:
    """End items as cancelled; the condition on who may do so stands in ``items``."""
    return items.update(
        state=JobItem.State.CANCELLED, token=None, lease_until=None, stage="", finished_at=Now()
    )


def _final_state(job: Job, counts: dict[str, int]) -> str:
    if job.cancel_requested_at and counts[JobItem.State.CANCELLED]:
        return Job.State.CANCELLED
    if not counts[JobItem.State.FAILED]:
        return Job.State.SUCCEEDED
    return Job.State.PARTLY_FAILED if counts[JobItem.State.DONE] else Job.State.FAILED
