"""Captions under the cells of a layout, drawn by Pillow; a missing font or glyph never stops a picture."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
from PIL import Image as PillowImage
from PIL import ImageDraw, ImageFont

from .options import Image

# Looked up by name in the system's font folders; the first that has all letters is taken.
FONTS = (
    "DejaVuSans.ttf",
    "NotoSans-Regular.ttf",
    "LiberationSans-Regular.ttf",
    "Arial.ttf",
    "Helvetica.ttc",
    "NotoSansCJK-Regular.ttc",
    "wqy-microhei.ttc",
    "msyh.ttc",
    "PingFang.ttc",
    "Arial Unicode.ttf",
)


@lru_cache(maxsize=64)
def _load(name: str, size: int) -> Any:
    try:
        return ImageFont.truetype(name, size)
    except (OSError, ValueError):
        return None


@lru_cache(maxsize=256)
def _has(name: str, letter: str) -> bool:
    font = _load(name, 24)
    if font is None:
        return False
    missing, drawn = font.getmask("\uffff"), font.getmask(letter)
    return bool(drawn.size != missing.size or bytes(drawn) != bytes(missing))


def font_for(text: str, size: int) -> Any:
    """A font of `size` pixels that has the letters of `text`, or the one that has most of them."""
    letters = {c for c in text if not c.isspace()}
    best, most = None, -1
    for name in FONTS:
        if _load(name, size) is None:
            continue
        have = sum(_has(name, c) for c in letters)
        if have > most:
            best, most = name, have
        if have == len(letters):
            break
    found = _load(best, size) if best else None
    return found if found is not None else ImageFont.load_default(size)


def wrap(text: str, font: Any, width: float, lines: int = 2) -> list[str]:
    """Break at words (or anywhere, where one word is too long) into at most `lines`; the rest becomes an
    ellipsis."""
    text = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    made: list[str] = []
    while text and len(made) < lines:
        fits = len(text)
        while fits > 1 and font.getlength(text[:fits]) > width:
            fits -= 1
        if fits < len(text):
            space = text.rfind(" ", 1, fits + 1)
            fits = space if space > 0 else fits
        made.append(text[:fits].strip())
        text = text[fits:].strip()
    if text and made:
        last = made[-1]
        while last and font.getlength(last + "…") > width:
            last = last[:-1]
        made[-1] = last.rstrip() + "…"
    return made


def size_for(cell_width: int) -> int:
    """Height of the letters, in pixels, for a cell of this width."""
    return int(np.clip(cell_width * 0.055, 11, 44))


def band_height(captions: list[str | None], cell_width: int) -> int:
    """Pixels that the captions of one row of cells need."""
    size = size_for(cell_width)
    lines = max((len(wrap(c, font_for(c, size), cell_width * 0.94)) for c in captions if c), default=0)
    return round(lines * size * 1.3 + size * 0.9) if lines else 0


def draw(canvas: Image, caption: str, left: int, top: int, cell_width: int) -> None:
    """Write a caption, centred in its cell, into the canvas in a colour that can be read on it."""
    size = size_for(cell_width)
    font = font_for(caption, size)
    lines = wrap(caption, font, cell_width * 0.94)
    height = min(canvas.shape[0] - top, round(len(lines) * size * 1.3 + size))
    if height <= 2 or not lines:
        return
    part = np.ascontiguousarray(canvas[top : top + height, left : left + cell_width])
    dark = float(part.mean()) > 140
    picture = PillowImage.fromarray(part)
    pen = ImageDraw.Draw(picture)
    for number, line in enumerate(lines):
        x = (part.shape[1] - font.getlength(line)) / 2
        pen.text(
            (x, size * 0.4 + number * size * 1.3),
            line,
            font=font,
            fill=(34, 34, 34) if dark else (240, 240, 240),
        )
    canvas[top : top + height, left : left + cell_width] = np.asarray(picture)
