"""The admin of pictures: the list over all jobs, one picture's own page, and the address of a decision."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.http import Http404
from django.shortcuts import get_object_or_404
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.urls import path
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache

from prodgen_django.admin import alike, cutout, review, workers
from prodgen_django.admin.actions import make_draft, to_options
from prodgen_django.admin.candidates import cards_for, with_all
from prodgen_django.admin.changelist import KindFilter, ReadOnlyAdmin
from prodgen_django.admin.changes import apply_many
from prodgen_django.admin.errands import told
from prodgen_django.admin.permissions import may, requires
from prodgen_django.admin.scores import GOOD, verdicts
from prodgen_django.admin.words import file_url, kind_label, kind_name
from prodgen_django.catalog import get_catalog
from prodgen_django.keys import key_of
from prodgen_django.models import GeneratedImage

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import HttpRequest, HttpResponse
    from django.urls import URLPattern


class BlockedFilter(admin.SimpleListFilter):
    title = _("checks")
    parameter_name = "checks"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("clear", _("Nothing against it")), ("blocked", _("Cannot be published"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() == "clear":
            return queryset.filter(blockers=[])
        return queryset.exclude(blockers=[]) if self.value() == "blocked" else queryset


@admin.register(GeneratedImage)
class GeneratedImageAdmin(ReadOnlyAdmin):
    list_display = ("thumbnail_column", "name", "state_badge", "checks_column", "created_at")
    list_display_links = None
    list_filter = ("state", KindFilter, BlockedFilter, "created_at")
    search_fields = ("title",)
    search_help_text = _("Search by the product's name")
    # No date hierarchy: it would read every picture of the shop for each page; the filter by date does the same.
    show_full_result_count = False
    list_per_page = 40
    list_select_related = ("job",)
    actions = (
        "approve_pictures",
        "reject_pictures",
        "publish_pictures",
        "unpublish_pictures",
        "export_pictures",
    )
    change_list_template = "prodgen_django/admin/picture_list.html"

    # -- what the actions ask of Django's admin

    def has_review_permission(self, request: HttpRequest) -> bool:
        return may(request.user, "review")

    def has_publish_permission(self, request: HttpRequest) -> bool:
        return may(request.user, "publish")

    @admin.action(description=_("Approve"), permissions=["review"])
    def approve_pictures(self, request: HttpRequest, queryset: QuerySet[GeneratedImage]) -> None:
        apply_many(request, "approve", queryset)

    @admin.action(description=_("Reject"), permissions=["review"])
    def reject_pictures(self, request: HttpRequest, queryset: QuerySet[GeneratedImage]) -> None:
        apply_many(request, "reject", queryset)

    @admin.action(description=_("Publish in the shop"), permissions=["publish"])
    def publish_pictures(self, request: HttpRequest, queryset: QuerySet[GeneratedImage]) -> None:
        apply_many(request, "publish", queryset)

    @admin.action(description=_("Take back from the shop"), permissions=["publish"])
    def unpublish_pictures(self, request: HttpRequest, queryset: QuerySet[GeneratedImage]) -> None:
        apply_many(request, "unpublish", queryset)

    def has_generate_permission(self, request: HttpRequest) -> bool:
        return may(request.user, "generate")

    @admin.action(description=_("Export for sales channels"), permissions=["generate"])
    def export_pictures(
        self, request: HttpRequest, queryset: QuerySet[GeneratedImage]
    ) -> HttpResponse | None:
        """A draft of an export job of just these pictures; those that nobody has approved are left out of it."""
        ready = (GeneratedImage.State.APPROVED, GeneratedImage.State.PUBLISHED)
        chosen: dict[Any, list[int]] = {}
        for key, product in queryset.filter(state__in=ready).values_list("pk", "product_id"):
            if product is not None:
                chosen.setdefault(product, []).append(key)
        if not chosen:
            messages.error(request, gettext("None of these pictures is approved and belongs to a product."))
            return None
        products = get_catalog().model._default_manager.filter(pk__in=chosen)
        job = make_draft(request, "export", products)
        if job is None:
            return None
        items = list(job.items.all())
        for item in items:
            item.options = {"images": chosen[item.product_id]}
        job.items.bulk_update(items, ["options"], batch_size=500)
        return to_options(job)

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        more = {"workers": workers.status(), "errands": told(request.user), **(extra_context or {})}
        return super().changelist_view(request, more)

    # -- the list

    @admin.display(description=_("picture"))
    def thumbnail_column(self, image: GeneratedImage) -> str:
        context = {"image": image, "url": file_url(image.thumbnail)}
        return render_to_string("prodgen_django/admin/_picture_thumbnail.html", context)

    @admin.display(description=_("product"), ordering="title")
    def name(self, image: GeneratedImage) -> str:
        context = {"image": image, "kind": kind_name(image.kind)}
        return render_to_string("prodgen_django/admin/_picture_name.html", context)

    @admin.display(description=_("state"), ordering="state")
    def state_badge(self, image: GeneratedImage) -> str:
        context = {"state": image.state, "label": image.get_state_display()}
        return render_to_string("prodgen_django/admin/_badge.html", context)

    @admin.display(description=_("checks"))
    def checks_column(self, image: GeneratedImage) -> str:
        doubts = [verdict for verdict in verdicts(image) if verdict.level != GOOD]
        context = {"image": image, "doubts": [] if image.blockers else doubts}
        return render_to_string("prodgen_django/admin/_checks.html", context)

    # -- one picture

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        return picture_page(request, object_id, site=self.admin_site)

    def get_urls(self) -> list[URLPattern]:
        action = self.admin_site.admin_view(never_cache(partial(review.image_action, site=self.admin_site)))
        page, outline = (
            self.admin_site.admin_view(never_cache(partial(view, site=self.admin_site)))
            for view in (cutout.cutout_page, cutout.cutout_mask)
        )
        compared = self.admin_site.admin_view(never_cache(partial(alike.alike_page, site=self.admin_site)))
        return [
            path("alike/", compared, name="prodgen_alike"),
            path("<uuid:uuid>/action/", action, name="prodgen_image_action"),
            path("<uuid:uuid>/cut-out/", page, name="prodgen_cutout"),
            path("<uuid:uuid>/cut-out/mask.png", outline, name="prodgen_cutout_mask"),
            *super().get_urls(),
        ]


@requires()
def picture_page(request: HttpRequest, object_id: str, *, site: admin.AdminSite) -> HttpResponse:
    pk = key_of(GeneratedImage, unquote(object_id))
    if pk is None:
        raise Http404
    image = get_object_or_404(with_all(GeneratedImage.objects.all()), pk=pk)
    card = cards_for([image], request.user)[0]
    context = {
        **site.each_context(request),
        "title": str(image),
        "opts": GeneratedImage._meta,
        "image": image,
        "card": card,
        "groups": [{"cards": [card], "first": card, "job": image.job}],
        "here": request.get_full_path(),
        "kind": kind_label(image.kind),
        "may_decide": may(request.user, "review", "publish"),
    }
    return TemplateResponse(request, "prodgen_django/admin/picture.html", context)
