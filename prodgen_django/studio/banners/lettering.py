"""Lines of letters and the shapes under them: their places, and how they are drawn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from .drawing import rasterised
from .geometry import Rect, around
from .shaping import Run


@dataclass(frozen=True, slots=True)
class Line:
    """One line of text. `x`, `y`: the left end of its room and its baseline. `box`: what its ink may cover.
    `pen`: where from `x` its first letter begins; `cap`: how high its letters seem, for what is centred on them.
    `runs`: from left to right."""

    role: str
    text: str
    x: float
    y: float
    size: float
    width: float
    box: Rect
    runs: tuple[Run, ...]
    direction: str
    struck: bool = False
    pen: float = 0.0
    cap: float = 0.0
    language: str = "en"

    def moved(self, dx: float, dy: float) -> Line:
        return replace(self, x=self.x + dx, y=self.y + dy, box=self.box.moved(dx, dy))


@dataclass(frozen=True, slots=True)
class Shape:
    """A filled rectangle with round corners under a text, or the place of the logo."""

    role: str
    rect: Rect
    radius: float = 0.0

    def moved(self, dx: float, dy: float) -> Shape:
        return replace(self, rect=self.rect.moved(dx, dy))


@dataclass(frozen=True)
class Block:
    """Set type with the origin at its top left: lines and the shapes under them."""

    lines: tuple[Line, ...]
    shapes: tuple[Shape, ...]
    width: float
    height: float
    headline_size: float
    headline_lines: int
    dropped: tuple[str, ...] = ()

    def moved(self, dx: float, dy: float) -> Block:
        return replace(
            self,
            lines=tuple(line.moved(dx, dy) for line in self.lines),
            shapes=tuple(shape.moved(dx, dy) for shape in self.shapes),
        )

    @property
    def evenness(self) -> float:
        """The shortest line of the headline as a share of the longest."""
        widths = [line.width for line in self.lines if line.role == "headline"]
        return min(widths) / max(widths) if widths else 1.0

    @property
    def boxes(self) -> list[Rect]:
        return [*(line.box for line in self.lines), *(shape.rect for shape in self.shapes)]

    @property
    def rect(self) -> Rect:
        return around(self.boxes)


def same_band(row: Sequence[Line | Shape], rect: Rect) -> bool:
    whole = around([i.rect if isinstance(i, Shape) else i.box for i in row])
    shared = min(whole.bottom, rect.bottom) - max(whole.y, rect.y)
    return shared > 0.5 * min(whole.h, rect.h)


def append(part: Block, lines: list[Line], shapes: list[Shape], y: float) -> float:
    moved = part.moved(0, y)
    lines += moved.lines
    shapes += moved.shapes
    return y + part.height


def in_pill(line: Line, pad: float, tight: float) -> tuple[float, float]:
    """The height of a shape round a line and where in it the baseline lies: `pad` above and below the letters,
    and at least `tight` beyond accents and what hangs low."""
    room = max(pad, line.y - line.box.y - line.cap + tight, line.box.bottom - line.y + tight)
    return line.cap + 2 * room, room + line.cap


class Ink(NamedTuple):
    """A line as it is drawn. `plane`: uint8 h×w, how far letters cover each pixel; `corner`: its left and its top."""

    line: Line
    plane: npt.NDArray[np.uint8]
    corner: tuple[int, int]


def ink_of(line: Line) -> tuple[Ink, npt.NDArray[np.uint8] | None]:
    """A line drawn, with room for what reaches over its box, and what of it has colours of its own (uint8 h×w×4)."""
    room = int(0.5 * line.size) + 2
    left, top = int(line.box.x) - room, int(line.box.y) - room
    size = int(line.box.w) + 2 * room + 2, int(line.box.h) + 2 * room + 2
    struck = line.width - line.pen if line.struck else 0.0
    plane, colours = rasterised(
        line.runs, line.language, line.size, size, line.x + line.pen - left, line.y - top, struck
    )
    return Ink(line, plane, (left, top)), colours
