"""A job is over when none of its items is open."""

from __future__ import annotations

from functools import partial

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.db.models.functions import Now

from prodgen_django.models import Job, JobItem
from prodgen_django.signals import job_finished

OPEN = (JobItem.State.QUEUED, JobItem.State.RUNNING)


def finish_if_over(job_id: int) -> bool:
    """Set a job's final state once its last item is over; True for the one caller that did it."""
    job = Job.objects.filter(pk=job_id).first()
    if job is None or job.is_finished or job.state == Job.State.DRAFT:
        return False
    counts = job.counts()
    if any(counts[state] for state in OPEN):
        return False
    with transaction.atomic():
        over = Job.objects.filter(
            ~Exists(JobItem.objects.filter(job=OuterRef("pk"), state__in=OPEN)),
            pk=job_id,
            state__in=[Job.State.QUEUED, Job.State.RUNNING],
        ).update(state=_final_state(job, counts), finished_at=Now())
        if over:
            job.refresh_from_db()
            transaction.on_commit(partial(job_finished.send_robust, sender=Job, job=job), robust=True)
    return bool(over)


def _final_state(job: Job, counts: dict[str, int]) -> str:
    if job.cancel_requested_at and counts[JobItem.State.CANCELLED]:
        return Job.State.CANCELLED
    if not counts[JobItem.State.FAILED]:
        return Job.State.SUCCEEDED
    return Job.State.PARTLY_FAILED if counts[JobItem.State.DONE] else Job.State.FAILED
