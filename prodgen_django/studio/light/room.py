"""A floor and a wall as a camera sees them, and the lamp before them.

Lengths are halves of the product's largest side. A place is (right across the picture, away from the camera, up), from
where the product's middle stands.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["Lamp", "Room", "Seen"]

Floats = npt.NDArray[np.float32]

_LENS = 75 / 18  # focal length in halves of the picture's height
_NEAREST, _FARTHEST = 0.5, 16.0  # wall behind the product


@dataclass(frozen=True, slots=True)
class Lamp:
    """A disc that shines on the product's foot: the direction to it (a place of length 1), its distance, and the
    tangent of half the angle under which it is seen from there."""

    toward: tuple[float, float, float]
    distance: float
    softness: float

    def across(self) -> tuple[Floats, Floats]:
        """Two directions of length 1 across the light: level, and upwards."""
        t = np.asarray(self.toward, np.float32)
        level = np.cross((0, 0, 1), t)
        level /= np.linalg.norm(level)
        return level.astype(np.float32), np.cross(t, level).astype(np.float32)


@dataclass(frozen=True, slots=True)
class Seen:
    """What stands behind every pixel: its place and the direction that its surface faces, each float32 h×w×3."""

    places: Floats
    facing: Floats

    @property
    def floor(self) -> Floats:
        """float32 h×w, 1 on the floor, 0 on the wall, between them where paper bends from one into the other."""
        return np.abs(self.facing[..., 2])


@dataclass(frozen=True, slots=True)
class Room:
    """`eye`: where the camera is; `axes`: 3×3, its right, its up and its backward direction as rows; `focal`: its focal
    length in halves of the picture's width. The floor goes on to `back` behind the product; there a wall begins, or
    paper that bends up with radius `bend`."""

    eye: tuple[float, float, float]
    axes: tuple[tuple[float, float, float], ...]
    focal: float
    back: float
    bend: float = 0.0

    @classmethod
    def of_picture(
        cls, shape: tuple[int, int], ground: float, edge: float, bend: float = 0.0, fill: float = 0.7,
        pitch: float = 0.22,
    ) -> Room:  # fmt: skip
        """As a picture of h×w shows it: the product stands at `ground` of the height and takes `fill` of it, floor and
        wall meet at `edge`, over `bend` of the height about it. `pitch`: the camera's elevation in radians."""
        sin, cos = math.sin(pitch), math.cos(pitch)
        tall = 2 / fill  # of the picture, where the product stands
        far = tall / 2 * _LENS
        eye = (0.0, (ground - 0.5) * tall * sin - far * cos, (ground - 0.5) * tall * cos + far * sin)

        def slope(at: float) -> float:
            return (1 - 2 * at) / _LENS  # upwards, of what is seen at a height

        low = slope(edge + bend / 2)
        back = eye[1] + eye[2] * (cos + low * sin) / (sin - low * cos) if sin > low * cos else _FARTHEST
        back = min(max(back, _NEAREST), _FARTHEST)
        radius = 0.0
        if bend:  # whose upper end is seen above the edge
            high = slope(edge - bend / 2)
            rise = (sin + cos) - high * (cos - sin)
            above = high * ((back - eye[1]) * cos + eye[2] * sin) - (back - eye[1]) * sin + eye[2] * cos
            radius = min(max(above / max(rise, 1e-3), 0.02), _FARTHEST)
        axes = ((1.0, 0.0, 0.0), (0.0, sin, cos), (0.0, -cos, sin))
        return cls(eye, axes, _LENS * shape[0] / shape[1], back, radius)

    def seen(self, shape: tuple[int, int]) -> Seen:
        """Through the pixels of a picture of h×w."""
        height, width = shape
        x = (np.arange(width) + 0.5) / width * 2 - 1
        y = (height - (np.arange(height) + 0.5) * 2) / width
        right, up, backward = (np.asarray(axis, np.float64) for axis in self.axes)
        rays = x[None, :, None] * right + y[:, None, None] * up - self.focal * backward
        eye = np.asarray(self.eye, np.float64)
        with np.errstate(divide="ignore", invalid="ignore"):
            down = np.where(rays[..., 2] < 0, -eye[2] / rays[..., 2], np.inf)
            along = (self.back + self.bend - eye[1]) / rays[..., 1]
            on_floor = eye[1] + down * rays[..., 1] <= self.back
            far = np.where(on_floor, down, along)
        facing = np.where(on_floor[..., None], (0.0, 0.0, 1.0), (0.0, -1.0, 0.0))
        if self.bend:
            far, facing = self._bent(eye, rays, far, facing, on_floor)
        places = eye + far[..., None] * rays
        return Seen(places.astype(np.float32), facing.astype(np.float32))

    def _bent(
        self, eye: npt.NDArray[Any], rays: npt.NDArray[Any], far: npt.NDArray[Any], facing: npt.NDArray[Any],
        on_floor: npt.NDArray[np.bool_],
    ) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:  # fmt: skip
        """With the bend: where a ray leaves its circle."""
        from_middle = eye[1:] - (self.back, self.bend)
        flat = rays[..., 1:]
        a, b = (flat**2).sum(-1), flat @ from_middle
        root = np.sqrt(np.maximum(b**2 - a * (from_middle @ from_middle - self.bend**2), 0))
        leaving = (root - b) / a
        spot = from_middle + leaving[..., None] * flat  # from the circle's middle
        bent = ~on_floor & (eye[2] + far * rays[..., 2] < self.bend)
        far = np.where(bent, leaving, far)
        curved = np.stack([np.zeros_like(far), -spot[..., 0] / self.bend, -spot[..., 1] / self.bend], -1)
        return far, np.where(bent[..., None], curved, facing)
