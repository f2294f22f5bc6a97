"""What a judge would say of a cut-out, learned from outlines whose truth is known (`training.cutouts`)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import cv2
import numpy as np

from prodgen_django.studio.color import Float, Pixels

from .looking import Looked, Part, as_tensor, networks, padded, part_about, part_of, running

if TYPE_CHECKING:
    import torch

__all__ = ["NOTHING", "POOR", "SIDE", "Judgement", "Place", "evidence", "inspect", "with_planes"]

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
_MOST = 6  # places are shown
NOTHING = "No product stands out from the background."


class Place(NamedTuple):
    """Where something looks wrong: the left, top, right and bottom of it as shares of the picture, and what:
    "missing" or "left over"."""

    left: float
    top: float
    right: float
    bottom: float
    kind: str


@dataclass(frozen=True, slots=True)
class Judgement:
    """`confidence`: that a judge would find nothing, 0 to 1; below `POOR` a person must look. `faults`: how likely each
    of `network.FAULTS` is. `places`: where something is likely to be wrong, the largest first."""

    confidence: float
    faults: dict[str, float]
    places: tuple[Place, ...]

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
    found = places(maps.float().sigmoid()[0].numpy(), frame, looked.image.shape)
    return Judgement(1 - likely[0], dict(zip(FAULTS, likely, strict=True)), found)


def places(maps: Float, frame: Part, picture: tuple[int, ...]) -> tuple[Place, ...]:
    """The `_MOST` largest places of `maps` (float32 2×h×w, what is missing and what is left over; 8 px at
    `SIDE` are one), which show the `frame` of a `picture`."""
    scale = SIDE / max(frame.bottom - frame.top, frame.right - frame.left) / 8  # cells a pixel of the picture
    found: list[tuple[float, Place]] = []
    for likely, kind in zip(maps, ("missing", "left over"), strict=True):
        _, _, stats, _ = cv2.connectedComponentsWithStats((likely > 0.5).astype(np.uint8), connectivity=8)
        for x, y, wide, high, area in stats[1:]:
            ends = np.array([x, y, x + wide, y + high]) / scale + [
                frame.left,
                frame.top,
                frame.left,
                frame.top,
            ]
            ends = np.clip(ends / np.tile(picture[1::-1], 2), 0, 1)
            left, top, right, bottom = ends.round(3).tolist()
            found.append((float(area), Place(left, top, right, bottom, kind)))
    return tuple(place for _, place in sorted(found, key=lambda one: -one[0])[:_MOST])


def evidence(image: Pixels, alpha: Float, whole: Float, near: Float) -> tuple[Pixels, Float, Part]:
    """What the inspector looks at, about the product: the photograph, uint8 h×w×3; alpha and both answers, float32
    3×h×w in [0, 1], `SIDE` at the longer side and continued to multiples of 32; and the part of the picture it is."""
    all_of_it = part_of((0, 0, 1, 1), image.shape)
    seen = (alpha > 0.5) | (whole > 0.5) | (near > 0.5)
    frame = part_about(seen, all_of_it) or all_of_it
    photo, _ = padded(image[frame.slices], SIDE)
    planes = [padded(np.ascontiguousarray(plane[frame.slices]), SIDE)[0] for plane in (alpha, whole, near)]
    return photo, np.stack(planes), frame


def with_planes(photo: torch.Tensor, planes: Float) -> torch.Tensor:
    """(N, 3, h, w) and float32 N×3×h×w → (N, 6, h, w)."""
    import torch

    return torch.cat([photo, torch.from_numpy(planes)], 1)
