"""How restless a ground is: where words would fight with what lies under them."""

from __future__ import annotations

import cv2
import numpy as np

from prodgen_django.studio.color import Float, Pixels, to_lab

from .geometry import Rect

_SIDE = 320


class Busyness:
    """Local contrast of an empty ground, asked by rectangle; 0 is a bare wall, 1 a crowd.

    Measured as the spread of lightness within small neighbourhoods and over the whole rectangle: texture
    disturbs letters, and so does an edge that runs across a line.
    """

    def __init__(self, ground: Pixels) -> None:
        height, width = ground.shape[:2]
        self.scale = min(1.0, _SIDE / max(height, width))
        size = (max(8, round(width * self.scale)), max(8, round(height * self.scale)))
        light = to_lab(cv2.resize(ground, size, interpolation=cv2.INTER_AREA))[..., 0]
        self.light: Float = light
        mean = cv2.blur(light, (5, 5))
        spread = np.sqrt(np.maximum(cv2.blur(light * light, (5, 5)) - mean * mean, 0))
        self.texture: Float = cv2.integral(spread.astype(np.float32))

    def of(self, rect: Rect) -> float:
        """How restless the ground under a rectangle (canvas pixels) is, 0 to 1."""
        rows, columns = self.light.shape
        x0, y0 = int(max(0, rect.x * self.scale)), int(max(0, rect.y * self.scale))
        x1 = min(columns, max(x0 + 2, round(rect.right * self.scale)))
        y1 = min(rows, max(y0 + 2, round(rect.bottom * self.scale)))
        if x1 <= x0 or y1 <= y0:
            return 1.0
        table = self.texture
        total = table[y1, x1] - table[y0, x1] - table[y1, x0] + table[y0, x0]
        texture = float(total) / ((x1 - x0) * (y1 - y0))
        part = self.light[y0:y1, x0:x1]
        spread = float(np.percentile(part, 97) - np.percentile(part, 3))
        return min(1.0, texture / 6.0 + max(0.0, spread - 12.0) / 60.0)
