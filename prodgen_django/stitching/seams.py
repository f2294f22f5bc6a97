"""Stage 8a: which picture gives each pixel: seams along which pictures differ least, and soft weights elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from prodgen_django.common.arrays import Floats, Size

from . import bands
from .relit import Relit
from .small import Small
from .tuning import TUNING

# OpenCV's own type stubs lack some of its functions and are stricter than it about others.
_cv: Any = cv2

RAMP = 14.0
"""Small pixels over which a picture that agrees with others comes in from its border."""


@dataclass
class Weights:
    """How much each picture gives at each small pixel.

    Attributes:
        maps: a picture each, float32 over its small box; they add up to 1.
        apart: the map of disagreement as it was used.
        labels: int32 over the small canvas, the number of the picture that the seams give each pixel, -1 for none.
        coarse: what the coarse bands add to the blend, float32 H×W×3 over the small canvas; None where it is nothing.
    """

    maps: list[Floats]
    apart: Floats
    labels: npt.NDArray[np.int32]
    coarse: Floats | None


def weigh(relit: Relit, doubt: float = 0.0) -> Weights:
    """Average where the pictures agree (those of `relit.burnt` alike but for what is burnt out, else the deeper one
    counts more), one picture alone where they do not. `doubt` 0..1: how little agreement is believed anywhere."""
    apart = np.maximum(relit.apart, np.float32(doubt))
    apart = cv2.GaussianBlur(cv2.dilate(apart, np.ones((7, 7), np.uint8)), (0, 0), 3.0)
    # Where the pictures agree any line will do, and the deepest picture is as good as the graph's cut.
    matters = float((apart > TUNING.seam_apart).mean())
    size = (apart.shape[0], apart.shape[1])
    labels = cut(relit.smalls, relit.lit, relit.depths, size, cuts=matters > TUNING.seam_matters)
    maps = [_map(relit, number, apart, labels) for number in range(len(relit.smalls))]
    total = np.zeros(size, np.float32)
    for small, w in zip(relit.smalls, maps, strict=True):
        left, top, right, bottom = small.box
        total[top:bottom, left:right] += w
    for small, w in zip(relit.smalls, maps, strict=True):
        left, top, right, bottom = small.box
        w /= np.maximum(total[top:bottom, left:right], 1e-6)
    # Where they agree no band needs a wider seam than the weights have already.
    agree = apart.max() <= TUNING.seam_apart
    coarse = None if agree else bands.correction(relit.smalls, relit.lit, relit.depths, maps, size)
    return Weights(maps, np.asarray(apart, np.float32), labels, coarse)


def _map(relit: Relit, number: int, apart: Floats, labels: npt.NDArray[np.int32]) -> Floats:
    """One picture's weight over its small box, before all are brought to a sum of 1."""
    near = relit.depths[number]
    left, top, right, bottom = relit.smalls[number].box
    mine = (labels[top:bottom, left:right] == number).astype(np.float32)
    hard = cv2.GaussianBlur(mine, (0, 0), 1.0) * np.minimum(near, 2.0) / 2
    s = apart[top:bottom, left:right]
    if relit.burnt is not None:
        inward = np.minimum(near / RAMP, 1)
        soft = inward * inward * (3 - 2 * inward) * relit.burnt[number].trust
    else:
        soft = near / max(1.0, float(near.max()))
    return np.asarray((1 - s) * soft + s * hard + 1e-4 * np.minimum(near, 1), np.float32)


def cut(
    smalls: Sequence[Small],
    lit: Sequence[Floats],
    feathers: Sequence[Floats],
    size: Size,
    cuts: bool = True,
) -> npt.NDArray[np.int32]:
    """The number of the picture that gives each small pixel, -1 where none does.

    Graph cut over colour and gradient differences (Kwatra et al. 2003), as OpenCV has it; pixels that no
    picture kept after the cut, and all where `cuts` is off, go to the picture in which they lie deepest.
    """
    masks = [s.mask.copy() for s in smalls]
    corners = [(s.box[0], s.box[1]) for s in smalls]
    if len(smalls) > 1 and cuts:
        finder = _cv.detail_GraphCutSeamFinder("COST_COLOR_GRAD")
        found = finder.find([np.clip(p, 0, 255) for p in lit], corners, masks)
        masks = [m.get() if hasattr(m, "get") else m for m in found]
    labels = np.full(size, -1, np.int32)
    depth = np.full(size, -1.0, np.float32)
    for number, (small, mask, near) in enumerate(zip(smalls, masks, feathers, strict=True)):
        left, top, right, bottom = small.box
        here = np.where(near > 0, near + 1e4 * (mask > 0), -1)
        view, label = depth[top:bottom, left:right], labels[top:bottom, left:right]
        wins = here > view
        view[wins] = here[wins]
        label[wins] = number
    return labels
