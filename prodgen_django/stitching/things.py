"""What stands once on something that repeats (a label, a stain, a fold): it may decide where pictures belong."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from prodgen_django.common.arrays import Mask

from .features import View
from .overlaps import Agreement
from .places import Place, around, near, shifts

UNIQUE = 0.003
"""Share of the picture that has to show something that agrees at one place alone, if that is to decide: a price tag."""
SAME = 0.9
"""Least correlation of grey levels over a thing, if two pictures are to show the same one; two cards with another
number each come to 0.75."""
AGAIN = 0.75
"""Correlation of texture from which what is found elsewhere is another of the same."""


def decisive(mask: Mask) -> bool:
    """Whether so much of a picture, lying together, can decide."""
    return _lumps(mask) > UNIQUE * mask.size


def standing_once(b: View) -> Mask:
    """Where b shows what at least two of its own repeats do not."""
    covering: npt.NDArray[np.int32] | int = 0
    against: npt.NDArray[np.int32] | int = 0
    for step, _ in shifts(b, b, np.eye(3), least=0.35):
        copy = near(b, b, step)
        if copy is not None and copy.seen.total > 0.7:
            there = (copy.seen.weight > 0) & _inner(copy.seen)
            covering = covering + there.astype(np.int32)
            against = against + (there & (copy.seen.correlation < 0.3))
    return np.asarray((np.asarray(covering) >= 2) & (np.asarray(against) == covering), bool)


def decided(a: View, b: View, place: Place, once: Mask) -> bool:
    """Whether what stands once agrees under this place, in all its parts, and nothing much disagrees."""
    seen = (place.seen.weight > 0) & _inner(place.seen)
    agrees = seen & once & (place.seen.correlation > 0.6)
    denied = _lumps(seen & (place.seen.correlation < 0.2))
    if not decisive(agrees) or denied >= _lumps(agrees) / 3:
        return False
    return _alike(a, b, place, seen & once) > SAME and not _again(a, b, place, agrees)


def _thing(b: View, where: Mask) -> Mask:
    """What lies between the textured parts as well, at b's size."""
    lumps = cv2.morphologyEx(where.astype(np.uint8), cv2.MORPH_OPEN, np.ones((7, 7), np.uint8))
    whole = cv2.morphologyEx(lumps, cv2.MORPH_CLOSE, np.ones((15, 15), np.uint8))
    return np.asarray(cv2.resize(whole, b.grey.shape[::-1], interpolation=cv2.INTER_NEAREST) > 0, bool)


def _alike(a: View, b: View, place: Place, where: Mask) -> float:
    """The correlation of both pictures' grey levels over a thing."""
    thing = _thing(b, where)
    warped = cv2.warpPerspective(
        a.grey, place.transform, b.grey.shape[::-1], flags=cv2.INTER_LINEAR, borderMode=1
    )
    one, other = (cv2.GaussianBlur(grey, (0, 0), 0.8)[thing] for grey in (warped, b.grey))
    return float(np.corrcoef(one, other)[0, 1]) if one.std() > 0 and other.std() > 0 else 0.0


def _again(a: View, b: View, place: Place, where: Mask) -> bool:
    """Whether either picture shows the thing a second time: one of a row of labels decides nothing."""
    left, top, width, height = cv2.boundingRect(_thing(b, where).astype(np.uint8))
    thing = b.texture[top : top + height, left : left + width]
    moved, _, corner = around(a, place.transform, b.grey.shape[::-1])
    for picture, (x, y) in ((b.texture, (0, 0)), ((moved + 128).astype(np.uint8), corner)):
        if picture.shape[0] < height or picture.shape[1] < width:
            continue
        found = cv2.matchTemplate(picture, thing, cv2.TM_CCOEFF_NORMED)
        own = (
            slice(max(0, top - y - height // 2), max(0, top - y + height // 2 + 1)),
            slice(max(0, left - x - width // 2), max(0, left - x + width // 2 + 1)),
        )
        found[own] = -1
        if found.max() > AGAIN:
            return True
    return False


def _inner(seen: Agreement) -> Mask:
    """The overlap less a rim into which what lies outside it is smoothed."""
    side = np.ones((15, 15), np.uint8)
    return np.asarray(cv2.erode(seen.inside, side, borderType=cv2.BORDER_CONSTANT, borderValue=0) > 0, bool)


def _lumps(mask: Mask) -> int:
    """How many pixels of a mask lie together."""
    return cv2.countNonZero(
        cv2.morphologyEx(mask.astype(np.uint8), cv2.MORPH_OPEN, np.ones((7, 7), np.uint8))
    )
