"""Things that stand about at the rim of a set: vessels, branches, books, fruit, cloth. All are out of focus."""

from __future__ import annotations

import math
from collections.abc import Sequence

import bpy
import numpy as np
from mathutils import Matrix

from training.photographs.materials import ceramic, cloth, glass, glowing, plain
from training.photographs.meshes import (
    add_mesh,
    box,
    cushion,
    flat_cloth,
    grid_faces,
    lathe,
    rod,
    smooth_curve,
    superellipse,
    vessel_profile,
    wrinkle,
)

Things = list[bpy.types.Object]
Point = Sequence[float]

VESSELS: dict[str, list[tuple[float, float]]] = {
    "bottle": [(0.34, 0), (0.4, 0.03), (0.42, 0.45), (0.2, 0.72), (0.14, 0.9), (0.16, 1)],
    "belly": [(0.24, 0), (0.34, 0.06), (0.48, 0.4), (0.36, 0.7), (0.2, 0.86), (0.24, 1)],
    "tall": [(0.2, 0), (0.25, 0.04), (0.27, 0.5), (0.22, 0.85), (0.24, 1)],
    "cylinder": [(0.36, 0), (0.4, 0.02), (0.4, 0.5), (0.4, 1)],
    "bowl": [(0.5, 0), (0.8, 0.2), (1.15, 0.62), (1.3, 1)],
    "cup": [(0.32, 0), (0.4, 0.06), (0.44, 0.5), (0.46, 1)],
    "pot": [(0.36, 0), (0.4, 0.04), (0.5, 0.8), (0.52, 1)],
    "jar": [(0.4, 0), (0.46, 0.05), (0.46, 0.7), (0.38, 0.82), (0.38, 1)],
}
"""Outlines: half widths and heights, for a height of 1."""


def put(
    things: Things, at: Point, turn: float = 0.0, size: float = 1.0, tilt: Matrix | None = None
) -> Things:
    """Move things as one: to a point, turned about z by degrees."""
    move = Matrix.Translation(tuple(at)) @ Matrix.Rotation(math.radians(turn), 4, "Z") @ Matrix.Scale(size, 4)
    for thing in things:
        thing.matrix_world = move @ (tilt or Matrix()) @ thing.matrix_basis
    return things


def vessel(kind: str, height: float, material: bpy.types.Material | str) -> Things:
    """A turned vessel; a colour gives matt glazed clay."""
    if isinstance(material, str):
        material = ceramic(material, gloss=0.25)
    outer = smooth_curve(np.array(VESSELS[kind]) * height, 14)
    return [lathe(kind, vessel_profile(outer, max(0.0025, 0.018 * height)), material, 72)]


def books(colours: Sequence[str], rng: np.random.Generator, size: float = 1.0) -> Things:
    """A lying stack; the first colour lies lowest."""
    things: Things = []
    up = 0.0
    for colour in colours:
        thick, turn = rng.uniform(0.016, 0.03), rng.uniform(-0.16, 0.16)
        wide, deep = rng.uniform(0.19, 0.23), rng.uniform(0.14, 0.165)
        cover = box(
            "book", (wide, deep, thick), (0, 0, up + thick / 2), cloth(colour, None, 1500, 0.1, 0.1), 0.002
        )
        pages = box(
            "pages",
            (wide - 0.004, deep, thick - 0.007),
            (0.003, 0.004, up + thick / 2),
            plain("#efe8da", 0.9),
            0.001,
        )
        cover.rotation_euler.z = pages.rotation_euler.z = turn
        things += [cover, pages]
        up += thick + 0.0005
    return put(things, (0, 0, 0), size=size)


