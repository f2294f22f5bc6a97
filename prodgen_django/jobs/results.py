"""What came of an item, written in one transaction under the condition that the item is still ours; and of a job,
which is over when none of its items is open.
"""

from __future__ import annotations

import hashlib
import json
import logging
from functools import partial
from typing import TYPE_CHECKING

from django.core.serializers.json import DjangoJSONEncoder
from django.db import transaction
from django.db.models import Exists, F, OuterRef
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from prodgen_django.clean import clean_json, clean_text
from prodgen_django.conf import settings
from prodgen_django.jobs.lease import from_now
from prodgen_django.models import GeneratedImage, Job, JobItem
from prodgen_django.pictures.signing import sealed
from prodgen_django.recipes import get_recipe
from prodgen_django.signals import job_finished
from prodgen_django.storage import save_content

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from django.db.models import QuerySet

    from prodgen_django.jobs.lease import Claim
    from prodgen_django.recipes import ItemFailed, Outcome, Picture


OPEN = (JobItem.State.QUEUED, JobItem.State.RUNNING)


def finish_if_over(job_id: int) -> bool:
    """Set a job's final state once its last item is over; True for the one caller that did it."""
    job = Job.objects.filter(pk=job_id).first()
    if job is None or job.is_finished or job.state == Job.State.DRAFT:
        return False
    if job.cancel_requested_at:
        # What its worker gave back after somebody cancelled is taken by nobody any more.
        mark_cancelled(job.items.filter(state=JobItem.State.QUEUED))
    if job.items.filter(state__in=OPEN).exists():
        return False
    counts = job.counts()
    with transaction.atomic():
        over = Job.objects.filter(
            ~Exists(JobItem.objects.filter(job=OuterRef("pk"), state__in=OPEN)),
            pk=job_id,
            state__in=[Job.State.QUEUED, Job.State.RUNNING],
        ).update(state=_final_state(job, counts), finished_at=Now())
        if over:
            job.wake_ups.all().delete()
            job.refresh_from_db()
            transaction.on_commit(partial(job_finished.send_robust, sender=Job, job=job), robust=True)
    return bool(over)


def mark_cancelled(items: QuerySet[JobItem]) -> int:
    """End items as cancelled; the condition on who may do so stands in ``items``."""
    return items.update(
        state=JobItem.State.CANCELLED, token=None, lease_until=None, stage="", finished_at=Now()
    )


def _final_state(job: Job, counts: dict[str, int]) -> str:
    if job.cancel_requested_at and counts[JobItem.State.CANCELLED]:
        return Job.State.CANCELLED
    if not counts[JobItem.State.FAILED]:
        return Job.State.SUCCEEDED
    return Job.State.PARTLY_FAILED if counts[JobItem.State.DONE] else Job.State.FAILED


logger = logging.getLogger("prodgen_django.jobs")

#: Longest side in pixels of the pictures on the admin's own pages.
THUMBNAIL_SIZE = 512


def store(claim: Claim, outcome: Outcome, following: int | None = None) -> bool:
    """Publish an outcome; False where the item is no longer ours, and then nothing of it is visible.

    `following` is the key of the batch's next item, which is begun with it.
    """
    row = claim.held.filter(pk=outcome.item.pk)
    if outcome.error is not None or outcome.again:
        with transaction.atomic():
            ours = fail(row, outcome.error) if outcome.error is not None else _go_on_later(row, outcome)
            _begin(claim, following)
        return bool(ours)
    item = next(item for item in claim.items if item.pk == outcome.item.pk)
    # Files first: a name made of the content is harmless until a row points to it, and the transaction stays
    # short.
    images = [_image(claim, item, slot, picture) for slot, picture in enumerate(outcome.pictures)]
    with transaction.atomic():
        ours = row.update(
            state=JobItem.State.DONE,
            progress=1.0,
            stage="",
            token=None,
            lease_until=None,
            finished_at=Now(),
            error="",
            error_code="",
            report=_as_json(outcome.report),
        )
        if not ours:
            logger.warning("job %s: item %s belongs to another worker now", claim.job.pk, item.pk)
            return False
        GeneratedImage.objects.bulk_create(images)
        _begin(claim, following)
    return True


