"""The rotating camera: when a plane would become a bow-tie, and how wide scenes are drawn on cylinder or
sphere."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy.optimize import least_squares
from scipy.spatial.transform import Rotation as SpatialRotation

from prodgen_django.common.arrays import Matrix, Points, Size

from .records import Edge, Placement, Rotation
from .surface import camera

EXPECTED = 3 * 0.25
"""Pixels of error that count half: three times what is expected."""


def focal_guesses(sizes: Sequence[Size], edges: Sequence[Edge]) -> list[float]:
    """Focal lengths that the pairwise homographies imply (Szeliski and Shum 1997), with common ones as a
    fall-back."""
    found = []
    for edge in edges:
        centre_a = np.array(
            [[1, 0, (sizes[edge.a][0] - 1) / 2], [0, 1, (sizes[edge.a][1] - 1) / 2], [0, 0, 1]]
        )
        centre_b = np.array(
            [[1, 0, (sizes[edge.b][0] - 1) / 2], [0, 1, (sizes[edge.b][1] - 1) / 2], [0, 0, 1]]
        )
        h = (np.linalg.inv(centre_b) @ edge.transform @ centre_a).ravel()
        with np.errstate(all="ignore"):
            d1, d2 = h[6] * h[7], (h[7] - h[6]) * (h[7] + h[6])
            v1 = -(h[0] * h[1] + h[3] * h[4]) / d1
            v2 = (h[0] ** 2 + h[3] ** 2 - h[1] ** 2 - h[4] ** 2) / d2
            square = v1 if abs(d1) > abs(d2) else v2
        if np.isfinite(square) and square > 0:
            found.append(float(np.sqrt(square)))
    longest = float(np.median([max(s) for s in sizes]))
    sensible = [f for f in found if 0.35 * longest < f < 12 * longest]
    guesses = [float(np.median(sensible))] if sensible else []
    return [*guesses, 0.7 * longest, 1.1 * longest, 1.8 * longest, 3.5 * longest]


def solve(
    sizes: Sequence[Size], edges: Sequence[Edge], order: list[tuple[int, int]], middle: int
) -> Rotation | None:
    """The rotations and the focal length that explain all correspondences best, from each guess of the latter; None
    where no believable focal length does."""
    best: Rotation | None = None
    for focal in focal_guesses(sizes, edges):
        found = _Turning(sizes, edges, _chained(sizes, edges, order, middle, focal), middle, focal).solved()
        if found is not None and (best is None or found.cost < best.cost):
            best = found
    return best


def _chained(
    sizes: Sequence[Size], edges: Sequence[Edge], order: list[tuple[int, int]], middle: int, focal: float
) -> dict[int, Matrix]:
    """The rotation of each picture along the tree's edges: of each homography the nearest rotation."""
    rotations: dict[int, Matrix] = {middle: np.eye(3)}
    by_pair = {(e.a, e.b): e.transform for e in edges}
    for near, far in order:
        step = by_pair[far, near] if (far, near) in by_pair else np.linalg.inv(by_pair[near, far])
        u, _, vt = np.linalg.svd(np.linalg.inv(camera(sizes[near], focal)) @ step @ camera(sizes[far], focal))
        turn = u @ vt
        rotations[far] = rotations[near] @ (turn if np.linalg.det(turn) > 0 else -turn)
    return rotations


class _Turning:
    """All correspondences as one least-squares problem: a rotation vector a picture (but the middle one's), and the
    logarithm of how much longer the focal length is than the guess."""

    def __init__(
        self,
        sizes: Sequence[Size],
        edges: Sequence[Edge],
        start: dict[int, Matrix],
        middle: int,
        focal: float,
        points: int = 4000,
    ) -> None:
        self.focal, self.members = focal, [middle, *(m for m in sorted(start) if m != middle)]
        self.start = np.stack([start[m] for m in self.members])  # (M, 3, 3)
        self.longest = max(sizes[middle])
        row = {m: k for k, m in enumerate(self.members)}
        centre = {m: (np.array(sizes[m]) - 1) / 2 for m in self.members}
        limit = max(40, points // max(1, len(edges)))
        picks = [np.linspace(0, len(e.source) - 1, min(limit, len(e.source))).astype(int) for e in edges]
        counts = [len(pick) for pick in picks]
        self.a = np.repeat([row[e.a] for e in edges], counts)  # (N,)
        self.b = np.repeat([row[e.b] for e in edges], counts)
        both = list(zip(edges, picks, strict=True))
        self.source = np.concatenate([e.source[k] - centre[e.a] for e, k in both])  # (N, 2), from the centre
        self.target = np.concatenate([e.target[k] - centre[e.b] for e, k in both])

    def at(self, x: npt.NDArray[np.float64]) -> tuple[float, npt.NDArray[np.float64]]:
        """Focal length and rotations (M×3×3) of the unknowns."""
        turned = SpatialRotation.from_rotvec(x[:-1].reshape(-1, 3)).as_matrix()
        rotations = np.concatenate([self.start[:1], self.start[1:] @ turned])
        return self.focal * float(np.exp(x[-1])), rotations

    def errors(self, x: npt.NDArray[np.float64]) -> Points:
        """N×2: where each correspondence falls, less where it is, pixels."""
        focal, rotations = self.at(x)
        rays = np.concatenate([self.source / focal, np.ones((len(self.source), 1))], 1)
        there = np.einsum("nji,njk,nk->ni", rotations[self.b], rotations[self.a], rays, optimize=True)
        return np.asarray(focal * there[:, :2] / there[:, 2:] - self.target, np.float64)

    def residuals(self, x: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """2N numbers whose squares add up to the Cauchy cost: the errors, shortened where they are long."""
        errors = self.errors(x)
        square = (errors**2).sum(1) / EXPECTED**2
        shortened = np.sqrt(np.log1p(square) / np.maximum(square, 1e-12)) * 3 / EXPECTED
        return np.asarray((errors * shortened[:, None]).ravel())

    def solved(self) -> Rotation | None:
        begin = np.zeros(3 * (len(self.members) - 1) + 1)
        if not np.isfinite(self.residuals(begin)).all():
            return None
        found = least_squares(self.residuals, begin, method="lm", ftol=1e-5, xtol=1e-7)
        focal, rotations = self.at(found.x)
        if not 0.2 * self.longest < focal < 40 * self.longest:
            return None
        residual = float(np.median(np.linalg.norm(self.errors(found.x), axis=1)))
        turns = dict(zip(self.members, rotations, strict=True))
        return Rotation(focal, turns, residual, 2 * float(found.cost))


def plane_growth(sizes: Sequence[Size], placement: Placement) -> float:
    """How much a plane inflates: area of the most enlarged picture relative to the middle one; inf for a
    bow-tie."""
    worst = 1.0
    for member, transform in placement.transforms.items():
        width, height = sizes[member]
        grid = np.array([[x, y] for x in (0, width / 2, width) for y in (0, height / 2, height)], np.float64)
        depth = np.c_[grid, np.ones(len(grid))] @ transform[2]
        if (depth <= 1e-6).any() if transform[2, 2] > 0 else (depth >= -1e-6).any():
            return float("inf")
        local = np.abs(np.linalg.det(transform) / depth**3)
        worst = max(worst, float(local.max()), 1 / max(1e-9, float(local.min())))
    return worst
