"""Stage 3: is a suggested homography true? Followed in the pixels themselves, not in the features that
suggested it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from .direct import align
from .features import View
from .matching import Candidate, Points, plausible, project
from .overlaps import Agreement, agreement, occupied, overlap_mask, summed
from .verifier import vouch

# OpenCV's own type stubs lack some of its functions and are stricter than it about others.
_cv: Any = cv2


COARSE_ENOUGH = 0.55
"""Least scale of the small pictures at which points are followed in them: what is followed is off by about a fiftieth
of a pixel, which then stays below a twentieth of the input's."""


DIRECT = (0.88, 0.8, 0.5)
"""Least agreement, correlation and textured share for an edge that rests on the alignment of all pixels: such an
alignment always finds some optimum, and false ones come to an agreement of 0.75."""


@dataclass
class Edge:
    """Two pictures that were seen to overlap: sub-pixel correspondences and what spoke for them."""

    a: int
    b: int
    transform: npt.NDArray[np.float64]
    """Pixels of a to pixels of b."""
    source: Points
    target: Points
    evidence: dict[str, float]
    level: str

    @property
    def strength(self) -> float:
        return float(len(self.source)) * max(0.0, self.evidence["agreement"])


def to_small(view: View) -> npt.NDArray[np.float64]:
    """Pixels of the input to registration pixels (centres at halves kept)."""
    sx, sy = view.grey.shape[1] / view.size[0], view.grey.shape[0] / view.size[1]
    return np.array([[sx, 0, 0.5 * sx - 0.5], [0, sy, 0.5 * sy - 0.5], [0, 0, 1]])


def rescaled(transform: npt.NDArray[np.float64], a: View, b: View) -> npt.NDArray[np.float64]:
    """A homography between the inputs' pixels, between the views' registration pixels."""
    return np.asarray(to_small(b) @ transform @ np.linalg.inv(to_small(a)), np.float64)


def _unscale(points: Points, view: View) -> Points:
    factor = np.array([view.grey.shape[1] / view.size[0], view.grey.shape[0] / view.size[1]])
    return np.asarray((points + 0.5) / factor - 0.5, np.float64)