def fruit(
    colour: str, count: int, rng: np.random.Generator, radius: float = 0.035, stretch: float = 0.95
) -> Things:
    """Round fruit in a heap of one layer, to lie in a bowl or on a table."""
    things: Things = []
    t = np.linspace(-np.pi / 2, np.pi / 2, 20)
    material = ceramic(colour, gloss=0.35)
    for k in range(count):
        r = radius * rng.uniform(0.92, 1.06)
        profile = np.stack([r * np.cos(t), r * stretch * (np.sin(t) + 1)], 1)
        ball = lathe("fruit", profile, material, 28)
        a, far = 2.4 * k, 0.0 if k == 0 else radius * (1.15 if count < 5 else 1.3)
        ball.matrix_world = Matrix.Translation(
            (far * np.cos(a), far * np.sin(a), 0.02 * (k == 0 and count > 3))
        )
        things.append(ball)
    return things


def candle(height: float, wide: float, colour: str, lit: bool = True) -> Things:
    """A candle; lit, its flame glows; what shines counts to the fill."""
    profile = np.array(
        [(0.001, 0), (wide, 0), (wide, height - 0.003), (wide - 0.003, height), (0.001, height - 0.002)]
    )
    things = [lathe("candle", profile, plain(colour, 0.45, Subsurface_Weight=0.25), 40)]
    if lit:
        t = np.linspace(0, 1, 12)
        flame = np.stack([0.0065 * np.sin(np.pi * t**0.6) + 1e-4, 0.034 * t], 1)
        made = lathe("flame", flame, glowing("#ffca7a", 12.0), 16)
        made.location.z = height + 0.006
        things += [
            made,
            rod("wick", (0, 0, height - 0.002), (0, 0, height + 0.008), 0.0008, 0.0006, plain("#222222", 1)),
        ]
    return things


def bulbs(
    count: int, rng: np.random.Generator, low: Point, high: Point, colour: str, strength: float
) -> Things:
    """Small lamps far behind: discs of light, out of focus."""
    material = glowing(colour, strength)
    t = np.linspace(-np.pi / 2, np.pi / 2, 8)
    profile = np.stack([0.012 * np.cos(t) + 1e-5, 0.012 * np.sin(t)], 1)
    things = []
    for _ in range(count):
        made = lathe("bulb", profile, material, 10)
        made.location = tuple(rng.uniform(low, high))
        things.append(made)
    return things


def napkin(colour: str, wide: float, deep: float, seed: int, threads: float = 1100) -> Things:
    """A cloth that lies, softly creased."""
    return [
        flat_cloth(
            "napkin",
            superellipse(wide, deep, 7),
            0.006,
            cloth(colour, None, threads, 0.2),
            0.014,
            0.11,
            seed,
            0.008,
        )
    ]


def draped(
    colour: str,
    x: tuple[float, float],
    y: tuple[float, float],
    height: float,
    seed: int,
    flat: float = 0.0,
    fold: float = 0.35,
    threads: float = 900,
) -> Things:
    """A wide cloth in folds; within `flat` metres of the origin it lies smooth, for the product to stand on."""
    cells = 190
    u, v = np.meshgrid(np.linspace(*x, cells), np.linspace(*y, cells))
    p = np.c_[u.ravel(), v.ravel(), np.zeros(u.size)]
    folds = np.clip(1 - abs(wrinkle(p * [1.0, 0.62, 1], fold, seed, 2)), 0, 1) ** 2.2
    small = wrinkle(p, fold * 0.3, seed + 5, 2)
    far = np.hypot(p[:, 0], p[:, 1])
    away = np.clip((far - flat) / max(0.6 * flat, 0.12), 0, 1) if flat else np.ones(len(p))
    away = away * away * (3 - 2 * away)
    p[:, 2] = (height * folds + 0.06 * height * small) * away
    material = cloth(colour, None, threads, 0.25, 0.3, 0.2)
    return [add_mesh("cloth", p, grid_faces(cells, cells), material, p[:, :2] * 2)]


def pillow(colour: str, wide: float, high: float, deep: float, seed: int) -> Things:
    """A filled cushion, lying."""
    return [cushion("pillow", wide, high, deep, cloth(colour, None, 900, 0.3, 0.3, 0.2), seed)[0]]


def tumbler(height: float, tint: str = "#eef5f4") -> Things:
    return vessel("cup", height, glass(tint))
