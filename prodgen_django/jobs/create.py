"""What a person asks of a job: to make one, to start it, to end it early or now, to try again."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.core.serializers.json import DjangoJSONEncoder
from django.db import transaction
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext as _

from prodgen_django.catalog import Photo, get_catalog
from prodgen_django.conf import settings
from prodgen_django.jobs.errors import JobStateError
from prodgen_django.jobs.results import finish_if_over, mark_cancelled
from prodgen_django.jobs.wake import wake_on_commit
from prodgen_django.models import Job, JobItem
from prodgen_django.recipes import ItemPlan, Recipe, get_recipe

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence


#: Rows a statement when items are written, and products a query when their photos are looked up.
CHUNK = 1000


def create_job(
    kind: str,
    *,
    products: Iterable[Any] | None = None,
    photos: Mapping[Any, Sequence[str]] | None = None,
    options: Mapping[str, Any] | None = None,
    created_by: Any = None,
    draft: bool = False,
    title: str = "",
    seed: int = 0,
) -> Job:
    """Write a job with its items; unless it is a draft, queue it and wake the workers when the transaction
    commits.

    ``products`` is a queryset or sequence of the shop's products; ``photos`` gives, by product key, the
    references of the photos to use instead of all of them. A draft's options are validated later, when it is
    queued.

    Raises LookupError for an unknown kind, ValidationError for options or products that will not do.
    """
    recipe = get_recipe(kind)
    chosen = list(products) if products is not None else []
    if recipe.needs_products and not chosen:
        raise ValidationError(_("Select at least one product."), code="no_products")
    most = min(settings.MAX_PRODUCTS, recipe.most_products or settings.MAX_PRODUCTS)
    if len(chosen) > most:
        raise ValidationError(
            _("%(count)d products are too many for one job; the most is %(most)d."),
            code="too_many_products",
            params={"count": len(chosen), "most": most},
        )
    for start in range(0, len(chosen), CHUNK):
        get_catalog().prepare(chosen[start : start + CHUNK])
    cleaned = _as_json(options or {}) if draft else _clean(recipe, options or {})
    if draft and chosen:
        plans = Recipe.plan(recipe, chosen, _photos_of(chosen, photos), cleaned)
    else:
        plans = recipe.plan(chosen, _photos_of(chosen, photos), cleaned)
    with transaction.atomic():
        job = Job.objects.create(
            kind=kind,
            title=title or _default_title(recipe, chosen),
            options=cleaned,
            created_by=created_by,
        )
        _write_items(job, list(plans), seed)
        if not draft:
            _queue(job)
    return job


def update_draft(job: Job, options: Mapping[str, Any]) -> Job:
    """Set a draft's options. Raises ValidationError, and JobStateError when the job is no draft any more."""
    cleaned = _clean(get_recipe(job.kind), options)
    if not Job.objects.filter(pk=job.pk, state=Job.State.DRAFT).update(options=cleaned):
        raise JobStateError(_("This job has been started, so its options stand."))
    job.options = cleaned
    return job


def queue_job(job: Job) -> Job:
    """Start a draft; asked again it does nothing more. Raises ValidationError for bad options."""
    recipe = get_recipe(job.kind)
    with transaction.atomic():
        locked = Job.objects.select_for_update().get(pk=job.pk)
        if locked.state == Job.State.DRAFT:
            locked.options = _clean(recipe, locked.options)
            locked.save(update_fields=["options"])
            _plan_again(locked, recipe)
            _queue(locked)
        elif locked.is_finished:
            raise JobStateError(_("This job is over."))
    job.refresh_from_db()
    return job


def retry_failed(job: Job) -> int:
    """Put failed items back in the queue, with all their attempts again; returns how many there were."""
    with transaction.atomic():
        locked = Job.objects.select_for_update().get(pk=job.pk)
        if locked.state == Job.State.DRAFT:
            raise JobStateError(_("This job has not been started yet."))
        if locked.cancel_requested_at:
            raise JobStateError(_("This job was cancelled. Make a new one of the products still wanted."))
        count = locked.items.filter(state=JobItem.State.FAILED).update(
            state=JobItem.State.QUEUED,
            attempts=0,
            progress=0.0,
            stage="",
            error="",
            error_code="",
            token=None,
            lease_until=None,
            finished_at=None,
        )
        if count:
            if locked.is_finished:
                locked.state = Job.State.QUEUED
                locked.finished_at = None
                locked.save(update_fields=["state", "finished_at"])
            wake_on_commit(locked)
    job.refresh_from_db()
    return count


def repeat_job(job: Job, created_by: Any = None) -> Job:
    """Queue a new job of what a cancelled one did not make: the same options, photos and seeds.

    Raises JobStateError where the job was not cancelled or left nothing out.
    """
    left = job.items.filter(state=JobItem.State.CANCELLED).order_by("position", "pk")
    copied = ("position", "product_id", "title", "photos", "options", "seed")
    with transaction.atomic():
        rows = [JobItem(**values) for values in left.values(*copied)]
        if job.state != Job.State.CANCELLED or not rows:
            raise JobStateError(_("Nothing of this job was left out, so there is nothing to make again."))
        again = Job.objects.create(kind=job.kind, title=job.title, options=job.options, created_by=created_by)
        for row in rows:
            row.job = again
        JobItem.objects.bulk_create(rows, batch_size=CHUNK)
        _queue(again)
    return again


