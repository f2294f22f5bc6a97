"""Pictures with their true outline, made of photographs that labelled themselves and of scenes whose outline is true.

Some are those photographs and scenes as they are. In the others a product, cut out of an easy photograph or a scene,
given with its true outline or drawn, lies on the ground of another photograph (wood, cloth, tiles, a bed) or on a drawn
one, with a shadow and with other things about it, so that the truth is known where it is hard to see. Some products are
a shape filled with such a ground: what cloth or wood is must not tell what the product is, only what differs from its
surroundings.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from prodgen_django.studio.color import Float, Pixels
from prodgen_django.studio.segmentation import Mask

from .dressing import dressed, with_parts
from .labels import Labelled
from .material import Material
from .shapes import drawn_ground, drawn_product

__all__ = ["Pair", "PairMaker"]

_WHOLE = 0.15  # share of photographs that label themselves and are taught as they are
_SCENE = 0.3  # of scenes with a true outline, taught as they are
_DRAWN_PRODUCT = 0.15
_TRUE_PRODUCT = 0.2  # cut-outs of photographs
_SCENE_PRODUCT = 0.3
_CLAD = 0.15  # share of products that wear another photograph's ground
_DRAWN_GROUND = 0.2
_ALIKE = 0.35  # share of grounds that are brought near the product's colour, or a part's
_THINGS = 0.4  # share of composed pictures where other things lie about
_REDRESSED = 0.4  # share of whole pictures whose product gets other parts and labels


@dataclass(frozen=True, slots=True)
class Pair:
    """A picture, uint8 n×n×3, and how much each pixel is the product, float32 n×n in [0, 1]."""

    image: Pixels
    alpha: Float


class PairMaker:
    """Makes pairs of `side` pixels; the same generator state makes the same pair."""

    def __init__(self, material: Material, side: int) -> None:
        self.side = side
        self.labelled = list(material.labelled)
        self.scenes = list(material.scenes)
        # What the product of a pair is, and how often; photographs that label themselves have the rest.
        self.kinds = [
            (share, list(kind))
            for share, kind in ((_TRUE_PRODUCT, material.products), (_SCENE_PRODUCT, material.scenes))
            if kind
        ]
        self.grounds = [*(g for item in self.labelled for g in _grounds(item)), *material.grounds]
        if not self.labelled or not self.grounds:
            raise ValueError("no photograph labels itself: there is nothing to learn from")

    def __call__(self, rng: np.random.Generator) -> Pair:
        luck = rng.random()
        if self.scenes and luck < _SCENE:
            image, alpha = self._whole(_picked(self.scenes, rng), rng)
        elif luck < _SCENE + _WHOLE:
            image, alpha = self._whole(_picked(self.labelled, rng), rng)
        else:
            image, alpha = self._composed(rng)
        return Pair(_developed(image, rng), alpha)

    def _whole(self, item: Labelled, rng: np.random.Generator) -> tuple[Float, Float]:
        scale = self.side / max(item.mask.shape) * rng.uniform(0.85, 1.35)
        matrix = _affine(item.mask.shape, scale, rng.uniform(-0.25, 0.25), rng.random() < 0.5, self.side)
        size = (self.side, self.side)
        border = cv2.BORDER_REPLICATE if rng.random() < 0.5 else cv2.BORDER_REFLECT
        source = item.image
        if rng.random() < _REDRESSED and not item.mask.all():
            source = with_parts(source, item.mask, rng, source[~item.mask].mean(0))
        image = cv2.warpAffine(source, matrix, size, flags=cv2.INTER_LINEAR, borderMode=border)
        # A product that the frame cuts must not be doubled by a mirrored rim.
        alpha = cv2.warpAffine(
            item.mask.astype(np.float32), matrix, size, flags=cv2.INTER_LINEAR, borderMode=border
        )
        return image.astype(np.float32), alpha

    def _composed(self, rng: np.random.Generator) -> tuple[Float, Float]:
        ground = self._ground(rng)
        if rng.random() < _THINGS:
            for _ in range(rng.integers(1, 5)):
                thing, cover = self._product(rng, rng.uniform(0.08, 0.26), at_rim=True)
                ground = _laid(ground, thing, cover, rng)
        quarter = self.side // 4
        about = ground[quarter:-quarter, quarter:-quarter].mean((0, 1))
        product, alpha = self._product(rng, rng.uniform(0.3, 1.0), ground=about)
        inside = product[alpha > 0.5]
        # Pale on pale, dark on dark; often a part of the product only.
        if rng.random() < _ALIKE and len(inside):
            like = inside.mean(0) if rng.random() < 0.4 else inside[int(rng.integers(len(inside)))]
            ground = ground + (like - ground.mean((0, 1))) * rng.uniform(0.5, 0.85)
        return _laid(ground, product, alpha, rng), alpha

    def _product(
        self, rng: np.random.Generator, share: float, at_rim: bool = False, ground: Float | None = None
    ) -> tuple[Float, Float]:
        """A product whose longer side takes `share` of the frame: float32 n×n×3 and its alpha.

        `ground`: the colour that some of its parts share.
        """
        image, mask = self._bare_product(rng)
        if rng.random() < _CLAD:
            image = self._clad(image, mask, rng)
        image = dressed(image, mask, rng, ground)
        rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
        box = (slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1))
        image, mask = image[box], mask[box]
        # The label is good to a pixel: what lies on it would bring a seam of the old ground along.
        inner = cv2.erode(np.pad(mask.astype(np.uint8), 1), np.ones((3, 3), np.uint8))[1:-1, 1:-1].astype(
            np.float32
        )
        turn = rng.uniform(-0.5, 0.5) if rng.random() < 0.7 else rng.uniform(-np.pi, np.pi)
        matrix = _affine(mask.shape, self.side * share / max(mask.shape), turn, rng.random() < 0.5, self.side)
        if at_rim:
            side = rng.integers(4)
            along, away = rng.uniform(-0.5, 0.5), rng.uniform(0.36, 0.55)
            offset = [(along, away), (along, -away), (away, along), (-away, along)][side]
        else:
            free = max(0.05, 0.45 - share / 2)  # what is for sale lies about the middle
            offset = (rng.uniform(-free, free), rng.uniform(-free, free))
        matrix[:, 2] += np.array(offset) * self.side
        size = (self.side, self.side)
        color = cv2.warpAffine(image, matrix, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        alpha = cv2.warpAffine(inner, matrix, size, flags=cv2.INTER_LINEAR)
        return color.astype(np.float32), alpha

    def _bare_product(self, rng: np.random.Generator) -> tuple[Pixels, Mask]:
        luck = rng.random()
        if luck < _DRAWN_PRODUCT:
            return drawn_product(rng, self.side)
        luck -= _DRAWN_PRODUCT
        for share, kind in self.kinds:
            if luck < share:
                item = _picked(kind, rng)
                return item.image, item.mask
            luck -= share
        item = _picked(self.labelled, rng)
        return item.image, item.mask

    def _clad(self, image: Pixels, mask: Mask, rng: np.random.Generator) -> Pixels:
        """The product's shape and shade, filled with a ground."""
        size = (mask.shape[1], mask.shape[0])
        cloth = cv2.resize(self._sheet(rng), size, interpolation=cv2.INTER_LINEAR)
        shade = image.astype(np.float32).mean(2, keepdims=True)
        level = float(shade[mask].mean()) if mask.any() else 128.0
        shade = (shade + 40) / (level + 40)
        return np.clip(cloth * shade ** np.float32(rng.uniform(0, 1)), 0, 255).astype(np.uint8)

    def _ground(self, rng: np.random.Generator) -> Float:
        first = self._sheet(rng)
        if rng.random() < 0.25:  # a floor before a wall, a cloth on a table
            second, place = self._sheet(rng), rng.uniform(0.15, 0.85) * self.side
            y, x = np.mgrid[0 : self.side, 0 : self.side]
            slope = rng.uniform(-0.3, 0.3)
            line = (y if rng.random() < 0.6 else x) + slope * (x if rng.random() < 0.6 else y)
            first = np.where((line > place)[..., None], second, first)
        return first

    def _sheet(self, rng: np.random.Generator) -> Float:
        if rng.random() < _DRAWN_GROUND:
            return drawn_ground(rng, self.side)
        patch = self.grounds[int(rng.integers(len(self.grounds)))]
        scale = self.side / max(patch.shape[:2]) * rng.uniform(0.5, 1.6)
        scale = min(scale, 3.5)
        matrix = _affine(patch.shape[:2], scale, rng.uniform(-np.pi, np.pi), rng.random() < 0.5, self.side)
        return cv2.warpAffine(
            patch, matrix, (self.side, self.side), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT
        ).astype(np.float32)


