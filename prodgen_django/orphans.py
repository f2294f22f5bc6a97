"""Files that nobody needs any more: of attempts that failed, of workers that died, of rows that are gone.

Files come before the rows that name them, so what a killed worker wrote stays behind with no row. It is taken away when
it is older than a day. Rows are never read for a certain key: every text in them that looks like a name of ours counts,
so that a recipe of the shop's own may keep names wherever it likes.
"""

from __future__ import annotations

import hashlib
import json
import logging
import operator
import shutil
import time
import uuid
from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import reduce
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from django.apps import apps
from django.db import models
from django.db.models.functions import Cast
from django.utils import timezone
from django.utils.translation import gettext as _

from prodgen_django.atomicfile import PARTIAL
from prodgen_django.conf import settings
from prodgen_django.jobs.lease import take_turn
from prodgen_django.models import Job
from prodgen_django.storage import ORPHAN_AGE, cache_folder, get_storage

if TYPE_CHECKING:
    from django.core.files.storage import Storage

__all__ = ["FilesSwept", "sweep_daily", "sweep_files", "sweep_folders"]

logger = logging.getLogger("prodgen_django.orphans")

#: A sweep that nobody watches stops before so many files, if they are more than half of all: then it is rather the
#: database that is another one than the shop's.
SUSPICIOUS = 1000
#: What this machine keeps for quicker work is made or fetched again; what was not used in so many days goes.
_KEPT_DAYS = {"previews": 1, "checkpoints": 30, "fonts": 30}
#: A folder of a job that this database does not know may be another shop's on this machine.
_UNKNOWN_DAYS = 30
_DAY = ORPHAN_AGE.total_seconds()


@dataclass
class FilesSwept:
    """What a sweep found. `refused` says in words why it did not look, or did not take anything away."""

    files: int = 0
    orphans: list[str] = field(default_factory=list)
    deleted: int = 0
    bytes: int = 0
    refused: str = ""

    def __str__(self) -> str:
        counts = (
            f"files {self.files}, orphans {len(self.orphans)}, deleted {self.deleted}, bytes {self.bytes}"
        )
        return f"{counts}. {self.refused}" if self.refused else counts


