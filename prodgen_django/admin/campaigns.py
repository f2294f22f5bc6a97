"""Brand kits, the places of campaigns, and a campaign once more in another size or language."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings as django_settings
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from prodgen_django.admin.changelist import StrictListMixin
from prodgen_django.admin.permissions import requires
from prodgen_django.models import BrandKit, Campaign, Job

if TYPE_CHECKING:
    from django.contrib.admin import AdminSite
    from django.http import HttpRequest


@admin.register(BrandKit)
class BrandKitAdmin(StrictListMixin):
    list_display = ("name", "is_default", "ground", "ink", "accent")
    fieldsets = (
        (None, {"fields": ("name", "is_default")}),
        (_("Logo"), {"fields": ("logo", "logo_on_dark")}),
        (_("Colours"), {"fields": ("ground", "ink", "accent")}),
        (_("Letters"), {"fields": ("headline_font", "text_font")}),
    )

    def save_model(self, request: HttpRequest, obj: BrandKit, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if obj.is_default:
            BrandKit.objects.exclude(pk=obj.pk).update(is_default=False)


@admin.register(Campaign)
class CampaignAdmin(StrictListMixin):
    list_display = ("job", "slot", "source", "starts_at", "ends_at", "link")
    list_select_related = ("job",)
    list_filter = ("slot",)
    fields = ("job", "slot", "link", "source", "starts_at", "ends_at")
    readonly_fields = ("job", "source")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False


def again_choices() -> dict[str, list[tuple[str, str]]]:
    """Sizes and languages in which a campaign can be made once more."""
    from prodgen_django.studio.banners import FORMATS

    return {
        "formats": [("", gettext("the same sizes")), *((f.name, f.label) for f in FORMATS.values())],
        "languages": [("", gettext("the same language")), *django_settings.LANGUAGES],
    }


@require_POST
@requires("generate")
def again(request: HttpRequest, pk: int, *, site: AdminSite) -> HttpResponse:
    """Make a whole campaign once more in another size or language: the same looks, a job of its own."""
    from prodgen_django.jobs import create_job

    job = get_object_or_404(Job, pk=pk, kind="campaign")
    first_item = job.items.order_by("position").first()
    if first_item is None or "shown" not in first_item.options:
        messages.error(request, gettext("This campaign was never started, so it cannot be made once more."))
        return HttpResponseRedirect(job.get_absolute_url())
    options = dict(job.options)
    size, language = request.POST.get("format", ""), request.POST.get("language", "")
    if size:
        options["formats"] = [size]
    if language:
        # The words stay in the language that they were written in; a line of others' words may hold this one.
        first = options["languages"][0]
        options["written_in"] = options.get("written_in") or first
        options["languages"] = [language]
    try:
        made = create_campaign_again(job, options, request.user, create_job)
    except ValidationError as error:
        for sentence in error.messages:
            messages.error(request, sentence)
        return HttpResponseRedirect(job.get_absolute_url())
    messages.success(request, gettext("The campaign is made once more; its first job stays as it is."))
    return HttpResponseRedirect(made.get_absolute_url())


def create_campaign_again(job: Job, options: dict[str, Any], user: Any, create_job: Any) -> Job:
    """A job with the products, photos and seed of another campaign and other options."""
    from prodgen_django.catalog import get_catalog

    first = job.items.order_by("position").first()
    assert first is not None
    shown = first.options["shown"]
    found = get_catalog().products().in_bulk([one["product"] for one in shown])
    photos: dict[Any, list[str]] = {}
    start = 0
    for one in shown:
        photos[one["product"]] = first.photos[start : start + one["photos"]]
        start += one["photos"]
    products = [found[one["product"]] for one in shown if one["product"] in found]
    return create_job(
        "campaign",
        products=products,
        photos=photos,
        options=options,
        created_by=user,
        title=job.title,
        seed=first.seed - 1000 * first.position,
    )