def _picked(items: Sequence[Labelled], rng: np.random.Generator) -> Labelled:
    return items[int(rng.integers(len(items)))]


def _grounds(item: Labelled) -> list[Pixels]:
    """The rectangles of a photograph that lie above, below and beside its product."""
    reach = max(3, round(0.03 * max(item.mask.shape)))
    wide = cv2.dilate(item.mask.astype(np.uint8), np.ones((2 * reach + 1,) * 2, np.uint8)) == 1
    rows, columns = np.flatnonzero(wide.any(1)), np.flatnonzero(wide.any(0))
    image = item.image
    strips = [image[: rows[0]], image[rows[-1] + 1 :], image[:, : columns[0]], image[:, columns[-1] + 1 :]]
    return [np.ascontiguousarray(strip) for strip in strips if min(strip.shape[:2]) >= 24]


def _affine(shape: tuple[int, ...], scale: float, turn: float, mirrored: bool, side: int) -> Float:
    """2×3: the middle of `shape` to the middle of a square of `side`."""
    cos, sin = scale * np.cos(turn), scale * np.sin(turn)
    flip = -1.0 if mirrored else 1.0
    linear = np.array([[cos * flip, -sin], [sin * flip, cos]])
    middle = np.array([shape[1] / 2, shape[0] / 2])
    return np.hstack([linear, (side / 2 - linear @ middle)[:, None]])


