"""Things with a plug or a motor: appliances, kettles, irons, fans and lamps on a stand."""

from __future__ import annotations

import numpy as np

from training.photographs.materials import plain
from training.photographs.meshes import (
    lathe,
    rod,
    slab,
    smooth_curve,
    superellipse,
    tube,
    vessel_profile,
)

from .parts import (
    GREYS,
    Rng,
    Things,
    body,
    clear,
    colour,
    cord,
    curve,
    fittings,
    handle,
    hard,
    soft,
)


def appliance(rng: Rng) -> Things:
    """A kitchen or bathroom machine: housing, fittings, maybe a handle, a jar of glass, a cord."""
    w, d, h = rng.uniform(0.09, 0.36), rng.uniform(0.09, 0.3), rng.uniform(0.09, 0.42)
    main = hard(rng, str(rng.choice(GREYS)) if rng.random() < 0.7 else None)
    made: Things = [body(rng, "housing", w, d, h, main), *fittings(rng, w, d, h)]
    if rng.random() < 0.4:
        made.append(
            handle(
                rng, w / 2 * 0.92, 0.2 * h, rng.uniform(0.7, 1.0) * h, rng.uniform(0.2, 0.5) * w, hard(rng)
            )
        )
    if rng.random() < 0.3:
        jar_h, r = rng.uniform(0.1, 0.25), 0.3 * min(w, d)
        line = smooth_curve(
            [(0.8 * r, h), (0.8 * r, h), (r * rng.uniform(0.9, 1.4), h + 0.9 * jar_h), (r, h + jar_h)], 10
        )
        made.append(lathe("jar", vessel_profile(line, 0.003), clear(rng), 64))
        made.append(rod("cap", (0, 0, h + jar_h), (0, 0, h + jar_h * 1.12), 1.05 * r, r, hard(rng)))
    if rng.random() < 0.4:
        made.append(
            body(
                rng,
                "stand",
                w * rng.uniform(1.05, 1.4),
                d * rng.uniform(1.05, 1.3),
                0.08 * h,
                hard(rng),
                -0.08 * h,
            )
        )
    if rng.random() < 0.4:
        made += cord(rng, (0.3 * w, 0.45 * d, 0.1 * h), plain(colour(rng), 0.45), max(w, h))
    return made


def kettle(rng: Rng) -> Things:
    """A turned vessel with spout, handle and lid."""
    h, r = rng.uniform(0.1, 0.28), rng.uniform(0.05, 0.11)
    of = hard(rng) if rng.random() < 0.85 else clear(rng)
    line = [
        (r, 0),
        (r, 0),
        (r * rng.uniform(0.9, 1.25), 0.3 * h),
        (r * rng.uniform(0.6, 1), 0.8 * h),
        (r * rng.uniform(0.35, 0.8), h),
    ]
    outer = smooth_curve(line, 10)
    made: Things = [lathe("pot", vessel_profile(outer, 0.003), of, 80)]
    at = -r * 0.9
    spout = curve(
        [
            (at, 0, 0.35 * h),
            (at, 0, 0.35 * h),
            (at - 0.5 * r, 0, 0.55 * h),
            (at - rng.uniform(0.5, 1.1) * r, 0, h * rng.uniform(0.8, 1.05)),
            (at - rng.uniform(0.9, 1.3) * r, 0, h * rng.uniform(0.85, 1.0)),
        ],
        8,
    )
    made.append(tube("spout", spout, np.linspace(0.22 * r, 0.09 * r, len(spout)), of))
    made.append(handle(rng, r * 0.85, 0.25 * h, 0.95 * h, rng.uniform(0.5, 1.0) * r, hard(rng)))
    top = float(outer[-1, 0])
    made.append(rod("lid", (0, 0, h * 0.99), (0, 0, h * 1.04), top, top * 0.7, hard(rng), 0.006))
    made.append(rod("knob", (0, 0, h * 1.04), (0, 0, h * 1.12), 0.15 * r, 0.2 * r, hard(rng), 0.005))
    return made