def sweep_files(*, dry_run: bool = False, watched: bool = True) -> FilesSwept:
    """Delete the storage's files below ``STORAGE_PREFIX`` that are older than a day and named by no row.

    Any number may run at once, and beside writers: what a worker writes or finds again is young (`save_content`), and
    rows and ages are looked at once more before anything goes. Unless `watched`, much too many are left alone.
    """
    storage, found = get_storage(), FilesSwept()
    if not settings.STORAGE_PREFIX.strip("/."):
        found.refused = _("STORAGE_PREFIX is empty: which files of the storage are the app's cannot be told.")
        return found
    try:
        named = _Names.of_rows()
        suspects = []
        for name in _files_below(storage, settings.STORAGE_PREFIX):
            found.files += 1
            if not named.holds(name) and _is_old(storage, name):
                suspects.append(name)
    except NotImplementedError:
        found.refused = _("This storage cannot list its files or tell their age, so nothing was swept.")
        return found
    # A row that was written since the first look may have been made of a file that lay there.
    named = _Names.of_rows() if suspects else named
    found.orphans = [name for name in suspects if not named.holds(name)]
    if not watched and len(found.orphans) > max(SUSPICIOUS, found.files // 2):
        found.refused = _(
            "%(count)d of %(all)d files are named by no row: is this the right database? Nothing was deleted. "
            "“prodgen_sweep --files --dry-run” lists them, without --dry-run it deletes them."
        ) % {"count": len(found.orphans), "all": found.files}
        return found
    for name in found.orphans:
        _take_away(storage, name, found, dry_run)
    return found


def _take_away(storage: Storage, name: str, found: FilesSwept, dry_run: bool) -> None:
    try:
        size = storage.size(name)
        if not _is_old(storage, name):
            return  # written again since
        if not dry_run:
            storage.delete(name)
            found.deleted += 1
    except Exception as error:  # noqa: BLE001  (each storage raises its own; the next sweep tries again)
        logger.warning("%s was not deleted: %s", name, error)
        return
    found.bytes += size


def _files_below(storage: Storage, folder: str) -> Iterator[str]:
    try:
        folders, files = storage.listdir(folder)
    except FileNotFoundError:
        return
    for name in files:
        yield f"{folder}/{name}"
    for name in folders:
        if name.strip("/"):
            yield from _files_below(storage, f"{folder}/{name.strip('/')}")


def _is_old(storage: Storage, name: str) -> bool:
    try:
        return storage.get_modified_time(name) < timezone.now() - ORPHAN_AGE
    except NotImplementedError:
        raise
    except Exception as error:  # noqa: BLE001  (each storage raises its own where a file is gone meanwhile)
        logger.info("the age of %s is not known: %s", name, error)
        return False


class _Names:
    """The names of files that rows hold, as hashes: some millions take some megabytes. A clash keeps an orphan."""

    def __init__(self, hashes: array[int]) -> None:
        self._hashes = np.unique(np.frombuffer(hashes, np.uint64)) if hashes else np.zeros(0, np.uint64)

    @classmethod
    def of_rows(cls) -> _Names:
        hashes = array("Q")
        for name in _named():
            hashes.append(_hash(name))
        return cls(hashes)

    def holds(self, name: str) -> bool:
        """Whether a row names this file, or the one that it was derived from: thumbnailers write "name.jpg.80x80.jpg"
        beside "name.jpg"."""
        if name.endswith(PARTIAL):
            return False
        while True:
            if self._has(_hash(name)):
                return True
            name, dot, end = name.rpartition(".")
            if not dot or "/" in end:
                return False

    def _has(self, value: int) -> bool:
        place = int(np.searchsorted(self._hashes, np.uint64(value)))
        return place < len(self._hashes) and int(self._hashes[place]) == value


def _hash(name: str) -> int:
    return int.from_bytes(hashlib.blake2b(name.encode(errors="replace"), digest_size=8).digest(), "little")


def _named() -> Iterator[str]:
    """All names below our prefix that stand in a row: in any text or JSON of ours, in the file fields of all apps."""
    start = f"{settings.STORAGE_PREFIX}/"
    for model in apps.get_models():
        if not model._meta.managed or model._meta.proxy:
            continue
        ours = model._meta.app_label == "prodgen_django"
        texts, values = [], []
        for column in model._meta.local_concrete_fields:
            if isinstance(column, models.FileField) or (
                ours and isinstance(column, models.CharField | models.TextField)
            ):
                texts.append(column.name)
            elif ours and isinstance(column, models.JSONField):
                values.append(column.name)
        rows = model._base_manager.order_by()
        if texts:
            found = rows.filter(_any({f"{name}__startswith": start for name in texts}))
            for row in found.values_list(*texts).iterator(chunk_size=2000):
                yield from _names_in(list(row), start)
        if values:
            # Most rows of the large tables name no file; the database says which, so that few are read and parsed.
            as_text = {f"as_text_{name}": Cast(name, models.TextField()) for name in values}
            # Letters beyond ASCII stand in JSON as they are, or as escapes: that is the database's choice.
            holds = [_any({f"{name}__contains": each for name in as_text}) for each in _written(start)]
            found = rows.annotate(**as_text).filter(reduce(operator.or_, holds))
            for row in found.values_list(*values).iterator(chunk_size=500):
                yield from _names_in(list(row), start)


def _written(start: str) -> set[str]:
    """How a JSON text begins that begins with `start`."""
    return {json.dumps(start, ensure_ascii=ascii_only)[:-1] for ascii_only in (True, False)}


def _any(conditions: dict[str, str]) -> models.Q:
    return reduce(operator.or_, (models.Q(**{key: value}) for key, value in conditions.items()))


def _names_in(value: Any, start: str) -> Iterator[str]:
    if isinstance(value, str):
        if value.startswith(start):
            yield value
    elif isinstance(value, dict):
        for key, entry in value.items():
            yield from _names_in(key, start)
            yield from _names_in(entry, start)
    elif isinstance(value, list):
        for entry in value:
            yield from _names_in(entry, start)


# -- this machine's own

_swept_at = float("-inf")


def sweep_daily() -> None:
    """What each worker calls with every sweep: the storage once a day for the whole shop, this machine's own files once
    a day for each worker."""
    global _swept_at
    if time.monotonic() - _swept_at > _DAY:
        _swept_at = time.monotonic()
        if count := sweep_folders():
            logger.info("%d folders and files of jobs that are over were deleted", count)
    if take_turn("files", _DAY):
        found = sweep_files(watched=False)
        logger.log(logging.WARNING if found.refused else logging.INFO, "%s", found)


def sweep_folders(*, dry_run: bool = False) -> int:
    """Delete what this machine keeps for jobs that were over a day ago, and what its cache has not used for long.

    Returns how many folders and files there were.
    """
    base = cache_folder()
    if not base.is_dir():
        return 0
    left = [*_folders_of_jobs(base)]
    for name, days in _KEPT_DAYS.items():
        left += [path for path in _listed(base / name) if _untouched(path, days)]
    left += [path for path in base.glob(f"*{PARTIAL}") if _untouched(path, 1)]
    left += [path for path in base.glob(f"*/*{PARTIAL}") if _untouched(path, 1)]
    left = sorted(set(left))
    if not dry_run:
        for path in left:
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)
    return len(left)


def _folders_of_jobs(base: Path) -> Iterator[Path]:
    folders = {}
    for path in _listed(base):
        try:
            folders[uuid.UUID(path.name)] = path
        except ValueError:
            continue
    jobs = {
        job.uuid: job
        for job in Job.objects.filter(uuid__in=list(folders)).only("uuid", "state", "finished_at")
    }
    for key, path in folders.items():
        job = jobs.get(key)
        if job is None:
            if _untouched(path, _UNKNOWN_DAYS):
                yield path
        elif job.is_finished and (job.finished_at is None or job.finished_at < timezone.now() - ORPHAN_AGE):
            yield path  # a day is left for somebody to try again what failed


def _listed(folder: Path) -> list[Path]:
    try:
        return list(folder.iterdir())
    except OSError:
        return []


def _untouched(path: Path, days: float) -> bool:
    """Whether a file, or everything in a folder, is older than so many days."""
    try:
        newest = max(one.stat().st_mtime for one in (path, *path.rglob("*")))
    except OSError:
        return False  # somebody is at it
    return newest < time.time() - days * _DAY