def _laid(ground: Float, product: Float, alpha: Float, rng: np.random.Generator) -> Float:
    """The product on the ground, with the shadow it throws."""
    if rng.random() < 0.75:
        side = len(alpha)
        move = np.array([[1, 0, rng.uniform(-0.08, 0.08) * side], [0, 1, rng.uniform(-0.02, 0.09) * side]])
        fallen = cv2.warpAffine(alpha, move, (side, side))
        fallen = cv2.GaussianBlur(fallen, (0, 0), rng.uniform(0.006, 0.05) * side) * rng.uniform(0.1, 0.6)
        ground = ground * (1 - fallen[..., None])
    share = alpha[..., None]
    return product * share + ground * (1 - share)


def _developed(image: Float, rng: np.random.Generator) -> Pixels:
    """As a phone would have it: light from one side, a cast, noise, softness."""
    side = len(image)
    if rng.random() < 0.6:
        y, x = np.mgrid[-1 : 1 : side * 1j, -1 : 1 : side * 1j]
        angle = rng.uniform(0, 2 * np.pi)
        slope = (1 + rng.uniform(0, 0.25) * (np.cos(angle) * x + np.sin(angle) * y))[..., None]
        image = image * slope.astype(np.float32)
    image = image * rng.uniform(0.88, 1.12, 3).astype(np.float32) * np.float32(rng.uniform(0.7, 1.2))
    if rng.random() < 0.5:
        grey = image.mean((0, 1))
        image = (image - grey) * np.float32(rng.uniform(0.7, 1.3)) + grey
    if rng.random() < 0.3:
        image = cv2.GaussianBlur(image, (0, 0), rng.uniform(0.4, 1.2))
    if rng.random() < 0.5:
        image = image + rng.normal(0, rng.uniform(1, 7), image.shape).astype(np.float32)
    return np.clip(image, 0, 255).astype(np.uint8)
