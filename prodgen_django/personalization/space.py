"""The numbers that a policy learns on: which describe a taste and a picture, and what is believed of them beforehand.

Needs NumPy only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.floating[Any]]
Vector = Sequence[float] | FloatArray


@dataclass(frozen=True)
class Space:
    """Which numbers describe a taste and a picture, and what is believed of them beforehand."""

    n_taste: int
    n_style: int
    #: How many of the first numbers of both are crossed with each other (M); None: all.
    crossed: int | None = None
    #: Whether taste and style have the same meaning place by place, so that u·f says how well they meet.
    aligned: bool = False
    #: Prior standard deviations of a, M and r, on the scale of log odds: 0.2 is about 20 % more or fewer clicks. a and
    #: M have room to spare, which makes early choices bolder.
    main_sd: float = 0.3
    cross_sd: float = 0.45
    picture_sd: float = 0.15
    #: Prior standard deviation of what a style seems to do because of the products that have it (see `learning`).
    product_sd: float = 0.1
    #: Prior mean and deviation of m, where `aligned`.
    match: float = 0.3
    match_sd: float = 0.3

    @property
    def n_crossed(self) -> tuple[int, int]:
        if self.crossed is None:
            return self.n_taste, self.n_style
        return min(self.crossed, self.n_taste), min(self.crossed, self.n_style)

    @property
    def size(self) -> int:
        """How many numbers the shared part has."""
        rows, columns = self.n_crossed
        return self.n_style + rows * columns + int(self.aligned)

    def prior(self) -> tuple[FloatArray, FloatArray]:
        """Mean and standard deviation of the shared part, then of the products' own part: each (2 size,)."""
        mean, deviation = np.zeros(self.size), np.full(self.size, self.cross_sd)
        deviation[: self.n_style] = self.main_sd
        if self.aligned:
            mean[-1], deviation[-1] = self.match, self.match_sd
        return np.append(mean, np.zeros(self.size)), np.append(deviation, np.full(self.size, self.product_sd))

    def features(self, taste: Vector, styles: FloatArray) -> FloatArray:
        """What the shared part is multiplied with: (n, n_style) styles of n pictures to (n, size).

        `taste`: one for all pictures, (n_taste,), or one for each, (n, n_taste).
        """
        u = np.broadcast_to(np.asarray(taste, dtype=float), (len(styles), self.n_taste))
        rows, columns = self.n_crossed
        cross = u[:, :rows, None] * styles[:, None, :columns]
        parts = [styles, cross.reshape(len(styles), rows * columns)]
        if self.aligned:
            parts.append((styles * u).sum(1, keepdims=True))
        return np.concatenate(parts, axis=1)

    def weights(self, taste: Vector, draws: FloatArray) -> FloatArray:
        """For one visitor, what each number of a style is worth under each draw: (n, size) to (n_style, n)."""
        u = np.asarray(taste, dtype=float)
        rows, columns = self.n_crossed
        worth = draws[:, : self.n_style].T.astype(float)
        if rows and u.any():
            cross = draws[:, self.n_style : self.n_style + rows * columns].reshape(-1, rows, columns)
            worth[:columns] += (u[:rows] @ cross).T
            if self.aligned:
                worth += np.outer(u, draws[:, -1])
        return worth
