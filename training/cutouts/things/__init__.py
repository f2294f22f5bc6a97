"""Products made up on the spot for the cut-out network, each one different: what shops sell and the catalogue has not.

Thin closed shapes, straps, cords and lattices; gloss, metal, glass and screens; bodies of one pale or dark colour with
lids, knobs and handles; sets of unlike things. Every builder takes a generator and returns Blender objects in metres
that stand on z = 0 or nearly (the caller sets them down).
"""

from __future__ import annotations

from collections.abc import Callable

import bpy
import numpy as np

from training.photographs import objects_joined, objects_plain

from .carried import bag, board, harness, helmet, shoes
from .machines import appliance, iron, kettle, upright
from .parts import Rng, Things
from .small import cutlery, garment, glassware, jewellery, towel
from .wire import basket, hanger, hoop, lattice

__all__ = ["BUILDERS", "LYING", "WEIGHTS"]


def pieces(rng: Rng) -> Things:
    """A set of two to five unlike things beside one another."""
    made: Things = []
    edge = 0.0
    for _ in range(int(rng.integers(2, 6))):
        name = str(
            rng.choice(
                [
                    "appliance",
                    "glassware",
                    "mug",
                    "bottle",
                    "flask",
                    "tome",
                    "basket",
                    "hoop",
                    "tumbler",
                ]
            )
        )
        parts = (objects_joined.BUILDERS | objects_plain.BUILDERS | BUILDERS)[name](rng)
        bpy.context.view_layer.update()
        corners = np.array([part.matrix_world @ vertex.co for part in parts for vertex in part.data.vertices])
        size = float((corners.max(0) - corners.min(0)).max())
        scale = rng.uniform(0.12, 0.3) / max(size, 1e-6)
        low, high = corners.min(0) * scale, corners.max(0) * scale
        shift = np.array([edge - low[0], rng.uniform(-0.08, 0.08), -low[2]])
        for part in parts:
            part.scale = [scale * s for s in part.scale]
            part.location = np.array(part.location) * scale + shift
        edge += high[0] - low[0] + rng.uniform(0.005, 0.06)
        made += parts
    bpy.context.view_layer.update()
    return made


BUILDERS: dict[str, Callable[[Rng], Things]] = {
    "appliance": appliance,
    "bag": bag,
    "basket": basket,
    "board": board,
    "cutlery": cutlery,
    "garment": garment,
    "glassware": glassware,
    "hanger": hanger,
    "harness": harness,
    "helmet": helmet,
    "hoop": hoop,
    "iron": iron,
    "jewellery": jewellery,
    "kettle": kettle,
    "lattice": lattice,
    "pieces": pieces,
    "shoes": shoes,
    "towel": towel,
    "upright": upright,
}
#: Seen from above, where they lie.
LYING = {"cutlery", "garment", "towel", "jewellery"}
#: How often each is made, where not once.
WEIGHTS = {"appliance": 4.0, "pieces": 2.0, "upright": 2.0, "bag": 2.0, "iron": 1.5, "kettle": 1.5}
