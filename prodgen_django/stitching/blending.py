"""Stage 8c: the pictures flow into one another at full size."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from prodgen_django.common.arrays import Box, Floats, Image, Mask, Plane

from .canvas import enlarge_part
from .parallel import in_parallel
from .relit import Relit
from .seams import Weights

__all__ = ["compose"]


def compose(relit: Relit, weights: Weights, on_step: Callable[[float], None]) -> tuple[Image, Mask]:
    """Draw the canvas tile by tile: each picture only where it shows, blended only where several do. Returns the result
    and where a photograph gives it; `on_step` is told the fraction done.

    Memory beyond the result is a few tiles, whatever the number of pictures.
    """
    painter = _Painter(relit, weights)
    todo = tiles(relit.canvas.width, relit.canvas.height)
    for number, _ in enumerate(in_parallel(painter.paint, todo)):
        on_step(number / len(todo))
    return painter.out, painter.valid > 0


class _Painter:
    """What every tile needs, worked out once; tiles may be painted at the same time."""

    def __init__(self, relit: Relit, weights: Weights) -> None:
        canvas = relit.canvas
        self.relit, self.weights, self.shrink = relit, weights, relit.shrink
        self.out = np.zeros((canvas.height, canvas.width, 3), np.uint8)
        self.valid = np.zeros((canvas.height, canvas.width), np.uint8)
        self.sources = [warp.source(relit.images[warp.index]) for warp in canvas.warps]
        self.boxes = [warp.box_at(relit.shrink) for warp in canvas.warps]
        self.tables = [None if light.identity else light.table() for light in relit.lights]
        self.fields = [
            light.field(small.nodes) for light, small in zip(relit.lights, relit.smalls, strict=True)
        ]

    def paint(self, tile: Box) -> None:
        left, top, right, bottom = tile
        target, here = self.out[top:bottom, left:right], self.valid[top:bottom, left:right]
        drawn = self.drawn(tile)
        if not drawn:
            return
        pieces, weights = [], []
        for k, part, lit, mask in drawn:
            inside = (slice(part[1] - top, part[3] - top), slice(part[0] - left, part[2] - left))
            if mask is None:
                here[inside] = 255
            else:
                cv2.bitwise_or(here[inside], mask, here[inside])
            pieces.append(_padded(lit, inside, here.shape))
            if len(drawn) > 1:
                weights.append(_padded(self.weight(k, part, mask), inside, here.shape))
        lit = pieces[0] if len(pieces) == 1 else mix([_float(p) for p in pieces], weights)
        if (added := self.coarse(tile)) is not None:
            lit = np.maximum(cv2.add(np.minimum(_float(lit), 255), added), 0)
        done = cv2.convertScaleAbs(lit) if lit.dtype != np.uint8 else lit
        if cv2.countNonZero(here) < here.size:
            done = cv2.copyTo(done, here)
        np.copyto(target, done)

    def drawn(self, tile: Box) -> list[tuple[int, Box, Image | Floats, Plane | None]]:
        """The pictures that show in a tile: number, part of the canvas, relit pixels, mask (None: all of it)."""
        found = []
        for k, warp in enumerate(self.relit.canvas.warps):
            part = shown(warp.box, self.boxes[k], self.weights.maps[k], tile, self.shrink)
            if part is not None:
                pixels, mask = warp.draw(self.sources[k], part)
                found.append((k, part, self.lit(k, pixels, part), mask))
        return found

    def lit(self, k: int, pixels: Image, part: Box) -> Image | Floats:
        """A part of picture k, as drawn, under its light."""
        table, field = self.tables[k], self.fields[k]
        burnt = self.relit.burnt[k] if self.relit.burnt is not None else None
        lifts = burnt is not None and burnt.lift is not None
        if table is None and not lifts:
            return pixels
        lit = pixels.astype(np.float32) if table is None else cv2.LUT(pixels, table)
        if field is not None:
            full = enlarge_part(field, self.boxes[k], part, self.shrink)
            cv2.multiply(lit, cv2.merge([full, full, full]), lit)
        if burnt is not None and lifts:
            lit = burnt.apply(lit, pixels, lambda m: enlarge_part(m, self.boxes[k], part, self.shrink))
        return np.asarray(lit, np.float32)

    def weight(self, k: int, part: Box, mask: Plane | None) -> Floats:
        w = enlarge(self.weights.maps[k], part, self.boxes[k], self.shrink)
        cv2.add(w, 1e-5, w)
        return w if mask is None else np.asarray(cv2.copyTo(w, mask), np.float32)

    def coarse(self, tile: Box) -> Floats | None:
        """The coarse bands over a tile, None where they add less than a third of a grey level."""
        if self.weights.coarse is None:
            return None
        height, width = self.weights.coarse.shape[:2]
        x0, y0 = (max(0, int(v * self.shrink) - 2) for v in tile[:2])
        x1, y1 = min(width, int(tile[2] * self.shrink) + 3), min(height, int(tile[3] * self.shrink) + 3)
        part = self.weights.coarse[y0:y1, x0:x1]
        if part.size == 0 or float(np.abs(part).max()) < 0.3:
            return None
        return enlarge(part, tile, (x0, y0, x1, y1), self.shrink)


def mix(pictures: Sequence[Floats], weights: Sequence[Floats]) -> Floats:
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


def _float(pixels: npt.NDArray[Any]) -> Floats:
    return pixels if pixels.dtype == np.float32 else pixels.astype(np.float32)


def _padded(pixels: npt.NDArray[Any], inside: tuple[slice, slice], shape: tuple[int, ...]) -> Any:
    """A piece of a tile as large as the tile, empty around it."""
    if pixels.shape[:2] == shape[:2]:
        return pixels
    whole = np.zeros((*shape[:2], *pixels.shape[2:]), pixels.dtype)
    whole[inside] = pixels
    return whole


def shown(box: Box, small_box: Box, small: Floats, tile: Box, shrink: float) -> Box | None:
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


def enlarge(small: Floats, box: Box, small_box: Box, shrink: float) -> Floats:
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
