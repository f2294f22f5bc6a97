"""Branches, bunches and strewn leaves: a stem and many small meshes, joined into one."""

from __future__ import annotations

import math
from collections.abc import Sequence

import bpy
import numpy as np
from mathutils import Matrix

from training.photographs.materials import plain
from training.photographs.meshes import add_mesh, grid_faces, tube

from .props import Things, put
from .surfaces import leafy


def _blade(kind: str, length: float) -> tuple[np.ndarray, list[tuple[int, ...]]]:
    """A leaf along x, cupped and bent down a little."""
    t = np.linspace(0, 1, 7)
    shape = {
        "round": np.sin(np.pi * np.clip(t * 1.02, 0, 1)) ** 0.55 * 0.42,
        "olive": np.sin(np.pi * t**0.9) * 0.13,
        "broad": np.sin(np.pi * t**0.75) * 0.27,
        "petal": np.sin(np.pi * np.clip(t**1.6, 0, 1)) ** 0.6 * 0.42,
        "needle": np.full(7, 0.03) * np.array([1, 1, 1, 1, 1, 0.9, 0.3]),
        "grass": np.sin(np.pi * t**0.6) * 0.035,
    }[kind]
    shape = np.maximum(shape, 0.004)
    droop = {"petal": -0.35, "needle": 0.0}.get(kind, 0.18)
    rows = [
        (length * s, side * half * length, length * (-droop * s**2 + 0.25 * abs(side) * half))
        for s, half in zip(t, shape, strict=True)
        for side in (-1, 0, 1)
    ]
    return np.array(rows), grid_faces(7, 3)


def _strewn(
    name: str, frames: list[np.ndarray], kind: str, length: float, material: bpy.types.Material
) -> Things:
    """One mesh of many leaves; each frame is a 3×4 matrix."""
    blade, faces = _blade(kind, length)
    vertices = np.vstack([blade @ f[:, :3].T + f[:, 3] for f in frames])
    all_faces = [tuple(i + k * len(blade) for i in face) for k in range(len(frames)) for face in faces]
    return [add_mesh(name, vertices, all_faces, material)]


def _frame(at: np.ndarray, toward: np.ndarray, up: np.ndarray, size: float) -> np.ndarray:
    x = toward / np.linalg.norm(toward)
    y = np.cross(up, x)
    y = y / (np.linalg.norm(y) + 1e-9)
    return np.c_[np.stack([x, y, np.cross(x, y)], 1) * size, at]


LEAVES = {
    "eucalyptus": ("round", 0.042, 0.022, "#6c8774", "#93a78f"),
    "olive": ("olive", 0.062, 0.013, "#6f7f55", "#97a37c"),
    "ficus": ("broad", 0.075, 0.028, "#3f6a3c", "#6d8f4e"),
    "beech": ("broad", 0.06, 0.026, "#b0602a", "#d79a3e"),
    "blossom": ("petal", 0.013, 0.018, "#f6d9de", "#fdf3f2"),
    "fir": ("needle", 0.024, 0.0016, "#2f4a35", "#4d6b4c"),
    "grass": ("grass", 0.16, 0.010, "#c9b184", "#e2d2ac"),
}
"""Kind of blade, its length, the way between two on a stem (metres), two colours."""


def branch(kind: str, length: float, rng: np.random.Generator, bend: float = 0.35, twigs: int = 3) -> Things:
    """A branch that grows up from the origin and leans to +x."""
    blade, size, every, first, second = LEAVES[kind]
    paths = []
    t = np.linspace(0, 1, 24)
    wave = 0.04 * length * np.sin(t * rng.uniform(3, 6) + rng.uniform(0, 6))
    main = np.stack([bend * length * t**1.7 + wave * t, wave * 0.7, length * t * (1 - 0.18 * bend * t)], 1)
    paths.append(main)
    for k in range(twigs):
        at = int(rng.uniform(7, 19))
        a = rng.uniform(0, 2 * np.pi) if k else rng.uniform(-1, 1)
        reach = length * rng.uniform(0.22, 0.42) * (1.15 - at / 24)
        out = np.array([np.cos(a), 0.6 * np.sin(a), rng.uniform(0.5, 1.0)])
        paths.append(
            main[at]
            + (out * reach) * t[:14, None] / t[13]
            + np.c_[0 * t[:14], 0 * t[:14], -0.15 * reach * t[:14] ** 2]
        )
    stem = plain({"blossom": "#5b4034", "fir": "#6b5138", "grass": "#b79f70"}.get(kind, "#7a6a4c"), 0.7)
    things = [
        tube("stem", p, np.linspace(0.004, 0.0015, len(p)) * max(0.6, length / 0.5), stem, sides=7)
        for p in paths
    ]
    frames = [f for p in paths for f in _leaves_on(p, kind, every, rng)]
    things += _strewn(kind, frames, blade, size, leafy(first, second))
    return things


