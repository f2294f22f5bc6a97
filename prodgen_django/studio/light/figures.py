"""How far a scene's light is from the rendered one, and what simple guesses reach: figures of the scene generator."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from prodgen_django.studio.color import Float
from prodgen_django.studio.shadow import standing

from .pairs import Pairs, from_byte
from .scene_net import LAMP

__all__ = ["Drawn", "ellipse", "light_error", "multiplier", "root", "shadow_error", "shining"]

Sum = tuple[float, int]
"""Squared errors and how many."""

_SHADOW = 0.97  # where less is left, there is a shadow
_BRIGHT = 2.0  # all that is brighter is white in a picture


def shining(key: Float, sky: Float) -> Float:
    """Light of lamp and sky together on an empty scene."""
    return np.asarray(np.minimum(LAMP * key + (1 - LAMP) * sky, _BRIGHT), np.float32)


def light_error(data: Pairs, index: int, opening: int, guess: tuple[Float, Float]) -> Sum:
    """Of the light on the empty scene `index` through its `opening`, all pixels."""
    true = shining(from_byte(data.key[index, opening]), from_byte(data.sky[index]))
    return float(np.square(true - shining(*guess)).sum()), true.size


def multiplier(left: Float, key: Float, sky: Float) -> Float:
    """What is left (2×h×w) of lamp and sky together, by how much each gives to a place."""
    lamp, rest = LAMP * key, (1 - LAMP) * sky
    return np.asarray((lamp * left[0] + rest * left[1]) / np.maximum(lamp + rest, 1e-6), np.float32)


def shadow_error(data: Pairs, index: int, guess: Float) -> Sum:
    """Of the multiplier under the bare lamp, inside the true shadow and the guessed one, beside the product; counted
    are the true shadow's pixels."""
    key, sky = from_byte(data.key[index, 0]), from_byte(data.sky[index])
    left = data.left[index].astype(np.float32).transpose(2, 0, 1) / 255
    true, mine = multiplier(left, key, sky), multiplier(guess, key, sky)
    free = data.product[index, ..., 3] < 3
    inside = ((true < _SHADOW) | (mine < _SHADOW)) & free
    return float(np.square(true - mine)[inside].sum()), int((true < _SHADOW)[free].sum())


def root(sums: list[Sum]) -> float:
    """Root mean square, all pixels of all scenes alike."""
    total, count = np.array(sums, np.float64).sum(0)
    return float(np.sqrt(total / max(count, 1)))


@dataclass(frozen=True, slots=True)
class Drawn:
    """Light and shadow without a network, as good as numbers fitted on scenes make them: the lamp's own light by
    `gain`, an even share that walls send on; the silhouette laid down (`shadow.standing`)."""

    gain: float
    even: float
    sky: float
    softness: float
    depth: float

    @classmethod
    def fitted(cls, data: Pairs) -> Drawn:
        """With which it errs least on these scenes."""
        picked = np.linspace(0, len(data) - 1, min(60, len(data))).astype(int)
        direct: list[Float] = []
        true: list[Float] = []
        for opening in range(3):
            direct.append(np.minimum(from_byte(data.direct[picked, opening, ::4, ::4]), _BRIGHT).ravel())
            true.append(np.minimum(from_byte(data.key[picked, opening, ::4, ::4]), _BRIGHT).ravel())
        gain, even = np.polyfit(np.concatenate(direct), np.concatenate(true), 1)
        sky = float(from_byte(data.sky[picked]).mean())

        def error(softness: float, depth: float) -> float:
            guess = cls(gain, even, sky, softness, depth)
            return root([shadow_error(data, int(i), guess.left(data, int(i))) for i in picked])

        tried = [(error(s, d), s, d) for s in (0.4, 0.7, 1.0, 1.5) for d in (0.5, 0.75, 1.0, 1.35)]
        return cls(float(gain), float(even), sky, *min(tried)[1:])

    def light(self, data: Pairs, index: int, opening: int) -> tuple[Float, Float]:
        """Its guess of lamp and sky."""
        key = self.gain * from_byte(data.direct[index, opening]) + self.even
        return key, np.full_like(key, self.sky)

    def left(self, data: Pairs, index: int) -> Float:
        """Its guess of what the product leaves, 2×S×S."""
        alpha = data.product[index, ..., 3].astype(np.float32) / 255
        light = data.light(index)
        left = 1 - np.clip(standing(alpha, (light.right, light.up), self.softness) * self.depth, 0, 1)
        return np.stack([left, left]).astype(np.float32)


def ellipse(data: Pairs, index: int) -> Float:
    """A blurred ellipse under the product, as many shops paste it, as a guess of what is left."""
    alpha = data.product[index, ..., 3]
    rows, columns = np.flatnonzero((alpha > 127).any(1)), np.flatnonzero((alpha > 127).any(0))
    plane = np.zeros(alpha.shape, np.float32)
    if len(rows):
        width, middle = len(columns), (int(columns.mean()), int(rows[-1]))
        size = (max(1, round(0.5 * width)), max(1, round(0.09 * width)))
        cv2.ellipse(plane, middle, size, 0, 0, 360, 1.0, -1)
        plane = np.asarray(cv2.GaussianBlur(plane, (0, 0), max(0.8, 0.04 * width)) * 0.5, np.float32)
    return np.stack([1 - plane, 1 - plane])
