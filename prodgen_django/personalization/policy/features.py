"""Tastes and pictures as the numbers that the policy learns on.

Both have the same axes, so that each number of a taste says how much of the same number of a picture is liked: thirteen
of style, which are crossed with each other, and seven families of colour, which are only compared.
"""

from __future__ import annotations

import colorsys
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.floating[Any]]

#: An axis and the tags that count for it, in full or in part. Few axes, because every one costs traffic to learn.
STYLE_AXES: tuple[tuple[str, dict[str, float]], ...] = (
    ("light", {"light": 1.0}),
    ("dark", {"dark": 1.0}),
    ("warm", {"warm": 1.0}),
    ("cool", {"cool": 1.0}),
    ("soft", {"soft": 1.0, "pastel": 1.0}),
    ("muted", {"muted": 1.0, "neutral": 0.5}),
    ("vivid", {"vivid": 1.0, "festive": 1.0, "gift": 0.5}),
    ("natural", {"natural": 1.0, "outdoor": 1.0, "summer": 0.5}),
    ("wood", {"wood": 1.0}),
    ("elegant", {"elegant": 1.0, "marble": 1.0}),
    ("modern", {"modern": 1.0, "urban": 1.0, "podium": 0.5}),
    ("home", {"home": 1.0, "textile": 1.0, "flat-lay": 0.5}),
    ("plain", {"plain": 1.0, "packshot": 1.0}),
)
COLOUR_AXES = ("red", "orange", "yellow", "green", "blue", "purple", "grey")
AXES: tuple[str, ...] = (*(name for name, _tags in STYLE_AXES), *COLOUR_AXES)

_TAGS: dict[str, tuple[tuple[int, float], ...]] = {
    tag: tuple((place, tags[tag]) for place, (_name, tags) in enumerate(STYLE_AXES) if tag in tags)
    for tag in {tag for _name, tags in STYLE_AXES for tag in tags}
}
#: Where a family of hues ends, in degrees; red goes round.
_HUES = ((15, 0), (45, 1), (70, 2), (165, 3), (255, 4), (335, 5), (361, 0))


def taste_vector(taste: Mapping[str, float]) -> tuple[float, ...]:
    """A taste ``{"tag:warm": 0.8, "colour:#c08040": 0.3}`` as `AXES`; each number in [0, 1], all 0 where nothing is
    known.
    """
    values = [0.0] * len(AXES)
    for name, weight in taste.items():
        kind, _colon, word = name.partition(":")
        if kind == "tag":
            for place, share in _TAGS.get(word, ()):
                values[place] = max(values[place], weight * share)
        elif kind == "colour" and (axis := colour_axis(word)) is not None:
            values[axis] = max(values[axis], weight)
    return tuple(round(min(1.0, max(0.0, value)), 4) for value in values)


@lru_cache(maxsize=8192)
def picture_vector(tags: tuple[str, ...], palette: tuple[str, ...]) -> tuple[float, ...]:
    """A picture as `AXES`: its styles, and the families of its three main colours, of which the first says most."""
    values = [0.0] * len(AXES)
    for tag in tags:
        for place, share in _TAGS.get(tag, ()):
            values[place] = max(values[place], share)
    for rank, colour in enumerate(palette[:3]):
        axis = colour_axis(colour)
        if axis is not None:
            values[axis] = max(values[axis], 1.0 / (1 + rank))
    return tuple(values)


@lru_cache(maxsize=4096)
def colour_axis(colour: str) -> int | None:
    """The place in `AXES` of the family of a colour "#rrggbb"; None for what is no colour."""
    try:
        if len(colour) != 7 or colour[0] != "#":
            return None
        r, g, b = (int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5))
    except ValueError:
        return None
    hue, _lightness, _saturation = colorsys.rgb_to_hls(r, g, b)
    # Chroma, not saturation: a nearly black or nearly white colour looks grey whatever its saturation says.
    if max(r, g, b) - min(r, g, b) < 0.12:
        return len(STYLE_AXES) + COLOUR_AXES.index("grey")
    return len(STYLE_AXES) + next(family for end, family in _HUES if hue * 360 < end)
