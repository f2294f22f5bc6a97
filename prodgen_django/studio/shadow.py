"""The light that a product takes from its surroundings: cast shadow, contact and reflection."""

from __future__ import annotations

import cv2
import numpy as np

from .backdrops.noise import blur
from .color import Float

_SIDE = 512  # shadows are soft: they are drawn at this size and enlarged
_SLICES = 7
_STEEPEST, _HIGHEST = 0.4, 0.18
"""How steeply the ground rises from foot to foot in a picture, and how far in the product's larger side: beyond it is a
handle or a rim."""
_AIR = 0.05  # of the larger side: so far both sides of a leg's end are open


def standing(mask: Float, light: tuple[float, float], softness: float = 1.0) -> Float:
    """How much light is taken by a product that stands: float32 of the mask's shape, 0 none to 1 all.

    The silhouette is laid down on the ground, cut into slices by height: what is higher above the ground
    throws its shadow further, softer and weaker. To that comes the dark line of contact under every part
    of the lower outline that is close to the ground. `light` is the shadow of a height of 1, to the
    right and backwards.
    """
    small, scale = _reduced(mask)
    box = _bounds(small)
    if box is None:
        return np.zeros(mask.shape, np.float32)
    top, bottom, first, last = box
    height, width = bottom - top, last - first
    rows, columns = small.shape
    y, x = np.mgrid[0:rows, 0:columns].astype(np.float32)
    shade = np.zeros(small.shape, np.float32)
    right, back = light
    foot = _footing(small, box)
    # Ground point (x, y) is dark if the ray towards the light meets the silhouette `rise` pixels up.
    rise = (foot - y) / max(back, 0.05)
    source = x - right * rise
    base = np.interp(source, np.arange(columns), foot).astype(np.float32)
    laid = cv2.remap(small, source, base - rise, cv2.INTER_LINEAR, borderValue=0)
    laid[rise < 0] = 0
    for k in range(_SLICES):
        low, high = k / _SLICES, (k + 1) / _SLICES
        share = rise / max(height, 1)
        part = laid * np.clip((share - low) * _SLICES + 1, 0, 1) * np.clip((high - share) * _SLICES + 1, 0, 1)
        middle = (low + high) / 2
        sigma = softness * (0.006 + 0.07 * middle) * max(width, 0.6 * height)
        shade = np.maximum(shade, blur(part, sigma) * (0.62 * (1 - middle) ** 1.3))
    line = _contact(small, box)
    wide = np.clip(blur(line, 0.055 * width * softness) * 5.0, 0, 0.55)
    total = 1 - (1 - np.clip(shade, 0, 1)) * (1 - wide) * (1 - _tight(line, width))
    return _enlarged(total, mask.shape, scale)


def contact(mask: Float) -> Float:
    """How much light is taken right where a standing product touches the ground: float32 of the mask's shape."""
    small, scale = _reduced(mask)
    box = _bounds(small)
    if box is None:
        return np.zeros(mask.shape, np.float32)
    line, width = _contact(small, box), box[3] - box[2]
    about = np.clip(blur(line, 0.025 * width) * 4.0, 0, 0.45)
    return _enlarged(1 - (1 - about) * (1 - _tight(line, width)), mask.shape, scale)


def lying(mask: Float, softness: float = 1.0) -> Float:
    """How much light is taken by a thing that lies flat or hangs close to a wall; the light is at the
    upper left."""
    small, scale = _reduced(mask)
    if _bounds(small) is None:
        return np.zeros(mask.shape, np.float32)
    side = max(small.shape)
    total = np.ones(small.shape, np.float32)
    for shift, sigma, depth in ((0.003, 0.0028, 0.55), (0.009, 0.010, 0.45), (0.020, 0.032, 0.35)):
        moved = np.array([[1, 0, side * shift * 0.8 * softness], [0, 1, side * shift * softness]])
        layer = cv2.warpAffine(small, moved, small.shape[::-1])
        total *= 1 - depth * blur(layer, side * sigma * softness)
    return _enlarged(1 - total, mask.shape, scale)


def mirrored(image: Float, mask: Float, depth: float) -> tuple[Float, Float]:
    """The product upside down under its base, fading: colours float32 h×w×3 and their weight h×w, 0 to
    `depth`."""
    weight = np.zeros(mask.shape, np.float32)
    box = _bounds(mask)
    if box is None or depth <= 0:
        return image, weight
    top, bottom, _, _ = box
    reach = min(bottom - top, mask.shape[0] - bottom)
    if reach < 2:
        return image, weight
    flipped = image.copy()
    flipped[bottom : bottom + reach] = image[bottom - reach : bottom][::-1]
    fade = np.linspace(1, 0, reach, dtype=np.float32) ** 1.6
    weight[bottom : bottom + reach] = mask[bottom - reach : bottom][::-1] * fade[:, None] * depth
    sigma = max(0.5, 0.0025 * max(mask.shape))
    return cv2.GaussianBlur(flipped, (0, 0), sigma), cv2.GaussianBlur(weight, (0, 0), sigma)