def _leaves_on(path: np.ndarray, kind: str, every: float, rng: np.random.Generator) -> list[np.ndarray]:
    step = np.linalg.norm(np.diff(path, axis=0), axis=1)
    along = np.concatenate([[0], np.cumsum(step)])
    frames: list[np.ndarray] = []
    turn = rng.uniform(0, 6)
    start = 0.1 if kind in ("fir", "blossom") else 0.28
    for s in np.arange(start * along[-1], along[-1], every):
        at = np.array([np.interp(s, along, path[:, k]) for k in range(3)])
        i = min(int(np.searchsorted(along, s)), len(path) - 1)
        axis = path[i] - path[i - 1]
        axis = axis / (np.linalg.norm(axis) + 1e-9)
        side = np.cross(axis, [0.3, 1.0, 0.2])
        side = side / np.linalg.norm(side)
        other = np.cross(axis, side)
        count = {"fir": 4, "blossom": 5, "grass": 1}.get(kind, 2)
        if kind == "blossom" and rng.random() < 0.35:
            continue
        middle = at
        if kind == "blossom":
            a = rng.uniform(0, 2 * np.pi)
            outward = side * np.cos(a) + other * np.sin(a)
            middle = at + outward * 0.008
            u = np.cross(outward, axis)
            w = np.cross(outward, u)
        turn += 2.39996
        for k in range(count):
            a = turn + 2 * np.pi * k / count + rng.uniform(-0.25, 0.25)
            if kind == "blossom":
                toward, up = u * np.cos(a) + w * np.sin(a) + outward * 0.25, outward
            else:
                lean = {"fir": 0.9, "grass": 2.2}.get(kind, rng.uniform(0.3, 1.1))
                toward = side * np.cos(a) + other * np.sin(a) + axis * lean
                up = axis
            frames.append(_frame(middle, toward, up, float(rng.uniform(0.7, 1.15))))
    return frames


def bunch(
    kind: str, count: int, length: float, rng: np.random.Generator, lift: float, spread: float = 0.4
) -> Things:
    """Branches that stand in a vase whose rim is `lift` high."""
    things: Things = []
    for k in range(count):
        made = branch(kind, length * rng.uniform(0.75, 1.1), rng, bend=spread * rng.uniform(0.4, 1.3))
        things += put(made, (0, 0, lift * 0.6), turn=360 * k / count + rng.uniform(-40, 40))
    return things


def laid(
    kind: str, length: float, rng: np.random.Generator, at: Sequence[float], toward: float, twigs: int = 4
) -> Things:
    """A branch that lies, from a point in a direction seen from above (degrees, 0 is to the right)."""
    down = Matrix.Rotation(math.pi / 2, 4, "X")
    return put(branch(kind, length, rng, 0.35, twigs), at, toward + 90, 1, down)


def strewn(kind: str, count: int, rng: np.random.Generator, where: Sequence[Sequence[float]]) -> Things:
    """Single leaves or petals that lie about in boxes (x0, x1, y0, y1)."""
    blade, size, _, first, second = LEAVES[kind]
    frames = []
    for k in range(count):
        x0, x1, y0, y1 = where[k % len(where)]
        a = rng.uniform(0, 2 * np.pi)
        toward = np.array([np.cos(a), np.sin(a), rng.uniform(-0.05, 0.2)])
        up = np.array([rng.normal(0, 0.2), rng.normal(0, 0.2), 1.0])
        frames.append(
            _frame(
                np.array([rng.uniform(x0, x1), rng.uniform(y0, y1), 0.005]), toward, up, rng.uniform(0.7, 1.2)
            )
        )
    return _strewn(kind, frames, blade, size * (1.6 if kind == "blossom" else 1), leafy(first, second))
