"""The smaller versions of an approved picture, made once in a worker so that no page ever waits for one."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from prodgen_django.conf import settings
from prodgen_django.models import GeneratedImage
from prodgen_django.pictures.signing import sealed_bytes
from prodgen_django.storage import DamagedFile, read_picture, save_content

logger = logging.getLogger("prodgen_django.pictures.renditions")

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from prodgen_django.models import Errand

EXTENSIONS = {"jpeg": "jpg"}
#: The code of the blocker by which a picture says that its file is damaged.
DAMAGED = "damaged"


def render(image_id: int) -> list[dict[str, Any]]:
    """Write a picture's renditions and note them in its row. Done again it changes nothing.

    Each is {"name", "format", "width", "height", "bytes"}; widths larger than the picture give one of its own
    width. A picture whose file is damaged gets none, and a blocker that says so instead; found whole again, it
    loses that.
    """
    from prodgen_django.imagefile import inspect_made, make_rendition

    image = GeneratedImage.objects.filter(pk=image_id).first()
    if image is None or image.state not in (GeneratedImage.State.APPROVED, GeneratedImage.State.PUBLISHED):
        return []
    others = [blocker for blocker in image.blockers if blocker.get("code") != DAMAGED]
    try:
        data = read_picture(image)
    except DamagedFile as error:
        logger.error("picture %s: %s", image.pk, error.message)
        blockers = [*others, {"code": DAMAGED, "message": error.message}]
        GeneratedImage.objects.filter(pk=image.pk).update(blockers=blockers)
        return []
    made = []
    widths = {min(width, image.width) for width in settings.RENDITION_WIDTHS}
    if image.kind == "campaign":
        # A hero is as wide as the page, and its small letters would not survive an enlargement.
        widths.add(min(image.width, 1920))
    for width in sorted(widths):
        for file_format in settings.RENDITION_FORMATS:
            smaller = make_rendition(data, width, file_format)
            info = inspect_made(smaller)
            if info.source_type:
                # A smaller copy would else lose the signed record that the picture itself carries.
                smaller = sealed_bytes(
                    smaller, file_format, info.source_type, image.title, tuple(image.sources)
                )
            made.append(
                {
                    "name": save_content("renditions", smaller, EXTENSIONS.get(file_format, file_format)),
                    "format": file_format,
                    "width": info.width,
                    "height": info.height,
                    "bytes": len(smaller),
                }
            )
    GeneratedImage.objects.filter(pk=image.pk).update(renditions=made, blockers=others)
    return made


def run_errand(errand: Errand, held: QuerySet[Errand]) -> bool:
    """What a worker does with the errand that an approval leaves."""
    if errand.image_id is not None:
        render(errand.image_id)
    return True
