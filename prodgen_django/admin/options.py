"""The options page of a draft job: what is to be made, of which products, with which settings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from prodgen_django.admin.actions import start_draft
from prodgen_django.admin.fields import bound_form, laid_out
from prodgen_django.admin.permissions import requires
from prodgen_django.admin.poses import PoseForm, keep_poses, pose_forms, suit_notes
from prodgen_django.admin.preview import answer
from prodgen_django.admin.words import is_known, kind_name, photo_urls
from prodgen_django.jobs.preview import preview_status
from prodgen_django.models import Job, JobItem
from prodgen_django.recipes import get_recipe

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django import forms
    from django.contrib.admin import AdminSite
    from django.http import HttpRequest

#: How many of the chosen products the page shows; the others are a number.
SHOWN = 24


@require_POST
@requires("generate")
def start(request: HttpRequest, kind: str, *, site: AdminSite) -> HttpResponse:
    """Make a draft of a job that needs no chosen products (a training)."""
    response = start_draft(request, kind)
    return response or HttpResponseRedirect(reverse("admin:prodgen_django_job_changelist"))


@require_http_methods(["GET", "POST"])
@requires("generate")
def options_page(request: HttpRequest, pk: int, *, site: AdminSite) -> HttpResponse:
    from prodgen_django.jobs import queue_job, update_draft
    from prodgen_django.jobs.errors import JobStateError

    job = get_object_or_404(Job, pk=pk)
    if job.state != Job.State.DRAFT or not is_known(job.kind):
        return HttpResponseRedirect(job.get_absolute_url())
    sent = request.POST if request.method == "POST" else None
    form, poses = bound_form(job, sent), _poses(job, sent)
    wrong = [one for one in poses.values() if one.is_bound and not one.is_valid()]
    if request.method == "POST" and form.is_valid() and not wrong:
        starts = request.POST.get("do") == "start"
        try:
            keep_poses(poses.values(), request.user)
            update_draft(job, form.cleaned_data)
            if starts:
                queue_job(job)
        except ValidationError as error:
            form.add_error(None, error)
        except JobStateError as error:
            messages.error(request, str(error))
            return HttpResponseRedirect(job.get_absolute_url())
        else:
            if starts:
                messages.success(
                    request, _("The job has started. You can leave this page; the work goes on.")
                )
                return HttpResponseRedirect(job.get_absolute_url())
            messages.success(request, _("The draft is saved. You find it in the list of jobs."))
            return HttpResponseRedirect(request.path)
    return TemplateResponse(
        request,
        "prodgen_django/admin/job_options.html",
        _context(request, job, form, poses, site),
        status=200,
    )


def shown_items(job: Job) -> list[JobItem]:
    """The items of a draft that its page shows."""
    return list(job.items.select_related("product").order_by("position", "pk")[:SHOWN])


def _poses(job: Job, data: Any) -> dict[int, PoseForm]:
    return pose_forms(shown_items(job), data) if get_recipe(job.kind).shows_poses else {}


def _context(
    request: HttpRequest, job: Job, form: forms.Form, poses: Mapping[int, PoseForm], site: AdminSite
) -> dict[str, Any]:
    recipe = get_recipe(job.kind)
    items = shown_items(job)
    total = job.items.count()
    urls = photo_urls(item.photos[0] for item in items if item.photos)
    chosen = [
        {
            "item": item,
            "photos": len(item.photos),
            "url": urls.get(item.photos[0], "") if item.photos else "",
            "pose": poses.get(item.pk),
        }
        for item in items
    ]
    return {
        **site.each_context(request),
        "title": recipe.label,
        "subtitle": None,
        "job": job,
        "opts": Job._meta,
        "kind": kind_name(job.kind),
        "recipe": recipe,
        "form": form,
        "media": form.media,
        "sections": laid_out(form, suit_notes([one.known for one in poses.values()])),
        "pose_errors": any(one.errors for one in poses.values()),
        "chosen": chosen,
        "total": total,
        "more": total - len(items),
        "without_photos": job.items.filter(photos=[]).count() if recipe.needs_products else 0,
        "previewable": recipe.has_preview and total > 0,
        "preview": {**preview_status(job), **answer(job)},
    }


@require_POST
@requires("generate")
def discard(request: HttpRequest, pk: int, *, site: AdminSite) -> HttpResponse:
    """Delete a draft; a job that has started stays on record and can only be cancelled."""
    job = get_object_or_404(Job, pk=pk)
    if Job.objects.filter(pk=pk, state=Job.State.DRAFT).delete()[0]:
        messages.success(request, _("The draft “%s” is discarded.") % job)
        return HttpResponseRedirect(reverse("admin:prodgen_django_job_changelist"))
    messages.error(request, _("This job has started already; it can be cancelled, not discarded."))
    return HttpResponseRedirect(job.get_absolute_url())
