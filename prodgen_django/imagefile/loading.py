"""Bytes to pixels: bounds before decoding, every frame checked, one exception for whatever is wrong."""

from __future__ import annotations

import os
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import numpy as np
import numpy.typing as npt
from PIL import ExifTags, Image, ImageFile

from .errors import ImageRejected
from .opening import check_size, open_image, too_many_pixels
from .pixels import to_srgb
from .provenance import source_type_in

MAX_BYTES = 40 * 1024 * 1024
MAX_PIXELS = 52_000_000
"""Phones and cameras "of 50 megapixels" write up to 51.4."""
MAX_FRAMES = 30
MAX_SECONDS = 20.0

_MADE_PIXELS = 120_000_000  # stitching makes pictures of at most 80 megapixels
# Frames of an animation are decoded one after another: as much work as this many pictures of the most pixels.
_FRAMES_AS_PICTURES = 4


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
                data = _read_stream(source, max_bytes + 1)
        except (OSError, ValueError) as error:
            raise ImageRejected("unreadable", "The picture's file is missing or cannot be read.") from error
    if len(data) > max_bytes:
        raise ImageRejected(
            "too_many_bytes",
            f"The file is larger than {max_bytes / 1e6:.4g} MB. Save it smaller or compress it more.",
        )
    if not data:
        raise ImageRejected("empty", "The file is empty. Upload it again.")
    return data


def _read_stream(source: IO[bytes], most: int) -> bytes:
    """What a stream holds from its beginning, up to `most` bytes. One read of a network's may give less than asked."""
    if hasattr(source, "seekable") and source.seekable():
        source.seek(0)
    parts, left = [], most
    while left > 0 and (part := source.read(left)):
        parts.append(part)
        left -= len(part)
    return b"".join(parts)


def inspect_image(
    source: bytes | str | os.PathLike[str] | IO[bytes],
    *,
    max_bytes: int = MAX_BYTES,
    max_pixels: int = MAX_PIXELS,
    max_seconds: float = MAX_SECONDS / 4,
) -> ImageInfo:
    """What the header of `source` says; no pixel is decoded. Raises ImageRejected as `load_image` does."""
    data = read_bytes(source, max_bytes=max_bytes)
    try:
        with open_image(data, max_pixels, time.monotonic() + max_seconds) as image:
            return ImageInfo(
                format=image.format or "",
                mode=image.mode,
                width=image.width,
                height=image.height,
                frames=_frames(image),
                bytes=len(data),
                icc=bool(image.info.get("icc_profile")),
                gps=_has_gps(image),
                source_type=_source_type(image),
            )
    except ImageRejected:
        raise
    except Exception as error:
        raise _broken(error, max_pixels) from error


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
    a file whose second half is broken is refused. Side pictures of a phone's photo (a preview, a gain map,
    a second eye) and whatever follows a picture's end are not looked at. The deadline `max_seconds` is
    checked whenever a decoder asks for more bytes and between frames.

    Raises ImageRejected(code, message), and nothing else, for whatever is wrong with the file. Codes:
    unreadable, empty, too_many_bytes, not_an_image, format_not_allowed, too_many_pixels, too_small,
    too_slow, broken.
    """
    data = read_bytes(source, max_bytes=max_bytes)
    deadline = time.monotonic() + max_seconds
    try:
        with open_image(data, max_pixels, deadline) as image:
            if min(image.size) < min_side:
                raise ImageRejected(
                    "too_small",
                    f"The picture is {image.width} × {image.height} pixels; "
                    f"each side needs {min_side} or more. Upload a larger one.",
                )
            _decode(image, max_pixels)
            pixels = to_srgb(image, background)
            _check_other_frames(image, deadline, max_pixels, max_frames)
            return pixels
    except ImageRejected:
        raise
    except Exception as error:
        raise _broken(error, max_pixels) from error


def load_made(data: bytes, *, background: tuple[int, int, int] | None = None) -> npt.NDArray[np.uint8]:
    """`load_image` for a picture that we wrote ourselves: what limits strangers' files is no reason to refuse it."""
    return load_image(data, background=background, max_bytes=len(data), max_pixels=_MADE_PIXELS)


def inspect_made(data: bytes) -> ImageInfo:
    """`inspect_image` without bounds of bytes and pixels: nothing is decoded, and the bytes are here already."""
    return inspect_image(data, max_bytes=len(data), max_pixels=sys.maxsize)


def read_source_type(data: bytes) -> str | None:
    """The IPTC DigitalSourceType (its last word, such as "compositeCapture") that a file carries, or None.

    `data` is a whole file in one of the formats that `load_image` takes, of any size; nothing is decoded.
    Raises ImageRejected where it is no such file.
    """
    return inspect_made(data).source_type


def _frames(image: ImageFile.ImageFile) -> int:
    # A HEIC file's further pictures are what a camera took besides, and no animation.
    return 1 if image.format == "HEIF" else int(getattr(image, "n_frames", 1))


def _check_other_frames(
    image: ImageFile.ImageFile, deadline: float, max_pixels: int, max_frames: int
) -> None:
    decoded = image.width * image.height
    for number in range(1, min(_frames(image), max_frames)):
        if time.monotonic() > deadline:
            raise TimeoutError
        image.seek(number)
        check_size(image, max_pixels)
        decoded += image.width * image.height
        if decoded > _FRAMES_AS_PICTURES * max_pixels:
            raise too_many_pixels(max_pixels)
        _decode(image, max_pixels)


def _decode(image: ImageFile.ImageFile, max_pixels: int) -> None:
    try:
        image.load()
    except OSError as error:
        # A PNG that is cut after its last pixel has all that we want; libpng-based viewers show it as well.
        # Pillow raises this very text only when it reads on behind the pixels.
        if not (image.format == "PNG" and str(error) == "Truncated File Read"):
            raise
        image.load()
    check_size(image, max_pixels)  # what is decoded may be of another size than the header said


def _source_type(image: Image.Image) -> str | None:
    xmp = image.info.get("xmp") or image.info.get("XML:com.adobe.xmp")
    # A TIFF's may be anything, such as a list of numbers.
    return source_type_in(xmp) if isinstance(xmp, bytes | str) else None


def _has_gps(image: Image.Image) -> bool:
    try:
        return bool(image.getexif().get_ifd(ExifTags.IFD.GPSInfo))
    except Exception:  # noqa: BLE001 - broken EXIF is common, and holds no position that anybody could read
        return False


def _broken(error: BaseException, max_pixels: int) -> ImageRejected:
    if isinstance(error, TimeoutError):
        return ImageRejected(
            "too_slow", "The picture takes too long to open. Save it again as a normal JPEG."
        )
    if isinstance(error, MemoryError):
        return ImageRejected("too_many_pixels", "The picture needs too much memory to open. Make it smaller.")
    if isinstance(error, Image.DecompressionBombError | Image.DecompressionBombWarning):
        return too_many_pixels(max_pixels)
    return ImageRejected(
        "broken",
        "The picture's file is damaged or cut short. Upload it again, or export it from the original.",
    )
