"""Keep a claim alive while the work goes on, and notice when it is lost or not wanted any more."""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING

from django.db import DatabaseError, connection

from prodgen_django.conf import settings
from prodgen_django.jobs.clock import from_now
from prodgen_django.jobs.errors import JobCancelled, LeaseLost
from prodgen_django.models import Job

if TYPE_CHECKING:
    from types import TracebackType

    from prodgen_django.jobs.claim import Claim

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
