"""The backdrops on offer, as data: plain grounds and the rendered sets.

Without NumPy and OpenCV, so that a web process can list them; `staging.stage` puts a product before one.
"""

from __future__ import annotations

import colorsys
import re
from dataclasses import dataclass

from . import sets
from .goods import Pose

__all__ = [
    "PLAIN",
    "TRANSPARENT",
    "VIEWS",
    "Backdrop",
    "backdrop",
    "backdrops",
    "colour_of",
    "is_set",
    "tags_of",
]

#: The view of a set that shows each pose.
VIEWS: dict[Pose, sets.SetView] = {
    "table": "table",
    "floor": "floor",
    "lies": "top",
    "hangs": "wall",
    "wall": "wall",
    "leans": "floor",
}
TRANSPARENT = "transparent"
_LARGEST = 1.9  # widths of a view: what is shown smaller than that beside its props looks like a toy

#: A word of a set's card -> tags that pictures, tastes and segments share.
_TAGS: dict[str, tuple[str, ...]] = {
    "calm": ("muted",),
    "soft": ("soft",),
    "fresh": ("natural",),
    "homely": ("home",),
    "elegant": ("elegant",),
    "urban": ("urban", "modern"),
    "festive": ("festive", "gift", "vivid"),
    "summer": ("summer",),
    "oak": ("wood", "natural"),
    "walnut": ("wood", "elegant"),
    "teak": ("wood", "natural", "outdoor"),
    "pale wood": ("wood", "natural"),
    "painted wood": ("home",),
    "marble": ("marble", "elegant"),
    "tiles": ("home",),
    "terrazzo": ("modern",),
    "concrete": ("urban", "modern"),
    "slate": ("elegant",),
    "travertine": ("natural", "elegant"),
    "stone": ("natural",),
    "clay": ("natural",),
    "plaster": ("natural",),
    "limewash": ("natural", "home"),
    "linen": ("textile", "natural", "home"),
    "wool": ("textile", "home"),
    "fir": ("natural",),
    "leaves": ("natural", "outdoor"),
    "paper": ("pastel", "plain"),
}


@dataclass(frozen=True, slots=True)
class Backdrop:
    """What a product can be put before.

    `tags`, `palette` ("#rrggbb", the most of the picture first): as pictures have them. `views`: those that a set has;
    empty for a plain ground, which takes whatever there is. `metres`: how wide each of them is where the product is.
    """

    name: str
    label: str
    tags: tuple[str, ...]
    palette: tuple[str, ...]
    views: tuple[sets.SetView, ...] = ()
    metres: tuple[float, ...] = ()
    season: tuple[str, ...] = ()
    goods: tuple[str, ...] = ()

    def suits(self, pose: Pose, centimetres: float | None = None) -> bool:
        """Whether it has a place for a thing of this pose, and for one so large where its longer side is known: a rug
        between cups would be a doily."""
        if not self.views:
            return True
        if VIEWS[pose] not in self.views:
            return False
        width = self.metres[self.views.index(VIEWS[pose])]
        return centimetres is None or centimetres <= 100 * width * _LARGEST


def _plain(name: str, label: str, colour: str, *more: str) -> Backdrop:
    return Backdrop(name, label, (*_tone(colour), "plain", *more), (colour,))


def _tone(colour: str) -> tuple[str, ...]:
    """How light and how warm a colour is, in tags."""
    red, green, blue = (int(colour[k : k + 2], 16) for k in (1, 3, 5))
    _hue, light, _saturation = colorsys.rgb_to_hls(red / 255, green / 255, blue / 255)
    found = ["light" if light > 0.66 else "dark" if light < 0.36 else "medium"]
    found.append("warm" if red - blue > 14 else "cool" if blue - red > 4 else "neutral")
    if max(red, green, blue) - min(red, green, blue) < 24:
        found.append("muted")
    return tuple(found)


PLAIN: dict[str, Backdrop] = {
    found.name: found
    for found in (
        _plain("white", "Pure white", "#ffffff", "packshot"),
        _plain("grey", "Light grey", "#dfe0e2"),
        _plain("cream", "Warm cream", "#f0e6d8", "soft"),
        _plain(TRANSPARENT, "Transparent, no ground", "#ffffff", "packshot"),
    )
}
"""Grounds of one colour, by name; besides them every colour "#rrggbb" is one."""


def is_set(name: str) -> bool:
    """Whether a backdrop's name is a set's."""
    return name not in PLAIN and bool(sets.views(name))


def colour_of(name: str) -> str | None:
    """The colour of a plain ground, "#rrggbb"; None for a set and for what is no backdrop."""
    if name in PLAIN:
        return PLAIN[name].palette[0]
    return name.lower() if re.fullmatch(r"#[0-9a-fA-F]{6}", name) else None


def backdrop(name: str) -> Backdrop:
    """What is known of a backdrop. Raises LookupError for a name that is none."""
    if name in PLAIN:
        return PLAIN[name]
    if colour := colour_of(name):
        return _plain(colour, colour, colour)
    views = sets.views(name)
    if not views:
        raise LookupError(f"{name!r} is no backdrop: {', '.join(found.name for found in backdrops())}")
    cards = [sets.card(name, view) for view in views]
    first = cards[0]
    colours = tuple(dict.fromkeys(colour for card in cards for colour in card.colours[:2]))
    return Backdrop(
        name,
        first.label,
        tuple(dict.fromkeys([*_tone(first.mean), *tags_of(first)])),
        (first.mean, *colours),
        views,
        tuple(card.size[0] / card.pixels_per_metre for card in cards),
        first.season,
        first.goods,
    )


def backdrops() -> tuple[Backdrop, ...]:
    """Every backdrop that has a name, in the order in which a form shows them."""
    return (*PLAIN.values(), *(backdrop(name) for name in sets.names()))


def tags_of(card: sets.SetCard) -> tuple[str, ...]:
    """What a set's words say of a picture's style, its colours apart."""
    return tuple(dict.fromkeys(tag for word in card.words for tag in _TAGS.get(word, ())))
