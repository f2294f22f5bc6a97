"""Any Pillow mode to 8-bit sRGB, upright; worked in bands, so that a large picture takes its result and little more."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import numpy.typing as npt
from PIL import ExifTags, Image

from .profiles import conversion

Pixels = npt.NDArray[np.uint8]
Colour = tuple[int, int, int]

_BAND = 1 << 20  # pixels
_TIFF_BITS_PER_SAMPLE = 258

_AS_STORED: dict[int, Callable[[Pixels], Pixels]] = {
    1: lambda upright: upright,
    2: lambda upright: upright[:, ::-1],
    3: lambda upright: upright[::-1, ::-1],
    4: lambda upright: upright[::-1],
    5: lambda upright: upright.swapaxes(0, 1),
    6: lambda upright: np.rot90(upright, 1),
    7: lambda upright: upright.swapaxes(0, 1)[::-1, ::-1],
    8: lambda upright: np.rot90(upright, -1),
}
"""By EXIF orientation: an upright picture seen as the camera stored it (a view, not a copy)."""


def to_srgb(image: Image.Image, background: Colour | None = None) -> Pixels:
    """The decoded current frame of an image as uint8 H×W×3, or H×W×4 where some pixel is not opaque.

    With `background` the pixels are laid on that colour, and the result has three channels.
    """
    eight_bit = _depth(image)
    convert = conversion("L" if eight_bit else image.mode, image.info.get("icc_profile"))
    seen_through = any(alpha is not None and alpha.min() < 255 for _rows, _part, alpha in _bands(image))
    upright, stored = _canvas(image, 4 if seen_through and background is None else 3)
    for rows, part, alpha in _bands(image):
        colours = np.asarray(convert(eight_bit(part) if eight_bit else part))
        if alpha is None or not seen_through:
            stored[rows] = colours
        elif background is None:
            stored[rows, :, :3], stored[rows, :, 3] = colours, alpha
        else:
            stored[rows] = _laid_on(colours, alpha, background)
    return upright


def flatten(pixels: Pixels, background: Colour) -> Pixels:
    """Lay uint8 H×W×4 on one colour: uint8 H×W×3. Three channels come back unchanged."""
    if pixels.shape[2] == 3:
        return pixels
    out = np.empty((*pixels.shape[:2], 3), np.uint8)
    for rows in _rows(*pixels.shape[:2]):
        out[rows] = _laid_on(pixels[rows, :, :3], pixels[rows, :, 3], background)
    return out


def _laid_on(colours: Pixels, alpha: Pixels, background: Colour) -> Pixels:
    share = alpha[..., None].astype(np.uint16)
    mixed = colours * share + np.asarray(background, np.uint16) * (255 - share)
    return ((mixed + 127) // 255).astype(np.uint8)


def _rows(height: int, width: int) -> Iterator[slice]:
    step = max(1, _BAND // width)
    for top in range(0, height, step):
        yield slice(top, min(top + step, height))


def _bands(image: Image.Image) -> Iterator[tuple[slice, Image.Image, Pixels | None]]:
    """Bands of the stored raster from top to bottom, each with its alpha (uint8 h×w), or None for an opaque mode."""
    for rows in _rows(image.height, image.width):
        part = image.crop((0, rows.start, image.width, rows.stop))
        yield rows, part, _alpha(part) if part.has_transparency_data else None


def _alpha(part: Image.Image) -> Pixels:
    """How opaque each pixel is. One colour that stands for "transparent" is compared at the depth it was written in."""
    key = part.info.get("transparency")
    values = np.asarray(part.convert("L") if part.mode == "1" else part)
    if isinstance(key, int) and (part.mode in ("1", "L") or part.mode.startswith("I")):
        return np.where(values == key, 0, 255).astype(np.uint8)
    if isinstance(key, tuple) and part.mode == "RGB":
        return np.where((values == key).all(-1), 0, 255).astype(np.uint8)
    return np.asarray(part.convert("RGBA").getchannel("A"))


def _depth(image: Image.Image) -> Callable[[Image.Image], Image.Image] | None:
    """How a part of a picture with more than 8 bits becomes grey with 8; None where it has no more."""
    if image.mode.startswith("I"):
        white = _white_level(image)
    elif image.mode == "F":
        # Float pictures are kept as 0 to 1 (the usual), as 0 to 255, or in a range of their own.
        top = max(_largest(np.asarray(part)) for _rows, part, _alpha in _bands(image))
        white = 1.0 if top <= 1 else 255.0 if top <= 255 else top
    else:
        return None

    def reduce(part: Image.Image) -> Image.Image:
        values = np.nan_to_num(np.asarray(part).astype(np.float64), nan=0.0, posinf=white, neginf=0.0)
        return Image.fromarray(np.clip(np.rint(values * (255 / white)), 0, 255).astype(np.uint8))

    return reduce


def _largest(values: npt.NDArray[np.float32]) -> float:
    finite = values[np.isfinite(values)]
    return float(finite.max()) if finite.size else 1.0


def _white_level(image: Image.Image) -> float:
    bits = getattr(image, "tag_v2", {}).get(_TIFF_BITS_PER_SAMPLE, (16,))
    if (bits[0] if isinstance(bits, tuple) else bits) == 12:
        return 4095.0
    top = max(np.asarray(part).max(initial=0) for _rows, part, _alpha in _bands(image))
    return 65535.0 if top <= 65535 else float(2**32 - 1)


def _canvas(image: Image.Image, channels: int) -> tuple[Pixels, Pixels]:
    """The result, upright, and the same memory as the picture is stored: a row written there lands where it belongs."""
    turned = _orientation(image)
    rows, columns = image.size if turned >= 5 else image.size[::-1]
    upright = np.empty((rows, columns, channels), np.uint8)
    return upright, _AS_STORED[turned](upright)


def _orientation(image: Image.Image) -> int:
    """How the stored raster is to be turned, 1 to 8 as in EXIF."""
    try:
        turned = image.getexif().get(ExifTags.Base.Orientation, 1)
    except Exception:  # noqa: BLE001 - broken EXIF is common; the picture itself is well
        return 1
    return turned if turned in _AS_STORED else 1
