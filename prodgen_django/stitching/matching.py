"""Stage 2: which features of two pictures belong together, and the homography that most of them agree on."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from prodgen_django.common.arrays import Mask, Matrix

from .features import Features, Level
from .geometry import project
from .records import Candidate


def tentative(
    a: Features, b: Features, ratio: float, device: str | None = None
) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """Mutual nearest neighbours that pass Lowe's ratio test, by one matrix product."""
    empty = np.zeros(0, np.intp)
    if len(a.points) < 4 or len(b.points) < 4:
        return empty, empty
    if device is None:
        cosine = a.descriptors @ b.descriptors.T
    else:
        from .accelerated import cosines

        cosine = cosines(a.descriptors, b.descriptors, device)
    rows = np.arange(len(cosine))
    best = cosine.argmax(1)
    back = cosine.argmax(0)
    mutual = np.flatnonzero(back[best] == rows)
    top = cosine[mutual, best[mutual]]
    cosine[mutual, best[mutual]] = -2
    second = cosine[mutual].max(1)
    # On the unit sphere the square of the distance is 2 - 2 cos.
    keep = mutual[np.maximum(2 - 2 * top, 1e-9) < ratio**2 * np.maximum(2 - 2 * second, 1e-9)]
    return keep, best[keep]


def agreeing(a: Features, b: Features, ia: npt.NDArray[np.intp], ib: npt.NDArray[np.intp]) -> Mask:
    """Matches that share the most common turn and change of scale: features know both, and wrong ones
    scatter."""
    turn = np.deg2rad(b.angles[ib] - a.angles[ia])
    zoom = np.log(np.maximum(b.scales[ib], 1e-6) / np.maximum(a.scales[ia], 1e-6))
    position = np.stack([np.cos(turn) / 0.45, np.sin(turn) / 0.45, zoom / 0.4], 1).astype(np.float32)
    square = (position * position).sum(1)
    near = (square[:, None] + square[None] - 2 * position @ position.T) < 1
    return np.asarray(near[int(near.sum(1).argmax())], bool)


def match(
    a: Features, b: Features, level: Level, tolerance: float, device: str | None = None
) -> list[Candidate]:
    """Homographies from a's to b's pixels, most promising first; empty if nothing speaks for any.

    The first is MAGSAC's (Barath et al. 2020); the dearer levels add what single features suggest, as each
    knows place, turn and scale. The pixels decide among them. `tolerance` is in pixels of the inputs.
    """
    ia, ib = tentative(a, b, 0.88 if level.binary else 0.86, device)
    if len(ia) < 8:
        return []
    best: Candidate | None = None
    every = a.points[ia].astype(np.float64), b.points[ib].astype(np.float64)
    vote = agreeing(a, b, ia, ib)
    for keep in (vote, np.ones_like(vote)):
        if keep.sum() < 8 or (best is not None and best.inliers >= 40):
            continue
        p, q = a.points[ia[keep]], b.points[ib[keep]]
        found, inliers = cv2.findHomography(
            p, q, cv2.USAC_MAGSAC, tolerance, maxIters=level.iterations, confidence=0.9999
        )
        if found is None or inliers is None:
            continue
        chosen = inliers.ravel() > 0
        if chosen.sum() >= 8 and (best is None or chosen.sum() > best.inliers):
            best = Candidate(np.asarray(found, np.float64), p[chosen], q[chosen], len(ia), level.name, every)
    found_here = [best] if best is not None else []
    if level.guesses and (best is None or best.inliers < 30):
        found_here += _single(a, b, ia, ib, level)
    return found_here


def _single(
    a: Features, b: Features, ia: npt.NDArray[np.intp], ib: npt.NDArray[np.intp], level: Level
) -> list[Candidate]:
    """Similarities that one match suggests and at least four others roughly follow, fitted to those."""
    p, q = a.points[ia], b.points[ib]
    turn = np.deg2rad(b.angles[ib] - a.angles[ia]).astype(np.float64)
    zoom = np.log(np.maximum(b.scales[ib], 1e-6) / np.maximum(a.scales[ia], 1e-6)).astype(np.float64)
    step = np.exp(zoom + 1j * turn)
    from_, to = p[:, 0] + 1j * p[:, 1], q[:, 0] + 1j * q[:, 1]
    miss = np.abs(step[:, None] * (from_[None] - from_[:, None]) - (to[None] - to[:, None]))
    reach = 0.05 * float(np.ptp(b.points, axis=0).max())
    turned = np.abs(np.angle(np.exp(1j * (turn[None] - turn[:, None]))))
    near = (miss < reach) & (turned < 0.45) & (np.abs(zoom[None] - zoom[:, None]) < 0.4)
    made: list[Candidate] = []
    spent = np.zeros(len(p), bool)
    for seed in np.argsort(-near.sum(1), kind="stable"):
        group = near[seed]
        if group.sum() < 5 or len(made) >= level.guesses:
            break
        if spent[seed]:
            continue
        spent |= group
        linear, inliers = cv2.estimateAffine2D(
            p[group], q[group], ransacReprojThreshold=reach / 3, maxIters=500
        )
        if linear is None or inliers.sum() < 5:
            continue
        chosen = np.flatnonzero(group)[inliers.ravel() > 0]
        transform = np.vstack([linear, [0, 0, 1]]).astype(np.float64)
        made.append(Candidate(transform, p[chosen], q[chosen], len(p), level.name, (p, q)))
    return made


def elsewhere(candidate: Candidate, transform: Matrix, reach: float, most: int = 2) -> list[Matrix]:
    """Homographies from a's to b's pixels that at least five of the matches suggest which `transform` does not explain:
    where a large repeat fits as well, another place.

    `reach`: by so many pixels matches of one place may differ, and so many lies a match of another at least away.
    """
    p, q = candidate.tentative
    there = project(transform, p)
    left = np.linalg.norm(there - q, axis=1) > reach
    there, q = there[left], q[left]
    made: list[Matrix] = []
    while len(made) < most and len(q) >= 5:
        # What lies between two places of a repeat is a step, if the one picture is seen as the other.
        step = q - there
        near = np.linalg.norm(step[:, None] - step[None], axis=2) < reach
        group = near[int(near.sum(1).argmax())]
        if group.sum() < 5:
            break
        moved, _ = cv2.estimateAffine2D(there[group], q[group], ransacReprojThreshold=reach / 3, maxIters=500)
        if moved is not None:
            made.append(np.vstack([moved, [0, 0, 1]]) @ transform)
        there, q = there[~group], q[~group]
    return made
