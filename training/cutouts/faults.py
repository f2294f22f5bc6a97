"""Faults of cut-outs: made on purpose, and measured where the truth is known.

Alphas are float32 h×w in [0, 1]; sizes are shares of the picture's or the product's, so that they hold at any size.
"""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np

from prodgen_django.studio.color import Float
from prodgen_django.studio.matting.network import FAULTS

__all__ = ["faulty", "maps", "verdict"]

Rng = np.random.Generator
_LARGE = 2e-3  # of the product's area: from here on a person sees that something is missing or too much
_HALO = 0.2  # of full cover: the mean error along the outline that shows as a rim
_GLASS = 0.06  # of the product's area is half transparent


# -- measured


def verdict(alpha: Float, truth: Float) -> dict[str, bool]:
    """What a judge would see, by the names of `FAULTS`."""
    there, area = truth > 0.5, max(float((truth > 0.5).sum()), 1.0)
    least = max(_LARGE * area, 12)
    missing, extra = _apart(alpha, truth)
    outside = _ground_from_rim(there)
    inner_missing = missing & (_filled(alpha > 0.5) | _filled(there)) & ~_touching(missing, outside)
    inner_extra = extra & ~outside
    said = {
        "missing": _largest(missing & ~inner_missing) > least,
        "remnants": _largest(extra & outside) > least,
        "holes": max(_largest(inner_missing), _largest(inner_extra)) > least,
        "halo": _rim_error(alpha, truth) > _HALO,
        "glass": _see_through(truth) > _GLASS,
    }
    found = alpha > 0.5
    iou = (found & there).sum() / max((found | there).sum(), 1)
    said["poor"] = bool(iou < 0.95) or any(said.values())
    return {name: bool(said[name]) for name in FAULTS}


def maps(alpha: Float, truth: Float) -> Float:
    """Where something is missing and where something is too much: float32 2×h×w, 0 or 1."""
    return np.stack(_apart(alpha, truth)).astype(np.float32)


def _apart(alpha: Float, truth: Float) -> tuple[np.ndarray, np.ndarray]:
    """Missing and too much, both bool h×w, but for what differs by a pixel or two along the outline."""
    reach = max(1, round(0.004 * max(truth.shape)))
    kernel = np.ones((2 * reach + 1,) * 2, np.uint8)
    missing = (cv2.erode(truth, kernel) - alpha) > 0.25
    extra = (alpha - cv2.dilate(truth, kernel)) > 0.12
    return missing, extra


def _largest(mask: np.ndarray) -> float:
    if not mask.any():
        return 0.0
    _, _, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=8)
    return float(stats[1:, cv2.CC_STAT_AREA].max())


def _ground_from_rim(there: np.ndarray) -> np.ndarray:
    """The ground that one reaches from the picture's rim."""
    padded = cv2.copyMakeBorder(there.astype(np.uint8), 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=0)
    _, labels = cv2.connectedComponents(1 - padded, connectivity=4)
    return (labels == labels[0, 0])[1:-1, 1:-1]


def _filled(mask: np.ndarray) -> np.ndarray:
    return ~_ground_from_rim(mask)


def _touching(mask: np.ndarray, other: np.ndarray) -> np.ndarray:
    """The parts of `mask` that lie beside `other`."""
    _, labels = cv2.connectedComponents(mask.astype(np.uint8), connectivity=8)
    beside = cv2.dilate(other.astype(np.uint8), np.ones((9, 9), np.uint8)) == 1
    return mask & np.isin(labels, np.unique(labels[beside & mask]))


def _rim_error(alpha: Float, truth: Float) -> float:
    edge = (
        cv2.morphologyEx((truth > 0.5).astype(np.uint8), cv2.MORPH_GRADIENT, np.ones((5, 5), np.uint8)) == 1
    )
    return float(np.abs(alpha - truth)[edge].mean()) if edge.any() else 0.0


def _see_through(truth: Float) -> float:
    solid = cv2.erode((truth > 0.1).astype(np.uint8), np.ones((7, 7), np.uint8)) == 1
    return float((solid & (truth < 0.9)).sum() / max((truth > 0.1).sum(), 1))


# -- made


def faulty(alpha: Float, shadow: Float, rng: Rng) -> Float:
    """The same with one or two faults."""
    for _ in range(int(rng.integers(1, 3))):
        make: Callable[[Float, Float, Rng], Float] = MADE[int(rng.integers(len(MADE)))]
        alpha = make(alpha, shadow, rng)
    return np.clip(alpha, 0, 1).astype(np.float32)


