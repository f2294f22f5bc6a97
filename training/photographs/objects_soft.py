"""Builders for what is soft or flat: rugs, runners, prints, cushions, bags. All are modelled lying in the xy plane."""

from __future__ import annotations

from pathlib import Path

import bpy
import numpy as np

from . import artwork
from .materials import cloth, leather, pile, plain, printed, wicker, wood
from .meshes import cushion, flat_cloth, lathe, slab, smooth_curve, superellipse, tube

Things = list[bpy.types.Object]


def rectangle(width: float, height: float) -> np.ndarray:
    """A rectangle's corners, counter-clockwise (4×2, metres)."""
    return np.array([[-width, -height], [width, -height], [width, height], [-width, height]]) / 2


def rug(folder: Path, art: str, width: float, length: float, fringe: str | None = None) -> Things:
    """A rug with a knotted or woven picture and, where named, a fringe at its short ends."""
    things = [slab("rug", rectangle(width, length), 0.012, pile(artwork.picture(folder, art)), 0.005)]
    if fringe is None:
        return things
    rng = np.random.default_rng(len(art))
    yarn = cloth(fringe, None, 700)
    for end in (-1, 1):
        for x in np.arange(-width / 2 + 0.01, width / 2 - 0.005, 0.021):
            reach = length / 2 + 0.055 + rng.normal(0, 0.006)
            path = [(x, end * length / 2, 0.006), (x + rng.normal(0, 0.004), end * reach, 0.004)]
            things.append(tube("fringe", np.array(path), 0.0042, yarn, 0.003, sides=6))
    return things


def runner(folder: Path, art: str, width: float, length: float) -> Things:
    """A table runner: printed linen, as thin as cloth is."""
    material = cloth("#ffffff", artwork.picture(folder, art), 1100, 0.15, 0.25, 0.15)
    return [slab("runner", rectangle(width, length), 0.003, material, 0.001)]


def print_in_frame(folder: Path, art: str, frame: str, width: float = 0.5, height: float = 0.7) -> Things:
    """A print in a narrow wooden or painted frame."""
    sheet = slab(
        "sheet", rectangle(width, height), 0.004, printed(artwork.picture(folder, art), 0.55), 0, 0.006
    )
    kinds = {"oak": wood("#c9a171", "#9a6f42", "y"), "walnut": wood("#7a5033", "#4d2f1d", "y")}
    material = kinds.get(frame) or plain(frame, 0.45)
    back = slab("back", rectangle(width + 0.01, height + 0.01), 0.006, plain("#b9a98f", 0.9), 0)
    bar, deep = 0.016, 0.024
    sides = []
    for x in (-1, 1):
        outline = rectangle(bar, height + 2 * bar) + [x * (width + bar) / 2, 0]
        sides.append(slab("side", outline, deep, material, 0.002))
    for y in (-1, 1):
        outline = rectangle(width, bar) + [0, y * (height + bar) / 2]
        sides.append(slab("rail", outline, deep, material, 0.002))
    return [back, sheet, *sides]


def pillow(
    folder: Path, art: str, piping: str, width: float = 0.48, height: float = 0.48, seed: int = 1
) -> Things:
    """A filled cushion with piping along its seam."""
    material = cloth("#ffffff", artwork.picture(folder, art), 800, 0.3, 0.35, 0.2)
    body, seam = cushion("cushion", width, height, 0.17, material, seed)
    return [body, tube("piping", seam, 0.0055, cloth(piping, None, 900), sides=10, closed=True)]


def tote(folder: Path, art: str, handles: str, width: float = 0.38, height: float = 0.40) -> Things:
    """A cloth bag lying flat with its two handles above it."""
    material = cloth("#ffffff", artwork.picture(folder, art), 800, 0.25, 0.35, 0.2)
    outline = superellipse(width, height, 14, 120)
    things = [flat_cloth("bag", outline, 0.022, material, 0.005, 0.17, 3)]
    strap = cloth(handles, None, 700)
    for shift, lift, rise in ((0.0, 0.012, 0.23), (0.018, 0.006, 0.2)):
        arch = [
            (-0.1, height / 2 - 0.05, lift + 0.017),
            (-0.098 + shift, height / 2 + 0.02, lift + 0.006),
            (-0.07 + shift, height / 2 + rise * 0.8, lift),
            (shift, height / 2 + rise, lift),
            (0.07 + shift, height / 2 + rise * 0.8, lift),
            (0.098 + shift, height / 2 + 0.02, lift + 0.006),
            (0.1, height / 2 - 0.05, lift + 0.017),
        ]
        things.append(tube("handle", smooth_curve(arch, 12), 0.013, strap, 0.0025, normal=(1, 0, 0)))
    return things


def basket(folder: Path, colour: str, handle: str, height: float = 0.26) -> Things:
    """A plaited market basket with leather handles."""
    outer = smooth_curve([(0.0, 0.0), (0.13, 0.0), (0.155, 0.04), (0.185, 0.16), (0.2, height)], 14)
    inner = smooth_curve([(0.196, height), (0.18, 0.16), (0.15, 0.045), (0.0, 0.012)], 14)

    def oval(r: np.ndarray, z: np.ndarray, a: np.ndarray) -> np.ndarray:
        return r * (1 + 0.16 * np.cos(2 * a))

    things = [lathe("basket", np.vstack([outer, inner]), wicker(colour, 30), 160, oval)]
    hide = leather(handle)
    for side in (-1, 1):
        y = side * 0.166
        arch = [
            (-0.09, y, height - 0.05),
            (-0.085, y, height + 0.07),
            (0, y, height + 0.17),
            (0.085, y, height + 0.07),
            (0.09, y, height - 0.05),
        ]
        things.append(tube("handle", smooth_curve(arch, 14), 0.008, hide, sides=14))
    return things


BUILDERS = {
    "rug": rug,
    "runner": runner,
    "print": print_in_frame,
    "pillow": pillow,
    "tote": tote,
    "basket": basket,
}
