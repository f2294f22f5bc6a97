"""Bytes to an open Pillow picture: its kind told by its first bytes, its header within bounds, nothing decoded.

Pillow's own `Image.open` is not asked: it would read the index of a phone's side pictures and fall over one that is
missing, take whatever format another package has registered, and apply a limit of pixels that holds for the whole
process and not for this picture.
"""

from __future__ import annotations

import io
import re
import struct
import time

from PIL import (
    AvifImagePlugin,
    BmpImagePlugin,
    GifImagePlugin,
    Image,
    ImageFile,
    JpegImagePlugin,
    PngImagePlugin,
    TiffImagePlugin,
    WebPImagePlugin,
)

from . import jpeg, png
from .errors import ImageRejected

_READERS: tuple[tuple[re.Pattern[bytes], type[ImageFile.ImageFile]], ...] = (
    (re.compile(rb"\xff\xd8\xff"), JpegImagePlugin.JpegImageFile),
    (re.compile(rb"\x89PNG\r\n\x1a\n"), PngImagePlugin.PngImageFile),
    (re.compile(rb"RIFF....WEBP", re.DOTALL), WebPImagePlugin.WebPImageFile),
    # A container of the last two may as well hold HEVC, and is then refused by this reader.
    (re.compile(rb"....ftyp(avif|avis|mif1|msf1)", re.DOTALL), AvifImagePlugin.AvifImageFile),
    (re.compile(rb"GIF8[79]a"), GifImagePlugin.GifImageFile),
    (re.compile(rb"II[*+]\0|MM\0[*+]|II\0\*|MM\*\0"), TiffImagePlugin.TiffImageFile),
    (re.compile(rb"BM"), BmpImagePlugin.BmpImageFile),
)

READABLE = (*(str(reader.format) for _magic, reader in _READERS), "HEIF")
"""The formats that may be decoded. Every other one that Pillow knows stays shut; HEIF needs the extra `heic`."""

_GIF_XMP = b"\x21\xff\x0bXMP DataXMP"
_MAX_GIF_XMP = 4_000_000
_AVIF_BRANDS = (b"avif", b"avis")
# Brands of files that hold HEVC pictures, or may.
_HEIF_BRANDS = (
    b"heic",
    b"heix",
    b"heim",
    b"heis",
    b"hevc",
    b"hevx",
    b"hevm",
    b"hevs",
    b"mif1",
    b"msf1",
    b"mif2",
)

# What people send by mistake, so that the sentence they get can name it.
_OTHER_KINDS: tuple[tuple[int, bytes, str], ...] = (
    (4, b"ftyp", "a video"),
    (0, b"%PDF", "a PDF document"),
    (0, b"%!PS", "a PostScript drawing"),
    (0, b"\xc5\xd0\xd3\xc6", "a PostScript drawing"),
    (0, b"8BPS", "a Photoshop document"),
    (0, b"PK\x03\x04", "a ZIP archive"),
    (0, b"\x00\x00\x01\x00", "an icon"),
    (0, b"icns", "an icon"),
    (0, b"\x00\x00\x00\x0cjP  ", "a JPEG 2000 picture"),
    (0, b"\xff\x4f\xff\x51", "a JPEG 2000 picture"),
    (0, b"\xff\x0a", "a JPEG XL picture"),
    (0, b"\x00\x00\x00\x0cJXL ", "a JPEG XL picture"),
    (0, b"DDS ", "a texture file"),
    (0, b"qoif", "a QOI picture"),
    (0, b"\x01\xda", "an SGI picture"),
)


class TimedBytes(io.BytesIO):
    """A file in memory whose reads stop at a deadline, which ends a decoder that is fed piece by piece."""

    deadline = float("inf")

    def read(self, size: int | None = -1, /) -> bytes:
        if time.monotonic() > self.deadline:
            raise TimeoutError
        return super().read(size)


