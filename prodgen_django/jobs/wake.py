"""Wake-ups: messages that say no more than "look at this job", or "look for errands".

How many are owed is always read from the rows, by one formula: as many workers as can share the work, less
those at work (tokens whose heartbeat is heard), less those already on their way (`WakeUp`). It is asked when
work is queued, when a batch begins and ends, and by each sweep; so lanes that died are opened again, and
doubled ones close by themselves.
"""

from __future__ import annotations

import math
from functools import partial
from typing import TYPE_CHECKING, Any

from django.db.models import Count, Q
from django.db.models.functions import Now

from prodgen_django.broker import QUEUE, QUICK_QUEUE
from prodgen_django.conf import settings
from prodgen_django.jobs.lease import DUE, from_now
from prodgen_django.jobs.send import Message, deliver, send_on_commit
from prodgen_django.models import Errand, JobItem, WakeUp
from prodgen_django.recipes import get_recipe

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.db.models.expressions import CombinedExpression

    from prodgen_django.models import Job

#: Most workers that share one job, and most that run errands at once.
MOST_LANES, ERRAND_LANES = 16, 4


def wake_on_commit(job: Job) -> None:
    """Publish when the transaction commits, and never let the broker hold up or fail the caller."""
    send_on_commit(("job", job.pk), partial(_for_job, job))


def wake(job: Job) -> bool | None:
    """Publish the wake-ups that a job lacks: None where it lacks none, False where the broker took none."""
    messages = _for_job(job)
    return deliver(messages) if messages else None


def wake_errands_on_commit() -> None:
    """As `wake_on_commit`, for errands."""
    send_on_commit("errands", _for_errands)


def wake_errands() -> bool | None:
    """As `wake`, for errands."""
    messages = _for_errands()
    return deliver(messages) if messages else None


def arrived(wake_up: str | None) -> None:
    """A worker has taken this wake-up, so it is on its way no more."""
    if wake_up:
        WakeUp.objects.filter(pk=wake_up).delete()


def batch_size(kind: str) -> int:
    """Most items of this kind that are claimed together."""
    return get_recipe(kind).batch_size or settings.BATCH_SIZE


def _batch_and_queue(kind: str) -> tuple[int, str]:
    try:
        return batch_size(kind), get_recipe(kind).queue
    except LookupError:
        # A worker that takes it fails it in words.
        return settings.BATCH_SIZE, QUEUE


def owed(useful: int, live: int, sent: QuerySet[WakeUp]) -> int:
    """Wake-ups to publish where ``useful`` more workers would find work beside the ``live`` ones.

    Where nobody works although somebody was woken, the messages may just be standing in a long queue: then
    one on its way is enough, for whoever takes it wakes the others.
    """
    if useful <= 0:
        return 0
    # The database's clock, for the rows are written by it.
    known = sent.aggregate(all=Count("pk"), fresh=Count("pk", filter=Q(due_at__gte=_lost_before())))
    if known["all"] and not live:
        return 0 if known["fresh"] else 1
    return max(0, useful - known["fresh"])


def _for_job(job: Job) -> list[Message]:
    size, queue = _batch_and_queue(job.kind)
    queued = job.items.filter(state=JobItem.State.QUEUED)
    live = live_tokens(job)
    room = max(0, MOST_LANES - live)
    # Cut off where more would change nothing: a job may have tens of thousands of items.
    useful, delay = math.ceil(queued.filter(DUE).order_by()[: room * size].count() / size), 0.0
    if not (useful or live) and queued.exists():
        # What went wrong waits a little before it is tried again.
        useful, delay = 1, float(settings.RETRY_SECONDS)
    return _messages(
        owed(useful, live, WakeUp.objects.filter(job=job)),
        job,
        delay,
        task="prodgen.run_job",
        args=(job.pk,),
        queue=queue,
        options={
            "soft_time_limit": settings.TASK_SOFT_TIME_LIMIT,
            "time_limit": settings.TASK_TIME_LIMIT,
            "countdown": delay or None,
        },
    )


def _for_errands() -> list[Message]:
    waiting = Errand.objects.filter(over_at=None, attempts__lt=settings.MAX_ATTEMPTS)
    live = waiting.filter(lease_until__gt=Now()).exclude(token=None).count()
    useful = waiting.filter(DUE).order_by()[: max(0, ERRAND_LANES - live)].count()
    return _messages(
        owed(useful, live, WakeUp.objects.filter(job=None)),
        None,
        0.0,
        task="prodgen.run_errand",
        queue=QUICK_QUEUE,
        options={"soft_time_limit": settings.TASK_SOFT_TIME_LIMIT, "time_limit": settings.TASK_TIME_LIMIT},
    )


def live_tokens(job: Job) -> int:
    """Workers of this job whose heartbeat is heard. One that has been silent for two beats may be dead: its
    items stay its own until the lease ends, but somebody else is woken for the rest.
    """
    silence = max(0.0, settings.LEASE_SECONDS - 2.5 * settings.HEARTBEAT_SECONDS)
    running = job.items.filter(state=JobItem.State.RUNNING, lease_until__gte=from_now(silence))
    return running.order_by().values("token").distinct().count()


def _lost_before() -> CombinedExpression:
    return from_now(-settings.REPUBLISH_SECONDS)


def _messages(
    count: int, job: Job | None, delay: float, *, args: tuple[Any, ...] = (), **message: Any
) -> list[Message]:
    if not count:
        return []
    WakeUp.objects.filter(job=job, due_at__lt=_lost_before()).delete()
    rows = WakeUp.objects.bulk_create(WakeUp(job=job, due_at=from_now(delay)) for _ in range(count))
    return [
        Message(args=(*args, str(row.pk)), lost=WakeUp.objects.filter(pk=row.pk).delete, **message)
        for row in rows
    ]