def _cut_end(alpha: Float, shadow: Float, rng: Rng) -> Float:
    """An end of the product is gone: a leg, a cord, a lid."""
    y, x = np.nonzero(alpha > 0.5)
    if not len(y):
        return alpha
    turn = rng.uniform(0, 2 * np.pi)
    along = np.cos(turn) * x + np.sin(turn) * y
    line = np.quantile(along, 1 - np.exp(rng.uniform(np.log(0.002), np.log(0.15))))
    high, wide = alpha.shape
    rows, columns = np.mgrid[0:high, 0:wide]
    distance = np.cos(turn) * columns + np.sin(turn) * rows - line
    return alpha * np.clip(0.5 - distance / rng.uniform(1, 8), 0, 1)


def _bite(alpha: Float, shadow: Float, rng: Rng) -> Float:
    """A pale part is eaten, hard or softly, at the outline or within."""
    return alpha * (1 - _blob(alpha > 0.5, alpha.shape, rng) * rng.uniform(0.3, 1))


def _scrap(alpha: Float, shadow: Float, rng: Rng) -> Float:
    """Something of the ground comes along, mostly beside the product."""
    solid = (alpha > 0.5).astype(np.uint8)
    wide = 2 * max(1, round(rng.uniform(0.005, 0.06) * max(alpha.shape))) + 1
    beside = (cv2.dilate(solid, np.ones((wide, wide), np.uint8)) == 1) & (alpha < 0.1)
    return np.maximum(alpha, _blob(beside, alpha.shape, rng) * rng.uniform(0.2, 1))


def _left_shadow(alpha: Float, shadow: Float, rng: Rng) -> Float:
    level = rng.uniform(0.2, 0.7)
    kept = np.clip((shadow - level) / 0.15, 0, 1) * rng.uniform(0.2, 1)
    near = cv2.dilate(alpha, np.ones((2 * int(rng.integers(3, 30)) + 1,) * 2, np.uint8))
    return np.maximum(alpha, kept * near)


def _fill(alpha: Float, shadow: Float, rng: Rng) -> Float:
    """Holes are filled; where there is none, the bay between parts."""
    filled = _filled(alpha > 0.5)
    if (filled & (alpha < 0.5)).sum() < 30:
        wide = 2 * max(2, round(rng.uniform(0.02, 0.1) * max(alpha.shape))) + 1
        filled = (
            cv2.morphologyEx(filled.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((wide, wide), np.uint8)) == 1
        )
    return np.maximum(alpha, filled.astype(np.float32) * rng.uniform(0.3, 1))


def _rim(alpha: Float, shadow: Float, rng: Rng) -> Float:
    """The outline lies some pixels outside or inside."""
    reach = 2 * max(1, round(rng.uniform(0.002, 0.012) * max(alpha.shape))) + 1
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (reach, reach))
    return cv2.dilate(alpha, kernel) if rng.random() < 0.6 else cv2.erode(alpha, kernel)


def _soft(alpha: Float, shadow: Float, rng: Rng) -> Float:
    return cv2.GaussianBlur(alpha, (0, 0), rng.uniform(0.002, 0.012) * max(alpha.shape))


def _blob(where: np.ndarray, shape: tuple[int, ...], rng: Rng) -> Float:
    """An irregular spot about some place of `where`: float32 h×w in [0, 1]."""
    y, x = np.nonzero(where)
    if not len(y):
        return np.zeros(shape[:2], np.float32)
    pick = int(rng.integers(len(y)))
    reach = np.exp(rng.uniform(np.log(0.008), np.log(0.09))) * max(shape)
    rows, columns = np.mgrid[0 : shape[0], 0 : shape[1]].astype(np.float32)
    distance = np.hypot((rows - y[pick]) / rng.uniform(0.5, 1.5), (columns - x[pick]) / rng.uniform(0.5, 1.5))
    rough = cv2.resize(
        rng.normal(0, 0.35, (12, 12)).astype(np.float32), shape[1::-1], interpolation=cv2.INTER_CUBIC
    )
    return np.clip((1 + rough - distance / reach) / rng.uniform(0.05, 0.6), 0, 1).astype(np.float32)


MADE = (_cut_end, _bite, _scrap, _left_shadow, _fill, _rim, _soft)
