"""The admin of trained models: what they were made of, how good they are, and which one is in use."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.db import transaction
from django.http import Http404, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from prodgen_django.admin import training
from prodgen_django.admin.changelist import ReadOnlyAdmin
from prodgen_django.admin.permissions import may_generate, requires
from prodgen_django.admin.words import plain
from prodgen_django.keys import key_of
from prodgen_django.models import Checkpoint

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.db.models import QuerySet
    from django.http import HttpRequest, HttpResponse
    from django.urls import URLPattern


@admin.register(Checkpoint)
class CheckpointAdmin(ReadOnlyAdmin):
    list_display = ("name_column", "task", "use_badge", "figures", "licence", "created_at")
    list_display_links = None
    list_filter = ("task", "is_active", "offerable")
    search_fields = ("name",)
    change_list_template = "prodgen_django/admin/job_list.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Checkpoint]:
        return super().get_queryset(request).defer("config", "card")

    @admin.display(description=_("model"), ordering="name")
    def name_column(self, checkpoint: Checkpoint) -> str:
        return render_to_string("prodgen_django/admin/_checkpoint_name.html", {"checkpoint": checkpoint})

    @admin.display(description=_("use"), ordering="is_active")
    def use_badge(self, checkpoint: Checkpoint) -> str:
        return render_to_string("prodgen_django/admin/_badge.html", use(checkpoint))

    @admin.display(description=_("figures"))
    def figures(self, checkpoint: Checkpoint) -> str:
        figures = [f"{name} {value}" for name, value in flat(checkpoint.metrics)[:3]]
        return " · ".join(figures) or "–"

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        return checkpoint_page(request, object_id, site=self.admin_site)

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(never_cache(partial(activate, site=self.admin_site)))
        return [path("<int:pk>/activate/", view, name="prodgen_checkpoint_activate"), *super().get_urls()]


def use(checkpoint: Checkpoint) -> dict[str, Any]:
    """The badge's state and label."""
    if checkpoint.is_active:
        return {"state": "active", "label": _now("In use")}
    if not checkpoint.offerable:
        return {"state": "failed", "label": _now("Not offered")}
    return {"state": "idle", "label": _now("Ready")}


def flat(values: Mapping[str, Any], prefix: str = "") -> list[tuple[str, str]]:
    """Nested figures as (name, value) rows; long lists are left out."""
    rows: list[tuple[str, str]] = []
    for key, value in values.items():
        name = f"{prefix}{str(key).replace('_', ' ')}"
        if isinstance(value, dict):
            rows += flat(value, f"{name}: ")
        elif isinstance(value, float):
            rows.append((name, f"{value:.4g}"))
        elif not isinstance(value, list) or len(value) <= 8:
            rows.append((name, plain(value)))
    return rows


@requires()
def checkpoint_page(request: HttpRequest, object_id: str, *, site: admin.AdminSite) -> HttpResponse:
    pk = key_of(Checkpoint, unquote(object_id))
    if pk is None:
        raise Http404
    checkpoint = get_object_or_404(Checkpoint.objects.select_related("job"), pk=pk)
    context = {
        **site.each_context(request),
        "title": str(checkpoint),
        "opts": Checkpoint._meta,
        "checkpoint": checkpoint,
        "use": use(checkpoint),
        "metrics": flat(checkpoint.metrics),
        "card": flat(checkpoint.card),
        "config": flat(checkpoint.config),
        "log": training.render(checkpoint.job.log) if checkpoint.job else "",
        "activatable": may_generate(request.user) and checkpoint.offerable and not checkpoint.is_active,
    }
    return TemplateResponse(request, "prodgen_django/admin/checkpoint.html", context)


@require_POST
@requires("generate")
def activate(request: HttpRequest, pk: int, *, site: admin.AdminSite) -> HttpResponse:
    """Make this the model that its task uses from now on."""
    checkpoint = get_object_or_404(Checkpoint, pk=pk)
    if not checkpoint.offerable:
        messages.error(request, _now("This model is not offered: its card says why."))
    else:
        with transaction.atomic():
            same = Checkpoint.objects.select_for_update().filter(task=checkpoint.task)
            same.filter(is_active=True).update(is_active=False)
            same.filter(pk=checkpoint.pk).update(is_active=True)
        messages.success(request, _now("“%s” is in use from now on.") % checkpoint)
    return HttpResponseRedirect(reverse("admin:prodgen_django_checkpoint_change", args=[checkpoint.pk]))
