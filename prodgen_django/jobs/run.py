"""One wake-up's work: claim a batch, let the recipe work on it, write what comes."""

from __future__ import annotations

import logging
import time
from functools import partial
from typing import TYPE_CHECKING, Any

from celery.exceptions import SoftTimeLimitExceeded
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext as _

from prodgen_django.catalog import get_catalog
from prodgen_django.conf import MACHINE, settings
from prodgen_django.jobs.connection import Line, patiently, reconnect
from prodgen_django.jobs.errors import JobCancelled, LeaseLost, misconfigured
from prodgen_django.jobs.lease import Claim, Lease, claim
from prodgen_django.jobs.results import fail, finish_if_over, give_back, mark_cancelled, put_down, store
from prodgen_django.jobs.wake import batch_size, wake
from prodgen_django.jobs.workbench import Bench
from prodgen_django.models import Job, JobItem
from prodgen_django.recipes import ItemFailed, WorkItem, get_recipe

if TYPE_CHECKING:
    from prodgen_django.recipes import Recipe

logger = logging.getLogger("prodgen_django.jobs")


def run_batch(job_id: int) -> int:
    """Do one batch of a job's items and wake a successor where more wait; returns how many items were taken.

    Safe to call at any time, in any process, any number of times: what is not queued is not taken.
    """
    job = Job.objects.filter(pk=job_id).first()
    if job is None or job.state not in (Job.State.QUEUED, Job.State.RUNNING):
        return 0
    try:
        return _run_batch(job)
    except ImproperlyConfigured as fault:
        # Another attempt would meet the same settings: the job ends, and says what to mend.
        logger.error("job %s: %s", job_id, fault)
        fail(job.items.filter(state=JobItem.State.QUEUED), misconfigured(fault))
        finish_if_over(job_id)
        return 0


def _run_batch(job: Job) -> int:
    # Before anything is claimed: a heartbeat, or what is done after an error, could not say so any more.
    settings.require(MACHINE)
    try:
        recipe, size = get_recipe(job.kind), batch_size(job.kind)
    except LookupError:
        _fail_unknown(job)
        return 0
    claimed = claim(job, size)
    if claimed is not None:
        # Whoever comes first calls the others: of what was sent before, some may be lost.
        wake(job)
        with Lease(claimed) as lease:
            _work(claimed, recipe, Bench(claimed, lease))
    if not finish_if_over(job.pk):
        # Also where nothing could be taken: what waits for its next try needs a wake-up when its time has come.
        wake(job)
    return len(claimed.items) if claimed is not None else 0


def run_here(job_id: int) -> None:
    """Do a whole job in this process, without a broker: for a terminal and for tests."""
    while run_batch(job_id):
        pass


def _work(claimed: Claim, recipe: Recipe, bench: Bench) -> None:
    held, line = claimed.held, Line()
    started = time.monotonic()
    try:
        get_catalog().prepare([item.product for item in claimed.items if item.product is not None])
        items = [_work_item(claimed.job, item) for item in claimed.items]
        open_items = {item.pk for item in items}
        for outcome in recipe.run(items, bench):
            open_items.discard(outcome.item.pk)
            following = next((item.pk for item in items if item.pk in open_items), None)
            # What took minutes to make waits for the database.
            patiently(partial(store, claimed, outcome, following=following))
        if open_items:
            raise RuntimeError(f"the recipe {recipe.kind!r} gave no result for {len(open_items)} items")
    except LeaseLost:
        logger.warning("job %s: the lease was lost, nothing of this batch is written", claimed.job.pk)
    except JobCancelled:
        mark_cancelled(held)
    except SoftTimeLimitExceeded:
        _out_of_time(claimed)
    except ImproperlyConfigured as fault:
        fail(held, misconfigured(fault))
        raise
    except Exception as error:
        if line.is_cut(error):
            logger.warning("job %s: the database was lost: %s", claimed.job.pk, error)
            if reconnect():
                put_down(held)
            return
        logger.exception("job %s: a batch failed", claimed.job.pk)
        reason = f"{type(error).__name__}: {error}"
        give_back(
            held,
            "error",
            retry=_("It went wrong and will be tried again (%(reason)s)") % {"reason": reason},
            last=_("It went wrong %%(attempts)d times, the last time with: %(reason)s")
            % {"reason": reason.replace("%", "%%")},
            delay=settings.RETRY_SECONDS,
        )
    except BaseException:
        if time.monotonic() - started >= settings.TASK_SOFT_TIME_LIMIT:
            # The hard limit of work that did not hear the soft one: Celery ends the process with a SIGTERM.
            _out_of_time(claimed)
            raise
        # The process is asked to stop (Ctrl-C, a worker's shutdown).
        put_down(held)
        raise


def _out_of_time(claimed: Claim) -> None:
    minutes = settings.TASK_SOFT_TIME_LIMIT / 60
    sentence = _("This took longer than %(minutes)g minutes and was stopped.") % {
        "minutes": round(minutes, 1)
    }
    if len(claimed.items) == 1:
        # Alone it had all the time there is; the next attempt would only take as long again.
        fail(claimed.held, ItemFailed("time_limit", sentence))
    else:
        give_back(claimed.held, "time_limit", retry=sentence, last=sentence.replace("%", "%%"))


def _work_item(job: Job, item: JobItem) -> WorkItem:
    options: dict[str, Any] = {**job.options, **item.options}
    return WorkItem(
        pk=item.pk,
        product=item.product,
        title=item.title,
        category=get_catalog().category(item.product) if item.product is not None else "",
        photos=tuple(item.photos),
        options=options,
        # A person who wants other pictures of the same product chooses another seed.
        seed=item.seed + int(options.get("seed") or 0),
        attempt=item.attempts,
    )


def _fail_unknown(job: Job) -> None:
    sentence = _("This worker knows no job of the kind “%(kind)s”.") % {"kind": job.kind}
    fail(job.items.filter(state=JobItem.State.QUEUED), ItemFailed("unknown_kind", sentence))
    finish_if_over(job.pk)
