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
from prodgen_django.admin.poses import chosen_values, pose_forms
from prodgen_django.admin.words import file_url, is_known, wants_json
from prodgen_django.broker import QUICK_QUEUE
from prodgen_django.conf import settings
from prodgen_django.jobs.preview import EXPIRES_SECONDS, preview_status, request_preview
from prodgen_django.jobs.worker import listening, waiting_for
from prodgen_django.keys import key_of
from prodgen_django.models import Job, JobItem
from prodgen_django.recipes import get_recipe

if TYPE_CHECKING:
    from django.contrib.admin import AdminSite
    from django.http import HttpRequest


@require_http_methods(["GET", "POST"])
@requires("generate")
def preview(request: HttpRequest, pk: int, *, site: AdminSite) -> HttpResponse:
    """POST asks for a preview of one chosen product with the form's options; GET tells how far it is."""
    job = get_object_or_404(Job, pk=pk)
    if request.method == "GET":
        return JsonResponse(answer(job))
    if not is_known(job.kind):
        return HttpResponseRedirect(job.get_absolute_url())
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
    poses = pose_forms([item], request.POST) if get_recipe(job.kind).shows_poses else {}
    request_preview(job, item, {**form.cleaned_data, **chosen_values(poses, item.pk)})
    if wants_json(request):
        job.refresh_from_db(fields=["log"])
        return JsonResponse(answer(job))
    return back


def answer(job: Job) -> dict[str, Any]:
    """The newest preview's state as the page shows it."""
    found = preview_status(job)
    state, message = found.get("state", "none"), found.get("message", "")
    age = time.time() - found.get("at", 0)
    silent = False
    if state == "waiting" and age > EXPIRES_SECONDS:
        state, message = "failed", _("No worker came in time. Press “Show a preview” to ask again.")
    elif state == "waiting":
        workers = listening(QUICK_QUEUE)
        silent = workers.state == "absent"
        message = _("Waiting for a worker…") if workers.state == "free" else waiting_for(workers)
    elif state == "unsent":
        state = "failed"
        message = _("The message broker does not answer. Press “Show a preview” to ask again when it does.")
    elif state == "working" and age > settings.TASK_TIME_LIMIT + EXPIRES_SECONDS:
        state, message = "failed", _("The worker that made the preview is gone. Ask again.")
    elif state == "working":
        message = _("Making the preview…")
    elif state == "failed" and not message:
        message = _("The preview could not be made. The worker's log says why.")
    return {
        "state": state,
        "silent": silent,
        "message": message,
        "token": found.get("token", ""),
        "url": file_url(found.get("name", "")),
    }
