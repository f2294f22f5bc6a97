"""The match verifier: a small network that looks at what a suggested homography lays over one another.

It sees up to eight 64×64 patches of the overlap (both pictures and their difference, light taken out) and ten
numbers about how the pixels could be followed, and gives one logit for the pair. Its 51,545 parameters are worked
through in NumPy: to load torch would cost more time and memory than the whole stitch.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np

from prodgen_django.common.arrays import Floats, Matrix, Plane, within
from prodgen_django.common.weights import SHIPPED, CheckpointError, read_checkpoint

from .features import View
from .tracking import Tracks

__all__ = ["PATCH", "PATCHES", "SCALARS", "evidence_patches", "evidence_scalars", "logit", "shipped", "vouch"]

PATCH, PATCHES, SCALARS = 64, 8, 10
VERIFIER = SHIPPED / "match-verifier.safetensors"
PIXELS = 0.1e6
"""Size at which the pictures are compared."""


def evidence_patches(a: View, b: View, transform: Matrix) -> Floats | None:
    """N × 3 × 64 × 64 patches (b, the warped a, their difference; deviations from 0) spread over the overlap,
    most textured first; None where the overlap holds none. `transform` maps registration pixels of a to b."""
    height, width = b.grey.shape
    size, scale = within((width, height), PIXELS, least=PATCH)
    smaller = np.diag([size[0] / width, size[1] / height, 1.0])
    smooth = cv2.GaussianBlur(a.grey, (0, 0), max(0.5, 0.45 / scale))
    warped = cv2.warpPerspective(smooth, smaller @ transform, size, flags=cv2.INTER_LINEAR, borderMode=1)
    mask = cv2.warpPerspective(np.full(a.grey.shape, 1, np.uint8), smaller @ transform, size, flags=0)
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


def _box(table: Matrix, x: int, y: int) -> float:
    return float(table[y + PATCH, x + PATCH] - table[y, x + PATCH] - table[y + PATCH, x] + table[y, x])


def _contrast(plane: Floats, mask: Plane) -> Floats:
    """Local mean and deviation taken out; about ±1, 0 outside the overlap."""
    mean = cv2.GaussianBlur(plane, (0, 0), 6.0)
    centred = cv2.GaussianBlur(plane, (0, 0), 0.7) - mean
    deviation = np.sqrt(cv2.GaussianBlur(centred * centred, (0, 0), 10.0))
    return np.asarray(np.clip(centred / (deviation + 4.0), -3, 3) * mask, np.float32)


def evidence_scalars(tracks: Tracks, transform: Matrix) -> Floats:
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
    weights = shipped(path or VERIFIER)
    patches = evidence_patches(a, b, tracks.transform) if weights is not None else None
    if weights is None or patches is None:
        return None
    return logit(patches, evidence_scalars(tracks, tracks.transform), weights)


@lru_cache(maxsize=2)
def shipped(path: Path) -> Mapping[str, Floats] | None:
    """The network's weights as float32, None where the file is missing, damaged or another network's: stitching then
    goes on without its opinion."""
    try:
        tensors, _ = read_checkpoint(path, "verifier", "numpy")
    except CheckpointError:
        return None
    return {name: np.ascontiguousarray(value, np.float32) for name, value in tensors.items()}


def logit(patches: Floats, scalars: Floats, weights: Mapping[str, Floats]) -> float:
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


def conv(x: Floats, weights: Mapping[str, Floats], name: str, stride: int = 1) -> Floats:
    """C×H×W by the layer `name`, with zero padding as the kernel's size asks (none for the 4×4 patches)."""
    kernel, bias = weights[f"{name}.weight"], weights[f"{name}.bias"]
    out, _, size, _ = kernel.shape
    if size == 1:
        flat = kernel[:, :, 0, 0] @ x.reshape(len(x), -1)
        return np.asarray(flat.reshape(out, *x.shape[1:]) + bias[:, None, None])
    padded = np.pad(x, ((0, 0), (1, 1), (1, 1))) if size == 3 else x
    windows = np.lib.stride_tricks.sliding_window_view(padded, (size, size), (1, 2))[:, ::stride, ::stride]
    height, width = windows.shape[1:3]
    columns = windows.transpose(0, 3, 4, 1, 2).reshape(-1, height * width)
    product = kernel.reshape(out, -1) @ columns
    return np.asarray(product.reshape(out, height, width) + bias[:, None, None])


def relu(x: Floats) -> Floats:
    return np.maximum(x, 0)


def block(x: Floats, weights: Mapping[str, Floats], name: str) -> Floats:
    """A bottleneck of three layers with a way past it."""
    inner = relu(conv(relu(x), weights, f"{name}.narrow"))
    return x + conv(relu(conv(inner, weights, f"{name}.mix")), weights, f"{name}.widen")
