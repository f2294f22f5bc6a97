"""Bytes to pixels: bounds before decoding, every frame checked, one exception for whatever is wrong."""

from __future__ import annotations

import io
import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import numpy as np
import numpy.typing as npt
from PIL import ExifTags, Image, UnidentifiedImageError

from .errors import ImageRejected
from .pixels import to_srgb
from .provenance import source_type_in

READABLE = ("JPEG", "PNG", "WEBP", "AVIF", "GIF", "TIFF", "BMP")
"""The formats that may be decoded; MPO opens as JPEG. Every other one that Pillow knows stays shut."""

MAX_BYTES = 40_000_000
MAX_PIXELS = 50_000_000
MAX_FRAMES = 30
MAX_SECONDS = 20.0
# A camera's progressive JPEG holds about ten scans. Each scan costs a pass over the whole picture and a few
# bytes of file, so thousands of them in a small file keep a decoder busy for hours.
_MAX_SCANS = 200
# Frames of an animation are decoded one after another: as much work as this many full-size pictures.
_MAX_FRAME_PIXELS = 4 * MAX_PIXELS

# What people send by mistake, so that the sentence they get can name it.
_OTHER_KINDS: tuple[tuple[int, bytes, str], ...] = (
    (4, b"ftypheic", "a HEIC photo, as iPhones take them"),
    (4, b"ftypheix", "a HEIC photo, as iPhones take them"),
    (4, b"ftypmif1", "a HEIF photo, as some phones take them"),
    (4, b"ftypmsf1", "a HEIF sequence"),
    (4, b"ftyphevc", "a HEIF sequence"),
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


@dataclass(frozen=True, slots=True)
class ImageInfo:
    """What a file's header says, before anything is decoded.

    `width` and `height` are those of the stored raster: an EXIF orientation is not yet applied.
    """

    format: str
    mode: str
    width: int
    height: int
    frames: int
    bytes: int
    icc: bool
    gps: bool
    source_type: str | None

    @property
    def megapixels(self) -> float:
        return self.width * self.height / 1e6


class _TimedBytes(io.BytesIO):
    """A file in memory whose reads stop at a deadline, which ends a decoder that is fed piece by piece."""

    deadline = float("inf")

    def read(self, size: int | None = -1, /) -> bytes:
        if time.monotonic() > self.deadline:
            raise TimeoutError
        return super().read(size)


def read_bytes(source: bytes | str | os.PathLike[str] | IO[bytes], *, max_bytes: int = MAX_BYTES) -> bytes:
    """The whole of `source`, if it is no longer than `max_bytes`: bytes, a path, or an open binary file.

    Raises ImageRejected with code "unreadable", "too_many_bytes" or "empty".
    """
    if isinstance(source, bytes | bytearray | memoryview):
        data = bytes(source)
    else:
        try:
            if isinstance(source, str | os.PathLike):
                with Path(source).open("rb") as file:
                    data = file.read(max_bytes + 1)
            else:
                if source.seekable():
                    source.seek(0)
                data = source.read(max_bytes + 1)
        except (OSError, ValueError) as error:
            raise ImageRejected("unreadable", "The picture's file is missing or cannot be read.") from error
    if len(data) > max_bytes:
        raise ImageRejected(
            "too_many_bytes",
            f"The file is larger than {max_bytes / 1e6:.0f} MB. Save it smaller or compress it more.",
        )
    if not data:
        raise ImageRejected("empty", "The file is empty. Upload it again.")
    return data


def inspect_image(
    source: bytes | str | os.PathLike[str] | IO[bytes],
    *,
    max_bytes: int = MAX_BYTES,
    max_pixels: int = MAX_PIXELS,
) -> ImageInfo:
    """What the header of `source` says; no pixel is decoded. Raises ImageRejected as `load_image` does."""
    data = read_bytes(source, max_bytes=max_bytes)
    try:
        with _open(_TimedBytes(data), data, max_pixels) as image:
            return ImageInfo(
                format=image.format or "",
                mode=image.mode,
                width=image.width,
                height=image.height,
                frames=getattr(image, "n_frames", 1),
                bytes=len(data),
                icc=bool(image.info.get("icc_profile")),
                gps=_has_gps(image),
                source_type=source_type_in(image.info.get("xmp") or image.info.get("XML:com.adobe.xmp")),
            )
    except ImageRejected:
        raise
    except Exception as error:
        raise _broken(error) from error


def load_image(
    source: bytes | str | os.PathLike[str] | IO[bytes],
    *,
    background: tuple[int, int, int] | None = None,
    max_bytes: int = MAX_BYTES,
    max_pixels: int = MAX_PIXELS,
    max_frames: int = MAX_FRAMES,
    max_seconds: float = MAX_SECONDS,
    min_side: int = 1,
) -> npt.NDArray[np.uint8]:
    """Decode one picture: uint8 H×W×3, or H×W×4 where some pixel is not opaque; sRGB; upright.

    `source` is the file's bytes, a path or an open binary file (Django's included). With `background`
    (R, G, B) transparent pixels are laid on that colour and the result always has three channels.

    EXIF orientation and an embedded ICC profile are applied; 16-bit, float, CMYK, Lab, palette and grey
    pictures are converted. The first frame is returned, but every frame up to `max_frames` must decode:
    a file whose second half is broken is refused. The deadline `max_seconds` is checked whenever a
    decoder asks for more bytes and between frames.

    Raises ImageRejected(code, message), and nothing else, for whatever is wrong with the file. Codes:
    unreadable, empty, too_many_bytes, not_an_image, format_not_allowed, too_many_pixels, too_small,
    too_slow, broken.
    """
    data = read_bytes(source, max_bytes=max_bytes)
    file = _TimedBytes(data)
    file.deadline = time.monotonic() + max_seconds
    try:
        with _open(file, data, max_pixels) as image:
            if min(image.size) < min_side:
                raise ImageRejected(
                    "too_small",
                    f"The picture is {image.width} × {image.height} pixels; "
                    f"each side needs {min_side} or more. Upload a larger one.",
                )
            _decode(image)
            pixels = to_srgb(image, background)
            _check_other_frames(image, file, max_pixels, max_frames)
            return pixels
    except ImageRejected:
        raise
    except Exception as error:
        raise _broken(error) from error


def _open(file: _TimedBytes, data: bytes, max_pixels: int) -> Image.Image:
    try:
        image = Image.open(file, formats=READABLE)
    except UnidentifiedImageError as error:
        raise _unknown(data) from error
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise _too_many_pixels(max_pixels) from error
    try:
        _check_size(image, max_pixels)
        if image.format in ("JPEG", "MPO") and data.count(b"\xff\xda") > _MAX_SCANS:
            raise ImageRejected(
                "too_slow", "The JPEG is built to be slow to open. Save it again as a normal JPEG."
            )
    except BaseException:
        image.close()
        raise
    return image


def _check_size(image: Image.Image, max_pixels: int) -> None:
    # Our cap is below the one at which Pillow begins to warn of a bomb, so its warning never decides.
    if image.width * image.height > max_pixels:
        raise _too_many_pixels(max_pixels, image.size)
    if min(image.size) < 1:
        raise ImageRejected("broken", "The picture has no pixels. Export it again.")


def _check_other_frames(image: Image.Image, file: _TimedBytes, max_pixels: int, max_frames: int) -> None:
    decoded = image.width * image.height
    for number in range(1, min(getattr(image, "n_frames", 1), max_frames)):
        if time.monotonic() > file.deadline:
            raise TimeoutError
        image.seek(number)
        _check_size(image, max_pixels)
        decoded += image.width * image.height
        if decoded > _MAX_FRAME_PIXELS:
            raise _too_many_pixels(max_pixels)
        _decode(image)


def _decode(image: Image.Image) -> None:
    try:
        image.load()
    except OSError as error:
        # A PNG that is cut after its last pixel has all that we want; libpng-based viewers show it as well.
        # Pillow raises this very text only when it reads on behind the pixels.
        if not (image.format == "PNG" and str(error) == "Truncated File Read"):
            raise
        image.load()


def _has_gps(image: Image.Image) -> bool:
    try:
        return bool(image.getexif().get_ifd(ExifTags.IFD.GPSInfo))
    except Exception:  # noqa: BLE001 - broken EXIF is common, and holds no position that anybody could read
        return False


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


def _too_many_pixels(max_pixels: int, size: tuple[int, int] | None = None) -> ImageRejected:
    found = f" ({size[0]} × {size[1]})" if size else ""
    return ImageRejected(
        "too_many_pixels",
        f"It has too many pixels{found}. Make it smaller: {max_pixels / 1e6:.0f} megapixels at most.",
    )


def _broken(error: BaseException) -> ImageRejected:
    if isinstance(error, TimeoutError):
        return ImageRejected(
            "too_slow", "The picture takes too long to open. Save it again as a normal JPEG."
        )
    if isinstance(error, MemoryError):
        return ImageRejected("too_many_pixels", "The picture needs too much memory to open. Make it smaller.")
    if isinstance(error, Image.DecompressionBombError | Image.DecompressionBombWarning):
        return _too_many_pixels(MAX_PIXELS)
    return ImageRejected(
        "broken",
        "The picture's file is damaged or cut short. Upload it again, or export it from the original.",
    )
