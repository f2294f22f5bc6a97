"""Things made up on the spot, each one different: for learning how shadows fall, not for sale."""

from __future__ import annotations

from collections.abc import Callable

import bpy
import numpy as np

from .materials import ceramic, plain
from .meshes import box, cushion, lathe, rod, slab, smooth_curve, superellipse, tube, vessel_profile

Things = list[bpy.types.Object]


def _clad(rng: np.random.Generator) -> bpy.types.Material:
    colour = "#" + "".join(f"{int(v):02x}" for v in rng.uniform(30, 245, 3))
    if rng.random() < 0.5:
        return ceramic(colour, gloss=float(rng.uniform(0.2, 0.9)))
    return plain(colour, float(rng.uniform(0.3, 0.9)))


def cartons(rng: np.random.Generator) -> Things:
    """One to four boxes, one on the other or side by side."""
    things, top, left = [], 0.0, 0.0
    beside = rng.random() < 0.4
    for i in range(int(rng.integers(1, 5))):
        size = rng.uniform([0.06, 0.05, 0.03], [0.3, 0.25, 0.35])
        at = (
            (left, rng.uniform(-0.03, 0.03), size[2] / 2)
            if beside
            else (*rng.uniform(-0.02, 0.02, 2), top + size[2] / 2)
        )
        made = box(f"carton{i}", size, at, _clad(rng), float(rng.uniform(0.001, 0.01)))
        made.rotation_euler[2] = float(rng.normal(0, 0.25))
        things.append(made)
        top, left = top + size[2], left + size[0] * 1.15 + 0.02
    return things


def flask(rng: np.random.Generator) -> Things:
    """A vessel with a profile of its own."""
    height, widest = rng.uniform(0.08, 0.4), rng.uniform(0.03, 0.12)
    levels = np.linspace(0, height, int(rng.integers(4, 7)))
    radii = widest * rng.uniform(0.3, 1.0, len(levels))
    outer = smooth_curve(np.c_[radii, levels], 12)
    outer[:, 0] = np.maximum(outer[:, 0], 0.15 * widest)
    return [lathe("flask", vessel_profile(outer, 0.004), _clad(rng), 96)]


def shoe(rng: np.random.Generator) -> Things:
    """A sole with an upper: ellipses swept from heel to toe. One or two."""
    length, width, high = rng.uniform(0.22, 0.32), rng.uniform(0.08, 0.115), rng.uniform(0.06, 0.2)
    t = np.linspace(0, 1, 40)
    half = width / 2 * np.interp(t, [0, 0.08, 0.3, 0.7, 0.92, 1], [0.45, 0.75, 0.72, 1, 0.7, 0.15])
    tall = np.interp(t, [0, 0.06, 0.3, 0.5, 0.8, 1], [0.75 * high, high, high * 0.95, 0.09, 0.055, 0.03])
    path = np.c_[t * length - length / 2, 0 * t, 0.02 + tall / 2]
    material, sole = _clad(rng), _clad(rng)
    heel = float(rng.uniform(0, 0.06) if rng.random() < 0.4 else 0)
    path[:, 2] += heel * (1 - t) ** 2
    things = []
    for i, y in enumerate((0.0, 1.35 * width)[: int(rng.integers(1, 3))]):
        upper = tube(f"upper{i}", path + [0, y, 0], half, material, tall / 2, 28, normal=(0, 1, 0))
        outline = np.r_[np.c_[path[:, 0], -half * 1.05], np.c_[path[::-1, 0], half[::-1] * 1.05]] + [0, y]
        things += [upper, slab(f"sole{i}", outline, 0.024 + heel * 0.3, sole, 0.002)]
    return things


def upright(rng: np.random.Generator) -> Things:
    """A plate of any outline that stands on its edge: a frame, a coat on a stand, a letter."""
    n = int(rng.integers(5, 14))
    a = np.sort(rng.uniform(0, 2 * np.pi, n))
    corners = (
        np.c_[np.cos(a), np.sin(a)] * rng.uniform(0.35, 1.0, (n, 1)) * rng.uniform([0.08, 0.1], [0.25, 0.35])
    )
    outline = corners if rng.random() < 0.5 else smooth_curve(corners, 6, closed=True)
    made = slab("plate", outline, float(rng.uniform(0.01, 0.12)), _clad(rng), 0.003)
    made.rotation_euler = (np.pi / 2, 0, 0)
    return [made]


