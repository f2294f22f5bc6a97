"""What a reviewer wants to know of a photograph before looking: is it sharp, is it well exposed."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import cv2
import numpy as np

from .color import Float, Pixels, to_lab
from .matting import shrink

_SIDE = 1000


@dataclass(frozen=True, slots=True)
class PhotoQuality:
    """Scores of the product in a photograph, each 0 (bad) to 1 (good), and a sentence for each weak one."""

    sharpness: float
    exposure: float
    resolution: float
    reasons: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        return {**asdict(self), "reasons": list(self.reasons)}


def photo_quality(image: Pixels, alpha: Float | None = None) -> PhotoQuality:
    """Judge a photograph, uint8 H×W×3; with `alpha` (float32 H×W) only the product in it."""
    weight = np.ones(image.shape[:2], np.float32) if alpha is None else alpha.astype(np.float32)
    if not (weight > 0.5).any():
        weight = np.ones(image.shape[:2], np.float32)
    small, inside = shrink(image, _SIDE), shrink(weight, _SIDE) > 0.5
    lightness = to_lab(small)[..., 0]
    sharpness = _sharpness(lightness, inside)
    exposure = _exposure(lightness, small, inside)
    rows, columns = np.flatnonzero((weight > 0.5).any(1)), np.flatnonzero((weight > 0.5).any(0))
    longest = max(rows[-1] - rows[0], columns[-1] - columns[0]) + 1
    resolution = float(np.clip((longest - 200) / 800, 0, 1))
    reasons = {
        "The photograph is blurred.": sharpness,
        "The product is too dark, too bright or without contrast.": exposure,
        f"The product is only {longest} pixels long; 1,000 or more allow a zoom.": resolution,
    }
    return PhotoQuality(
        sharpness=round(sharpness, 3),
        exposure=round(exposure, 3),
        resolution=round(resolution, 3),
        reasons=tuple(text for text, score in reasons.items() if score < 0.4),
    )


def _sharpness(lightness: Float, inside: Any) -> float:
    """How much of the finest detail there is, against the coarser: blur takes the finest first."""
    fine = np.abs(lightness - cv2.GaussianBlur(lightness, (0, 0), 1.0))
    coarse = np.abs(lightness - cv2.GaussianBlur(lightness, (0, 0), 3.0))
    edges = inside & (coarse >= np.percentile(coarse[inside], 90))
    ratio = float(fine[edges].mean() / max(float(coarse[edges].mean()), 0.5))
    return float(np.clip((ratio - 0.14) / 0.26, 0, 1))


def _exposure(lightness: Float, pixels: Pixels, inside: Any) -> float:
    values = lightness[inside]
    low, middle, high = np.percentile(values, (2, 50, 98))
    clipped = float((pixels[inside].min(1) >= 254).mean() + (pixels[inside].max(1) <= 3).mean())
    level = np.clip((middle - 4) / 14, 0, 1) * np.clip((99.5 - middle) / 6, 0, 1)
    contrast = np.clip((high - low) / 14, 0, 1)
    return float(level * (0.4 + 0.6 * contrast) * np.clip(1 - (clipped - 0.02) / 0.4, 0, 1))
