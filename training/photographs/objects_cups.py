"""Mugs and cups."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import bpy
import numpy as np

from . import artwork
from .materials import ceramic, glass, metal, plain
from .meshes import lathe, smooth_curve, tube, vessel_profile

Things = list[bpy.types.Object]


def _handle(reach: float, top: float, bottom: float, out: float, material: Any, thick: float = 0.0058) -> Any:
    span = top - bottom
    path = smooth_curve(
        [
            (reach - 0.004, 0, top),
            (reach + out * 0.55, 0, top + 0.05 * span),
            (reach + out, 0, top - 0.28 * span),
            (reach + out * 0.82, 0, bottom + 0.28 * span),
            (reach - 0.004, 0, bottom),
        ],
        14,
    )
    t = np.linspace(-1, 1, len(path))
    return tube(
        "handle", path, thick * (1.05 + 0.35 * t**4), material, thick * (0.72 + 0.3 * t**4), normal=(0, 1, 0)
    )


def mug(folder: Path, colour: str, **options: Any) -> Things:
    """A straight mug with a handle; options as of :func:`ceramic`, ``height``, ``radius`` and ``art``."""
    h, r = options.pop("height", 0.095), options.pop("radius", 0.042)
    belly = options.pop("belly", 0.0)
    inside = options.pop("inside", None)
    art = options.pop("art", None)
    if art:
        options["print_image"] = artwork.picture(folder, art)
    outer = smooth_curve(
        [
            (r * 0.86, 0),
            (r * 0.97, 0.006),
            (r * (1 + belly * 0.7), 0.3 * h),
            (r * (1 + belly), 0.5 * h),
            (r, h),
        ],
        14,
    )
    material = ceramic(colour, **options)
    things = [lathe("mug", vessel_profile(outer, 0.0042, foot=0.002), material, 128)]
    options.pop("print_image", None)
    # The handle is modelled apart; its own colour follows the glaze line since both share the object's height.
    things.append(_handle(r, 0.8 * h, 0.22 * h, 0.03, ceramic(colour, **options)))
    if inside:
        liner = smooth_curve(
            [
                (r * 0.8, 0.009),
                (r * 0.9, 0.014),
                (r * (1 + belly) - 0.0046, 0.5 * h),
                (r - 0.0046, h - 0.003),
            ],
            12,
        )
        things.append(lathe("inside", np.vstack([[0, 0.008], liner]), ceramic(inside), 96))
    return things


def ribbed(folder: Path, colour: str, height: float = 0.1, radius: float = 0.043, ribs: int = 28) -> Things:
    """A tall fluted cup without a handle."""
    outer = smooth_curve(
        [(radius * 0.72, 0), (radius * 0.8, 0.006), (radius * 0.93, 0.5 * height), (radius, height)], 16
    )
    profile = vessel_profile(outer, 0.004, foot=0.002)
    last = len(outer) + 3

    def flute(r: np.ndarray, z: np.ndarray, a: np.ndarray) -> np.ndarray:
        outside = (np.arange(len(r)) < last)[:, None]
        fade = np.clip((height * 0.9 - z) / (0.06 * height), 0, 1) * np.clip(z / (0.06 * height), 0, 1)
        return r - outside * fade * 0.0018 * (1 - abs(np.sin(ribs * a / 2)))

    return [lathe("cup", profile, ceramic(colour, gloss=0.6), 28 * 10, flute)]


def espresso(folder: Path, colour: str, saucer: str | None = None) -> Things:
    """A small cup on its saucer."""
    outer = smooth_curve([(0.017, 0), (0.02, 0.004), (0.029, 0.022), (0.0325, 0.056)], 14)
    glaze = ceramic(colour, gloss=0.9)
    cup = lathe("cup", vessel_profile(outer, 0.0034), glaze, 96)
    handle = _handle(0.0305, 0.046, 0.014, 0.019, glaze, 0.0042)
    plate = smooth_curve([(0.03, 0), (0.034, 0.0015), (0.05, 0.006), (0.064, 0.013)], 14)
    dish = lathe("saucer", vessel_profile(plate, 0.0032, 0.0045), ceramic(saucer or colour, gloss=0.9), 96)
    coffee = lathe("coffee", np.array([(0, 0.047), (0.0277, 0.047)]), plain("#2a140a", 0.08), 48)
    for thing in (cup, handle, coffee):
        thing.location.z = 0.0055
    return [dish, cup, handle, coffee]


def enamel(folder: Path, colour: str, rim: str = "#1d2433") -> Things:
    """A camping mug of enamelled steel with a dark rolled rim."""
    r, h = 0.043, 0.082
    outer = smooth_curve([(r * 0.93, 0), (r * 0.97, 0.003), (r, 0.012), (r, 0.012), (r, h)], 12)
    body = ceramic(colour, gloss=1.0)
    cup = lathe("mug", vessel_profile(outer, 0.0016), body, 128)
    a = np.linspace(0, 2 * np.pi, 96, endpoint=False)
    ring = np.stack([(r - 0.0005) * np.cos(a), (r - 0.0005) * np.sin(a), np.full_like(a, h)], 1)
    edge = tube("rim", ring, 0.0023, plain(rim, 0.12), closed=True)
    handle = _handle(r + 0.002, 0.84 * h, 0.2 * h, 0.027, plain(rim, 0.12), 0.0046)
    return [cup, edge, handle]


def tea_bowl(folder: Path, colour: str, dip: str, speckle: str | None = None) -> Things:
    """A bowl for matcha, slightly out of round as if thrown by hand."""
    outer = smooth_curve(
        [(0.024, 0), (0.026, 0.008), (0.03, 0.01), (0.052, 0.034), (0.058, 0.06), (0.056, 0.078)], 14
    )

    def thrown(r: np.ndarray, z: np.ndarray, a: np.ndarray) -> np.ndarray:
        return r * (1 + 0.012 * np.sin(2 * a + 40 * z) + 0.006 * np.sin(130 * z))

    glaze = ceramic(colour, dip, 0.034, speckle, 0.55)
    return [lathe("bowl", vessel_profile(outer, 0.005, foot=0.004), glaze, 128, thrown)]


def tea_glass(folder: Path, tint: str) -> Things:
    """A tea glass in a brass holder."""
    outer = smooth_curve([(0.028, 0), (0.031, 0.006), (0.034, 0.05), (0.039, 0.1)], 14)
    cup = lathe("glass", vessel_profile(outer, 0.0024), glass(tint), 96)
    brass = metal("#c79a4b", 0.22)
    band = lathe(
        "band",
        np.array([(0.033, 0.036), (0.0362, 0.036), (0.0364, 0.05), (0.033, 0.05), (0.033, 0.036)]),
        brass,
        96,
    )
    handle = _handle(0.037, 0.05, 0.036, 0.03, brass, 0.003)
    return [cup, band, handle]


BUILDERS = {
    "mug": mug,
    "ribbed_cup": ribbed,
    "espresso": espresso,
    "enamel_mug": enamel,
    "tea_bowl": tea_bowl,
    "tea_glass": tea_glass,
}
