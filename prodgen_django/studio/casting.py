"""The shadow that a standing product casts on the ground, from its outline alone.

The outline is read row by row as a stack of discs: a run of opaque pixels is the section of something round that stands
on the foot below it, so that thin legs, bodies and rings each get a shadow of their own, from where they touch the
ground. Every disc is laid down along the light and softened by how high it hangs. Pixels are the picture's, rows run
downwards.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace

import cv2
import numpy as np

from .color import Float
from .sets import Direction

__all__ = ["Stack", "cast", "occluded", "stacked"]

_SIDE = 640  # shadows are soft: they are drawn at this size and enlarged
_LEVELS = 6
_LEAST_HANGING = 0.08  # of the picture's height
_DEEPEST = (
    0.42  # of its width: so far above the lowest foot is the furthest one of a thing that was seen from above
)
_STEEPEST = 1.2  # the ground rises from foot to foot no steeper
_ROUND = 0.06
# Of its width: how straight and how long the lower edge of a box is, how steeply it runs back at most, and how far
# above its ground it may be, on feet.
_STRAIGHT, _LONG_EDGE, _FLATTEST, _STANDS_OVER = 0.012, 0.3, 0.7, 0.06


@dataclass(slots=True)
class Disc:
    """A section of the product, in pixels of the picture: its middle, half its width and half its depth as they are
    seen, its height above the ground, the row of the ground that its middle stands over, and the row that it is in."""

    x: float
    radius: float
    depth: float
    height: float
    base: float
    row: int


@dataclass(frozen=True, slots=True)
class Stack:
    """A product as discs, in pixels of a picture of `shape` that is `scale` times the size of the whole one, which has
    the shape `whole`. `size`: the product's longer side."""

    discs: list[Disc]
    size: float
    shape: tuple[int, int]
    elevation: float
    flat: float
    scale: float
    whole: tuple[int, int]


@dataclass(slots=True)
class _Run:
    left: int
    right: int
    base: float | None  # the row of the foot below it


