"""What a layout is made of: a photograph each, with its product's outline where there is one."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from prodgen_django.studio.color import Float, Pixels

__all__ = ["LayoutError", "Piece", "cut_by_frame"]

_TOUCHING = 0.05
"""Of half the box's circumference: more of a product at the photograph's edge, and the edge has cut it."""


class LayoutError(ValueError):
    """A layout that cannot be made. `code` is stable; the message is for the person who asked for it."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code, self.message = code, message


@dataclass(frozen=True)
class Piece:
    """One photograph of a layout.

    `photo`: uint8 H×W×3. `alpha`: float32 H×W in [0, 1], the product in it, somewhere at least 0.5; None: it is shown
    as its whole photograph. `caption`: what is written below it. `height_cm`: how tall the product really is. `stands`:
    whether its lowest points touch a floor; a thing that lies or hangs is centred.

    Raises ValueError for arrays of other kinds, LayoutError (empty_cut_out) for an alpha that marks nothing.
    """

    photo: Pixels
    alpha: Float | None = None
    caption: str = ""
    height_cm: float | None = None
    stands: bool = True

    def __post_init__(self) -> None:
        if self.photo.dtype != np.uint8 or self.photo.ndim != 3 or self.photo.shape[2] != 3:
            raise ValueError(f"a photograph is uint8 H×W×3, not {self.photo.dtype} {self.photo.shape}")
        if self.alpha is None:
            return
        if self.alpha.shape != self.photo.shape[:2]:
            raise ValueError(f"alpha is {self.alpha.shape}, the photograph {self.photo.shape[:2]}")
        if not (self.alpha >= 0.5).any():
            raise LayoutError("empty_cut_out", "No product was found in the photograph.")

    @cached_property
    def box(self) -> tuple[int, int, int, int]:
        """Left, top, right and bottom (ends exclusive) of the product, or of the whole photograph, in pixels."""
        if self.alpha is None:
            return 0, 0, self.photo.shape[1], self.photo.shape[0]
        return box_of(self.alpha)

    @property
    def width(self) -> int:
        return self.box[2] - self.box[0]

    @property
    def height(self) -> int:
        return self.box[3] - self.box[1]

    @cached_property
    def mass(self) -> float:
        """The side in pixels of a square of as many pixels as the product has."""
        area = float(self.width * self.height) if self.alpha is None else float(self.alpha.sum())
        return max(area, 1.0) ** 0.5


def box_of(alpha: Float) -> tuple[int, int, int, int]:
    """Left, top, right and bottom (ends exclusive) of what is at least half opaque."""
    solid = alpha >= 0.5
    rows, columns = np.flatnonzero(solid.any(1)), np.flatnonzero(solid.any(0))
    return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1


def cut_by_frame(alpha: Float) -> bool:
    """Whether the photograph's edge cuts the product of `alpha` (float32 H×W in [0, 1]): it cannot stand free then."""
    solid = alpha >= 0.5
    if not solid.any():
        return False
    left, top, right, bottom = box_of(alpha)
    touching = sum(int(side.sum()) for side in (solid[0], solid[-1], solid[:, 0], solid[:, -1]))
    return touching > _TOUCHING * (right - left + bottom - top)
