"""Stage 5: place all pictures at once: joint refinement over every correspondence, for each camera model."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from prodgen_django.common.arrays import Matrix, Size

from .geometry import project
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
    sizes: Sequence[Size],
    edges: Sequence[Edge],
    start: dict[int, Matrix],
    middle: int,
    model: str,
    rounds: int = 12,
    sigma: float = 0.25,
    points: int = 6000,
) -> Placement:
    """Gauss-Newton with Cauchy weights on the symmetric transfer error of all edges.

    Each picture's homography moves within the group that `model` names (similarity, affine, homography) by a
    right
    perturbation H·exp(δ) in its own frame; the middle picture stays. `sigma` is the expected error in pixels.
    """
    free = FREEDOM[model]
    generators = _GENERATORS[:free]
    members = sorted(start)
    column = {m: k for k, m in enumerate(x for x in members if x != middle)}
    unit = {m: _unit(sizes[m]) for m in members}
    placed = {m: start[m] @ np.linalg.inv(unit[m]) for m in members}
    if model != "homography":
        placed = {m: _restrict(placed[m], model) for m in members}
        anchor = placed[middle]
        placed = {m: np.linalg.inv(unit[middle]) @ np.linalg.inv(anchor) @ placed[m] for m in members}
    limit = min(400, max(60, points // max(1, len(edges))))
    data = []
    for edge in edges:
        p, q = _thin(edge, limit)
        for one, other, from_, to in ((edge.a, edge.b, p, q), (edge.b, edge.a, q, p)):
            data.append(
                (one, other, project(unit[one], from_), project(unit[other], to), max(sizes[other]) / 2)
            )
    size = free * len(column)
    cost, residuals = np.inf, np.zeros(1)
    for _ in range(rounds):
        normal, gradient, total = np.zeros((size, size)), np.zeros(size), 0.0
        gathered = []
        for one, other, p, q, half in data:
            transfer = np.linalg.solve(placed[other], placed[one])
            moved = ones(p) @ transfer.T
            z = moved[:, 2:3]
            at = moved[:, :2] / z
            error = at - q
            distance = np.linalg.norm(error, axis=1) * half
            weight = 1 / (1 + (distance / (3 * sigma)) ** 2)
            total += float((np.log1p((distance / (3 * sigma)) ** 2) * 9).sum()) / 2
            gathered.append(distance)
            # d(x/z, y/z) of a homogeneous change v: (v_xy - at * v_z) / z; 2N rows, one column a freedom.
            root = np.sqrt(weight)[:, None] * half
            jac: list[tuple[int, Matrix]] = []
            if one in column:
                jac.append((column[one], _slope(ones(p), transfer @ generators, at, root / z)))
            if other in column:
                jac.append((column[other], -_slope(moved, generators, at, root / z)))
            weighted = (error * root).T.ravel()
            for k, left in jac:
                gradient[k * free : (k + 1) * free] += left.T @ weighted
                for m, right in jac:
                    normal[k * free : (k + 1) * free, m * free : (m + 1) * free] += left.T @ right
        residuals = np.concatenate(gathered)
        if not np.isfinite(total) or size == 0:
            break
        improved = cost - total
        cost = total
        step = np.linalg.solve(
            normal + np.eye(size) * 1e-6 * max(1.0, float(np.trace(normal)) / size), -gradient
        )
        step = np.clip(step, -0.3, 0.3)
        for m, k in column.items():
            delta = np.tensordot(step[k * free : (k + 1) * free], generators, 1)
            placed[m] = placed[m] @ _exponential(delta)
        if abs(improved) < 1e-3 * (1 + abs(cost)) and float(np.abs(step).max()) < 1e-4:
            break
    transforms = {}
    for m in members:
        full = placed[m] @ unit[m]
        transforms[m] = full / full[2, 2]
    return Placement(model, transforms, float(np.median(residuals)), cost, len(residuals))


def ones(points: Matrix) -> Matrix:
    """N×2 to homogeneous N×3."""
    return np.concatenate([points, np.ones((len(points), 1))], 1)


def _slope(points: Matrix, generators: Matrix, at: Matrix, scale: Matrix) -> Matrix:
    """How x and y (2N rows: all x, then all y) move along each generator (columns)."""
    change = points @ generators.transpose(0, 2, 1)  # (freedoms, N, 3)
    x = (change[..., 0] - at[:, 0] * change[..., 2]) * scale[:, 0]
    y = (change[..., 1] - at[:, 1] * change[..., 2]) * scale[:, 0]
    return np.concatenate([x, y], 1).T


def _exponential(delta: Matrix) -> Matrix:
    """Matrix exponential of a small 3×3 matrix by its series."""
    result, term = np.eye(3), np.eye(3)
    for k in range(1, 9):
        term = term @ delta / k
        result = result + term
    return np.asarray(result, np.float64)


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
