"""Lines of letters and the shapes under them: their places, and how they are drawn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from PIL import ImageDraw, ImageFont

from .fonts import Face, can_shape, font, has
from .geometry import Rect, around


@dataclass(frozen=True, slots=True)
class Line:
    """One line of text. `x`, `y`: the start of its baseline at the left. `box`: what its ink may cover."""

    role: str
    text: str
    x: float
    y: float
    size: float
    width: float
    box: Rect
    runs: tuple[tuple[str, Face], ...]
    direction: str
    struck: bool = False

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


def caps(line: Line) -> float:
    """The height of a line's letters above the baseline."""
    return line.y - line.box.y


def by_face(text: str, faces: Sequence[Face]) -> tuple[tuple[str, Face], ...]:
    whole = next((face for face in faces if all(has(face, c) for c in text)), None)
    if whole is not None:
        return ((text, whole),)
    found: list[tuple[str, Face]] = []
    for char in text:
        last = found[-1][1] if found else None
        # A blank or a sign between two words stays with the word before it.
        neutral = not char.isalnum() and last is not None and has(last, char)
        face = last if neutral else next((f for f in faces if has(f, char)), faces[0])
        if found and face == last:
            found[-1] = (found[-1][0] + char, found[-1][1])
        else:
            found.append((char, face or faces[0]))
    return tuple(found)


def length(face: ImageFont.FreeTypeFont, text: str, direction: str) -> float:
    return float(face.getlength(text, direction=direction) if can_shape() else face.getlength(text))


def draw_line(draw: ImageDraw.ImageDraw, line: Line, fill: object, dx: float = 0.0, dy: float = 0.0) -> None:
    """Draw a line's letters, its origin moved by dx, dy."""
    x = line.x + dx
    runs = line.runs[::-1] if line.direction == "rtl" else line.runs
    for text, face in runs:
        used = font(face, line.size)
        options = {"direction": line.direction} if can_shape() else {}
        draw.text((x, line.y + dy), text, font=used, fill=fill, anchor="ls", **options)  # type: ignore[arg-type]
        x += length(used, text, line.direction)
    if line.struck:
        height = line.y + dy - 0.27 * line.size
        thick = max(1, round(0.07 * line.size))
        draw.line([(line.x + dx, height), (line.x + dx + line.width, height)], fill=fill, width=thick)  # type: ignore[arg-type]
