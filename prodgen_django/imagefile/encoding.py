"""Pixels to bytes: no private metadata, always the source type, the same bytes for the same pixels."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image, PngImagePlugin

from .loading import load_made, read_source_type
from .pixels import flatten
from .provenance import IPTC_TERMS, xmp_packet

FORMATS: dict[str, str] = {"jpeg": "jpg", "png": "png", "webp": "webp", "avif": "avif"}
"""The formats that we write, each with its file extension."""

MIME_TYPES: dict[str, str] = {name: f"image/{name}" for name in FORMATS}

_QUALITY = {"jpeg": 90, "webp": 86, "avif": 75}
_MAX_SIDE = {"jpeg": 65_535, "webp": 16_383, "avif": 65_535, "png": 2**31 - 1}
_FULL_CHROMA_FROM = 88  # at and above this quality a JPEG keeps its colours at full resolution
_WHITE = (255, 255, 255)


def encode_image(
    pixels: npt.NDArray[np.uint8],
    *,
    format: str = "jpeg",  # noqa: A002 - the name that the public face promises
    source_type: str | None,
    quality: int | None = None,
    lossless: bool = False,
    system: str = "",
    effort: int | None = None,
    carried: bool = False,
) -> bytes:
    """A file of `format` ("jpeg", "png", "webp" or "avif") that holds `pixels` and says how they came to be.

    `pixels`: uint8 H×W, H×W×3 or H×W×4, sRGB; JPEG has no transparency, so there the picture is laid on
    white.
    `source_type`: a term of `IPTC_TERMS`, written into XMP as IPTC DigitalSourceType, or None where
    nothing is known of a stranger's picture. `system` names the trained model that had a part in it.
    `carried`: the term was read from a file; one that is younger than this list of terms is then written too.
    `quality`: 1 to 100 (JPEG 90, WebP 86, AVIF 75 by default; PNG has none). `lossless` is for WebP.
    `effort`: how long to look for a smaller file, 0 to 6 for WebP, 0 to 9 for PNG and AVIF; a JPEG with 0 is written
    in one pass, four times as fast and a twentieth larger.

    EXIF, and with it any position, is never written. The same pixels give the same bytes.
    Raises ValueError for arrays, formats, qualities or source types that cannot be.
    """
    if format not in FORMATS:
        raise ValueError(f"{format!r} is no format that we write: {', '.join(FORMATS)}")
    if quality is not None and not 1 <= quality <= 100:
        raise ValueError(f"quality is {quality}, but runs from 1 to 100")
    if source_type is not None and not carried and source_type not in IPTC_TERMS:
        raise ValueError(f"{source_type!r} is no IPTC DigitalSourceType: {', '.join(sorted(IPTC_TERMS))}")
    image = _to_pillow(pixels, format)
    quality = _QUALITY.get(format) if quality is None else quality
    xmp = xmp_packet(source_type, system=system) if source_type is not None else None
    options = _options(format, quality, effort, lossless)
    if format == "png":
        options["pnginfo"] = _png_chunks(xmp)
    elif xmp:
        options["xmp"] = xmp
    file = io.BytesIO()
    try:
        image.save(file, format.upper(), **options)
    except OSError:
        if format != "jpeg":
            raise
        # Pillow gives an optimised JPEG a byte a pixel. Noise needs more, and the plain way has no such limit.
        file = io.BytesIO()
        image.save(file, "JPEG", **(options | {"optimize": False, "progressive": False}))
    return file.getvalue()


def _options(format: str, quality: int | None, effort: int | None, lossless: bool) -> dict[str, Any]:  # noqa: A002
    """What Pillow's encoder of this format is told."""
    if format == "png":
        return {"compress_level": 6 if effort is None else effort}
    if format == "jpeg":
        full = quality is not None and quality >= _FULL_CHROMA_FROM
        careful = effort != 0
        return {
            "quality": quality,
            "optimize": careful,
            "progressive": careful,
            "subsampling": "4:4:4" if full else "4:2:0",
        }
    if format == "webp":
        # Sharp conversion keeps the colour of thin lines, such as print on a product.
        method = 4 if effort is None else effort
        return {"quality": quality, "method": method, "lossless": lossless, "use_sharp_yuv": True}
    # One thread: with more the encoder cuts tiles by the number of cores, and bytes differ by machine.
    return {"quality": quality, "speed": 9 - (3 if effort is None else effort), "max_threads": 1}