def stacked(mask: Float, elevation: float, flat: float = 1.0) -> Stack:
    """The discs of `mask` (float32 h×w in [0, 1]), seen from `elevation` degrees above the horizon.

    `flat`: a product's depth by its width: 1 for what is round, less for a frame that stands.
    """
    scale = min(1.0, _SIDE / max(mask.shape))
    whole = (mask.shape[0], mask.shape[1])
    if scale < 1:
        mask = cv2.resize(mask, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    solid = mask > (0.5 if scale > 0.9 else 0.4)  # thin legs are to stay whole
    rows = np.flatnonzero(solid.any(1))
    if not rows.size:
        return Stack([], 0.0, solid.shape, elevation, flat, scale, whole)
    top, bottom = int(rows[0]), int(rows[-1])
    columns = np.flatnonzero(solid.any(0))
    wide = float(columns[-1] - columns[0] + 1)
    squash = math.sin(math.radians(elevation)) * flat
    reach = max(wide * squash, 0.015 * (bottom - top + 1))
    feet = _Feet(bottom, bottom - top + 1, reach, _DEEPEST * wide)
    tall = _lengths(solid)
    discs: list[Disc] = []  # of the lowest row first
    below: list[_Run] = []
    for y in range(bottom, top - 1, -1):
        runs = _runs(solid[y])
        for run in runs:
            under = [one for one in below if one.left <= run.right and run.left <= one.right]
            known = [one.base for one in under if one.base is not None]
            if known:  # what joins several legs stands over the middle between them
                run.base = float(np.mean(known))
                feet.widen(run, y)
            elif not under and feet.stands(run, y):
                run.base = float(y)
            if run.base is not None:
                # The near rim of its foot is where one sees it end; its middle stands behind that.
                disc = _section(run, y, tall, squash)
                disc.base = run.base - disc.depth
                disc.height = max(0.0, disc.base - y)
                discs.append(disc)
        below = runs
    known_bases = [disc.base for disc in discs]
    discs += _edges(solid, wide)
    if known_bases:
        discs += _hanging(solid, tall, squash, discs, float(np.median(known_bases)))
    return Stack(discs, float(max(wide, bottom - top + 1)), solid.shape, elevation, flat, scale, whole)


@dataclass(slots=True)
class _Feet:
    """Where a product touches the ground: what ends no further above its lowest foot than it may be deep (`reach`), and
    what ends further up, at most `deepest`, to the side of another foot and not above it, as a handle does."""

    bottom: int
    height: int
    reach: float
    deepest: float
    found: list[list[float]] = field(default_factory=list)  # left, right and row

    def stands(self, run: _Run, y: int) -> bool:
        """Whether a run beneath which there is nothing is a foot; it then counts as one."""
        if self.bottom - y > self.reach:
            if self.bottom - y > self.deepest:
                return False
            if not any(
                row - y <= _STEEPEST * self._away(run, left, right) for left, right, row in self.found
            ):
                return False
        self.found.append([run.left, run.right, y])
        return True

    def widen(self, run: _Run, y: int) -> None:
        """A round foot is wider a little above its lowest row."""
        for foot in self.found:
            if foot[2] == run.base and foot[2] - y <= _ROUND * self.height:
                foot[0], foot[1] = min(foot[0], run.left), max(foot[1], run.right)

    @staticmethod
    def _away(run: _Run, left: float, right: float) -> float:
        return max(left - run.right, run.left - right, 0.0)


def _runs(row: np.ndarray) -> list[_Run]:
    edges = np.flatnonzero(np.diff(np.concatenate([[0], row.astype(np.int8), [0]])))
    return [_Run(int(a), int(b) - 1, None) for a, b in zip(edges[::2], edges[1::2], strict=True)]


def _lengths(solid: np.ndarray) -> np.ndarray:
    """How long the unbroken column is in which each opaque pixel lies: int h×w."""
    up = np.zeros(solid.shape, np.int32)
    down = np.zeros(solid.shape, np.int32)
    for y in range(1, len(solid)):
        up[y] = (up[y - 1] + 1) * solid[y - 1]
        down[-y - 1] = (down[-y] + 1) * solid[-y]
    return up + down + 1


def _section(run: _Run, y: int, tall: np.ndarray, squash: float) -> Disc:
    """No thing is deeper than it is seen to be from above: a bar is thin, however long."""
    radius = (run.right - run.left + 1) / 2
    seen = float(np.median(tall[y, run.left : run.right + 1])) / 2
    return Disc((run.left + run.right) / 2, radius, min(radius * squash, seen), 0.0, 0.0, y)


def _edges(solid: np.ndarray, wide: float) -> list[Disc]:
    """Discs along the straight lower edges of a box that is seen from its corner: it stands on them.

    A bowl's outline rises from its foot too, but it bends.
    """
    columns = np.flatnonzero(solid.any(0))
    lowest = len(solid) - 1 - solid[::-1].argmax(0)
    points = np.stack([columns, lowest[columns]], 1).astype(np.int32)
    hull = cv2.approxPolyDP(cv2.convexHull(points), _STRAIGHT * wide, True)[:, 0].astype(float)
    start = hull[:, 1].argmax()
    found: list[Disc] = []
    for step in (1, -1):
        (x0, y0), (x1, y1) = hull[start], hull[(start + step) % len(hull)]
        away, rise = abs(x1 - x0), y0 - y1
        if away < _LONG_EDGE * wide or not 0.02 * away < rise < _FLATTEST * away:
            continue
        radius = max(1.0, 0.012 * wide)
        along = np.arange(min(x0, x1), max(x0, x1), radius)
        ground = y0 + (y1 - y0) * (along - x0) / (x1 - x0)
        near = ground - lowest[along.astype(int)] <= _STANDS_OVER * wide
        if near.mean() < 0.6:  # two legs, and nothing between them
            continue
        found += [
            Disc(float(x), 1.5 * radius, 0.5 * radius, 0.0, float(row) - 0.5 * radius, int(row))
            for x, row in zip(along[near], ground[near], strict=True)
        ]
    return found


def _hanging(
    solid: np.ndarray, tall: np.ndarray, squash: float, discs: list[Disc], base: float
) -> list[Disc]:
    """Discs of what nothing holds from below, a shade's rim or a handle: it stands over the rest's middle."""
    covered = np.zeros(solid.shape, bool)
    for disc in discs:
        covered[disc.row, max(0, int(disc.x - disc.radius)) : int(disc.x + disc.radius) + 1] = True
    found = []
    for y in np.flatnonzero((solid & ~covered).any(1)):
        for run in _runs(solid[y] & ~covered[y]):
            disc = _section(run, int(y), tall, squash)
            # It does not touch the ground, whatever its row says.
            disc.base, disc.height = base, max(_LEAST_HANGING * len(solid), base - y)
            found.append(disc)
    return found


def cast(stack: Stack, light: Direction, wall: float | None = None) -> Float:
    """How much of this light the ground loses: float32 of the picture's shape, 0 none to 1 all.

    `wall`: the row at which a wall behind the product meets the ground; what falls that far climbs it.
    """
    turn, lean = math.radians(light.azimuth), 1 / math.tan(math.radians(max(light.elevation, 8.0)))
    along = lean / math.cos(math.radians(stack.elevation))
    right = -along * math.sin(turn)
    down = -along * math.cos(turn) * math.sin(math.radians(stack.elevation))
    soft = light.softness * math.hypot(1, lean)
    return _drawn(stack, right, down, soft, 0.004, wall)


def occluded(stack: Stack, reach: float = 0.09) -> Float:
    """How much of the sky's light is kept from the ground by what touches it or hangs close above: float32."""
    near = replace(stack, discs=[disc for disc in stack.discs if disc.height < 1.4 * reach * stack.size])
    touching = replace(stack, discs=[disc for disc in stack.discs if disc.height < 0.02 * stack.size])
    wide = _drawn(near, 0.0, 0.0, 0.9, 0.02)
    tight = _drawn(touching, 0.0, 0.0, 0.5, 0.004)
    return 1 - (1 - 0.55 * wide) * (1 - 0.7 * tight)


def _drawn(
    stack: Stack, right: float, down: float, soft: float, least: float, wall: float | None = None
) -> Float:
    """Every disc on the ground, moved by (`right`, `down`) times its height and softened by `soft` times it."""
    if not stack.discs:
        return np.zeros(stack.whole, np.float32)
    # What is cast out of the picture must not end in a seam within it.
    margin = round(0.35 * max(stack.shape))
    rows, columns = (n + 2 * margin for n in stack.shape)
    wall = None if wall is None else wall * stack.scale
    highest = max(disc.height for disc in stack.discs) or 1.0
    squash = max(math.sin(math.radians(stack.elevation)) * stack.flat, 0.03)
    levels = [np.zeros((rows, columns), np.float32) for _ in range(_LEVELS)]
    for disc in stack.discs:
        place = math.sqrt(disc.height / highest) * (_LEVELS - 1)
        first = min(int(place), _LEVELS - 2)
        x, y, depth = disc.x + right * disc.height, disc.base + down * disc.height, disc.depth
        if wall is not None and y < wall < disc.base:
            share = (disc.base - wall) / (disc.base - y)  # of its way it is over the ground
            x = disc.x + right * disc.height * share
            y, depth = wall - disc.height * (1 - share), 1.0
        centre = (x + margin, y + margin)
        axes = (max(0.6, disc.radius), max(0.6, depth))
        for level, weight in ((first, 1 - (place - first)), (first + 1, place - first)):
            if weight > 0.02:
                _disc(levels[level], centre, axes, weight)
    total = np.zeros((rows, columns), np.float32)
    for number, plane in enumerate(levels):
        height = (number / (_LEVELS - 1)) ** 2 * highest
        sigma = max(0.7, soft * height + least * stack.size)
        total += _softened(plane, sigma, max(0.7, sigma * max(squash, 0.35)))
    total = np.clip(total, 0, 1)[margin : rows - margin, margin : columns - margin]
    return np.clip(cv2.resize(total, stack.whole[::-1], interpolation=cv2.INTER_CUBIC), 0, 1)


def _softened(plane: Float, across: float, down: float) -> Float:
    """A Gaussian blur, at a size at which the narrower of its widths is some pixels."""
    factor = 2 ** max(0, int(math.log2(min(across, down) / 2)))
    if factor == 1:
        return np.asarray(cv2.GaussianBlur(plane, (0, 0), across, sigmaY=down), np.float32)
    size = (max(2, plane.shape[1] // factor), max(2, plane.shape[0] // factor))
    small = cv2.resize(plane, size, interpolation=cv2.INTER_AREA)
    small = cv2.GaussianBlur(small, (0, 0), across / factor, sigmaY=down / factor)
    return np.asarray(cv2.resize(small, plane.shape[::-1], interpolation=cv2.INTER_CUBIC), np.float32)


def _disc(plane: Float, centre: tuple[float, float], axes: tuple[float, float], weight: float) -> None:
    """Draw a disc as the greater of what is there and `weight`."""
    high, wide = plane.shape
    left, right = max(0, int(centre[0] - axes[0]) - 2), min(wide, int(centre[0] + axes[0]) + 3)
    top, bottom = max(0, int(centre[1] - axes[1]) - 2), min(high, int(centre[1] + axes[1]) + 3)
    if left >= right or top >= bottom:
        return
    y = np.arange(top, bottom, dtype=np.float32)[:, None] - centre[1]
    x = np.arange(left, right, dtype=np.float32)[None] - centre[0]
    away = np.sqrt((x / axes[0]) ** 2 + (y / axes[1]) ** 2)
    edge = np.clip((1 - away) * min(axes) + 0.5, 0, 1) * weight
    view = plane[top:bottom, left:right]
    np.maximum(view, edge, out=view)
