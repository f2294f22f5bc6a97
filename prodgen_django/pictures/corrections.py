"""Cut-outs that a person has mended, by an outline or by a box about what is meant: kept by photo, and used by every
later job."""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils.translation import gettext as _

from prodgen_django.jobs import create_job
from prodgen_django.models import CutOutCorrection
from prodgen_django.storage import save_content

if TYPE_CHECKING:
    from collections.abc import Sequence

    from prodgen_django.models import GeneratedImage, Job

__all__ = ["CutOutError", "limit", "mend"]

#: What a browser sends is a drawing of at most this many pixels and bytes; ours is made at 1200 px.
MOST_PIXELS, MOST_BYTES = 4_000_000, 4_000_000
#: Of the photo's side: less is a click.
LEAST_BOX = 0.02


class CutOutError(ValueError):
    """A drawing that cannot be used. The message is for the person who drew it."""


def mend(image: GeneratedImage, drawing: bytes, by: Any) -> Job:
    """Keep a drawn outline for the picture's photo and stage the picture again from it.

    `drawing`: a PNG of the photo's proportions, white where the product is. The new picture is a job of its own with
    the same options and seed; the old one, unless it is published, is rejected with a note, as it is replaced, where
    `by` may reject it, and else waits for somebody who may. Raises CutOutError.
    """
    from prodgen_django.imagefile import ImageRejected, inspect_image

    _can_be_staged(image)
    if len(drawing) > MOST_BYTES:
        raise CutOutError(_("The drawing is too large."))
    try:
        info = inspect_image(drawing, max_pixels=MOST_PIXELS)
    except ImageRejected as error:
        raise CutOutError(error.message) from error
    if info.format != "PNG":
        raise CutOutError(_("The drawing is no PNG."))
    return _staged_again(image, by, mask=save_content("cutouts", drawing, "png"))


def limit(image: GeneratedImage, box: Sequence[float], by: Any) -> Job:
    """Keep a box about what is meant in the picture's photo, and stage the picture again as `mend` does.

    `box`: left, top, right and bottom as shares of the photo. Raises CutOutError.
    """
    _can_be_staged(image)
    if len(box) != 4 or not all(isfinite(side) for side in box):
        raise CutOutError(_("The box is none."))
    left, top, right, bottom = (min(1.0, max(0.0, float(side))) for side in box)
    if right - left < LEAST_BOX or bottom - top < LEAST_BOX:
        raise CutOutError(_("The box is too small. Draw it about the whole product."))
    return _staged_again(image, by, box=[round(side, 4) for side in (left, top, right, bottom)])


def _can_be_staged(image: GeneratedImage) -> None:
    if image.kind != "display" or not image.sources or image.product is None:
        raise CutOutError(_("Only display pictures of a product that still exists can be staged again."))


def _staged_again(image: GeneratedImage, by: Any, **said: Any) -> Job:
    from prodgen_django.pictures import review

    ref = image.sources[0]
    with transaction.atomic():
        CutOutCorrection.objects.create(photo=ref, by=by, **said)
        job = create_job(
            "display",
            products=[image.product],
            photos={image.product_id: [ref]},
            options=_options(image),
            created_by=by,
            seed=image.seed,
        )
        if "reject" in review.allowed_actions(image, by):
            review.reject(image, by, note=_("Its cut-out was mended; staged again in job %d.") % job.pk)
    return job


def _options(image: GeneratedImage) -> dict[str, Any]:
    recipe = image.recipe
    made = {
        "styles": [recipe.get("style", "white")],
        "photo": "first",
        "candidates": 1,
        "shadow": bool(recipe.get("shadow")),
        "visible_label": bool(recipe.get("visible_label")),
        "straighten": bool(recipe.get("straighten", True)),
        "repair": "auto" if recipe.get("repair") else "off",
        "seed": image.seed,
    }
    for name in ("scene", "scene_words", "variation"):
        if recipe.get(name):
            made[name] = recipe[name]
    if recipe.get("move"):
        made["moves"] = {str(image.product_id): recipe["move"]}
    if recipe.get("size"):
        made["size"] = recipe["size"][0]
    extension = str(image.file.name).rpartition(".")[2].lower()
    return made | {"format": {"jpg": "jpeg"}.get(extension, extension)}
