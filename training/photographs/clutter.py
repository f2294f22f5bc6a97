"""What stands about in a small seller's photograph: fruit, books, boxes, plants. Never in front of the product."""

from __future__ import annotations

import math
from collections.abc import Callable

import bpy
import numpy as np
from mathutils import Matrix

from .materials import ceramic, cloth, glass, metal, plain, wicker, wood
from .meshes import (
    add_mesh,
    box,
    flat_cloth,
    lathe,
    rod,
    slab,
    smooth_curve,
    superellipse,
    tube,
    vessel_profile,
)
from .scene import Frame

Things = list[bpy.types.Object]
COLOURS = ["#b5523b", "#3d5a6c", "#d9b44a", "#5b7553", "#8a5a83", "#c8c2b4", "#2f2f33", "#d98e73"]


def _ball(radius: float, colour: str, stretch: float = 1.0) -> bpy.types.Object:
    t = np.linspace(-np.pi / 2, np.pi / 2, 24)
    profile = np.stack([radius * np.cos(t), radius * stretch * np.sin(t) + radius * stretch], 1)
    return lathe("fruit", profile, ceramic(colour, gloss=0.3), 32)


def _orange(rng: np.random.Generator) -> Things:
    first, second = _ball(0.038, "#e0812b"), _ball(0.036, "#dd7a22")
    second.location = (0.07, 0.03, 0)
    return [first, second]


def _lemon(rng: np.random.Generator) -> Things:
    lemon = _ball(0.027, "#e8c93a", 1.35)
    lemon.rotation_euler = (0, math.pi / 2, rng.uniform(0, 6))
    lemon.location.z = 0.027
    return [lemon]


def _bowl(rng: np.random.Generator) -> Things:
    outer = smooth_curve([(0.03, 0), (0.055, 0.015), (0.078, 0.045), (0.085, 0.07)])
    return [lathe("bowl", vessel_profile(outer, 0.005), ceramic(rng.choice(COLOURS), gloss=0.7), 48)]


def _mug(rng: np.random.Generator) -> Things:
    outer = smooth_curve([(0.034, 0), (0.04, 0.008), (0.041, 0.05), (0.041, 0.09)])
    material = ceramic(rng.choice(COLOURS))
    cup = lathe("mug", vessel_profile(outer, 0.004), material, 48)
    path = smooth_curve([(0.038, 0, 0.075), (0.062, 0, 0.07), (0.066, 0, 0.045), (0.038, 0, 0.022)])
    return [cup, tube("handle", path, 0.005, material, 0.007)]


def _napkin(rng: np.random.Generator) -> Things:
    outline = superellipse(0.19, 0.15, 9)
    things = []
    for i in range(2):
        sheet = flat_cloth("napkin", outline, 0.005, cloth(rng.choice(COLOURS), None, 700), 0.004, 0.07, i)
        sheet.location.z = 0.004 * i
        sheet.rotation_euler.z = 0.12 * i
        things.append(sheet)
    return things


def _spoon(rng: np.random.Generator) -> Things:
    path = smooth_curve(
        [(-0.08, 0, 0.004), (0, 0, 0.008), (0.05, 0, 0.004), (0.07, 0, 0.004), (0.095, 0, 0.005)]
    )
    n = len(path)
    t = np.linspace(0, 1, n)
    width = 0.003 + 0.016 * np.exp(-(((t - 0.85) / 0.12) ** 2)) + 0.003 * (1 - t)
    return [tube("spoon", path, width, metal("#c8c6c0", 0.2), 0.002, normal=(0, 1, 0))]


def _board(rng: np.random.Generator) -> Things:
    return [slab("board", superellipse(0.3, 0.19, 7), 0.018, wood("#c79a63", "#8d5f33", "x"), 0.005)]


def _books(rng: np.random.Generator) -> Things:
    things, up = [], 0.0
    for _ in range(3):
        thick = rng.uniform(0.012, 0.03)
        turn = rng.uniform(-0.25, 0.25)
        cover = box(
            "book", (0.15, 0.21, thick), (0, 0, up + thick / 2), plain(rng.choice(COLOURS), 0.6), 0.002
        )
        leaves = box(
            "leaves", (0.15, 0.204, thick - 0.006), (0.004, 0, up + thick / 2), plain("#efe8d6", 0.9), 0.001
        )
        cover.rotation_euler.z = leaves.rotation_euler.z = turn
        things += [cover, leaves]
        up += thick
    return things


