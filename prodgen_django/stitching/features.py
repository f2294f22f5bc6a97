"""Stage 1: grey pictures at working size and their local features (ORB, RootSIFT)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import cv2
import numpy as np

from prodgen_django.common.arrays import Floats, Image, Matrix, Plane, Size, shrunk, within

# OpenCV's own type stubs lack some of its functions and are stricter than it about others.
_cv: Any = cv2


@dataclass(frozen=True)
class Level:
    """One level of the cascade: dearer features, tried only where the cheaper ones did not connect a
    picture."""

    name: str
    pixels: float
    """Largest working size, in pixels."""
    limit: int
    """Most features kept in a picture."""
    iterations: int
    """MAGSAC's."""
    smooth: float = 0.0
    """Gaussian sigma before detection, against noise; pixels of the working size."""
    guesses: int = 0
    """How many further hypotheses from single features are worth a try."""
    scales: int = 4
    """ORB's pyramid: levels, each 1.3 times smaller."""
    corner: int = 5
    """ORB's corner test: least difference in grey levels."""

    @property
    def binary(self) -> bool:
        return self.name.startswith("orb")


LEVELS = (
    Level("orb", 0.25e6, 500, 2000, smooth=1.5, scales=2, corner=8),
    Level("orb-fine", 0.50e6, 1600, 4000, smooth=1.5),
    Level("sift", 0.25e6, 1500, 6000),
    Level("sift-fine", 0.80e6, 4000, 20000, guesses=3),
    Level("sift-smooth", 0.80e6, 4000, 20000, smooth=1.5, guesses=3),
)


@dataclass
class Features:
    """Key points in the picture's own pixels with unit descriptors, so that a product of two is their
    cosine."""

    points: Matrix
    descriptors: Floats
    angles: Floats
    """Degrees."""
    scales: Floats


@dataclass
class View:
    """One input as the registration sees it: small grey versions and lazily computed features."""

    size: Size
    """Width, height of the input."""
    grey: Plane
    """At registration size."""
    scale: float
    """Registration size / input size."""
    features: dict[str, Features] = field(default_factory=dict)
    normalised: Plane | None = None
    smaller: View | None = None
    banded: Floats | None = None
    """Band-passed at the size at which pictures are compared (`overlaps.agreement`)."""

    @classmethod
    def of(cls, image: Image, pixels: float = 0.8e6) -> View:
        height, width = image.shape[:2]
        size, scale = within((width, height), pixels)
        small = shrunk(image, size) if scale < 1 else image
        return cls((width, height), np.asarray(cv2.cvtColor(small, cv2.COLOR_RGB2GRAY), np.uint8), scale)

    @property
    def coarse(self) -> View:
        """The same at the size of the cheapest features, which is enough to follow points in most pictures."""
        if self.smaller is None:
            shrink = float(np.sqrt(LEVELS[0].pixels / self.grey.size))
            if shrink >= 1:
                return self
            # Between halving and full size two pixels a side are average enough, and quicker than areas.
            how = cv2.INTER_LINEAR if shrink > 0.5 else cv2.INTER_AREA
            size = (round(self.grey.shape[1] * shrink), round(self.grey.shape[0] * shrink))
            grey = cv2.resize(self.grey, size, interpolation=how)
            self.smaller = View(self.size, np.asarray(grey, np.uint8), self.scale * shrink)
        return self.smaller

    def at(self, level: Level) -> Features:
        if level.name not in self.features:
            self.features[level.name] = detect(self, level)
        return self.features[level.name]

    def at_any(self) -> Matrix:
        """The points of the richest features computed so far."""
        return max((f.points for f in self.features.values()), key=len, default=np.zeros((0, 2)))

    @property
    def texture(self) -> Plane:
        """The grey picture with local brightness and contrast taken out (mean 128), for tracking and
        comparing."""
        if self.normalised is None:
            self.normalised = local_contrast(self.grey)
        return self.normalised


