"""What is worn and carried: bags, straps, shoes, helmets, boards."""

from __future__ import annotations

import numpy as np

from training.photographs import objects_plain
from training.photographs.materials import plain
from training.photographs.meshes import (
    box,
    lathe,
    slab,
    superellipse,
    tube,
)

from .parts import (
    Rng,
    Things,
    body,
    hard,
    screen,
    soft,
    strap,
)


def bag(rng: Rng) -> Things:
    """A bag or rucksack: soft body, pockets, buckles, straps and open handles."""
    w, d, h = rng.uniform(0.18, 0.42), rng.uniform(0.07, 0.22), rng.uniform(0.18, 0.55)
    of, trim = soft(rng), soft(rng)
    main = body(rng, "sack", w, d, h, of)
    made: Things = [main]
    for k in range(int(rng.integers(0, 4))):
        size = (w * rng.uniform(0.25, 0.8), d * rng.uniform(0.15, 0.4), h * rng.uniform(0.12, 0.4))
        made.append(
            box(
                f"pocket{k}",
                size,
                (w * rng.uniform(-0.15, 0.15), -d / 2, h * rng.uniform(0.2, 0.75)),
                of if rng.random() < 0.5 else trim,
                0.02,
            )
        )
    band = w * float(rng.uniform(0.02, 0.06))
    if rng.random() < 0.7:
        top = h * rng.uniform(1.15, 1.9)
        for y in (-0.3 * d, 0.3 * d)[: int(rng.integers(1, 3))]:
            made.append(
                strap(
                    rng,
                    [
                        (-0.3 * w, y, 0.9 * h),
                        (-0.3 * w, y, 0.95 * h),
                        (-0.2 * w, y * 1.5, top),
                        (0.2 * w, y * 1.5, top),
                        (0.3 * w, y, 0.95 * h),
                        (0.3 * w, y, 0.9 * h),
                    ],
                    band,
                    trim,
                )
            )
    if rng.random() < 0.5:
        side = 1 if rng.random() < 0.5 else -1
        made.append(
            strap(
                rng,
                [
                    (side * 0.45 * w, 0, 0.9 * h),
                    (side * 0.6 * w, 0, 0.95 * h),
                    (side * 0.9 * w, -0.1, 0.5 * h),
                    (side * 1.0 * w, -0.2, 0.05 * h),
                    (side * 0.5 * w, -0.3, 0.008),
                    (side * 0.2 * w, -0.28, 0.008),
                ],
                band,
                trim,
            )
        )
    for k in range(int(rng.integers(0, 6))):
        made.append(
            box(
                f"buckle{k}",
                (0.03, 0.012, 0.03),
                (w * rng.uniform(-0.4, 0.4), -d / 2 - 0.005, h * rng.uniform(0.2, 0.9)),
                hard(rng),
                0.003,
            )
        )
    return made


def harness(rng: Rng) -> Things:
    """Loops of webbing with buckles and rings: a climbing or dog's harness, a belt, a collar, a halter."""
    of, made = soft(rng), []
    w, h = rng.uniform(0.15, 0.35), rng.uniform(0.2, 0.5)
    wide = float(rng.uniform(0.008, 0.022))
    a = np.linspace(0, 2 * np.pi, 90, endpoint=False)
    flat = wide * 0.15
    loops = [
        (0, 0.75 * h, w / 2, 0.25 * w),
        (-0.25 * w, 0.3 * h, 0.22 * w, 0.2 * w),
        (0.25 * w, 0.3 * h, 0.22 * w, 0.2 * w),
    ]
    for k, (x, z, rx, ry) in enumerate(loops[: int(rng.integers(1, 4))]):
        tilt = rng.uniform(-0.3, 0.3)
        ring = np.c_[
            x + rx * np.cos(a),
            ry * np.sin(a),
            z + tilt * rx * np.cos(a) + rng.uniform(-0.04, 0.04) * np.sin(2 * a),
        ]
        made.append(
            tube(
                f"loop{k}",
                ring,
                flat,
                of if rng.random() < 0.7 else soft(rng),
                wide,
                closed=True,
                normal=(0.0, 0.0, 1.0),
            )
        )
    for _ in range(int(rng.integers(2, 6))):
        x0, x1 = rng.uniform(-0.4, 0.4, 2) * w
        made.append(
            strap(
                rng,
                [
                    (x0, -0.2 * w, 0.75 * h),
                    (x0, -0.25 * w, 0.6 * h),
                    (x1, -0.2 * w, 0.4 * h),
                    (x1, -0.15 * w, 0.2 * h),
                ],
                wide * 0.7,
                of,
            )
        )
    for k in range(int(rng.integers(2, 7))):
        at = (rng.uniform(-0.45, 0.45) * w, -0.24 * w, rng.uniform(0.2, 0.8) * h)
        made += [box(f"buckle{k}", (0.03, 0.012, 0.024), at, hard(rng), 0.003)]
    return made


