"""The match verifier: a small network that looks at what a suggested homography lays over one another.

It sees up to eight 64×64 patches of the overlap (both pictures and their difference, light taken out) and ten
numbers about how the pixels could be followed, and gives one logit for the pair. NumPy and OpenCV alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
import numpy.typing as npt

from .forward import block, conv, relu
from .weights import FOLDER, load

if TYPE_CHECKING:
    from prodgen_django.stitching.features import View
    from prodgen_django.stitching.verification import Tracks

__all__ = ["PATCH", "PATCHES", "SCALARS", "evidence_patches", "evidence_scalars", "logit", "vouch"]

Array = npt.NDArray[np.float32]
PATCH, PATCHES, SCALARS = 64, 8, 10
VERIFIER = FOLDER / "match-verifier.safetensors"
PIXELS = 0.1e6
"""Size at which the pictures are compared."""


def evidence_patches(a: View, b: View, transform: npt.NDArray[np.float64]) -> Array | None:
    """N × 3 × 64 × 64 patches (b, the warped a, their difference; deviations from 0) spread over the overlap,
    most textured first; None where the overlap holds none. `transform` maps registration pixels of a to b."""
    scale = min(1.0, float(np.sqrt(PIXELS / b.grey.size)))
    size = (max(PATCH, round(b.grey.shape[1] * scale)), max(PATCH, round(b.grey.shape[0] * scale)))
    shrink = np.diag([size[0] / b.grey.shape[1], size[1] / b.grey.shape[0], 1.0])
    smooth = cv2.GaussianBlur(a.grey, (0, 0), max(0.5, 0.45 / scale))
    warped = cv2.warpPerspective(smooth, shrink @ transform, size, flags=cv2.INTER_LINEAR, borderMode=1)
    mask = cv2.warpPerspective(np.full(a.grey.shape, 1, np.uint8), shrink @ transform, size, flags=0)
    other = cv2.resize(b.grey, size, interpolation=cv2.INTER_AREA)
    planes = [_contrast(np.asarray(p, np.float32), mask) for p in (other, warped)]
    energy = np.maximum(*(np.abs(p) for p in planes))
    sums, covered = cv2.integral(energy), cv2.integral(mask)
    spots = []
    step = PATCH // 2
    ys = np.unique(np.r_[np.arange(0, size[1] - PATCH + 1, step), size[1] - PATCH])
    xs = np.unique(np.r_[np.arange(0, size[0] - PATCH + 1, step), size[0] - PATCH])
    for y in ys:
        for x in xs:
            inside = _box(covered, x, y) / PATCH**2
            if inside > 0.35:
                spots.append((_box(sums, x, y), int(x), int(y)))
    chosen: list[tuple[int, int]] = []
    for _, x, y in sorted(spots, reverse=True):
        if all(abs(x - cx) >= step or abs(y - cy) >= step for cx, cy in chosen):
            chosen.append((x, y))
        if len(chosen) == PATCHES:
            break
    if not chosen:
        return None
    q, p = planes
    stacked = [
        np.stack([q[y : y + PATCH, x : x + PATCH], p[y : y + PATCH, x : x + PATCH]]) for x, y in chosen
    ]
    both = np.stack(stacked)
    return np.asarray(np.concatenate([both, np.abs(both[:, :1] - both[:, 1:])], 1), np.float32)


def _box(table: npt.NDArray[np.float64], x: int, y: int) -> float:
    return float(table[y + PATCH, x + PATCH] - table[y, x + PATCH] - table[y + PATCH, x] + table[y, x])


def _contrast(plane: Array, mask: npt.NDArray[np.uint8]) -> Array:
    """Local mean and deviation taken out; about ±1, 0 outside the overlap."""
    mean = cv2.GaussianBlur(plane, (0, 0), 6.0)
    centred = cv2.GaussianBlur(plane, (0, 0), 0.7) - mean
    deviation = np.sqrt(cv2.GaussianBlur(centred * centred, (0, 0), 10.0))
    return np.asarray(np.clip(centred / (deviation + 4.0), -3, 3) * mask, np.float32)


def evidence_scalars(tracks: Tracks, transform: npt.NDArray[np.float64]) -> Array:
    """Ten numbers of order one."""
    h = transform / transform[2, 2]
    moved = np.c_[tracks.source, np.ones(len(tracks.source))] @ h.T
    miss = np.linalg.norm(moved[:, :2] / moved[:, 2:] - tracks.target, axis=1)
    area = abs(float(np.linalg.det(h[:2, :2])))
    s = np.linalg.svd(h[:2, :2], compute_uv=False)
    return np.array(
        [
            np.log(tracks.followed) / 4,
            tracks.followed / tracks.tried,
            tracks.agreement,
            tracks.overlap,
            tracks.spread,
            tracks.textured,
            abs(np.log(max(area, 1e-6))),
            np.log(s[0] / max(s[1], 1e-6)) * 3,
            np.linalg.norm(h[2, :2]) * 1000,
            float(np.sqrt((miss**2).mean())),
        ],
        np.float32,
    )


def vouch(a: View, b: View, tracks: Tracks, path: Path | None = None) -> float | None:
    """The logit for what was followed from a to b; None where there are no weights or nothing to look at."""
    found = load(path or VERIFIER, "verifier")
    patches = evidence_patches(a, b, tracks.transform) if found is not None else None
    if found is None or patches is None:
        return None
    return logit(patches, evidence_scalars(tracks, tracks.transform), found[0])


def logit(patches: Array, scalars: Array, weights: Mapping[str, Array]) -> float:
    """Above 0: the homography is more likely true than not."""
    seen = []
    for patch in patches:
        x = conv(patch, weights, "patch", 4)
        x = block(x, weights, "fine")
        x = conv(relu(x), weights, "down1", 2)
        x = block(x, weights, "middle")
        x = conv(relu(x), weights, "down2", 2)
        x = block(x, weights, "coarse")
        seen.append(relu(x).mean((1, 2)))
    every = np.stack(seen)
    joint = np.concatenate([every.mean(0), every.min(0), scalars])
    hidden = relu(weights["first.weight"] @ joint + weights["first.bias"])
    return float((weights["second.weight"] @ hidden + weights["second.bias"])[0])