def _scissors(rng: np.random.Generator) -> Things:
    steel, grip = metal("#b9bcc0", 0.25), plain("#26282c", 0.4)
    things = []
    for side in (-1, 1):
        things.append(rod("blade", (0, 0, 0.006), (0.1, side * 0.014, 0.006), 0.005, 0.0015, steel))
        a = np.linspace(0, 2 * np.pi, 28, endpoint=False)
        ring = np.stack([-0.05 + 0.026 * np.cos(a), side * 0.024 + 0.018 * np.sin(a), 0 * a + 0.006], 1)
        things.append(tube("grip", ring, 0.005, grip, closed=True))
    return things


def _pen(rng: np.random.Generator) -> Things:
    return [rod("pen", (-0.07, 0, 0.005), (0.07, 0, 0.005), 0.005, 0.004, plain(rng.choice(COLOURS), 0.25))]


def _tape(rng: np.random.Generator) -> Things:
    profile = np.array([(0.03, 0), (0.045, 0), (0.045, 0.022), (0.03, 0.022), (0.03, 0)])
    return [lathe("tape", profile, plain("#b98d55", 0.3), 48)]


def _sponge(rng: np.random.Generator) -> Things:
    return [
        box("sponge", (0.1, 0.065, 0.03), (0, 0, 0.015), cloth("#e3c13c", None, 300, 0.1, 0.9, 0.5), 0.006)
    ]


def _cloth(rng: np.random.Generator) -> Things:
    return [
        flat_cloth(
            "rag", superellipse(0.24, 0.2, 3), 0.02, cloth(rng.choice(COLOURS), None, 600), 0.02, 0.06, 4
        )
    ]


def _bottle(rng: np.random.Generator) -> Things:
    outer = smooth_curve([(0.03, 0), (0.033, 0.01), (0.033, 0.14), (0.014, 0.19), (0.013, 0.25)])
    return [lathe("bottle", vessel_profile(outer, 0.003), plain("#2d4a33", 0.15), 40)]


def _leaves(height: float, spread: float, count: int, colour: str, rng: np.random.Generator) -> Things:
    material = plain(colour, 0.45)
    vertices, faces = [], []
    for i in range(count):
        a = i * 2.4 + rng.uniform(-0.3, 0.3)
        lean = rng.uniform(0.35, 1.0)
        size = spread * rng.uniform(0.35, 0.55)
        t = np.linspace(0, 1, 9)
        reach = spread * lean
        for s in t:
            # A stem-and-blade strip that bends over: narrow first, wide in the middle, pointed at the end.
            half = size * 0.32 * np.sin(np.pi * np.clip((s - 0.25) / 0.75, 0, 1)) + 0.0015
            r, z = reach * s**1.4, height * (s * 1.25 - 0.45 * lean * s**2.2)
            for side in (-1, 0, 1):
                x = r * np.cos(a) - side * half * np.sin(a)
                y = r * np.sin(a) + side * half * np.cos(a)
                vertices.append((x, y, z + abs(side) * half * 0.3))
        start = len(vertices) - 27
        faces += [
            (start + 3 * k + j, start + 3 * k + j + 1, start + 3 * k + j + 4, start + 3 * k + j + 3)
            for k in range(8)
            for j in range(2)
        ]
    return [add_mesh("leaves", np.array(vertices), faces, material)]


def _plant(rng: np.random.Generator, scale: float = 1.0) -> Things:
    s = scale
    outer = smooth_curve([(0.045 * s, 0), (0.05 * s, 0.01 * s), (0.062 * s, 0.09 * s), (0.065 * s, 0.1 * s)])
    pot = lathe(
        "pot",
        vessel_profile(outer, 0.006 * s),
        ceramic(rng.choice(["#b5663f", "#d8d2c6", "#55605c"]), gloss=0.2),
        48,
    )
    earth = slab("earth", superellipse(0.11 * s, 0.11 * s, 2, 32), 0.004, plain("#33261c", 1.0), 0, 0.082 * s)
    leaves = _leaves(0.24 * s, 0.19 * s, 11, rng.choice(["#3f6b3a", "#5a7f46", "#2f5a48"]), rng)
    leaves[0].location.z = 0.08 * s
    return [pot, earth, *leaves]


def _pot(rng: np.random.Generator) -> Things:
    return _plant(rng, 3.2)


def _carton(rng: np.random.Generator) -> Things:
    h = rng.uniform(0.22, 0.42)
    tape = box("strip", (0.4, 0.05, h + 0.002), (0, 0, h / 2), plain("#c9a878", 0.25), 0.002)
    return [box("carton", (0.4, 0.32, h), (0, 0, h / 2), plain("#a9804f", 0.85), 0.004), tape]


