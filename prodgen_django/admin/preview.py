"""The preview on the options page: asked for here, made by a worker, fetched until it is there."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from prodgen_django.admin.fields import bound_form
from prodgen_django.admin.permissions import requires
from prodgen_django.admin.words import file_url, wants_json
from prodgen_django.jobs.preview import preview_status, request_preview
from prodgen_django.keys import key_of
from prodgen_django.models import Job, JobItem
from prodgen_django.recipes import get_recipe

if TYPE_CHECKING:
    from django.contrib.admin import AdminSite
    from django.http import HttpRequest

#: A worker that is there answers sooner than this, even one whose broker is a folder that it looks into each
#: second.
SILENCE_SECONDS = 10


@require_http_methods(["GET", "POST"])
@requires("generate")
def preview(request: HttpRequest, pk: int, *, site: AdminSite) -> HttpResponse:
    """POST asks for a preview of one chosen product with the form's options; GET tells how far it is."""
    job = get_object_or_404(Job, pk=pk)
    if request.method == "GET":
        return JsonResponse(answer(job))
    back = HttpResponseRedirect(reverse("admin:prodgen_job_options", args=[job.pk]) + "#preview")
    form = bound_form(job, request.POST)
    problems = [
        f"{form[name].label}: {error}"
        for name, errors in form.errors.items()
        for error in errors
        if name in form.fields
    ]
    if job.state != Job.State.DRAFT or not get_recipe(job.kind).has_preview:
        problems = [_("This job has no preview.")]
    wanted = key_of(JobItem, request.POST.get("preview_item", ""))
    item = job.items.filter(pk=wanted).first() if wanted is not None else None
    item = item or job.items.exclude(photos=[]).first()
    if item is None:
        problems = problems or [_("None of the chosen products has a photo.")]
    if problems or item is None:
        if wants_json(request):
            return JsonResponse({"state": "failed", "message": " ".join(problems)}, status=400)
        messages.error(request, " ".join(problems))
        return back
    request_preview(job, item, form.cleaned_data)
    if wants_json(request):
        job.refresh_from_db(fields=["log"])
        return JsonResponse(answer(job))
    return back


def answer(job: Job) -> dict[str, Any]:
    """The newest preview's state as the page shows it."""
    found = preview_status(job)
    state, message = found.get("state", "none"), found.get("message", "")
    silent = time.time() - found.get("at", 0) > SILENCE_SECONDS
    if state == "waiting":
        message = _("Waiting for a worker…")
        if silent:
            message = _("No worker has taken this up. Is one running? The preview appears as soon as one is.")
    elif state == "working":
        message = _("Making the preview…")
    elif state == "failed" and not message:
        message = _("The preview could not be made. The worker's log says why.")
    return {
        "state": state,
        "silent": silent and state == "waiting",
        "message": message,
        "token": found.get("token", ""),
        "url": file_url(found.get("name", "")),
    }
