"""Contrast as WCAG measures it, and colours by lightness, chroma and hue."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from prodgen_django.studio.color import Float, to_lab

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


def at_contrast(code: str, ground: str, least: float) -> str:
    """The colour itself where it has that contrast with the ground, else the nearest lightness of its hue that has;
    where none has, black or white, whichever is read better."""
    if contrast_of(code, ground) >= least:
        return code
    lightness, chroma, hue = lch(code)
    for step in range(1, 100):
        for turned in (lightness - step, lightness + step):
            if 0 <= turned <= 100 and contrast_of(found := from_lch(turned, chroma, hue), ground) >= least:
                return found
    return max("#000000", "#ffffff", key=lambda one: contrast_of(one, ground))
