"""What lies on a table or a bed: jewellery, cutlery, towels, clothes, glasses."""

from __future__ import annotations

import numpy as np

from training.photographs.materials import cloth, metal
from training.photographs.meshes import (
    box,
    flat_cloth,
    lathe,
    rod,
    smooth_curve,
    superellipse,
    tube,
    vessel_profile,
)

from .parts import (
    Rng,
    Things,
    body,
    clear,
    colour,
    curve,
    hard,
)


def jewellery(rng: Rng) -> Things:
    """A necklace, bracelet or earrings: chains of beads or links, rings with stones, lying or standing."""
    kind, of = (
        rng.random(),
        metal(str(rng.choice(["#d9b25f", "#d8d8dc", "#c98f6a", "#8c8c90"])), float(rng.uniform(0.05, 0.25))),
    )
    made: Things = []
    if kind < 0.6:
        w, h = rng.uniform(0.05, 0.14), rng.uniform(0.06, 0.2)
        t = np.linspace(-0.9 * np.pi, 0.9 * np.pi, int(rng.integers(30, 90)))
        path = np.c_[w * np.sin(t) * (1 + 0.1 * np.cos(2 * t)), -h * np.cos(t), 0 * t + 0.003]
        bead = float(rng.uniform(0.0012, 0.005))
        if rng.random() < 0.5:
            stuff = hard(rng)
            for k, p in enumerate(path):
                s = np.linspace(-np.pi / 2, np.pi / 2, 8)
                ball = lathe(f"bead{k}", np.c_[bead * np.cos(s), bead * np.sin(s)], stuff, 12)
                ball.location = tuple(p)
                made.append(ball)
        made.append(tube("chain", path, bead * 0.35, of, sides=8))
        made.append(body(rng, "charm", 6 * bead, 5 * bead, 2 * bead, hard(rng)))
        made[-1].location = (0, -h - 4 * bead, 0)
    else:
        for k in range(int(rng.choice([1, 1, 2]))):
            r = rng.uniform(0.008, 0.03)
            a = np.linspace(0, 2 * np.pi, 64, endpoint=False)
            made.append(
                tube(
                    f"ring{k}",
                    np.c_[k * 3 * r + r * np.cos(a), 0 * a, r + r * np.sin(a) + 0.002],
                    r * float(rng.uniform(0.05, 0.16)),
                    of,
                    closed=True,
                )
            )
            made.append(
                body(
                    rng,
                    f"stone{k}",
                    r * 0.5,
                    r * 0.5,
                    r * 0.4,
                    clear(rng) if rng.random() < 0.5 else hard(rng),
                    2 * r,
                )
            )
            made[-1].location.x = k * 3 * r
    return made


def cutlery(rng: Rng) -> Things:
    """Spoons, forks and knives side by side, lying."""
    made: Things = []
    of = metal(str(rng.choice(["#d8d8dc", "#d9b25f", "#37373b"])), float(rng.uniform(0.05, 0.3)))
    for k in range(int(rng.integers(1, 6))):
        length, x = rng.uniform(0.14, 0.22), k * rng.uniform(0.025, 0.04)
        t = np.linspace(0, 1, 40)
        kind = int(rng.integers(3))
        wide = 0.004 + 0.002 * (1 - t)
        if kind == 0:
            wide = wide + 0.016 * np.exp(-(((t - 0.87) / 0.09) ** 2))
        elif kind == 1:
            wide = wide + 0.008 * (t > 0.55)
        path = np.c_[x + 0 * t, t * length, 0.004 + 0.006 * np.sin(3 * t) * t]
        made.append(
            tube(
                f"piece{k}",
                path[: 30 if kind == 2 else 40],
                wide[: 30 if kind == 2 else 40],
                of,
                0.0016,
                normal=(1, 0, 0),
            )
        )
        if kind == 2:
            for j in (-1.5, -0.5, 0.5, 1.5):
                made.append(
                    rod(
                        f"tine{k}{j}",
                        (x + j * 0.0055, 0.74 * length, 0.006),
                        (x + j * 0.0055, length, 0.006),
                        0.0014,
                        0.0009,
                        of,
                    )
                )
            made.append(box(f"neck{k}", (0.02, 0.012, 0.003), (x, 0.74 * length, 0.006), of, 0.001))
    return made


