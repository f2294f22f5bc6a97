"""Stage 3: follow the texture of one picture in the other, warped as a suggested homography says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from prodgen_django.common.arrays import Mask, Matrix, Plane, Points, half_pixel

from .features import View
from .geometry import project, shifted
from .overlaps import Agreement, agreement, occupied, overlap_mask, summed

# OpenCV's own type stubs lack some of its functions and are stricter than it about others.
_cv: Any = cv2

__all__ = ["Tracks", "follow", "rescaled", "to_small", "unscale"]


def to_small(view: View) -> Matrix:
    """Pixels of the input to registration pixels (centres at halves kept)."""
    sx, sy = view.grey.shape[1] / view.size[0], view.grey.shape[0] / view.size[1]
    return half_pixel(sx, sy)


def rescaled(transform: Matrix, a: View, b: View) -> Matrix:
    """A homography between the inputs' pixels, between the views' registration pixels."""
    return np.asarray(to_small(b) @ transform @ np.linalg.inv(to_small(a)), np.float64)


def unscale(points: Points, view: View) -> Points:
    factor = np.array([view.grey.shape[1] / view.size[0], view.grey.shape[0] / view.size[1]])
    return np.asarray((points + 0.5) / factor - 0.5, np.float64)


@dataclass
class Tracks:
    """What following the texture of b in the warped a gave, in registration pixels."""

    transform: Matrix
    source: Points
    target: Points
    tried: int
    followed: int
    agreement: float
    overlap: float
    spread: float
    textured: float
    seen: Agreement | None

    @property
    def evidence(self) -> dict[str, float]:
        return {
            "followed": self.followed,
            "followed_share": round(self.followed / self.tried, 3),
            "agreement": round(self.agreement, 3),
            "overlap": round(self.overlap, 3),
            "spread": round(self.spread, 3),
            "textured": round(self.textured, 3),
        }


def follow(
    a: View,
    b: View,
    transform: Matrix,
    rounds: int = 2,
    limit: int = 400,
    window: int = 17,
    smooth: float = 0.0,
) -> Tracks | None:
    """Refine a homography (registration pixels) by Lucas-Kanade on the warped texture; None where nothing
    overlaps.

    Points are spread over the overlap, followed forth and back; where both ways agree the pair counts as
    followed. The homography is fitted to them again, so that its accuracy is that of the pixels, not of the
    features. Only the overlap's box is looked at. `window` (pixels) and `smooth` (sigma, pixels) are for noise.
    """
    spots: Points | None = None
    for round_ in range(rounds):
        last = round_ == rounds - 1
        shared = _Shared.of(a, b, transform, last, smooth)
        if shared is None:
            return None
        if spots is None:
            spots = shared.spots(limit)
        if spots is None or len(points := shared.inside(spots)) < 8:
            return None
        # A third of the points takes out what the features' own places were off, unless few can be followed.
        few = points if last else points[:: max(1, min(3, len(points) // 60))]
        there, good = _tracked(shared.here, shared.warped, few, last, window)
        if good.sum() < 20 and len(few) < len(points):
            few = points
            there, good = _tracked(shared.here, shared.warped, few, last, window)
        if good.sum() < 8:
            return None
        source = project(np.asarray(np.linalg.inv(transform), np.float64), there[good] + shared.corner)
        target = few[good] + shared.corner
        fitted, inliers = cv2.findHomography(
            source, target, cv2.USAC_MAGSAC, 1.0, maxIters=1000, confidence=0.999
        )
        if fitted is None or inliers.sum() < 8:
            return None
        transform = np.asarray(fitted, np.float64)
        chosen = inliers.ravel() > 0
    assert shared is not None, "there is at least one round"
    seen = agreement(a, b, transform)
    agreed, textured = summed(seen)
    return Tracks(
        transform,
        source[chosen],
        target[chosen],
        len(few),
        int(chosen.sum()),
        agreed,
        shared.area / b.grey.size,
        occupied(target[chosen] - shared.corner, shared.mask),
        textured,
        seen,
    )


@dataclass
class _Shared:
    """What two pictures share under a homography: its box in b, cut out of b and drawn of a."""

    corner: npt.NDArray[np.float64]
    mask: Plane
    here: Plane
    warped: Plane

    @classmethod
    def of(cls, a: View, b: View, transform: Matrix, last: bool, smooth: float) -> _Shared | None:
        """None where next to nothing overlaps. `last`: drawn as well as can be."""
        found = overlap_mask(a, b, transform)
        if found is None or cv2.countNonZero(found[1]) < 400:
            return None
        (left, top), mask = found
        here = b.texture[top : top + mask.shape[0], left : left + mask.shape[1]]
        flags = cv2.INTER_CUBIC if last else cv2.INTER_LINEAR
        warped = cv2.warpPerspective(
            a.texture, shifted(left, top) @ transform, here.shape[::-1], flags=flags, borderValue=128
        )
        if smooth:
            here, warped = (np.asarray(cv2.GaussianBlur(x, (0, 0), smooth), np.uint8) for x in (here, warped))
        return cls(np.array([left, top], np.float64), mask, here, np.asarray(warped, np.uint8))

    @property
    def area(self) -> int:
        """Pixels that both show."""
        return int(cv2.countNonZero(self.mask))

    def spots(self, limit: int) -> Points | None:
        """At most so many corners of the texture, spread over the overlap, in pixels of b."""
        gap = max(4.0, float(np.sqrt(self.area / limit)) * 0.7)
        corners = cv2.goodFeaturesToTrack(self.here, limit, 0.01, gap, mask=self.mask, blockSize=5)
        return None if corners is None else np.asarray(corners.reshape(-1, 2) + self.corner, np.float64)

    def inside(self, spots: Points) -> Points:
        """Those of the spots that lie in the overlap, from its corner."""
        at = np.round(spots - self.corner).astype(int)
        at = np.clip(at, 0, [self.mask.shape[1] - 1, self.mask.shape[0] - 1])
        return np.asarray((spots - self.corner)[self.mask[at[:, 1], at[:, 0]] > 0])


def _tracked(here: Plane, warped: Plane, points: Points, last: bool, window: int) -> tuple[Points, Mask]:
    """Lucas-Kanade forth and back: where points of `here` lie in `warped`, and which both ways agree on."""
    lk = {
        "winSize": (window, window),
        "maxLevel": 1 if last else 2,
        "criteria": (3, 20, 0.01),
        "minEigThreshold": 1e-4,
        "flags": cv2.OPTFLOW_USE_INITIAL_FLOW,
    }
    start = points.astype(np.float32).reshape(-1, 1, 2)
    there, ok, _ = _cv.calcOpticalFlowPyrLK(here, warped, start, start.copy(), **lk)
    back, ok2, _ = _cv.calcOpticalFlowPyrLK(warped, here, there, there.copy(), **lk)
    there, back = (x.reshape(-1, 2).astype(np.float64) for x in (there, back))
    good = (ok.ravel() > 0) & (ok2.ravel() > 0) & (np.linalg.norm(points - back, axis=1) < 0.5)
    return there, np.asarray(good & (np.linalg.norm(there - points, axis=1) < (5 if last else 12)), bool)
