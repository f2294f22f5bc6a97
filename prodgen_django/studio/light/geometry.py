"""What the scene generator is told: where the floor is, what the lamp gives, where it would carry the silhouette."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from prodgen_django.studio.color import Float, Pixels

from .room import Lamp

__all__ = [
    "ALPHA", "DIRECT", "FLOOR", "GUIDES", "OWN", "SCENE_PLANES", "SIDE", "Light", "condition", "guide_planes",
    "laid_silhouette", "logged",
]  # fmt: skip

SIDE = 256
"""The longer side at which the network looks at a scene."""

GUIDES = 5
"""Planes of `guide_planes`."""

_LEAST_BACK = 0.04


@dataclass(frozen=True, slots=True)
class Light:
    """A lamp as a picture shows it.

    `right`, `up`: where the shadow of a height of 1 ends, to the right and up the picture (negative: to the left,
    towards the camera), as `Style.light`. `softness`: tangent of half the angle under which the lamp is seen from the
    product, 0 for a point, 0.02 for a bulb across the room, 0.3 for a softbox. `pitch`: the camera's elevation in
    radians.
    """

    right: float
    up: float
    softness: float = 0.1
    pitch: float = 0.26

    def mirrored(self) -> Light:
        """In a mirror beside the scene."""
        return Light(-self.right, self.up, self.softness, self.pitch)

    def lamp(self, distance: float = 9.0) -> Lamp:
        """The disc that shines so, in a room; `distance` in halves of the product's largest side."""
        across, away = -self.right * math.cos(self.pitch), self.up / math.tan(self.pitch)
        azimuth, elevation = math.atan2(across, away), math.atan2(1.0, math.hypot(across, away))
        level = math.cos(elevation)
        toward = (math.sin(azimuth) * level, -math.cos(azimuth) * level, math.sin(elevation))
        return Lamp(toward, distance, self.softness)


def guide_planes(floor: Float, light: Light) -> Float:
    """float32 `GUIDES`×h×w of about [-1, 1]: `floor` (h×w, 1 on the floor, 0 on the wall), then the light's four
    numbers on every pixel."""
    constants = np.array(
        [
            np.clip(light.right / 2, -1.5, 1.5),
            np.clip(light.up, -1.5, 1.5),
            np.log(max(light.softness, 0.005) / 0.08) / 2,
            (light.pitch - 0.3) * 4,
        ],
        np.float32,
    )
    planes = np.empty((GUIDES, *floor.shape), np.float32)
    planes[0] = floor * 2 - 1
    planes[1:] = constants[:, None, None]
    return planes


def laid_silhouette(alpha: Float, light: Light, depth: float = 0.0) -> Float:
    """The silhouette laid down on a level floor by a point of light: float32 of alpha's shape, in [0, 1].

    The floor's pixel (x, y) is dark if the ray towards the light meets the product `rise` pixels above its base, where
    `rise` is how far the pixel lies from the base along the shadow. The base is the lowest row, or as much higher as a
    thing of `depth` times its width has its middle behind its front.
    """
    rows, columns = np.flatnonzero((alpha > 0.5).any(1)), np.flatnonzero((alpha > 0.5).any(0))
    if len(rows) == 0:
        return np.zeros(alpha.shape, np.float32)
    base = float(rows[-1] - depth / 2 * (columns[-1] - columns[0]) * np.sin(light.pitch))
    back = light.up if abs(light.up) > _LEAST_BACK else float(np.copysign(_LEAST_BACK, light.up or 1))
    y, x = np.mgrid[0 : alpha.shape[0], 0 : alpha.shape[1]].astype(np.float32)
    rise = (np.float32(base) - y) / np.float32(back)
    laid = cv2.remap(
        alpha.astype(np.float32),
        x - np.float32(light.right) * rise,
        np.float32(base) - rise,
        cv2.INTER_LINEAR,
        borderValue=0,
    )
    laid[rise < 0] = 0
    return np.asarray(laid, np.float32)


def condition(product: Pixels, alpha: Float, floor: Float, light: Light, direct: Float) -> Float:
    """float32 SCENE_PLANES×h×w, what the scene generator is shown: the silhouette, the product's own pixels (uint8
    h×w×3), the silhouette laid down, `guide_planes`, and the lamp's own light (`direct_light`, as a logarithm)."""
    seen = (product.astype(np.float32) / 127.5 - 1) * alpha[..., None]
    laid = np.stack([laid_silhouette(alpha, light, depth) for depth in _DEPTHS])
    own = np.concatenate([alpha[None] * 2 - 1, seen.transpose(2, 0, 1), laid * 2 - 1])
    return np.concatenate([own, guide_planes(floor, light), logged(direct)[None]]).astype(np.float32)


def logged(key: Float) -> Float:
    """The lamp's light, 0 to infinity, as a logarithm within [-3, 3], about 0.65 for 1."""
    return np.asarray(np.clip(np.log(key + 0.05) + 0.6, -3, 3), np.float32)


_DEPTHS = (0.0, 0.8)  # of a flat thing, and of a round one
ALPHA, OWN, FLOOR = 0, slice(1, 4), 4 + len(_DEPTHS)
"""Where `condition` has the silhouette, the product's pixels and the floor."""
DIRECT = slice(FLOOR + GUIDES, FLOOR + GUIDES + 1)
SCENE_PLANES = FLOOR + GUIDES + 1


def as_light(throw: npt.NDArray[np.float32], softness: float, pitch: float) -> Light:
    """From a rendered pair's numbers."""
    return Light(float(throw[0]), float(throw[1]), float(softness), float(pitch))
