"""Which backdrops flatter a product's colours: it stands out from them, they are bright and calm, and hues agree."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence

import numpy as np

from .backdrop import Backdrop
from .color import ciede2000, to_lab
from .goods import Pose

__all__ = ["flattery", "ranked"]

_WEIGHTS = (1.0, 0.6, 0.4)
_ENOUGH = 26.0  # of CIEDE2000: beyond it nothing is seen better
_SEASONAL = 4.0  # what a set of the season that was asked for has before the others
_ALIKE = 3.0  # sets that flatter a product about as much: of these another comes first for another product
_ANYTHING = ("home",)  # what a product is of which nobody knows


def flattery(colours: Sequence[str], backdrop: Backdrop) -> float:
    """How well a product of these colours ("#rrggbb", most of it first) looks before the backdrop; more is better."""
    own = _lab(colours[:3])
    weights = np.array(_WEIGHTS[: len(own)])
    weights = weights / weights.sum()
    grounds = _lab(backdrop.palette[:2])
    apart = [float(ciede2000(own, np.broadcast_to(ground, own.shape)) @ weights) for ground in grounds]
    lightness = float(grounds[0, 0])
    warm = own[:, 1:] @ (0.5, 0.866)
    ground_warm = float(grounds[0, 1:] @ (0.5, 0.866))
    # Two strong hues that are neither kin nor opposite quarrel.
    clash = 0.0
    if np.hypot(*grounds[0, 1:]) > 14:
        turn = np.degrees(np.arctan2(own[:, 2], own[:, 1]) - np.arctan2(grounds[0, 2], grounds[0, 1]))
        off = np.abs((turn + 180) % 360 - 180)
        strong = np.hypot(own[:, 1], own[:, 2]) > 25
        clash = 5.0 * float(((off > 60) & (off < 140) & strong) @ weights)
    kin = 2.5 if float(warm @ weights) * ground_warm > 0 else 0.0
    bright = np.clip((lightness - 45) / 6, -4, 5)
    return min(min(apart) + 0.35 * max(apart), _ENOUGH) + float(bright) + kin - clash


def ranked(
    colours: Sequence[str],
    offered: Sequence[Backdrop],
    pose: Pose,
    season: str = "",
    centimetres: float | None = None,
    kinds: Sequence[str] = (),
) -> list[Backdrop]:
    """The sets among `offered` that have a place for the product, best first; those of another season are left out.

    `kinds`: what it is (`goods.Good.kinds`): sets that are for such things come before all others, or a toaster would
    stand on a bed that has its colours.

    `centimetres`: its longer side. `season`: "spring", "summer", "autumn" or "winter"; empty for none, which leaves out
    what is of one season alone.
    """

    def fits(one: Backdrop) -> bool:
        if not one.views or not one.suits(pose, centimetres):
            return False
        return season in one.season or not one.season or (not season and len(one.season) > 1)

    def merit(one: Backdrop) -> float:
        return round(flattery(colours, one) + (_SEASONAL if season and season in one.season else 0.0), 3)

    found = list(filter(fits, offered))
    groups = [
        [one for one in found if bool(set(one.goods) & set(kinds or _ANYTHING)) is meant]
        for meant in (True, False)
    ]
    return [one for group in groups for one in _varied(group, merit, colours)]


def _varied(
    group: Sequence[Backdrop], merit: Callable[[Backdrop], float], colours: Sequence[str]
) -> list[Backdrop]:
    """Best first, but those that are about as good as the best in an order that hangs on the product's colours."""
    best = max(map(merit, group), default=0.0)

    def place(one: Backdrop) -> tuple[bool, float, str]:
        alike = merit(one) >= best - _ALIKE
        drawn = zlib.crc32(" ".join([one.name, *colours]).encode())
        return (not alike, float(drawn) if alike else -merit(one), one.name)

    return sorted(group, key=place)


def _lab(colours: Sequence[str]) -> np.ndarray:
    pixels = np.array([[int(code[k : k + 2], 16) for k in (1, 3, 5)] for code in colours], np.uint8)
    return to_lab(pixels[None])[0].astype(np.float64)
