"""Other clothes for a product whose outline is known: another colour, a part in another colour, a label with words.

Shoes have white soles, bottles have caps and labels, books have half a cover in blue: a network that has seen things of
one colour only takes such a part for background. All the more where the part has the ground's own colour, as a white
label before a white cloth: only the rest of the outline tells then where it ends.
"""

from __future__ import annotations

import string

import cv2
import numpy as np

from prodgen_django.studio.color import Float, Pixels
from prodgen_django.studio.matting import Mask

__all__ = ["dressed", "with_parts"]

_RECOLOURED = 0.35
_IN_PARTS = 0.4
_LABELLED = 0.35
_ALL_ROUND = 0.4  # share of labels that go round the product, from rim to rim
_LIKE_GROUND = 0.35  # share of parts and labels that have the ground's colour, where that is known

_FONTS = (cv2.FONT_HERSHEY_SIMPLEX, cv2.FONT_HERSHEY_DUPLEX, cv2.FONT_HERSHEY_TRIPLEX)


def dressed(image: Pixels, mask: Mask, rng: np.random.Generator, ground: Float | None = None) -> Pixels:
    """A product, uint8 h×w×3 with its mask bool h×w, in other clothes; its shape and shades stay.

    `ground`: the colour of what it lies on, RGB, 0 to 255, which some of its parts then share.
    """
    if rng.random() < _RECOLOURED:
        image = _recoloured(image, rng)
    return with_parts(image, mask, rng, ground)


def with_parts(image: Pixels, mask: Mask, rng: np.random.Generator, ground: Float | None = None) -> Pixels:
    """As `dressed`, the rest in its own colour."""
    if rng.random() < _IN_PARTS:
        image = _in_parts(image, mask, rng, ground)
    if rng.random() < _LABELLED:
        image = _with_label(image, mask, rng, ground)
    return image


def _recoloured(image: Pixels, rng: np.random.Generator) -> Pixels:
    """Turned about the circle of hues, paler or stronger."""
    hsv = cv2.cvtColor(image, cv2.COLOR_RGB2HSV).astype(np.float32)
    hsv[..., 0] = (hsv[..., 0] + rng.uniform(0, 180)) % 180
    hsv[..., 1] = np.clip(hsv[..., 1] * rng.uniform(0.2, 1.6), 0, 255)
    return cv2.cvtColor(hsv.astype(np.uint8), cv2.COLOR_HSV2RGB)


def _in_parts(image: Pixels, mask: Mask, rng: np.random.Generator, ground: Float | None) -> Pixels:
    """What lies beyond a line, straight or waved, is of another colour; mostly below or above, as soles are."""
    high, wide = mask.shape
    y, x = np.mgrid[-1 : 1 : high * 1j, -1 : 1 : wide * 1j]
    turn = rng.normal(0, 0.15) + rng.choice([0.0, np.pi, np.pi / 2, -np.pi / 2], p=[0.4, 0.3, 0.15, 0.15])
    away = np.cos(turn) * y + np.sin(turn) * x
    along = np.cos(turn) * x - np.sin(turn) * y
    wave = rng.uniform(0, 0.15) * np.sin(along * rng.uniform(1, 8) + rng.uniform(0, 6.3))
    values = (away + wave)[mask]
    if values.size == 0:
        return image
    part = (away + wave) > np.quantile(values, rng.uniform(0.3, 0.9))
    return _painted(image, mask, part & mask, _colour(rng, ground), rng.uniform(0.4, 1))


def _with_label(image: Pixels, mask: Mask, rng: np.random.Generator, ground: Float | None) -> Pixels:
    """A sticker of one colour on the product, or a band about it, with words."""
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    if len(rows) < 12 or len(columns) < 12:
        return image
    tall, broad = len(rows) * rng.uniform(0.2, 0.6), len(columns) * rng.uniform(0.35, 1.0)
    top = round(rows[0] + rng.uniform(0.1, 0.9) * (len(rows) - tall))
    left = round(columns[0] + rng.uniform(0, 1) * (len(columns) - broad))
    if rng.random() < _ALL_ROUND:
        left, broad = int(columns[0]), len(columns)
    sheet = np.zeros(mask.shape, bool)
    sheet[top : top + round(tall), left : left + round(broad)] = True
    sheet &= mask
    paper, ink = _colour(rng, ground), _colour(rng, None)
    image = _painted(image, mask, sheet, paper, rng.uniform(0.6, 1))
    text = np.zeros(mask.shape, np.uint8)
    size = tall / 30 * rng.uniform(0.3, 1.2)
    step = max(4, round(30 * size))
    font = int(rng.choice(_FONTS))
    for line in range(top + step, top + round(tall), step):
        words = "".join(rng.choice(list(string.ascii_uppercase + "  "), int(rng.integers(2, 12))))
        cv2.putText(text, words, (left + 3, line), font, size, 1, max(1, round(2 * size)), cv2.LINE_AA)
    return _painted(image, mask, (text > 0) & sheet, ink, 1.0)


def _colour(rng: np.random.Generator, ground: Float | None) -> Float:
    """White or nearly, black or nearly, any other, or nearly the ground's: RGB, 0 to 255."""
    if ground is not None and rng.random() < _LIKE_GROUND:
        return np.clip(ground + rng.normal(0, 12) + rng.normal(0, 5, 3), 0, 255)
    kind = rng.random()
    if kind < 0.35:
        return rng.uniform(225, 255, 3)
    if kind < 0.5:
        return rng.uniform(5, 45, 3)
    return rng.uniform(20, 250, 3)


def _painted(image: Pixels, mask: Mask, part: Mask, colour: Float, cover: float) -> Pixels:
    """`part` in a colour under the shade of what is there, covering it by `cover` (0 to 1)."""
    if not part.any():
        return image
    grey = image.astype(np.float32).mean(2, keepdims=True)
    shade = (grey + 60) / (float(grey[mask].mean()) + 60)
    painted = np.clip(colour * shade, 0, 255)
    mixed = image + (painted - image) * (cover * part[..., None])
    return np.rint(mixed).astype(np.uint8)
