"""Schemes: the colours of one look. A brand's own are kept; without a brand they are kin to the products."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from prodgen_django.studio.backdrop import backdrop
from prodgen_django.studio.color import ciede2000, to_lab
from prodgen_django.studio.flattery import flattery

from .brief import Brand, Shown
from .colours import at_contrast, contrast_of, from_lch, lch, rgb

LEAST_ACCENT = 2.4
"""What a button needs against its ground: its words are measured for themselves."""
_LEAST_INK = 4.5  # of a brand's own; those that we choose have more
_GREY = 9.0  # chroma below which a colour has no hue to go with
_WARM = 72.0  # the hue of paper, kind to greys

# Name, lightness and chroma of grounds in a hue of the products', and of paper and stone, which go with all.
_KIN = (("pale", 92, 6), ("soft", 86, 8), ("mellow", 77, 11), ("deep", 26, 12))
_NEUTRAL = (
    ("paper", 95, 5, 80), ("sand", 87, 11, 76), ("clay", 74, 15, 58), ("stone", 88, 3, 90), ("mist", 78, 4, 250),
    ("espresso", 25, 8, 58),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Scheme:
    """The colours of one look: "#rrggbb" each. `ground` under the text, `deep` a tone of it for floors and
    shapes, `ink` the text, `quiet` second sentences, `accent` and `on_accent` a button and its words.
    `notes`: which of the brand's colours contrast forbade, a sentence each."""

    name: str
    ground: str
    deep: str
    ink: str
    quiet: str
    accent: str
    on_accent: str
    notes: tuple[str, ...] = ()

    @property
    def dark(self) -> bool:
        return lch(self.ground)[0] < 50


def schemes(products: Sequence[Shown], brand: Brand) -> list[Scheme]:
    """Schemes for the products, best first; where the brand has a ground its own tones alone."""
    hues = _hues(products, brand)
    if brand.ground:
        return [_finished("brand", brand.ground, hues[0], brand)]
    made = [
        _finished(
            name if not number else f"{name}-next",
            from_lch(lightness, _calm(chroma, lightness, hue), hue),
            hue,
            brand,
        )
        for number, hue in enumerate(hues)
        for name, lightness, chroma in _KIN
    ]
    made += [
        _finished(name, from_lch(lightness, chroma, hue), hues[0], brand)
        for name, lightness, chroma, hue in _NEUTRAL
    ]
    return sorted(made, key=lambda one: -merit(products, one, brand))


def merit(products: Sequence[Shown], scheme: Scheme, brand: Brand) -> float:
    """How well a ground suits: as the sets are chosen, by the product that it flatters least; a ground of a hue that
    no product has costs the more the stronger it is, and so does one on which the brand's accent could not stay."""
    paper = backdrop(scheme.ground)
    least = min(flattery(shown.palette[:3], paper) for shown in products)
    lightness, chroma, hue = lch(scheme.ground)
    own = [lch(code) for shown in products for code in shown.palette[:3]]
    turns = [_turn(hue, other) for _l, strength, other in own if strength >= _GREY]
    # What has no hue of its own goes with warm grounds.
    strange = (1 - np.cos(np.radians(min(turns, default=_turn(hue, _WARM))))) / 2
    lost = 6.0 if brand.accent and scheme.accent != brand.accent else 0.0
    # Everything sells on what is bright.
    return least + 0.08 * lightness - 0.2 * chroma - 0.6 * chroma * float(strange) - lost


def separation(products: Sequence[Shown], ground: str) -> float:
    """How far the least distinct product stands out from a colour, in CIEDE2000, at most 40."""
    base = to_lab(np.array([rgb(ground)], np.uint8))
    least = 40.0
    for shown in products:
        own = to_lab(np.array([rgb(code) for code in shown.palette[:3]], np.uint8))
        weights = np.array([1.0, 0.6, 0.4][: len(own)])
        found = ciede2000(own, np.broadcast_to(base, own.shape))
        least = min(least, float((found * weights).sum() / weights.sum()))
    return least


def with_ground(scheme: Scheme, ground: str, brand: Brand) -> Scheme:
    """The scheme's inks on another ground, such as the wall of a backdrop: light on dark, dark on light."""
    return _finished(scheme.name, ground, lch(scheme.accent)[2], brand, scheme.accent)


def beside(scheme: Scheme) -> Scheme:
    """The scheme on its own deeper tone: it can be told from the first at a glance, yet does not shout at it."""
    return replace(scheme, ground=scheme.deep)


def _hues(products: Sequence[Shown], brand: Brand) -> list[float]:
    """Hues to build on, at most three, the strongest of the products' first."""
    colours = [lch(code) for shown in products for code in shown.palette[:3]]
    colours.sort(key=lambda one: -one[1] * (0.4 + one[0] / 100))
    if brand.accent:
        colours.append(lch(brand.accent))
    found: list[float] = []
    for _lightness, chroma, hue in colours:
        if chroma >= _GREY and all(_turn(hue, other) > 25 for other in found):
            found.append(hue)
    return found[:3] or [_WARM]


def _turn(first: float, second: float) -> float:
    """The angle between two hues, 0 to 180."""
    return abs((first - second + 180) % 360 - 180)


def _calm(chroma: float, lightness: float, hue: float) -> float:
    """A deep yellow is mud; espresso is not."""
    return min(chroma, 9.0) if lightness < 50 and 35 < hue < 125 else chroma


def _finished(name: str, ground: str, hue: float, brand: Brand, chosen: str = "") -> Scheme:
    """The other colours of a ground. `chosen`: an accent that was found before, for a brand that has none."""
    lightness, chroma, own_hue = lch(ground)
    dark = lightness < 52
    notes: list[str] = []
    if brand.ink:
        ink = _kept("ink", brand.ink, ground, _LEAST_INK, notes)
    else:
        ink = from_lch(97, 3, own_hue) if dark else from_lch(15, min(14, chroma + 4), own_hue)
        ink = at_contrast(ink, ground, 4.8)
    deep = from_lch(lightness + (7 if dark else -7), chroma + min(4.0, 0.25 * chroma), own_hue)
    quiet = from_lch(82, 6, own_hue) if dark else from_lch(31, min(14, chroma + 3), own_hue)
    if contrast_of(quiet, ground) < 5:
        quiet = ink
    if brand.accent:
        accent = _kept("accent", brand.accent, ground, LEAST_ACCENT, notes)
    else:
        accent = at_contrast(
            chosen or from_lch(88 if dark else 33, 24 if dark else 36, hue), ground, LEAST_ACCENT
        )
    light, black = "#ffffff", from_lch(12, 6, own_hue)
    on_accent = light if contrast_of(light, accent) >= 4.6 else at_contrast(black, accent, 4.6)
    return Scheme(name, ground, deep, ink, quiet, accent, on_accent, tuple(notes))


def _kept(role: str, code: str, ground: str, least: float, notes: list[str]) -> str:
    """A brand's colour, or the nearest lightness of its hue, which is told."""
    found = at_contrast(code, ground, least)
    if found != code:
        notes.append(
            f"The brand's {role} {code} is shown as {found}: on {ground} its contrast is"
            f" {contrast_of(code, ground):.1f} : 1, and {least:g} : 1 is needed."
        )
    return found