@dataclass
class Tracks:
    """What following the texture of b in the warped a gave, in registration pixels."""

    transform: npt.NDArray[np.float64]
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
    transform: npt.NDArray[np.float64],
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
    height, width = b.grey.shape
    spots: Points | None = None
    for round_ in range(rounds):
        found = overlap_mask(a, b, transform)
        if found is None:
            return None
        (left, top), mask = found
        corner = np.array([left, top], np.float64)
        area = int(cv2.countNonZero(mask))
        if area < 400:
            return None
        here = b.texture[top : top + mask.shape[0], left : left + mask.shape[1]]
        shift = np.array([[1, 0, -left], [0, 1, -top], [0, 0, 1]], np.float64)
        last = round_ == rounds - 1
        flags = cv2.INTER_CUBIC if last else cv2.INTER_LINEAR
        warped = cv2.warpPerspective(
            a.texture, shift @ transform, here.shape[::-1], flags=flags, borderValue=128
        )
        if smooth:
            here, warped = (np.asarray(cv2.GaussianBlur(x, (0, 0), smooth), np.uint8) for x in (here, warped))
        if spots is None:
            gap = max(4.0, float(np.sqrt(area / limit)) * 0.7)
            corners = cv2.goodFeaturesToTrack(here, limit, 0.01, gap, mask=mask, blockSize=5)
            if corners is None:
                return None
            spots = corners.reshape(-1, 2) + corner
        inside = np.round(spots - corner).astype(int)
        inside = np.clip(inside, 0, [mask.shape[1] - 1, mask.shape[0] - 1])
        points = (spots - corner)[mask[inside[:, 1], inside[:, 0]] > 0]
        if len(points) < 8:
            return None
        # A third of the points takes out what the features' own places were off, unless few can be followed.
        few = points if last else points[:: max(1, min(3, len(points) // 60))]
        there, good = _tracked(here, warped, few, last, window)
        if good.sum() < 20 and len(few) < len(points):
            few = points
            there, good = _tracked(here, warped, few, last, window)
        points = few
        if good.sum() < 8:
            return None
        source = project(np.asarray(np.linalg.inv(transform), np.float64), there[good] + corner)
        target = points[good] + corner
        fitted, inliers = cv2.findHomography(
            source, target, cv2.USAC_MAGSAC, 1.0, maxIters=1000, confidence=0.999
        )
        if fitted is None or inliers.sum() < 8:
            return None
        transform = np.asarray(fitted, np.float64)
        chosen = inliers.ravel() > 0
    tried, followed = len(points), int(chosen.sum())
    seen = agreement(a, b, transform)
    agreed, textured = summed(seen)
    return Tracks(
        transform,
        source[chosen],
        target[chosen],
        tried,
        followed,
        agreed,
        area / (width * height),
        occupied(target[chosen] - corner, mask),
        textured,
        seen,
    )


def _tracked(
    here: npt.NDArray[np.uint8], warped: npt.NDArray[np.uint8], points: Points, last: bool, window: int
) -> tuple[Points, npt.NDArray[np.bool_]]:
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


def _followed_well(a: View, b: View, start: npt.NDArray[np.float64]) -> Tracks | None:
    """`follow`, onto the picture that shows the overlap smaller (shrinking takes out noise, enlarging spreads
    it), and with a wider window where too few points could be followed."""
    enlarges = cv2.determinant(start[:2, :2]) > 1.2
    one, other = (b, a) if enlarges else (a, b)
    if enlarges:
        start = np.asarray(np.linalg.inv(start), np.float64)
    tracks = follow(one, other, start)
    if tracks is None or tracks.followed < 30:
        steadier = follow(one, other, start, window=31, smooth=2.0)
        if tracks is None or (steadier is not None and steadier.followed > tracks.followed):
            tracks = steadier
    if tracks is not None and enlarges:
        tracks.transform = np.asarray(np.linalg.inv(tracks.transform), np.float64)
        tracks.source, tracks.target = tracks.target, tracks.source
    return tracks


def verify(a: View, b: View, i: int, j: int, candidate: Candidate) -> tuple[Edge | None, dict[str, float]]:
    """Believe a candidate or not; the evidence either way."""
    evidence: dict[str, float] = {"inliers": candidate.inliers, "matches": candidate.matches}
    if not plausible(candidate.transform, a.size, b.size):
        return None, evidence | {"rejected": 1}
    if min(a.coarse.scale, b.coarse.scale) > COARSE_ENOUGH:
        tracks = _followed_well(a.coarse, b.coarse, rescaled(candidate.transform, a.coarse, b.coarse))
        if tracks is not None and clear(said := evidence | tracks.evidence):
            edge = _edge(a.coarse, b.coarse, i, j, candidate, tracks, said)
            if plausible(edge.transform, a.size, b.size):
                return edge, said
    tracks = _followed_well(a, b, rescaled(candidate.transform, a, b))
    if tracks is None:
        return None, evidence | {"rejected": 2}
    evidence |= tracks.evidence
    edge = _edge(a, b, i, j, candidate, tracks, evidence)
    if not plausible(edge.transform, a.size, b.size) or not believable(evidence):
        if promising(evidence) and (found := _by_all_pixels(a, b, i, j, candidate, tracks, evidence)):
            return found, found.evidence
        return None, evidence | {"rejected": 3}
    if doubtful(evidence) and (opinion := vouch(a, b, tracks)) is not None:
        evidence |= {"vouched": round(opinion, 2)}
        edge.evidence = evidence
        if opinion < -1:  # true pairs under strong noise come near 0
            return None, evidence | {"rejected": 4}
    return edge, evidence


def _by_all_pixels(
    a: View, b: View, i: int, j: int, candidate: Candidate, tracks: Tracks, evidence: dict[str, float]
) -> Edge | None:
    """An edge by direct alignment, where that makes the whole overlap agree; its points are a grid over it."""
    aligned = align(a, b, tracks.transform)
    if aligned is None:
        return None
    transform, correlation = aligned
    seen = agreement(a, b, transform)
    agreed, textured = summed(seen)
    found = overlap_mask(a, b, transform)
    if found is None or agreed < DIRECT[0] or correlation < DIRECT[1] or textured < DIRECT[2]:
        return None
    (left, top), mask = found
    y, x = np.mgrid[0 : mask.shape[0] : 12, 0 : mask.shape[1] : 12]
    inside = mask[y, x] > 0
    target = np.stack([x[inside] + left, y[inside] + top], 1).astype(np.float64)
    source = project(np.asarray(np.linalg.inv(transform), np.float64), target)
    overlap = cv2.countNonZero(mask) / b.grey.size
    moved = replace(
        tracks,
        transform=transform,
        source=source,
        target=target,
        agreement=agreed,
        overlap=overlap,
        seen=seen,
    )
    opinion = vouch(a, b, moved)
    if len(target) < 40 or opinion is None or opinion < 0:
        return None
    said = evidence | {
        "agreement": round(agreed, 3),
        "overlap": round(overlap, 3),
        "textured": round(textured, 3),
    }
    said |= {"correlation": round(correlation, 3), "vouched": round(opinion, 2)}
    edge = _edge(a, b, i, j, candidate, moved, said)
    return edge if plausible(edge.transform, a.size, b.size) else None


def _edge(
    a: View, b: View, i: int, j: int, candidate: Candidate, tracks: Tracks, evidence: dict[str, float]
) -> Edge:
    """What was followed, in pixels of the inputs."""
    full = np.linalg.inv(to_small(b)) @ tracks.transform @ to_small(a)
    return Edge(
        i,
        j,
        np.asarray(full / full[2, 2], np.float64),
        _unscale(tracks.source, a),
        _unscale(tracks.target, b),
        evidence,
        candidate.level,
    )


def believable(evidence: dict[str, float]) -> bool:
    """The rule that admits an edge.

    On true pairs the agreement is above 0.7 with points all over the overlap; false ones do not come near.
    Where few points could be followed (noise, parallax) the agreement must be better, and they must lie further
    apart: a homography through a handful in one corner of the overlap swings at the other.
    """
    agreement, followed = evidence["agreement"], evidence["followed"]
    if followed < 20 or evidence["spread"] < 0.3 or evidence["textured"] < 0.01:
        return False
    if evidence["followed_share"] > 0.3:
        return agreement > 0.6
    return agreement > 0.75 and followed >= 30 and evidence["spread"] > 0.45


def promising(evidence: dict[str, float]) -> bool:
    """Whether what was not believed is near enough to the truth for an alignment by all pixels."""
    return evidence["agreement"] > 0.8 and evidence["textured"] > DIRECT[2]


def clear(evidence: dict[str, float]) -> bool:
    """Whether half as much would have been believed: then following points in small pictures is enough."""
    return (
        believable(evidence)
        and evidence["followed"] >= 80
        and evidence["followed_share"] > 0.4
        and evidence["agreement"] > 0.75
        and evidence["spread"] > 0.5
    )


def doubtful(evidence: dict[str, float]) -> bool:
    """Whether what was believed rests on few points, so that the learnt verifier is asked as well.

    Where many could be followed it is not: it learnt from flat things and takes parallax for a false match.
    """
    return evidence["followed"] < 40
