"""Where everything of a layout goes: cells, base lines and captions, in whole pixels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from prodgen_django.studio import captions as captioning

from .pieces import LayoutError, Piece
from .sizes import FILL, Sizes, sizes

__all__ = [
    "LONG_WIDTH",
    "Cell",
    "Plan",
    "columns_of_grid",
    "columns_of_strip",
    "cuts_between",
    "plan_column",
    "plan_frames",
    "plan_row",
]

LONG_WIDTH = 750
"""Width of long detail pictures, as the marketplaces take them."""

_GUTTER = 0.03
_MOST_SIDE = 1600  # of a cell whose size nobody asked for
_MOST_WIDTH = {"grid": 4000, "strip": 6000}  # of all cells of a row, where nobody asked for a width
_SPIN_COLUMNS = {24: 6, 36: 6, 72: 9, 12: 6, 18: 6, 48: 8}
_LEAST_CAPTION = 0.32  # of a row's height: narrower columns of words cannot be read


@dataclass(frozen=True, slots=True)
class Cell:
    """A piece's place: left, top, width and height in pixels. `scale`: pixels of the canvas for each of its photograph.
    `base`: the line, in pixels from the canvas' top, on which it stands."""

    index: int
    left: int
    top: int
    width: int
    height: int
    scale: float
    base: float


@dataclass(frozen=True, slots=True)
class Plan:
    """`captions`: (index, left, top, width) of each; `letters`: the height of their letters, in pixels."""

    width: int
    height: int
    cells: tuple[Cell, ...]
    captions: tuple[tuple[int, int, int, int], ...]
    letters: int
    columns: int


def columns_of_grid(count: int) -> int:
    """As near to square as the count allows, without a last row of one where another width avoids it."""
    best = max(1, round(count**0.5))
    options = [c for c in (best, best + 1) if c <= count]
    return min(options, key=lambda c: ((-count) % c, c)) if count > 3 else min(count, 3 if count == 3 else 2)