def _stack(rng: np.random.Generator) -> Things:
    things = _books(rng)
    for thing in things:
        thing.scale = (1.6, 1.5, 1.6)
        thing.location *= 1.6
    return things


def _basket(rng: np.random.Generator) -> Things:
    outer = smooth_curve([(0.15, 0), (0.18, 0.02), (0.2, 0.16), (0.19, 0.28)])
    return [lathe("basket", vessel_profile(outer, 0.012), wicker("#b58a55", 40), 64)]


def _stones(rng: np.random.Generator) -> Things:
    things = []
    for i in range(4):
        stone = _ball(rng.uniform(0.015, 0.03), rng.choice(["#8d8a83", "#6f6c68", "#b3aca0"]), 0.6)
        stone.location = (0.06 * i - 0.09, rng.uniform(-0.04, 0.04), 0)
        things.append(stone)
    return things


def _glass(rng: np.random.Generator) -> Things:
    outer = smooth_curve([(0.028, 0), (0.031, 0.005), (0.036, 0.1)])
    return [lathe("glass", vessel_profile(outer, 0.002), glass("#eaf4f2"), 40)]


KINDS: dict[str, Callable[[np.random.Generator], Things]] = {
    name[1:]: made
    for name, made in list(globals().items())
    if name.startswith("_")
    and callable(made)
    and name not in ("_ball", "_leaves", "_plant")
    and name[1] != "_"
} | {"plant": _plant}


def scatter(frame: Frame, kinds: list[str], count: int) -> None:
    """Put ``count`` of ``kinds`` beside and behind the product, some cut by the picture's edge."""
    rng = np.random.default_rng(frame.shot.seed * 7 + 11)
    wide, deep = frame.half_width(), frame.half_depth()
    side = 1 if frame.shot.seed % 2 else -1
    chosen = list(rng.permutation(kinds))[:count]
    used: dict[int, float] = {-1: 0.0, 1: 0.0}
    limit = deep + (1e9 if frame.shot.pose not in ("lean", "hang", "recline") else 0.0)
    for i, kind in enumerate(chosen):
        things = KINDS[str(kind)](rng)
        spin = rng.uniform(0, 2 * math.pi)
        low, high = _footprint(things)
        radius = float(np.linalg.norm(high - low)) / 2
        across = side * (wide * 1.08 + radius * 0.85 + rng.uniform(0.02, 0.18) * wide)
        away = min(used[side] + rng.uniform(-0.1, 0.5) * deep, limit - radius)
        used[side] = away + radius * 2 + 0.02
        if i == 3 and limit > 1e6:  # one straight behind, seen over the product's shoulder
            across, away = side * rng.uniform(0.3, 0.8) * wide, deep + radius * 1.2 + 0.3 * wide
        place = Matrix.Translation(frame.at(across, away)) @ Matrix.Rotation(spin, 4, "Z")
        place = place @ Matrix.Translation((-(low[0] + high[0]) / 2, -(low[1] + high[1]) / 2, 0))
        for thing in things:
            thing.matrix_world = place @ thing.matrix_basis
        side = -side


def _footprint(things: Things) -> tuple[np.ndarray, np.ndarray]:
    bpy.context.view_layer.update()
    corners = np.array([tuple(t.matrix_basis @ v.co) for t in things for v in list(t.data.vertices)[::3]])
    return corners[:, :2].min(0), corners[:, :2].max(0)


def hung(frame: Frame, away: float) -> None:
    """On a wall: a light switch, and the edge of a shelf with a plant."""
    rng = np.random.default_rng(frame.shot.seed)
    side = 1 if frame.shot.seed % 2 else -1
    wide = frame.half_width()
    middle = frame.centre.z
    turn = math.radians(frame.shot.azimuth)
    things = [
        box(
            "switch",
            (0.085, 0.012, 0.085),
            frame.at(side * (wide * 1.12 + 0.08), away - 0.006, middle),
            plain("#f1eee6", 0.3),
        ),
        box(
            "rocker",
            (0.05, 0.016, 0.06),
            frame.at(side * (wide * 1.12 + 0.08), away - 0.012, middle),
            plain("#faf8f2", 0.3),
        ),
        box(
            "shelf",
            (0.5, 0.2, 0.025),
            frame.at(-side * (wide * 1.1 + 0.27), away - 0.1, middle - 0.3),
            wood("#b88955", "#86582f", "x"),
        ),
    ]
    for thing in things:
        thing.rotation_euler = (0, 0, turn)
    for thing in _plant(rng, 1.2):
        thing.matrix_world = (
            Matrix.Translation(frame.at(-side * (wide * 1.1 + 0.2), away - 0.1, middle - 0.287))
            @ thing.matrix_basis
        )
