"""What the scene generator says of a scene: light on its ground, and what a product leaves of it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from prodgen_django.studio.color import Float, Pixels

from .direct import direct_light
from .geometry import SIDE, Light, condition
from .openings import Card
from .pairs import decoded
from .room import Room
from .scene_net import SceneMaker

__all__ = ["SCENE_WEIGHTS", "empty_light", "shadow_left"]

SCENE_WEIGHTS = Path(__file__).resolve().parents[2] / "checkpoints" / "scene.safetensors"

_RIM = 16
_DETAIL = 512
"""The longer side at which the lamp's own light is drawn: what walls add to it is soft."""


def empty_light(
    room: Room, light: Light, cards: Sequence[Card], shape: tuple[int, int], weights: Path = SCENE_WEIGHTS
) -> tuple[Float, Float]:
    """Light of the lamp and of the sky on an empty scene, about 1 where the product will stand: float32 h×w, `shape` or
    smaller by one factor."""
    small, fine = _within(shape, SIDE), _within(shape, _DETAIL)
    lamp, seen = light.lamp(), room.seen(small)
    own = direct_light(seen, lamp, cards)
    nothing = np.zeros((*small, 3), np.uint8), np.zeros(small, np.float32)
    made = SceneMaker.load(weights)(condition(*nothing, seen.floor, light, own), rim=_RIM)
    key, sky = decoded(made[:2])
    added, sky = (cv2.resize(x, fine[::-1], interpolation=cv2.INTER_CUBIC) for x in (key - own, sky))
    return np.maximum(direct_light(room.seen(fine), lamp, cards) + added, 0), np.maximum(sky, 0)


def shadow_left(
    product: Pixels, alpha: Float, room: Room, light: Light, cards: Sequence[Card] = (),
    weights: Path = SCENE_WEIGHTS,
) -> tuple[Float, Float]:  # fmt: skip
    """What a standing product leaves of the lamp's light and of the sky's, each float32 h×w in [0, 1].

    `product` uint8 h×w×3 and `alpha` float32 h×w as they lie in the picture. Beneath the product the shares of its
    surroundings go on, so that a soft edge meets the right light.
    """
    height, width = alpha.shape
    small = _within((height, width), SIDE)

    def reduced(plane: Any) -> Any:
        return cv2.resize(plane, small[::-1], interpolation=cv2.INTER_AREA)

    own, silhouette = reduced(product), reduced(alpha.astype(np.float32))
    seen = room.seen(small)
    planes = condition(own, silhouette, seen.floor, light, direct_light(seen, light.lamp(), cards))
    left = [_carried_under(plane, silhouette) for plane in SceneMaker.load(weights)(planes)[2:]]
    key, sky = (
        np.clip(cv2.resize(plane, (width, height), interpolation=cv2.INTER_CUBIC), 0, 1) for plane in left
    )
    return key, sky


def _within(shape: tuple[int, int], side: int) -> tuple[int, int]:
    scale = min(1.0, side / max(shape))
    return max(16, round(shape[0] * scale)), max(16, round(shape[1] * scale))


def _carried_under(plane: Float, alpha: Float) -> Float:
    """The plane beside a product, carried on beneath it by ever wider averages of what is free."""
    free = np.clip(1 - alpha * 1.02, 0, 1).astype(np.float32)
    out, known = plane * free, free.copy()
    for sigma in (1.0, 3.0, 9.0, 27.0):
        weight = cv2.GaussianBlur(free, (0, 0), sigma)
        mean = cv2.GaussianBlur(plane * free, (0, 0), sigma) / np.maximum(weight, 1e-4)
        share = (1 - known) * np.clip(weight * 20, 0, 1)
        out += mean * share
        known += share
    return np.asarray(out + (1 - known) * 1.0, np.float32)