def _clean(recipe: Recipe, options: Mapping[str, Any]) -> dict[str, Any]:
    return _as_json(recipe.clean_options(options))


def _as_json(options: Mapping[str, Any]) -> dict[str, Any]:
    return json.loads(json.dumps(dict(options), cls=DjangoJSONEncoder))


def _default_title(recipe: Recipe, products: Sequence[Any]) -> str:
    if len(products) == 1:
        return f"{recipe.label}: {get_catalog().title(products[0])}"[:200]
    if products:
        return _("%(label)s: %(count)d products") % {"label": recipe.label, "count": len(products)}
    return str(recipe.label)


def _photos_of(
    products: Sequence[Any], photos: Mapping[Any, Sequence[str]] | None
) -> dict[Any, Sequence[Photo]]:
    chosen = {key: tuple(Photo(ref=ref) for ref in refs) for key, refs in (photos or {}).items()}
    asked = [product for product in products if product.pk not in chosen]
    catalog = get_catalog()
    found: dict[Any, Sequence[Photo]] = {}
    for start in range(0, len(asked), CHUNK):
        found.update(catalog.photos_for(asked[start : start + CHUNK]))
    return found | chosen


def _write_items(job: Job, plans: Sequence[ItemPlan], seed: int) -> None:
    if not plans:
        raise ValidationError(_("There is nothing to do for these products."), code="nothing_to_do")
    JobItem.objects.bulk_create(
        (
            JobItem(
                job=job,
                position=position,
                product=plan.product,
                title=plan.title[:255],
                photos=list(plan.photos),
                options=_as_json(plan.options) if plan.options else {},
                # Far enough apart that an item may count up from its own for several pictures.
                seed=seed + 1000 * position,
            )
            for position, plan in enumerate(plans)
        ),
        batch_size=CHUNK,
    )


def _plan_again(job: Job, recipe: Recipe) -> None:
    """Write the items anew where the options that were chosen make other ones of the same products."""
    if type(recipe).plan is Recipe.plan:
        return
    items = list(job.items.select_related("product").order_by("position"))
    products = [item.product for item in items if item.product is not None]
    photos = {item.product_id: [Photo(ref=ref) for ref in item.photos] for item in items}
    plans = list(recipe.plan(products, photos, job.options))
    before = [(item.product_id, item.title, tuple(item.photos), item.options) for item in items]
    after = [(getattr(p.product, "pk", None), p.title[:255], p.photos, dict(p.options)) for p in plans]
    if before != after:
        job.items.all().delete()
        _write_items(job, plans, items[0].seed)


def _queue(job: Job) -> None:
    job.state = Job.State.QUEUED
    Job.objects.filter(pk=job.pk).update(state=job.state, queued_at=Now())
    job.refresh_from_db(fields=["queued_at"])
    wake_on_commit(job)


def cancel_job(job: Job) -> Job:
    """Cancel a job; asked again it does nothing more. Pictures that are finished stay.

    Raises JobStateError for a job that is over for another reason.
    """
    with transaction.atomic():
        locked = Job.objects.select_for_update().get(pk=job.pk)
        if locked.is_finished:
            if locked.state != Job.State.CANCELLED:
                raise JobStateError(_("This job is over, so there is nothing to cancel."))
        else:
            if locked.state == Job.State.DRAFT:
                Job.objects.filter(pk=job.pk).update(state=Job.State.QUEUED)
            Job.objects.filter(pk=job.pk, cancel_requested_at=None).update(cancel_requested_at=Now())
            mark_cancelled(locked.items.filter(state=JobItem.State.QUEUED))
    finish_if_over(job.pk)
    job.refresh_from_db()
    return job


#: The key of the job's log under which the wish stands.
ASKED = "finish_asked"


def finish_early(job: Job) -> Job:
    """Ask a job to end now and keep what it has; asked again it does nothing more.

    Raises JobStateError for a job that is over or is being cancelled, and for a kind that has nothing to keep.
    """
    with transaction.atomic():
        locked = Job.objects.select_for_update().get(pk=job.pk)
        if not can_finish_early(locked):
            raise JobStateError(_("There is nothing in this job that could be finished early."))
        locked.log = {ASKED: timezone.now().isoformat(), **locked.log}
        locked.save(update_fields=["log"])
    job.refresh_from_db()
    return job


def can_finish_early(job: Job) -> bool:
    """Whether asking would do anything."""
    if job.is_finished or job.state == Job.State.DRAFT or job.cancel_requested_at:
        return False
    try:
        return get_recipe(job.kind).finishes_early
    except LookupError:
        return False
