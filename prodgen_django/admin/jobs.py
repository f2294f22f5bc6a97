"""The admin of jobs: the list, and the addresses of the options, job, progress and review pages.

Jobs are made by the product actions and changed by the job machine alone, so Django's raw add, change and
delete forms are shut; the change address shows the job's own page.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.db.models import Count, Q, Sum
from django.template.loader import render_to_string
from django.urls import path
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache

from prodgen_django.admin import campaigns, jobpage, options, packs, preview, review, workers
from prodgen_django.admin.actions import installed_recipes
from prodgen_django.admin.changelist import DecoratedChangeList, KindFilter, ReadOnlyAdmin
from prodgen_django.admin.permissions import may_generate
from prodgen_django.admin.words import file_url, kind_name
from prodgen_django.models import GeneratedImage, Job, JobItem

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.db.models import QuerySet
    from django.http import HttpRequest, HttpResponse
    from django.urls import URLPattern

#: How many of a job's pictures its row shows.
THUMBNAILS = 4


class JobChangeList(DecoratedChangeList):
    """Counts the items and pictures of the page's jobs and finds their first pictures, in four queries that
    indexes answer, however many there are.
    """

    def decorate(self, results: list[Job]) -> None:
        shown: dict[int, dict[str, Any]] = {
            job.pk: {"total": 0, "over": 0, "share": 0.0, "failed": 0, "queued": 0, "pictures": 0}
            for job in results
        }
        items = JobItem.objects.order_by().filter(job__in=shown)
        for row in items.values("job", "state").annotate(n=Count("pk")):
            count = shown[row["job"]]
            count["total"] += row["n"]
            if row["state"] in JobItem.WORKED_ON:
                count["over"] += row["n"]
                count["share"] += row["n"]
            if row["state"] == JobItem.State.FAILED:
                count["failed"] = row["n"]
            if row["state"] == JobItem.State.QUEUED:
                count["queued"] = row["n"]
        # Apart, because no index holds the progress of all items, and few run, or wait for their next slice.
        few = [key for key, count in shown.items() if JobItem.partly_done(0, count["queued"])]
        running = items.filter(Q(state=JobItem.State.RUNNING) | Q(state=JobItem.State.QUEUED, job__in=few))
        for job_id, share in running.values_list("job").annotate(share=Sum("progress")):
            shown[job_id]["share"] += share or 0.0
        images = GeneratedImage.objects.order_by().filter(job__in=shown)
        for job_id, count in images.values_list("job").annotate(n=Count("pk")):
            shown[job_id]["pictures"] = count
        first = _first_images(list(shown))
        for job in results:
            job.shown, job.first_images = shown[job.pk], first[job.pk]  # type: ignore[attr-defined]


def _first_images(jobs: list[int]) -> dict[int, list[GeneratedImage]]:
    """Pictures of each job's first items. Found by the items' places: a limit on the pictures of each of several
    jobs makes the database number, or read, all pictures of the shop.
    """
    images = GeneratedImage.objects.filter(item__job__in=jobs, item__position__lt=2 * THUMBNAILS)
    found: dict[int, list[GeneratedImage]] = {job: [] for job in jobs}
    for image in images.order_by("item__position", "slot").only("job", "uuid", "title", "thumbnail"):
        if image.job_id in found and len(found[image.job_id]) < THUMBNAILS:
            found[image.job_id].append(image)
    return found


@admin.register(Job)
class JobAdmin(ReadOnlyAdmin):
    list_display = ("name", "pictures", "state_badge", "progress_column", "asked_by", "created_at")
    list_display_links = None
    list_filter = (KindFilter, "state", "created_at", ("created_by", admin.RelatedOnlyFieldListFilter))
    search_fields = ("title", "items__title")
    search_help_text = _("Search by the name of a job or of a product in it")
    date_hierarchy = "created_at"
    list_per_page = 25
    actions = None
    change_list_template = "prodgen_django/admin/job_list.html"

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[JobChangeList]:
        return JobChangeList

    def get_queryset(self, request: HttpRequest) -> QuerySet[Job]:
        return super().get_queryset(request).defer("log", "options").select_related("created_by")

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        startable = [
            {"kind": kind, "label": recipe.label}
            for kind, recipe in installed_recipes().items()
            if may_generate(request.user) and not recipe.needs_products
        ]
        more = {"startable": startable, "workers": workers.status(), **(extra_context or {})}
        return super().changelist_view(request, more)

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        return jobpage.job_page(request, object_id, site=self.admin_site)

    @admin.display(description=_("pictures"))
    def pictures(self, job: Any) -> str:
        thumbnails = [{"url": file_url(image.thumbnail)} for image in job.first_images if image.thumbnail]
        return render_to_string("prodgen_django/admin/_strip.html", {"job": job, "thumbnails": thumbnails})

    @admin.display(description=_("job"), ordering="title")
    def name(self, job: Job) -> str:
        context = {"job": job, "kind": kind_name(job.kind)}
        return render_to_string("prodgen_django/admin/_job_name.html", context)

    @admin.display(description=_("state"), ordering="state")
    def state_badge(self, job: Job) -> str:
        context = {"state": job.state, "label": job.get_state_display()}
        return render_to_string("prodgen_django/admin/_badge.html", context)

    @admin.display(description=_("progress"))
    def progress_column(self, job: Any) -> str:
        return render_to_string("prodgen_django/admin/_job_progress.html", {"job": job, **job.shown})

    @admin.display(description=_("asked for by"), ordering="created_by")
    def asked_by(self, job: Job) -> str:
        return str(job.created_by or "–")

    def get_urls(self) -> list[URLPattern]:
        def page(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
            return self.admin_site.admin_view(never_cache(partial(view, site=self.admin_site)))

        ours = [
            path("start/<slug:kind>/", page(options.start), name="prodgen_job_start"),
            path("review/", page(review.gallery), name="prodgen_review"),
            path("<int:pk>/review/", page(review.gallery), name="prodgen_job_review"),
            path("<int:pk>/options/", page(options.options_page), name="prodgen_job_options"),
            path("<int:pk>/discard/", page(options.discard), name="prodgen_job_discard"),
            path("<int:pk>/preview/", page(preview.preview), name="prodgen_job_preview"),
            path("<int:pk>/progress.json", page(jobpage.progress), name="prodgen_job_progress"),
            path("<int:pk>/cancel/", page(jobpage.cancel), name="prodgen_job_cancel"),
            path("<int:pk>/again/", page(campaigns.again), name="prodgen_campaign_again"),
            path("<int:pk>/finish/", page(jobpage.finish), name="prodgen_job_finish"),
            path("<int:pk>/pack.zip", page(packs.pack), name="prodgen_job_pack"),
            path("<int:pk>/retry/", page(jobpage.retry), name="prodgen_job_retry"),
            path("<int:pk>/repeat/", page(jobpage.repeat), name="prodgen_job_repeat"),
        ]
        return [*ours, *super().get_urls()]
