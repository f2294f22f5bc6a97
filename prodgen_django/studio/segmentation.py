"""Which pixels are the product: a hard mask at a reduced size.

No single start suits every photograph, so that several are tried: how far a colour is from the border's,
with and without shade, how many edges lie between a pixel and the border, and what a flood from the border cannot
reach. A plain rectangle is none of them: where all is unsure the graph alone takes seconds to cut. GrabCut (Rother et
al. 2004) grows each into a mask, and that mask is taken whose outline lies best on edges, whose two sides differ most,
and outside which least is left unexplained.
Where the ground is not smooth a network is asked as well: its own outline may be preferred, or another of the attempts,
and it says how far it agrees with the one that is taken. Before a smooth ground it only tells shadows
and bites out of the outline.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import cv2
import numpy as np

from . import background
from .background import Mask
from .color import Float, Pixels, histogram_distance, to_lab
from .grabcut import grab_band, grab_cut
from .outline.opinion import SECONDED, Opinion, overlap, seconded, surety_of
from .outline.symmetry import balance
from .pieces import clean, pierce, unnotched, unshadowed

_SETTLED = 0.05  # of the product's area may a flood see otherwise

SIDE = 400
"""The longer side, in pixels, at which the product is looked for."""

_LEAST_SHARED = 0.5  # of the network's outline and the colours', intersection over union

_BALANCED = 0.94  # so alike on both sides is hardly an outline by chance: doubts count a third

_SMOOTH = (
    background.PLAIN / 2
)  # of the ground's grain: below it colours and edges are better than the network


@dataclass(frozen=True, slots=True)
class Segmentation:
    """A hard mask (bool h×w, at the reduced size) and what speaks for it, each 0 to 1.

    `separation`: how much the two sides of the outline differ; `edge`: how well it follows edges; `agreement`
    with the most alike attempts, `consensus` with all; `complete`: how much that is no background is inside;
    `border_contact` and `area`: shares of the rim and of the picture. `support`: agreement with all attempts, each
    weighing as much as it merits. `beyond`: what a flood from the border stops at outside the mask, in masks' areas.
    `settled`: a timid, a middling and a bold flood all draw this outline. `seconded`: how far the network sees
    the same, more where the outline is alike on both sides, None where it was not asked, or sees something else before
    a smooth ground.
    """

    mask: Mask
    separation: float
    edge: float
    agreement: float
    consensus: float
    complete: float
    border_contact: float
    area: float
    support: float = 0.0
    beyond: float = 0.0
    settled: bool = False
    seconded: float | None = None

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
    outside = background.surroundings(lab)
    colors = background.border_colors(lab, outside)
    prior = _centre_prior(image.shape[:2])
    unlike, shaded = background.unlike(lab, colors), background.unlike(lab, colors, shade=0.35)
    enclosed = background.enclosed(lab, outside)
    both = _normalise(_normalise(unlike) * 0.5 + _normalise(enclosed) * 0.5)
    floods = background.floods(lab, outside)
    grain = background.grain(lab, outside)
    plain = grain < background.PLAIN
    rough = grain >= _SMOOTH
    starts = (unlike, shaded, enclosed, both)
    bodies = [clean(flood, both, lab) for flood in floods]
    # Before the pool: torch uses both cores, and waits for them several times as long beside other work.
    surety = surety_of(image)
    # Two at a time: OpenCV works without the interpreter's lock, and each thread has its own random numbers.
    with ThreadPoolExecutor(2) as pool:
        asked = pool.submit(Opinion.of, image, surety, lab, outside) if rough else None
        tried = [pool.submit(grab_cut, image, _normalise(start * prior), outside) for start in starts]
        near = [pool.submit(grab_band, image, body) for body in bodies if plain and 0.01 < body.mean() < 0.8]
    masks = [*bodies, *(clean(one.result(), both, lab) for one in tried), *(one.result() for one in near)]
    found = [m for m in masks if m.any() and m.mean() < 0.97]
    if not found:
        return Segmentation(np.zeros(image.shape[:2], bool), 0, 0, 0, 0, 0, 0, 0)
    foreign = np.clip((unlike - 2.5) / 3, 0, 1)
    telling = [f for f in floods if f.mean() < 0.8]
    if plain and telling:  # what no flood over a plain ground reaches is certainly something
        foreign = np.maximum(foreign, np.mean(telling, axis=0))
    evidence = _Evidence(plain, lab, _edge_strength(lab, plain), foreign * prior)
    judged = [_judge(m, found, evidence) for m in found]
    opinion = None if asked is None else asked.result()
    surety = surety if opinion is None else opinion.surety
    first = max(judged, key=lambda s: s.score(plain))
    best = _witnessed(first, _freed(first.mask, evidence, surety), judged, floods, plain)
    if opinion is None:  # that it sees something else is not held against an outline here
        same = seconded(best.mask, surety)
        if same < SECONDED:
            return best
        return replace(best, mask=unnotched(best.mask, surety), seconded=same)
    through = first.mask & ~best.mask
    opinion = opinion.without(through)
    others = [*judged, *(_judge(mask, found, evidence) for mask in opinion.outlines)]
    others = [replace(one, mask=one.mask & ~through) for one in others]
    weights = [opinion.weight(one.mask, one.edge) for one in others]
    mask = best.mask
    if opinion.prefers(max(weights), opinion.weight(mask, best.edge)):
        best = others[int(np.argmax(weights))]
        best = replace(best, mask=_freed(best.mask, evidence, opinion.surety))
    # Right or wrong: what the network hardly sees, or colours see quite otherwise, a person has to look at.
    shared = overlap(mask, best.mask)
    if shared <= _LEAST_SHARED:
        return replace(best, seconded=shared)
    doubts = 1 - seconded(best.mask, opinion.surety)
    return replace(best, seconded=1 - (doubts / 3 if balance(best.mask) > _BALANCED else doubts))


def _freed(mask: Mask, evidence: _Evidence, surety: Float) -> Mask:
    """Before a plain ground: without what is seen through the product, and without its shadow."""
    if not evidence.plain:
        return mask
    return unshadowed(pierce(mask, evidence.lab, surety), evidence.lab, surety)


def _witnessed(
    best: Segmentation, mask: Mask, judged: list[Segmentation], floods: list[Mask], plain: bool
) -> Segmentation:
    """The best of the attempts, `mask` being what is left of it, with what all attempts and the floods say of it."""
    merits = np.array([one.score(plain) for one in judged])
    alike = np.array([overlap(one.mask, best.mask) for one in judged])
    support = float((merits * alike).sum() / max(float(merits.sum()), 1e-6))
    # Floods see neither through a handle nor a shadow: what was left out of the best attempt does not unsettle it.
    away, within = (
        cv2.distanceTransform(part.astype(np.uint8), cv2.DIST_L2, 3) > 3 for part in (~best.mask, mask)
    )
    area = max(int(mask.sum()), 1)
    settled = all(max((f & away).sum(), (~f & within).sum()) < _SETTLED * area for f in floods)
    beyond = float((floods[1] & away).sum() / area)
    return replace(best, mask=mask, support=support, beyond=beyond, settled=settled)


def _centre_prior(shape: tuple[int, int]) -> Float:
    y, x = np.mgrid[-1 : 1 : shape[0] * 1j, -1 : 1 : shape[1] * 1j]
    return np.exp(-(np.maximum(np.abs(x), np.abs(y)) ** 4) * 1.2).astype(np.float32)


def _normalise(saliency: Float) -> Float:
    low, high = np.percentile(saliency, (2, 98))
    return np.clip((saliency - low) / max(high - low, 1e-6), 0, 1).astype(np.float32)


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
    outline = (cv2.dilate(byte, kernel) != cv2.erode(byte, kernel)) & ~background.border(mask.shape)
    near = cv2.dilate(evidence.edges, kernel)
    reach = max(5, round(0.03 * max(mask.shape)))
    band = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1,) * 2)
    inner = mask & (cv2.erode(byte, band) == 0)
    outer = ~mask & (cv2.dilate(byte, band) == 1)
    overlaps = [overlap(mask, o) for o in others]
    rim = np.concatenate([mask[0], mask[-1], mask[:, 0], mask[:, -1]])
    foreign = evidence.foreign
    return Segmentation(
        mask=mask,
        separation=histogram_distance(evidence.lab[inner], evidence.lab[outer]),
        edge=float(near[outline].mean()) if outline.any() else 0.0,
        agreement=(sum(sorted(overlaps)[-4:]) - 1) / 3 if len(overlaps) > 3 else 0.5,
        consensus=float(np.median(overlaps)),
        complete=float((foreign * mask).sum() / max(float(foreign.sum()), 1e-6)),
        border_contact=float(rim.mean()),
        area=float(mask.mean()),
    )


def _area_prior(area: float) -> float:
    return float(np.clip(area / 0.04, 0, 1) * np.clip((0.97 - area) / 0.2, 0, 1))