def towel(rng: Rng) -> Things:
    """Textile that lies, folded once or more, at times fringed: towel, scarf, blanket, rug, T-shirt's back."""
    w, d = rng.uniform(0.25, 0.7), rng.uniform(0.2, 0.6)
    of = cloth(colour(rng), None, float(rng.uniform(300, 900)), 0.4)
    made: Things = []
    for k in range(int(rng.integers(1, 4))):
        sheet = flat_cloth(
            f"fold{k}",
            superellipse(w * (1 - 0.02 * k), d * (1 - 0.03 * k), 12),
            0.012,
            of,
            0.008,
            0.14,
            int(rng.integers(100)),
            0.016,
        )
        sheet.location.z = 0.016 * k
        made.append(sheet)
    if rng.random() < 0.6:
        length, count = rng.uniform(0.02, 0.06), int(w / rng.uniform(0.006, 0.016))
        for k in range(count):
            x = w * (k + 0.5) / count - w / 2
            for side in (-1, 1):
                y = side * d / 2 * 0.985
                path = [
                    (x, y, 0.006),
                    (x, y, 0.006),
                    (x + rng.normal(0, 0.003), y + side * 0.5 * length, 0.004),
                    (x + rng.normal(0, 0.006), y + side * length, 0.003),
                ]
                made.append(tube(f"tassel{k}{side}", curve(path, 4), 0.0012, of, sides=6))
    return made


def garment(rng: Rng) -> Things:
    """A shirt, dress or trousers lying flat: one outline of body, sleeves and neck."""
    w, h = rng.uniform(0.22, 0.32), rng.uniform(0.5, 0.8)
    sleeve, drop, flare = rng.uniform(0.1, 0.35), rng.uniform(0.05, 0.35), rng.uniform(0.9, 1.5)
    right = [
        (0.08, 0.0),
        (0.1, 0.02),
        (w * 0.9, -0.03),
        (w + sleeve, -0.05 - drop),
        (w + sleeve - 0.06, -0.14 - drop),
        (w * 0.85, -0.2),
        (w * 0.82 * flare, -h),
        (0.02, -h * rng.uniform(0.97, 1.03)),
    ]
    if rng.random() < 0.25:  # trousers
        right = [(0.02, 0), (w * 0.6, 0), (w * 0.75, -h), (w * 0.4, -h), (0.02, -0.35 * h)]
    outline = np.array(right + [(-x, y) for x, y in right[::-1]])[::-1]
    outline = smooth_curve(outline, 6, closed=True)
    of = cloth(colour(rng), None, float(rng.uniform(400, 1100)), 0.3)
    made: Things = [flat_cloth("cloth", outline, 0.01, of, 0.01, 0.13, int(rng.integers(100)), 0.018)]
    for k in range(int(rng.integers(0, 6))):
        made.append(
            rod(
                f"button{k}",
                (0, -0.08 - 0.07 * k, 0.012),
                (0, -0.08 - 0.07 * k, 0.022),
                0.007,
                0.007,
                hard(rng),
            )
        )
    return made


def glassware(rng: Rng) -> Things:
    """Glasses, carafes, jars with lids, bottles: one to three of clear or coloured glass."""
    made: Things = []
    of = clear(rng)
    for k in range(int(rng.choice([1, 1, 2, 3]))):
        h, r = rng.uniform(0.08, 0.3), rng.uniform(0.03, 0.07)
        line = [
            (0.8 * r, 0),
            (0.8 * r, 0),
            *((r * rng.uniform(0.3, 1.1), h * u) for u in (0.3, 0.65)),
            (r * rng.uniform(0.4, 1.0), h),
        ]
        outer = smooth_curve(line, 10)
        outer[:, 0] = np.maximum(outer[:, 0], 0.1 * r)
        parts = [lathe(f"glass{k}", vessel_profile(outer, float(rng.uniform(0.0012, 0.004))), of, 72)]
        if rng.random() < 0.4:
            top = float(outer[-1, 0])
            parts.append(rod(f"stopper{k}", (0, 0, h * 0.99), (0, 0, h * 1.1), top * 1.05, top, hard(rng)))
        for part in parts:
            part.location = (k * 2.4 * r, rng.uniform(-0.5, 0.5) * r, 0)
        made += parts
    return made
