"""Stage 8: which picture gives each pixel, and how they flow into one another."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from .canvas import Box, Canvas, Warp, enlarge_part
from .learned import Touch
from .options import Image
from .parallel import in_parallel
from .photometry import Light, Small
from .seams import cut

Array = npt.NDArray[np.float32]

RAMP = 14.0
"""Small pixels over which a picture that agrees with others comes in from its border."""


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
        smooth = cv2.blur(pixels, (3, 3))
        smooth[near <= 0] = 0
        weight[top:bottom, left:right] += near > 0
        total[top:bottom, left:right] += smooth
        square[top:bottom, left:right] += cv2.multiply(smooth, smooth)
    inverse = 1 / np.maximum(weight, 1)
    share = cv2.merge([inverse, inverse, inverse])
    mean = cv2.multiply(total, share)
    spread = cv2.subtract(cv2.multiply(square, share), cv2.multiply(mean, mean))
    variance = np.maximum(np.maximum.reduce(cv2.split(spread)), 0) * (weight > 1)
    grey = cv2.transform(mean, np.full((1, 3), 1 / 3, np.float32))
    slope = np.abs(cv2.Sobel(grey, cv2.CV_32F, 1, 0)) + np.abs(cv2.Sobel(grey, cv2.CV_32F, 0, 1))
    # Half a small pixel of misplacement is not yet a disagreement.
    allowed = 3.0 + 0.03 * grey + 0.06 * cv2.blur(slope, (3, 3))
    deviation = np.sqrt(cv2.blur(variance, (5, 5)))
    return np.asarray(np.clip((deviation / allowed - 1.0) / 1.5, 0, 1), np.float32)


def weights(
    smalls: Sequence[Small],
    lit: Sequence[Array],
    feathers: Sequence[Array],
    apart: Array,
    touches: Sequence[Touch] | None = None,
) -> tuple[list[Array], Array, npt.NDArray[np.int32]]:
    """Per picture its small weight map, the disagreement map as it was used and the map of seam labels.

    `touches` say how much each picture is preferred where they agree; else the deeper one counts more.
    """
    size = (apart.shape[0], apart.shape[1])
    apart = cv2.GaussianBlur(cv2.dilate(apart, np.ones((7, 7), np.uint8)), (0, 0), 3.0)
    # Where the pictures agree any line will do, and the deepest picture is as good as the graph's cut.
    matters = float((apart > 0.1).mean())
    labels = cut(smalls, lit, feathers, size, cuts=matters > 0.002)
    maps = []
    for number, (small, near) in enumerate(zip(smalls, feathers, strict=True)):
        left, top, right, bottom = small.box
        mine = (labels[top:bottom, left:right] == number).astype(np.float32)
        hard = cv2.GaussianBlur(mine, (0, 0), 1.0) * np.minimum(near, 2.0) / 2
        s = apart[top:bottom, left:right]
        if touches is not None:
            inward = np.minimum(near / RAMP, 1)
            soft = inward * inward * (3 - 2 * inward) * touches[number].preference
        else:
            soft = near / max(1.0, float(near.max()))
        maps.append(np.asarray((1 - s) * soft + s * hard + 1e-4 * np.minimum(near, 1), np.float32))
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
    smalls: Sequence[Small],
    lights: Sequence[Light],
    maps: Sequence[Array],
    coarse: Array | None,
    shrink: float,
    on_step: Callable[[float], None],
    touches: Sequence[Touch] | None = None,
) -> tuple[Image, npt.NDArray[np.bool_]]:
    """Draw the canvas tile by tile: each picture only where it shows, blended only where several do.

    `coarse` is what the coarse bands add (see `bands.correction`), at the small canvas' size.

    Memory beyond the result is a few tiles, whatever the number of pictures.
    """
    out = np.zeros((canvas.height, canvas.width, 3), np.uint8)
    valid = np.zeros((canvas.height, canvas.width), np.uint8)
    sources = [warp.source(images[warp.index]) for warp in canvas.warps]
    boxes = [warp.box_at(shrink) for warp in canvas.warps]
    tables = [None if light.identity else light.table() for light in lights]
    fields = [light.field(small.nodes) for light, small in zip(lights, smalls, strict=True)]

    learnt = (
        None
        if touches is None
        else [t.correction.fields(s.pixels) for t, s in zip(touches, smalls, strict=True)]
    )

    def relit(k: int, pixels: Image, tile: Box) -> Image | Array:
        table, field = tables[k], fields[k]
        touched = learnt is not None and not learnt[k].nothing
        if table is None and not touched:
            return pixels
        lit = pixels.astype(np.float32) if table is None else cv2.LUT(pixels, table)
        if field is not None:
            full = enlarge_part(field, boxes[k], tile, shrink)
            cv2.multiply(lit, cv2.merge([full, full, full]), lit)
        if learnt is not None and touched:
            lit = learnt[k].apply(lit, pixels, lambda nodes: enlarge_part(nodes, boxes[k], tile, shrink))
        return np.asarray(lit, np.float32)

    def paint(tile: Box) -> None:
        left, top, right, bottom = tile
        target, here = out[top:bottom, left:right], valid[top:bottom, left:right]
        drawn: list[tuple[int, Image | Array, npt.NDArray[np.uint8] | None]] = []
        for k, warp in enumerate(canvas.warps):
            if _shows(warp, maps[k], tile, shrink):
                pixels, mask = warp.draw(sources[k], tile)
                drawn.append((k, relit(k, pixels, tile), mask))
        if not drawn:
            return
        added = None if coarse is None else _part_of(coarse, tile, shrink)
        if len(drawn) == 1:
            _, lit, mask = drawn[0]
            here[:] = 255 if mask is None else mask
        else:
            weights = []
            for k, _, mask in drawn:
                w = enlarge(maps[k], tile, boxes[k], shrink)
                cv2.add(w, 1e-5, w)
                if mask is None:
                    here[:] = 255
                else:
                    w[mask == 0] = 0
                    cv2.bitwise_or(here, mask, here)
                weights.append(w)
            lit = mix([_float(lit) for _, lit, _ in drawn], weights)
        if added is not None:
            lit = np.maximum(cv2.add(np.minimum(_float(lit), 255), added), 0)
        np.copyto(target, cv2.convertScaleAbs(lit) if lit.dtype != np.uint8 else lit)
        if cv2.countNonZero(here) < here.size:
            target[here == 0] = 0

    todo = tiles(canvas.width, canvas.height)
    for number, _ in enumerate(in_parallel(paint, todo)):
        on_step(number / len(todo))
    return out, valid > 0


def mix(pictures: Sequence[Array], weights: Sequence[Array]) -> Array:
    """The weighted mean of H×W×3 pictures; weights need not add up to one."""
    if len(pictures) == 2:
        return np.asarray(cv2.blendLinear(*pictures, *weights), np.float32)
    inverse = 1 / np.maximum(np.sum(weights, 0), 1e-9)
    total = np.zeros(pictures[0].shape, np.float32)
    for picture, weight in zip(pictures, weights, strict=True):
        share = cv2.multiply(weight, inverse)
        cv2.accumulate(cv2.multiply(picture, cv2.merge([share, share, share])), total)
    return total


def tiles(width: int, height: int, side: int = 192) -> list[Box]:
    """The canvas in about equal tiles of at most `side` pixels."""
    xs = np.linspace(0, width, -(-width // side) + 1).astype(int).tolist()
    ys = np.linspace(0, height, -(-height // side) + 1).astype(int).tolist()
    return [(x0, y0, x1, y1) for y0, y1 in pairwise(ys) for x0, x1 in pairwise(xs)]


def _part_of(coarse: Array, tile: Box, shrink: float) -> Array | None:
    """The coarse bands over a tile, None where they add less than a third of a grey level."""
    height, width = coarse.shape[:2]
    x0, y0 = (max(0, int(v * shrink) - 2) for v in tile[:2])
    x1, y1 = min(width, int(tile[2] * shrink) + 3), min(height, int(tile[3] * shrink) + 3)
    part = coarse[y0:y1, x0:x1]
    if part.size == 0 or float(np.abs(part).max()) < 0.3:
        return None
    return enlarge(part, tile, (x0, y0, x1, y1), shrink)


def _float(pixels: npt.NDArray[Any]) -> Array:
    return pixels if pixels.dtype == np.float32 else pixels.astype(np.float32)


def _shows(warp: Warp, small: Array, tile: Box, shrink: float) -> bool:
    """Whether a picture has any weight worth a grey level in a tile."""
    left, top, right, bottom = warp.box
    if left >= tile[2] or right <= tile[0] or top >= tile[3] or bottom <= tile[1]:
        return False
    x, y = warp.box_at(shrink)[:2]
    low = [int(np.floor(v * shrink)) - 1 - o for v, o in ((tile[0], x), (tile[1], y))]
    high = [int(np.ceil(v * shrink)) + 2 - o for v, o in ((tile[2], x), (tile[3], y))]
    # Beyond its small map a picture is drawn with the map's outermost values.
    size = (small.shape[1], small.shape[0])
    (x0, y0), (x1, y1) = (
        [int(np.clip(v, 0, s - 1)) for v, s in zip(low, size, strict=True)],
        [int(np.clip(v, 1, s)) for v, s in zip(high, size, strict=True)],
    )
    part = small[y0 : max(y1, y0 + 1), x0 : max(x1, x0 + 1)]
    return bool(part.max() > 1e-3)


def enlarge(small: Array, box: Box, small_box: Box, shrink: float) -> Array:
    """A small map at full size over `box`, with pixel centres kept."""
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
