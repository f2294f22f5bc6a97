"""Whether Oscar's thumbnailer makes thumbnails: without it every listing shows broken pictures."""

from __future__ import annotations

import io
import uuid
from collections.abc import Iterator

from django.conf import settings as django_settings
from django.core.files.base import ContentFile
from oscar.core.loading import get_model
from oscar.core.thumbnails import get_thumbnailer
from PIL import Image

from prodgen_django.conf import settings
from prodgen_django.doctor import Finding, bounded, examination

PART = "thumbnails"


@examination(PART)
def thumbnailer_makes_thumbnails(seconds: float) -> Iterator[Finding]:
    name = str(django_settings.OSCAR_THUMBNAILER)
    folder = settings.STORAGE_PREFIX
    try:
        size = _make_one(f"{folder}/doctor/{uuid.uuid4().hex}.png", seconds)
    except Exception as error:  # noqa: BLE001  (each thumbnailer and storage raises its own)
        yield Finding(
            PART,
            "fault",
            f"OSCAR_THUMBNAILER is {name!r}, which makes no thumbnail: {type(error).__name__}: {error}".strip(),
            "Put its app (easy_thumbnails or sorl.thumbnail) into INSTALLED_APPS and run: python manage.py migrate",
        )
        return
    if max(size) > 40:
        yield Finding(PART, "fault", f"{name} made a thumbnail of {size[0]} × {size[1]} for one of 40 × 40.")
        return
    if name.startswith("oscar."):
        yield Finding(
            PART,
            "warning",
            f"{name} makes thumbnails without the mark that says that a picture is synthetic.",
            'OSCAR_THUMBNAILER = "prodgen_django.contrib.oscar.thumbnails.MarkedThumbnails" keeps it.',
        )
        return
    yield Finding(PART, "ok", f"{name} made a thumbnail.")


def _make_one(name: str, seconds: float) -> tuple[int, int]:
    """The size of a thumbnail made of a picture made for it; both are deleted again."""
    file = io.BytesIO()
    Image.new("RGB", (80, 60), (30, 90, 150)).save(file, "PNG")
    # As the shop's pages ask for it: of a product image's field, here of one that is in no table.
    original = get_model("catalogue", "ProductImage")().original
    original.name = bounded(lambda: original.storage.save(name, ContentFile(file.getvalue())), seconds)
    thumbnailer, storage, picture = get_thumbnailer(), original.storage, original.name
    try:
        made = thumbnailer.generate_thumbnail(original, size="40x40")
        with made.storage.open(made.name) as opened, Image.open(opened) as image:
            return image.size
    finally:
        thumbnailer.delete_thumbnails(original)
        if storage.exists(picture):
            storage.delete(picture)
