"""The lamp's own light on an empty room, past what stands before it: what the network starts from."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import cv2
import numpy as np

from prodgen_django.studio.color import Float

from .openings import HEIGHT, Card
from .room import Lamp, Seen

__all__ = ["direct_light"]

_POINTS = 64  # of the lamp's disc
_REACH = 10.0  # of a card, to each side
_DENSITY = 48  # pixels a unit


def direct_light(seen: Seen, lamp: Lamp, cards: Sequence[Card] = ()) -> Float:
    """float32 h×w, 1 at the product's foot were there no cards: a disc of uniform light, without what walls send on.

    The mean over points of the disc, spread as a sunflower's seeds.
    """
    toward = np.asarray(lamp.toward, np.float32)
    rays = toward * lamp.distance - seen.places
    falls = (
        np.maximum((rays * seen.facing).sum(-1), 0) * np.maximum(rays @ toward, 0) / (rays**2).sum(-1) ** 2
    )
    bare = falls * (lamp.distance**2 / max(float(toward[2]), 1e-3))
    if not cards:
        return np.asarray(bare, np.float32)
    past = [_Past(card, seen, lamp) for card in cards]
    open_share = np.zeros(bare.shape, np.float32)
    for point in _disc(_POINTS) * lamp.softness * lamp.distance:
        let = past[0].lets(point)
        for other in past[1:]:
            let = let * other.lets(point)
        open_share += let
    return np.asarray(bare * (open_share / _POINTS), np.float32)


class _Past:
    """Where rays from a room's places to the lamp's disc cross a card, in pixels of its mask.

    The disc and the card are parallel: every ray of a place crosses the card after the same part of its way.
    """

    def __init__(self, card: Card, seen: Seen, lamp: Lamp) -> None:
        level, up = lamp.across()
        c, s = np.cos(card.turn), np.sin(card.turn)
        toward, across, height = np.asarray(lamp.toward, np.float32), c * level + s * up, c * up - s * level
        middle = toward * (lamp.distance * card.share) + np.array((0, 0, HEIGHT), np.float32)
        depth = seen.places @ toward
        self.part = ((middle @ toward - depth) / np.maximum(lamp.distance - depth, 1e-4)).astype(np.float32)
        self.free = (self.part <= 0) | (self.part >= 1)  # the card is not between them
        scale = _DENSITY / (1 - card.share)
        self.x, self.y = (
            (((seen.places @ way) * (1 - self.part) - middle @ way) * scale + _REACH * _DENSITY - 0.5).astype(
                np.float32
            )
            for way in (across, height)
        )
        # The disc's own axes, seen from the turned card.
        self.turned = np.array([[c, s], [-s, c]], np.float32) * np.float32(scale)
        apart = lamp.softness * lamp.distance * card.share * scale * np.sqrt(np.pi / _POINTS)
        self.mask = _mask(card, 0.7 + 0.5 * float(apart))  # no steps between the disc's points
        self.border = 0.0 if card.closed else 1.0

    def lets(self, point: Float) -> Float:
        """float32 h×w, 1 where the light of this point of the disc arrives, (level, up) from its middle."""
        x, y = self.turned @ point
        found = cv2.remap(
            self.mask, self.x + self.part * x, self.y + self.part * y, cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_CONSTANT, borderValue=self.border,
        )  # fmt: skip
        found[self.free] = 1
        return np.asarray(found, np.float32)


def _mask(card: Card, soft: float) -> Float:
    """float32, 1 where light comes through; the first row is the lowest."""
    side = round(2 * _REACH * _DENSITY)
    mask = np.ones((side, side), np.float32)
    for outline in card.outlines:
        corners = np.clip((outline + _REACH) * _DENSITY, -side, 2 * side) * 16 - 8
        cv2.fillPoly(mask, [np.rint(corners).astype(np.int32)], 0.0, cv2.LINE_8, 4)
    return np.asarray(cv2.GaussianBlur(mask, (0, 0), soft), np.float32)


@lru_cache(maxsize=2)
def _disc(count: int) -> Float:
    """Points of the unit disc, evenly spread (Vogel 1979)."""
    i = np.arange(count) + 0.5
    radius, angle = np.sqrt(i / count), i * (np.pi * (3 - np.sqrt(5)))
    return np.stack([radius * np.cos(angle), radius * np.sin(angle)], 1).astype(np.float32)
