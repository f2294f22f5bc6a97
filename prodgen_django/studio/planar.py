"""Flat rectangular goods: their four sides in a photograph, and the true rectangle that these are the image of."""

from __future__ import annotations

from dataclasses import dataclass
from math import log

import cv2
import numpy as np
import numpy.typing as npt

from .color import Float
from .matting import Mask, shrink
from .resampling import Matrix

__all__ = [
    "FourSides",
    "Points",
    "aspect_of",
    "four_sides",
    "is_convex",
    "meeting",
    "ordered",
    "to_rectangle",
]

Points = npt.NDArray[np.float64]
"""N×2 places, or one of them, or a direction: x and y in pixels."""

_SIDE = 800  # px of the longer side at which outlines are looked at
_THIN = 0.025  # of the product's longer side: fringes, cords and handles are thinner
_CORNER = 0.09  # of a side at each of its ends, where corners may be round
_NEAR = 0.03  # of the longer side: what lies further from a side is not of it
_MOST_BENT = 0.011  # of the longer side, at nine of ten places
_LEAST_COVERED = 0.955
_FOCAL, _SPREAD = (
    1.3,
    0.35,
)  # the usual focal length in longer sides of the picture, and its spread (logarithm)
_RIGHT = 0.02  # how exactly corners found in a photograph say that an angle is right (cosine)


@dataclass(frozen=True, slots=True)
class FourSides:
    """A product's quadrilateral in its photograph.

    `corners`: float64 4×2, pixels, from the upper left clockwise, as the thing lies nearest to upright. `bent`: how far
    its outline is from straight sides, as a share of its longer side, at nine of ten places. `covered`: intersection by
    union of the two.
    """

    corners: Points
    bent: float
    covered: float

    @property
    def straight(self) -> bool:
        """Whether the outline is a convex quadrilateral, but for what is thin beyond its sides."""
        return self.bent <= _MOST_BENT and self.covered >= _LEAST_COVERED and is_convex(self.corners)


