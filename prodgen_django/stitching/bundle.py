"""Stage 5: place all pictures at once: joint refinement over every correspondence, for each camera model."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.linalg import expm

from prodgen_django.common.arrays import Matrix, Size

from .geometry import homogeneous, project
from .records import Edge, Placement

# The Lie algebra of SL(3), in the order in which the models use it: similarity 4, affine 6, homography 8.
_GENERATORS = np.zeros((8, 3, 3))
_GENERATORS[0, 0, 2] = 1
_GENERATORS[1, 1, 2] = 1
_GENERATORS[2, 0, 1], _GENERATORS[2, 1, 0] = -1, 1
_GENERATORS[3, 0, 0], _GENERATORS[3, 1, 1] = 1, 1
_GENERATORS[4, 0, 0], _GENERATORS[4, 1, 1] = 1, -1
_GENERATORS[5, 0, 1], _GENERATORS[5, 1, 0] = 1, 1
_GENERATORS[6, 2, 0] = 1
_GENERATORS[7, 2, 1] = 1

FREEDOM = {"similarity": 4, "affine": 6, "homography": 8}


def _unit(size: Size) -> Matrix:
    """Pixels to a square of about ±1 around the centre, which conditions the normal equations."""
    half = max(size) / 2
    return np.array(
        [[1 / half, 0, -(size[0] - 1) / 2 / half], [0, 1 / half, -(size[1] - 1) / 2 / half], [0, 0, 1]]
    )


def _thin(edge: Edge, limit: int) -> tuple[Matrix, Matrix]:
    keep = np.linspace(0, len(edge.source) - 1, min(limit, len(edge.source))).astype(int)
    return edge.source[keep], edge.target[keep]


def refine(
    sizes: Sequence[Size], edges: Sequence[Edge], start: dict[int, Matrix], middle: int, model: str
) -> Placement:
    """Gauss-Newton with Cauchy weights on the symmetric transfer error of all edges.

    Each picture's homography moves within the group that `model` names (similarity, affine, homography) by a right
    perturbation H·exp(δ) in its own frame; the middle picture stays. The normal equations are put together edge by
    edge, since each touches two pictures alone; scipy.optimize.least_squares takes the whole matrix of slopes.
    """
    adjustment = _Adjustment(sizes, edges, start, middle, model)
    cost, residuals = np.inf, np.zeros(1)
    for _ in range(ROUNDS):
        normal, gradient, total, residuals = adjustment.equations()
        if not np.isfinite(total) or adjustment.unknowns == 0:
            break
        improved = cost - total
        cost = total
        damped = normal + np.eye(len(normal)) * 1e-6 * max(1.0, float(np.trace(normal)) / len(normal))
        step = np.clip(np.linalg.solve(damped, -gradient), -0.3, 0.3)
        adjustment.move(step)
        if abs(improved) < 1e-3 * (1 + abs(cost)) and float(np.abs(step).max()) < 1e-4:
            break
    return Placement(model, adjustment.transforms(), float(np.median(residuals)), cost, len(residuals))


ROUNDS = 12
"""Most steps; most sets take four."""
SIGMA = 0.25
"""Expected error of a correspondence, pixels of the inputs."""
POINTS = 6000
"""Correspondences looked at in all."""


class _Adjustment:
    """Where all pictures lie at the moment, each over its unit square, and what the correspondences say to that."""

    def __init__(
        self,
        sizes: Sequence[Size],
        edges: Sequence[Edge],
        start: dict[int, Matrix],
        middle: int,
        model: str,
    ) -> None:
        self.free = FREEDOM[model]
        self.generators = _GENERATORS[: self.free]
        self.members = sorted(start)
        self.column = {m: k for k, m in enumerate(x for x in self.members if x != middle)}
        self.unknowns = self.free * len(self.column)
        self.unit = {m: _unit(sizes[m]) for m in self.members}
        self.placed = {m: start[m] @ np.linalg.inv(self.unit[m]) for m in self.members}
        if model != "homography":
            self.placed = {m: _restrict(self.placed[m], model) for m in self.members}
            back = np.linalg.inv(self.unit[middle]) @ np.linalg.inv(self.placed[middle])
            self.placed = {m: back @ self.placed[m] for m in self.members}
        limit = min(400, max(60, POINTS // max(1, len(edges))))
        self.data = []
        """(from, to, points there, points here, half the longer side of `to`) of every edge both ways."""
        for edge in edges:
            p, q = _thin(edge, limit)
            for one, other, from_, to in ((edge.a, edge.b, p, q), (edge.b, edge.a, q, p)):
                half = max(sizes[other]) / 2
                self.data.append(
                    (one, other, project(self.unit[one], from_), project(self.unit[other], to), half)
                )

    def equations(self) -> tuple[Matrix, Matrix, float, Matrix]:
        """Normal matrix and gradient, the cost, and the distances in pixels."""
        normal, gradient = np.zeros((self.unknowns, self.unknowns)), np.zeros(self.unknowns)
        total, gathered = 0.0, []
        for one, other, p, q, half in self.data:
            transfer = np.linalg.solve(self.placed[other], self.placed[one])
            moved = homogeneous(p) @ transfer.T
            z = moved[:, 2:3]
            at = moved[:, :2] / z
            error = at - q
            distance = np.linalg.norm(error, axis=1) * half
            weight = 1 / (1 + (distance / (3 * SIGMA)) ** 2)
            total += float((np.log1p((distance / (3 * SIGMA)) ** 2) * 9).sum()) / 2
            gathered.append(distance)
            # d(x/z, y/z) of a homogeneous change v: (v_xy - at * v_z) / z; 2N rows, one column a freedom.
            root = np.sqrt(weight)[:, None] * half
            slopes: list[tuple[slice, Matrix]] = []
            if one in self.column:
                slopes.append(
                    (self._part(one), _slope(homogeneous(p), transfer @ self.generators, at, root / z))
                )
            if other in self.column:
                slopes.append((self._part(other), -_slope(moved, self.generators, at, root / z)))
            weighted = (error * root).T.ravel()
            for part, left in slopes:
                gradient[part] += left.T @ weighted
                for across, right in slopes:
                    normal[part, across] += left.T @ right
        return normal, gradient, total, np.concatenate(gathered)

    def move(self, step: Matrix) -> None:
        """Every picture but the middle one, by what the unknowns say."""
        for m in self.column:
            self.placed[m] = self.placed[m] @ expm(np.tensordot(step[self._part(m)], self.generators, 1))

    def transforms(self) -> dict[int, Matrix]:
        """Pixels of each picture to pixels of the middle one."""
        full = {m: self.placed[m] @ self.unit[m] for m in self.members}
        return {m: t / t[2, 2] for m, t in full.items()}

    def _part(self, member: int) -> slice:
        k = self.column[member]
        return slice(k * self.free, (k + 1) * self.free)


def _slope(points: Matrix, generators: Matrix, at: Matrix, scale: Matrix) -> Matrix:
    """How x and y (2N rows: all x, then all y) move along each generator (columns)."""
    change = points @ generators.transpose(0, 2, 1)  # (freedoms, N, 3)
    x = (change[..., 0] - at[:, 0] * change[..., 2]) * scale[:, 0]
    y = (change[..., 1] - at[:, 1] * change[..., 2]) * scale[:, 0]
    return np.concatenate([x, y], 1).T


def _restrict(transform: Matrix, model: str) -> Matrix:
    """The nearest similarity or affine map over the unit square."""
    grid = np.array([[x, y] for x in (-1, -0.5, 0, 0.5, 1) for y in (-1, -0.5, 0, 0.5, 1)], np.float64)
    moved = project(transform, grid)
    if model == "affine":
        solution = np.linalg.lstsq(np.c_[grid, np.ones(len(grid))], moved, rcond=None)[0]
        return np.vstack([solution.T, [0, 0, 1]])
    left, right = grid.mean(0), moved.mean(0)
    p, q = grid - left, moved - right
    a = float((p * q).sum() / (p * p).sum())
    b = float((p[:, 0] * q[:, 1] - p[:, 1] * q[:, 0]).sum() / (p * p).sum())
    linear = np.array([[a, -b], [b, a]])
    shift = right - linear @ left
    return np.array([[a, -b, shift[0]], [b, a, shift[1]], [0, 0, 1]])


def choose_plane(
    sizes: Sequence[Size], edges: Sequence[Edge], start: dict[int, Matrix], middle: int
) -> tuple[Placement, dict[str, float]]:
    """Similarity, affine map or homography: the one with the least penalised cost (Schwarz' criterion)."""
    scores: dict[str, float] = {}
    best: Placement | None = None
    for model in ("homography", "affine", "similarity"):
        found = refine(sizes, edges, start, middle, model)
        scores[model] = found.cost + 0.5 * FREEDOM[model] * (len(start) - 1) * float(
            np.log(max(2, found.points))
        )
        if best is None or scores[model] < scores[best.model]:
            best = found
        elif scores[model] > 3 * scores[best.model]:
            break
    assert best is not None
    return best, {k: round(v, 1) for k, v in scores.items()}
