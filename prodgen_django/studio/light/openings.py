"""What stands before the lamp of a scene: a window, blinds or leaves, as flat cards across its light.

The same cards are rendered for a training (`example_shop/catalogue/light_pairs.py`) and drawn for the network
(`direct.py`). One unit on a card throws a shadow of half the product's largest side where the product stands.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = ["HEIGHT", "OPENINGS", "Card"]

Floats = npt.NDArray[np.float64]

HEIGHT = 0.6
"""The middle of every card lies on the line from here above the product's foot along the light."""


@dataclass(frozen=True)
class Card:
    """`share` of the way from the product to the lamp, turned by `turn` radians. No light comes through `outlines`,
    each N×2 of (level, up), nor, where `closed`, past the last of them."""

    share: float
    turn: float
    outlines: tuple[Floats, ...]
    closed: bool


def window(rng: np.random.Generator) -> list[Card]:
    """An opening with glazing bars."""
    width, height = rng.uniform(2.5, 5.0), rng.uniform(3.5, 7.0)
    columns, rows = int(rng.integers(2, 4)), int(rng.integers(2, 5))
    bars = _round_about(width, height)
    thick = rng.uniform(0.12, 0.3)
    for i in range(1, columns):
        x = -width / 2 + width * i / columns
        bars.append(_bar(x - thick / 2, -height, x + thick / 2, height))
    for i in range(1, rows):
        y = -height / 2 + height * i / rows
        bars.append(_bar(-width, y - thick / 2, width, y + thick / 2))
    shift = rng.uniform(-1.2, 1.2, 2)
    outlines = tuple(bar + shift for bar in bars)
    return [Card(float(rng.uniform(0.3, 0.6)), float(rng.uniform(-0.12, 0.12)), outlines, True)]


def blinds(rng: np.random.Generator) -> list[Card]:
    """Slats across an opening."""
    pitch = rng.uniform(0.35, 0.9)
    open_share = rng.uniform(0.35, 0.65)
    width = rng.uniform(3, 9)
    slats = _round_about(width, 14)
    for i in range(-20, 21):
        slats.append(_bar(-width, i * pitch, width, (i + 1 - open_share) * pitch))
    turn = rng.uniform(-0.15, 0.15) if rng.random() < 0.7 else rng.uniform(-0.8, 0.8)
    return [Card(float(rng.uniform(0.3, 0.55)), float(turn), tuple(slats), True)]


def leaves(rng: np.random.Generator) -> list[Card]:
    """Twigs with leaves, at several distances, so that some are sharp and some are not."""
    cards = []
    for _ in range(int(rng.integers(2, 4))):
        outlines: list[Floats] = []
        length, width = rng.uniform(0.5, 1.5), rng.uniform(0.13, 0.4)
        for _ in range(int(rng.integers(2, 6))):
            outlines += _twig(rng, length, width)
        cards.append(Card(float(rng.uniform(0.12, 0.5)), 0.0, tuple(outlines), False))
    return cards


def _twig(rng: np.random.Generator, length: float, width: float) -> list[Floats]:
    outlines = []
    at = rng.uniform(-4.5, 4.5, 2)
    heading = rng.uniform(0, 2 * math.pi)
    bend = rng.uniform(-0.25, 0.25)
    for i in range(int(rng.integers(5, 12))):
        step = 0.32 * length * np.array([math.cos(heading), math.sin(heading)])
        outlines.append(_stroke(at, at + step, 0.03))
        at, heading = at + step, heading + bend
        side = 1 if i % 2 else -1
        angle = heading + side * rng.uniform(0.5, 1.1)
        outlines.append(_leaf(at, angle, length * rng.uniform(0.7, 1.1), width))
    return outlines


def _leaf(at: Floats, heading: float, length: float, width: float) -> Floats:
    t = np.linspace(0, 1, 9)
    half = width / 2 * np.sin(np.pi * t**0.8)
    line = np.r_[np.c_[t * length, half], np.c_[t[-2:0:-1] * length, -half[-2:0:-1]]]
    c, s = math.cos(heading), math.sin(heading)
    return np.asarray(line @ np.array([[c, s], [-s, c]]) + at)


def _stroke(a: Floats, b: Floats, width: float) -> Floats:
    d = (b - a) / max(float(np.hypot(*(b - a))), 1e-9)
    n = np.array([-d[1], d[0]]) * width / 2
    return np.array([a + n, b + n, b - n, a - n])


def _bar(x0: float, y0: float, x1: float, y1: float) -> Floats:
    return np.array([(x0, y0), (x1, y0), (x1, y1), (x0, y1)])


def _round_about(width: float, height: float, reach: float = 40.0) -> list[Floats]:
    """A wall with one opening of that size."""
    return [
        _bar(-reach, -reach, -width / 2, reach),
        _bar(width / 2, -reach, reach, reach),
        _bar(-width / 2, height / 2, width / 2, reach),
        _bar(-width / 2, -reach, width / 2, -height / 2),
    ]


OPENINGS: dict[str, Callable[[np.random.Generator], list[Card]]] = {
    "window": window,
    "blinds": blinds,
    "leaves": leaves,
}
"""By the label of what the lamp shines through."""
