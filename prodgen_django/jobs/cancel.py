"""Cancel: what waits is over at once, what runs is asked to stop at its next step."""

from __future__ import annotations

from django.db import transaction
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from prodgen_django.jobs.errors import JobStateError
from prodgen_django.jobs.finish import finish_if_over, mark_cancelled
from prodgen_django.models import Job, JobItem


def cancel_job(job: Job) -> Job:
    """Cancel a job; asked again it does nothing more. Pictures that are finished stay.

    Raises JobStateError for a job that is over for another reason.
    """
    with transaction.atomic():
        locked = Job.objects.select_for_update().get(pk=job.pk)
        if locked.is_finished:
            if locked.state != Job.State.CANCELLED:
                raise JobStateError(_("This job is over, so there is nothing to cancel."))
        else:
            if locked.state == Job.State.DRAFT:
                Job.objects.filter(pk=job.pk).update(state=Job.State.QUEUED)
            Job.objects.filter(pk=job.pk, cancel_requested_at=None).update(cancel_requested_at=Now())
            mark_cancelled(locked.items.filter(state=JobItem.State.QUEUED))
    finish_if_over(job.pk)
    job.refresh_from_db()
    return job
