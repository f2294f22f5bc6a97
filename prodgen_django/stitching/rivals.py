"""Stage 3d: could the one picture lie elsewhere on the other just as well? Cloth, walls and tiles repeat."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from .features import View
from .matching import project
from .overlaps import Agreement, agreement
from .verification import follow, rescaled, to_small

Matrix = npt.NDArray[np.float64]
Array = npt.NDArray[np.float32]

PIXELS = 0.06e6
"""Size at which places are compared: enough for a repeat of a hundredth of the picture's width."""
LEAST = 0.09
"""Share of a picture that a place has to overlap: with less, chance agrees as well."""
SIDE = 0.15
"""The same where the pictures cannot say whether such a repeat exists, as it is longer than they are."""
LIKELY = 0.75
"""Least correlation of a place, as a share of that at the believed one, at which it is looked at more closely."""
UNIQUE = 0.003
"""Share of the picture that has to show something that agrees at one place alone, if that is to decide: a price tag."""


@dataclass
class Place:
    """A homography from a's to b's registration pixels, and how well the pictures agree under it."""

    transform: Matrix
    seen: Agreement


def settle(a: View, b: View, transform: Matrix) -> list[Matrix]:
    """The homographies from a's to b's pixels that remain: the given one, as it is, where the pixels decide; several
    where they do not.

    A repeat that is laid on itself one too far agrees as well as the truth, which then is among the rivals: so no place
    is believed that has a rival about as good. Unless something that stands once (a label, a stain, a fold) agrees at
    one of them alone: then the others are the repeat, and that one remains.
    """
    a, b = a.coarse, b.coarse
    first = _place(a, b, rescaled(transform, a, b))
    if first is None:
        return [transform]
    if len(close := _as_good(a, b, first, 6)) == 1:
        return [transform]
    once = _standing_once(b)
    if _lumps(once) > UNIQUE * once.size:
        close = _as_good(a, b, first, 24)
        sure = [p for p in close if _decided(p, once)]
        close = sure if len(sure) == 1 else close
    back, small = np.linalg.inv(to_small(b)), to_small(a)
    return [transform if p is first else back @ p.transform @ small for p in close]


def _as_good(a: View, b: View, first: Place, most: int) -> list[Place]:
    """`first`, and of the `most` likeliest other places those that are about as good and whose distance from it is one
    of the repeat's."""
    found = [first]
    for moved, _ in places(a, b, first.transform, most):
        near = _near(a, b, moved)
        if near is not None and all(_apart(near, p, b) for p in found):
            found.append(near)
    enough = 1 - (2 * (1 - max(p.seen.total for p in found)) + 0.03)
    good = [p for p in found[1:] if p.seen.total > enough]
    if first.seen.total <= enough:
        # Not a repeat but a mistake, if one that covers as much as a photographer gives is clearly better.
        return [first] + [p for p in good if _share(p.seen) >= SIDE]
    return [first] + [p for p in good if _repeat(a, b, first, p, enough - 0.1)]


def _place(a: View, b: View, transform: Matrix) -> Place | None:
    seen = agreement(a, b, transform)
    return None if seen is None else Place(transform, seen)


def _near(a: View, b: View, transform: Matrix) -> Place | None:
    """The place nearby at which the pictures agree best."""
    found = [_place(a, b, transform)]
    if (tracks := follow(a, b, transform)) is not None and tracks.followed >= 12:
        found.append(_place(a, b, tracks.transform))
    return max((p for p in found if p is not None), key=lambda p: p.seen.total, default=None)


def _apart(one: Place, other: Place, b: View) -> bool:
    """Whether two places are more than a hundredth of the picture apart."""
    height, width = b.grey.shape
    middle = np.array([[width / 2, height / 2]])
    there = project(other.transform @ np.linalg.inv(one.transform), middle)
    return float(np.linalg.norm(there - middle)) > 0.01 * max(b.grey.shape)


