"""Stage 3: is a suggested homography true? Followed in the pixels themselves, not in the features that
suggested it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import cv2
import numpy as np

from prodgen_django.common.arrays import Matrix

from .direct import align
from .features import View
from .geometry import plausible, project
from .overlaps import agreement, overlap_mask, summed
from .records import Candidate, Edge
from .tracking import Tracks, follow, rescaled, to_small, unscale
from .tuning import TUNING
from .verifier import vouch

# OpenCV's own type stubs lack some of its functions and are stricter than it about others.
_cv: Any = cv2


def _followed_well(a: View, b: View, start: Matrix) -> Tracks | None:
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
    if min(a.coarse.scale, b.coarse.scale) > TUNING.coarse_scale:
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
        if opinion < TUNING.verifier_says_no:
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
    if found is None or agreed < TUNING.direct_agreement or textured < TUNING.direct_textured:
        return None
    if correlation < TUNING.direct_correlation:
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
    if len(target) < TUNING.direct_points or opinion is None or opinion < 0:
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
        unscale(tracks.source, a),
        unscale(tracks.target, b),
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
    spread = evidence["spread"]
    if followed < TUNING.followed or spread < TUNING.followed_spread:
        return False
    if evidence["textured"] < TUNING.followed_textured:
        return False
    if evidence["followed_share"] > TUNING.followed_share:
        return agreement > TUNING.agreement
    return agreement > TUNING.agreement_few and followed >= TUNING.followed_few and spread > TUNING.spread_few


def promising(evidence: dict[str, float]) -> bool:
    """Whether what was not believed is near enough to the truth for an alignment by all pixels."""
    return evidence["agreement"] > TUNING.direct_promising and evidence["textured"] > TUNING.direct_textured


def clear(evidence: dict[str, float]) -> bool:
    """Whether half as much would have been believed: then following points in small pictures is enough."""
    return (
        believable(evidence)
        and evidence["followed"] >= TUNING.clear_followed
        and evidence["followed_share"] > TUNING.clear_share
        and evidence["agreement"] > TUNING.agreement_few
        and evidence["spread"] > TUNING.clear_spread
    )


def doubtful(evidence: dict[str, float]) -> bool:
    """Whether what was believed rests on few points, so that the learnt verifier is asked as well.

    Where many could be followed it is not: it learnt from flat things and takes parallax for a false match.
    """
    return evidence["followed"] < TUNING.doubtful_followed
