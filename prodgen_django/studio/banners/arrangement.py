"""Where the products stand: as large as the room allows, whole, and never before one another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .brief import Shown
from .geometry import Rect

MAX_UPSCALE = 1.6
_HERO = 1.12  # what is named first stands a little taller than its neighbours


@dataclass(frozen=True, slots=True)
class Stand:
    """One product's place: `rect` its cut-out's box; `row` counts from the top."""

    index: int
    rect: Rect
    row: int = 0


@dataclass(frozen=True)
class Arrangement:
    """Products on their ground. `baselines`: the height at which each row stands; `cells`: a tile for each
    product where there are tiles."""

    stands: tuple[Stand, ...]
    baselines: tuple[float, ...]
    cells: tuple[Rect, ...] = ()

    @property
    def area(self) -> float:
        return sum(stand.rect.area for stand in self.stands)


def in_rows(
    products: Sequence[Shown], stage: Rect, rows: int, *, limit: float = MAX_UPSCALE, rtl: bool = False
) -> Arrangement | None:
    """The products in `rows` rows that fill `stage`, each on a line of its own."""
    count = len(products)
    if rows > count:
        return None
    split = _split(count, rows)
    baselines: list[float] = []
    found: list[Stand] = []
    row_height = stage.h / rows
    start = 0
    scales = []
    parts = []
    for number in split:
        members = list(range(start, start + number))
        start += number
        scales.append(_scale([products[i] for i in members], stage.w, row_height * (0.94 if rows > 1 else 1)))
        parts.append(members)
    # One scale for all rows, or the last row's two would look twice the size of the others' five.
    shared = min(scales)
    for row, members in enumerate(parts):
        heights = _heights([products[i] for i in members])
        scale = min(scales[row], 1.25 * shared)
        order = _middle_first(len(members)) if rows == 1 else list(range(len(members)))
        if rtl:
            order = order[::-1]
        wanted = [
            min(scale * heights[k], limit * products[members[k]].photo.shape[0]) for k in range(len(members))
        ]
        sizes = {k: (wanted[k] * products[members[k]].aspect, wanted[k]) for k in range(len(members))}
        total = sum(w for w, _ in sizes.values())
        free = stage.w - total
        gap = min(free / (len(members) + 1), 0.45 * total / len(members)) if len(members) > 1 else 0.0
        x = stage.x + (stage.w - total - gap * (len(members) - 1)) / 2
        base = stage.y + (row + 1) * row_height
        baselines.append(base)
        for k in order:
            w, h = sizes[k]
            found.append(Stand(members[k], Rect(round(x), round(base - h), round(w), round(h)), row))
            x += w + gap
    if any(min(stand.rect.w, stand.rect.h) < 6 for stand in found):
        return None
    return Arrangement(tuple(found), tuple(baselines))


def in_tiles(
    products: Sequence[Shown], stage: Rect, columns: int, gap: float, *, limit: float = MAX_UPSCALE
) -> Arrangement | None:
    """One product in each of a grid of equal tiles; the last row's tiles are wider where it has fewer."""
    count = len(products)
    rows = -(-count // columns)
    if columns > count:
        return None
    height = (stage.h - gap * (rows - 1)) / rows
    cells: list[Rect] = []
    found: list[Stand] = []
    baselines: list[float] = []
    split = _split(count, rows)
    index = 0
    for row, number in enumerate(split):
        width = (stage.w - gap * (number - 1)) / number
        y = stage.y + row * (height + gap)
        for column in range(number):
            cell = Rect(stage.x + column * (width + gap), y, width, height)
            shown = products[index]
            inner_w, inner_h = 0.80 * cell.w, 0.78 * cell.h
            h = min(inner_h, inner_w / shown.aspect, limit * shown.photo.shape[0])
            w = h * shown.aspect
            base = cell.y + 0.5 * (cell.h + h) + 0.012 * cell.h
            found.append(
                Stand(index, Rect(round(cell.x + (cell.w - w) / 2), round(base - h), round(w), round(h)), row)
            )
            baselines.append(base)
            cells.append(cell)
            index += 1
    if any(min(stand.rect.w, stand.rect.h) < 6 for stand in found):
        return None
    return Arrangement(tuple(found), tuple(baselines), tuple(cells))


def _split(count: int, rows: int) -> list[int]:
    """Products by row, as even as can be, fewer above."""
    base, more = divmod(count, rows)
    return [base + (1 if row >= rows - more else 0) for row in range(rows)]


def _heights(products: Sequence[Shown]) -> list[float]:
    """Heights among each other: nearly of like areas, since how large things really are nobody told us."""
    found = [shown.aspect**-0.42 for shown in products]
    if len(found) > 1:
        found[0] *= _HERO
    return found


def _scale(products: Sequence[Shown], width: float, height: float) -> float:
    heights = _heights(products)
    widths = sum(h * shown.aspect for h, shown in zip(heights, products, strict=True))
    # Between neighbours there is air, about a tenth of a product.
    air = 1 + 0.10 * (len(products) - 1) / max(1, len(products))
    return min(width / (widths * air), height / max(heights))


def _middle_first(count: int) -> list[int]:
    """An order from left to right in which the first is in the middle."""
    left = [k for k in range(count) if k % 2 == 1][::-1]
    right = [k for k in range(count) if k % 2 == 0]
    return [*left, *right]
