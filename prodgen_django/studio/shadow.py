"""The light that a product takes from its surroundings: cast shadow, contact and reflection."""

from __future__ import annotations

import cv2
import numpy as np

from .backdrops.noise import blur
from .color import Float

_SIDE = 512  # shadows are soft: they are drawn at this size and enlarged
_SLICES = 7


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
    # Ground point (x, y) is dark if the ray towards the light meets the silhouette `rise` pixels up.
    rise = (bottom - y) / max(back, 0.05)
    laid = cv2.remap(small, x - right * rise, bottom - rise, cv2.INTER_LINEAR, borderValue=0)
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
    solid = mask > 0.5
    has = solid.any(0)
    lowest = mask.shape[0] - 1 - solid[::-1].argmax(0)
    gap = (bottom - lowest) / max(bottom - top, 1)
    strength = np.where(has, np.exp(-gap / 0.035), 0).astype(np.float32)
    line = np.zeros_like(mask)
    for offset in (0, 1, 2):
        row = np.clip(lowest + offset, 0, mask.shape[0] - 1)
        line[row[has], np.flatnonzero(has)] = strength[has]
    return line


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
