"""Which pixels are the product: a hard mask at a reduced size.

No single start suits every photograph, so that several are tried: how far a colour is from the border's,
with and without shade, how many edges lie between a pixel and the border, what a flood from the border cannot
reach, and a plain rectangle. GrabCut (Rother et al. 2004) grows each into a mask, and that mask is taken
whose outline lies best on edges, whose two sides differ most, and outside which least is left unexplained.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.sparse import csgraph

from .color import Float, Pixels, palette_centres, to_lab

Mask = npt.NDArray[np.bool_]

SIDE = 400
"""The longer side, in pixels, at which the product is looked for."""

_GRAPH_SIDE = 96
_BORDER = 0.04
_ITERATIONS = 3
_PLAIN = 2.6  # a ground whose colours are mostly this close, in Lab, to a smooth surface is plain


@dataclass(frozen=True, slots=True)
class Segmentation:
    """A hard mask (bool h×w, at the reduced size) and what speaks for it, each 0 to 1.

    `separation`: how much the two sides of the outline differ; `edge`: how well it follows edges; `agreement`
    with the most alike attempts, `consensus` with all; `complete`: how much that is no background is inside;
    `border_contact` and `area`: shares of the rim and of the picture.
    """

    mask: Mask
    separation: float
    edge: float
    agreement: float
    consensus: float
    complete: float
    border_contact: float
    area: float

    def score(self, plain: bool) -> float:
        contact = max(0.0, 1 - 2.0 * self.border_contact)
        if plain:
            merit = 0.4 * self.separation + 0.45 * self.edge + 0.15 * self.agreement
            merit *= 0.2 + 0.8 * self.complete
        else:
            merit = 0.3 * self.separation + 0.3 * self.edge + 0.2 * self.agreement + 0.2 * self.complete
        return merit * contact * _area_prior(self.area)


@dataclass(frozen=True, slots=True)
class _Evidence:
    """What every attempt is judged by."""

    plain: bool  # the ground is one smooth sheet
    lab: Float
    edges: Float
    foreign: Float  # 0 to 1: how surely a pixel is no background


def segment(image: Pixels) -> Segmentation:
    """Find the product in uint8 h×w×3 of at most a few hundred pixels a side."""
    lab = to_lab(cv2.bilateralFilter(image, 5, 18, 3))
    outside = _surroundings(lab)
    colors = _border_colors(lab, outside)
    prior = _centre_prior(image.shape[:2])
    unlike, shaded = _unlike(lab, colors), _unlike(lab, colors, shade=0.35)
    enclosed = _enclosed(lab, outside)
    both = _normalise(_normalise(unlike) * 0.5 + _normalise(enclosed) * 0.5)
    floods = _floods(lab, outside)
    plain = _grain(lab, outside) < _PLAIN
    starts = (None, unlike, shaded, enclosed, both)
    cuts = [_grab_cut(image, None if s is None else _normalise(s * prior), outside) for s in starts]
    masks = [_clean(mask, both, lab) for mask in (*floods, *cuts)]
    if plain:
        masks += [_grab_band(image, body) for body in masks[: len(floods)] if 0.01 < body.mean() < 0.8]
    found = [m for m in masks if m.any() and m.mean() < 0.97]
    if not found:
        return Segmentation(np.zeros(image.shape[:2], bool), 0, 0, 0, 0, 0, 0, 0)
    foreign = np.clip((unlike - 2.5) / 3, 0, 1)
    telling = [f for f in floods if f.mean() < 0.8]
    if plain and telling:  # what no flood over a plain ground reaches is certainly something
        foreign = np.maximum(foreign, np.mean(telling, axis=0))
    evidence = _Evidence(plain, lab, _edge_strength(lab, plain), foreign * prior)
    best = max((_judge(m, found, evidence) for m in found), key=lambda s: s.score(plain))
    return replace(best, mask=_pierce(best.mask, lab)) if plain else best


def _centre_prior(shape: tuple[int, int]) -> Float:
    y, x = np.mgrid[-1 : 1 : shape[0] * 1j, -1 : 1 : shape[1] * 1j]
    return np.exp(-(np.maximum(np.abs(x), np.abs(y)) ** 4) * 1.2).astype(np.float32)


def _normalise(saliency: Float) -> Float:
    low, high = np.percentile(saliency, (2, 98))
    return np.clip((saliency - low) / max(high - low, 1e-6), 0, 1).astype(np.float32)


def _border(shape: tuple[int, ...]) -> Mask:
    width = max(2, round(_BORDER * min(shape)))
    border = np.ones(shape, bool)
    border[width:-width, width:-width] = False
    return border


def _surroundings(lab: Float) -> Mask:
    """The part of the border that is background: bool h×w.

    A colour found on one side only, and there away from the corners, is a product that the frame cuts.
    """
    border = _border(lab.shape[:2])
    pixels = lab[border]
    centres, _ = palette_centres(pixels, np.ones(len(pixels)), 8)
    nearest = np.full(lab.shape[:2], -1)
    nearest[border] = ((pixels[:, None] - centres[None]) ** 2).sum(2).argmin(1)
    sides = [nearest[1], nearest[-2], nearest[:, 1], nearest[:, -2]]
    for k in range(len(centres)):
        shares = [float((side == k).mean()) for side in sides]
        own = int(np.argmax(shares))
        side = sides[own] == k
        corner = max(2, round(0.12 * len(side)))
        others = max(s for n, s in enumerate(shares) if n != own)
        if shares[own] > 0.08 and others < 0.01 and not side[:corner].any() and not side[-corner:].any():
            border &= nearest != k
    return border


def _border_colors(lab: Float, outside: Mask) -> list[tuple[Float, Float]]:
    """The border's colours: a centre and the inverse of its covariance for each."""
    pixels = lab[outside]
    centres, shares = palette_centres(pixels, np.ones(len(pixels)), 7)
    nearest = ((pixels[:, None] - centres[None]) ** 2).sum(2).argmin(1)
    colors = []
    for k in np.flatnonzero(shares >= 0.02):  # a corner of the product may touch the border
        mine = pixels[nearest == k]
        spread = np.cov(mine.T) + np.eye(3) * 9 if len(mine) > 3 else np.eye(3) * 25
        colors.append((centres[k], np.linalg.inv(spread)))
    return colors


