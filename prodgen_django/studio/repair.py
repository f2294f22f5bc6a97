"""A photograph's white balance, exposure and noise put right by one stated transform of the whole of it.

A warm lamp on white paper and cream paper look alike. So this is for photographs of which the shop says that their
ground is white or grey; and where the photograph itself speaks against it, or is right already, nothing is done.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from math import hypot
from typing import Any

import cv2
import numpy as np

from .background import PLAIN, grain, surroundings
from .color import Float, Pixels, linear, srgb, to_lab
from .matting import shrink

__all__ = ["NOTHING", "Repair", "repair_for", "repaired"]

_SIDE = 400
_LEAST_CAST, _MOST_CAST = 2.5, 14.0  # of the ground, in Lab: less is not seen, more is a coloured ground
_ASIDE = 0.55  # how far a lamp's cast leaves the line from blue to yellow, as a share of it
_LEAST_LIGHT = (
    66.0  # of the ground in Lab: what is darker is no white or grey that a shop would photograph before
)
_WHITES = 0.0004  # of the picture that must be brighter than the ground to be asked
_NEUTRAL = 0.45  # of the ground's cast: whites with less of it say that the ground is coloured
_DIM, _BRIGHT = (
    0.45,
    0.75,
)  # linear light of a photograph's brightest places: below the one it is raised to the other
_MOST_RAISED = 1.6
_NOISY = 3.2  # standard deviation in steps of 255 from which noise is seen
_SHOULDER = 0.82  # linear light from which what is raised is compressed, so that nothing clips


@dataclass(frozen=True, slots=True)
class Repair:
    """`gains`: what red, green and blue are multiplied by, in linear light; `exposure`: all of them again; `noise`: the
    strength of non-local means, in steps of 255, 0 for none."""

    gains: tuple[float, float, float] = (1.0, 1.0, 1.0)
    exposure: float = 1.0
    noise: float = 0.0

    def as_dict(self) -> dict[str, Any]:
        """As plain JSON values, from which `of_dict` makes it again."""
        return {**asdict(self), "gains": list(self.gains)}

    @classmethod
    def of_dict(cls, stored: Mapping[str, Any]) -> Repair:
        """The repair that `as_dict` wrote down."""
        red, green, blue = stored["gains"]
        return cls((red, green, blue), stored["exposure"], stored["noise"])

    @property
    def notes(self) -> tuple[str, ...]:
        """A sentence for each thing that is done."""
        red, _, blue = self.gains
        told = []
        if self.gains != (1, 1, 1):
            told.append(
                f"The photograph's light was too {'warm' if blue > red else 'cold'}: its white was balanced."
            )
        if self.exposure != 1:
            told.append(f"The photograph was too dark: brightened {self.exposure:.2f} times.")
        if self.noise:
            told.append("The photograph's noise was taken out.")
        return tuple(told)


NOTHING = Repair()


def repair_for(photo: Pixels) -> Repair:
    """What a photograph (uint8 H×W×3) of a product before white or grey needs; `NOTHING` where it is right already, or
    its ground is patterned, dark, or of a colour that no lamp has."""
    small = shrink(photo, _SIDE)
    if min(small.shape[:2]) < 32:
        return NOTHING
    gains = _balance(small)
    return Repair(gains, _exposure(_balanced(small, Repair(gains))), _noise(photo))


def repaired(photo: Pixels, repair: Repair) -> Pixels:
    """The photograph under a repair, uint8 H×W×3; the very same array where there is none."""
    if repair == NOTHING:
        return photo
    made = _balanced(photo, repair)
    if repair.noise:
        made = cv2.fastNlMeansDenoisingColored(made, None, repair.noise, repair.noise, 5, 11)
    return made


def _balance(small: Pixels) -> tuple[float, float, float]:
    """The gains that make a plain ground neutral and keep its lightness."""
    lab = to_lab(cv2.bilateralFilter(small, 5, 18, 3))
    known = surroundings(lab)
    if grain(lab, known) > PLAIN:
        return 1.0, 1.0, 1.0
    light, a, b = (float(v) for v in np.median(lab[known], axis=0))
    cast = hypot(a, b)
    if not (_LEAST_CAST < cast < _MOST_CAST and light > _LEAST_LIGHT) or abs(a) > _ASIDE * abs(b) + 1:
        return 1.0, 1.0, 1.0
    # A sheen or a white part of the product is lit by the same lamp: where it has no cast, the ground is coloured.
    whites = (lab[..., 0] > light + 3) & (lab[..., 0] > 80) & (small.max(2) < 250)
    if whites.mean() > _WHITES:
        seen = np.median(lab[whites], axis=0)
        if float(seen[1] * a + seen[2] * b) < _NEUTRAL * cast * cast:
            return 1.0, 1.0, 1.0
    ground = np.median(_linear(small[known]), axis=0)
    level = float(ground @ [0.2126, 0.7152, 0.0722])
    red, green, blue = (round(level / max(float(one), 1e-3), 3) for one in ground)
    return red, green, blue


def _exposure(small: Pixels) -> float:
    """What a photograph must be multiplied by so that its brightest places are bright."""
    brightest = float(np.percentile(_linear(small) @ [0.2126, 0.7152, 0.0722], 99.5))
    return 1.0 if brightest >= _DIM else round(min(_MOST_RAISED, _BRIGHT / max(brightest, 0.01)), 3)


def _noise(photo: Pixels) -> float:
    """The strength of the noise where a photograph is smooth, 0 where it is not seen. Source: Immerkær 1996."""
    top, left = (max(0, (side - 1200) // 2) for side in photo.shape[:2])
    grey = cv2.cvtColor(photo[top : top + 1200, left : left + 1200], cv2.COLOR_RGB2GRAY).astype(np.float32)
    fine = cv2.filter2D(grey, -1, np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], np.float32)) / 6
    rough = cv2.blur(np.abs(cv2.Laplacian(cv2.GaussianBlur(grey, (0, 0), 2), cv2.CV_32F)), (9, 9))
    # Clipped places have no noise to show.
    shown = (grey > 12) & (grey < 243)
    if shown.sum() < 500:
        return 0.0
    smooth = shown & (rough <= np.percentile(rough[shown], 50))
    spread = 1.4826 * float(np.median(np.abs(fine[smooth])))
    return round(min(1.1 * spread, 10.0), 2) if spread > _NOISY else 0.0


def _balanced(photo: Pixels, repair: Repair) -> Pixels:
    """Gains and exposure alone: a table for each channel; what is white stays white."""
    if repair.gains == (1, 1, 1) and repair.exposure == 1:
        return photo
    steps = _linear(np.arange(256, dtype=np.uint8))
    tables = np.stack(
        [_encoded(_compressed(steps * gain * repair.exposure)) for gain in repair.gains], axis=1
    )
    made = cv2.LUT(photo, tables.astype(np.uint8)[None])
    white = np.clip((photo.min(2).astype(np.float32) - 238) / 16, 0, 1)[..., None]
    return np.rint(made + (np.maximum(photo, made) - made) * white).astype(np.uint8)


def _compressed(light: Float) -> Float:
    over = np.maximum(light - _SHOULDER, 0) / (1 - _SHOULDER)
    return np.where(light > _SHOULDER, _SHOULDER + (1 - _SHOULDER) * np.tanh(over), light)


def _linear(pixels: Pixels) -> Float:
    return linear(pixels.astype(np.float32) / 255)


def _encoded(light: Float) -> Float:
    return np.rint(np.clip(srgb(light), 0, 1) * 255)
