"""The rotating camera: when a plane would become a bow-tie, and how wide scenes are drawn on cylinder or
sphere."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from prodgen_django.common.arrays import Matrix, Size

from .geometry import project
from .records import Edge, Placement, Rotation
from .surface import camera


def _cross(axis: Matrix) -> Matrix:
    """The matrix of the cross product with `axis`."""
    x, y, z = axis
    return np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]], np.float64)


def _image(change: Matrix, rays: Matrix, focal: float) -> Matrix:
    """How the image of `rays` moves when they change, to first order."""
    z = rays[:, 2:3]
    return np.asarray(focal * (change[:, :2] - rays[:, :2] / z * change[:, 2:]) / z, np.float64)


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
    """The rotations and the focal length that explain all correspondences best, by Gauss-Newton from each
    guess."""
    best: Rotation | None = None
    for focal in focal_guesses(sizes, edges):
        found = _refine(sizes, edges, order, middle, focal, 8)
        if found is not None and (best is None or found.cost < best.cost):
            best = found
    return best


def _refine(
    sizes: Sequence[Size],
    edges: Sequence[Edge],
    order: list[tuple[int, int]],
    middle: int,
    focal: float,
    rounds: int,
    sigma: float = 0.25,
) -> Rotation | None:
    rotations: dict[int, Matrix] = {middle: np.eye(3)}
    by_pair = {(e.a, e.b): e.transform for e in edges}
    for near, far in order:
        step = by_pair[far, near] if (far, near) in by_pair else np.linalg.inv(by_pair[near, far])
        u, _, vt = np.linalg.svd(np.linalg.inv(camera(sizes[near], focal)) @ step @ camera(sizes[far], focal))
        turn = u @ vt
        rotations[far] = rotations[near] @ (turn if np.linalg.det(turn) > 0 else -turn)
    column = {m: k for k, m in enumerate(x for x in sorted(rotations) if x != middle)}
    size = 3 * len(column) + 1
    limit = max(40, 4000 // max(1, len(edges)))
    picks = [np.linspace(0, len(e.source) - 1, min(limit, len(e.source))).astype(int) for e in edges]
    basis = np.stack([_cross(axis) for axis in np.eye(3)])

    def errors(f: float, turns: dict[int, Matrix]) -> tuple[float, Matrix]:
        parts = []
        for edge, pick in zip(edges, picks, strict=True):
            h = (
                camera(sizes[edge.b], f)
                @ turns[edge.b].T
                @ turns[edge.a]
                @ np.linalg.inv(camera(sizes[edge.a], f))
            )
            parts.append(np.linalg.norm(project(h, edge.source[pick]) - edge.target[pick], axis=1))
        every = np.concatenate(parts)
        return float((np.log1p((every / (3 * sigma)) ** 2) * 9).sum()), every

    cost, every = errors(focal, rotations)
    damping = 1e-3
    for _ in range(rounds * 2):
        normal, gradient = np.zeros((size, size)), np.zeros(size)
        for edge, pick in zip(edges, picks, strict=True):
            ka, kb = camera(sizes[edge.a], focal), camera(sizes[edge.b], focal)
            rays = np.c_[edge.source[pick], np.ones(len(pick))] @ np.linalg.inv(ka).T
            relative = rotations[edge.b].T @ rotations[edge.a]
            turned = rays @ relative.T
            z = turned[:, 2:3]
            at = focal * turned[:, :2] / z + kb[:2, 2]
            error = at - edge.target[pick]
            weight = 1 / (1 + (np.linalg.norm(error, axis=1) / (3 * sigma)) ** 2)

            columns: list[tuple[int, Matrix]] = []
            for k in range(3):
                if edge.a in column:
                    columns.append(
                        (3 * column[edge.a] + k, _image(rays @ basis[k].T @ relative.T, turned, focal))
                    )
                if edge.b in column:
                    columns.append((3 * column[edge.b] + k, _image(-turned @ basis[k].T, turned, focal)))
            ray_change = np.c_[-rays[:, :2], np.zeros(len(rays))]
            columns.append(
                (size - 1, focal * turned[:, :2] / z + _image(ray_change @ relative.T, turned, focal))
            )
            jac = np.stack([c for _, c in columns], 1)
            index = np.array([k for k, _ in columns])
            gradient[index] += np.einsum("n,nki,ni->k", weight, jac, error)
            normal[np.ix_(index, index)] += np.einsum("n,nki,nmi->km", weight, jac, jac)
        step = np.linalg.solve(normal + np.diag(np.diag(normal) * damping + 1e-9), -gradient)
        turns = {m: rotations[m] @ cv2.Rodrigues(step[3 * k : 3 * k + 3])[0] for m, k in column.items()}
        turns[middle] = rotations[middle]
        longer = focal * float(np.exp(np.clip(step[-1], -0.5, 0.5)))
        trial, trial_every = errors(longer, turns)
        if not np.isfinite(trial):
            return None
        if trial < cost:
            done = cost - trial < 1e-4 * cost
            focal, rotations, cost, every, damping = longer, turns, trial, trial_every, damping * 0.3
            if done:
                break
        else:
            damping *= 10
            if damping > 1e6:
                break
    if not 0.2 * max(sizes[middle]) < focal < 40 * max(sizes[middle]):
        return None
    return Rotation(focal, rotations, float(np.median(every)), cost)


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
