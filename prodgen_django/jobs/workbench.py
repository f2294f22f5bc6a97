"""What the job machine offers a recipe while it works: photos in, progress and files out."""

from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING, Any

from django.db import DatabaseError, connection, transaction

from prodgen_django.clean import clean_json, clean_text
from prodgen_django.jobs.connection import Line, patiently
from prodgen_django.jobs.create import ASKED
from prodgen_django.jobs.errors import LeaseLost
from prodgen_django.models import Job
from prodgen_django.recipes import WorkItem
from prodgen_django.recipes.photos import load_photo
from prodgen_django.storage import cache_folder, save_content

if TYPE_CHECKING:
    import numpy as np

    from prodgen_django.jobs.lease import Claim, Lease

#: Progress is written to the database at most this often.
WRITE_SECONDS = 0.5


class Bench:
    """The workbench of one claim."""

    def __init__(self, claim: Claim, lease: Lease) -> None:
        self.job_id = claim.job.pk
        self._claim, self._lease = claim, lease
        self._written = 0.0

    def load_photo(self, ref: str) -> np.ndarray:
        self._lease.check()
        return load_photo(ref)

    def progress(self, item: WorkItem, fraction: float, stage: str = "") -> None:
        self._lease.check()
        if time.monotonic() - self._written < WRITE_SECONDS:
            return
        self._written, line = time.monotonic(), Line()
        try:
            self._tell(item, min(max(float(fraction), 0.0), 1.0), clean_text(stage, 120))
        except DatabaseError as error:
            if not line.is_cut(error):
                raise
            connection.close()  # progress is for the eye: the work goes on, and its result waits for the database

    def _tell(self, item: WorkItem, fraction: float, stage: str) -> None:
        if not self._claim.held.filter(pk=item.pk).update(progress=fraction, stage=stage):
            if not self._claim.held.exists():
                self._lease.lose()
            raise LeaseLost
        self._lease.look()

    def log(self, **entries: Any) -> None:
        self._lease.check()
        patiently(partial(self._log, clean_json(entries)))

    def _log(self, entries: dict[str, Any]) -> None:
        with transaction.atomic():
            job = Job.objects.select_for_update().get(pk=self.job_id)
            if not self._claim.held.exists():
                self._lease.lose()
                raise LeaseLost
            job.log = job.log | entries
            job.save(update_fields=["log"])

    def finish_asked(self) -> bool:
        log = Job.objects.values_list("log", flat=True).get(pk=self.job_id)
        return ASKED in log

    def save_file(self, folder: str, data: bytes, extension: str) -> str:
        self._lease.check()
        return save_content(folder, data, extension)

    def work_dir(self) -> str:
        folder = cache_folder() / str(self._claim.job.uuid)
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return str(folder)