def stand(rng: np.random.Generator) -> Things:
    """A top on three to six legs, with or without a back."""
    w, d, h = rng.uniform(0.2, 0.6), rng.uniform(0.2, 0.5), rng.uniform(0.2, 0.8)
    outline = superellipse(w, d, float(rng.choice([2, 3, 8])))
    material, legs = _clad(rng), _clad(rng)
    things = [slab("top", outline, float(rng.uniform(0.015, 0.06)), material, 0.005, h)]
    splay, thick = rng.uniform(0.75, 1.25), rng.uniform(0.006, 0.025)
    count = int(rng.integers(3, 7))
    for i in range(count):
        a = 2 * np.pi * (i + 0.5) / count
        x, y = 0.38 * w * np.cos(a), 0.38 * d * np.sin(a)
        things.append(rod(f"leg{i}", (x, y, h), (x * splay, y * splay, 0), thick, thick * 0.8, legs))
    if rng.random() < 0.4:
        for x in (-0.4 * w, 0, 0.4 * w):
            things.append(rod(f"back{x}", (x, 0.42 * d, h), (x * 1.05, 0.5 * d, h * 1.8), thick, thick, legs))
    return things


def sack(rng: np.random.Generator) -> Things:
    """A filled cushion or bag that stands, with or without handles."""
    w, h, d = rng.uniform(0.15, 0.45), rng.uniform(0.15, 0.45), rng.uniform(0.05, 0.18)
    material = _clad(rng)
    body, _seam = cushion("sack", w, h, d, material, int(rng.integers(1000)), 40)
    body.rotation_euler = (float(rng.uniform(1.2, 1.57)), 0, 0)
    things = [body]
    if rng.random() < 0.5:
        t = np.linspace(0, np.pi, 24)
        arc = np.c_[0.3 * w * np.cos(t), 0 * t, 0.45 * h + rng.uniform(0.2, 0.5) * h * np.sin(t)]
        things.append(tube("handle", arc, float(rng.uniform(0.004, 0.012)), material))
    return things


def heap(rng: np.random.Generator) -> Things:
    """Folded cloths, plates or books: flat things that lie one on the other."""
    things, top = [], 0.0
    outline = superellipse(
        float(rng.uniform(0.12, 0.4)), float(rng.uniform(0.12, 0.3)), float(rng.choice([2, 4, 9]))
    )
    for i in range(int(rng.integers(1, 7))):
        thick = float(rng.uniform(0.01, 0.05))
        made = slab(f"layer{i}", outline * rng.uniform(0.85, 1.05), thick, _clad(rng), 0.3 * thick, top)
        made.rotation_euler[2] = float(rng.normal(0, 0.06))
        things.append(made)
        top += thick
    return things


def bust(rng: np.random.Generator) -> Things:
    """Balls and cones joined at will: a toy, a lamp, a figure."""
    things, top = [], 0.0
    for i in range(int(rng.integers(2, 5))):
        r, h = rng.uniform(0.02, 0.12), rng.uniform(0.03, 0.2)
        t = np.linspace(0, 1, 24)
        form = [np.sin(np.pi * t) ** 0.5, 1 - 0.8 * t, 0.25 + 0 * t, 0.3 + 0.7 * t][int(rng.integers(4))]
        line = np.r_[[(0, top)], np.c_[np.maximum(r * form, 0.004), top + t * h], [(0, top + h)]]
        things.append(lathe(f"part{i}", line, _clad(rng), 64))
        top += 0.96 * h
    return things


BUILDERS: dict[str, Callable[[np.random.Generator], Things]] = {
    "cartons": cartons,
    "flask": flask,
    "shoe": shoe,
    "upright": upright,
    "stand": stand,
    "sack": sack,
    "heap": heap,
    "bust": bust,
}