def local_contrast(grey: Plane, sigma: float = 10.0, floor: float = 6.0) -> Plane:
    """Subtract the local mean and divide by the local deviation, so that light and vignettes do not matter.

    `floor` (grey levels) keeps sensor noise on flat cloth from being blown up into texture. Mean and
    deviation vary slowly, so they are measured at a quarter of the size.
    """
    full, size = (grey.shape[1], grey.shape[0]), (max(1, grey.shape[1] // 4), max(1, grey.shape[0] // 4))
    side = int(sigma / 2) | 1
    mean = cv2.resize(grey, size, interpolation=cv2.INTER_AREA).astype(np.float32)
    mean = cv2.blur(cv2.blur(mean, (side, side)), (side, side))
    out = cv2.resize(mean, full, interpolation=cv2.INTER_LINEAR)
    cv2.subtract(grey, out, out, dtype=cv2.CV_32F)
    square = cv2.resize(cv2.multiply(out, out), size, interpolation=cv2.INTER_AREA)
    deviation = np.sqrt(np.maximum(cv2.blur(square, (side * 2 + 1, side * 2 + 1)), 0))
    slope = (40 / (deviation + floor)).astype(np.float32)
    cv2.multiply(out, cv2.resize(slope, full, interpolation=cv2.INTER_LINEAR), out)
    return np.asarray(cv2.add(out, 128.0, dtype=cv2.CV_8U), np.uint8)


def detect(view: View, level: Level) -> Features:
    """Features at the level's own size, in pixels of the input.

    ORB looks at the texture, since its corner test knows one threshold for the whole picture; SIFT at the grey
    picture with its histogram evened out.
    """
    if level.binary:
        view = view.coarse if level.pixels <= LEVELS[0].pixels else view
    grey = view.texture if level.binary else view.grey
    shrink = min(1.0, float(np.sqrt(level.pixels / grey.size)))
    work = grey
    if shrink < 0.99:
        # A size, not a factor: with a factor OpenCV places pixels by it, whatever the size is rounded to.
        size = (round(grey.shape[1] * shrink), round(grey.shape[0] * shrink))
        work = np.asarray(cv2.resize(grey, size, interpolation=cv2.INTER_AREA), np.uint8)
    fx, fy = work.shape[1] / grey.shape[1] * view.scale, work.shape[0] / grey.shape[0] * view.scale
    if level.smooth:
        work = cv2.GaussianBlur(work, (0, 0), level.smooth)
    if level.binary:
        finder = _cv.ORB_create(
            2 * level.limit, scaleFactor=1.3, nlevels=level.scales, fastThreshold=level.corner
        )
        points, raw = finder.compute(work, spread(finder.detect(work, None), work.shape, level.limit))
    else:
        work = cv2.createCLAHE(2.0, (8, 8)).apply(work)
        points, raw = _cv.SIFT_create(level.limit, contrastThreshold=0.012).detectAndCompute(work, None)
    if raw is None or len(points) == 0:
        return Features(np.zeros((0, 2)), np.zeros((0, 1), np.float32), *(np.zeros(0, np.float32),) * 2)
    if level.binary:
        # Bits as ±1: the cosine counts equal bits, and a matrix product is quicker than counting them.
        descriptors = np.unpackbits(raw, axis=1).astype(np.float32) / np.float32(8) - np.float32(1 / 16)
    else:
        # RootSIFT (Arandjelović and Zisserman 2012): the Hellinger kernel in place of the Euclidean one.
        descriptors = np.sqrt(raw / (raw.sum(1, keepdims=True) + 1e-9)).astype(np.float32)
    # Pixel centres: a resized picture's pixel x covers input pixels around (x + 0.5) / f - 0.5.
    at = (np.array([p.pt for p in points]) + 0.5) / [fx, fy] - 0.5
    angles = np.array([p.angle for p in points], np.float32)
    sizes = np.array([p.size for p in points], np.float32)
    return Features(np.asarray(at), np.asarray(descriptors, np.float32), angles, sizes / np.float32(fx))


def spread(points: Sequence[Any], shape: Sequence[int], limit: int, cells: int = 8) -> list[Any]:
    """At most `limit` key points, the strongest of every cell first: the strongest of the whole picture
    crowd on its boldest print, and the overlap may lie elsewhere."""
    if len(points) <= limit:
        return list(points)
    at = np.array([p.pt for p in points])
    strength = np.array([p.response for p in points])
    cell = (at[:, 1] * cells / shape[0]).astype(int) * cells + (at[:, 0] * cells / shape[1]).astype(int)
    order = np.lexsort((-strength, cell))
    begins = np.r_[0, np.flatnonzero(np.diff(cell[order])) + 1]
    rank = np.arange(len(order)) - np.repeat(begins, np.diff(np.r_[begins, len(order)]))
    return [points[i] for i in order[np.lexsort((-strength[order], rank))][:limit]]
