"""The light of a style: the planes of its scene, the colours they take on, and a product's shadow in them."""

from __future__ import annotations

import zlib
from functools import lru_cache
from typing import TYPE_CHECKING

import cv2
import numpy as np

from prodgen_django.gan.checkpoint import read_checkpoint
from prodgen_django.studio.color import Float, Pixels
from prodgen_django.studio.shadow import contact

from .geometry import Light
from .lighting import SHIPPED, floor_below, shadow_left
from .pairs import from_byte

if TYPE_CHECKING:
    from prodgen_django.studio.styles import Style

__all__ = ["illuminated", "light_of", "scene_planes", "shade"]

GAMMA = 2.2
CONTACT = 1.3
"""How much of the lamp's part the line of contact takes."""
WARM = np.array([1.09, 1.0, 0.86], np.float32)
COOL = np.array([0.93, 0.99, 1.10], np.float32)
PITCH = 0.22
"""The camera's elevation in every scene, radians."""

LIGHTS = SHIPPED / "lights.safetensors"
"""Rendered light of every style that has an opening (`example_shop/catalogue/light_library.py`)."""

_UNSEEN = 0.012


def light_of(style: Style) -> Light:
    """The lamp that throws a style's shadows."""
    return Light(*style.light, 0.12 * style.softness**2.5, PITCH)


def scene_planes(style: Style, seed: int) -> tuple[Float, Float]:
    """Light of the lamp and of the sky on the style's empty scene, float32 h×w, 1 where a product stands; ones where
    the scene's light is drawn. Another seed is another window, as far as there are any."""
    if not style.opening:
        even = np.ones((8, 8), np.float32)
        return even, even
    keys, sky = _kept(style.name)
    return keys[_luck(style.name, seed) % len(keys)], sky


def _luck(name: str, seed: int) -> int:
    return int(np.random.default_rng([zlib.crc32(name.encode()), seed, 1]).integers(2**31))


@lru_cache(maxsize=16)
def _kept(name: str) -> tuple[Float, Float]:
    tensors, _ = read_checkpoint(LIGHTS)
    return from_byte(tensors[f"{name}.key"].numpy()), from_byte(tensors[f"{name}.sky"].numpy())


def illuminated(albedo: Float, style: Style, seed: int) -> Float:
    """A scene of these colours (float32 h×w×3 in [0, 1], sRGB as all pictures) under the style's light."""
    height, width = albedo.shape[:2]
    lamp = style.shadow
    key, sky = (
        cv2.resize(plane, (width, height), interpolation=cv2.INTER_CUBIC)[..., None]
        for plane in scene_planes(style, seed)
    )
    light = lamp * key * WARM + (1 - lamp) * sky * COOL
    # As a photographer exposes: what is well lit has its own colour.
    light = light / max(float(np.quantile(light[::4, ::4].mean(-1), 0.8)), 1e-3)
    lit = np.maximum(albedo, 0) ** GAMMA * light
    return np.asarray(_shoulder(lit) ** (1 / GAMMA), np.float32)


def _shoulder(x: Float) -> Float:
    """Linear up to 0.7, then ever less, never over 1."""
    return np.where(x < 0.7, x, 0.7 + 0.3 * np.tanh((x - 0.7) / 0.3)).astype(np.float32)


def shade(style: Style, product: Pixels, alpha: Float, depth: float, seed: int) -> Float:
    """How much light a standing product takes from its scene, float32 h×w in [0, 1], in the numbers of an sRGB picture.

    `product` uint8 h×w×3 and `alpha` float32 h×w on the canvas; `depth`: 0 to 1, the lamp's part of the light.
    """
    shape = alpha.shape
    floor = floor_below(shape, style.edge, style.bend)
    key_left, sky_left = shadow_left(product, alpha, floor, light_of(style))
    lamp = min(0.95, depth * 1.25)
    key, sky = (cv2.resize(p, shape[::-1], interpolation=cv2.INTER_LINEAR) for p in scene_planes(style, seed))
    key, sky = lamp * key, (1 - lamp) * sky
    left = (key * key_left + sky * sky_left) / np.maximum(key + sky, 1e-3)
    # Where it touches the ground the dark is thinner than the network's pixels.
    taken = 1 - np.clip(left, 0, 1) ** (1 / GAMMA) * (1 - min(1.0, CONTACT * depth) * contact(alpha))
    # What nobody would see is none: white must stay white where no shadow falls.
    return np.asarray(np.maximum(taken - _UNSEEN, 0) / (1 - _UNSEEN), np.float32)
