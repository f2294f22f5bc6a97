"""A job's own page: how far it is, item by item, what went wrong, and what came of it.

The page is whole without JavaScript. With it, `progress` is polled: it answers with the same parts of the
page, drawn by the same templates, but only those rows that differ from what the page already shows.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.contrib.admin.utils import unquote
from django.db.models import Count, Prefetch, Q
from django.http import Http404, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import get_object_or_404
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from prodgen_django.admin import training
from prodgen_django.admin.campaigns import again_choices
from prodgen_django.admin.fields import in_words
from prodgen_django.admin.jobstate import summary
from prodgen_django.admin.pages import Counted
from prodgen_django.admin.permissions import may, may_generate, requires
from prodgen_django.admin.reports import report_in_words, step_in_words
from prodgen_django.admin.words import file_url, is_known, kind_label, kind_name, photo_urls
from prodgen_django.jobs.create import ASKED, can_finish_early
from prodgen_django.keys import key_of
from prodgen_django.models import GeneratedImage, Job, JobItem
from prodgen_django.recipes import get_recipe

if TYPE_CHECKING:
    from django.contrib.admin import AdminSite
    from django.db.models import QuerySet
    from django.http import HttpRequest

ROWS = 50
#: How many of the newest pictures the page shows.
NEWEST = 12
#: Seconds between two polls: while something runs, while it waits for a worker.
BUSY, IDLE = 1.5, 4.0


@dataclass
class ItemRow:
    """An item as its row shows it."""

    item: JobItem
    thumbnail: str
    pictures: list[dict[str, str]]
    report: list[str]
    job_id: int
    steps: list[dict[str, str]]
    """The pictures that explain a stitch: url and title."""

    @property
    def percent(self) -> int:
        return round(100 * self.item.progress)

    @property
    def badge(self) -> tuple[str, Any]:
        """The state that the row shows, and its word: in a worker's batch most items wait for their turn."""
        if self.item.state == JobItem.State.RUNNING and not self.item.is_begun:
            return JobItem.State.QUEUED, _("Next")
        return self.item.state, self.item.get_state_display()

    def html(self) -> str:
        return render_to_string("prodgen_django/admin/_item_row.html", {"row": self})


def _digest(html: str) -> str:
    return hashlib.sha256(html.encode()).hexdigest()[:10]


def _items(job: Job, state: str) -> QuerySet[JobItem]:
    pictures = GeneratedImage.objects.only(
        "item_id", "uuid", "thumbnail", "title", "provenance", "sources"
    ).order_by("slot")
    items = job.items.order_by("position", "pk").prefetch_related(
        Prefetch("images", queryset=pictures, to_attr="shown_images")
    )
    if state == JobItem.State.RUNNING:
        return items.filter(JobItem.BEGUN)
    if state == JobItem.State.QUEUED:
        # What a worker has taken and not begun comes next.
        taken = Q(state=JobItem.State.RUNNING) & ~JobItem.BEGUN
        return items.filter(Q(state=JobItem.State.QUEUED) | taken)
    return items.filter(state=state) if state in JobItem.State.values else items


def item_rows(job: Job, items: Any) -> list[tuple[JobItem, str, str]]:
    """(item, its row's HTML, the HTML's digest) for each item."""
    rows = []
    items = list(items)
    urls = photo_urls(
        ref
        for item in items
        for ref in [*item.photos[:1], *(image.sources[0] for image in item.shown_images[:1] if image.sources)]
    )
    for item in items:
        images = item.shown_images
        ready = (images[0].provenance.get("source_thumbnails") or {}) if images else {}
        used = images[0].sources if images else item.photos
        first = used[0] if used else ""
        row = ItemRow(
            item=item,
            thumbnail=file_url(ready.get(first, "")) or urls.get(first, ""),
            pictures=[
                {"url": file_url(image.thumbnail), "title": str(image), "pk": image.pk} for image in images
            ],
            report=report_in_words(job.kind, item.report),
            job_id=job.pk,
            steps=[
                {"url": file_url(step["file"]), "title": step_in_words(step["name"])}
                for step in (item.report or {}).get("steps") or ()
            ],
        )
        html = row.html()
        rows.append((item, html, _digest(html)))
    return rows


def fragments(job: Job, user: Any, state: str, facts: dict[str, Any]) -> dict[str, str]:
    """The live parts of the page, by name."""
    newest = list(job.images.only("job", "uuid", "thumbnail", "title").order_by("-pk")[:NEWEST])
    made = dict(job.images.order_by().values_list("state").annotate(n=Count("pk"))) if newest else {}
    pictures = [{"url": file_url(image.thumbnail), "title": str(image), "pk": image.pk} for image in newest]
    shared = {
        **facts,
        "pictures": pictures,
        "picture_count": sum(made.values()),
        "waiting": made.get(GeneratedImage.State.PENDING, 0),
        "may_generate": may_generate(user),
        "has_pack": job.kind == "export" and facts["counts"]["done"] > 0 and may(user, "generate", "publish"),
        "finishable": can_finish_early(job) and ASKED not in job.log,
        "cancellable": not job.is_finished and not job.cancel_requested_at,
        "retryable": facts["counts"]["failed"] if not job.cancel_requested_at else 0,
        "repeatable": facts["counts"]["cancelled"] if job.state == Job.State.CANCELLED else 0,
    }
    counts = facts["counts"]
    tabs = [{"state": "", "label": _("All"), "count": counts["total"]}]
    tabs += [
        {"state": choice.value, "label": choice.label, "count": counts[choice.value]}
        for choice in JobItem.State
        if counts[choice.value] or choice.value == state
    ]
    return {
        "tabs": render_to_string("prodgen_django/admin/_tabs.html", {"tabs": tabs, "chosen": state}),
        "summary": render_to_string("prodgen_django/admin/_summary.html", shared),
        "buttons": render_to_string("prodgen_django/admin/_buttons.html", shared),
        "pictures": render_to_string("prodgen_django/admin/_newest.html", shared),
        "log": training.render(job.log),
    }