def _unlike(lab: Float, colors: list[tuple[Float, Float]], shade: float = 1.0) -> Float:
    """Distance of each pixel's colour from the nearest of the border's, in steps of that colour's spread.

    With `shade` below 1 what is merely darker counts less: a shadow is background.
    """
    distance = np.full(lab.shape[:2], 12, np.float32)
    for centre, inverse in colors:
        step = lab - centre
        if shade < 1:
            step = np.where(step < 0, step * (shade, 1, 1), step)
        squared = np.einsum("hwi,ij,hwj->hw", step, inverse, step, optimize=True)
        distance = np.minimum(distance, np.sqrt(np.maximum(squared, 0)))
    return distance.astype(np.float32)


def _enclosed(lab: Float, outside: Mask) -> Float:
    """Geodesic distance from the border: the edges to be crossed on the way. Source: Wei et al. 2012."""
    scale = _GRAPH_SIDE / max(lab.shape[:2])
    size = (max(8, round(lab.shape[1] * scale)), max(8, round(lab.shape[0] * scale)))
    small = cv2.resize(lab, size, interpolation=cv2.INTER_AREA)
    height, width = small.shape[:2]
    index = np.arange(height * width).reshape(height, width)
    flat = small.reshape(-1, 3)
    pairs, weights = [], []
    for dy, dx in ((0, 1), (1, 0), (1, 1), (1, -1)):
        a = index[: height - dy, max(0, -dx) : width - max(0, dx)].ravel()
        b = index[dy:, max(0, dx) : width + min(0, dx)].ravel()
        weights.append(np.linalg.norm(flat[a] - flat[b], axis=1))
        pairs.append(np.stack([a, b]))
    ends, cost = np.concatenate(pairs, axis=1), np.concatenate(weights)
    # Texture costs nothing: what half of all neighbours differ by is the surface's own grain.
    cost = np.maximum(cost - np.percentile(cost, 60), 0) + 1e-3
    graph = sparse.csr_matrix((cost, (ends[0], ends[1])), shape=(index.size, index.size))
    rim = cv2.resize(outside.astype(np.uint8), size, interpolation=cv2.INTER_NEAREST) == 1
    rim[1:-1, 1:-1] = False
    if not rim.any():
        rim[0] = True
    distance = csgraph.dijkstra(graph, directed=False, indices=index[rim], min_only=True).reshape(
        height, width
    )
    distance = np.minimum(distance, np.percentile(distance, 98)).astype(np.float32)
    return cv2.resize(distance, lab.shape[1::-1], interpolation=cv2.INTER_LINEAR)