def _repeat(a: View, b: View, one: Place, other: Place, least: float) -> bool:
    """Whether both pictures agree with themselves, moved by what lies between two places. Where that would leave the
    pictures, only as large an overlap as a photographer gives speaks for it."""
    back = np.linalg.inv(one.transform)
    seen = [_wide(b, other.transform @ back), _wide(a, back @ other.transform)]
    told = [s.total >= least for s in seen if s is not None]
    return all(told) if told else _share(other.seen) >= SIDE


def _wide(view: View, step: Matrix) -> Agreement | None:
    """A picture's agreement with itself, if enough of it is left to say."""
    seen = agreement(view, view, step)
    return None if seen is None or _share(seen) < LEAST else seen


def _share(seen: Agreement) -> float:
    return cv2.countNonZero(seen.inside) / seen.inside.size


def _standing_once(b: View) -> npt.NDArray[np.bool_]:
    """Where b shows what at least two of its own repeats do not."""
    covering: npt.NDArray[np.int32] | int = 0
    against: npt.NDArray[np.int32] | int = 0
    for step, _ in places(b, b, np.eye(3), least=0.35):
        copy = _near(b, b, step)
        if copy is not None and copy.seen.total > 0.7:
            there = (copy.seen.weight > 0) & _inner(copy.seen)
            covering = covering + there.astype(np.int32)
            against = against + (there & (copy.seen.correlation < 0.3))
    return np.asarray((np.asarray(covering) >= 2) & (np.asarray(against) == covering), bool)


def _decided(place: Place, once: npt.NDArray[np.bool_]) -> bool:
    """Whether what stands once agrees under this place, and nothing much disagrees."""
    seen = (place.seen.weight > 0) & _inner(place.seen)
    shown = _lumps(seen & once & (place.seen.correlation > 0.6))
    denied = _lumps(seen & (place.seen.correlation < 0.2))
    return shown > UNIQUE * seen.size and denied < shown / 3


def _inner(seen: Agreement) -> npt.NDArray[np.bool_]:
    """The overlap less a rim into which what lies outside it is smoothed."""
    side = np.ones((15, 15), np.uint8)
    return np.asarray(cv2.erode(seen.inside, side, borderType=cv2.BORDER_CONSTANT, borderValue=0) > 0, bool)


def _lumps(mask: npt.NDArray[np.bool_]) -> int:
    """How many pixels of a mask lie together."""
    return cv2.countNonZero(
        cv2.morphologyEx(mask.astype(np.uint8), cv2.MORPH_OPEN, np.ones((7, 7), np.uint8))
    )


def places(
    a: View, b: View, transform: Matrix, most: int = 6, least: float = LEAST
) -> list[tuple[Matrix, float]]:
    """Other shifts of a over b (registration pixels) at which their textures correlate, best first, each with its
    correlation as a share of that at `transform`; `least` is the share of a picture that has to overlap."""
    height, width = b.grey.shape
    scale = min(1.0, float(np.sqrt(PIXELS / b.grey.size)))
    size = (max(8, round(width * scale)), max(8, round(height * scale)))
    small = np.diag([size[0] / width, size[1] / height, 1.0])
    still = cv2.resize(b.texture, size, interpolation=cv2.INTER_AREA).astype(np.float32) - 128
    moving, inside, corner = _around(a, small @ transform, size)
    found, zero = _correlation(moving, inside, still, corner, least)
    radius = max(4, round(0.03 * max(size)))
    here = _peak(found, zero, 3)[1]
    if here <= 0:
        return []
    _silence(found, zero, radius)
    made = []
    for _ in range(most):
        at = np.unravel_index(int(found.argmax()), found.shape)
        value = float(found[at])
        if value < LIKELY * here:
            break
        step = np.array([[1, 0, at[1] - zero[1]], [0, 1, at[0] - zero[0]], [0, 0, 1]], np.float64)
        moved = np.linalg.inv(small) @ step @ small @ transform
        made.append((np.asarray(moved / moved[2, 2], np.float64), value / here))
        _silence(found, (int(at[0]), int(at[1])), radius)
    return made


