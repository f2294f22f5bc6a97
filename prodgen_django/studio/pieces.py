"""Which pieces of a mask belong to the product, and which of its holes are real."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from .background import Mask, surface
from .color import Float, histogram_distance

_SHADE = 14  # of Lab distance from the ground it falls on: lightness counts a third of it, hue twice
_DARKER = -4  # lightness
_SLIVER = 4  # pixels from its middle to its rim


def clean(mask: Mask, saliency: Float, lab: Float) -> Mask:
    """Keep the pieces that belong to the product, close pinholes, keep real holes."""
    radius = max(1, round(0.004 * max(mask.shape)))
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1,) * 2)
    smooth = cv2.morphologyEx(mask.astype(np.uint8), cv2.MORPH_CLOSE, kernel)
    smooth = cv2.morphologyEx(smooth, cv2.MORPH_OPEN, kernel)
    kept = _main_pieces(smooth, saliency, lab)
    if not kept.any():
        return kept
    # Holes: small ones, and those that look like product, are closed.
    count, labels, stats, _ = cv2.connectedComponentsWithStats((~kept).astype(np.uint8), connectivity=4)
    inside = float(saliency[kept].mean())
    outside = float(saliency[~kept].mean()) if not kept.all() else 0.0
    for k in range(1, count):
        x, y, w, h, area = stats[k]
        if x == 0 or y == 0 or x + w == mask.shape[1] or y + h == mask.shape[0]:
            continue
        like_product = saliency[labels == k].mean() > 0.4 * inside + 0.6 * outside
        if area < 0.004 * kept.sum() or like_product:
            kept[labels == k] = True
    return kept


def _main_pieces(mask: npt.NDArray[np.uint8], saliency: Float, lab: Float) -> Mask:
    """The largest, most central and most salient piece, with what is near it or like it (a pair of shoes)."""
    count, labels, stats, centroids = cv2.connectedComponentsWithStats(mask, connectivity=8)
    if count < 2:
        return np.zeros(mask.shape, bool)
    areas = stats[1:, cv2.CC_STAT_AREA].astype(float)
    order = 1 + np.argsort(-areas)[:12]
    shape = np.array(mask.shape[::-1], float)
    away = np.abs(centroids / shape * 2 - 1).max(1)

    def weight(k: int) -> float:
        central = stats[k, cv2.CC_STAT_AREA] * np.exp(-2.5 * away[k] ** 2)
        return float(central * (0.15 + saliency[labels == k].mean()))

    weights = {int(k): weight(int(k)) for k in order}
    main = max(weights, key=lambda k: weights[k])
    kept = labels == main
    near = cv2.dilate(kept.astype(np.uint8), np.ones((9, 9), np.uint8)) == 1
    size = stats[main, cv2.CC_STAT_AREA]
    for k in weights:
        piece = labels == k
        area = stats[k, cv2.CC_STAT_AREA]
        if k == main or area < 0.01 * size:
            continue
        alike = area > 0.3 * size and histogram_distance(lab[piece], lab[labels == main]) < 0.6
        if alike or (near & piece).any():
            kept |= piece
    return kept


def unshadowed(mask: Mask, lab: Float, surety: Float) -> Mask:
    """Without the shadow that a product throws on a smooth ground: the ground's hue, clearly darker, and no product for
    the outline network (`surety`, float32 h×w)."""
    clear = cv2.dilate(mask.astype(np.uint8), np.ones((9, 9), np.uint8)) == 0
    if clear.sum() < 500:
        return mask
    light, *hue = np.moveaxis(lab - surface(lab, clear), 2, 0)
    shade = mask & (light < 0) & (np.hypot(0.35 * light, 2 * np.hypot(*hue)) < _SHADE)
    kernel = np.ones((5, 5), np.uint8)
    core = cv2.morphologyEx((shade & (surety < 0.2)).astype(np.uint8), cv2.MORPH_OPEN, kernel)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(core, connectivity=4)
    out = mask.copy()
    for k in range(1, count):
        part = labels == k
        if stats[k, cv2.CC_STAT_AREA] > 0.003 * mask.sum() and float(light[part].mean()) < _DARKER:
            out &= ~((cv2.dilate(part.astype(np.uint8), kernel) == 1) & shade & (surety < 0.5))
    return out


def pierce(mask: Mask, lab: Float, surety: Float) -> Mask:
    """Open what is seen through the product, as inside a handle: enclosed ground of the background's colour.

    Only before a plain ground, whose colour can be foretold where the product hides it. A very large or small opening
    must be no product for the outline network either (`surety`, float32 h×w, 0 to 1).
    """
    kernel = np.ones((9, 9), np.uint8)
    clear = cv2.dilate(mask.astype(np.uint8), kernel) == 0
    if clear.sum() < 500:
        return mask
    apart = np.linalg.norm(lab - surface(lab, clear), axis=2)
    grain = float(np.percentile(apart[clear], 80))
    if grain > 4:
        return mask
    body = float(np.median(apart[mask]))
    seen = mask & (apart < max(2.5, min(1.6 * grain + 1.0, 0.5 * body)))
    seen = cv2.morphologyEx(seen.astype(np.uint8), cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    count, labels, stats, _ = cv2.connectedComponentsWithStats(seen, connectivity=4)
    out = mask.copy()
    for k in range(1, count):
        hole = labels == k
        # A pane of ground has an edge all around it; a pale spot of the product fades out.
        around = (cv2.dilate(hole.astype(np.uint8), np.ones((7, 7), np.uint8)) == 1) & ~hole & mask
        sharp = float((apart[around] > 2 * grain + 2).mean()) if around.any() else 0.0
        share = stats[k, cv2.CC_STAT_AREA] / mask.sum()
        sure = float(surety[hole].mean())
        low, high = (0.002, 0.7) if sure < 0.6 else (0.006, 0.3)
        # The network fills a ring at 128 px, but a sliver that it takes for product is one: the rim of a pale print.
        deep = float(cv2.distanceTransform(hole.astype(np.uint8), cv2.DIST_L2, 3).max())
        if sharp > 0.6 and low < share < high and (sure < 0.9 or deep > _SLIVER):
            out &= ~hole
    return out


def unnotched(mask: Mask, surety: Float) -> Mask:
    """With the bites out of its outline that the outline network (`surety`, float32 h×w) takes for product, as where a
    white band of a cushion ends before a white ground. What the mask encloses stays open."""
    background = reached(~mask)
    core = cv2.morphologyEx(
        ((surety > 0.9) & background).astype(np.uint8),
        cv2.MORPH_OPEN,
        cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (5, 5)),
    )
    near = cv2.dilate(mask.astype(np.uint8), np.ones((5, 5), np.uint8)) == 1
    count, labels, stats, _ = cv2.connectedComponentsWithStats(core, connectivity=4)
    out = mask.copy()
    for k in range(1, count):
        bite = labels == k
        if (near & bite).any() and 0.002 < stats[k, cv2.CC_STAT_AREA] / mask.sum() < 0.15:
            grown = cv2.dilate(bite.astype(np.uint8), np.ones((11, 11), np.uint8)) == 1
            out |= grown & background & (surety > 0.5)
    return out


def reached(ground: Mask) -> Mask:
    """What of `ground` can be reached from the rim of the picture."""
    padded = np.pad(ground.astype(np.uint8), 1, constant_values=1)
    _, labels = cv2.connectedComponents(padded, connectivity=4)
    return (labels == labels[0, 0])[1:-1, 1:-1]
