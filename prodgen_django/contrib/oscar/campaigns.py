"""*Make campaign pictures* on Oscar's offers, vouchers and ranges."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from prodgen_django.admin.actions import has_prodgen_generate_permission
from prodgen_django.admin.permissions import may_generate
from prodgen_django.contrib.oscar.promotions import SOURCES, products_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.contrib.admin import ModelAdmin
    from django.db.models import QuerySet
    from django.http import HttpRequest, HttpResponse

#: Products that a draft starts with; a campaign takes twelve, but few sell better.
FEW = 6


def start_campaign(request: HttpRequest, kind: str, row: Any) -> HttpResponseRedirect | None:
    """Make a draft campaign of a promotion's products and go to its options; None, with a message, where it has
    none.
    """
    from prodgen_django.jobs import create_job
    from prodgen_django.jobs.sweep import PREFILLED
    from prodgen_django.models import Job

    if not may_generate(request.user):
        raise PermissionDenied
    products = products_of(kind, row, FEW)
    options = {"source": f"{kind}:{row.pk}", "headline": str(row.name)[:110]}
    try:
        job = create_job(
            "campaign",
            products=products,
            options=options,
            created_by=request.user,
            draft=True,
            title=gettext("Campaign: %s") % row.name,
        )
    except ValidationError as error:
        for sentence in error.messages:
            messages.error(request, sentence)
        return None
    Job.objects.filter(pk=job.pk).update(log={PREFILLED: job.options})
    return HttpResponseRedirect(reverse("admin:prodgen_job_options", args=[job.pk]))


def make_campaign_action(kind: str) -> Callable[[Any, HttpRequest, QuerySet[Any]], HttpResponse | None]:
    """The admin action of one of the words in `SOURCES`."""

    def action(modeladmin: Any, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse | None:
        if queryset.count() != 1:
            messages.error(request, gettext("Choose one: a campaign speaks of one promotion."))
            return None
        return start_campaign(request, kind, queryset.get())

    action.__name__ = "prodgen_campaign"
    action.short_description = _("Make campaign pictures")  # type: ignore[attr-defined]
    action.allowed_permissions = ("prodgen_generate",)  # type: ignore[attr-defined]
    return action


def add_campaign_actions(admins: dict[type[Any], ModelAdmin[Any]]) -> None:
    """Add the action to those admins of offers, vouchers and ranges that are registered."""
    from django.apps import apps

    for kind, (app, name) in SOURCES.items():
        try:
            model_admin = admins.get(apps.get_model(app, name))
        except LookupError:
            continue
        if model_admin is None:
            continue
        kept = [a for a in (model_admin.actions or ()) if getattr(a, "__name__", a) != "prodgen_campaign"]
        model_admin.actions = [*kept, make_campaign_action(kind)]
        model_admin.has_prodgen_generate_permission = has_prodgen_generate_permission  # type: ignore[attr-defined]
