"""A brand kit's files: read before they are taken, and named by what they hold and are, never by what they were called.

A web server says what a file is by the end of its name: a picture that came as ``logo.html`` and kept that name would
be a page of the shop's own.
"""

from __future__ import annotations

import io
import struct
from typing import Any

from django.core.exceptions import ValidationError
from django.core.files.base import File
from django.db import models
from django.db.models.fields.files import FieldFile
from django.utils.translation import gettext_lazy as _

from prodgen_django.conf import settings
from prodgen_django.storage import hash_name

__all__ = ["FontField", "LogoField", "font_extension", "logo_extension"]

#: Largest file of a brand kit in bytes: a font of Chinese letters has 20 MB.
MOST_BYTES = 40_000_000
_PICTURES = {
    "JPEG": "jpg", "MPO": "jpg", "PNG": "png", "WEBP": "webp", "AVIF": "avif", "GIF": "gif", "TIFF": "tif",
    "BMP": "bmp", "HEIF": "heic",
}  # fmt: skip
_FONTS = {b"\0\1\0\0": "ttf", b"true": "ttf", b"OTTO": "otf", b"ttcf": "ttc"}
#: What a font cannot do without, and more tables or faces than any has.
_NEEDED = {b"cmap", b"head", b"hhea", b"hmtx", b"maxp"}
_OUTLINES = ({b"glyf", b"loca"}, {b"CFF "}, {b"CFF2"})
_MOST_TABLES, _MOST_FACES = 128, 64
#: The name's end for bytes that are nothing of what they should be, as a program may store them.
_UNKNOWN = "bin"


def logo_extension(data: bytes) -> str:
    """What the name of a picture's file should end with. Raises ValidationError where `data` is none, or not whole."""
    from prodgen_django.imagefile import ImageRejected, inspect_image, load_image

    try:
        most, pixels = settings.MAX_IMAGE_BYTES, settings.MAX_IMAGE_PIXELS
        found = inspect_image(data, max_bytes=most, max_pixels=pixels).format
        load_image(data, max_bytes=most, max_pixels=pixels)
    except ImageRejected as error:
        raise ValidationError(error.message, code=error.code) from error
    return _PICTURES[found]


def font_extension(data: bytes) -> str:
    """What the name of a font's file should end with: "ttf", "otf" or "ttc".

    Its tables have to lie within the file, and FreeType, which will draw with it, has to open every face. Raises
    ValidationError.
    """
    extension = _FONTS.get(data[:4])
    if extension is None or len(data) > MOST_BYTES:
        raise ValidationError(
            _("This is no TrueType or OpenType font. Web fonts (WOFF) cannot be used."), code="font"
        )
    try:
        starts = _faces(data) if extension == "ttc" else [0]
        for start in starts:
            _check_tables(data, start)
        for index in range(len(starts)):
            _check_opens(data, index)
    except (OSError, ValueError, struct.error) as error:
        raise ValidationError(
            _("This font is damaged or incomplete and cannot be used. Get the file anew and try again."),
            code="font_broken",
        ) from error
    return extension


def _faces(data: bytes) -> list[int]:
    """Where the faces of a collection begin."""
    (count,) = struct.unpack_from(">L", data, 8)
    if not 1 <= count <= _MOST_FACES:
        raise ValueError("no number of faces")
    return list(struct.unpack_from(f">{count}L", data, 12))


def _check_tables(data: bytes, start: int) -> None:
    (count,) = struct.unpack_from(">H", data, start + 4)
    if not 1 <= count <= _MOST_TABLES:
        raise ValueError("no number of tables")
    names = set()
    for place in range(count):
        name, _sum, offset, length = struct.unpack_from(">4sLLL", data, start + 12 + 16 * place)
        if offset + length > len(data):
            raise ValueError("a table ends behind the file")
        names.add(name)
    if not names >= _NEEDED or not any(names >= outlines for outlines in _OUTLINES):
        raise ValueError("a table is missing")


def _check_opens(data: bytes, index: int) -> None:
    from PIL import ImageFont

    font = ImageFont.truetype(io.BytesIO(data), 16, index=index, layout_engine=ImageFont.Layout.BASIC)
    font.getname()
    font.getlength("Aa0")


class _KitFile(FieldFile):
    field: _KitField

    def save(self, name: str, content: File[Any], save: bool = True) -> None:
        data = _read(content, self.field.most)
        try:
            extension = self.field.extension(data)
        except ValidationError:
            extension = _UNKNOWN  # told where it is used; here nothing may pass for something else
        super().save(hash_name(data, extension), content, save)


class _KitField(models.FileField):
    attr_class = _KitFile

    @property
    def most(self) -> int:
        """Bytes that a file may have."""
        return MOST_BYTES

    def extension(self, data: bytes) -> str:
        raise NotImplementedError

    def clean(self, value: Any, model_instance: models.Model | None) -> Any:
        file = super().clean(value, model_instance)
        if file and not file._committed:
            if file.size > self.most:
                raise ValidationError(
                    _("The file is larger than %(most)s MB."),
                    code="too_many_bytes",
                    params={"most": f"{self.most / 10**6:.4g}"},
                )
            self.extension(_read(file.file, self.most))
        return file


class LogoField(_KitField):
    """A picture in one of the formats that `imagefile` reads."""

    @property
    def most(self) -> int:
        return int(settings.MAX_IMAGE_BYTES)

    def extension(self, data: bytes) -> str:
        return logo_extension(data)


class FontField(_KitField):
    """A TrueType or OpenType file."""

    def extension(self, data: bytes) -> str:
        return font_extension(data)


def _read(file: File[Any], most: int) -> bytes:
    file.seek(0)
    data = file.read(most + 1)
    file.seek(0)
    return bytes(data)
