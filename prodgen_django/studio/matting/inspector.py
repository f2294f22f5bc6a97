"""What a judge would say of a cut-out, learned from outlines whose truth is known (`training.cutouts`)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

from prodgen_django.studio.color import Float, Pixels

from .looking import Box, Looked, as_tensor, box_about, networks, padded, running

if TYPE_CHECKING:
    import torch

__all__ = ["NOTHING", "POOR", "SIDE", "Judgement", "evidence", "inspect", "with_planes"]

SIDE = 384
"""The longer side, in pixels, at which the product and what is about it are looked at."""

POOR = 0.6
"""Below this confidence a person must look."""

SAID = {
    "poor": "What was found may not be the product, or not all of it.",
    "missing": "A part of the product seems to be missing.",
    "remnants": "Something of the old ground or a shadow seems to be left.",
    "holes": "A hole may be filled, or torn where there is none.",
    "halo": "The edge seems to have a rim of another colour.",
    "glass": "One looks through the product: what is behind it shows.",
}
NOTHING = "No product stands out from the background."


@dataclass(frozen=True, slots=True)
class Judgement:
    """`confidence`: that a judge would find nothing, 0 to 1; below `POOR` a person must look. `faults`: how likely each
    of `network.FAULTS` is. `where`: float32 h×w×2 of the picture's size, how likely something is missing and how likely
    too much is left."""

    confidence: float
    faults: dict[str, float]
    where: Float

    @property
    def reasons(self) -> tuple[str, ...]:
        """A sentence for each fault that is likely, the likeliest first; one at least where the cut-out is poor."""
        ranked = sorted(self.faults, key=lambda name: -self.faults[name])
        likely = [name for name in ranked if self.faults[name] >= 0.5]
        return tuple(SAID[name] for name in likely or ranked[: self.confidence < POOR])


def inspect(looked: Looked, alpha: Float | None = None) -> Judgement:
    """Judge the outline that was found, or another `alpha` of the same picture (float32 h×w as `looked.image`)."""
    from .network import FAULTS

    near = looked.near if alpha is None else alpha
    alpha = looked.alpha if alpha is None else alpha
    photo, planes, frame = evidence(looked.image, alpha, looked.whole, near)
    nets = networks()
    with running():
        x = as_tensor(photo[None])
        told, maps = nets.inspector(nets.cutout.backbone(x), with_planes(x, planes[None]))
    likely = told.float().sigmoid()[0].tolist()
    where = np.zeros((*alpha.shape, 2), np.float32)
    size = (frame.right - frame.left, frame.bottom - frame.top)
    high, wide = (math.ceil(n * SIDE / max(size) / 8) for n in size[::-1])
    found = np.ascontiguousarray(maps.float().sigmoid()[0, :, :high, :wide].permute(1, 2, 0).numpy())
    where[frame.part] = cv2.resize(found, size, interpolation=cv2.INTER_LINEAR)
    return Judgement(1 - likely[0], dict(zip(FAULTS, likely, strict=True)), where)


def evidence(image: Pixels, alpha: Float, whole: Float, near: Float) -> tuple[Pixels, Float, Box]:
    """What the inspector looks at, about the product: the photograph, uint8 h×w×3; alpha and both answers, float32
    3×h×w in [0, 1], `SIDE` at the longer side and continued to multiples of 32; and the part of the picture it is."""
    all_of_it = Box(0, image.shape[0], 0, image.shape[1])
    seen = (alpha > 0.5) | (whole > 0.5) | (near > 0.5)
    frame = box_about(seen, all_of_it) or all_of_it
    photo, _ = padded(image[frame.part], SIDE)
    planes = [padded(np.ascontiguousarray(plane[frame.part]), SIDE)[0] for plane in (alpha, whole, near)]
    return photo, np.stack(planes), frame


def with_planes(photo: torch.Tensor, planes: Float) -> torch.Tensor:
    """(N, 3, h, w) and float32 N×3×h×w → (N, 6, h, w)."""
    import torch

    return torch.cat([photo, torch.from_numpy(planes)], 1)
