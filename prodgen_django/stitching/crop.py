"""Stage 9: crop to the largest rectangle, or fill what is empty."""

from __future__ import annotations

import cv2
import numpy as np

from prodgen_django.common.arrays import Box, Floats, Image, Mask


def largest_rectangle(mask: Mask, cells: int = 32) -> Box:
    """Left, top, right, bottom of a largest all-true rectangle; exact on a grid of about `cells`, then grown
    pixel by pixel."""
    height, width = mask.shape
    shrink = min(1.0, cells / max(height, width))
    rows, columns = max(1, int(height * shrink)), max(1, int(width * shrink))
    ys, xs = np.linspace(0, height, rows + 1).astype(int), np.linspace(0, width, columns + 1).astype(int)
    sums = cv2.integral(mask.view(np.uint8))[np.ix_(ys, xs)]
    inside = sums[1:, 1:] - sums[:-1, 1:] - sums[1:, :-1] + sums[:-1, :-1]
    full = (inside == np.outer(np.diff(ys), np.diff(xs))).tolist()
    best, found = 0, (0, 0, 0, 0)
    edges_x, edges_y = xs.tolist(), ys.tolist()
    heights = [0] * (columns + 1)
    for row in range(rows):
        step, bottom, line = edges_y[row + 1] - edges_y[row], edges_y[row + 1], full[row]
        stack: list[tuple[int, int]] = []
        for column in range(columns + 1):
            if column < columns:
                heights[column] = heights[column] + step if line[column] else 0
            current, start = heights[column], column
            while stack and stack[-1][1] >= current:
                start, tall = stack.pop()
                area = (edges_x[column] - edges_x[start]) * tall
                if area > best:
                    best, found = area, (edges_x[start], bottom - tall, edges_x[column], bottom)
            stack.append((start, current))
    if best == 0:
        return 0, 0, width, height
    return _grow(mask, found)


def _grow(mask: Mask, box: Box) -> Box:
    """Push each side out while the new line is full: the grid's rounding is given back."""
    left, top, right, bottom = box
    moved = True
    while moved:
        moved = False
        if top > 0 and mask[top - 1, left:right].all():
            top, moved = top - 1, True
        if bottom < mask.shape[0] and mask[bottom, left:right].all():
            bottom, moved = bottom + 1, True
        if left > 0 and mask[top:bottom, left - 1].all():
            left, moved = left - 1, True
        if right < mask.shape[1] and mask[top:bottom, right].all():
            right, moved = right + 1, True
    return left, top, right, bottom


