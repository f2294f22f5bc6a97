"""How large each product of a layout is shown beside the others."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from .pieces import Piece

__all__ = ["FILL", "shown_true", "sizes"]

FILL = 0.84
"""The share of its cell that the largest product takes."""

_SMALLEST = 0.7  # of the size that would fill the cell: how far a massive thing gives way to a slender one
_FARTHEST = 6.0  # times as tall as the smallest: beyond, one of them could not be made out

Sizes = npt.NDArray[np.float64]


def sizes(pieces: Sequence[Piece], wide: float, tall: float, *, alike: bool = False) -> Sizes:
    """By piece the factor from its photograph's pixels to the unit of `wide` and `tall`, which its product has to fit.

    As they are in life where every product says how tall it is; else of one height where `alike` are the same thing in
    other colours or turned; else so that all weigh about alike to the eye.
    """
    fits = np.array([min(wide / one.width, tall / one.height) for one in pieces])
    if shown_true(pieces):
        heights = np.array([one.height_cm if one.alpha is not None else np.nan for one in pieces], np.float64)
        each = heights / [one.height for one in pieces]
        known = ~np.isnan(each)
        # A photograph without a product has no size of its own.
        return np.where(known, each * (fits[known] / each[known]).min(), fits)
    if alike and _one_shape(pieces):
        each = 1 / np.array([one.height for one in pieces], np.float64)
        return np.asarray(each * (fits / each).min(), np.float64)
    masses = fits * [one.mass for one in pieces]
    return np.asarray(fits * np.clip((masses.min() / masses) ** 0.5, _SMALLEST, 1), np.float64)


def shown_true(pieces: Sequence[Piece]) -> bool:
    """Whether the products' real sizes are known and near enough to each other to be shown."""
    heights = [one.height_cm for one in pieces if one.alpha is not None]
    told = [height for height in heights if height is not None and height > 0]
    return len(told) == len(heights) > 1 and max(told) <= _FARTHEST * min(told)


def _one_shape(pieces: Sequence[Piece]) -> bool:
    """Whether a common height makes no giants and dwarfs: of things of unlike shapes it would."""
    shapes = [one.width / one.height for one in pieces]
    shares = [one.height / one.photo.shape[0] for one in pieces]
    return bool(np.ptp(np.log(shapes)) <= np.log(2) or np.ptp(np.log(shares)) <= np.log(1.25))
