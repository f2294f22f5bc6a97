"""Do the pictures of a category look as if one person had made them: crop, scale, white balance, shadow.

`measure_look` is taken when a picture is staged; comparing what was measured needs no pixels, so a page can do it.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import asdict, dataclass
from math import atan2, cos, degrees, radians, sin, sqrt
from statistics import median
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .color import Float, Pixels

__all__ = ["Look", "common_look", "measure_look", "outliers"]

LEAST = 4
"""Fewer pictures than this have no common look."""

_STEPS = 3.5  # robust standard deviations; Iglewicz and Hoaglin 1993

#: What is compared: the least difference that an eye would mind, and what is said of it.
_WITNESSES: dict[str, tuple[float, str]] = {
    "fill": (0.07, "The product is shown at another size."),
    "across": (0.05, "The product stands further left or right."),
    "down": (0.06, "The product stands higher or lower."),
    "light": (8.0, "The background is lighter or darker."),
    "warm": (5.0, "The white balance is another: warmer or cooler."),
    "green": (5.0, "The white balance is another: greener or redder."),
}


@dataclass(frozen=True, slots=True)
class Look:
    """`fill`: the product's longer side as a share of the picture's; `across`, `down`: where its box's middle is.

    `light`, `green`, `warm`: the background's median colour in CIE Lab. `shadow`: where the shadow falls, seen from
    the product's foot, degrees clockwise from the right; None where there is none.
    """

    fill: float
    across: float
    down: float
    light: float
    green: float
    warm: float
    shadow: float | None

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def measure_look(image: Pixels, mask: Float, taken: Float | None = None) -> Look:
    """The look of a staged picture: uint8 h×w×3, its product's mask float32 h×w, and how much light the shadow takes
    (float32 h×w, 0 to 1). Raises ValueError where the mask is empty."""
    import numpy as np

    from .color import to_lab
    from .matting import shrink

    pixels, inside = shrink(image, 400), shrink(mask, 400) > 0.5
    if not inside.any():
        raise ValueError("there is no product in the picture")
    height, width = inside.shape
    rows, columns = np.flatnonzero(inside.any(1)), np.flatnonzero(inside.any(0))
    top, bottom, left, right = rows[0], rows[-1] + 1, columns[0], columns[-1] + 1
    around = ~inside if (~inside).any() else inside
    colour = np.median(to_lab(pixels[around][None])[0], axis=0)
    return Look(
        fill=round(float(max((bottom - top) / height, (right - left) / width)), 4),
        across=round(float((left + right) / 2 / width), 4),
        down=round(float((top + bottom) / 2 / height), 4),
        light=round(float(colour[0]), 2),
        green=round(float(colour[1]), 2),
        warm=round(float(colour[2]), 2),
        shadow=None if taken is None else _fall(shrink(taken, 400), inside),
    )


def _fall(taken: Float, inside: Any) -> float | None:
    """The direction from the product's middle to the middle of its shadow, or None for a shadow that is hardly one."""
    import numpy as np

    weight = np.where(inside, 0, np.clip(taken - 0.04, 0, None))
    if weight.sum() < 0.001 * weight.size:
        return None
    ys, xs = np.mgrid[0 : inside.shape[0], 0 : inside.shape[1]]
    rows, columns = np.flatnonzero(inside.any(1)), np.flatnonzero(inside.any(0))
    x = float((xs * weight).sum() / weight.sum()) - (columns[0] + columns[-1]) / 2
    y = float((ys * weight).sum() / weight.sum()) - (rows[0] + rows[-1]) / 2
    return round(degrees(atan2(y, x)) % 360, 1)


def common_look(looks: Mapping[Hashable, Look]) -> Look | None:
    """What most of the pictures have: medians, and the middle of their shadows. None for fewer than `LEAST`."""
    if len(looks) < LEAST:
        return None
    values = {name: median(getattr(look, name) for look in looks.values()) for name in _WITNESSES}
    angles = [radians(look.shadow) for look in looks.values() if look.shadow is not None]
    shadow = None
    if len(angles) * 2 > len(looks):
        shadow = degrees(atan2(sum(map(sin, angles)), sum(map(cos, angles)))) % 360
    return Look(**values, shadow=shadow)


def outliers(looks: Mapping[Hashable, Look]) -> dict[Hashable, tuple[str, ...]]:
    """The pictures that look unlike the others, each with a sentence for every thing that differs.

    A difference counts that is 3.5 robust standard deviations (by the median deviation) from the median, and that an
    eye would mind. Fewer than four pictures have no outliers.
    """
    common = common_look(looks)
    if common is None:
        return {}
    found: dict[Hashable, list[str]] = {}
    for name, (least, sentence) in _WITNESSES.items():
        middle = getattr(common, name)
        spread = 1.4826 * median(abs(getattr(look, name) - middle) for look in looks.values())
        for key, look in looks.items():
            if abs(getattr(look, name) - middle) > max(least, _STEPS * spread):
                found.setdefault(key, []).append(sentence)
    for key, look in looks.items():
        if (common.shadow is None) != (look.shadow is None):
            missing = "There is a shadow." if common.shadow is None else "There is no shadow."
            found.setdefault(key, []).append(missing)
        elif common.shadow is not None and look.shadow is not None:
            apart = abs((look.shadow - common.shadow + 180) % 360 - 180)
            if apart > 45 and not _pointless([other.shadow for other in looks.values()]):
                found.setdefault(key, []).append("The shadow falls another way.")
    return {key: tuple(dict.fromkeys(sentences)) for key, sentences in found.items()}


def _pointless(angles: list[float | None]) -> bool:
    """Whether shadows fall in every direction, so that none is another one."""
    told = [radians(angle) for angle in angles if angle is not None]
    together = sqrt(sum(map(sin, told)) ** 2 + sum(map(cos, told)) ** 2)
    return together < 0.5 * len(told)