def nearly_full(mask: Mask, empty: float = 0.08) -> Box:
    """The bounding box of what is valid, each time less its emptiest side, until at most the share `empty` of it is
    not valid."""
    step = max(1, max(mask.shape) // 400)
    ys, xs = np.nonzero(mask)
    if len(ys) == 0:
        return 0, 0, mask.shape[1], mask.shape[0]
    box = int(xs.min()), int(ys.min()), int(xs.max()) + 1, int(ys.max()) + 1
    sums = cv2.integral((~mask).view(np.uint8))

    def within(x0: int, y0: int, x1: int, y1: int) -> int:
        return int(sums[y1, x1] - sums[y0, x1] - sums[y1, x0] + sums[y0, x0])

    while True:
        left, top, right, bottom = box
        wide, tall = right - left, bottom - top
        if min(wide, tall) <= 2 * step or within(*box) <= empty * wide * tall:
            return box
        smaller = [
            (within(left, top, left + step, bottom) / tall, (left + step, top, right, bottom)),
            (within(right - step, top, right, bottom) / tall, (left, top, right - step, bottom)),
            (within(left, top, right, top + step) / wide, (left, top + step, right, bottom)),
            (within(left, bottom - step, right, bottom) / wide, (left, top, right, bottom - step)),
        ]
        box = max(smaller)[1]


def plain_background(image: Image, mask: Mask) -> tuple[tuple[int, int, int], float]:
    """The colour along the outline of the valid area and how far the outline strays from it (0..255)."""
    step = max(1, round(float(np.sqrt(mask.size / 0.1e6))))
    image, small = image[::step, ::step], mask[::step, ::step].astype(np.uint8)
    inside = cv2.erode(small, np.ones((3, 3), np.uint8), borderType=cv2.BORDER_CONSTANT, borderValue=0)
    deeper = cv2.erode(inside, np.ones((7, 7), np.uint8), borderType=cv2.BORDER_CONSTANT, borderValue=0)
    ring = image[(inside > 0) & (deeper == 0)].astype(np.float32)
    if len(ring) < 20:
        return (255, 255, 255), 255.0
    middle = np.median(ring, 0)
    stray = float(np.percentile(np.abs(ring - middle).max(1), 90))
    colour = tuple(round(float(v)) for v in middle)
    return (colour[0], colour[1], colour[2]), stray


def fill(image: Image, mask: Mask, colour: tuple[int, int, int]) -> Image:
    """Paint what is empty, with a soft rim of a few pixels so that no hard outline of the photographs
    stays."""
    depth = cv2.distanceTransform(
        cv2.copyMakeBorder(mask.astype(np.uint8), 1, 1, 1, 1, cv2.BORDER_REPLICATE), cv2.DIST_L2, 3
    )[1:-1, 1:-1]
    rim = max(2.0, 0.01 * max(mask.shape))
    alpha: Floats = np.clip(depth / rim, 0, 1).astype(np.float32)[..., None]
    return np.asarray(image * alpha + np.array(colour, np.float32) * (1 - alpha) + 0.5, np.uint8)


def extend(image: Image, mask: Mask) -> Image:
    """Paint what is empty with the colours next to it, ever smoother further away. Nothing is drawn there that could
    be taken for a thing.

    The outermost pixels of a photograph, often a frame or sharpened against one, do not count."""
    safe = cv2.erode(mask.astype(np.uint8), np.ones((7, 7), np.uint8))
    done = cv2.convertScaleAbs(_carried_on(image.astype(np.float32), safe > 0))
    return np.asarray(cv2.copyTo(image, safe, done), np.uint8)


def roughness(image: Image, mask: Mask, side: int = 320) -> Floats:
    """How many grey levels of structure (as fine as 1.5 % of the picture's side) lie about each pixel, and in the
    holes about the photograph next to them: what a smooth continuation there would lack. Same height and width."""
    height, width = mask.shape
    scale = min(1.0, side / max(height, width))
    size = (max(4, round(width * scale)), max(4, round(height * scale)))
    grey = cv2.resize(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), size, interpolation=cv2.INTER_AREA)
    share = cv2.resize(mask.view(np.uint8) * np.uint8(255), size, interpolation=cv2.INTER_AREA)
    known = cv2.erode((share == 255).astype(np.float32), np.ones((3, 3), np.uint8))
    sigma = 0.015 * max(size)
    weight = np.maximum(cv2.GaussianBlur(known, (0, 0), sigma), 1e-3)
    fine = (grey - cv2.GaussianBlur(grey * known, (0, 0), sigma) / weight) * known
    found = np.sqrt(cv2.GaussianBlur(fine * fine, (0, 0), sigma) / weight)
    on = _carried_on(np.asarray(found, np.float32), known > 0)
    return np.asarray(cv2.resize(on, (width, height), interpolation=cv2.INTER_LINEAR), np.float32)


def _carried_on(pixels: Floats, known: Mask) -> Floats:
    """What is not known of an H×W or H×W×C picture from what is, smoothly: pull and push (Gortler et al. 1996)."""
    there = known.astype(np.uint8)
    values = cv2.copyTo(pixels, there)
    levels = [(values, there)]
    while min(there.shape) > 2 and not there.all():
        weight = cv2.pyrDown(there.astype(np.float32))
        there = (weight > 1e-3).astype(np.uint8)
        weight = np.maximum(weight, 1e-6)
        spread = weight if pixels.ndim == 2 else cv2.merge([weight] * pixels.shape[2])
        values = cv2.copyTo(cv2.divide(cv2.pyrDown(values), spread), there)
        levels.append((values, there))
    filled, there = levels.pop()
    if not there.all():
        filled[there == 0] = filled[there > 0].mean(0) if there.any() else 255
    for finer, there in reversed(levels):
        filled = cv2.pyrUp(filled, dstsize=there.shape[::-1])
        cv2.copyTo(finer, there, filled)
    return np.asarray(filled, np.float32)
