"""The light of a style: its room and its opening, the colours that take on its light, a product's shadow in it."""

from __future__ import annotations

import zlib
from functools import lru_cache
from typing import TYPE_CHECKING

import cv2
import numpy as np

from prodgen_django.studio.color import Float, Pixels
from prodgen_django.studio.shadow import contact

from .direct import direct_light
from .geometry import Light
from .lighting import empty_light, shadow_left
from .openings import OPENINGS, Card
from .room import Room

if TYPE_CHECKING:
    from prodgen_django.studio.styles import Style

__all__ = ["cards_of", "illuminated", "light_of", "room_of", "scene_planes", "shade"]

GAMMA = 2.2
CONTACT = 1.3
"""How much of the lamp's part the line of contact takes."""
WARM = np.array([1.09, 1.0, 0.86], np.float32)
COOL = np.array([0.93, 0.99, 1.10], np.float32)
PITCH = 0.22
"""The camera's elevation in every scene, radians."""

_TRIES = 8  # openings, of which the best lit is taken
_SCOUT = 48  # px: enough to tell how well one lights a place
_UNSEEN = 0.012


def light_of(style: Style) -> Light:
    """The lamp that throws a style's shadows."""
    return Light(*style.light, 0.12 * style.softness**2.5, PITCH)


def room_of(style: Style, shape: tuple[int, int]) -> Room:
    """The style's floor and wall in a picture of h×w."""
    return Room.of_picture(shape, style.ground, style.edge, style.bend, style.fill, PITCH)


@lru_cache(maxsize=64)
def cards_of(style: Style, seed: int) -> tuple[Card, ...]:
    """What stands before the style's lamp; another seed is another window, as far as there are any."""
    if style.opening not in OPENINGS:
        return ()
    rng = np.random.default_rng([zlib.crc32(style.name.encode()), seed, 1])
    tries = [OPENINGS[style.opening](rng) for _ in range(_TRIES)]
    seen, lamp = room_of(style, (_SCOUT, _SCOUT)).seen((_SCOUT, _SCOUT)), light_of(style).lamp()
    lit = [_suits(direct_light(seen, lamp, cards), style.ground) for cards in tries]
    return tuple(tries[int(np.argmax(lit))])


def _suits(key: Float, ground: float) -> float:
    """Higher where the product's place is lit about as the lamp alone would light it, and the whole shows a pattern."""
    side = len(key)
    place = key[int(0.35 * side) : int(min(1, ground + 0.04) * side), int(0.3 * side) : int(0.7 * side)]
    lit = float(np.clip(place, 0, 1.2).mean())
    down, along = np.gradient(np.log(key + 0.1))
    pattern = float(np.abs(down).mean() + np.abs(along).mean()) * side / 192
    return min(lit, 0.7) + 5.0 * min(pattern, 0.08)


@lru_cache(maxsize=16)
def scene_planes(style: Style, seed: int, shape: tuple[int, int]) -> tuple[Float, Float]:
    """Light of the lamp and of the sky on the style's empty scene in a picture of h×w, float32, of that size or
    smaller, 1 where a product stands; ones where the scene's light is drawn. Another seed is another window."""
    if not style.opening:
        even = np.ones((8, 8), np.float32)
        return even, even
    return empty_light(room_of(style, shape), light_of(style), cards_of(style, seed), shape)


def illuminated(albedo: Float, style: Style, seed: int) -> Float:
    """A scene of these colours (float32 h×w×3 in [0, 1], sRGB as all pictures) under the style's light."""
    shape = albedo.shape[:2]
    lamp = style.shadow
    key, sky = (
        cv2.resize(plane, shape[::-1], interpolation=cv2.INTER_CUBIC)[..., None]
        for plane in scene_planes(style, seed, shape)
    )
    light = lamp * key * WARM + (1 - lamp) * sky * COOL
    # As a photographer exposes: what is well lit has its own colour.
    light = light / max(float(np.quantile(light[::4, ::4].mean(-1), 0.8)), 1e-3)
    lit = np.maximum(albedo, 0) ** GAMMA * np.maximum(light, 0)
    return np.asarray(_shoulder(lit) ** (1 / GAMMA), np.float32)


def _shoulder(x: Float) -> Float:
    """Linear up to 0.7, then ever less, never over 1."""
    return np.where(x < 0.7, x, 0.7 + 0.3 * np.tanh((x - 0.7) / 0.3)).astype(np.float32)


def shade(style: Style, product: Pixels, alpha: Float, depth: float, seed: int) -> Float:
    """How much light a standing product takes from its scene, float32 h×w in [0, 1], in the numbers of an sRGB picture.

    `product` uint8 h×w×3 and `alpha` float32 h×w on the canvas; `depth`: 0 to 1, the lamp's part of the light.
    """
    shape = alpha.shape[:2]
    light, cards = light_of(style), cards_of(style, seed)
    key_left, sky_left = shadow_left(product, alpha, room_of(style, shape), light, cards)
    lamp = min(0.95, depth * 1.25)
    key, sky = (
        cv2.resize(p, shape[::-1], interpolation=cv2.INTER_LINEAR) for p in scene_planes(style, seed, shape)
    )
    key, sky = lamp * key, (1 - lamp) * sky
    left = (key * key_left + sky * sky_left) / np.maximum(key + sky, 1e-3)
    # Where it touches the ground the dark is thinner than the network's pixels.
    taken = 1 - np.clip(left, 0, 1) ** (1 / GAMMA) * (1 - min(1.0, CONTACT * depth) * contact(alpha))
    # What nobody would see is none: white must stay white where no shadow falls.
    return np.asarray(np.maximum(taken - _UNSEEN, 0) / (1 - _UNSEEN), np.float32)
