"""Celery's entry points: thin, because a message is only a wake-up and all the truth is in the database."""

from __future__ import annotations

from celery import shared_task


@shared_task(name="prodgen.run_job", acks_late=True, reject_on_worker_lost=True, ignore_result=True)
def run_job(job_id: int, wake_up: str | None = None) -> None:
    """Do one batch of a job."""
    from prodgen_django.jobs.run import run_batch
    from prodgen_django.jobs.wake import arrived

    arrived(wake_up)
    run_batch(job_id)


@shared_task(name="prodgen.sweep", ignore_result=True)
def sweep() -> None:
    """Rescue what was left lying."""
    from prodgen_django.jobs.sweep import sweep

    sweep()


@shared_task(name="prodgen.run_errand", acks_late=True, reject_on_worker_lost=True, ignore_result=True)
def run_errand(wake_up: str | None = None) -> None:
    """Do a slice of an errand: smaller versions of a picture, or a decision about many."""
    from prodgen_django.errands.run import run_errand

    run_errand(wake_up)


@shared_task(name="prodgen.preview", ignore_result=True)
def preview(job_id: int, token: str) -> None:
    """Make the quick picture that somebody on the options page waits for."""
    from prodgen_django.jobs.preview import run_preview

    run_preview(job_id, token)


@shared_task(name="prodgen.taste", ignore_result=True)
def taste() -> None:
    """Bring product traits and consenting customers' profiles up to date."""
    from prodgen_django.personalization.log.profiles import refresh

    refresh()


@shared_task(name="prodgen.learn", acks_late=True, ignore_result=True)
def learn() -> None:
    """Learn from what visitors did which pictures suit whom."""
    from prodgen_django.personalization.log.versions import learn

    learn()


@shared_task(name="prodgen.events", ignore_result=True)
def events() -> None:
    """Write what visitors saw and did into the log."""
    from prodgen_django.personalization.log.flush import flush

    flush()
