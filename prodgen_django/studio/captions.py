"""Captions under the cells of a layout; a missing font or glyph never stops a picture."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from .banners import bidi
from .banners.drawing import lay, rasterised
from .banners.fonts import candidates_for, lacking
from .banners.linebreaks import clusters, units
from .banners.shaping import Extent, Run, extent_of, named, runs_of
from .color import Pixels
from .text import as_drawn, clean_text

_LINES = 2


@dataclass(frozen=True)
class Caption:
    """A caption broken into lines of one size. `leading`, `top`: the lines' distance and the first one's baseline in
    pixels; `missing`: characters that no font here has, which are left out."""

    lines: tuple[tuple[Run, ...], ...]
    extents: tuple[Extent, ...]
    size: int
    leading: float
    top: float
    height: int
    missing: tuple[str, ...]


def size_for(cell_width: int) -> int:
    """Height of the letters, in pixels, for a cell of this width."""
    return int(np.clip(cell_width * 0.055, 11, 44))


@lru_cache(maxsize=256)
def caption_of(text: str, cell_width: int, letters: int | None = None) -> Caption:
    """A caption as it is set under a cell of this width, in letters of `letters` pixels or what suits the width."""
    size = letters or size_for(cell_width)
    text = clean_text(text).replace("\ufffd", "")
    missing = lacking(text, candidates_for(text, "", "sans", False))
    text = clean_text("".join(part for part in clusters(text) if part not in missing))
    rtl = bidi.first_strong(text)

    def runs(line: str) -> tuple[Run, ...]:
        return runs_of(line, "", "sans", False, rtl=rtl)

    def width(line: str) -> float:
        return extent_of(runs(line), "").advance * size

    lines = tuple(runs(line) for line in wrap(text, width, cell_width * 0.94))
    extents = tuple(extent_of(line, "") for line in lines)
    if not lines:
        return Caption((), (), size, 0.0, 0.0, 0, missing)
    rise, fall = max(1.0, *(e.rise for e in extents)) * size, max(0.3, *(e.fall for e in extents)) * size
    height = round(rise + fall + (len(lines) - 1) * (rise + fall) + 0.9 * size)
    return Caption(lines, extents, size, rise + fall, 0.4 * size + rise, height, missing)


def wrap(text: str, width: Callable[[str], float], most: float, lines: int = _LINES) -> list[str]:
    """Break a cleaned text between words (or anywhere, where one word is too long) into at most `lines` that are no
    wider than `most`; the rest becomes an ellipsis."""
    pieces = list(units(text)) if text else []
    made: list[str] = []
    while pieces and len(made) < lines:
        line = ""
        while pieces and width(as_drawn(line + pieces[0], broken=len(pieces) > 1)) <= most:
            line += pieces.pop(0)
        if not line:
            parts = list(clusters(pieces.pop(0)))
            while parts and (not line or width(as_drawn(line + parts[0])) <= most):
                line += parts.pop(0)
            if parts:
                pieces.insert(0, "".join(parts))
        made.append(as_drawn(line, broken=bool(pieces)))
    if pieces and made:
        rest = list(clusters(made[-1]))
        while rest and width("".join(rest) + "…") > most:
            rest.pop()
        made[-1] = "".join(rest).rstrip() + "…"
    return [line for line in made if line]


def band_height(captions: list[str | None], cell_width: int, letters: int | None = None) -> int:
    """Pixels that the captions of one row of cells need."""
    return max((caption_of(text, cell_width, letters).height for text in captions if text), default=0)


def draw(
    canvas: Pixels, caption: str, left: int, top: int, cell_width: int, letters: int | None = None
) -> str:
    """Write a caption, centred in its cell, into the canvas in a colour that can be read on it.

    Returns a sentence about what could not be drawn, or "".
    """
    made = caption_of(caption, cell_width, letters)
    height = min(canvas.shape[0] - top, made.height)
    if height > 2 and made.lines:
        part = np.ascontiguousarray(canvas[top : top + height, left : left + cell_width])
        tone = (34, 34, 34) if float(part.mean()) > 140 else (240, 240, 240)
        for number, (runs, extent) in enumerate(zip(made.lines, made.extents, strict=True)):
            x = max(extent.left * made.size, (part.shape[1] - extent.advance * made.size) / 2)
            y = made.top + number * made.leading
            plane, colours = rasterised(runs, "", made.size, (part.shape[1], height), x, y)
            lay(part, plane, colours, (0, 0), tone)
        canvas[top : top + height, left : left + cell_width] = part
    if not made.missing:
        return ""
    lacking_ones = ", ".join(map(named, made.missing[:6]))
    return f"No font on the worker has {lacking_ones}: left out of a caption."