def iron(rng: Rng) -> Things:
    """A wedge with a sole, a closed grip and a cord: an iron, a boat, a computer's mouse."""
    length, w, h = rng.uniform(0.2, 0.32), rng.uniform(0.08, 0.13), rng.uniform(0.05, 0.09)
    t = np.linspace(0, 1, 60)
    half = w / 2 * np.where(t < 0.3, 1, np.cos(np.pi / 2 * np.clip((t - 0.3) / 0.7, 0, 1)) ** 0.6)
    outline = np.r_[np.c_[t * length, -half], np.c_[t[::-1] * length, half[::-1]]]
    shell, of = hard(rng, str(rng.choice(GREYS))), hard(rng)
    made: Things = [
        slab("sole", outline, 0.008, of, 0.002),
        slab("shell", outline * [0.96, 0.94], h, shell, 0.02, 0.008),
    ]
    grip = curve(
        [
            (0.05 * length, 0, h * 0.9),
            (0.05 * length, 0, h * 0.9),
            (0.1 * length, 0, h * 2.0),
            (0.45 * length, 0, h * 2.2),
            (0.7 * length, 0, h * 1.6),
            (0.75 * length, 0, h * 0.8),
        ],
        8,
    )
    made.append(
        tube("grip", grip, float(rng.uniform(0.01, 0.017)), shell if rng.random() < 0.6 else hard(rng))
    )
    if rng.random() < 0.7:
        made += cord(rng, (0.02, 0, h * 1.5), plain(colour(rng), 0.6), length)
    return made


def upright(rng: Rng) -> Things:
    """A long pole with a foot and a head: floor lamp, stick vacuum, steamer, coat stand, tripod, ski pole."""
    h = rng.uniform(0.6, 1.7)
    thick = h * float(np.exp(rng.uniform(np.log(0.004), np.log(0.018))))
    of, second = hard(rng), hard(rng)
    lean = rng.uniform(-0.12, 0.12) * h
    path = curve(
        [(0, 0, 0.02 * h), (0, 0, 0.02 * h), (lean * 0.5, 0, 0.5 * h), (lean, 0, 0.93 * h), (lean, 0, h)], 10
    )
    made: Things = [tube("pole", path, thick, of)]
    foot = rng.random()
    if foot < 0.35:
        count = int(rng.integers(3, 6))
        for k in range(count):
            a = 2 * np.pi * k / count
            made.append(
                rod(
                    f"leg{k}",
                    (0, 0, 0.3 * h),
                    (0.22 * h * np.cos(a), 0.22 * h * np.sin(a), 0),
                    thick * 0.8,
                    thick * 0.6,
                    of,
                )
            )
    elif foot < 0.7:
        made.append(
            body(
                rng,
                "foot",
                0.22 * h * rng.uniform(0.6, 1.2),
                0.16 * h,
                0.06 * h * rng.uniform(0.3, 1.6),
                second,
            )
        )
    else:
        made.append(slab("foot", superellipse(0.3 * h, 0.3 * h, 2), 0.012 * h, of, 0.004))
    head = rng.random()
    if head < 0.35:
        r = rng.uniform(0.06, 0.14) * h
        line = np.array(
            [
                (r, 0.8 * h),
                (r * rng.uniform(0.3, 1), h),
                (r * rng.uniform(0.3, 1) - 0.004, h),
                (r - 0.004, 0.8 * h),
                (r, 0.8 * h),
            ]
        )
        shade = lathe("shade", line, soft(rng), 72)
        shade.location.x = lean
        made.append(shade)
    elif head < 0.6:
        made.append(body(rng, "head", 0.1 * h, 0.08 * h, 0.16 * h, second, 0.85 * h))
        made[-1].location.x = lean
    elif head < 0.8:
        for k in range(int(rng.integers(2, 7))):
            a = rng.uniform(0, 2 * np.pi)
            tip = (lean + 0.12 * h * np.cos(a), 0.12 * h * np.sin(a), h * rng.uniform(0.85, 1.05))
            made.append(
                rod(f"hook{k}", (lean, 0, h * rng.uniform(0.75, 0.95)), tip, thick * 0.6, thick * 0.5, of)
            )
    if rng.random() < 0.35:
        made += cord(rng, (0, 0.03 * h, 0.1 * h), plain(colour(rng), 0.6), 0.4 * h)
    if rng.random() < 0.2:
        hose = curve(
            [
                (lean, 0, 0.9 * h),
                (lean, 0, 0.9 * h),
                (lean + 0.25 * h, 0.05 * h, 0.7 * h),
                (0.2 * h, 0, 0.2 * h),
                (0.05 * h, 0, 0.08 * h),
            ],
            10,
        )
        made.append(tube("hose", hose, thick * 1.4, plain(colour(rng), 0.6)))
    return made
