"""Stage 8: which picture gives each pixel, and how they flow into one another."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from .canvas import Box, Canvas, enlarge_part
from .highlights import Highlights
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
    burnt: Sequence[Highlights] | None = None,
) -> tuple[list[Array], Array, npt.NDArray[np.int32]]:
    """Per picture its small weight map, the disagreement map as it was used and the map of seam labels.

    With `burnt` pictures that agree count alike but for what is burnt out; else the deeper one counts more.
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
        if burnt is not None:
            inward = np.minimum(near / RAMP, 1)
            soft = inward * inward * (3 - 2 * inward) * burnt[number].trust
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
    burnt: Sequence[Highlights] | None = None,
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

    def relit(k: int, pixels: Image, tile: Box) -> Image | Array:
        table, field = tables[k], fields[k]
        lifts = burnt is not None and burnt[k].lift is not None
        if table is None and not lifts:
            return pixels
        lit = pixels.astype(np.float32) if table is None else cv2.LUT(pixels, table)
        if field is not None:
            full = enlarge_part(field, boxes[k], tile, shrink)
            cv2.multiply(lit, cv2.merge([full, full, full]), lit)
        if burnt is not None and lifts:
            lit = burnt[k].apply(lit, pixels, lambda nodes: enlarge_part(nodes, boxes[k], tile, shrink))
        return np.asarray(lit, np.float32)

    def paint(tile: Box) -> None:
        left, top, right, bottom = tile
        target, here = out[top:bottom, left:right], valid[top:bottom, left:right]
        drawn: list[tuple[int, Box, Image | Array, npt.NDArray[np.uint8] | None]] = []
        for k, warp in enumerate(canvas.warps):
            part = shown(warp.box, boxes[k], maps[k], tile, shrink)
            if part is not None:
                pixels, mask = warp.draw(sources[k], part)
                drawn.append((k, part, relit(k, pixels, part), mask))
        if not drawn:
            return
        added = None if coarse is None else _part_of(coarse, tile, shrink)
        pieces, weights = [], []
        for k, part, lit, mask in drawn:
            inside = (slice(part[1] - top, part[3] - top), slice(part[0] - left, part[2] - left))
            if mask is None:
                here[inside] = 255
            else:
                cv2.bitwise_or(here[inside], mask, here[inside])
            pieces.append(_within(lit, inside, here.shape))
            if len(drawn) > 1:
                w = enlarge(maps[k], part, boxes[k], shrink)
                cv2.add(w, 1e-5, w)
                if mask is not None:
                    w = np.asarray(cv2.copyTo(w, mask), np.float32)
                weights.append(_within(w, inside, here.shape))
        lit = pieces[0] if len(pieces) == 1 else mix([_float(p) for p in pieces], weights)
        if added is not None:
            lit = np.maximum(cv2.add(np.minimum(_float(lit), 255), added), 0)
        done = cv2.convertScaleAbs(lit) if lit.dtype != np.uint8 else lit
        if cv2.countNonZero(here) < here.size:
            done = cv2.copyTo(done, here)
        np.copyto(target, done)

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


def _within(pixels: npt.NDArray[Any], inside: tuple[slice, slice], shape: tuple[int, ...]) -> Any:
    """A piece of a tile as large as the tile, empty around it."""
    if pixels.shape[:2] == shape[:2]:
        return pixels
    whole = np.zeros((*shape[:2], *pixels.shape[2:]), pixels.dtype)
    whole[inside] = pixels
    return whole


def shown(box: Box, small_box: Box, small: Array, tile: Box, shrink: float) -> Box | None:
    """The part of a tile in which a picture has any weight worth a grey level, as warping costs by the pixel.

    `small` is its weight over `small_box`, `box` the same at full size.
    """
    found = []
    for axis in (0, 1):
        low, high = max(box[axis], tile[axis]), min(box[axis + 2], tile[axis + 2])
        if low >= high:
            return None
        size = small.shape[1 - axis]
        # Beyond its small map a picture is drawn with the map's outermost values.
        first = min(max(math.floor(low * shrink) - 1 - small_box[axis], 0), size - 1)
        last = min(max(math.ceil(high * shrink) + 2 - small_box[axis], first + 1), size)
        found.append((low, high, first, last, size))
    (x_low, x_high, x0, x1, wide), (y_low, y_high, y0, y1, tall) = found
    marked = cv2.compare(np.ascontiguousarray(small[y0:y1, x0:x1]), 1e-3, cv2.CMP_GT)
    x, y, w, h = cv2.boundingRect(marked)
    if w == 0:
        return None
    x_low, x_high = _narrowed(x_low, x_high, x0 + x, x0 + x + w, wide, small_box[0], shrink)
    y_low, y_high = _narrowed(y_low, y_high, y0 + y, y0 + y + h, tall, small_box[1], shrink)
    return x_low, y_low, x_high, y_high


def _narrowed(
    low: int, high: int, first: int, last: int, size: int, origin: int, shrink: float
) -> tuple[int, int]:
    """A range of canvas pixels cut to small pixels `first` to `last`, and two more for the interpolation."""
    if first > 0:
        low = max(low, math.floor((first + origin - 2) / shrink))
    if last < size:
        high = min(high, math.ceil((last + origin + 2) / shrink))
    return low, max(high, low + 1)


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
