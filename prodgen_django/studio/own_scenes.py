"""The shop's own staged photographs as backdrops: which they are, which suits a product, and each without its product.

A photograph that shows a product before something that is not plain is a scene. Its product is taken out, the hole
is filled by `gan.inpaint`, and the new product is put where the old one was, at its size.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from math import log
from typing import Any, Literal

import cv2
import numpy as np

from prodgen_django.gan import inpaint

from .background import PLAIN, grain, surroundings
from .color import Float, Pixels, to_lab
from .matting import Mask, shrink

__all__ = [
    "OwnScene",
    "SceneCard",
    "is_staged",
    "product_card",
    "scene_card",
    "unlikeness",
    "without_product",
]

View = Literal["front", "top"]
SIDE = 400  # px of the longer side at which scenes are looked at
SOURCE_TYPE = "compositeWithTrainedAlgorithmicMedia"
"""What a scene is: a photograph in which a trained model has painted."""

_LEAST_FILL, _MOST_FILL = (
    0.18,
    0.80,
)  # of a smaller product the scene is too coarse, of a larger one little is left
_WANTED_FILL = (0.46, 0.70)
_MOST_ENLARGED = 2.2
_BASE = 0.84
_OTHER_CATEGORY = 0.8


@dataclass(frozen=True, slots=True)
class SceneCard:
    """What is known of a staged photograph.

    `box`: its product's left, top, right and bottom as shares of the photograph. `colour`: the product's median in
    CIE Lab. `shape`: the box's width by its height, in pixels. `busy`: how patterned what surrounds it is, in steps of
    lightness. `view`: "front", or "top" for a scene from above.
    """

    box: tuple[float, float, float, float]
    colour: tuple[float, float, float]
    shape: float
    busy: float
    view: View

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def of_dict(cls, stored: dict[str, Any]) -> SceneCard:
        """The card that `as_dict` made, also after JSON has made lists of its tuples."""
        return cls(
            tuple(stored["box"]), tuple(stored["colour"]), stored["shape"], stored["busy"], stored["view"]
        )


@dataclass(frozen=True, slots=True)
class OwnScene:
    """A scene without its product: uint8 h×w×3, and where a product goes in it (arguments of `stage`)."""

    image: Pixels
    ground: float
    middle: tuple[float, float]
    fill: float
    view: View


def is_staged(photo: Pixels) -> bool:
    """Whether a photograph, uint8 H×W×3, was taken before something that is not plain. Cheap: looks at its rim."""
    small = shrink(photo, SIDE)
    if min(small.shape[:2]) < 64:
        return False
    lab = to_lab(cv2.bilateralFilter(small, 5, 18, 3))
    return grain(lab, surroundings(lab)) > 1.5 * PLAIN


def scene_card(photo: Pixels, alpha: Float) -> SceneCard | None:
    """What is known of a staged photograph (uint8 H×W×3) with its product's alpha (float32 H×W).

    None where it is of no use: the product is cut by the frame, or fills too much or too little of it.
    """
    if not (shrink(alpha, SIDE) >= 0.5).any():
        return None
    card = product_card(photo, alpha)
    left, top, right, bottom = card.box
    fill, margin = max(bottom - top, right - left), min(left, top, 1 - right, 1 - bottom)
    return card if _LEAST_FILL <= fill <= _MOST_FILL and margin >= 0.02 else None


def product_card(photo: Pixels, alpha: Float) -> SceneCard:
    """The same of any photograph, whether it is a scene or not. Raises ValueError where alpha marks nothing."""
    small, solid = shrink(photo, SIDE), shrink(alpha, SIDE) >= 0.5
    if not solid.any():
        raise ValueError("there is no product in the picture")
    height, width = solid.shape
    rows, columns = np.flatnonzero(solid.any(1)), np.flatnonzero(solid.any(0))
    top, bottom, left, right = int(rows[0]), int(rows[-1]) + 1, int(columns[0]), int(columns[-1]) + 1
    lab = to_lab(small)
    light, green, warm = (round(float(v), 1) for v in np.median(lab[solid], axis=0))
    return SceneCard(
        box=(
            round(left / width, 4),
            round(top / height, 4),
            round(right / width, 4),
            round(bottom / height, 4),
        ),
        colour=(light, green, warm),
        shape=round((right - left) / (bottom - top), 3),
        busy=_busy(lab[..., 0], solid),
        view=_view(lab, solid),
    )


def unlikeness(product: SceneCard, scene: SceneCard, *, same_category: bool) -> float:
    """How little a product suits a scene, from 0: by category, colour and shape, and by how patterned the scene is.

    Shape and pattern count because what had to be painted is seen where the product does not cover it, and on a
    pattern more than elsewhere.
    """
    colour = float(np.linalg.norm(np.subtract(product.colour, scene.colour))) / 50
    shape = abs(log(max(product.shape, 0.05) / max(scene.shape, 0.05)))
    return colour + shape + scene.busy / 3 + (0.0 if same_category else _OTHER_CATEGORY)


def without_product(
    photo: Pixels, alpha: Float, card: SceneCard, size: tuple[int, int], shape: float, seed: int = 0
) -> OwnScene:
    """The scene of a staged photograph without its product, cropped to the canvas `size` (width, height).

    `alpha`: the product's, float32 of the photograph's height and width. `shape`: width by height of the product that
    is to stand there: it is shown large enough to cover the place of the old one.
    """
    photo, alpha = shrink(photo, 2 * max(size)), shrink(alpha, 2 * max(size))
    hole = _hole(alpha)
    bare = _grained(inpaint(photo, hole), photo, hole, np.random.default_rng(seed))
    (left, top, wide, high), fill = _window(photo.shape[:2], card, size, shape)
    x0, y0, x1, y1 = card.box
    height, width = photo.shape[:2]
    return OwnScene(
        image=np.ascontiguousarray(bare[top : top + high, left : left + wide]),
        ground=float(np.clip((y1 * height - top) / high, 0.3, 0.96)),
        middle=(
            float(np.clip(((x0 + x1) / 2 * width - left) / wide, 0.05, 0.95)),
            float(np.clip(((y0 + y1) / 2 * height - top) / high, 0.05, 0.95)),
        ),
        fill=fill,
        view=card.view,
    )


def _view(lab: Float, solid: Mask) -> View:
    """From above one ground fills the picture; from the front what is behind differs from what is below.

    In doubt it is the front: a product that stands is shown lying less gladly than the other way round.
    """
    band = max(4, len(lab) // 5)
    bands = [lab[part][~solid[part]] for part in (slice(band), slice(-band, None))]
    if min(map(len, bands)) < 50:
        return "front"
    apart = float(np.linalg.norm(np.median(bands[0], axis=0) - np.median(bands[1], axis=0)))
    fine = np.abs(lab[..., 0] - cv2.GaussianBlur(lab[..., 0], (0, 0), 5))
    grains = [float(fine[part][~solid[part]].mean()) + 0.3 for part in (slice(band), slice(-band, None))]
    return "top" if apart < 4 and max(grains) < 1.3 * min(grains) else "front"


def _hole(alpha: Float) -> Mask:
    """The product, a rim about it, and the shadow close to its foot."""
    solid = (alpha > 0.04).astype(np.uint8)
    rows, columns = np.flatnonzero(solid.any(1)), np.flatnonzero(solid.any(0))
    long = max(rows[-1] - rows[0], columns[-1] - columns[0]) + 1
    reach = max(3, round(0.035 * long))
    hole = cv2.dilate(solid, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1,) * 2))
    foot = np.zeros_like(solid)
    line = rows[-1] - round(0.12 * (rows[-1] - rows[0]))
    foot[line:] = solid[line:]
    wide, high = max(3, round(0.10 * long)), max(3, round(0.06 * long))
    near = cv2.dilate(foot, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * wide + 1, 2 * high + 1)))
    return (hole | near) == 1


def _grained(bare: Pixels, photo: Pixels, hole: Mask, rng: np.random.Generator) -> Pixels:
    """The filled hole with the photograph's own grain: without it a painted place is seen by its smoothness."""
    near = (cv2.dilate(hole.astype(np.uint8), np.ones((31, 31), np.uint8)) == 1) & ~hole
    if not near.any():
        return bare
    fine = photo.astype(np.float32) - cv2.GaussianBlur(photo.astype(np.float32), (0, 0), 1.2)
    # The median: edges and patterns are no grain.
    strength = float(np.median(np.abs(fine[near]))) * 1.4826
    noise = rng.normal(0, strength, hole.shape).astype(np.float32)[..., None]
    return np.where(hole[..., None], np.clip(np.rint(bare + noise), 0, 255).astype(np.uint8), bare)


