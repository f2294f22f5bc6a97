"""How far a job is, in numbers and in words, each number read once."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from prodgen_django.admin.words import duration
from prodgen_django.admin.workers import queue_of
from prodgen_django.jobs.worker import listening, waiting_for
from prodgen_django.models import Job, JobItem


def shown_counts(job: Job, counts: dict[str, int]) -> dict[str, int]:
    """Items by the state that a person is told: what a worker has taken but not begun waits."""
    begun = job.items.filter(JobItem.BEGUN).count() if counts[JobItem.State.RUNNING] else 0
    taken = counts[JobItem.State.RUNNING] - begun
    return counts | {"running": begun, "queued": counts[JobItem.State.QUEUED] + taken}


def summary(job: Job) -> dict[str, Any]:
    """How far the job is, in numbers and in words."""
    counts = job.counts()
    share = job.share(counts)
    shown = shown_counts(job, counts)
    over = sum(counts[state] for state in JobItem.WORKED_ON)
    left, elapsed = "", 0.0
    if job.started_at:
        elapsed = ((job.finished_at or timezone.now()) - job.started_at).total_seconds()
        if job.state == Job.State.RUNNING and 0.03 < share < 1 and elapsed > 5:
            left = duration(elapsed * (1 - share) / share)
    return {
        "job": job,
        "counts": shown,
        "over": over,
        "percent": int(100 * share),
        "elapsed": duration(elapsed) if job.started_at else "",
        "left": left,
        "sentence": sentence(job, shown, over),
        "waits": _waits(job, counts),
        "stopping": bool(job.cancel_requested_at) and not job.is_finished,
    }


def _waits(job: Job, counts: dict[str, int]) -> str:
    """Why nobody works on a job that is not over; ``""`` where somebody does."""
    if job.is_finished or job.state == Job.State.DRAFT:
        return ""
    found = listening(queue_of(job))
    if counts[JobItem.State.RUNNING]:
        if found.workers:
            return ""
        return _("The worker that was at this does not answer any more.") + " " + waiting_for(found)
    return waiting_for(found)


def sentence(job: Job, counts: dict[str, int], over: int) -> str:
    """The state of the job in one sentence, which screen readers hear when it changes."""
    numbers = {"over": over, **counts}
    if job.state == Job.State.QUEUED:
        return _("Waiting for a worker. %(total)d to do.") % numbers
    if job.state == Job.State.RUNNING:
        if job.cancel_requested_at:
            return _("Stopping: what is being worked on is let go. %(over)d of %(total)d over.") % numbers
        if counts["failed"]:
            return _("%(over)d of %(total)d done, %(failed)d of them failed.") % numbers
        return _("%(over)d of %(total)d done.") % numbers
    if job.state == Job.State.SUCCEEDED:
        return _("All done.") if counts["total"] == 1 else _("All %(total)d done.") % numbers
    if job.state == Job.State.PARTLY_FAILED:
        return _("%(done)d done, %(failed)d failed: the reasons stand below.") % numbers
    if job.state == Job.State.FAILED:
        return _("Nothing could be made: the reasons stand below.")
    if job.state == Job.State.CANCELLED:
        if counts["failed"]:
            return _("Cancelled: %(done)d of %(total)d done, %(failed)d failed.") % numbers
        return _("Cancelled: %(done)d of %(total)d done.") % numbers
    return _("Not started yet.")
