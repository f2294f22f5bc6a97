"""The review gallery, of one job or of all: originals beside candidates, verdicts, one key for each decision.

Every decision is a plain form that works without JavaScript; with it the same addresses answer in JSON.
"""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count
from django.http import HttpResponse, HttpResponseBadRequest, HttpResponseRedirect, JsonResponse
from django.shortcuts import get_object_or_404
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from prodgen_django.admin.candidates import Card, cards_for, with_all
from prodgen_django.admin.changes import ACTION_LABELS, apply_many, apply_one
from prodgen_django.admin.errands import told
from prodgen_django.admin.pages import Counted
from prodgen_django.admin.permissions import ACTIONS, may, require, requires
from prodgen_django.admin.words import kind_name, wants_json
from prodgen_django.keys import key_of
from prodgen_django.models import GeneratedImage, Job
from prodgen_django.recipes import recipe_kinds

if TYPE_CHECKING:
    from django.contrib.admin import AdminSite
    from django.db.models import QuerySet
    from django.http import HttpRequest

PER_PAGE = 24
ALL = "all"


def _filtered(request: HttpRequest, job: Job | None) -> tuple[QuerySet[GeneratedImage], dict[str, str]]:
    """The pictures that the gallery's address names, without its state filter, and the filters in force."""
    images = GeneratedImage.objects.all()
    kind = request.GET.get("kind", "").replace("\0", "")
    if job is not None:
        images = images.filter(job=job)
    elif kind:
        images = images.filter(kind=kind)
    query = request.GET.get("q", "").replace("\0", "").strip()
    if query:
        images = images.filter(title__icontains=query)
    state = request.GET.get("state", "")
    if state not in (*GeneratedImage.State.values, ALL):
        state = GeneratedImage.State.PENDING.value
    return images, {"state": state, "kind": kind, "q": query}


@require_http_methods(["GET", "POST"])
@requires()
def gallery(request: HttpRequest, pk: int | None = None, *, site: AdminSite) -> HttpResponse:
    job = get_object_or_404(Job, pk=pk) if pk is not None else None
    images, chosen = _filtered(request, job)
    counts = dict(images.order_by().values_list("state").annotate(n=Count("pk")))
    if "state" not in request.GET and not counts.get(GeneratedImage.State.PENDING) and counts:
        # Nothing waits: show what there is rather than an empty page.
        chosen["state"] = ALL
    shown = images if chosen["state"] == ALL else images.filter(state=chosen["state"])
    if request.method == "POST":
        return _bulk(request, shown)
    ordered = shown.order_by("-job_id", "item__position", "item_id", "slot", "pk")
    count = sum(counts.values()) if chosen["state"] == ALL else counts.get(chosen["state"], 0)
    page = Counted(with_all(ordered), PER_PAGE, count).get_page(request.GET.get("page"))
    cards = cards_for(list(page.object_list), request.user)
    groups = []
    for _key, members in groupby(cards, key=_group):
        together = list(members)
        groups.append({"cards": together, "first": together[0], "job": together[0].image.job})
    tabs = [
        {"state": choice.value, "label": choice.label, "count": counts.get(choice.value, 0)}
        for choice in GeneratedImage.State
    ]
    tabs.append({"state": ALL, "label": _("All"), "count": sum(counts.values())})
    keep = urlencode({key: value for key, value in chosen.items() if value and key != "state"})
    context = {
        **site.each_context(request),
        "title": _("Review: %s") % job if job else _("Review"),
        "opts": GeneratedImage._meta,
        "job": job,
        "groups": groups,
        "page": page,
        "pages": page.paginator.get_elided_page_range(page.number, on_each_side=2, on_ends=1),
        "tabs": tabs,
        "chosen": chosen,
        "keep": keep,
        "here": request.get_full_path(),
        "kinds": [] if job else [(kind, kind_name(kind)) for kind in recipe_kinds() if kind != "train"],
        "bulk": [
            (action, ACTION_LABELS[action])
            for action in ("approve", "reject", "publish", "unpublish")
            if may(request.user, *ACTIONS[action]) and action in _bulk_for(chosen["state"])
        ],
        "errands": told(request.user),
        "more_than_page": page.paginator.count > len(cards),
        "may_decide": may(request.user, "review", "publish"),
    }
    return TemplateResponse(request, "prodgen_django/admin/review.html", context)


def _group(card: Card) -> tuple[Any, ...]:
    """Pictures that were made of the same photos of one item stand together."""
    image = card.image
    return image.job_id, image.item_id or -image.pk, tuple(image.sources)


def _bulk_for(state: str) -> tuple[str, ...]:
    """The bulk actions that can do anything to pictures of a state."""
    return {
        GeneratedImage.State.PENDING.value: ("approve", "reject"),
        GeneratedImage.State.APPROVED.value: ("publish", "reject"),
        GeneratedImage.State.PUBLISHED.value: ("unpublish",),
        GeneratedImage.State.REJECTED.value: ("approve",),
    }.get(state, ("approve", "reject", "publish", "unpublish"))


def _bulk(request: HttpRequest, shown: QuerySet[GeneratedImage]) -> HttpResponse:
    action = request.POST.get("action", "")
    if action not in ACTIONS or action == "undo":
        return HttpResponseBadRequest(_("There is no such action."))
    require(request, *ACTIONS[action])
    if request.POST.get("scope") == ALL:
        wanted = shown
    else:
        keys = [key_of(GeneratedImage, text) for text in request.POST.getlist("image")]
        wanted = shown.filter(pk__in=[key for key in keys if key is not None])
    apply_many(request, action, wanted)
    return HttpResponseRedirect(request.get_full_path())


@require_POST
@requires(*dict.fromkeys(permission for permissions in ACTIONS.values() for permission in permissions))
def image_action(request: HttpRequest, uuid: Any, *, site: AdminSite) -> HttpResponse:
    """One decision about one picture. JSON, with the redrawn card, when the browser asks for it."""
    action = request.POST.get("action", "")
    if action not in ACTIONS:
        return HttpResponseBadRequest(_("There is no such action."))
    if not may(request.user, *ACTIONS[action]):
        raise PermissionDenied
    image = get_object_or_404(GeneratedImage, uuid=uuid)
    refused = apply_one(image, action, request.user, request.POST.get("note", ""))
    if wants_json(request):
        image = with_all(GeneratedImage.objects.filter(pk=image.pk)).get()
        card = cards_for([image], request.user)[0]
        html = render_to_string("prodgen_django/admin/_card.html", {"card": card}, request)
        answer = {
            "ok": not refused,
            "message": refused or str(ACTION_LABELS.get(f"{action}_done", "")) % {"title": str(image)},
            "state": image.state,
            "label": image.get_state_display(),
            "html": html,
        }
        return JsonResponse(answer, status=409 if refused else 200)
    if refused:
        messages.error(request, f"{image}: {refused}")
    else:
        messages.success(request, str(ACTION_LABELS[f"{action}_done"]) % {"title": str(image)})
    return HttpResponseRedirect(_next(request, image))


def _next(request: HttpRequest, image: GeneratedImage) -> str:
    wanted = request.POST.get("next", "")
    if wanted and url_has_allowed_host_and_scheme(wanted, {request.get_host()}, request.is_secure()):
        return f"{wanted.partition('#')[0]}#picture-{image.pk}"
    return reverse("admin:prodgen_django_generatedimage_change", args=[image.pk])
