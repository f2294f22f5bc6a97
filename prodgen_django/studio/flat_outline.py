"""The exact outline of a flat rectangular thing that fills its picture, as a stitched rug or print does.

A network that looks for products before surroundings finds such a thing roughly. Its sides are straight edges of the
picture itself: each is laid on the outermost strong edge near where it was found. Beyond the sides only what has
another colour than the ground stays, such as a fringe.
"""

from __future__ import annotations

import cv2
import numpy as np

from .color import Float, Pixels, to_lab
from .matting import Mask, shrink
from .planar import Points, four_sides, is_convex, meeting, ordered

__all__ = ["flat_outline", "snapped"]

_SIDE = 1000  # px of the longer side at which edges are looked for
_REACH = 0.04  # of that: how far a side may have been found from where it is
_ENDS = 0.05  # of a side, at each of its ends, where its neighbours' edges are
_PLACES = 160
_STRONG = 22.0  # a step in Lab beyond which an edge is no stronger
_LEAST = 5.5  # the mean step of a side that is believed
_OUTER = 0.72  # of the strongest edge: so strong, an outer one is taken for the side
_CLOSE = 8  # px about it within which the strongest is taken
_ROUGH = 0.06  # how bent an outline may be at first
_FILLED = 0.88  # of its box that a rectangle must fill at least, as it was found at first
_APART = (7.0, 15.0)  # Lab from the ground: below it is ground, beyond it product
_LONGEST_FRINGE, _THREAD = 0.09, 0.009  # of the longer side: how far it hangs out, and the thickest thread
_DEEP = 18.0  # Lab: how much darker than the ground a shadow may be
_PALE = 0.3  # of what is beyond the sides: so much lighter than the ground, the fringe is pale
_LOOSE = 0.006  # of the longer side: how far from the body a thread may begin


def flat_outline(picture: Pixels, alpha: Float, ground: Mask) -> Float | None:
    """Alpha (float32 H×W) of the flat thing that a rough `alpha` marks in a picture (uint8 H×W×3).

    `ground`: where the picture shows anything at all, bool H×W. None where it has no four straight sides.
    """
    rough = _roughly(alpha)
    if rough is None:
        return None
    small = shrink(picture, _SIDE)
    scale = np.array([small.shape[1] / picture.shape[1], small.shape[0] / picture.shape[0]])
    found = snapped(small, (rough + 0.5) * scale - 0.5)
    if found is None:
        return None
    corners = (found + 0.5) / scale - 0.5
    inside = np.zeros(alpha.shape, np.uint8)
    cv2.fillPoly(inside, [np.rint(corners * 16).astype(np.int32)], 255, cv2.LINE_AA, 4)
    body = inside.astype(np.float32) / 255
    return np.maximum(body, _beyond(picture, alpha, body, ground))


