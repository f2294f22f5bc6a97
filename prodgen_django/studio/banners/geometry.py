"""Rectangles on a canvas, in pixels with y downwards."""

from __future__ import annotations

from typing import NamedTuple


class Rect(NamedTuple):
    """Left, top, width and height."""

    x: float
    y: float
    w: float
    h: float

    @property
    def right(self) -> float:
        return self.x + self.w

    @property
    def bottom(self) -> float:
        return self.y + self.h

    @property
    def area(self) -> float:
        return max(0.0, self.w) * max(0.0, self.h)

    @property
    def centre(self) -> tuple[float, float]:
        return self.x + self.w / 2, self.y + self.h / 2

    def moved(self, dx: float, dy: float) -> Rect:
        return Rect(self.x + dx, self.y + dy, self.w, self.h)

    def mirrored(self, width: float) -> Rect:
        """Seen in a mirror that stands on end in the middle of a canvas `width` wide."""
        return Rect(width - self.x - self.w, self.y, self.w, self.h)

    def grown(self, by: float) -> Rect:
        return Rect(self.x - by, self.y - by, self.w + 2 * by, self.h + 2 * by)

    def overlap(self, other: Rect) -> float:
        """The area that both cover."""
        width = min(self.right, other.right) - max(self.x, other.x)
        height = min(self.bottom, other.bottom) - max(self.y, other.y)
        return max(0.0, width) * max(0.0, height)

    def holds(self, other: Rect, slack: float = 0.5) -> bool:
        """Whether `other` lies within, by `slack` pixels."""
        return (
            other.x >= self.x - slack
            and other.y >= self.y - slack
            and other.right <= self.right + slack
            and other.bottom <= self.bottom + slack
        )

    def pixels(self, width: int, height: int) -> tuple[slice, slice]:
        """Rows and columns of a canvas that it touches."""
        left, top = max(0, int(self.x)), max(0, int(self.y))
        right, bottom = min(width, int(-(-self.right // 1))), min(height, int(-(-self.bottom // 1)))
        return slice(top, max(top, bottom)), slice(left, max(left, right))


def around(rects: list[Rect]) -> Rect:
    """The smallest rectangle about all of them."""
    left, top = min(r.x for r in rects), min(r.y for r in rects)
    return Rect(left, top, max(r.right for r in rects) - left, max(r.bottom for r in rects) - top)