def _page(job: Job, query: Any, counts: dict[str, int]) -> tuple[Any, str]:
    state = query.get("state", "")
    count = counts.get(state, counts["total"]) if state in JobItem.State.values else counts["total"]
    return Counted(_items(job, state), ROWS, count).get_page(query.get("page")), state


@requires()
def job_page(request: HttpRequest, object_id: str, *, site: AdminSite) -> HttpResponse:
    pk = key_of(Job, unquote(object_id))
    if pk is None:
        raise Http404
    job = get_object_or_404(Job.objects.select_related("created_by"), pk=pk)
    if job.state == Job.State.DRAFT and may_generate(request.user) and is_known(job.kind):
        return HttpResponseRedirect(reverse("admin:prodgen_job_options", args=[job.pk]))
    facts = summary(job)
    page, state = _page(job, request.GET, facts["counts"])
    rows = item_rows(job, page.object_list)
    try:
        asked = list(in_words(get_recipe(job.kind).options_form, job.options))
    except LookupError:
        asked = [(key, str(value)) for key, value in job.options.items()]
    context = {
        **site.each_context(request),
        "title": str(job),
        "opts": Job._meta,
        "job": job,
        "kind": kind_name(job.kind),
        "label": kind_label(job.kind),
        "asked": asked,
        "again": again_choices() if job.kind == "campaign" and may_generate(request.user) else None,
        "rows": rows,
        "page": page,
        "pages": page.paginator.get_elided_page_range(page.number, on_each_side=2, on_ends=1),
        "state": state,
        "live": not job.is_finished,
        "fragments": fragments(job, request.user, state, facts),
        "sentence": facts["sentence"],
    }
    return TemplateResponse(request, "prodgen_django/admin/job.html", context)


@require_GET
@requires()
def progress(request: HttpRequest, pk: int, *, site: AdminSite) -> JsonResponse:
    """What changed on one page of the job's items.

    ``seen`` holds ``item:digest`` pairs of the rows that the browser shows; rows that still look the same are
    left out.
    """
    job = get_object_or_404(Job, pk=pk)
    facts = summary(job)
    page, state = _page(job, request.GET, facts["counts"])
    seen = dict(part.split(":", 1) for part in request.GET.get("seen", "").split(",") if ":" in part)
    rows = item_rows(job, page.object_list)
    parts = fragments(job, request.user, state, facts)
    shown = dict(part.split(":", 1) for part in request.GET.get("parts", "").split(",") if ":" in part)
    return JsonResponse(
        {
            "state": job.state,
            "finished": job.is_finished,
            "percent": facts["percent"],
            "counts": facts["counts"],
            "sentence": facts["sentence"],
            "rows": [
                {"id": item.pk, "digest": digest, "html": html}
                for item, html, digest in rows
                if seen.get(str(item.pk)) != digest
            ],
            "fragments": {
                name: {"digest": _digest(html), "html": html}
                for name, html in parts.items()
                if shown.get(name) != _digest(html)
            },
            "poll_after": IDLE if job.state == Job.State.QUEUED else BUSY,
        }
    )


@require_POST
@requires("generate")
def cancel(request: HttpRequest, pk: int, *, site: AdminSite) -> HttpResponse:
    from prodgen_django.jobs import JobStateError, cancel_job

    job = get_object_or_404(Job, pk=pk)
    try:
        cancel_job(job)
    except JobStateError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("The job is being cancelled. Pictures that are made already stay."))
    return HttpResponseRedirect(job.get_absolute_url())


@require_POST
@requires("generate")
def finish(request: HttpRequest, pk: int, *, site: AdminSite) -> HttpResponse:
    """End a training now and keep the best model so far."""
    from prodgen_django.jobs import JobStateError, finish_early

    job = get_object_or_404(Job, pk=pk)
    try:
        finish_early(job)
    except JobStateError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("It ends within some seconds and keeps the best so far."))
    return HttpResponseRedirect(job.get_absolute_url())


@require_POST
@requires("generate")
def retry(request: HttpRequest, pk: int, *, site: AdminSite) -> HttpResponse:
    from prodgen_django.jobs import JobStateError, retry_failed

    job = get_object_or_404(Job, pk=pk)
    try:
        count = retry_failed(job)
    except JobStateError as error:
        messages.error(request, str(error))
    else:
        if count:
            messages.success(request, _("%d failed items are tried again.") % count)
        else:
            messages.info(request, _("Nothing has failed in this job."))
    return HttpResponseRedirect(job.get_absolute_url())


@require_POST
@requires("generate")
def repeat(request: HttpRequest, pk: int, *, site: AdminSite) -> HttpResponse:
    """Make what a cancelled job left out, as a job of its own."""
    from prodgen_django.jobs import JobStateError, repeat_job

    job = get_object_or_404(Job, pk=pk)
    try:
        again = repeat_job(job, request.user)
    except JobStateError as error:
        messages.error(request, str(error))
        return HttpResponseRedirect(job.get_absolute_url())
    messages.success(request, _("It is made again; the cancelled job stays as it is."))
    return HttpResponseRedirect(again.get_absolute_url())