def columns_of_strip(count: int) -> int:
    """What turntables give, else rows of at most six that are filled evenly."""
    return min(count, _SPIN_COLUMNS.get(count, -(-count // -(-count // 6))))


def cuts_between(cells: Sequence[Sequence[int]], height: int, target: int = 1200) -> list[list[int]]:
    """Where a long picture may be cut into files about `target` pixels high: only between cells, each given as its
    left, top, width and height."""
    tops = sorted({c[1] for c in cells if c[1] > 0 and not any(o[1] < c[1] < o[1] + o[3] for o in cells)})
    made, start = [], 0
    for at, following in zip(tops, [*tops, height][1:], strict=True):
        if following - start > target:
            made.append([start, at])
            start = at
    made.append([start, height])
    return made


def plan_frames(
    pieces: Sequence[Piece], mode: str, columns: int | None, gutter: int | None, width: int | None, most: int
) -> Plan:
    """Equal cells in rows: a grid, or the frames of a strip, where products are brought to one height."""
    count = len(pieces)
    strip = mode == "strip"
    columns = min(count, columns or (columns_of_strip(count) if strip else columns_of_grid(count)))
    aspect = _aspect(pieces, alike=strip)
    each = sizes(pieces, FILL, FILL / aspect, alike=strip)
    share = 0.0 if strip else _GUTTER
    if width is not None:
        gutter = gutter if gutter is not None else round(share * width / columns)
        wide = max(8, (width - gutter * (columns + 1)) // columns)
        total = max(width, wide * columns + gutter * (columns + 1))
    else:
        wide = min(_natural(each), max(64, _MOST_WIDTH[mode] // columns))
        gutter = gutter if gutter is not None else round(share * wide)
        total = wide * columns + gutter * (columns + 1)
    tall = max(8, round(wide / aspect))
    letters = captioning.size_for(wide)
    rows = -(-count // columns)
    _check(total, rows * (tall + gutter) + gutter, most)
    cells: list[Cell] = []
    bands = []
    top = gutter
    for row in range(rows):
        members = range(row * columns, min(count, (row + 1) * columns))
        highest = max(
            (pieces[i].height * each[i] * wide for i in members if _standing(pieces[i])), default=0.0
        )
        # A last row that is not full stands in the middle; of a strip it goes on from the left.
        free = total - len(members) * wide - (len(members) - 1) * gutter
        left = gutter if strip else free // 2
        for i in members:
            cells.append(Cell(i, left, top, wide, tall, each[i] * wide, top + (tall + highest) / 2))
            bands.append((i, left, top + tall, wide))
            left += wide + gutter
        words: list[str | None] = [pieces[i].caption for i in members]
        top += tall + gutter + captioning.band_height(words, wide, letters)
    _check(total, top, most)
    return Plan(total, top, tuple(cells), tuple(bands), letters, columns)


def plan_row(pieces: Sequence[Piece], gutter: int | None, width: int | None, most: int) -> Plan:
    """One row on one line: every product has the room that its own width needs."""
    # A low, wide thing may be twice as wide as the row is high.
    each = sizes(pieces, 2 * FILL, FILL)
    least = _LEAST_CAPTION if any(one.caption for one in pieces) else 0.05
    shapes = [
        max(least, one.width * size + 1 - FILL) if one.alpha is not None else one.width / one.height
        for one, size in zip(pieces, each, strict=True)
    ]
    count = len(pieces)
    if width is not None:
        gutter = gutter if gutter is not None else round(_GUTTER * width / count)
        tall = max(8, round((width - gutter * (count + 1)) / sum(shapes)))
    else:
        tall = _natural(each)
        gutter = gutter if gutter is not None else round(_GUTTER * tall)
    widths = [max(4, round(tall * shape)) for shape in shapes]
    if width is not None:  # rounding is settled in the last cell, so that the width is as asked
        widths[-1] = max(4, width - gutter * (count + 1) - sum(widths[:-1]))
    total = sum(widths) + gutter * (count + 1)
    _check(total, tall + 2 * gutter, most)
    letters = captioning.size_for(round(float(np.mean(widths))))
    highest = max(
        (one.height * size * tall for one, size in zip(pieces, each, strict=True) if _standing(one)),
        default=0,
    )
    cells, bands, left = [], [], gutter
    for i in range(count):
        cells.append(Cell(i, left, gutter, widths[i], tall, each[i] * tall, gutter + (tall + highest) / 2))
        bands.append((i, left, gutter + tall, widths[i]))
        left += widths[i] + gutter
    band = max(captioning.band_height([pieces[i].caption], widths[i], letters) for i in range(count))
    height = 2 * gutter + tall + band
    _check(total, height, most)
    return Plan(total, height, tuple(cells), tuple(bands), letters, count)


def plan_column(pieces: Sequence[Piece], gutter: int | None, width: int | None, most: int) -> Plan:
    """One below the other, of one width: each is as high as it needs to be."""
    total = width or LONG_WIDTH
    gutter = gutter or 0
    wide = max(4, total - 2 * gutter)
    each = sizes(pieces, FILL, 1.25 * FILL)
    letters = captioning.size_for(wide)
    cells, bands, top = [], [], gutter
    for i, (one, size) in enumerate(zip(pieces, each, strict=True)):
        shape = one.height * size + 1 - FILL if one.alpha is not None else one.height / one.width
        tall = max(4, round(wide * shape))
        _check(total, top + tall + gutter, most)
        base = top + (tall + one.height * size * wide) / 2
        cells.append(Cell(i, gutter, top, wide, tall, size * wide, base))
        bands.append((i, gutter, top + tall, wide))
        top += tall + gutter + captioning.band_height([one.caption], wide, letters)
    _check(wide + 2 * gutter, top, most)
    return Plan(wide + 2 * gutter, top, tuple(cells), tuple(bands), letters, 1)


def _standing(piece: Piece) -> bool:
    return piece.alpha is not None and piece.stands


def _aspect(pieces: Sequence[Piece], alike: bool) -> float:
    """Width by height of equal cells: for products of one height what holds the widest and the highest, else a middle
    one."""
    if alike:
        each = sizes(pieces, 1.0, 1.0, alike=True)
        wide = max(one.width * size for one, size in zip(pieces, each, strict=True))
        tall = max(one.height * size for one, size in zip(pieces, each, strict=True))
        return float(np.clip(wide / tall, 0.5, 2.0))
    return float(np.clip(np.median([one.width / one.height for one in pieces]), 0.5, 2.0))


def _natural(each: Sizes) -> int:
    """The side of a cell in which the middle one of the photographs is neither enlarged nor reduced."""
    return int(np.clip(np.median(1 / each), 64, _MOST_SIDE))


def _check(width: int, height: int, most: int) -> None:
    if width * height > most:
        raise LayoutError(
            "too_large",
            f"The picture would have {width} × {height} pixels, more than the {most:,} allowed. "
            "Ask for a smaller width, or take fewer photos.",
        )
