"""A quick picture of one product of a draft, made by a worker and shown on the options page.

What was asked and what came of it stands in the draft's ``log["preview"]``: the web process and the worker
share the database and nothing else. An answer is written only while its own request is still the newest.
"""

from __future__ import annotations

import logging
import time
import uuid
from functools import partial
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ImproperlyConfigured
from django.db import transaction

from prodgen_django.broker import QUICK_QUEUE
from prodgen_django.clean import clean_json
from prodgen_django.conf import settings
from prodgen_django.jobs.errors import misconfigured
from prodgen_django.jobs.send import Message, send_on_commit
from prodgen_django.models import Job, JobItem
from prodgen_django.recipes import ItemFailed, WorkItem, get_recipe
from prodgen_django.storage import cache_folder, get_storage, save_content

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np

logger = logging.getLogger("prodgen_django.jobs")

FOLDER = "previews"
#: Nobody waits longer for a preview.
EXPIRES_SECONDS = 120


def request_preview(job: Job, item: JobItem, options: Mapping[str, Any]) -> str:
    """Ask a worker for a preview of one item with these (validated) options; returns the request's token.

    Publishes ``prodgen.preview`` when the transaction commits. A later request replaces an earlier one.
    """
    token = uuid.uuid4().hex
    asked = {"token": token, "item": item.pk, "options": dict(options), "state": "waiting", "at": time.time()}
    with transaction.atomic():
        locked = Job.objects.select_for_update().get(pk=job.pk)
        previous = locked.log.get("preview", {})
        # The last picture stays on the page until the next one is there.
        locked.log["preview"] = asked | {"name": previous.get("name", "")}
        locked.save(update_fields=["log"])
    send_on_commit(("preview", job.pk), partial(_messages, job.pk, token))
    return token


def _messages(job_id: int, token: str) -> list[Message]:
    return [
        Message(
            "prodgen.preview",
            (job_id, token),
            QUICK_QUEUE,
            {
                "expires": EXPIRES_SECONDS,
                "soft_time_limit": settings.TASK_SOFT_TIME_LIMIT,
                "time_limit": settings.TASK_TIME_LIMIT,
            },
            lost=partial(_answer, job_id, token, state="unsent"),
        )
    ]


def preview_status(job: Job) -> dict[str, Any]:
    """What is known of the newest preview: ``state`` (waiting, unsent, working, done, failed), ``name``,
    ``message``, ``token``.
    """
    return dict(job.log.get("preview", {}))


def run_preview(job_id: int, token: str) -> bool:
    """Make the preview that was asked for under this token; False where a newer request has replaced it."""
    job = Job.objects.get(pk=job_id)
    asked = preview_status(job)
    if not _answer(job_id, token, state="working"):
        return False
    item = job.items.select_related("product").get(pk=asked["item"])
    try:
        work = WorkItem(
            pk=item.pk,
            product=item.product,
            title=item.title,
            category=_category(item),
            photos=tuple(item.photos),
            options={**asked["options"], **item.options},
            seed=item.seed,
            attempt=1,
        )
        picture = get_recipe(job.kind).preview(work, PreviewBench(job_id))
        name = save_content(FOLDER, picture.data, picture.format)
    except ItemFailed as error:
        return _answer(job_id, token, state="failed", message=error.message)
    except ImproperlyConfigured as fault:
        logger.error("preview of job %s: %s", job_id, fault)
        return _answer(job_id, token, state="failed", message=misconfigured(fault).message)
    except Exception:
        _answer(job_id, token, state="failed", message="")
        raise
    if not _answer(job_id, token, state="done", name=name, blockers=[dict(b) for b in picture.blockers]):
        return False
    before = asked.get("name")
    if before and before != name and not Job.objects.filter(log__preview__name=before).exists():
        get_storage().delete(before)
    return True


def _category(item: JobItem) -> str:
    from prodgen_django.catalog import get_catalog

    return get_catalog().category(item.product) if item.product else ""


def _answer(job_id: int, token: str, **entries: Any) -> bool:
    with transaction.atomic():
        job = Job.objects.select_for_update().filter(pk=job_id).first()
        if job is None or job.log.get("preview", {}).get("token") != token:
            return False
        job.log["preview"] = {**job.log["preview"], **clean_json(entries)}
        job.save(update_fields=["log"])
        return True


class PreviewBench:
    """A workbench that keeps nothing but the picture."""

    def __init__(self, job_id: int) -> None:
        self.job_id = job_id

    def load_photo(self, ref: str) -> np.ndarray:
        from prodgen_django.recipes.photos import load_photo

        return load_photo(ref)

    def progress(self, item: WorkItem, fraction: float, stage: str = "") -> None:
        """Nobody watches a preview's progress."""

    def log(self, **entries: Any) -> None:
        """A preview leaves no log."""

    def finish_asked(self) -> bool:
        return False

    def save_file(self, folder: str, data: bytes, extension: str) -> str:
        return save_content(folder, data, extension)

    def work_dir(self) -> str:
        # Of this user alone, unlike the machine's own folder for such things; the sweep empties it.
        folder = cache_folder() / FOLDER
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return str(folder)