def _tight(line: Float, width: int) -> Float:
    return np.clip(blur(line, max(0.6, 0.008 * width)) * 2.2, 0, 0.85)


def _contact(mask: Float, box: tuple[int, int, int, int]) -> Float:
    """A thin line along the lower outline, strong where it is close to the ground."""
    top, bottom, _, _ = box
    has, lowest = _lowest(mask)
    gap = np.minimum(np.maximum(_footing(mask, box) - lowest, 0), _above_feet(mask, box)) / max(
        bottom - top, 1
    )
    strength = np.where(has, np.exp(-gap / 0.035), 0).astype(np.float32)
    line = np.zeros_like(mask)
    for offset in (0, 1, 2):
        row = np.clip(lowest + offset, 0, mask.shape[0] - 1)
        line[row[has], np.flatnonzero(has)] = strength[has]
    return line


def _footing(mask: Float, box: tuple[int, int, int, int]) -> Float:
    """The height in the picture, by column, at which the product meets the ground: float32 of the mask's width.

    A camera that looks down a little sees far feet higher than near ones: the ground runs along the lower hull of the
    outline, from the lowest point to both sides, as far as it rises no more than feet do; from there on it is level.
    """
    bottom, most = box[1], _HIGHEST * max(box[1] - box[0], box[3] - box[2])
    has, lowest = _lowest(mask)
    points = np.stack([np.flatnonzero(has), lowest[has] + 1], 1).astype(np.float32)
    hull = cv2.convexHull(points)[:, 0]
    hull = hull[np.argsort(hull[:, 0], kind="stable")]
    start = hull[hull[:, 1] == hull[:, 1].max()]
    feet = [start[0], start[-1]]
    chain = _lower_chain(hull)
    for side in (chain[chain[:, 0] > start[-1, 0]], chain[chain[:, 0] < start[0, 0]][::-1]):
        last = feet[-1] if len(side) and side[0, 0] > start[-1, 0] else feet[0]
        for point in side:
            climb = (last[1] - point[1]) / abs(point[0] - last[0])
            if climb > _STEEPEST or bottom - point[1] > most:
                break
            feet.append(point)
            last = point
    found = np.array(sorted(feet, key=lambda p: float(p[0])), np.float32)
    return np.interp(np.arange(mask.shape[1]), found[:, 0], found[:, 1]).astype(np.float32)


def _above_feet(mask: Float, box: tuple[int, int, int, int]) -> Float:
    """How far, in pixels by column, the outline is above the end of the leg that it belongs to; infinite elsewhere.

    Feet at the back stand inside of the hull: what ends low down with air on both sides is one.
    """
    from scipy.signal import find_peaks  # slow to import, and no page needs it

    top, bottom, left, right = box
    large = max(bottom - top, right - left)
    has, lowest = _lowest(mask)
    outline = np.where(has, lowest, 0).astype(np.float32)
    ends, _ = find_peaks(np.pad(outline, 1), prominence=_AIR * large, height=bottom - 1 - _HIGHEST * large)
    above = np.full(len(outline), np.inf, np.float32)
    for end in ends - 1:
        near = outline[end] - outline < 0.5 * _AIR * large
        first = end - int((~near[end::-1]).argmax() or end + 1) + 1
        last = end + int((~near[end:]).argmax() or len(near) - end)
        above[first:last] = np.minimum(above[first:last], np.maximum(outline[end] - outline[first:last], 0))
    return above


def _lower_chain(points: Float) -> Float:
    """Those of points sorted by their column that lie on the lower side of their hull (rows count downwards)."""
    kept: list[Float] = []
    for point in points:
        while len(kept) > 1 and _turn(kept[-2], kept[-1], point) >= 0:
            kept.pop()
        kept.append(point)
    return np.array(kept, np.float32)


def _turn(a: Float, b: Float, c: Float) -> float:
    return float((b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]))


def _lowest(mask: Float) -> tuple[np.ndarray, np.ndarray]:
    """By column whether anything is mostly opaque, and the lowest row where it is."""
    solid = mask > 0.5
    return np.asarray(solid.any(0)), mask.shape[0] - 1 - solid[::-1].argmax(0)


def _reduced(mask: Float) -> tuple[Float, float]:
    scale = min(1.0, _SIDE / max(mask.shape))
    size = (max(1, round(mask.shape[1] * scale)), max(1, round(mask.shape[0] * scale)))
    return cv2.resize(mask, size, interpolation=cv2.INTER_AREA), scale


def _enlarged(plane: Float, shape: tuple[int, ...], scale: float) -> Float:
    if scale == 1:
        return plane
    return np.clip(cv2.resize(plane, shape[1::-1], interpolation=cv2.INTER_CUBIC), 0, 1)


def _bounds(mask: Float) -> tuple[int, int, int, int] | None:
    """Top, bottom, left and right (ends exclusive) of what is mostly opaque."""
    solid = mask > 0.5
    if not solid.any():
        return None
    rows, columns = np.flatnonzero(solid.any(1)), np.flatnonzero(solid.any(0))
    return int(rows[0]), int(rows[-1]) + 1, int(columns[0]), int(columns[-1]) + 1
