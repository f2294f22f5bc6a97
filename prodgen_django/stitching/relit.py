"""Stage 7: the pictures under one light, drawn small, and where they still differ: what bending, seams and blending
go by."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

from prodgen_django.common.arrays import Floats, Image

from . import photometry
from .canvas import Canvas
from .highlights import Highlights, highlights, lifted_small
from .photometry import Light
from .small import Small, draw_small

__all__ = ["Relit", "depth", "disagreement", "relight", "small_scale"]

PIXELS = 0.03e6
"""Size of the small canvas, in pixels a picture."""


@dataclass
class Relit:
    """All pictures of a canvas under one light.

    Attributes:
        images: the photographs, RGB uint8.
        canvas: where each falls.
        shrink: size of the small canvas / size of the canvas.
        smalls: each picture of the canvas drawn small over its box.
        lights: what each picture's light becomes.
        lit: float32 H×W×3, 0..255 (not clipped above): the small pictures under it.
        burnt: what is done about each picture's highlights; None where no light is changed.
        depths: float32 H×W: distance of each small pixel from its picture's outline; 0 outside.
        apart: float32 over the small canvas, 0 where the pictures show the same to 1 where they do not.
    """

    images: Sequence[Image]
    canvas: Canvas
    shrink: float
    smalls: list[Small]
    lights: list[Light]
    lit: list[Floats]
    burnt: list[Highlights] | None
    depths: list[Floats]
    apart: Floats

    @classmethod
    def under(cls, images: Sequence[Image], canvas: Canvas, lights: list[Light] | None) -> Relit:
        """Drawn under given lights; None: as photographed."""
        shrink = small_scale(images, PIXELS)
        smalls = draw_small(images, canvas.warps, shrink)
        return cls._compared(images, canvas, shrink, smalls, lights)

    @classmethod
    def _compared(
        cls,
        images: Sequence[Image],
        canvas: Canvas,
        shrink: float,
        smalls: list[Small],
        lights: list[Light] | None,
    ) -> Relit:
        shown = lights or [Light(np.zeros(3)) for _ in smalls]
        lit = [light.apply(s.pixels, s.nodes) for light, s in zip(shown, smalls, strict=True)]
        burnt = None
        if lights is not None:
            burnt = highlights(smalls)
            lit = [lifted_small(s, p) for s, p in zip(smalls, lit, strict=True)]
        depths = [depth(s) for s in smalls]
        size = max(s.box[3] for s in smalls), max(s.box[2] for s in smalls)
        apart = disagreement(smalls, lit, depths, size)
        return cls(images, canvas, shrink, smalls, shown, lit, burnt, depths, apart)

    @property
    def unmet(self) -> float:
        """The share of the overlaps in which the pictures show different things."""
        shared = np.zeros(self.apart.shape, np.uint8)
        for small, near in zip(self.smalls, self.depths, strict=True):
            left, top, right, bottom = small.box
            shared[top:bottom, left:right] += near > 0
        return float((self.apart[shared > 1] > 0.5).mean()) if (shared > 1).any() else 0.0

    def redrawn(self) -> Relit:
        """The same after the canvas' warps were bent."""
        return Relit.under(self.images, self.canvas, None if self.burnt is None else self.lights)


def small_scale(images: Sequence[Image], pixels: float) -> float:
    """How much smaller a canvas is on which the median picture has about so many pixels; at most 1."""
    typical = float(np.median([image.shape[0] * image.shape[1] for image in images]))
    return min(1.0, float(np.sqrt(pixels / typical)))


def relight(
    images: Sequence[Image], canvas: Canvas, seed: int, harmonise: bool = True
) -> tuple[Relit, dict[str, Any]]:
    """The pictures under the light that fits all (as photographed without `harmonise`), and what the fit achieved."""
    shrink = small_scale(images, PIXELS)
    smalls = draw_small(images, canvas.warps, shrink)
    if not harmonise:
        return Relit._compared(images, canvas, shrink, smalls, None), {}
    lights, checks = photometry.solve(smalls, seed)
    return Relit._compared(images, canvas, shrink, smalls, lights), checks


def depth(small: Small) -> Floats:
    """Distance of each pixel from the outline of its picture, in small pixels; 0 outside."""
    padded = cv2.copyMakeBorder(small.mask, 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=0)
    return np.asarray(cv2.distanceTransform(padded, cv2.DIST_L2, 3)[1:-1, 1:-1], np.float32)


def disagreement(
    smalls: Sequence[Small], lit: Sequence[Floats], feathers: Sequence[Floats], size: tuple[int, int]
) -> Floats:
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
