"""Places of one picture on another, and at which other shifts their textures correlate."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from scipy import fft

from prodgen_django.common.arrays import Floats, Matrix, Size, within

from .features import View
from .geometry import project
from .overlaps import Agreement, agreement
from .tracking import follow

PIXELS = 0.06e6
"""Size at which places are compared: enough for a repeat of a hundredth of the picture's width."""
LEAST = 0.09
"""Share of a picture that a place has to overlap: with less, chance agrees as well."""
GIVEN = 0.25
"""Share of a picture that photographers who mean to overlap give at least."""
LIKELY = 0.5
"""Least correlation of a place, as a share of that at the believed one, at which it is looked at more closely."""


@dataclass
class Place:
    """A homography from a's to b's registration pixels, and how well the pictures agree under it."""

    transform: Matrix
    seen: Agreement

    @property
    def share(self) -> float:
        """The share of b that a overlaps."""
        return cv2.countNonZero(self.seen.inside) / self.seen.inside.size


def place_at(a: View, b: View, transform: Matrix) -> Place | None:
    seen = agreement(a, b, transform)
    return None if seen is None else Place(transform, seen)


def near(a: View, b: View, transform: Matrix) -> Place | None:
    """The place nearby at which the pictures agree best."""
    found = [place_at(a, b, transform)]
    tracks = follow(a, b, transform, limit=150)
    if tracks is not None and tracks.seen is not None and tracks.followed >= 12:
        found.append(Place(tracks.transform, tracks.seen))
    return max((p for p in found if p is not None), key=lambda p: p.seen.total, default=None)


def shifts(
    a: View, b: View, transform: Matrix, most: int = 6, least: float = LEAST
) -> list[tuple[Matrix, float]]:
    """Other shifts of a over b (registration pixels) at which their textures correlate, each with its correlation as a
    share of that at `transform`; `least` is the share of a picture that has to overlap.

    The best come first, `most` of them. Of a short repeat those are the smallest overlaps, by chance and as they show
    no label; so then come `most` of the overlaps that a photographer gives.
    """
    height, width = b.grey.shape
    size, _ = within((width, height), PIXELS)
    small = np.diag([size[0] / width, size[1] / height, 1.0])
    still = cv2.resize(b.texture, size, interpolation=cv2.INTER_AREA).astype(np.float32) - 128
    moving, inside, corner = around(a, small @ transform, size)
    found, shared, zero = _correlation(moving, inside, still, corner, least)
    radius = max(4, round(0.03 * max(size)))
    here = _peak(found, zero, 3)[1]
    if here <= 0:
        return []
    _silence(found, zero, radius)
    made = []
    for share in (least, GIVEN):
        found[shared < share] = -1
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


def around(a: View, transform: Matrix, size: Size) -> tuple[Floats, Floats, tuple[int, int]]:
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
    moving: Floats, inside: Floats, still: Floats, corner: tuple[int, int], share: float
) -> tuple[Floats, Floats, tuple[int, int]]:
    """The normalised correlation at every shift (rows and columns of the answer), -1 where too little overlaps, the
    share of a picture that overlaps there, and the answer's place of no shift (Padfield 2012)."""
    shape = (moving.shape[0] + still.shape[0] - 1, moving.shape[1] + still.shape[1] - 1)
    size = tuple(fft.next_fast_len(n, real=True) for n in shape)

    def together(one: Floats, other: Floats) -> Floats:
        """Sums of products at every shift, from the furthest back on."""
        product = np.conj(fft.rfft2(one, size)) * fft.rfft2(other, size)
        sums = fft.irfft2(product, size)
        rolled = np.roll(sums, (one.shape[0] - 1, one.shape[1] - 1), (0, 1))
        return np.asarray(rolled[: shape[0], : shape[1]], np.float32)

    shared, moved_energy = (_windows(p, still.shape) for p in (inside, moving * moving))
    still_energy = together(inside, still * still)
    shared_part = shared / min(float(inside.sum()), float(still.size))
    # Where only a plain ground would overlap, nothing speaks for or against it.
    texture = 0.25 * min(float((moving**2).sum() / inside.sum()), float((still**2).mean()))
    known = (shared_part > share) & (moved_energy > texture * shared) & (still_energy > texture * shared)
    product = together(moving, still)
    found = np.where(known, product / np.sqrt(np.maximum(moved_energy * still_energy, 1e-6)), -1)
    zero = (corner[1] + moving.shape[0] - 1, corner[0] + moving.shape[1] - 1)
    return found.astype(np.float32), shared_part, zero


def _windows(plane: Floats, size: tuple[int, ...]) -> Floats:
    """What of a plane lies under a window of `size`, summed, for every shift of the plane over it."""
    height, width = size
    padded = cv2.copyMakeBorder(plane, height - 1, height - 1, width - 1, width - 1, cv2.BORDER_CONSTANT)
    sums = cv2.integral(padded, sdepth=cv2.CV_64F)
    under = sums[height:, width:] - sums[:-height, width:] - sums[height:, :-width] + sums[:-height, :-width]
    return np.asarray(under[::-1, ::-1], np.float32)


def _peak(found: Floats, at: tuple[int, int], reach: int) -> tuple[tuple[int, int], float]:
    top, left = max(0, at[0] - reach), max(0, at[1] - reach)
    part = found[top : at[0] + reach + 1, left : at[1] + reach + 1]
    if part.size == 0:
        return at, -1.0
    row, column = np.unravel_index(int(part.argmax()), part.shape)
    return (top + int(row), left + int(column)), float(part.max())


def _silence(found: Floats, at: tuple[int, int], radius: int) -> None:
    cv2.circle(found, (at[1], at[0]), radius, -1.0, -1)
