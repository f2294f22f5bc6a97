"""Who does what: an item belongs to the worker whose token stands in its row, until its lease runs out."""

from __future__ import annotations

import os
import socket
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db import connections, router, transaction
from django.db.models import Case, Exists, F, Value, When
from django.db.models.functions import Coalesce, Now
from django.utils.translation import gettext as _

from prodgen_django.conf import settings
from prodgen_django.jobs.clock import from_now
from prodgen_django.jobs.wake import DUE
from prodgen_django.models import Job, JobItem

if TYPE_CHECKING:
    from django.db.models import QuerySet


@dataclass(frozen=True)
class Claim:
    """Items taken under one token. Never empty."""

    job: Job
    token: uuid.UUID
    items: tuple[JobItem, ...]

    @property
    def held(self) -> QuerySet[JobItem]:
        """Those still ours: every write after the claim goes through this condition."""
        return JobItem.objects.filter(job=self.job, token=self.token, state=JobItem.State.RUNNING)


def worker_name() -> str:
    return f"{socket.gethostname()}:{os.getpid()}"[:120]


def claim(job: Job, size: int) -> Claim | None:
    """Take up to ``size`` queued items of like options; None where nothing is due.

    An item that has been tried before is taken alone: should it be the one that kills workers, it takes no
    healthy neighbours with it.
    """
    token = uuid.uuid4()
    with transaction.atomic():
        keys = _choose(job, size)
        if not keys:
            return None
        taken = JobItem.objects.filter(pk__in=keys, state=JobItem.State.QUEUED).update(
            state=JobItem.State.RUNNING,
            token=token,
            lease_until=from_now(settings.LEASE_SECONDS),
            attempts=F("attempts") + 1,
            claimed_by=worker_name(),
            started_at=Coalesce(F("started_at"), Now()),
            # The first of them is worked on at once; the others wait for their turn.
            stage=Case(When(pk=keys[0], then=Value(_("Begun"))), default=Value("")),
        )
        if not taken:
            return None
        Job.objects.filter(pk=job.pk, state=Job.State.QUEUED).update(
            state=Job.State.RUNNING, started_at=Coalesce(F("started_at"), Now())
        )
    items = tuple(
        # By key as well: there is no index on tokens.
        JobItem.objects.filter(pk__in=keys, token=token).select_related("product").order_by("position", "pk")
    )
    return Claim(job, token, items)


def _choose(job: Job, size: int) -> list[int]:
    # Not joined to the items: MariaDB would lock the job with them, and the next worker would find nothing.
    is_open = Job.objects.filter(
        pk=job.pk, state__in=[Job.State.QUEUED, Job.State.RUNNING], cancel_requested_at=None
    )
    due = JobItem.objects.filter(Exists(is_open), DUE, job=job, state=JobItem.State.QUEUED)
    due = due.order_by("position", "pk")
    if connections[router.db_for_write(JobItem)].features.has_select_for_update_skip_locked:
        # Two workers that look at the same moment see different items, instead of one waiting for the other.
        due = due.select_for_update(skip_locked=True)
    fresh = list(due.filter(attempts=0).only("pk", "options")[: 2 * size])
    if fresh:
        return [item.pk for item in fresh if item.options == fresh[0].options][:size]
    return [item.pk for item in due.only("pk")[:1]]
