"""Chairs, stools and a bench."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import bpy
import numpy as np

from .materials import cloth, leather, metal, plain, wicker, wood
from .meshes import add_mesh, box, grid_faces, lathe, rod, slab, smooth_curve, subdivided, superellipse, tube

Things = list[bpy.types.Object]
TIMBER = {
    "oak": ("#cda46f", "#a67c4a"),
    "walnut": ("#7d5637", "#4c3220"),
    "ash": ("#dfc8a0", "#bfa172"),
    "black": ("#2b2927", "#191817"),
    "teak": ("#a8703e", "#77492a"),
}


def timber(name: str, along: str = "z", scale: float = 0.7) -> bpy.types.Material:
    """Wood by its name, or lacquer by its hex colour."""
    return plain(name, 0.4, Coat_Weight=0.3) if name.startswith("#") else wood(*TIMBER[name], along, scale)


def legs(
    count: int, top: float, reach: float, spread: float, thick: float, material: Any, turn: float = 45
) -> Things:
    """Tapered legs that splay from a circle of radius ``reach`` under the seat to ``reach + spread`` on the floor."""
    made = []
    for i in range(count):
        a = math.radians(turn) + 2 * math.pi * i / count
        foot = ((reach + spread) * math.cos(a), (reach + spread) * math.sin(a), 0)
        made.append(
            rod("leg", foot, (reach * math.cos(a), reach * math.sin(a), top), thick * 0.62, thick, material)
        )
    return made


def stool(
    folder: Path,
    seat: str,
    leg: str,
    height: float = 0.45,
    radius: float = 0.17,
    count: int = 3,
    ring: bool = False,
    pad: str | None = None,
) -> Things:
    """A round stool; ``ring`` adds a footrest, ``pad`` a cushion of that colour."""
    t = 0.032
    dish = [
        (0, height - t),
        (radius * 0.9, height - t),
        (radius, height - t * 0.6),
        (radius, height - t * 0.3),
    ]
    dish += [(radius * 0.97, height), (radius * 0.8, height - 0.003), (0, height - 0.008)]
    things = [lathe("seat", smooth_curve(dish, 8), timber(seat, "x"), 96)]
    things += legs(count, height - t * 0.7, radius * 0.68, radius * 0.42, 0.018, timber(leg), 90)
    if ring:
        a = np.linspace(0, 2 * np.pi, 72, endpoint=False)
        low = 0.24 * height
        r = radius * 0.68 + radius * 0.42 * (1 - low / height)
        path = np.stack([r * np.cos(a), r * np.sin(a), 0 * a + low], 1)
        things.append(tube("footrest", path, 0.008, metal("#c29a55", 0.3), closed=True))
    if pad:
        p = [
            (0, height - 0.005),
            (radius * 0.98, height - 0.003),
            (radius * 1.02, height + 0.02),
            (radius * 0.9, height + 0.048),
            (0, height + 0.056),
        ]
        things.append(lathe("pad", smooth_curve(p, 10), cloth(pad, None, 500, 0.5), 96))
    return things


def dining_chair(
    folder: Path, frame: str, seat: str | None = None, spindles: int = 7, cane: bool = False
) -> Things:
    """A wooden chair with a spindle back, or a caned one; ``seat`` upholsters it in that colour."""
    w, d, h = 0.44, 0.43, 0.455
    body = timber(frame)
    things = [slab("seat", superellipse(w, d, 5), 0.026, timber(frame, "y"), 0.009, h - 0.026)]
    for x in (-1, 1):
        things.append(rod("leg", (x * 0.205, -0.2, 0), (x * 0.17, -0.165, h - 0.02), 0.013, 0.019, body))
        things.append(rod("leg", (x * 0.205, 0.225, 0), (x * 0.17, 0.165, h - 0.02), 0.013, 0.019, body))
        things.append(
            rod("stretcher", (x * 0.194, -0.19, 0.17), (x * 0.194, 0.212, 0.17), 0.009, 0.009, body)
        )
        things.append(rod("post", (x * 0.185, 0.17, h - 0.02), (x * 0.205, 0.262, 0.83), 0.016, 0.013, body))
    things.append(rod("stretcher", (-0.194, 0.01, 0.17), (0.194, 0.01, 0.17), 0.009, 0.009, body))
    bow = smooth_curve(
        [(-0.22, 0.245, 0.8), (-0.12, 0.285, 0.82), (0, 0.3, 0.825), (0.12, 0.285, 0.82), (0.22, 0.245, 0.8)],
        10,
    )
    things.append(tube("rail", bow, 0.013, timber(frame, "x"), 0.036, normal=(0, 1, 0)))
    if cane:
        v = np.array(
            [
                [-0.185, 0.19, 0.52],
                [0.185, 0.19, 0.52],
                [0.19, 0.275, 0.8],
                [0, 0.295, 0.8],
                [-0.19, 0.275, 0.8],
                [0, 0.22, 0.52],
            ]
        )
        uv = np.array([[0, 0], [1, 0], [1, 0.8], [0.5, 0.8], [0, 0.8], [0.5, 0]])
        things.append(add_mesh("cane", v, [(0, 5, 3, 4), (5, 1, 2, 3)], wicker("#dcb981", 46), uv))
        things.append(
            rod("rail", (-0.185, 0.19, 0.52), (0.185, 0.19, 0.52), 0.012, 0.012, timber(frame, "x"))
        )
    else:
        for i in range(spindles):
            s = (i - (spindles - 1) / 2) / (spindles - 1) * 2
            top = (0.165 * s, 0.298 - 0.03 * s * s, 0.815)
            things.append(rod("spindle", (0.135 * s, 0.16, h - 0.01), top, 0.0075, 0.006, body))
    if seat:
        things.append(
            slab("pad", superellipse(w - 0.03, d - 0.03, 5), 0.034, cloth(seat, None, 500, 0.4), 0.016, h)
        )
    return things


def shell_chair(folder: Path, shell: str, leg: str, fabric: bool = False) -> Things:
    """A moulded shell on four splayed legs."""
    line = smooth_curve(
        [
            (-0.245, 0.435),
            (-0.2, 0.452),
            (-0.05, 0.43),
            (0.1, 0.425),
            (0.19, 0.47),
            (0.235, 0.58),
            (0.265, 0.7),
            (0.29, 0.815),
        ],
        8,
    )
    n, m = len(line), 33
    t = np.linspace(0, 1, n)[:, None]
    s = np.linspace(-1, 1, m)[None]
    half = (
        0.235
        - 0.02 * (2 * t - 0.9) ** 2
        + 0.012 * np.sin(np.pi * t)
        - 0.08 * np.clip((t - 0.72) / 0.28, 0, 1) ** 2.2
    )
    half = half - 0.07 * np.clip((0.1 - t) / 0.1, 0, 1) ** 2
    wing = abs(s) ** 3 * (0.02 + 0.075 * np.exp(-(((t - 0.55) / 0.2) ** 2)))
    x = half * s
    y = line[:, :1] - wing * np.clip((t - 0.3) / 0.4, 0, 1)
    z = line[:, 1:] + wing * (1.1 - t) - 0.012 * (1 - s**2) * np.exp(-(((t - 0.25) / 0.2) ** 2))
    material = cloth(shell, None, 520, 0.5) if fabric else plain(shell, 0.38)
    body = add_mesh(
        "shell", np.stack([x, y + 0 * x, z + 0 * x], -1).reshape(-1, 3), grid_faces(n, m), material
    )
    thick = body.modifiers.new("Solidify", "SOLIDIFY")
    thick.thickness = 0.03 if fabric else 0.011
    thick.offset = 0
    subdivided(body, 1)
    wooden = timber(leg)
    things = [body]
    for x0 in (-1, 1):
        things.append(rod("leg", (x0 * 0.23, -0.22, 0), (x0 * 0.14, -0.1, 0.425), 0.011, 0.017, wooden))
        things.append(rod("leg", (x0 * 0.23, 0.25, 0), (x0 * 0.14, 0.1, 0.43), 0.011, 0.017, wooden))
        things.append(
            rod(
                "brace",
                (x0 * 0.147, -0.11, 0.39),
                (x0 * 0.147, 0.11, 0.39),
                0.007,
                0.007,
                metal("#2a2a2c", 0.4),
            )
        )
    things.append(
        rod("brace", (-0.147, 0.11, 0.39), (0.147, -0.11, 0.39), 0.006, 0.006, metal("#2a2a2c", 0.4))
    )
    things.append(
        rod("brace", (-0.147, -0.11, 0.39), (0.147, 0.11, 0.39), 0.006, 0.006, metal("#2a2a2c", 0.4))
    )
    return things


def bench(folder: Path, top: str, leg: str) -> Things:
    """A bench for the hall."""
    things = [slab("seat", superellipse(1.1, 0.34, 12), 0.034, timber(top, "x"), 0.01, 0.42)]
    body = timber(leg)
    for x in (-0.44, 0.44):
        for y in (-0.11, 0.11):
            things.append(rod("leg", (x * 1.1, y * 1.25, 0), (x, y, 0.425), 0.016, 0.023, body))
        things.append(rod("rail", (x * 1.05, -0.125, 0.16), (x * 1.05, 0.125, 0.16), 0.011, 0.011, body))
    things.append(rod("rail", (-0.462, 0, 0.16), (0.462, 0, 0.16), 0.011, 0.011, timber(leg, "x")))
    return things


def lounge(folder: Path, frame: str, fabric: str) -> Things:
    """A low armchair: a wooden frame and two cushions."""
    body = timber(frame)
    things = []
    for x in (-1, 1):
        arm = smooth_curve(
            [
                (x * 0.33, -0.34, 0.545),
                (x * 0.34, -0.1, 0.56),
                (x * 0.335, 0.18, 0.55),
                (x * 0.32, 0.4, 0.525),
            ],
            10,
        )
        things.append(tube("arm", arm, 0.03, timber(frame, "y"), 0.0135, normal=(1, 0, 0)))
        things.append(rod("leg", (x * 0.335, -0.33, 0), (x * 0.33, -0.29, 0.545), 0.015, 0.02, body))
        things.append(rod("leg", (x * 0.325, 0.43, 0), (x * 0.325, 0.31, 0.54), 0.015, 0.02, body))
        things.append(rod("side", (x * 0.325, -0.3, 0.28), (x * 0.325, 0.34, 0.23), 0.018, 0.018, body))
        things.append(rod("back", (x * 0.27, 0.24, 0.24), (x * 0.27, 0.5, 0.82), 0.017, 0.014, body))
    things.append(rod("front", (-0.325, -0.29, 0.28), (0.325, -0.29, 0.28), 0.018, 0.018, timber(frame, "x")))
    things.append(rod("top", (-0.27, 0.49, 0.8), (0.27, 0.49, 0.8), 0.016, 0.016, timber(frame, "x")))
    material = cloth(fabric, None, 420, 0.5, 0.5)
    for size, at, tilt in (
        ((0.58, 0.6, 0.13), (0, -0.01, 0.345), -5),
        ((0.56, 0.56, 0.12), (0, 0.335, 0.615), 66),
    ):
        w, d, h = size
        pad = subdivided(box("cushion", (w, d, h), at, material, 0.035), 2)
        pad.rotation_euler = (math.radians(tilt), 0, 0)
        things.append(pad)
    return things


def pouf(folder: Path, colour: str, strap: str) -> Things:
    """A round leather pouf with eight panels."""

    def panels(r: np.ndarray, z: np.ndarray, a: np.ndarray) -> np.ndarray:
        return r * (1 - 0.035 * np.exp(-((np.sin(4 * a) / 0.09) ** 2)))

    p = smooth_curve(
        [(0, 0.005), (0.15, 0), (0.24, 0.05), (0.275, 0.17), (0.245, 0.3), (0.14, 0.365), (0, 0.372)], 14
    )
    things = [lathe("pouf", p, leather(colour), 192, panels)]
    path = smooth_curve([(-0.06, 0, 0.37), (-0.03, 0, 0.4), (0.03, 0, 0.4), (0.06, 0, 0.37)], 10)
    return [*things, tube("strap", path, 0.014, leather(strap), 0.004, normal=(0, 1, 0))]


BUILDERS = {
    "stool": stool,
    "dining_chair": dining_chair,
    "shell_chair": shell_chair,
    "bench": bench,
    "lounge": lounge,
    "pouf": pouf,
}