def four_sides(alpha: Float) -> FourSides | None:
    """The quadrilateral that fits a product's body best, fringes and handles left aside: float32 H×W in [0, 1].

    None where there is no body, or the frame cuts it: what is beyond the picture has no side.
    """
    small = shrink(alpha, _SIDE)
    body = _body(small >= 0.5)
    if body is None or _cut_by_frame(body):
        return None
    outlines, _ = cv2.findContours(body.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    outline = max(outlines, key=cv2.contourArea)[:, 0].astype(np.float64)
    corners = _circumscribed(cv2.convexHull(outline.astype(np.float32))[:, 0].astype(np.float64))
    if corners is None:
        return None
    bent = 1.0
    for _ in range(3):
        fitted = _fitted(outline, corners)
        if fitted is None:
            return None
        corners, bent = fitted
    drawn = np.zeros(body.shape, np.uint8)
    cv2.fillPoly(drawn, [np.rint(corners * 16).astype(np.int32)], 1, shift=4)
    covered = float((drawn & body).sum() / max(1, (drawn | body).sum()))
    across, down = alpha.shape[1] / small.shape[1], alpha.shape[0] / small.shape[0]
    scaled = (corners + 0.5) * [across, down] - 0.5
    return FourSides(ordered(scaled), bent, covered)


def aspect_of(corners: Points, picture: tuple[int, int], focal: float | None = None) -> float:
    """Width by height of the rectangle whose image has these `corners` (as `FourSides.corners`).

    `picture`: height and width of the photograph, whose middle the lens looked at. `focal`: the lens's focal length
    in pixels; by default the one under which the rectangle's angles are right, as far as they say, and else a usual
    one. Source: Zhang and He, Whiteboard scanning and image enhancement, 2007.
    """
    height, width = picture
    longer = max(picture)
    tl, tr, br, bl = (np.array([x - width / 2, y - height / 2, longer]) / longer for x, y in corners)
    second = np.cross(tl, br) @ bl / (np.cross(tr, br) @ bl)
    third = np.cross(tl, br) @ tr / (np.cross(bl, br) @ tr)
    across, down = second * tr - tl, third * bl - tl
    if focal is not None:
        return _seen_through(across, down, focal / longer)[0]
    lenses = np.geomspace(0.5, 5, 120)
    costs = [
        (_seen_through(across, down, f)[1] / _RIGHT) ** 2 + (log(f / _FOCAL) / _SPREAD) ** 2 for f in lenses
    ]
    return _seen_through(across, down, float(lenses[int(np.argmin(costs))]))[0]


def to_rectangle(corners: Points, aspect: float) -> Matrix:
    """3×3: the homography that makes a rectangle of `aspect` (width by height) of the `corners`, as large as they are
    and about their middle."""
    area = abs(cv2.contourArea(corners.astype(np.float32)))
    high = (area / aspect) ** 0.5
    wide = high * aspect
    x, y = corners.mean(0)
    target = np.array([[-wide, -high], [wide, -high], [wide, high], [-wide, high]]) / 2 + [x, y]
    found = cv2.getPerspectiveTransform(corners.astype(np.float32), target.astype(np.float32))
    return np.asarray(found, np.float64)


def _seen_through(across: Points, down: Points, focal: float) -> tuple[float, float]:
    """The aspect of a rectangle whose sides have these directions, and the cosine of its angle."""
    a, b = across / [focal, focal, 1], down / [focal, focal, 1]
    long, high = float(np.linalg.norm(a)), float(np.linalg.norm(b))
    return long / max(high, 1e-9), float(a @ b) / max(long * high, 1e-12)


def _body(solid: Mask) -> Mask | None:
    """The largest part of what is marked, without what is thin, its holes filled."""
    rows, columns = np.flatnonzero(solid.any(1)), np.flatnonzero(solid.any(0))
    if not rows.size:
        return None
    reach = max(1, round(_THIN * max(np.ptp(rows), np.ptp(columns))))
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1,) * 2)
    # A pale picture in a frame may look like ground: holes are closed before what is thin goes.
    filled = np.zeros(solid.shape, np.uint8)
    outlines, _ = cv2.findContours(solid.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    cv2.drawContours(filled, outlines, -1, 1, cv2.FILLED)
    opened = cv2.morphologyEx(filled, cv2.MORPH_OPEN, disc)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(opened)
    if count < 2:
        return None
    largest = 1 + int(np.argmax(stats[1:, cv2.CC_STAT_AREA]))
    if stats[largest, cv2.CC_STAT_AREA] < 400:
        return None
    return np.asarray(labels == largest)


def _cut_by_frame(body: Mask) -> bool:
    edges = (body[0], body[-1], body[:, 0], body[:, -1])
    return bool(sum(int(edge.sum()) for edge in edges) > 0.02 * sum(body.shape))


def _circumscribed(hull: Points) -> Points | None:
    """The quadrilateral about a convex polygon that is left when edges go, each time the one whose going adds least."""
    points = cv2.approxPolyDP(
        hull.astype(np.float32), 0.002 * cv2.arcLength(hull.astype(np.float32), True), True
    )
    polygon = [np.asarray(p, np.float64) for p in points[:, 0]]
    while len(polygon) > 4:
        best: tuple[float, int, Points] | None = None
        for n in range(len(polygon)):
            a, b, c, d = (polygon[(n + k) % len(polygon)] for k in (-1, 0, 1, 2))
            met = meeting(a, b - a, d, c - d)
            # The neighbours must meet beyond the edge that goes.
            if met is None or _beyond(met, b, a) < -1 or _beyond(met, c, d) < -1:
                continue
            added = abs(_cross(b - c, met - c)) / 2
            if best is None or added < best[0]:
                best = added, n, met
        if best is None:
            return None
        _, n, met = best
        following = (n + 1) % len(polygon)
        polygon[n] = met
        del polygon[following]
    return np.array(polygon) if len(polygon) == 4 else None


def _fitted(outline: Points, corners: Points) -> tuple[Points, float] | None:
    """The corners of the lines through what of the outline is near each side, and how far it is from them."""
    longer = max(float(np.linalg.norm(corners[n] - corners[n - 1])) for n in range(4))
    lines, apart = [], []
    for n in range(4):
        start, along = corners[n], corners[(n + 1) % 4] - corners[n]
        length = float(np.linalg.norm(along))
        if length < 0.1 * longer:
            return None
        along = along / length
        position = (outline - start) @ along / length
        distance = (outline - start) @ np.array([-along[1], along[0]])
        mine = (np.abs(distance) < _NEAR * longer) & (position > _CORNER) & (position < 1 - _CORNER)
        if mine.sum() < 0.5 * length:
            return None
        dx, dy, x, y = cv2.fitLine(outline[mine].astype(np.float32), cv2.DIST_HUBER, 0, 0.01, 0.01).ravel()
        direction, through = np.array([dx, dy], np.float64), np.array([x, y], np.float64)
        lines.append((through, direction))
        away = (outline[mine] - through) @ np.array([-direction[1], direction[0]])
        apart.append(np.percentile(np.abs(away), 90) / longer)
    met = [meeting(*lines[n - 1], *lines[n]) for n in range(4)]
    if any(point is None for point in met):
        return None
    return np.array(met), float(max(apart))


def meeting(first: Points, along: Points, second: Points, other: Points) -> Points | None:
    """Where two lines meet, each by a point and its direction; None where they run alike."""
    area = _cross(along, other)
    if abs(area) < 1e-6 * float(np.linalg.norm(along) * np.linalg.norm(other)):
        return None
    between = second - first
    return np.asarray(first + along * _cross(between, other) / area)


def _beyond(point: Points, end: Points, start: Points) -> float:
    """How many pixels a point is beyond the end of a line."""
    along = end - start
    return float((point - end) @ along / max(float(np.linalg.norm(along)), 1e-9))


def _cross(first: Points, second: Points) -> float:
    return float(first[0] * second[1] - first[1] * second[0])


def ordered(corners: Points) -> Points:
    """From the upper left clockwise: the first side is the one that runs most nearly to the right."""
    turns = np.roll(corners, -1, 0) - corners
    if _cross(turns[0], turns[1]) < 0:
        corners = corners[::-1]
        turns = np.roll(corners, -1, 0) - corners
    angles = np.abs(np.arctan2(turns[:, 1], turns[:, 0]))
    return np.roll(corners, -int(np.argmin(angles)), 0)


def is_convex(corners: Points) -> bool:
    """Whether every angle is one that a photographed rectangle has: 40 to 140 degrees."""
    for n in range(4):
        a, b = corners[n - 1] - corners[n], corners[(n + 1) % 4] - corners[n]
        cosine = float(a @ b / max(float(np.linalg.norm(a) * np.linalg.norm(b)), 1e-9))
        if abs(cosine) > 0.77 or _cross(b, a) <= 0:
            return False
    return True
