"""Lamps, lit as they are when one photographs them."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import bpy
import numpy as np

from .materials import ceramic, cloth, glowing, metal, plain
from .meshes import lathe, rod, smooth_curve, tube
from .objects_seats import legs, timber

Things = list[bpy.types.Object]


def _shade(
    low: tuple[float, float], high: tuple[float, float], colour: str, glow: float, pleats: int = 0
) -> Things:
    (r0, z0), (r1, z1) = low, high
    line = np.stack([np.linspace(r0, r1, 14), np.linspace(z0, z1, 14)], 1)
    ring = np.vstack([line, line[::-1] - [0.002, 0], line[:1]])

    def fold(r: np.ndarray, z: np.ndarray, a: np.ndarray) -> np.ndarray:
        return r + 0.004 * np.sin(pleats * a)

    skin = glowing(colour, glow)
    shade = lathe("shade", ring, skin, max(96, pleats * 8), fold if pleats else None)
    things = [shade]
    for r, z in (low, high):
        a = np.linspace(0, 2 * np.pi, 96, endpoint=False)
        path = np.stack([r * np.cos(a), r * np.sin(a), 0 * a + z], 1)
        things.append(tube("hem", path, 0.0028, cloth(colour, None, 700), closed=True))
    return things


def table_lamp(
    folder: Path,
    base: dict[str, Any],
    profile: list[tuple[float, float]],
    shade: str,
    width: float = 0.15,
    pleats: int = 0,
    glow: float = 0.9,
) -> Things:
    """A ceramic or wooden foot and a cloth shade."""
    outer = smooth_curve(profile, 14)
    top = float(outer[-1, 1])
    body = timber(base["wood"]) if "wood" in base else ceramic(**base)
    things = [lathe("foot", np.vstack([[0, 0], outer, [0, top]]), body, 128)]
    things.append(rod("stem", (0, 0, top - 0.005), (0, 0, top + 0.1), 0.006, 0.006, metal("#c39a52", 0.25)))
    things += _shade((width, top + 0.02), (width * 0.66, top + 0.2), shade, glow, pleats)
    cord = smooth_curve(
        [
            (0, profile[0][0] * 0.9, 0.006),
            (0.03, profile[0][0] + 0.06, 0.003),
            (0.1, profile[0][0] + 0.09, 0.003),
        ],
        10,
    )
    return [*things, tube("cord", cord, 0.003, cloth("#3a3530", None, 900))]


def globe(folder: Path, base: str, tint: str = "#fff3dd") -> Things:
    """An opal ball on a brass or lacquered foot."""
    t = np.linspace(-1.25, np.pi / 2, 40)
    r = 0.1
    ball = np.stack([r * np.cos(t), 0.185 + r * np.sin(t)], 1)
    stand = metal("#c39a52", 0.2) if base == "brass" else plain(base, 0.3)
    foot = smooth_curve(
        [(0, 0.0), (0.068, 0), (0.07, 0.006), (0.03, 0.016), (0.016, 0.05), (0.034, 0.088), (0.036, 0.096)],
        10,
    )
    return [
        lathe("ball", ball, glowing(tint, 1.3), 128),
        lathe("foot", np.vstack([foot, [0, 0.096]]), stand, 96),
    ]


def mushroom(folder: Path, colour: str, cap: str | None = None, glow: float = 0.35) -> Things:
    """A lamp in one piece: a flared foot and a domed cap."""
    foot = smooth_curve(
        [(0, 0), (0.085, 0), (0.09, 0.006), (0.06, 0.03), (0.036, 0.1), (0.034, 0.17), (0.05, 0.21)], 12
    )
    dome = smooth_curve([(0.145, 0.2), (0.15, 0.207), (0.135, 0.262), (0.085, 0.312), (0, 0.332)], 16)
    under = np.array([(0.143, 0.2), (0.05, 0.212)])
    glaze = plain(colour, 0.22, Coat_Weight=0.5)
    things = [lathe("foot", foot, glaze, 128)]
    things.append(lathe("cap", dome, glowing(cap or colour, glow), 128))
    return [*things, lathe("under", under, glowing("#ffe2b0", 2.2), 96)]


def desk_lamp(folder: Path, colour: str) -> Things:
    """A jointed lamp for the desk."""
    skin, steel = plain(colour, 0.35, Coat_Weight=0.3), metal("#b9bbbd", 0.25)
    foot = [(0, 0), (0.085, 0), (0.088, 0.004), (0.086, 0.016), (0.08, 0.02), (0, 0.02)]
    things = [lathe("foot", np.array(foot), skin, 96)]
    a, b, c = (0, 0, 0.02), (-0.14, 0, 0.25), (0.06, 0, 0.43)
    things += [rod("arm", a, b, 0.0075, 0.0075, steel), rod("arm", b, c, 0.0075, 0.0075, steel)]
    for p in (b, c):
        things.append(rod("joint", (p[0], -0.016, p[2]), (p[0], 0.016, p[2]), 0.014, 0.014, skin))
    cone = smooth_curve([(0.016, 0.05), (0.02, 0.045), (0.034, 0.02), (0.07, -0.06), (0.072, -0.064)], 10)
    head = lathe("head", np.vstack([[0, 0.05], cone, cone[::-1] - [0.003, 0.0]]), skin, 96)
    bulb_line = np.linspace(-np.pi / 2, np.pi / 2, 20)
    bulb = lathe(
        "bulb",
        np.stack([0.026 * np.cos(bulb_line), -0.03 + 0.03 * np.sin(bulb_line)], 1),
        glowing("#ffe9c4", 5),
        40,
    )
    for part in (head, bulb):
        part.rotation_euler = (0, math.radians(-32), 0)
        part.location = (0.085, 0, 0.41)
    cord = smooth_curve([(0, 0.08, 0.006), (0.05, 0.12, 0.003), (0.14, 0.1, 0.003)], 10)
    return [*things, head, bulb, tube("cord", cord, 0.003, plain("#222222", 0.6))]


def tripod(folder: Path, wood: str, shade: str) -> Things:
    """A floor lamp on three legs."""
    things = legs(3, 1.12, 0.035, 0.27, 0.016, timber(wood), 90)
    brass = metal("#c39a52", 0.25)
    things.append(
        lathe("hub", np.array([(0, 1.09), (0.05, 1.09), (0.055, 1.1), (0.05, 1.14), (0, 1.14)]), brass, 64)
    )
    things.append(rod("stem", (0, 0, 1.13), (0, 0, 1.24), 0.008, 0.008, brass))
    return things + _shade((0.22, 1.16), (0.17, 1.44), shade, 0.85)


def lantern(folder: Path, paper: str, ribs: int = 15) -> Things:
    """A ribbed paper lantern that stands on three short feet."""
    t = np.linspace(-1.28, 1.28, 180)
    r = 0.15 * np.cos(t) + 0.0035 * abs(np.sin(ribs * (t + 1.28) / 2.56 * np.pi))
    body = lathe("paper", np.stack([r, 0.185 + 0.155 * np.sin(t)], 1), glowing(paper, 0.75), 96)
    black = plain("#26231f", 0.5)
    things = [body, *legs(3, 0.045, 0.04, 0.025, 0.006, black, 30)]
    for z, ring in ((0.037, 0.044), (0.333, 0.044)):
        a = np.linspace(0, 2 * np.pi, 64, endpoint=False)
        things.append(
            tube(
                "ring",
                np.stack([ring * np.cos(a), ring * np.sin(a), 0 * a + z], 1),
                0.004,
                black,
                closed=True,
            )
        )
    return things


def candle_lamp(folder: Path, colour: str) -> Things:
    """A small cordless lamp with a flat disc shade."""
    foot = smooth_curve(
        [(0, 0), (0.052, 0), (0.055, 0.004), (0.05, 0.02), (0.014, 0.034), (0.0095, 0.06), (0.0095, 0.25)], 10
    )
    skin = plain(colour, 0.32, Coat_Weight=0.3)
    things = [lathe("foot", foot, skin, 96)]
    hat = smooth_curve([(0.1, 0.232), (0.102, 0.236), (0.09, 0.258), (0.03, 0.282), (0, 0.285)], 10)
    things.append(lathe("hat", np.vstack([[0.05, 0.238], hat]), skin, 128))
    return [*things, lathe("light", np.array([(0, 0.232), (0.085, 0.237)]), glowing("#ffe4b8", 4), 96)]


BUILDERS = {
    "table_lamp": table_lamp,
    "globe_lamp": globe,
    "mushroom_lamp": mushroom,
    "desk_lamp": desk_lamp,
    "tripod_lamp": tripod,
    "lantern": lantern,
    "candle_lamp": candle_lamp,
}
