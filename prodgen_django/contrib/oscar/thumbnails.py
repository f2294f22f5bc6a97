"""A thumbnailer for OSCAR_THUMBNAILER that keeps what a picture says of its origin, and its colours.

Both of Oscar's own drop the XMP packet with the IPTC DigitalSourceType, and with it the only mark that says
that a picture is synthetic; and the ICC profile, without which a phone's photo (Display P3) is pale.
"""

from __future__ import annotations

from typing import Any

from django.core.files.base import ContentFile
from django.utils.module_loading import import_string
from easy_thumbnails import engine
from easy_thumbnails.conf import settings as easy_settings
from easy_thumbnails.files import Thumbnailer, ThumbnailerFieldFile, ThumbnailFile
from easy_thumbnails.files import get_thumbnailer as get_easy_thumbnailer
from oscar.core.thumbnails import EasyThumbnails


def _in_srgb(source: Any, **options: Any) -> Any:
    """A source generator of easy-thumbnails for pictures with a profile: converted to sRGB. None for all others."""
    from PIL import Image

    from prodgen_django.imagefile import inspect_image
    from prodgen_django.recipes.photos import bounds, load_upload

    data = source.read() if source else b""
    if not data or not inspect_image(data, **bounds()).icc:
        return None
    return Image.fromarray(load_upload(data))


class _Provenance:
    """Mixed into one of easy-thumbnails' thumbnailers: converts a picture with a profile to sRGB and writes the
    source's own mark into the thumbnail.
    """

    @property
    def source_generators(self) -> list[Any]:
        # Where ours gives none, or cannot open the file, the shop's own are asked.
        return [_in_srgb, *(import_string(name) for name in easy_settings.THUMBNAIL_SOURCE_GENERATORS)]

    def generate_thumbnail(self, thumbnail_options: Any, silent_template_exception: bool = False) -> Any:
        made = super().generate_thumbnail(thumbnail_options, silent_template_exception)  # type: ignore[misc]
        packet = self._packet()
        if packet is None or made.name.lower().endswith(".svg"):
            return made
        options = self.get_options(thumbnail_options)  # type: ignore[attr-defined]
        extra: dict[str, Any] = {"xmp": packet}
        if made.name.lower().endswith(".png"):
            from PIL.PngImagePlugin import PngInfo

            info = PngInfo()
            info.add_itxt("XML:com.adobe.xmp", packet.decode())
            extra = {"pnginfo": info}
        # From the scaled pixels and not from the encoded thumbnail: nothing is compressed twice.
        data = engine.save_pil_image(
            made.image,
            filename=made.name,
            quality=options["quality"],
            subsampling=options["subsampling"],
            **extra,
        ).read()
        marked = ThumbnailFile(
            made.name,
            file=ContentFile(data),
            storage=self.thumbnail_storage,  # type: ignore[attr-defined]
            thumbnail_options=options,
        )
        marked.image = made.image
        marked._committed = False
        return marked

    def _packet(self) -> bytes | None:
        from prodgen_django.imagefile import ImageRejected, read_source_type
        from prodgen_django.imagefile.provenance import xmp_packet

        storage = self.source_storage  # type: ignore[attr-defined]
        try:
            with storage.open(self.name, "rb") as file:  # type: ignore[attr-defined]
                source_type = read_source_type(file.read())
        except (OSError, ImageRejected):
            return None
        return xmp_packet(source_type) if source_type else None


class _MarkedFieldFile(_Provenance, ThumbnailerFieldFile):
    pass


class _MarkedThumbnailer(_Provenance, Thumbnailer):
    pass


class MarkedThumbnails(EasyThumbnails):
    """``OSCAR_THUMBNAILER = "prodgen_django.contrib.oscar.thumbnails.MarkedThumbnails"``; needs
    easy-thumbnails."""

    def generate_thumbnail(self, source: Any, **opts: Any) -> Any:
        width, height = opts["size"].split("x")
        opts["size"] = (width or 0, height or 0)
        thumbnailer = get_easy_thumbnailer(source)
        # The same object with the same options and cache, of a class that also keeps the mark.
        marked = _MarkedFieldFile if isinstance(thumbnailer, ThumbnailerFieldFile) else _MarkedThumbnailer
        thumbnailer.__class__ = marked
        return thumbnailer.get_thumbnail(opts)