def _around(a: View, transform: Matrix, size: tuple[int, int]) -> tuple[Array, Array, tuple[int, int]]:
    """All of a's texture under the transform, where it lies, and the corner (left, top) of that; no larger than
    three times b."""
    outline = np.array([[0, 0], [1, 0], [1, 1], [0, 1]]) * [a.grey.shape[1] - 1, a.grey.shape[0] - 1]
    on_b = project(transform, outline.astype(np.float64))
    limit = np.array(size)
    low = np.floor(np.clip(on_b.min(0), -limit, 2 * limit)).astype(int)
    high = np.ceil(np.clip(on_b.max(0), -limit, 2 * limit)).astype(int) + 1
    shift = np.array([[1, 0, -low[0]], [0, 1, -low[1]], [0, 0, 1]]) @ transform
    extent = (max(8, int(high[0] - low[0])), max(8, int(high[1] - low[1])))
    shrink = float(np.sqrt(abs(np.linalg.det(transform[:2, :2]))))
    picture = cv2.GaussianBlur(a.texture, (0, 0), 0.45 / shrink) if shrink < 0.9 else a.texture
    drawn = cv2.warpPerspective(picture, shift, extent, flags=cv2.INTER_LINEAR, borderValue=128)
    mask = cv2.warpPerspective(np.full(a.grey.shape, 255, np.uint8), shift, extent, flags=cv2.INTER_NEAREST)
    inside = (mask > 0).astype(np.float32)
    return (drawn.astype(np.float32) - 128) * inside, inside, (int(low[0]), int(low[1]))


def _correlation(
    moving: Array, inside: Array, still: Array, corner: tuple[int, int], share: float
) -> tuple[Array, tuple[int, int]]:
    """The normalised correlation at every shift (rows and columns of the answer), -1 where too little overlaps, and the
    answer's place of no shift (Padfield 2012)."""
    shape = (moving.shape[0] + still.shape[0] - 1, moving.shape[1] + still.shape[1] - 1)
    size = tuple(cv2.getOptimalDFTSize(n) for n in shape)

    def together(one: Array, other: Array) -> Array:
        """Sums of products at every shift, from the furthest back on."""
        product = np.conj(np.fft.rfft2(one, size)) * np.fft.rfft2(other, size)
        sums = np.fft.irfft2(product, size)
        rolled = np.roll(sums, (one.shape[0] - 1, one.shape[1] - 1), (0, 1))
        return np.asarray(rolled[: shape[0], : shape[1]], np.float32)

    shared, moved_energy = (_windows(p, still.shape) for p in (inside, moving * moving))
    still_energy = together(inside, still * still)
    least = share * min(float(inside.sum()), float(still.size))
    # Where only a plain ground would overlap, nothing speaks for or against it.
    texture = 0.25 * min(float((moving**2).sum() / inside.sum()), float((still**2).mean()))
    known = (shared > least) & (moved_energy > texture * shared) & (still_energy > texture * shared)
    product = together(moving, still)
    found = np.where(known, product / np.sqrt(np.maximum(moved_energy * still_energy, 1e-6)), -1)
    return found.astype(np.float32), (corner[1] + moving.shape[0] - 1, corner[0] + moving.shape[1] - 1)


def _windows(plane: Array, size: tuple[int, ...]) -> Array:
    """What of a plane lies under a window of `size`, summed, for every shift of the plane over it."""
    height, width = size
    padded = cv2.copyMakeBorder(plane, height - 1, height - 1, width - 1, width - 1, cv2.BORDER_CONSTANT)
    sums = cv2.integral(padded, sdepth=cv2.CV_64F)
    under = sums[height:, width:] - sums[:-height, width:] - sums[height:, :-width] + sums[:-height, :-width]
    return np.asarray(under[::-1, ::-1], np.float32)


def _peak(found: Array, at: tuple[int, int], reach: int) -> tuple[tuple[int, int], float]:
    top, left = max(0, at[0] - reach), max(0, at[1] - reach)
    part = found[top : at[0] + reach + 1, left : at[1] + reach + 1]
    if part.size == 0:
        return at, -1.0
    row, column = np.unravel_index(int(part.argmax()), part.shape)
    return (top + int(row), left + int(column)), float(part.max())


def _silence(found: Array, at: tuple[int, int], radius: int) -> None:
    cv2.circle(found, (at[1], at[0]), radius, -1.0, -1)
