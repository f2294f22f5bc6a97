"""Stage 8a: seams: the line along which two pictures differ least, by graph cut."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from .photometry import Small

# OpenCV's own type stubs lack some of its functions and are stricter than it about others.
_cv: Any = cv2

Array = npt.NDArray[np.float32]


def cut(
    smalls: Sequence[Small],
    lit: Sequence[Array],
    feathers: Sequence[Array],
    size: tuple[int, int],
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