def _roughly(alpha: Float) -> Points | None:
    """The corners of the quadrilateral that fits an outline more or less."""
    found = four_sides(np.pad(alpha, 8))
    if found is not None and found.bent <= _ROUGH and is_convex(found.corners):
        return found.corners - 8
    small = shrink(alpha, _SIDE // 2)
    solid = (small >= 0.5).astype(np.uint8)
    outlines, _ = cv2.findContours(solid, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    if not outlines:
        return None
    (x, y), _, angle = cv2.minAreaRect(max(outlines, key=cv2.contourArea))
    reach = round(1.5 * max(small.shape))
    turn = cv2.getRotationMatrix2D((x, y), angle - 90 * round(angle / 90), 1.0)
    turn[:, 2] += reach / 2 - np.array([x, y])
    level = cv2.warpAffine(solid, turn, (reach, reach), flags=cv2.INTER_NEAREST)
    # What is left over beside a thing is beside less than half of a side: the usual extent is its own.
    (left, right), (top, bottom) = _extent(level), _extent(level.T)
    if level[top:bottom, left:right].sum() < _FILLED * (right - left) * (bottom - top):
        return None
    box = np.array([[left, top], [right, top], [right, bottom], [left, bottom]], np.float64) - 0.5
    found = (box - turn[:, 2]) @ np.linalg.inv(turn[:, :2]).T
    scale = np.array([alpha.shape[1] / small.shape[1], alpha.shape[0] / small.shape[0]])
    return ordered((found + 0.5) * scale - 0.5)


def _extent(level: Mask) -> tuple[int, int]:
    """Where rows of what is marked usually begin and end."""
    rows = level[level.any(1)]
    rows = rows[len(rows) // 5 : len(rows) - len(rows) // 5]
    return int(np.median(rows.argmax(1))), int(level.shape[1] - np.median(rows[:, ::-1].argmax(1)))


def snapped(small: Pixels, corners: Points) -> Points | None:
    """The corners, 4×2, of the straight edges of a picture that lie nearest to a quadrilateral found roughly."""
    lab = to_lab(cv2.GaussianBlur(small, (0, 0), 1))
    reach = round(_REACH * max(small.shape))
    middle = corners.mean(0)
    lines = []
    for n in range(4):
        start, end = corners[n], corners[(n + 1) % 4]
        along = end - start
        normal = np.array([along[1], -along[0]]) / max(float(np.linalg.norm(along)), 1e-6)
        if normal @ (start - middle) < 0:
            normal = -normal
        offsets = _edge(lab, start, end, normal, reach)
        if offsets is None:
            return None
        first, last = start + normal * offsets[0], end + normal * offsets[1]
        lines.append((first, last - first))
    met = [meeting(*lines[n - 1], *lines[n]) for n in range(4)]
    if any(point is None for point in met):
        return None
    found = np.array(met)
    return found if is_convex(found) else None


def _edge(lab: Float, start: Points, end: Points, normal: Points, reach: int) -> tuple[float, float] | None:
    """How far outward the straight edge beside a line begins and ends, in pixels; None where there is none."""
    shares = np.linspace(_ENDS, 1 - _ENDS, _PLACES)
    steps = np.arange(-reach - 2, reach + 3)
    places = start + (end - start) * shares[:, None]
    where = places[:, None] + normal * steps[None, :, None]
    seen = cv2.remap(
        lab, where[..., 0].astype(np.float32), where[..., 1].astype(np.float32), cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REPLICATE,
    )  # fmt: skip
    step = np.minimum(np.linalg.norm(seen[:, 4:] - seen[:, :-4], axis=2), _STRONG)
    step = cv2.dilate(step.astype(np.float32), np.ones((1, 3), np.uint8))
    ends = np.arange(-reach, reach + 1, 2)
    first, last = (one.ravel() for one in np.meshgrid(ends, ends, indexing="ij"))
    offsets = first[:, None] + (last - first)[:, None] * shares
    columns = np.clip(np.rint(offsets).astype(int) + reach, 0, step.shape[1] - 1)
    # The worse half counts as well: an edge is one along the whole of a side.
    taken = step[np.arange(_PLACES)[None], columns]
    scores = 0.5 * taken.mean(1) + 0.5 * np.median(taken, axis=1)
    if scores.max() < _LEAST:
        return None
    strong = np.flatnonzero(scores >= max(_LEAST, _OUTER * scores.max()))
    outward = first[strong] + last[strong]
    outer = strong[int(np.argmax(outward))]
    # The outermost of them may cut a corner: the strongest close by is the edge itself.
    close = (np.abs(first[strong] - first[outer]) <= _CLOSE) & (np.abs(last[strong] - last[outer]) <= _CLOSE)
    best = strong[close][int(np.argmax(scores[strong][close]))]
    return _refined(step, float(first[best]), float(last[best]), shares, reach)


def _refined(step: Float, first: float, last: float, shares: Points, reach: int) -> tuple[float, float]:
    """The same line to a fraction of a pixel, by what is strongest beside it at each place."""
    around = np.arange(-3, 4)
    columns = np.clip(
        np.rint(first + (last - first) * shares).astype(int)[:, None] + reach + around, 0, step.shape[1] - 1
    )
    weights = np.maximum(np.take_along_axis(step, columns, 1) - _LEAST / 2, 0) ** 2
    sure = weights.sum(1) > 1
    if sure.sum() < 20:
        return first, last
    offsets = (weights * (columns - reach)).sum(1)[sure] / weights.sum(1)[sure]
    slope, base = np.polyfit(shares[sure], offsets, 1, w=np.sqrt(np.minimum(weights.sum(1)[sure], 100)))
    return float(base), float(base + slope)


def _beyond(picture: Pixels, alpha: Float, body: Float, ground: Mask) -> Float:
    """What hangs out beyond the sides: near them, and of another colour than the ground there, but no shadow."""
    longer = max(picture.shape[:2])
    lab = to_lab(picture)
    bare = (body == 0) & ground
    rows, columns = np.nonzero(body > 0.5)
    wide = max(np.ptp(rows), np.ptp(columns)) if rows.size else 0
    near = cv2.dilate(
        (body > 0).astype(np.uint8),
        np.ones((3, 3), np.uint8),
        iterations=max(1, round(_LONGEST_FRINGE * wide / 2)),
    )
    if bare.sum() < 0.005 * bare.size:
        return np.zeros_like(alpha)
    # The ground under a fringe is the ground beside it: its median, which threads do not reach.
    reach = max(3, round(0.03 * longer)) | 1
    plain = _smooth(lab, bare, reach)
    # The network misses single threads, but has seen some of them near by.
    seen = cv2.dilate((alpha > 0.02).astype(np.uint8), np.ones((2 * reach + 1,) * 2, np.uint8))
    where = bare & (near == 1) & (seen == 1)
    share = np.where(where, _apart(lab, plain, _DEEP), 0)
    lighter = np.where(where, _apart(lab, plain, np.inf), 0)
    if lighter.sum() > _PALE * share.sum():
        share = lighter  # beside pale threads what is dark is their own shadow, however deep
    # Threads are thin; what is broad is a wall, a shadow or the next thing.
    broad = np.ones((max(3, round(_THREAD * wide)),) * 2, np.uint8)
    solid = cv2.dilate(
        cv2.morphologyEx((share > 0.3).astype(np.uint8), cv2.MORPH_OPEN, broad), np.ones((9, 9), np.uint8)
    )
    return _hanging(np.where(solid == 1, 0, share).astype(np.float32), body, max(3, round(_LOOSE * wide)))


def _apart(lab: Float, ground: Float, deep: float) -> Float:
    """How far colours are from the ground's, 0 to 1. A shadow is none: it takes lightness, up to `deep`, and
    of the colour as much."""
    taken = np.clip(lab[..., :1] / np.maximum(ground[..., :1], 1), 0, 1) if deep == np.inf else 1
    apart = lab - np.concatenate([ground[..., :1], ground[..., 1:] * taken], axis=2)
    apart[..., 0] = np.maximum(apart[..., 0], 0) + np.maximum(-apart[..., 0] - deep, 0)
    return np.clip((np.linalg.norm(apart, axis=2) - _APART[0]) / (_APART[1] - _APART[0]), 0, 1)


def _hanging(share: Float, body: Float, reach: int) -> Float:
    """What begins within `reach` pixels of the body: a thread hangs on it, while the lines where the ground of two
    photographs meets lie apart from it."""
    _, parts = cv2.connectedComponents((share > 0.1).astype(np.uint8), connectivity=8)
    close = cv2.dilate((body > 0).astype(np.uint8), np.ones((2 * reach + 1,) * 2, np.uint8)) == 1
    kept = np.zeros(int(parts.max()) + 1, np.uint8)
    kept[parts[close]] = 1
    kept[0] = 0
    # With the soft rim of each.
    return np.where(cv2.dilate(kept[parts], np.ones((3, 3), np.uint8)) == 1, share, 0)


def _smooth(lab: Float, bare: Mask, reach: int) -> Float:
    """The ground's colour about every place, as of the places that are bare: a median of small means."""
    small = 8
    size = (max(1, lab.shape[1] // small), max(1, lab.shape[0] // small))
    weight = cv2.resize(bare.astype(np.float32), size, interpolation=cv2.INTER_AREA)
    mean = cv2.resize(lab * bare[..., None].astype(np.float32), size, interpolation=cv2.INTER_AREA)
    kernel = (max(3, reach // small) * 4 | 1,) * 2
    total = cv2.blur(mean, kernel) / np.maximum(cv2.blur(weight, kernel), 1e-4)[..., None]
    middle = np.median(lab[bare][::97], axis=0)
    known = cv2.blur(weight, kernel)[..., None] > 0.01
    return cv2.resize(np.where(known, total, middle).astype(np.float32), lab.shape[1::-1])
