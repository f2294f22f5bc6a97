"""Vases, jugs, bottles and carafes: things that are turned on a wheel or blown."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import bpy
import numpy as np

from . import artwork
from .materials import ceramic, glass, metal, plain, wood
from .meshes import lathe, rod, smooth_curve, tube, vessel_profile

Things = list[bpy.types.Object]


def surface(folder: Path, kind: str = "ceramic", **options: Any) -> bpy.types.Material:
    """The body's material by name."""
    if art := options.pop("art", None):
        options["print_image"] = artwork.picture(folder, art)
    return {"ceramic": ceramic, "glass": glass, "metal": metal, "plain": plain, "wood": wood}[kind](**options)


def turned(
    folder: Path,
    profile: Sequence[tuple[float, float]],
    wall: float = 0.005,
    flutes: int = 0,
    depth: float = 0.0,
    twist: float = 0.0,
    facets: int = 0,
    **material: Any,
) -> Things:
    """A vessel from its outside profile; ``flutes`` waves of ``depth`` (a part of the radius), or flat ``facets``."""
    outer = smooth_curve(profile, 16)
    height = outer[:, 1].max()

    def shape(r: np.ndarray, z: np.ndarray, a: np.ndarray) -> np.ndarray:
        turn = a + twist * z / height
        if facets:
            step = 2 * np.pi / facets
            return r * np.cos(step / 2) / np.cos((turn % step) - step / 2) * 1.02
        fade = np.clip(z / (0.05 * height), 0, 1) * np.clip((height - z) / (0.05 * height), 0, 1)
        return r * (1 - depth * fade * (0.5 - 0.5 * np.cos(flutes * turn)))

    bend = shape if flutes or facets else None
    body = lathe("body", vessel_profile(outer, wall, foot=0.002), surface(folder, **material), 192, bend)
    if facets:
        body.data.polygons.foreach_set("use_smooth", np.zeros(len(body.data.polygons), bool))
    return [body]


def jug(folder: Path, profile: Sequence[tuple[float, float]], lip: float = 0.16, **material: Any) -> Things:
    """A jug: a turned body with a pulled lip and a handle opposite to it."""
    outer = smooth_curve(profile, 16)
    height = outer[:, 1].max()
    rim = outer[-1, 0]

    def pour(r: np.ndarray, z: np.ndarray, a: np.ndarray) -> np.ndarray:
        near = np.exp(-((np.minimum(abs(a - np.pi), 2 * np.pi - abs(a - np.pi)) / 0.42) ** 2))
        return r * (1 + lip * 1.6 * near * np.clip((z / height - 0.72) / 0.28, 0, 1) ** 2)

    clay = surface(folder, **material)
    body = lathe("body", vessel_profile(outer, 0.0045, foot=0.002), clay, 160, pour)
    middle = float(np.interp(0.36 * height, outer[:, 1], outer[:, 0]))
    path = smooth_curve(
        [
            (rim * 0.97, 0, 0.93 * height),
            (rim + 0.034, 0, 0.97 * height),
            (rim + 0.062, 0, 0.78 * height),
            (middle + 0.04, 0, 0.48 * height),
            (middle * 0.97, 0, 0.34 * height),
        ],
        14,
    )
    return [body, tube("handle", path, 0.008, clay, 0.0055, normal=(0, 1, 0))]


def ring_vase(folder: Path, **material: Any) -> Things:
    """A ring that stands on its edge, with a short neck."""
    clay = surface(folder, **material)
    a = np.linspace(0, 2 * np.pi, 128, endpoint=False)
    ring = np.stack([0.078 * np.sin(a), 0 * a, 0.108 + 0.078 * np.cos(a)], 1)
    body = tube("ring", ring, 0.031, clay, 0.036, 40, closed=True, normal=(0, 1, 0))
    outer = smooth_curve([(0.03, 0.2), (0.021, 0.225), (0.019, 0.25), (0.024, 0.275)], 10)
    neck = lathe("neck", vessel_profile(outer, 0.004), clay, 96)
    foot = lathe("foot", np.array([(0, 0), (0.036, 0), (0.038, 0.004), (0.03, 0.02), (0, 0.02)]), clay, 96)
    return [body, neck, foot]


def bottle(
    folder: Path,
    profile: Sequence[tuple[float, float]],
    stopper: str = "cork",
    wall: float = 0.0028,
    fill: str | None = None,
    band: str | None = None,
    **material: Any,
) -> Things:
    """A bottle with its stopper: ``cork``, ``ball``, ``screw``, ``pump``, ``swing`` or ``none``; ``fill`` colours a liquid."""
    outer = smooth_curve(profile, 16)
    height, mouth = float(outer[-1, 1]), float(outer[-1, 0])
    things = [lathe("bottle", vessel_profile(outer, wall), surface(folder, **material), 128)]
    if fill:
        inner = outer[(outer[:, 1] > 0.004) & (outer[:, 1] < 0.62 * height)] - [wall * 1.25, 0]
        inner[:, 1] += 0.003
        closed = np.vstack([[0, inner[0, 1]], inner, [0, inner[-1, 1]]])
        things.append(lathe("liquid", closed, plain(fill, 0.08, Transmission_Weight=0.55), 96))
    if band:
        around = outer[(outer[:, 1] > 0.22 * height) & (outer[:, 1] < 0.45 * height)] + [0.0016, 0]
        things.append(lathe("sleeve", around, plain(band, 0.75), 128))
    things += STOPPERS[stopper](height, mouth)
    return things