def _window(
    shape: tuple[int, ...], card: SceneCard, size: tuple[int, int], product: float
) -> tuple[tuple[int, int, int, int], float]:
    """The part of the photograph to show, as left, top, width and height, and how much of it the new product fills."""
    height, width = shape
    ratio = size[0] / size[1]
    x0, y0, x1, y1 = (v * s for v, s in zip(card.box, (width, height, width, height), strict=True))
    # The new product's box about the old one's.
    tall = max(y1 - y0, (x1 - x0) / product)
    needed = max(tall, tall * product / ratio)
    largest = min(height, width / ratio)  # heights of windows of the canvas's proportions
    smallest = min(largest, size[1] / _MOST_ENLARGED)
    fill = float(np.clip(needed / largest, *_WANTED_FILL))
    high = float(np.clip(needed / fill, smallest, largest))
    wide = high * ratio
    left = float(np.clip((x0 + x1) / 2 - wide / 2, 0, width - wide))
    top = float(np.clip(y1 - _BASE * high, 0, height - high))
    window = (int(left), int(top), max(1, int(wide)), max(1, int(high)))
    return window, float(np.clip(needed / high, 0.2, _MOST_FILL))


def _busy(light: Float, solid: Mask) -> float:
    """The contrast of the pattern about a product, in lightness."""
    near = (cv2.dilate(solid.astype(np.uint8), np.ones((61, 61), np.uint8)) == 1) & (
        cv2.dilate(solid.astype(np.uint8), np.ones((9, 9), np.uint8)) == 0
    )
    fine = light - cv2.GaussianBlur(light, (0, 0), 5)
    return round(float(np.abs(fine[near]).mean()), 2) if near.any() else 0.0
