"""One photograph in, one training picture out, or a reason why not.

Nothing here knows of files or labels: pixels in, pixels and measures out. `dataset.py` joins it to a shop's
photos.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

__all__ = [
    "MAX_BLUR",
    "MAX_LIKENESS",
    "blur_effect",
    "descriptor",
    "find_duplicates",
    "fit_square",
    "flatten",
]

Pixels = NDArray[np.uint8]

#: Above this a photo is called blurred *at the training size*. Measured on the 3,381 garment photographs that
#: stand beside the project at 64 px: see docs/explanation/gan.md for the distribution and what a real blur
#: does to it.
MAX_BLUR = 0.55
#: Two descriptors at least this alike (cosine) are the same photograph, perhaps re-encoded, resized or
#: re-exposed.
MAX_LIKENESS = 0.985


def flatten(image: NDArray[Any]) -> Pixels:
    """Grey, RGB or RGBA uint8 to RGB uint8 H×W×3; what is transparent becomes white, as a shop shows a
    cut-out."""
    if image.dtype != np.uint8 or image.ndim not in (2, 3):
        raise ValueError(f"expected uint8 H×W, H×W×3 or H×W×4, got {image.dtype} {image.shape}")
    if image.ndim == 2:
        return np.repeat(image[..., None], 3, axis=2)
    if image.shape[2] == 4:
        alpha = image[..., 3:].astype(np.float32) / 255
        blended = image[..., :3] * alpha + 255 * (1 - alpha)
        return np.rint(blended).astype(np.uint8)
    if image.shape[2] != 3:
        raise ValueError(f"expected 3 or 4 channels, got {image.shape[2]}")
    return image


def _border_is_white(image: Pixels) -> bool:
    """A packshot: nearly all of the outermost pixels are nearly white."""
    rim = np.concatenate([image[0], image[-1], image[:, 0], image[:, -1]])
    return bool(np.mean(rim.min(axis=1) >= 240) > 0.9)


def fit_square(image: Pixels, size: int) -> Pixels:
    """The whole photo in a square of `size` pixels, nothing cropped.

    A packshot on white is continued in white. Any other photo has its edge replicated and softened outwards,
    because white bars beside a photo on a floor would be learnt and drawn by the generator.
    """
    height, width = image.shape[:2]
    scale = size / max(height, width)
    new_w, new_h = max(1, round(width * scale)), max(1, round(height * scale))
    shrink = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    small = cv2.resize(image, (new_w, new_h), interpolation=shrink)
    top, left = (size - new_h) // 2, (size - new_w) // 2
    bottom, right = size - new_h - top, size - new_w - left
    if not (top or left or bottom or right):
        return np.ascontiguousarray(small)
    if _border_is_white(image):
        return cv2.copyMakeBorder(small, top, bottom, left, right, cv2.BORDER_CONSTANT, value=(255, 255, 255))
    wide = cv2.copyMakeBorder(small, top, bottom, left, right, cv2.BORDER_REPLICATE)
    soft = cv2.GaussianBlur(wide, (0, 0), max(1.0, size / 32))
    soft[top : top + new_h, left : left + new_w] = small
    return soft


def blur_effect(image: Pixels) -> float:
    """How blurred a picture looks, 0 (sharp) to 1, whatever its contrast.

    Crete, Dolmiere, Ladret and Nicolas, "The blur effect" (2007): blur it again; a picture that was sharp
    loses much of its neighbour-to-neighbour variation, one that was blurred loses little. A flat picture has
    no detail to lose and counts as 1.
    """
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY).astype(np.float32)
    worst = 0.0
    for axis in (0, 1):
        kernel = (1, 9) if axis == 0 else (9, 1)
        again = cv2.blur(grey, kernel, borderType=cv2.BORDER_REPLICATE)
        before = np.abs(np.diff(grey, axis=axis))
        after = np.abs(np.diff(again, axis=axis))
        total = float(before.sum())
        lost = float(np.maximum(0, before - after).sum())
        worst = max(worst, 1.0 if total < 0.5 * before.size else (total - lost) / total)
    return worst


def descriptor(image: Pixels) -> NDArray[np.float32]:
    """What a photo looks like from afar: 16×16 RGB, mean-free, unit length; float32 (768,).

    A 64-bit difference hash called plain garments on one floor duplicates; with colour and 768 numbers the
    known duplicate pairs stand clear of the rest.
    """
    small = cv2.resize(image, (16, 16), interpolation=cv2.INTER_AREA).astype(np.float32).reshape(-1)
    small -= small.mean()
    return small / max(float(np.linalg.norm(small)), 1e-6)


def find_duplicates(
    descriptors: NDArray[np.float32], threshold: float = MAX_LIKENESS, block: int = 1024
) -> dict[int, int]:
    """Maps the index of each later duplicate to the index of the first photo that it repeats.

    Compares every pair, in blocks, so that memory stays at block × N floats.
    """
    found: dict[int, int] = {}
    for start in range(0, len(descriptors), block):
        likeness = descriptors[start : start + block] @ descriptors[: start + block].T
        for row, column in np.argwhere(likeness >= threshold):
            later, first = start + int(row), int(column)
            if first < later and later not in found and first not in found:
                found[later] = first
    return found
