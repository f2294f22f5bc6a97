"""Mend a cut-out with a brush: a page with a canvas, the outline to begin from, and the address that saves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from prodgen_django.admin.permissions import requires
from prodgen_django.admin.words import photo_urls
from prodgen_django.models import CutOutCorrection, GeneratedImage
from prodgen_django.pictures.corrections import MOST_BYTES, CutOutError, limit, mend
from prodgen_django.storage import read_file

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.contrib.admin import AdminSite
    from django.http import HttpRequest

    from prodgen_django.models import Job


def can_mend(image: GeneratedImage) -> bool:
    """Whether the picture was staged from one photo whose outline can be drawn anew."""
    return image.kind == "display" and bool(image.sources) and image.product_id is not None


def _outline(image: GeneratedImage) -> str:
    """The name in the storage of the outline to begin from: the last one drawn for the photo, or the found one."""
    drawn = CutOutCorrection.objects.filter(photo=image.sources[0]).first()
    return drawn.mask if drawn and drawn.mask else str((image.scores.get("cut_out") or {}).get("mask") or "")


@require_http_methods(["GET", "POST"])
@requires("generate")
def cutout_page(request: HttpRequest, uuid: Any, *, site: AdminSite) -> HttpResponse:
    image = get_object_or_404(GeneratedImage.objects.select_related("product"), uuid=uuid)
    if not can_mend(image):
        raise Http404
    if request.method == "POST":
        return _save(request, image)
    photo = photo_urls(image.sources[:1]).get(image.sources[0], "")
    context = {
        **site.each_context(request),
        "title": _("Mend the cut-out: %s") % image,
        "opts": GeneratedImage._meta,
        "image": image,
        "photo": photo,
        "outline": reverse("admin:prodgen_cutout_mask", args=[image.uuid]) if _outline(image) else "",
        "places": (image.scores.get("cut_out") or {}).get("places") or [],
        "reasons": (image.scores.get("cut_out") or {}).get("reasons") or (),
    }
    return TemplateResponse(request, "prodgen_django/admin/cutout.html", context)


def _save(request: HttpRequest, image: GeneratedImage) -> HttpResponse:
    if "box" in request.POST:
        return _answer(lambda: limit(image, _numbers(request.POST["box"]), request.user))
    file = request.FILES.get("mask")
    if file is None or file.size is None or file.size > MOST_BYTES:
        return JsonResponse(
            {"ok": False, "message": _("No drawing arrived, or it is too large.")}, status=400
        )
    drawing = file.read()
    return _answer(lambda: mend(image, drawing, request.user))


def _numbers(text: str) -> list[float]:
    try:
        return [float(part) for part in text.split(",")]
    except ValueError:
        return []


def _answer(staged_again: Callable[[], Job]) -> HttpResponse:
    try:
        job = staged_again()
    except CutOutError as error:
        return JsonResponse({"ok": False, "message": str(error)}, status=400)
    except ValidationError as error:
        return JsonResponse({"ok": False, "message": " ".join(error.messages)}, status=400)
    return JsonResponse({"ok": True, "url": job.get_absolute_url()})


@require_GET
@requires("generate")
def cutout_mask(request: HttpRequest, uuid: Any, *, site: AdminSite) -> HttpResponse:
    """The outline's bytes from our own address: a canvas that drew another site's picture gives nothing back."""
    image = get_object_or_404(GeneratedImage, uuid=uuid)
    name = _outline(image) if can_mend(image) else ""
    if not name:
        raise Http404
    try:
        data = read_file(name)
    except OSError as error:
        raise Http404 from error
    return HttpResponse(data, content_type="image/png", headers={"X-Content-Type-Options": "nosniff"})
