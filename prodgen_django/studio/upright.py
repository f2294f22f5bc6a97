"""A photographed product turned upright, and what is flat made the rectangle that it is: by one 3×3 matrix.

Where nothing about the product says how it was held, it stays as it was photographed.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import degrees, log, radians

import cv2
import numpy as np
import numpy.typing as npt

from .color import Float
from .goods import Pose
from .matting import shrink
from .planar import FourSides, aspect_of, four_sides, to_rectangle
from .resampling import Matrix, onto_canvas, stretched

__all__ = ["Straightened", "straightened", "turned"]

_FLAT: frozenset[Pose] = frozenset({"lies", "wall"})
_MOST_TURNED: dict[Pose | None, float] = {"hangs": 50.0, "lies": 50.0, "wall": 20.0}  # degrees
_LEAST_TURNED = 0.6  # degrees: less is not seen, and a photograph that stays as it is stays sharp
_MOST_STRETCHED = 2.9
_SIZES_AGREE = 0.12  # of the aspect: further apart, the shop's sizes are those of something else
_INSET = 0.012  # of a flat thing's longer side: its rim is as it was cut out

_SIDE = 144  # px of the longer side at which symmetry is looked for
_SYMMETRIC = 0.9  # of the product that is covered by its own mirror image
_GAINED = 0.03  # by which turning must better that
_DISTINCT = 0.012  # by which the best turn must be better than those 4 degrees beside it


@dataclass(frozen=True, slots=True)
class Straightened:
    """How a photograph is made straight.

    `matrix`: 3×3, pixels of the photograph to those of the straight one (pixel centres at whole numbers). `size`: width
    and height of that. `turned`: degrees clockwise. `rectified`: whether four sides were made a rectangle. `alpha`: the
    product in the photograph, float32 H×W in [0, 1], the holes of a flat thing closed.
    """

    matrix: Matrix
    size: tuple[int, int]
    turned: float
    rectified: bool
    alpha: Float

    @property
    def notes(self) -> tuple[str, ...]:
        """What was done, in a sentence."""
        if self.rectified:
            return ("The product is flat: its four sides were made a true rectangle.",)
        way = "clockwise" if self.turned > 0 else "counter-clockwise"
        told = (
            f"The photograph was turned {abs(self.turned):.1f} degrees {way}, so that the product is upright."
        )
        return (told,) if self.turned else ()

    @property
    def outline(self) -> Float:
        """The product in the straight photograph, float32 in [0, 1]."""
        return onto_canvas(self.alpha, self.matrix, (self.size[1], self.size[0]))


def straightened(
    alpha: Float, pose: Pose | None = None, *, aspect: float | None = None, flat: bool | None = None
) -> Straightened:
    """How to make a product straight that `alpha` marks in its photograph (float32 H×W in [0, 1]).

    `pose`: how it is shown; what lies or is on a wall and has four straight sides is rectified, what lies or hangs is
    turned until its axis of symmetry is upright, what stands by at most a few degrees. `flat`: rectify it whatever its
    pose, or never. `aspect`: what the shop says of its longer by its shorter side; where the camera's geometry agrees
    more or less it is taken, else the geometry.
    """
    if flat is None:
        flat = pose in _FLAT
    sides = four_sides(alpha)
    if sides is not None and sides.straight:
        if flat:
            return _rectified(alpha, sides, aspect)
        return _turned(alpha, _tilt_of_sides(sides, _most(pose)))
    turned = _tilt_of_symmetry(alpha, _most(pose))
    if turned == 0 and sides is not None and pose not in (None, "floor"):
        turned = _tilt_of_sides(sides, _most(pose))
    return _turned(alpha, turned)


def turned(straight: Straightened | None, alpha: Float, degrees: float) -> Straightened:
    """A straight photograph, or one that stays as it was taken (None), turned clockwise by further `degrees`."""
    before = straight or _as_it_is(alpha)
    matrix = _rotation(degrees) @ before.matrix
    return _framed(before.alpha, matrix, round(before.turned + degrees, 2), before.rectified)


def _most(pose: Pose | None) -> float:
    return _MOST_TURNED.get(pose, 8.0)


def _rectified(alpha: Float, sides: FourSides, aspect: float | None) -> Straightened:
    found = aspect_of(sides.corners, (alpha.shape[0], alpha.shape[1]))
    if aspect is not None:
        nearest = min(aspect, 1 / aspect, key=lambda one: abs(log(one / found)))
        found = nearest if abs(log(nearest / found)) < _SIZES_AGREE else found
    matrix = to_rectangle(sides.corners, found)
    whole = _without_holes(alpha, sides)
    if stretched(matrix, alpha.shape) > _MOST_STRETCHED:
        return _turned(whole, _tilt_of_sides(sides, 50.0))
    moved = cv2.perspectiveTransform(sides.corners[None].astype(np.float64), matrix)[0]
    if np.abs(moved - sides.corners).max() < 0.004 * np.ptp(sides.corners, axis=0).max():
        return _as_it_is(whole)
    return _framed(whole, matrix, 0.0, True)


def _without_holes(alpha: Float, sides: FourSides) -> Float:
    """Alpha with 1 inside the four sides of a flat thing, but for its rim: a pale picture is no hole in its frame."""
    inside = np.zeros(alpha.shape, np.uint8)
    middle = sides.corners.mean(0)
    longer = float(np.ptp(sides.corners, axis=0).max())
    inset = middle + (sides.corners - middle) * (1 - 2 * _INSET)
    cv2.fillPoly(inside, [np.rint(inset).astype(np.int32)], 1)
    holes = (inside == 1) & (alpha < 0.5)
    # What is thin or small there is a matter of the edge; a hole has a width.
    reach = max(1, round(0.004 * longer))
    if not cv2.erode(holes.astype(np.uint8), np.ones((2 * reach + 1,) * 2, np.uint8)).any():
        return alpha
    return np.where(inside == 1, np.float32(1), alpha)


def _tilt_of_sides(sides: FourSides, most: float) -> float:
    """Degrees to turn clockwise, so that a quadrilateral's middle line is upright; 0 where that is more than `most`."""
    if not sides.straight:
        return 0.0
    tl, tr, br, bl = sides.corners
    x, y = (bl + br) / 2 - (tl + tr) / 2
    return _within(degrees(np.arctan2(x, y)), most)


