"""Do the pictures of a category look alike; those that do not are staged as the others are, with one click."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from prodgen_django.admin.permissions import may_generate, require, requires
from prodgen_django.admin.words import file_url
from prodgen_django.catalog import get_catalog
from prodgen_django.jobs import create_job
from prodgen_django.models import GeneratedImage

if TYPE_CHECKING:
    from django.contrib.admin import AdminSite
    from django.http import HttpRequest

#: The newest display pictures that are compared. A catalog may ask the database for each one's category.
MOST = 200


@require_http_methods(["GET", "POST"])
@requires()
def alike_page(request: HttpRequest, *, site: AdminSite) -> HttpResponse:
    categories = _categories()
    if request.method == "POST":
        require(request, "generate")
        return _make_alike(request, categories.get(request.POST.get("category", ""), []))
    context = {
        **site.each_context(request),
        "title": _("Alike in each category"),
        "opts": GeneratedImage._meta,
        "categories": [_compared(name, images) for name, images in sorted(categories.items())],
        "may_generate": may_generate(request.user),
    }
    return TemplateResponse(request, "prodgen_django/admin/alike.html", context)


def _categories() -> dict[str, list[GeneratedImage]]:
    """The newest approved or published display picture of each product and backdrop, by category."""
    ready = (GeneratedImage.State.APPROVED, GeneratedImage.State.PUBLISHED)
    images = (
        GeneratedImage.objects.filter(kind="display", state__in=ready, product__isnull=False)
        .select_related("product")
        .order_by("-pk")[:MOST]
    )
    catalog, found, seen = get_catalog(), {}, set()  # type: ignore[var-annotated]
    names: dict[Any, str] = {}
    for image in images:
        if not image.scores.get("look") or image.product_id in seen:
            continue
        seen.add(image.product_id)
        if image.product_id not in names:
            names[image.product_id] = catalog.category(image.product) or _("No category")
        found.setdefault(names[image.product_id], []).append(image)
    return found


def _unlike(images: list[GeneratedImage]) -> dict[int, tuple[str, ...]]:
    from prodgen_django.studio.consistency import Look, outliers

    return outliers({image.pk: Look(**image.scores["look"]) for image in images})  # type: ignore[return-value]


def _compared(name: str, images: list[GeneratedImage]) -> dict[str, Any]:
    unlike = _unlike(images)
    rows = [
        {"image": image, "thumbnail": file_url(image.thumbnail), "reasons": unlike[image.pk]}
        for image in images
        if image.pk in unlike
    ]
    return {"name": name, "count": len(images), "rows": rows, "style": _usual(images)["style"]}


def _usual(images: list[GeneratedImage]) -> dict[str, Any]:
    """The backdrop, size and seed that most of a category's pictures have."""
    ways = Counter(
        (
            image.recipe.get("style", "white"),
            (image.recipe.get("size") or [image.width])[0],
            bool(image.recipe.get("shadow")),
        )
        for image in images
    )
    style, size, shadow = ways.most_common(1)[0][0]
    return {"style": style, "size": size, "shadow": shadow}


def _make_alike(request: HttpRequest, images: list[GeneratedImage]) -> HttpResponse:
    """A job that stages the products that stand out before the backdrop, at the size and with the shadow of the rest.

    The product's own colours are never touched: a photo taken in other light is only told.
    """
    unlike = _unlike(images)
    chosen = [image for image in images if image.pk in unlike]
    if not chosen:
        messages.info(request, _("Nothing stands out in this category."))
        return HttpResponseRedirect(reverse("admin:prodgen_alike"))
    usual = _usual(images)
    options = {"styles": [usual["style"]], "size": usual["size"], "shadow": usual["shadow"], "photo": "first"}
    photos = {image.product_id: image.sources[:1] for image in chosen}
    try:
        job = create_job(
            "display",
            products=[image.product for image in chosen],
            photos=photos,
            options=options,
            created_by=request.user,
        )
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return HttpResponseRedirect(reverse("admin:prodgen_alike"))
    return HttpResponseRedirect(job.get_absolute_url())
