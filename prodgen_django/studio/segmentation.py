"""Which pixels are the product: a hard mask at a reduced size.

No single start suits every photograph, so that several are tried: how far a pixel's colour is from the
border's, how many edges lie between it and the border, and a plain rectangle. GrabCut (Rother et al.
2004) grows each into a mask, and the mask whose outline lies best on the picture's edges and whose two
sides differ most is taken.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.sparse import csgraph

from .color import Float, Pixels, palette_centres, to_lab

Mask = npt.NDArray[np.bool_]

SIDE = 420
"""The longer side, in pixels, at which the product is looked for."""

_GRAPH_SIDE = 96
_BORDER = 0.04
_ITERATIONS = 4


@dataclass(frozen=True, slots=True)
class Segmentation:
    """A hard mask (bool h×w, at the reduced size) and what speaks for it, each 0 to 1."""

    mask: Mask
    separation: float
    edge: float
    agreement: float
    border_contact: float
    area: float

    @property
    def score(self) -> float:
        contact = max(0.0, 1 - 2.5 * self.border_contact)
        return (
            (0.45 * self.separation + 0.3 * self.edge + 0.25 * self.agreement)
            * contact
            * _area_prior(self.area)
        )


def segment(image: Pixels) -> Segmentation:
    """Find the product in uint8 h×w×3 of at most a few hundred pixels a side."""
    lab = to_lab(cv2.bilateralFilter(image, 5, 18, 3))
    prior = _centre_prior(image.shape[:2])
    unlike = _unlike_border(lab)
    enclosed = _enclosed(lab)
    both = _normalise(unlike * 0.5 + enclosed * 0.5)
    starts = [None, _normalise(unlike * prior), _normalise(enclosed * prior), _normalise(both * prior)]
    masks = [_clean(_grab_cut(image, start), both) for start in starts]
    found = [m for m in masks if m.any() and not m.all()]
    if not found:
        nothing = np.zeros(image.shape[:2], bool)
        return Segmentation(nothing, 0, 0, 0, 0, 0)
    edges = _edge_strength(lab)
    ranked = [_judge(m, found, lab, edges) for m in found]
    return max(ranked, key=lambda s: s.score)


def _centre_prior(shape: tuple[int, int]) -> Float:
    y, x = np.mgrid[-1 : 1 : shape[0] * 1j, -1 : 1 : shape[1] * 1j]
    return np.exp(-(np.maximum(np.abs(x), np.abs(y)) ** 4) * 1.2).astype(np.float32)


def _normalise(saliency: Float) -> Float:
    low, high = np.percentile(saliency, (2, 98))
    return np.clip((saliency - low) / max(high - low, 1e-6), 0, 1).astype(np.float32)


def _border(shape: tuple[int, int]) -> Mask:
    width = max(2, round(_BORDER * min(shape)))
    border = np.ones(shape, bool)
    border[width:-width, width:-width] = False
    return border


def _unlike_border(lab: Float) -> Float:
    """Distance of each colour from the nearest of the border's own, in steps of that colour's spread."""
    border = lab[_border(lab.shape[:2])]
    centres, shares = palette_centres(border, np.ones(len(border)), 7)
    distance = np.full(lab.shape[:2], np.inf, np.float32)
    nearest = ((border[:, None] - centres[None]) ** 2).sum(2).argmin(1)
    for k, (centre, share) in enumerate(zip(centres, shares, strict=True)):
        if share < 0.02:  # a corner of the product may touch the border
            continue
        mine = border[nearest == k]
        spread = np.cov(mine.T) + np.eye(3) * 9 if len(mine) > 3 else np.eye(3) * 25
        step = lab - centre
        inverse = np.linalg.inv(spread)
        squared = np.einsum("hwi,ij,hwj->hw", step, inverse, step, optimize=True)
        distance = np.minimum(distance, np.sqrt(np.maximum(squared, 0)).astype(np.float32))
    return np.minimum(distance, 12).astype(np.float32)


def _enclosed(lab: Float) -> Float:
    """Geodesic distance from the border: how much edge must be crossed to come out. Source: Wei et al.
    2012."""
    scale = _GRAPH_SIDE / max(lab.shape[:2])
    size = (max(8, round(lab.shape[1] * scale)), max(8, round(lab.shape[0] * scale)))
    small = cv2.resize(lab, size, interpolation=cv2.INTER_AREA)
    height, width = small.shape[:2]
    index = np.arange(height * width).reshape(height, width)
    pairs, weights = [], []
    for dy, dx in ((0, 1), (1, 0), (1, 1), (1, -1)):
        a = index[: height - dy, max(0, -dx) : width - max(0, dx)]
        b = index[dy:, max(0, dx) : width + min(0, dx)]
        flat = small.reshape(-1, 3)
        weights.append(np.linalg.norm(flat[a.ravel()] - flat[b.ravel()], axis=1))
        pairs.append(np.stack([a.ravel(), b.ravel()]))
    ends, cost = np.concatenate(pairs, axis=1), np.concatenate(weights)
    # Texture costs nothing: what half of all neighbours differ by is the surface's own grain.
    cost = np.maximum(cost - np.percentile(cost, 60), 0) + 1e-3
    graph = sparse.csr_matrix((cost, (ends[0], ends[1])), shape=(index.size, index.size))
    edge = np.unique(np.concatenate([index[0], index[-1], index[:, 0], index[:, -1]]))
    distance = csgraph.dijkstra(graph, directed=False, indices=edge, min_only=True).reshape(height, width)
    distance = np.minimum(distance, np.percentile(distance, 98)).astype(np.float32)
    return cv2.resize(distance, lab.shape[1::-1], interpolation=cv2.INTER_LINEAR)


def _grab_cut(image: Pixels, saliency: Float | None) -> Mask:
    labels = np.full(image.shape[:2], cv2.GC_PR_FGD, np.uint8)
    if saliency is not None:
        cut, _ = cv2.threshold((saliency * 255).astype(np.uint8), 0, 255, cv2.THRESH_OTSU)
        labels[saliency * 255 <= cut] = cv2.GC_PR_BGD
        labels[saliency * 255 <= cut * 0.35] = cv2.GC_BGD
        if not (labels == cv2.GC_PR_FGD).any():
            return np.zeros(image.shape[:2], bool)
    labels[_border(image.shape[:2])] = cv2.GC_BGD if saliency is None else cv2.GC_PR_BGD
    cv2.setRNGSeed(1)
    background, foreground = np.zeros((1, 65)), np.zeros((1, 65))
    try:
        cv2.grabCut(image, labels, None, background, foreground, _ITERATIONS, cv2.GC_INIT_WITH_MASK)
    except cv2.error:  # too few pixels of one side for a colour model: a uniform picture
        return np.zeros(image.shape[:2], bool)
    return (labels == cv2.GC_FGD) | (labels == cv2.GC_PR_FGD)


def _clean(mask: Mask, saliency: Float) -> Mask:
    """Keep the pieces that belong to a product, close pinholes, keep real holes."""
    radius = max(1, round(0.004 * max(mask.shape)))
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1,) * 2)
    smooth = cv2.morphologyEx(mask.astype(np.uint8), cv2.MORPH_CLOSE, kernel)
    smooth = cv2.morphologyEx(smooth, cv2.MORPH_OPEN, kernel)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(smooth, connectivity=8)
    if count < 2:
        return np.zeros_like(mask)
    areas = stats[1:, cv2.CC_STAT_AREA].astype(float)
    weight = np.array([saliency[labels == k].mean() for k in range(1, count)]) * areas
    keep = 1 + np.flatnonzero((areas > 0.06 * areas.max()) & (weight > 0.08 * weight.max()))
    kept = np.isin(labels, keep)
    # Holes: small ones, and those that look like product, are closed.
    holes, hole_labels, hole_stats, _ = cv2.connectedComponentsWithStats(
        (~kept).astype(np.uint8), connectivity=4
    )
    inside = float(saliency[kept].mean())
    outside = float(saliency[~kept].mean()) if not kept.all() else 0.0
    for k in range(1, holes):
        x, y, w, h, area = hole_stats[k]
        if x == 0 or y == 0 or x + w == mask.shape[1] or y + h == mask.shape[0]:
            continue
        like_product = saliency[hole_labels == k].mean() > 0.4 * inside + 0.6 * outside
        if area < 0.004 * kept.sum() or like_product:
            kept[hole_labels == k] = True
    return kept


def _edge_strength(lab: Float) -> Float:
    smooth = cv2.GaussianBlur(lab, (0, 0), 1.0)
    gradient = np.zeros(lab.shape[:2], np.float32)
    for dx in (0, 1):
        gradient += (cv2.Scharr(smooth, cv2.CV_32F, dx, 1 - dx) ** 2).sum(2)
    strength = np.sqrt(gradient)
    return np.clip(strength / max(float(np.percentile(strength, 97)), 1e-6), 0, 1)


def _judge(mask: Mask, others: list[Mask], lab: Float, edges: Float) -> Segmentation:
    byte = mask.astype(np.uint8)
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (3, 3))
    outline = (cv2.dilate(byte, kernel) != cv2.erode(byte, kernel)) & ~_border(mask.shape)
    near = cv2.dilate(edges, kernel)
    reach = max(5, round(0.03 * max(mask.shape)))
    band = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1,) * 2)
    inner = mask & (cv2.erode(byte, band) == 0)
    outer = ~mask & (cv2.dilate(byte, band) == 1)
    overlaps = [float((mask & o).sum() / max((mask | o).sum(), 1)) for o in others]
    rim = np.concatenate([mask[0], mask[-1], mask[:, 0], mask[:, -1]])
    return Segmentation(
        mask=mask,
        separation=_histogram_distance(lab[inner], lab[outer]) if inner.any() and outer.any() else 0.0,
        edge=float(near[outline].mean()) if outline.any() else 0.0,
        agreement=(sum(overlaps) - 1) / (len(others) - 1) if len(others) > 1 else 0.5,
        border_contact=float(rim.mean()),
        area=float(mask.mean()),
    )


def _histogram_distance(first: Float, second: Float) -> float:
    """Hellinger distance of two sets of Lab colours: 0 alike, 1 without anything in common."""
    ranges = [(0, 101), (-60, 60), (-60, 60)]
    bins = (12, 12, 12)
    h1, h2 = (
        np.histogramdd(np.clip(p, (0, -59, -59), (100, 59, 59)), bins, ranges)[0] for p in (first, second)
    )
    h1, h2 = (cv2.GaussianBlur(h.reshape(12, 144), (3, 3), 0.5).ravel() for h in (h1, h2))
    return float(np.sqrt(max(0.0, 1 - np.sqrt(h1 / h1.sum() * (h2 / h2.sum())).sum())))


def _area_prior(area: float) -> float:
    return float(np.clip(area / 0.04, 0, 1) * np.clip((0.97 - area) / 0.2, 0, 1))