def _begin(claim: Claim, key: int | None) -> None:
    """Say which item of a batch is worked on; the others of it wait for their turn."""
    if key is not None:
        claim.held.filter(pk=key, stage="", progress=0.0).update(stage=_("Begun"))


def fail(items: QuerySet[JobItem], error: ItemFailed) -> int:
    """End items as failed; the condition on who may do so stands in ``items``."""
    return items.update(
        state=JobItem.State.FAILED,
        token=None,
        lease_until=None,
        stage="",
        finished_at=Now(),
        error_code=clean_text(error.code, 64),
        error=clean_text(error.message),
    )


def give_back(items: QuerySet[JobItem], code: str, retry: str, last: str, delay: float = 0.0) -> int:
    """Put items back in the queue with the reason ``retry``, or end as failed, saying ``last``, those out of
    attempts.

    ``last`` may name ``%(attempts)d``. Returns how many were put back.
    """
    most = settings.MAX_ATTEMPTS
    items.filter(attempts__gte=most).update(
        state=JobItem.State.FAILED,
        token=None,
        lease_until=None,
        stage="",
        finished_at=Now(),
        error_code=code[:64],
        error=clean_text(last % {"attempts": most}),
    )
    return items.filter(attempts__lt=most).update(
        state=JobItem.State.QUEUED,
        token=None,
        progress=0.0,
        stage="",
        # In the queue a lease is a date before which nobody takes the item.
        lease_until=from_now(delay) if delay else None,
        error_code=code[:64],
        error=clean_text(retry),
    )


def put_down(items: QuerySet[JobItem]) -> int:
    """Put items back as if they had never been taken: the worker was asked to stop, which is no fault of
    theirs.
    """
    return items.update(
        state=JobItem.State.QUEUED,
        token=None,
        lease_until=None,
        progress=0.0,
        stage="",
        attempts=F("attempts") - 1,
    )


def _go_on_later(row: QuerySet[JobItem], outcome: Outcome) -> int:
    # A slice that went well shows that the item is no poison, so its attempts start anew.
    return row.update(
        state=JobItem.State.QUEUED,
        token=None,
        lease_until=None,
        attempts=0,
        error="",
        error_code="",
        report=_as_json(outcome.report),
    )


def _image(claim: Claim, item: JobItem, slot: int, picture: Picture) -> GeneratedImage:
    picture = sealed(picture)
    return GeneratedImage(
        job=claim.job,
        item=item,
        slot=slot,
        product_id=picture.product_id or item.product_id,
        title=clean_text(picture.title or item.title, 255),
        kind=get_recipe(claim.job.kind).picture_kind or claim.job.kind,
        recipe=_as_json(picture.recipe),
        seed=picture.seed,
        checkpoint_id=picture.checkpoint_id,
        sources=clean_json(picture.sources),
        file=save_content("pictures", picture.data, picture.format),
        thumbnail=_thumbnail(picture),
        sha256=hashlib.sha256(picture.data).hexdigest(),
        width=picture.width,
        height=picture.height,
        scores=_as_json(picture.scores),
        palette=clean_json(picture.palette),
        tags=clean_json(picture.tags),
        provenance={"digital_source_type": picture.source_type, **_as_json(picture.provenance)},
        blockers=clean_json(picture.blockers),
    )


def _thumbnail(picture: Picture) -> str:
    from prodgen_django.imagefile import make_rendition

    small = picture.format == "jpeg" and max(picture.width, picture.height) <= THUMBNAIL_SIZE
    data = picture.data if small else make_rendition(picture.data, THUMBNAIL_SIZE, "jpeg")
    return save_content("thumbnails", data, "jpg")


def _as_json(value: Mapping[str, Any]) -> dict[str, Any]:
    return clean_json(json.loads(json.dumps(dict(value), cls=DjangoJSONEncoder)))
