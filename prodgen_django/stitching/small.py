"""Stage 6b: the pictures drawn small over their boxes: what light, seams and blending look at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from prodgen_django.common.arrays import Box, Floats, Image, Plane

from .canvas import Warp, enlarge_nodes

__all__ = ["Small", "draw_small", "overlap"]


@dataclass
class Small:
    """A picture drawn over its box at the small canvas' size."""

    warp: Warp
    box: Box
    pixels: Image
    mask: Plane
    nodes: Floats
    """Squared distance from the picture's centre, on a grid of nodes (see `Warp.radius`)."""

    @cached_property
    def radius(self) -> Floats:
        return enlarge_nodes(self.nodes, (self.mask.shape[1], self.mask.shape[0]))


def draw_small(images: Sequence[Image], warps: Sequence[Warp], shrink: float) -> list[Small]:
    drawn = []
    for warp in warps:
        box = warp.box_at(shrink)
        pixels, mask = warp.draw(warp.source(images[warp.index], shrink), box, shrink, cubic=False)
        if mask is None:
            mask = np.full(pixels.shape[:2], 255, np.uint8)
        drawn.append(Small(warp, box, pixels, mask, warp.radius(box, shrink)))
    return drawn


def overlap(a: Small, b: Small) -> tuple[tuple[slice, slice], tuple[slice, slice]] | None:
    """The common box, as slices into both, or None."""
    left, top = max(a.box[0], b.box[0]), max(a.box[1], b.box[1])
    right, bottom = min(a.box[2], b.box[2]), min(a.box[3], b.box[3])
    if right - left < 2 or bottom - top < 2:
        return None

    def cut(s: Small) -> tuple[slice, slice]:
        return slice(top - s.box[1], bottom - s.box[1]), slice(left - s.box[0], right - s.box[0])

    return cut(a), cut(b)
