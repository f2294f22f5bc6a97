"""Who does what, and how long: an item belongs to the worker whose token stands in its row, until its lease runs out.

There is one clock for all workers, the database's: machines' own clocks differ, so no lease is ever compared with one.
"""

from __future__ import annotations

import logging
import os
import socket
import threading
import uuid
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import DatabaseError, connection, connections, router, transaction
from django.db.models import Case, Exists, F, Q, Value, When
from django.db.models.functions import Coalesce, Now
from django.utils.translation import gettext as _

from prodgen_django.conf import settings
from prodgen_django.jobs.errors import JobCancelled, LeaseLost
from prodgen_django.models import Job, JobItem, Turn

if TYPE_CHECKING:
    from types import TracebackType

    from django.db.models import QuerySet
    from django.db.models.expressions import CombinedExpression


def from_now(seconds: float) -> CombinedExpression:
    """The database's time ``seconds`` from now; negative for the past."""
    return Now() + timedelta(seconds=seconds)


def take_turn(name: str, every: float) -> bool:
    """Whether it is this caller's turn: True for one of all workers, when `every` seconds are over since the last."""
    _turn, first = Turn.objects.get_or_create(name=name, defaults={"taken_at": Now()})
    return first or bool(Turn.objects.filter(name=name, taken_at__lt=from_now(-every)).update(taken_at=Now()))


#: Work that may be taken now.
DUE = Q(lease_until=None) | Q(lease_until__lte=Now())


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


logger = logging.getLogger("prodgen_django.jobs")


class Lease:
    """A thread that extends the lease of a claim's items; its own database connection is closed with it."""

    def __init__(self, claim: Claim) -> None:
        self._claim = claim
        self._stop = threading.Event()
        self._lost = threading.Event()
        self._cancelled = threading.Event()
        self._thread = threading.Thread(target=self._beat, name="prodgen-heartbeat", daemon=True)

    def __enter__(self) -> Lease:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join()

    def check(self) -> None:
        """Raise where the work should go no further."""
        if self._lost.is_set():
            raise LeaseLost
        if self._cancelled.is_set():
            raise JobCancelled

    def look(self) -> None:
        """Read now, in the caller's thread, whether the job was cancelled; then `check`."""
        if Job.objects.filter(pk=self._claim.job.pk).exclude(cancel_requested_at=None).exists():
            self._cancelled.set()
        self.check()

    def lose(self) -> None:
        """A conditional write of the caller's touched no row."""
        self._lost.set()

    def _beat(self) -> None:
        try:
            while not self._stop.wait(settings.HEARTBEAT_SECONDS):
                try:
                    if not self._claim.held.update(lease_until=from_now(settings.LEASE_SECONDS)):
                        # Also so when the last item has just been written; then nobody asks any more.
                        self._lost.set()
                        return
                    self.look()
                except (LeaseLost, JobCancelled):
                    continue  # a cancelled item keeps its lease until the worker has put it down
                except DatabaseError as error:
                    # While it is away nobody else can claim either; if somebody did before it came back, the
                    # next beat finds the token changed.
                    connection.close()
                    logger.warning("job %s: no heartbeat: %s", self._claim.job.pk, error)
        finally:
            connection.close()
