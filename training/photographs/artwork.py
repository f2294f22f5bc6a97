"""Every print of the catalogue by name, drawn at its first use."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from PIL import Image

from . import botanical, graphic, patterns, prints, woven

EARTH = ["#7a2e22", "#d9a441", "#20445a", "#e9dcc0", "#b4552f", "#2f2a28", "#6f7b4b"]
COAST = ["#e6ddc8", "#234a66", "#7fa6ad", "#d98a5c", "#f3ead6", "#16324a"]
DUSK = ["#f0d3b0", "#d98b73", "#5b6f5a", "#8a4b3f", "#c9a24f", "#2f4a4f", "#a86a50", "#e3c79a"]

ART: dict[str, Callable[[], Image.Image]] = {
    "meadow": botanical.meadow,
    "kilim": partial(woven.kilim, 250, 350, EARTH, 3),
    "hall": partial(woven.kilim, 420, 112, COAST, 12, 11),
    "berber": partial(
        woven.berber, 260, 370, "#ece2ce", "#3a2e28", ["#3a2e28", "#b4552f", "#7a5a3c", "#c98d4b"], 5
    ),
    "pebbles": partial(
        woven.pebbles, 330, 240, ["#e9e0cf", "#c8643c", "#2f5a5f", "#d9b45a", "#8a9a86", "#e3a78f"], 6
    ),
    "hills": partial(woven.hills, 320, 240, 7, DUSK),
    "runner": botanical.runner,
    "ranges": prints.ranges,
    "blocks": prints.blocks,
    "moons": prints.moons,
    "still-life": prints.still_life,
    "fern": prints.fern,
    "town": prints.town,
    "waves": prints.waves,
    "leaves": botanical.cushion_leaves,
    "flowers": botanical.scarf_flowers,
    "stripes": graphic.stripes,
    "arches": graphic.arches,
    "breton": graphic.breton,
    "sun": graphic.sun,
    "swim": graphic.swim,
    "check": graphic.check,
}


def picture(folder: Path, name: str) -> Path:
    """The print's file in the working folder."""
    return patterns.saved(folder, f"art-{name}", ART[name])
