"""Create, claim, heartbeat, run, cancel, sweep: the state machine over the models."""

from prodgen_django.jobs.create import create_job, queue_job, retry_failed, update_draft
from prodgen_django.jobs.cancel import cancel_job

__all__ = ["cancel_job", "create_job", "queue_job", "retry_failed", "update_draft"]
