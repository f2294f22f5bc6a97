"""Runs of letters as pixels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont

from prodgen_django.studio.color import Pixels

from .faces import font
from .shaping import Run, options_of, text_of

Plane = npt.NDArray[np.uint8]


def rasterised(
    runs: Sequence[Run], language: str, size: float, room: tuple[int, int], x: float, y: float,
    struck: float = 0.0,
) -> tuple[Plane, Plane | None]:  # fmt: skip
    """Runs drawn from `x` on the baseline `y` into a room of (width, height) pixels.

    Returns how far letters cover each pixel, uint8 h×w, and what has colours of its own, uint8 h×w×4, or None.
    `struck`: how long a line goes through them. Small letters are drawn larger and made smaller: at their own size
    each is moved to whole pixels, and the gap between two words may be lost.
    """
    fine = 4 if size < 48 else 2 if size < 120 else 1
    x, y, size, struck = x * fine, round(y) * fine, size * fine, struck * fine
    whole = room[0] * fine, room[1] * fine
    plane = Image.new("L", whole)
    colours = Image.new("RGBA", whole) if any(run.face.strike for run in runs) else None
    draw = ImageDraw.Draw(plane)
    if struck:
        thick = max(fine, round(0.07 * size / fine) * fine)
        draw.line([(x, y - 0.27 * size), (x + struck, y - 0.27 * size)], fill=255, width=thick)
    for run in runs:
        used, text, options = font(run.face, size), text_of(run), options_of(run, language)
        scale = 1.0
        if run.face.strike and colours is not None:
            scale = size / run.face.strike
            _paste_emoji(used, text, options, scale, x, y, colours)
        else:
            draw.text((x, y), text, font=used, fill=255, anchor="ls", **options)
        x += used.getlength(text, **options) * scale
    own = np.asarray(colours.convert("RGBa").reduce(fine).convert("RGBA")) if colours is not None else None
    return np.asarray(plane.reduce(fine)), own


def _paste_emoji(
    used: ImageFont.FreeTypeFont, text: str, options: dict[str, Any], scale: float, x: float, y: float,
    colours: Image.Image,
) -> None:  # fmt: skip
    """Coloured bitmaps have one size; they are drawn at it and made smaller."""
    x0, y0, x1, y1 = used.getbbox(text, anchor="ls", **options)
    if x1 <= x0 or y1 <= y0:
        return
    picture = Image.new("RGBA", (int(x1 - x0), int(y1 - y0)))
    draw = ImageDraw.Draw(picture)
    draw.text((-x0, -y0), text, font=used, anchor="ls", embedded_color=True, **options)
    box = max(1, round(picture.width * scale)), max(1, round(picture.height * scale))
    picture = picture.convert("RGBa").resize(box, Image.Resampling.LANCZOS).convert("RGBA")
    colours.alpha_composite(picture, (max(0, round(x + x0 * scale)), max(0, round(y + y0 * scale))))


def lay(
    image: Pixels, plane: Plane, colours: Plane | None, corner: tuple[int, int], tone: tuple[int, int, int]
) -> None:
    """Lay letters in a colour, and what has its own, upon a picture (uint8 h×w×3), their `corner` at (left, top)."""
    left, top = corner
    y0, x0 = max(0, top), max(0, left)
    y1, x1 = min(image.shape[0], top + plane.shape[0]), min(image.shape[1], left + plane.shape[1])
    if y1 <= y0 or x1 <= x0:
        return
    inside = slice(y0 - top, y1 - top), slice(x0 - left, x1 - left)
    part = image[y0:y1, x0:x1]
    share = plane[inside][..., None].astype(np.float32) / 255
    mixed = part * (1 - share) + np.array(tone, np.float32) * share
    if colours is not None:
        own = colours[inside].astype(np.float32)
        mixed = mixed * (1 - own[..., 3:] / 255) + own[..., :3] * own[..., 3:] / 255
    image[y0:y1, x0:x1] = np.rint(mixed).astype(np.uint8)