def fitting_format(format: str, width: int, height: int) -> str:  # noqa: A002
    """`format` where it holds a picture of so many pixels, else the first of JPEG and PNG that does."""
    return next(f for f in (format, "jpeg", "png") if max(width, height) <= _MAX_SIDE[f])


def make_rendition(
    source: bytes | npt.NDArray[np.uint8],
    width: int,
    format: str = "jpeg",  # noqa: A002
    *,
    height: int | None = None,
    source_type: str | None = None,
    quality: int | None = None,
) -> bytes:
    """A smaller copy of a picture that keeps what the picture says of its origin.

    `source` is the bytes of a file that we wrote, whose own source type is kept, or pixels, for which
    `source_type` says it.
    The copy fits into `width` (and `height`) with its proportions kept, and is never larger than the
    original, nor than the format holds. Raises ImageRejected where the bytes are no picture.
    """
    carried = False
    if isinstance(source, np.ndarray):
        pixels = source
    else:
        pixels = load_made(source)
        found = read_source_type(source)
        source_type, carried = found or source_type, found is not None
    rows, columns = pixels.shape[:2]
    scale = min(
        1.0, width / columns, height / rows if height else 1.0, _MAX_SIDE[format] / max(rows, columns)
    )
    size = (max(1, round(columns * scale)), max(1, round(rows * scale)))
    if size != (columns, rows):
        # Pillow weighs by alpha in RGBA resizing only if told to: premultiply, or edges take a dark rim.
        image = Image.fromarray(pixels)
        if image.mode == "RGBA":
            image = (
                image.convert("RGBa").resize(size, Image.Resampling.LANCZOS, reducing_gap=3.0).convert("RGBA")
            )
        else:
            image = image.resize(size, Image.Resampling.LANCZOS, reducing_gap=3.0)
        pixels = np.asarray(image)
    return encode_image(pixels, format=format, source_type=source_type, quality=quality, carried=carried)


def _to_pillow(pixels: npt.NDArray[np.uint8], format: str) -> Image.Image:  # noqa: A002
    if not isinstance(pixels, np.ndarray) or pixels.dtype != np.uint8:
        raise ValueError(
            f"pixels must be a uint8 array, not {getattr(pixels, 'dtype', type(pixels).__name__)}"
        )
    if not (pixels.ndim == 2 or (pixels.ndim == 3 and pixels.shape[2] in (3, 4))) or 0 in pixels.shape:
        raise ValueError(f"pixels must be H×W, H×W×3 or H×W×4, not {pixels.shape}")
    if max(pixels.shape[:2]) > _MAX_SIDE[format]:
        raise ValueError(
            f"{format} holds at most {_MAX_SIDE[format]} pixels a side, not {max(pixels.shape[:2])}"
        )
    if pixels.ndim == 3 and pixels.shape[2] == 4 and format == "jpeg":
        pixels = flatten(pixels, _WHITE)
    image = Image.fromarray(np.ascontiguousarray(pixels))
    # A grey JPEG is refused by some channels, and its rule is then hard to explain: write three channels.
    return image.convert("RGB") if image.mode == "L" else image


def _png_chunks(xmp: bytes | None) -> PngImagePlugin.PngInfo:
    chunks = PngImagePlugin.PngInfo()
    chunks.add(b"sRGB", b"\x00")
    if xmp:
        chunks.add_itxt("XML:com.adobe.xmp", xmp.decode())
    return chunks