def _floods(lab: Float, outside: Mask) -> list[Mask]:
    """What a flood from the border does not reach, for a timid, a middling and a bold flood.

    It flows where the colour changes slowly, as over a paper sweep with a soft shadow, and not through
    gaps of a few pixels.
    """
    step = np.zeros(lab.shape[:2], np.float32)
    for dx in (0, 1):
        step += (cv2.Scharr(lab, cv2.CV_32F, dx, 1 - dx, scale=1 / 32) ** 2).sum(2)
    step = np.sqrt(step)
    noise = float(np.median(step[outside])) if outside.any() else 1.0
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (5, 5))
    masks = []
    for timid in (2.0, 4.0, 8.0):
        open_ground = (step < timid * noise + 0.35 * timid).astype(np.uint8)
        open_ground = cv2.erode(open_ground, kernel, borderValue=1)
        _, labels = cv2.connectedComponents(open_ground, connectivity=4)
        reached = np.unique(labels[outside & (open_ground == 1)])
        ground = np.isin(labels, reached[reached > 0]).astype(np.uint8)
        # The eroded ground is given back, and half of the edge's own width with it.
        masks.append(cv2.dilate(ground, np.ones((7, 7), np.uint8)) == 0)
    return masks


def _grab_cut(image: Pixels, saliency: Float | None, outside: Mask) -> Mask:
    labels = np.full(image.shape[:2], cv2.GC_PR_FGD, np.uint8)
    if saliency is not None:
        cut, _ = cv2.threshold((saliency * 255).astype(np.uint8), 0, 255, cv2.THRESH_OTSU)
        labels[saliency * 255 <= cut] = cv2.GC_PR_BGD
        labels[saliency * 255 <= cut * 0.35] = cv2.GC_BGD
        if not (labels == cv2.GC_PR_FGD).any():
            return np.zeros(image.shape[:2], bool)
    labels[outside] = cv2.GC_BGD if saliency is None else cv2.GC_PR_BGD
    cv2.setRNGSeed(1)
    background, foreground = np.zeros((1, 65)), np.zeros((1, 65))
    try:
        cv2.grabCut(image, labels, None, background, foreground, _ITERATIONS, cv2.GC_INIT_WITH_MASK)
    except cv2.error:  # too few pixels of one side for a colour model: a uniform picture
        return np.zeros(image.shape[:2], bool)
    return (labels == cv2.GC_FGD) | (labels == cv2.GC_PR_FGD)


def _grab_band(image: Pixels, body: Mask) -> Mask:
    """GrabCut that may move the outline of `body` by a few pixels only."""
    reach = max(3, round(0.022 * max(body.shape)))
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1,) * 2)
    byte = body.astype(np.uint8)
    labels = np.where(body, cv2.GC_PR_FGD, cv2.GC_PR_BGD).astype(np.uint8)
    labels[cv2.erode(byte, kernel) == 1] = cv2.GC_FGD
    labels[cv2.dilate(byte, kernel) == 0] = cv2.GC_BGD
    if not (labels == cv2.GC_FGD).any() or not (labels == cv2.GC_BGD).any():
        return body
    cv2.setRNGSeed(1)
    background, foreground = np.zeros((1, 65)), np.zeros((1, 65))
    try:
        cv2.grabCut(image, labels, None, background, foreground, 2, cv2.GC_INIT_WITH_MASK)
    except cv2.error:
        return body
    moved = (labels == cv2.GC_FGD) | (labels == cv2.GC_PR_FGD)
    thin = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (5, 5))
    opened = cv2.morphologyEx(moved.astype(np.uint8), cv2.MORPH_OPEN, thin)
    return (opened == 1) | (moved & (labels == cv2.GC_FGD))


def _surface(lab: Float, known: Mask) -> Float:
    """The ground's colour everywhere, float h×w×3, as a smooth surface through what is known of it."""
    y, x = np.mgrid[-1 : 1 : lab.shape[0] * 1j, -1 : 1 : lab.shape[1] * 1j]
    terms = np.stack([np.ones_like(x), x, y, x * x, x * y, y * y, x**3, y**3], axis=-1)
    weights, *_ = np.linalg.lstsq(terms[known][::7], lab[known][::7].astype(np.float64), rcond=None)
    return terms @ weights


def _grain(lab: Float, known: Mask) -> float:
    """How far, in Lab, most of the known ground is from a smooth surface."""
    if known.sum() < 300:
        return 100.0
    return float(np.percentile(np.linalg.norm(lab - _surface(lab, known), axis=2)[known], 80))


