"""Cylinder and sphere: on what a wide scene is drawn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from prodgen_django.common.arrays import Matrix, Size

from .records import Rotation

__all__ = ["Surface", "camera", "surface"]


def camera(size: Size, focal: float) -> Matrix:
    return np.array([[focal, 0, (size[0] - 1) / 2], [0, focal, (size[1] - 1) / 2], [0, 0, 1]], np.float64)


@dataclass
class Surface:
    """A cylinder or sphere around the camera, in pixels of arc: maps pixels there and back."""

    kind: str
    rotation: Rotation
    sizes: Sequence[Size]
    level: Matrix
    """Turns the middle camera so that the horizon is straight."""

    def forward(self, member: int, points: Matrix) -> Matrix:
        """Pixels of a picture to the surface."""
        f = self.rotation.focal
        rays = np.c_[points, np.ones(len(points))] @ np.linalg.inv(camera(self.sizes[member], f)).T
        x, y, z = (rays @ (self.level @ self.rotation.rotations[member]).T).T
        around = np.arctan2(x, z)
        flat = np.hypot(x, z)
        up = y / flat if self.kind == "cylinder" else np.arctan2(y, flat)
        return np.stack([f * around, f * up], 1)

    def backward(self, member: int, points: Matrix) -> Matrix:
        """The surface to pixels of a picture; nan behind the camera."""
        f = self.rotation.focal
        around, up = points[..., 0] / f, points[..., 1] / f
        if self.kind == "cylinder":
            rays = np.stack([np.sin(around), up, np.cos(around)], -1)
        else:
            rays = np.stack([np.sin(around) * np.cos(up), np.sin(up), np.cos(around) * np.cos(up)], -1)
        seen = rays @ (self.level @ self.rotation.rotations[member])
        with np.errstate(all="ignore"):
            at = f * seen[..., :2] / seen[..., 2:]
        centre = (np.array(self.sizes[member]) - 1) / 2
        return np.where(seen[..., 2:] > 1e-6, at + centre, np.nan)


def surface(rotation: Rotation, sizes: Sequence[Size]) -> Surface:
    """A levelled cylinder for scenes less than about 100° high, else a sphere."""
    # Cameras are held level more often than not: the plane of their x axes is the horizon.
    sideways = np.stack([r[:, 0] for r in rotation.rotations.values()])
    ahead = np.stack([r[:, 2] for r in rotation.rotations.values()]).sum(0)
    down_mean = np.stack([r[:, 1] for r in rotation.rotations.values()]).sum(0)
    values, vectors = np.linalg.eigh(sideways.T @ sideways)
    down = vectors[:, 0]
    if values[1] < 0.02 * values[2] or abs(down @ down_mean) < 0.7 * np.linalg.norm(down_mean):
        down = down_mean / np.linalg.norm(down_mean)
    if down @ down_mean < 0:
        down = -down
    ahead = ahead - (ahead @ down) * down
    if np.linalg.norm(ahead) < 1e-3:
        ahead = np.array([0.0, 0.0, 1.0]) - down[2] * down
    ahead /= np.linalg.norm(ahead)
    level = np.stack([np.cross(down, ahead), down, ahead])
    made = Surface("cylinder", rotation, sizes, level)
    heights = []
    for member in rotation.rotations:
        width, height = sizes[member]
        edge = np.array([[x, y] for x in (0, width / 2, width) for y in (0, height)], np.float64)
        heights.append(made.forward(member, edge)[:, 1])
    if np.abs(np.concatenate(heights)).max() > 1.2 * rotation.focal:
        made = Surface("sphere", rotation, sizes, level)
    return made
