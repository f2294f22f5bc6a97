"""Finish early: what runs ends at its next step and hands over what it has."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from prodgen_django.jobs.errors import JobStateError
from prodgen_django.models import Job
from prodgen_django.recipes import get_recipe

#: The key of the job's log under which the wish stands.
ASKED = "finish_asked"


def finish_early(job: Job) -> Job:
    """Ask a job to end now and keep what it has; asked again it does nothing more.

    Raises JobStateError for a job that is over or is being cancelled, and for a kind that has nothing to keep.
    """
    with transaction.atomic():
        locked = Job.objects.select_for_update().get(pk=job.pk)
        if not can_finish_early(locked):
            raise JobStateError(_("There is nothing in this job that could be finished early."))
        locked.log = {ASKED: timezone.now().isoformat(), **locked.log}
        locked.save(update_fields=["log"])
    job.refresh_from_db()
    return job


def can_finish_early(job: Job) -> bool:
    """Whether asking would do anything."""
    if job.is_finished or job.state == Job.State.DRAFT or job.cancel_requested_at:
        return False
    try:
        return get_recipe(job.kind).finishes_early
    except LookupError:
        return False