def _cork(height: float, mouth: float) -> Things:
    p = np.array(
        [(0, -0.02), (mouth * 0.82, -0.02), (mouth * 0.98, 0.018), (mouth * 0.94, 0.022), (0, 0.022)]
    )
    cork = lathe("cork", p + [0, height], wood("#cfa574", "#a87c4c", "x", 2.5, 0.0), 64)
    return [cork]


def _ball(height: float, mouth: float) -> Things:
    t = np.linspace(-1.1, np.pi / 2, 24)
    r = mouth * 1.45
    p = np.vstack([[0, -0.01], [mouth * 0.8, -0.01], np.stack([r * np.cos(t), r * np.sin(t) + r * 0.9], 1)])
    return [lathe("ball", p + [0, height], wood("#c4925a", "#8a5f33", "z", 1.6), 64)]


def _screw(height: float, mouth: float) -> Things:
    r = mouth * 1.28
    p = np.array(
        [(0, 0.034), (r * 0.9, 0.034), (r, 0.03), (r, -0.004), (r * 0.96, -0.006), (mouth * 0.9, -0.006)]
    )
    cap = lathe("cap", p + [0, height], metal("#cfcac0", 0.3), 96)
    a = np.linspace(0, 2 * np.pi, 24, endpoint=False)
    loop = np.stack([0.019 * np.cos(a), 0 * a, height + 0.046 + 0.015 * np.sin(a)], 1)
    return [cap, tube("loop", loop, 0.003, metal("#cfcac0", 0.3), closed=True)]


def _pump(height: float, mouth: float) -> Things:
    brass = metal("#c39a52", 0.25)
    r = mouth * 1.2
    collar = lathe(
        "collar",
        np.array([(0, 0.016), (r * 0.8, 0.016), (r, 0.012), (r, -0.008), (mouth * 0.9, -0.008)])
        + [0, height],
        brass,
        64,
    )
    stem = rod("stem", (0, 0, height + 0.01), (0, 0, height + 0.05), 0.004, 0.004, brass)
    head = lathe(
        "head",
        np.array([(0, 0.062), (0.011, 0.062), (0.013, 0.059), (0.013, 0.05), (0, 0.05)]) + [0, height],
        brass,
        48,
    )
    path = smooth_curve(
        [
            (0, 0, height + 0.056),
            (0.03, 0, height + 0.057),
            (0.045, 0, height + 0.052),
            (0.048, 0, height + 0.043),
        ],
        8,
    )
    return [collar, stem, head, tube("spout", path, 0.0042, brass)]


def _swing(height: float, mouth: float) -> Things:
    wire = metal("#b9bbbd", 0.25)
    t = np.linspace(0, np.pi, 14)
    top = np.stack([mouth * 0.95 * np.cos(t), 0.013 * np.sin(t)], 1) + [0, height]
    stop = lathe(
        "stop", np.vstack([[0, height - 0.004], top[: len(top) // 2 + 1]]), plain("#f1ede4", 0.15), 48
    )
    seal = lathe(
        "seal",
        np.array([(0, -0.003), (mouth * 0.9, -0.003), (mouth, 0), (0, 0.001)]) + [0, height],
        plain("#b5482f", 0.6),
        48,
    )
    things = [stop, seal]
    for side in (-1, 1):
        p = smooth_curve(
            [
                (0.004, side * 0.004, height + 0.012),
                (0.004, side * mouth * 1.25, height + 0.006),
                (0.006, side * mouth * 1.3, height - 0.02),
                (0.014, side * mouth * 1.15, height - 0.045),
            ],
            8,
        )
        things.append(tube("wire", p, 0.0016, wire, sides=10))
    a = np.linspace(0, 2 * np.pi, 40, endpoint=False)
    ring = np.stack([mouth * 1.12 * np.cos(a), mouth * 1.12 * np.sin(a), 0 * a + height - 0.026], 1)
    return [*things, tube("collar", ring, 0.0016, wire, closed=True, sides=10)]


STOPPERS = {
    "cork": _cork,
    "ball": _ball,
    "screw": _screw,
    "pump": _pump,
    "swing": _swing,
    "none": lambda h, m: [],
}
BUILDERS = {"turned": turned, "jug": jug, "ring_vase": ring_vase, "bottle": bottle}
