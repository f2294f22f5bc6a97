"""Stage 3d: could the one picture lie elsewhere on the other just as well? Cloth, walls and tiles repeat."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from prodgen_django.common.arrays import Matrix

from .features import View
from .geometry import plausible, project
from .overlaps import Agreement, agreement
from .places import LEAST, Place, near, place_at, shifts
from .things import decided, decisive, standing_once
from .tracking import rescaled, to_small
from .tuning import TUNING


@dataclass
class Settled:
    """The homographies from a's to b's pixels that remain, and whether a thing that stands once chose among them."""

    places: list[Matrix]
    by_thing: bool = False


def settle(a: View, b: View, transform: Matrix, others: Sequence[Matrix] = ()) -> Settled:
    """The homographies from a's to b's pixels that remain: the given one, as it is, where the pixels decide; several
    where they do not.

    A repeat that is laid on itself one too far agrees as well as the truth, which then is among the rivals: so no place
    is believed that has a rival about as good. Unless something that stands once (a label, a stain, a fold) agrees at
    one of them alone: then the others are the repeat, and that one remains. Two such things that look alike nobody can
    tell from one, so whoever uses the place has to be told.
    `others`: further homographies that the features suggest.
    """
    a, b = a.coarse, b.coarse
    first = place_at(a, b, rescaled(transform, a, b))
    if first is None:
        return Settled([transform])
    suggested = [rescaled(other, a, b) for other in others if plausible(other, a.size, b.size)]
    if len(close := _as_good(a, b, first, 4, suggested)) == 1:
        return Settled([transform])
    once = standing_once(b)
    sure: list[Place] = []
    if decisive(once):
        close = _as_good(a, b, first, 12, suggested)
        sure = [p for p in close if decided(a, b, p, once)]
    if len(sure) == 1:
        close = sure
    back, small = np.linalg.inv(to_small(b)), to_small(a)
    remaining = [transform if p is first else back @ p.transform @ small for p in close]
    return Settled(remaining, len(sure) == 1)


def _as_good(a: View, b: View, first: Place, most: int, suggested: Sequence[Matrix]) -> list[Place]:
    """`first`, and of the `suggested` and the likeliest other places (`most` of all, `most` of large overlaps) those
    that are about as good and whose distance from it is one of the repeat's."""
    found = [first]
    for moved in (*suggested, *(moved for moved, _ in shifts(a, b, first.transform, most))):
        place = near(a, b, moved)
        if place is not None and all(_apart(place, p, b) for p in found):
            found.append(place)
    least = 1 - (2 * (1 - max(p.seen.total for p in found)) + 0.03)
    good = [p for p in found[1:] if p.seen.total > least]
    if first.seen.total <= least:
        # Not a repeat but a mistake, if one that covers as much as a photographer gives is clearly better.
        return [first] + [p for p in good if p.share >= TUNING.repeat_side]
    return [first] + [p for p in good if _repeat(a, b, first, p, least - 0.1)]


def _apart(one: Place, other: Place, b: View) -> bool:
    """Whether two places are more than a hundredth of the picture apart."""
    height, width = b.grey.shape
    middle = np.array([[width / 2, height / 2]])
    there = project(other.transform @ np.linalg.inv(one.transform), middle)
    return float(np.linalg.norm(there - middle)) > TUNING.repeat_apart * max(b.grey.shape)


def _repeat(a: View, b: View, one: Place, other: Place, least: float) -> bool:
    """Whether both pictures agree with themselves, moved by what lies between two places. Where that would leave the
    pictures, only as large an overlap as a photographer gives speaks for it."""
    back = np.linalg.inv(one.transform)
    seen = [_wide(b, other.transform @ back), _wide(a, back @ other.transform)]
    told = [s.total for s in seen if s is not None]
    # One alone may be a few pixels off, far from where the places were measured.
    return float(np.mean(told)) >= least if told else other.share >= TUNING.repeat_side


def _wide(view: View, step: Matrix) -> Agreement | None:
    """A picture's agreement with itself, if enough of it is left to say."""
    seen = agreement(view, view, step)
    return None if seen is None or cv2.countNonZero(seen.inside) < LEAST * seen.inside.size else seen
