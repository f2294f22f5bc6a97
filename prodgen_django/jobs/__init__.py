"""Create, claim, heartbeat, run, cancel, sweep: the state machine over the models.

The database is the truth; a Celery message only says "look at this job". A message that is lost, doubled or
late can therefore neither lose work nor do it twice (docs/explanation/job-machine.md).
"""

from prodgen_django.jobs.create import (
    cancel_job,
    create_job,
    finish_early,
    queue_job,
    repeat_job,
    retry_failed,
    update_draft,
)
from prodgen_django.jobs.errors import JobStateError

__all__ = [
    "JobStateError",
    "cancel_job",
    "create_job",
    "finish_early",
    "queue_job",
    "repeat_job",
    "retry_failed",
    "update_draft",
]