def _within(turned: float, most: float) -> float:
    return float(turned) if _LEAST_TURNED <= abs(turned) <= most else 0.0


def _tilt_of_symmetry(alpha: Float, most: float) -> float:
    """Degrees to turn clockwise, so that a product's axis of symmetry is upright; 0 where it has none, or many."""
    small = shrink(alpha, _SIDE)
    total = float(small.sum())
    if total < 100:
        return 0.0
    rows, columns = np.mgrid[: small.shape[0], : small.shape[1]].astype(np.float32)
    centre = float((columns * small).sum() / total), float((rows * small).sum() / total)

    def likeness(turn: float) -> float:
        return _mirrored(small, centre, turn)

    now = likeness(0)
    turns = np.arange(-most, most + 0.1, 2.0)
    best = float(turns[int(np.argmax([likeness(turn) for turn in turns]))])
    for step in (1.0, 0.5, 0.25):
        best = max((best - step, best, best + step), key=likeness)
    top = likeness(best)
    # A round thing is as symmetric turned: only what has one axis says where upright is.
    beside = max(likeness(best - 4), likeness(best + 4))
    if top < _SYMMETRIC or top - now < _GAINED * min(1, abs(best) / 4) or top - beside < _DISTINCT:
        return 0.0
    return _within(best, most)


def _mirrored(small: Float, centre: tuple[float, float], turn: float) -> float:
    """How much of a thing (float32 h×w in [0, 1]), turned clockwise by so many degrees, its mirror image covers."""
    reach = int(np.ceil(np.hypot(*small.shape))) | 1
    middle = reach // 2
    matrix = cv2.getRotationMatrix2D(centre, -turn, 1.0)
    matrix[:, 2] += np.array([middle, middle]) - centre
    upright = cv2.warpAffine(small, matrix, (reach, reach), flags=cv2.INTER_LINEAR)
    flipped = upright[:, ::-1]
    best = 0.0
    for shift in range(-6, 7):
        there, back = (
            slice(max(0, shift), reach + min(0, shift)),
            slice(max(0, -shift), reach - max(0, shift)),
        )
        both = np.minimum(upright[:, there], flipped[:, back])
        best = max(best, float(both.sum()))
    return best / float(upright.sum())


def _turned(alpha: Float, tilt: float) -> Straightened:
    if tilt == 0:
        return _as_it_is(alpha)
    return _framed(alpha, _rotation(tilt), round(tilt, 2), False)


def _rotation(clockwise: float) -> Matrix:
    turn = radians(clockwise)
    cosine, sine = np.cos(turn), np.sin(turn)
    return np.array([[cosine, -sine, 0], [sine, cosine, 0], [0, 0, 1]])


def _as_it_is(alpha: Float) -> Straightened:
    return Straightened(np.eye(3), (alpha.shape[1], alpha.shape[0]), 0.0, False, alpha)


def _framed(alpha: Float, matrix: Matrix, turned: float, rectified: bool) -> Straightened:
    """A matrix, shifted so that all of the product is in a picture of just its size, with two pixels about it."""
    rows, columns = np.nonzero(_rim(alpha > 0))
    seen = cv2.perspectiveTransform(np.stack([columns, rows], 1)[None].astype(np.float64), matrix)[0]
    low, high = np.floor(seen.min(0)) - 2, np.ceil(seen.max(0)) + 2
    shift = np.array([[1, 0, -low[0]], [0, 1, -low[1]], [0, 0, 1]], np.float64)
    size = int(high[0] - low[0]) + 1, int(high[1] - low[1]) + 1
    return Straightened(shift @ matrix, size, turned, rectified, alpha)


def _rim(solid: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """The outermost pixels of what is marked."""
    inner = cv2.erode(solid.astype(np.uint8), np.ones((3, 3), np.uint8), borderValue=0)
    return solid & (inner == 0)
