"""Thin closed shapes that one sees through: hoops, grids, baskets, hangers."""

from __future__ import annotations

import numpy as np

from training.photographs.materials import metal, wicker
from training.photographs.meshes import (
    rod,
    slab,
    superellipse,
    tube,
)

from .parts import (
    Rng,
    Things,
    curve,
    hard,
    soft,
)


def hoop(rng: Rng) -> Things:
    """A closed ring or frame that one sees through: wreath, racket, mirror's rim, bangle, wheel, picture frame."""
    w, h = rng.uniform(0.08, 0.4), rng.uniform(0.08, 0.5)
    ring = superellipse(w, h, float(rng.choice([2, 2, 3, 8, 20])), 96)
    thick = min(w, h) * float(np.exp(rng.uniform(np.log(0.012), np.log(0.1))))
    of = hard(rng)
    path = np.c_[ring[:, 0], 0 * ring[:, 0], ring[:, 1] + h / 2 + thick]
    made: Things = [tube("ring", path, thick, of, closed=True)]
    if rng.random() < 0.4:
        count = int(rng.integers(4, 16))
        for k in range(count):
            x = w * (k + 0.5) / count - w / 2
            reach = h / 2 * np.sqrt(max(0.0, 1 - (2 * x / w) ** 2)) if rng.random() < 0.9 else h / 2
            made.append(
                rod(
                    f"string{k}",
                    (x, 0, h / 2 + thick - reach),
                    (x, 0, h / 2 + thick + reach),
                    thick * 0.12,
                    thick * 0.12,
                    of,
                )
            )
        for k in range(count):
            z = h * (k + 0.5) / count - h / 2
            reach = w / 2 * np.sqrt(max(0.0, 1 - (2 * z / h) ** 2))
            made.append(
                rod(
                    f"cross{k}",
                    (-reach, 0, z + h / 2 + thick),
                    (reach, 0, z + h / 2 + thick),
                    thick * 0.12,
                    thick * 0.12,
                    of,
                )
            )
    if rng.random() < 0.4:
        made.append(
            rod(
                "stick",
                (0, 0, thick),
                (0, 0, -rng.uniform(0.3, 0.9) * h),
                thick * 1.1,
                thick * 1.3,
                soft(rng),
            )
        )
    return made


def lattice(rng: Rng) -> Things:
    """Crossed wires or slats: rack, crate, basket, trivet, grille, dish drainer."""
    w, d, h = rng.uniform(0.15, 0.45), rng.uniform(0.12, 0.35), rng.uniform(0.06, 0.35)
    thick = float(rng.uniform(0.0018, 0.007))
    of = hard(rng)
    made: Things = []
    for z in (0.0, h) if rng.random() < 0.8 else (0.0, h / 2, h):
        corners = superellipse(w, d, float(rng.choice([4, 8, 20])), 64)
        made.append(tube(f"rim{z}", np.c_[corners, np.full(64, z + thick)], thick * 1.4, of, closed=True))
    for k in range(int(rng.integers(4, 14))):
        x = w * (k % 7 - 3) / 6.6
        made.append(rod(f"floor{k}", (x, -d / 2, thick), (x, d / 2, thick), thick, thick, of))
        for y in (-d / 2, d / 2):
            made.append(rod(f"side{k}{y}", (x, y, 0), (x, y, h), thick, thick, of))
    for k in range(int(rng.integers(2, 6))):
        y = d * (k - 2) / 5
        for x in (-w / 2, w / 2):
            made.append(rod(f"end{k}{x}", (x, y, 0), (x, y, h), thick, thick, of))
    return made


def basket(rng: Rng) -> Things:
    """Plaited or bent of strands, with gaps between them and a bow."""
    r, h = rng.uniform(0.08, 0.25), rng.uniform(0.08, 0.3)
    flare, of = rng.uniform(0.9, 1.5), hard(rng) if rng.random() < 0.5 else wicker("#b58a55", 30)
    made: Things = []
    a = np.linspace(0, 2 * np.pi, 80, endpoint=False)
    rows, thick = int(rng.integers(4, 14)), h * rng.uniform(0.008, 0.03)
    for k in range(rows):
        t = k / (rows - 1)
        s = r * (1 + (flare - 1) * t) * (1 + 0.01 * np.sin(14 * a + np.pi * k))
        made.append(
            tube(
                f"row{k}",
                np.c_[s * np.cos(a), s * np.sin(a), np.full(80, thick + h * t)],
                thick,
                of,
                closed=True,
                sides=8,
            )
        )
    for k in range(int(rng.integers(8, 26))):
        b = 2 * np.pi * k / 26 if rows > 8 else rng.uniform(0, 2 * np.pi)
        made.append(
            rod(
                f"stake{k}",
                (r * np.cos(b), r * np.sin(b), 0),
                (r * flare * np.cos(b), r * flare * np.sin(b), h + thick),
                thick * 0.9,
                thick * 0.9,
                of,
            )
        )
    made.append(slab("floor", superellipse(2 * r, 2 * r, 2), 0.01, of, 0.002))
    if rng.random() < 0.6:
        t = np.linspace(0, np.pi, 24)
        made.append(
            tube(
                "bow",
                np.c_[r * flare * np.cos(t), 0 * t, h + r * rng.uniform(0.8, 1.6) * np.sin(t)],
                thick * 1.6,
                of,
            )
        )
    return made


def hanger(rng: Rng) -> Things:
    """A hanger of wire or wood, at times with something on it."""
    w, of = rng.uniform(0.36, 0.46), hard(rng)
    thick = float(rng.uniform(0.002, 0.012))
    arms = curve(
        [
            (-w / 2, 0, 0),
            (-w / 2, 0, 0),
            (-0.1 * w, 0, 0.22 * w),
            (0, 0, 0.27 * w),
            (0.1 * w, 0, 0.22 * w),
            (w / 2, 0, 0),
            (w / 2, 0, 0),
        ],
        10,
    )
    made: Things = [tube("arms", arms, thick, of)]
    if rng.random() < 0.7:
        made.append(rod("bar", (-w / 2, 0, 0), (w / 2, 0, 0), thick * 0.7, thick * 0.7, of))
    t = np.linspace(-0.5 * np.pi, 1.0 * np.pi, 24)
    hook = np.c_[0.03 * np.cos(t), 0 * t, 0.27 * w + 0.09 + 0.03 * np.sin(t)]
    made.append(tube("hook", np.r_[[[0, 0, 0.26 * w]], hook], 0.0016, metal("#c8c8cc", 0.2)))
    return made