def shoes(rng: Rng) -> Things:
    """A pair, with laces, a tread and an opening."""
    made = objects_plain.shoe(rng)
    for thing in made:
        for slot in thing.data.materials:
            if slot is not None and rng.random() < 0.8:
                thing.data.materials[0] = soft(rng)
                break
    return made


def board(rng: Rng) -> Things:
    """A long flat thing that stands or leans: snowboard, skis, cutting board, phone, tray, skateboard."""
    h, w = rng.uniform(0.12, 1.6), rng.uniform(0.05, 0.3)
    made: Things = []
    for k in range(int(rng.choice([1, 1, 2]))):
        of = hard(rng)
        outline = superellipse(min(w, 0.7 * h), h, float(rng.choice([2.5, 4, 8, 20])), 72)
        plate = slab(f"plate{k}", outline, float(h * rng.uniform(0.008, 0.05)), of, 0.003)
        plate.rotation_euler = (np.pi / 2, 0, rng.uniform(-0.15, 0.15))
        plate.location = (k * min(w, 0.7 * h) * 1.25, 0, h / 2)
        made.append(plate)
        if rng.random() < 0.6:
            pane = slab(
                f"pane{k}",
                outline * [rng.uniform(0.5, 0.95), rng.uniform(0.4, 0.95)],
                0.001,
                screen(rng) if rng.random() < 0.5 else hard(rng),
                0.0003,
            )
            pane.rotation_euler = plate.rotation_euler
            pane.location = (plate.location.x, -0.055 * h, h / 2)
            made.append(pane)
    return made


def helmet(rng: Rng) -> Things:
    """A shell with vents, straps below or a pane before it: helmet, goggles, cap, mask."""
    r = rng.uniform(0.09, 0.14)
    t = np.linspace(0.02, np.pi / 2 * 1.1, 22)
    shell = lathe("shell", np.c_[r * np.sin(t), r * 1.1 * np.cos(t) + 0.3 * r][::-1], hard(rng), 64)
    shell.scale = (1, rng.uniform(1.0, 1.4), 1)
    made: Things = [shell]
    dark = plain("#0b0b0d", 0.7)
    for k in range(int(rng.integers(0, 9))):
        a, up = rng.uniform(-1.4, 1.4), rng.uniform(0.4, 1.2)
        vent = box(
            f"vent{k}",
            (0.03 * r / 0.1, 0.05 * r / 0.1, 0.012),
            (
                r * np.sin(a) * np.cos(up - 0.3),
                -r * np.cos(a) * 1.05 * np.cos(up - 0.3),
                r * np.sin(up) + 0.3 * r,
            ),
            dark,
            0.004,
        )
        vent.rotation_euler = (up, 0, a)
        made.append(vent)
    if rng.random() < 0.7:
        of = soft(rng)
        made.append(
            strap(
                rng,
                [
                    (-r * 0.9, 0, 0.2 * r),
                    (-r * 0.9, 0, 0.1 * r),
                    (-0.3 * r, -0.2 * r, -0.9 * r),
                    (0.3 * r, -0.2 * r, -0.9 * r),
                    (r * 0.9, 0, 0.1 * r),
                    (r * 0.9, 0, 0.2 * r),
                ],
                0.008,
                of,
            )
        )
    return made
