"""Stage 8: which picture gives each pixel, and how they flow into one another."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import cv2
import numpy as np
import numpy.typing as npt

from .canvas import Canvas
from .options import Image
from .photometry import Light, Small
from .seams import cut

Array = npt.NDArray[np.float32]
Lit = Callable[[int], Array]


def feather(small: Small) -> Array:
    """Distance of each pixel from the outline of its picture, in small pixels; 0 outside."""
    padded = cv2.copyMakeBorder(small.mask, 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=0)
    return np.asarray(cv2.distanceTransform(padded, cv2.DIST_L2, 3)[1:-1, 1:-1], np.float32)


def disagreement(
    smalls: Sequence[Small], lit: Sequence[Array], feathers: Sequence[Array], size: tuple[int, int]
) -> Array:
    """0 where the pictures show the same, 1 where they do not (parallax, something moved, light left over).

    Where they agree an average is best, since it halves the noise; where they do not, one picture must win.
    Accumulated picture by picture, so that memory does not grow with their number.
    """
    weight = np.zeros(size, np.float32)
    total = np.zeros((*size, 3), np.float32)
    square = np.zeros((*size, 3), np.float32)
    for small, pixels, near in zip(smalls, lit, feathers, strict=True):
        left, top, right, bottom = small.box
        w = (near > 0).astype(np.float32)
        smooth = cv2.blur(pixels, (3, 3))
        weight[top:bottom, left:right] += w
        total[top:bottom, left:right] += smooth * w[..., None]
        square[top:bottom, left:right] += smooth * smooth * w[..., None]
    shared = np.maximum(weight, 1)
    mean = total / shared[..., None]
    variance = np.maximum(square / shared[..., None] - mean * mean, 0).max(2) * (weight > 1)
    grey = mean.mean(2)
    slope = np.abs(cv2.Sobel(grey, cv2.CV_32F, 1, 0)) + np.abs(cv2.Sobel(grey, cv2.CV_32F, 0, 1))
    # Half a small pixel of misplacement is not yet a disagreement.
    allowed = 3.0 + 0.03 * grey + 0.06 * cv2.blur(slope, (3, 3))
    deviation = np.sqrt(cv2.blur(variance, (5, 5)))
    return np.asarray(np.clip((deviation / allowed - 1.0) / 1.5, 0, 1), np.float32)


def weights(
    smalls: Sequence[Small], lit: Sequence[Array], size: tuple[int, int], doubt: float
) -> tuple[list[Array], Array, npt.NDArray[np.int32]]:
    """Per picture its small weight map, the disagreement map and the map of seam labels.

    `doubt` in [0, 1] raises the disagreement everywhere: how far the geometry itself is from a pixel.
    """
    feathers = [feather(s) for s in smalls]
    apart = disagreement(smalls, lit, feathers, size)
    apart = np.maximum(apart, np.float32(doubt))
    apart = cv2.GaussianBlur(cv2.dilate(apart, np.ones((7, 7), np.uint8)), (0, 0), 3.0)
    labels = cut(smalls, lit, feathers, size)
    maps = []
    for number, (small, near) in enumerate(zip(smalls, feathers, strict=True)):
        left, top, right, bottom = small.box
        mine = (labels[top:bottom, left:right] == number).astype(np.float32)
        hard = cv2.GaussianBlur(mine, (0, 0), 1.0) * np.minimum(near, 2.0) / 2
        s = apart[top:bottom, left:right]
        peak = max(1.0, float(near.max()))
        maps.append(np.asarray((1 - s) * near / peak + s * hard + 1e-4 * np.minimum(near, 1), np.float32))
    total = np.zeros(size, np.float32)
    for small, w in zip(smalls, maps, strict=True):
        left, top, right, bottom = small.box
        total[top:bottom, left:right] += w
    for small, w in zip(smalls, maps, strict=True):
        left, top, right, bottom = small.box
        w /= np.maximum(total[top:bottom, left:right], 1e-6)
    return maps, apart, labels


def compose(
    canvas: Canvas,
    images: Sequence[Image],
    lights: Sequence[Light],
    maps: Sequence[Array],
    shrink: float,
    on_step: Callable[[float], None],
) -> tuple[Image, npt.NDArray[np.bool_]]:
    """Draw every picture at full size and add it up; one picture in memory at a time."""
    total = np.zeros((canvas.height, canvas.width, 3), np.float32)
    weight = np.zeros((canvas.height, canvas.width), np.float32)
    for number, (warp, light, small) in enumerate(zip(canvas.warps, lights, maps, strict=True)):
        on_step(number / len(canvas.warps))
        pixels, mask = warp.draw(images[warp.index])
        left, top, right, bottom = warp.box
        lit = pixels.astype(np.float32) if light.identity else light.apply(pixels, warp.field())
        w = enlarge(small, warp.box, warp.box_at(shrink), shrink) + 1e-5
        w *= mask > 0
        total[top:bottom, left:right] += cv2.multiply(lit, cv2.merge([w, w, w]))
        weight[top:bottom, left:right] += w
    valid = weight > 0
    inverse = 1 / np.maximum(weight, 1e-9)
    out = cv2.multiply(total, cv2.merge([inverse, inverse, inverse]))
    out[~valid] = 0
    return np.asarray(cv2.convertScaleAbs(out), np.uint8), valid


def enlarge(
    small: Array, box: tuple[int, int, int, int], small_box: tuple[int, int, int, int], shrink: float
) -> Array:
    """A small map over its box, at full size, with pixel centres kept."""
    matrix = np.array(
        [
            [1 / shrink, 0, (small_box[0] + 0.5) / shrink - 0.5 - box[0]],
            [0, 1 / shrink, (small_box[1] + 0.5) / shrink - 0.5 - box[1]],
        ]
    )
    size = (box[2] - box[0], box[3] - box[1])
    return np.asarray(
        cv2.warpAffine(small, matrix, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE),
        np.float32,
    )
