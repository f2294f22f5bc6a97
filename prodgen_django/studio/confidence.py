"""How far an outline can be trusted, and what speaks against it.

Two judgements, of which the worse counts. Witnesses that a person would call, each 0 to 1: the weakest counts most.
And the odds that the outline is bad (IoU below 0.9), by a logistic regression on pictures whose truth is known. It was
fitted by `benchmarks/studio/confidence.py`, whose held-out pictures tell how often it is right.
"""

from __future__ import annotations

from math import exp, log

import cv2
import numpy as np

from .background import Mask
from .color import Float
from .outline.opinion import SECONDED
from .segmentation import Segmentation

__all__ = ["FEATURES", "NOTHING", "POOR", "confidence", "doubt", "features", "rated", "witnesses"]

POOR = 0.6
"""Below this confidence a person must look; a lone weak witness (0.3 of 1) falls under it."""

NOTHING = "No product stands out from the background."

_WEIGHTS = {"second": -0.359, "support": -0.757, "beyond": 0.365, "area": -0.935, "solid": -7.863}
_OFFSET = 8.182
_LIMIT = (
    -0.946
)  # the least doubt of a bad outline among the training pictures, each judged by weights of the others
FEATURES = tuple(_WEIGHTS)

_USUAL = {"second": 3.3, "support": 2.6, "beyond": -3.0, "area": -1.3, "solid": 0.87}  # of a good outline
_SAID = {
    "second": "Looked at again, smaller and mirrored, the product has another outline.",
    "support": "Different ways of finding the product disagree.",
    "beyond": "Something beside the product may belong to it.",
    "area": "What was found is small: it may be a part of the product only.",
    "solid": "The outline is ragged: a part of the product may be missing, or of the background with it.",
}


def features(found: Segmentation, again: Mask) -> dict[str, float]:
    """What tells a bad outline: `again` is the mask that a second look found (bool h×w, of the same size)."""
    mask = found.mask
    union = (mask | again).sum()
    outlines, _ = cv2.findContours(mask.astype(np.uint8), cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)
    hull = cv2.contourArea(cv2.convexHull(np.concatenate(outlines)))
    return {
        "second": -log(1.02 - float((mask & again).sum() / max(union, 1))),
        "support": -log(1.02 - found.support),
        "beyond": log(found.beyond + 0.05),
        "area": log(max(float(mask.mean()), 1e-4)),
        "solid": min(float(mask.sum() / max(hull, 1.0)), 1.1),
    }


def doubt(values: dict[str, float]) -> float:
    """The log odds, up to a constant, that an outline with these `features` is bad."""
    return sum(_WEIGHTS[name] * value for name, value in values.items()) + _OFFSET


def rated(values: dict[str, float], by_witnesses: float) -> float:
    """The confidence, by the odds and by the witnesses; with a doubt at the limit it is `POOR`."""
    by_odds = 1 / (1 + exp(doubt(values) - _LIMIT - log(POOR / (1 - POOR))))
    return round(min(by_odds, by_witnesses), 3)


def confidence(found: Segmentation, again: Mask | None, alpha: Float) -> tuple[float, tuple[str, ...]]:
    """0 to 1, below `POOR` where a person must look, and a sentence for each thing that speaks against the outline.

    `again`: what a second look found. None where the odds are not asked: where every flood draws the same outline (a
    chair's is ragged and right all the same), and where the network was asked, which knows better, or sees the same.
    """
    by_witnesses, reasons = witnesses(found, alpha)
    if again is None:
        return round(by_witnesses, 3), reasons
    values = features(found, again)
    if doubt(values) > _LIMIT:
        raised = {name: _WEIGHTS[name] * (value - _USUAL[name]) for name, value in values.items()}
        worst = max(raised, key=lambda name: raised[name])
        reasons += tuple(_SAID[name] for name in _WEIGHTS if name == worst or raised[name] > 0.5)
    return rated(values, by_witnesses), tuple(dict.fromkeys(reasons))


def witnesses(found: Segmentation, alpha: Float) -> tuple[float, tuple[str, ...]]:
    """0 to 1 by the witnesses alone, the weakest counting most, and what the weak ones say."""
    soft = float(((alpha > 0.05) & (alpha < 0.95)).sum() / max((alpha >= 0.95).sum(), 1))
    # Of a two-toned thing most attempts find one half: an outline that has all and follows edges is right. So is one
    # that the network sees: where it is asked, attempts by colour err.
    right = (found.complete > 0.9 and found.edge > 0.8) or (found.seconded or 0.0) > SECONDED
    agreed = max(found.consensus, 0.65) if right else found.consensus
    called = {
        "The product's colours are close to the background's.": np.clip(
            (found.separation - 0.25) / 0.45, 0, 1
        ),
        "The outline does not follow clear edges.": np.clip((found.edge - 0.25) / 0.4, 0, 1),
        "Different ways of finding the product disagree.": np.clip((agreed - 0.35) / 0.5, 0, 1),
        "Something beside the product may belong to it.": np.clip((found.complete - 0.25) / 0.4, 0, 1),
        "The product touches the edge of the photograph.": np.clip(
            1 - (found.border_contact - 0.02) / 0.2, 0, 1
        ),
        "The product is very small in the photograph.": np.clip((found.area - 0.01) / 0.05, 0, 1),
        "Hardly any background is left around the product.": np.clip((0.93 - found.area) / 0.1, 0, 1),
        "Much of the outline is blurred.": np.clip((0.5 - soft) / 0.3, 0, 1),
    }
    if found.seconded is not None:
        called["A network that looks for products sees another outline."] = np.clip(
            (found.seconded - 0.945) / 0.04, 0, 1
        )
    values = np.array([float(v) for v in called.values()])
    weak = tuple(text for text, value in called.items() if value < 0.5)
    return float(0.6 * values.min() + 0.4 * values.mean()), weak
