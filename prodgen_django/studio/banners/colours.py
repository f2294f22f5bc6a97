"""Colours of a campaign: contrast as WCAG measures it, and schemes that suit the products."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from prodgen_django.studio.color import Float, ciede2000, to_lab

from .brief import Brand, Shown

_LINEAR = np.array(
    [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in np.arange(256) / 255], np.float32
)
_WEIGHTS = np.array([0.2126, 0.7152, 0.0722], np.float32)


def luminance(pixels: npt.NDArray[np.uint8]) -> Float:
    """Relative luminance, 0 to 1, of sRGB uint8 ...×3. Source: WCAG 2.2."""
    return _LINEAR[pixels] @ _WEIGHTS


def contrast(first: Any, second: Any) -> Any:
    """The contrast ratio, 1 to 21, of two relative luminances."""
    high, low = np.maximum(first, second), np.minimum(first, second)
    return (high + 0.05) / (low + 0.05)


def rgb(code: str) -> tuple[int, int, int]:
    """ "#rrggbb" as three numbers, 0 to 255."""
    return int(code[1:3], 16), int(code[3:5], 16), int(code[5:7], 16)


def contrast_of(first: str, second: str) -> float:
    """The contrast ratio of two colours "#rrggbb"."""
    pair = luminance(np.array([rgb(first), rgb(second)], np.uint8))
    return float(contrast(pair[0], pair[1]))


@lru_cache(maxsize=512)
def lch(code: str) -> tuple[float, float, float]:
    """Lightness, chroma and hue (degrees) in CIE Lab of "#rrggbb"."""
    lightness, a, b = (float(v) for v in to_lab(np.array([[rgb(code)]], np.uint8))[0, 0])
    return lightness, float(np.hypot(a, b)), float(np.degrees(np.arctan2(b, a)) % 360)


def from_lch(lightness: float, chroma: float, hue: float) -> str:
    """The sRGB colour "#rrggbb" of that lightness and hue; chroma is lowered until the colour exists."""
    for _ in range(40):
        angle = np.radians(hue)
        lab = np.array([[[lightness, chroma * np.cos(angle), chroma * np.sin(angle)]]], np.float32)
        found = cv2.cvtColor(lab, cv2.COLOR_Lab2RGB)[0, 0]
        back = cv2.cvtColor(np.clip(found, 0, 1)[None, None], cv2.COLOR_RGB2Lab)[0, 0]
        if np.abs(back - lab[0, 0]).max() < 1.5 or chroma < 0.5:
            break
        chroma *= 0.93
    return "#{:02x}{:02x}{:02x}".format(*np.rint(np.clip(found, 0, 1) * 255).astype(int))


@dataclass(frozen=True, slots=True)
class Scheme:
    """The colours of one look: "#rrggbb" each. `ground` under the text, `deep` a tone of it for floors and
    shapes, `ink` the text, `quiet` second sentences, `accent` and `on_accent` a button and its words."""

    name: str
    ground: str
    deep: str
    ink: str
    quiet: str
    accent: str
    on_accent: str

    @property
    def dark(self) -> bool:
        return lch(self.ground)[0] < 50


def schemes(products: Sequence[Shown], brand: Brand) -> list[Scheme]:
    """Schemes for the products, best first: those from which they stand out and with whose hue they go."""
    colours = [code for shown in products for code in shown.palette[:3]]
    main = max(colours, key=lambda code: lch(code)[1] * (0.4 + lch(code)[0] / 100))
    _, chroma, hue = lch(main)
    if chroma < 9:
        hue = 72.0  # greys have no hue to go with: a warm paper is kind to all of them
    made = []
    if brand.ground:
        made.append(_finished("brand", brand.ground, hue, brand))
    for name, lightness, amount, turn in (
        ("pale", 92, 11, 0),
        ("pale-next", 91, 13, 40),
        ("pale-opposite", 91, 12, 180),
        ("clear", 80, 24, 0),
        ("clear-opposite", 81, 22, 180),
        ("clear-next", 80, 24, -45),
        ("deep", 24, 20, 0),
        ("deep-opposite", 25, 22, 180),
        ("paper", 95, 5, 20),
    ):
        tone = (hue + turn) % 360
        if lightness < 50 and 35 < tone < 125:
            amount = 9  # a deep yellow is mud; espresso is not
        made.append(_finished(name, from_lch(lightness, amount, tone), hue, brand))
    own = made[:1] if brand.ground else []
    others = [one for one in made if one not in own]
    return [*own, *sorted(others, key=lambda one: -separation(products, one.ground))]


def separation(products: Sequence[Shown], ground: str) -> float:
    """How far the least distinct product stands out from a colour, in CIEDE2000, at most 40; a little more
    for pale grounds, on which everything sells."""
    base = to_lab(np.array([rgb(ground)], np.uint8))
    least = 40.0
    for shown in products:
        own = to_lab(np.array([rgb(code) for code in shown.palette[:3]], np.uint8))
        weights = np.array([1.0, 0.6, 0.4][: len(own)])
        found = ciede2000(own, np.broadcast_to(base, own.shape))
        least = min(least, float((found * weights).sum() / weights.sum()))
    lightness = lch(ground)[0]
    return least + (9.0 if lightness > 85 else 5.0 if lightness > 70 else 0.0)


def _finished(name: str, ground: str, hue: float, brand: Brand) -> Scheme:
    """The other colours of a ground."""
    lightness, chroma, own_hue = lch(ground)
    dark = lightness < 52
    ink = brand.ink if brand.ink and contrast_of(brand.ink, ground) >= 6 else ""
    ink = ink or (from_lch(97, 3, own_hue) if dark else from_lch(15, min(14, chroma + 4), own_hue))
    deep = from_lch(lightness + (7 if dark else -7), chroma * 1.25, own_hue)
    quiet = from_lch(82, 6, own_hue) if dark else from_lch(31, min(14, chroma + 3), own_hue)
    if contrast_of(quiet, ground) < 5:
        quiet = ink
    accent = brand.accent
    if not accent or contrast_of(accent, ground) < 2.4:
        if dark:
            accent = from_lch(88, 24, hue if abs((hue - own_hue + 180) % 360 - 180) > 40 else hue + 180)
        else:
            accent = from_lch(33, 36, hue if name != "paper" else hue + 200)
    light, black = "#ffffff", from_lch(12, 6, own_hue)
    on_accent = light if contrast_of(light, accent) >= 4.6 else black
    return Scheme(name, ground, deep, ink, quiet, accent, on_accent)


def with_ground(scheme: Scheme, ground: str) -> Scheme:
    """The scheme's inks on another ground, such as the wall of a backdrop: light on dark, dark on light."""
    return _finished(scheme.name, ground, lch(scheme.accent)[2], Brand(accent=scheme.accent))