def open_image(data: bytes, max_pixels: int, deadline: float) -> ImageFile.ImageFile:
    """The picture that `data` holds, its first frame ready to be loaded.

    `deadline`: by `time.monotonic`; a read beyond it raises TimeoutError. Raises ImageRejected with code not_an_image,
    format_not_allowed, too_many_pixels, too_slow or broken, and whatever Pillow raises for a damaged header.
    """
    scans = jpeg.count_scans(data) if data.startswith(jpeg.MAGIC) else 0
    beside: dict[str, bytes] = {}
    if data.startswith(png.MAGIC):
        data, beside = png.lighten(data)
    elif data.startswith(b"GIF8") and (packet := data.find(_GIF_XMP)) >= 0:
        # Pillow does not read it. It has no length and ends as XML does.
        beside = {"xmp": data[packet + len(_GIF_XMP) : packet + _MAX_GIF_XMP]}
    image = _read_header(data, deadline)
    try:
        check_size(image, max_pixels)
        if scans:
            jpeg.check_work(scans, image)
        for name, value in beside.items():
            image.info.setdefault(name, value)
        if image.format == "PNG":
            png.scale_key(image, data)
    except BaseException:
        image.close()
        raise
    return image


def check_size(image: Image.Image, max_pixels: int) -> None:
    """Raises ImageRejected where a picture or frame has more pixels than that, or none."""
    if image.width * image.height > max_pixels:
        raise too_many_pixels(max_pixels, image.size)
    if min(image.size) < 1:
        raise ImageRejected("broken", "The picture has no pixels. Export it again.")


def too_many_pixels(max_pixels: int, size: tuple[int, int] | None = None) -> ImageRejected:
    found = f" ({size[0]} × {size[1]})" if size else ""
    return ImageRejected(
        "too_many_pixels",
        f"It has too many pixels{found}. Make it smaller: {max_pixels / 1e6:.4g} megapixels at most.",
    )


def _read_header(data: bytes, deadline: float) -> ImageFile.ImageFile:
    for magic, reader in _READERS:
        if magic.match(data):
            image = _try(reader, data, deadline)
            if image is not None:
                return image
    if data[4:8] == b"ftyp" and data[8:12] in _HEIF_BRANDS:
        return _open_heif(data, deadline)
    if data[4:8] == b"ftyp" and data[8:12] in _AVIF_BRANDS:
        raise ImageRejected(
            "broken", "The AVIF file is damaged or cut short. Upload it again, or export it anew."
        )
    raise _unknown(data)


def _try(reader: type[ImageFile.ImageFile], data: bytes, deadline: float) -> ImageFile.ImageFile | None:
    file = TimedBytes(data)
    file.deadline = deadline
    try:
        return reader(file)
    except (SyntaxError, IndexError, TypeError, struct.error):
        return None  # as Pillow's own `open` has it: a file of another kind, or of this one with a senseless header


def _open_heif(data: bytes, deadline: float) -> ImageFile.ImageFile:
    try:
        # The class and not its registration: what other code of the process opens with Pillow stays as it is.
        from pillow_heif import HeifImageFile
    except ImportError as error:
        raise ImageRejected(
            "format_not_allowed",
            "This is a HEIC photo, as iPhones take them. Save it as JPEG (on the iPhone: Settings, Camera, Formats, "
            "Most Compatible), or have the shop's server read it: pip install 'prodgen-django[heic]'.",
        ) from error
    image = _try(HeifImageFile, data, deadline)
    if image is None:
        raise ImageRejected(
            "format_not_allowed",
            "This HEIC photo is damaged or of a kind that cannot be read. Save it as JPEG and try again.",
        )
    return image


def _unknown(data: bytes) -> ImageRejected:
    for offset, magic, kind in _OTHER_KINDS:
        if data.startswith(magic, offset):
            return ImageRejected(
                "format_not_allowed", f"This is {kind}. Save it as JPEG, PNG or WebP and try again."
            )
    if b"<svg" in data[:4096].lower():
        return ImageRejected(
            "format_not_allowed", "This is an SVG drawing. Save it as PNG or JPEG and try again."
        )
    return ImageRejected(
        "not_an_image",
        "This is no picture that we can open. Use a JPEG, PNG, WebP, AVIF, GIF, TIFF or BMP file.",
    )
