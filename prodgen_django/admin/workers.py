"""Who serves a queue, in one sentence that is the same on every page."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from prodgen_django.broker import GPU_QUEUE, QUEUE, QUEUES, QUICK_QUEUE
from prodgen_django.jobs.worker import listening_to
from prodgen_django.models import Job
from prodgen_django.recipes import get_recipe


def queue_of(job: Job) -> str:
    """The queue in which a job's wake-ups stand."""
    try:
        return get_recipe(job.kind).queue
    except LookupError:
        return QUEUE


def status() -> dict[str, Any]:
    """What the lists of jobs and of pictures say about the workers: ``sentence``, and ``level`` good or bad."""
    found = listening_to(QUEUES)
    needed = [QUICK_QUEUE, QUEUE]
    # A shop that makes no concepts and trains no models needs nobody for these.
    if not found[GPU_QUEUE].workers and _waits_for(GPU_QUEUE):
        needed.append(GPU_QUEUE)
    absent = [found[queue] for queue in needed if found[queue].state == "absent"]
    if absent:
        return {"level": "bad", "sentence": " ".join(_lacking(one.queue) for one in absent)}
    jobs = found[QUEUE]
    numbers = {"busy": min(jobs.busy, jobs.processes), "all": jobs.processes}
    if not jobs.busy:
        return {"level": "good", "sentence": _("The workers are ready.")}
    return {"level": "good", "sentence": _("Workers: %(busy)d of %(all)d at work.") % numbers}


def _lacking(queue: str) -> str:
    what = {
        QUICK_QUEUE: _("Previews, smaller versions of pictures and decisions about many wait"),
        QUEUE: _("Jobs wait"),
        GPU_QUEUE: _("Concept pictures and trainings wait"),
    }[queue]
    return _("%(what)s: no worker serves the queue “%(queue)s” (celery worker -Q %(queue)s).") % {
        "what": what,
        "queue": queue,
    }


def _waits_for(queue: str) -> bool:
    kinds = Job.objects.filter(state__in=[Job.State.QUEUED, Job.State.RUNNING]).order_by().distinct()
    for kind in kinds.values_list("kind", flat=True):
        try:
            if get_recipe(kind).queue == queue:
                return True
        except LookupError:
            continue
    return False