def _pierce(mask: Mask, lab: Float) -> Mask:
    """Open what is seen through the product, as inside a handle: enclosed ground of the background's colour.

    Only before a plain ground, whose colour can be foretold where the product hides it.
    """
    kernel = np.ones((9, 9), np.uint8)
    clear = cv2.dilate(mask.astype(np.uint8), kernel) == 0
    if clear.sum() < 500:
        return mask
    apart = np.linalg.norm(lab - _surface(lab, clear), axis=2)
    grain = float(np.percentile(apart[clear], 80))
    if grain > 4:
        return mask
    body = float(np.median(apart[mask]))
    seen = mask & (apart < max(2.5, min(1.6 * grain + 1.0, 0.5 * body)))
    seen = cv2.morphologyEx(seen.astype(np.uint8), cv2.MORPH_OPEN, np.ones((5, 5), np.uint8))
    count, labels, stats, _ = cv2.connectedComponentsWithStats(seen, connectivity=4)
    out = mask.copy()
    rim = mask & (cv2.erode(mask.astype(np.uint8), kernel) == 0)
    for k in range(1, count):
        hole = labels == k
        # A pane of ground has an edge all around it; a pale spot of the product fades out.
        around = (cv2.dilate(hole.astype(np.uint8), np.ones((7, 7), np.uint8)) == 1) & ~hole & mask
        sharp = float((apart[around] > 2 * grain + 2).mean()) if around.any() else 0.0
        if (
            0.006 < stats[k, cv2.CC_STAT_AREA] / mask.sum() < 0.3
            and sharp > 0.6
            and not (hole & rim).mean() > 0.3
        ):
            out &= ~hole
    return out


def _clean(mask: Mask, saliency: Float, lab: Float) -> Mask:
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
        alike = area > 0.3 * size and _histogram_distance(lab[piece], lab[labels == main]) < 0.6
        if alike or (near & piece).any():
            kept |= piece
    return kept


def _edge_strength(lab: Float, plain: bool) -> Float:
    smooth = cv2.GaussianBlur(lab, (0, 0), 1.0)
    gradient = np.zeros(lab.shape[:2], np.float32)
    for dx in (0, 1):
        gradient += (cv2.Scharr(smooth, cv2.CV_32F, dx, 1 - dx) ** 2).sum(2)
    strength = np.sqrt(gradient)
    full = float(np.percentile(strength, 96))
    if plain:  # a visible edge is an edge, however strong a print on the product is
        full = min(full, max(60.0, 5 * float(np.median(strength))))
    return np.clip(strength / max(full, 1e-6), 0, 1)


def _judge(mask: Mask, others: list[Mask], evidence: _Evidence) -> Segmentation:
    byte = mask.astype(np.uint8)
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (3, 3))
    outline = (cv2.dilate(byte, kernel) != cv2.erode(byte, kernel)) & ~_border(mask.shape)
    near = cv2.dilate(evidence.edges, kernel)
    reach = max(5, round(0.03 * max(mask.shape)))
    band = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1,) * 2)
    inner = mask & (cv2.erode(byte, band) == 0)
    outer = ~mask & (cv2.dilate(byte, band) == 1)
    overlaps = [float((mask & o).sum() / max((mask | o).sum(), 1)) for o in others]
    rim = np.concatenate([mask[0], mask[-1], mask[:, 0], mask[:, -1]])
    foreign = evidence.foreign
    return Segmentation(
        mask=mask,
        separation=_histogram_distance(evidence.lab[inner], evidence.lab[outer]),
        edge=float(near[outline].mean()) if outline.any() else 0.0,
        agreement=(sum(sorted(overlaps)[-4:]) - 1) / 3 if len(overlaps) > 3 else 0.5,
        consensus=float(np.median(overlaps)),
        complete=float((foreign * mask).sum() / max(float(foreign.sum()), 1e-6)),
        border_contact=float(rim.mean()),
        area=float(mask.mean()),
    )


def _histogram_distance(first: Float, second: Float) -> float:
    """Hellinger distance of two sets of Lab colours: 0 alike, 1 without anything in common."""
    if not len(first) or not len(second):
        return 0.0
    ranges = [(0, 101), (-60, 60), (-60, 60)]
    bins = (12, 12, 12)
    low, high = (0, -59, -59), (100, 59, 59)
    h1, h2 = (np.histogramdd(np.clip(p, low, high), bins, ranges)[0] for p in (first, second))
    h1, h2 = (cv2.GaussianBlur(h.reshape(12, 144), (3, 3), 0.5).ravel() for h in (h1, h2))
    return float(np.sqrt(max(0.0, 1 - np.sqrt(h1 / h1.sum() * (h2 / h2.sum())).sum())))


def _area_prior(area: float) -> float:
    return float(np.clip(area / 0.04, 0, 1) * np.clip((0.97 - area) / 0.2, 0, 1))
