"""What the background looks like, by the border of the photograph, and how unlike it every pixel is."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.sparse import csgraph

from .color import Float, palette_centres

Mask = npt.NDArray[np.bool_]

PLAIN = 2.6
"""A ground whose colours are mostly this close, in Lab, to a smooth surface is plain."""

_GRAPH_SIDE = 96
_BORDER = 0.04


def border(shape: tuple[int, ...]) -> Mask:
    """The rim of a picture of `shape`: bool h×w."""
    width = max(2, round(_BORDER * min(shape)))
    rim = np.ones(shape, bool)
    rim[width:-width, width:-width] = False
    return rim


def surroundings(lab: Float) -> Mask:
    """The part of the border that is background: bool h×w.

    A colour found on one side only, and there away from the corners, is a product that the frame cuts.
    """
    outside = border(lab.shape[:2])
    pixels = lab[outside]
    centres, _ = palette_centres(pixels, np.ones(len(pixels)), 8)
    nearest = np.full(lab.shape[:2], -1)
    nearest[outside] = ((pixels[:, None] - centres[None]) ** 2).sum(2).argmin(1)
    sides = [nearest[1], nearest[-2], nearest[:, 1], nearest[:, -2]]
    for k in range(len(centres)):
        shares = [float((side == k).mean()) for side in sides]
        own = int(np.argmax(shares))
        side = sides[own] == k
        corner = max(2, round(0.12 * len(side)))
        others = max(s for n, s in enumerate(shares) if n != own)
        if shares[own] > 0.08 and others < 0.01 and not side[:corner].any() and not side[-corner:].any():
            outside &= nearest != k
    return outside


def border_colors(lab: Float, outside: Mask) -> list[tuple[Float, Float]]:
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


def unlike(lab: Float, colors: list[tuple[Float, Float]], shade: float = 1.0) -> Float:
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


def enclosed(lab: Float, outside: Mask) -> Float:
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


def floods(lab: Float, outside: Mask) -> list[Mask]:
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


def surface(lab: Float, known: Mask) -> Float:
    """The ground's colour everywhere, float h×w×3, as a smooth surface through what is known of it."""
    y, x = np.mgrid[-1 : 1 : lab.shape[0] * 1j, -1 : 1 : lab.shape[1] * 1j]
    terms = np.stack([np.ones_like(x), x, y, x * x, x * y, y * y, x**3, y**3], axis=-1)
    weights, *_ = np.linalg.lstsq(terms[known][::7], lab[known][::7].astype(np.float64), rcond=None)
    return terms @ weights


def grain(lab: Float, known: Mask) -> float:
    """How far, in Lab, most of the known ground is from a smooth surface."""
    if known.sum() < 300:
        return 100.0
    return float(np.percentile(np.linalg.norm(lab - surface(lab, known), axis=2)[known], 80))
