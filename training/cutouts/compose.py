"""Pictures with their true outlines, composed while the network learns.

A picture is a product on a ground: a rendered one with the light that it leaves its ground (`render`), a packshot with
a true alpha, a garment that labelled itself, or a drawn shape; on the sweep that it was rendered on, on a drawn sweep,
or on a photographed surface. Others are photographs as they are: rendered in a seller's places, or garments that
labelled themselves. Every picture comes from (seed, number) alone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TypeVar

import cv2
import numpy as np

from prodgen_django.studio.color import Float, Pixels

from . import ONE
from .dressing import dressed
from .gleams import gleaming
from .lines import drawn_lines
from .shapes import drawn_ground, drawn_product

__all__ = ["Composer", "Material", "Picture"]

Rng = np.random.Generator
T = TypeVar("T")
GLEAMING = 0.5  # of the rendered products


@dataclass(frozen=True, slots=True)
class Picture:
    """`image`: uint8 n×n×3. `product`, `shadow`, `things`: float32 n×n in [0, 1]; None where that is not known."""

    image: Pixels
    product: Float
    shadow: Float | None
    things: Float | None


@dataclass(frozen=True)
class Layered:
    """A rendered product apart from its ground, read when first asked for."""

    path: Path

    @cached_property
    def colour(self) -> Pixels:
        """uint8 n×n×4, straight alpha."""
        return cv2.cvtColor(cv2.imread(str(self.path), cv2.IMREAD_UNCHANGED), cv2.COLOR_BGRA2RGBA)

    @cached_property
    def ratio(self) -> Pixels:
        """uint8: the light that is left, as `render.ONE` has it."""
        return cv2.imread(str(self.path.with_suffix(".ratio.jpg")))[..., ::-1]

    @cached_property
    def empty(self) -> Pixels:
        """uint8: the ground without the product."""
        return cv2.imread(str(self.path.with_suffix(".empty.jpg")))[..., ::-1]


@dataclass(frozen=True)
class Known:
    """A photograph with the outline of its product, read when first asked for; `alpha` is uint8 h×w."""

    read: Callable[[], tuple[Pixels, Pixels]]

    @cached_property
    def both(self) -> tuple[Pixels, Pixels]:
        return self.read()

    @property
    def image(self) -> Pixels:
        return self.both[0]

    @property
    def alpha(self) -> Pixels:
        return self.both[1]


@dataclass
class Material:
    """What pictures are made of. `packshots` have products on nothing; `grounds` are uint8 h×w×3."""

    layered: list[Layered] = field(default_factory=list)
    whole: list[Known] = field(default_factory=list)
    packshots: list[Known] = field(default_factory=list)
    garments: list[Known] = field(default_factory=list)
    grounds: list[Pixels] = field(default_factory=list)


class Composer:
    """Makes pictures of `side` pixels.

    `shares`: how often each kind is made; kinds without material are left out.
    """

    def __init__(self, material: Material, side: int, shares: dict[str, float] | None = None) -> None:
        self.material, self.side = material, side
        wanted = shares or {
            "layered": 0.42,
            "whole": 0.16,
            "packshots": 0.1,
            "garments": 0.09,
            "worn": 0.08,
            "drawn": 0.05,
            "lines": 0.12,
        }
        kept = {
            kind: share
            for kind, share in wanted.items()
            if kind in ("drawn", "lines") or getattr(material, "garments" if kind == "worn" else kind)
        }
        self.kinds = list(kept)
        self.weights = np.array(list(kept.values())) / sum(kept.values())

    def __call__(self, rng: Rng) -> Picture:
        kind = str(rng.choice(self.kinds, p=self.weights))
        picture: Picture = getattr(self, f"_{kind}")(rng)
        return Picture(
            developed(picture.image.astype(np.float32), rng), picture.product, picture.shadow, picture.things
        )

    # -- photographs as they are

    def _whole(self, rng: Rng) -> Picture:
        item = _one(self.material.whole, rng)
        return self._as_is(item, rng, rng.uniform(0.9, 1.5))

    def _worn(self, rng: Rng) -> Picture:
        item = _one(self.material.garments, rng)
        return self._as_is(item, rng, rng.uniform(0.85, 1.3))

    def _as_is(self, item: Known, rng: Rng, scale: float) -> Picture:
        image, alpha = item.image, item.alpha
        matrix = self._placed(alpha.shape, self.side / max(alpha.shape) * scale, rng, 0.15)
        # A product that the frame cuts must not be doubled by a mirrored rim.
        border = cv2.BORDER_REPLICATE
        return Picture(self._warp(image, matrix, border), self._warp(alpha, matrix, border) / 255, None, None)

    # -- products on other grounds

    def _layered(self, rng: Rng) -> Picture:
        item = _one(self.material.layered, rng)
        size = item.colour.shape[0]
        matrix = self._placed(
            (size, size), self.side / size * float(np.exp(rng.normal(0.05, 0.16))), rng, 0.06
        )
        cover = self._warp(item.colour, matrix, cv2.BORDER_REPLICATE)
        colour, alpha = cover[..., :3], cover[..., 3] / 255
        ratio = self._ratio(item.ratio, matrix, size)
        if rng.random() < 0.45:
            at = matrix @ np.diag([size / item.empty.shape[0]] * 2 + [1])
            ground = self._warp(item.empty, at, cv2.BORDER_REPLICATE)
            if rng.random() < 0.4:
                ground = ground * rng.uniform(0.75, 1.1, 3).astype(np.float32)
        else:
            ground = self._ground(rng)
        # Linear light under a display's curve: a power of the ratio multiplies the levels.
        strength = float(rng.uniform(0.6, 1.5))
        image, things = self._with_things(ground, rng)
        image = image * ratio ** np.float32(strength / 2.2)
        if rng.random() < GLEAMING:
            colour = gleaming(colour, alpha, image, rng)
        if rng.random() < 0.3:
            colour = alike(colour, alpha, image, rng)
        shadow = np.clip((1 - ratio.mean(2) ** np.float32(strength)) * 2.5, 0, 1)
        return self._joined(colour, alpha, image, shadow, things)

    def _ratio(self, ratio: Pixels, matrix: Float, size: int) -> Float:
        at = matrix @ np.diag([size / ratio.shape[0]] * 2 + [1])
        return np.maximum(self._warp(ratio, at, cv2.BORDER_REPLICATE) / ONE, 0.004)

    def _packshots(self, rng: Rng) -> Picture:
        return self._laid(_one(self.material.packshots, rng), rng)

    def _garments(self, rng: Rng) -> Picture:
        return self._laid(_one(self.material.garments, rng), rng)

    def _drawn(self, rng: Rng) -> Picture:
        image, mask = drawn_product(rng, self.side)
        return self._laid(Known(lambda: (image, mask.astype(np.uint8) * 255)), rng)

    def _lines(self, rng: Rng) -> Picture:
        image, alpha = drawn_lines(rng, self.side)
        return self._laid(Known(lambda: (image, alpha)), rng)

    def _laid(self, item: Known, rng: Rng) -> Picture:
        """A product without a shadow of its own on any ground, with a drawn one."""
        source = dressed(item.image, item.alpha > 127, rng) if rng.random() < 0.4 else item.image
        rows, columns = np.flatnonzero(item.alpha.max(1) > 127), np.flatnonzero(item.alpha.max(0) > 127)
        if not len(rows):
            return self._drawn(rng)
        extent = max(len(rows), len(columns))
        matrix = self._placed(item.alpha.shape, self.side * rng.uniform(0.45, 1.0) / extent, rng, 0.25)
        middle = matrix @ [columns.mean(), rows.mean(), 1]
        matrix[:, 2] += self.side * (0.5 + rng.uniform(-0.12, 0.12, 2)) - middle
        colour = self._warp(source, matrix, cv2.BORDER_REPLICATE)
        alpha = self._warp(item.alpha, matrix, cv2.BORDER_CONSTANT) / 255
        image, things = self._with_things(self._ground(rng), rng)
        shadow = drawn_shadow(alpha, rng)
        image = image * (1 - shadow[..., None])
        if rng.random() < GLEAMING / 2:
            colour = gleaming(colour, alpha, image, rng)
        if rng.random() < 0.3:
            colour = alike(colour, alpha, image, rng)
        return self._joined(colour, alpha, image, np.clip(shadow * 2, 0, 1), things)

    def _joined(self, colour: Float, alpha: Float, ground: Float, shadow: Float, things: Float) -> Picture:
        share = alpha[..., None]
        image = np.clip(colour * share + ground * (1 - share), 0, 255)
        return Picture(image.astype(np.uint8), alpha, shadow * (1 - alpha), things * (1 - alpha))

    def _with_things(self, ground: Float, rng: Rng) -> tuple[Float, Float]:
        """Now and then other things lie about, mostly at the rim."""
        covered = np.zeros(ground.shape[:2], np.float32)
        stock = [*self.material.packshots, *self.material.garments]
        if not stock or rng.random() > 0.2:
            return ground, covered
        for _ in range(int(rng.integers(1, 4))):
            item = _one(stock, rng)
            extent = max(item.alpha.shape)
            matrix = self._placed(item.alpha.shape, self.side * rng.uniform(0.12, 0.35) / extent, rng, np.pi)
            side = int(rng.integers(4))
            along, away = rng.uniform(-0.5, 0.5), rng.uniform(0.4, 0.58)
            offset = [(along, away), (along, -away), (away, along), (-away, along)][side]
            matrix[:, 2] += np.array(offset) * self.side
            alpha = self._warp(item.alpha, matrix, cv2.BORDER_CONSTANT) / 255
            share = alpha[..., None]
            ground = self._warp(item.image, matrix, cv2.BORDER_REPLICATE) * share + ground * (1 - share)
            covered = np.maximum(covered, alpha)
        return ground, covered

    # -- grounds

    def _ground(self, rng: Rng) -> Float:
        """A drawn sweep, a drawn or a photographed surface, at times two that meet: float32 n×n×3."""
        if rng.random() < 0.4:
            return drawn_sweep(rng, self.side)
        first = self._sheet(rng)
        if rng.random() < 0.25:
            second, place = self._sheet(rng), rng.uniform(0.15, 0.85) * self.side
            y, x = np.mgrid[0 : self.side, 0 : self.side]
            first = np.where((y + rng.uniform(-0.3, 0.3) * x > place)[..., None], second, first)
        return first

    def _sheet(self, rng: Rng) -> Float:
        if not self.material.grounds or rng.random() < 0.25:
            return drawn_ground(rng, self.side)
        patch = _one(self.material.grounds, rng)
        scale = min(3.5, self.side / max(patch.shape[:2]) * rng.uniform(0.6, 1.6))
        matrix = self._placed(patch.shape[:2], scale, rng, np.pi)
        return self._warp(patch, matrix, cv2.BORDER_REFLECT)

    # -- places

    def _placed(self, shape: Sequence[int], scale: float, rng: Rng, turn: float) -> Float:
        """2×3, pixels to pixels: the middle of `shape` to about the picture's middle, mirrored half of the time."""
        angle, flip = rng.uniform(-turn, turn), -1.0 if rng.random() < 0.5 else 1.0
        linear = scale * np.array(
            [[np.cos(angle) * flip, -np.sin(angle)], [np.sin(angle) * flip, np.cos(angle)]]
        )
        middle = np.array([shape[1] / 2, shape[0] / 2])
        offset = self.side * (0.5 + rng.uniform(-0.06, 0.06, 2)) - linear @ middle
        return np.hstack([linear, offset[:, None]])

    def _warp(self, source: Pixels, matrix: Float, border: int) -> Float:
        """`source` at its new place, by area where it becomes smaller: float32 n×n[×c]."""
        scale = float(np.sqrt(abs(np.linalg.det(matrix[:, :2]))))
        if scale < 0.75:
            step = max(scale, 0.05)
            size = (max(1, round(source.shape[1] * step)), max(1, round(source.shape[0] * step)))
            ratio = np.array([source.shape[1] / size[0], source.shape[0] / size[1]])
            source = cv2.resize(source, size, interpolation=cv2.INTER_AREA)
            matrix = np.hstack([matrix[:, :2] * ratio, matrix[:, 2:]])
        moved = cv2.warpAffine(
            source, matrix, (self.side, self.side), flags=cv2.INTER_LINEAR, borderMode=border
        )
        return moved.astype(np.float32)


def drawn_sweep(rng: Rng, side: int) -> Float:
    """Paper from white to grey or cream, at times a floor that meets a wall, light that falls off: float32 n×n×3."""
    level = rng.uniform(150, 255) if rng.random() < 0.8 else rng.uniform(20, 150)
    tint = (
        np.array([0, -rng.uniform(0, 0.04), -rng.uniform(0, 0.14)])
        if rng.random() < 0.6
        else rng.normal(0, 0.03, 3)
    )
    y, x = (np.mgrid[0:side, 0:side] / side).astype(np.float32)
    light = 1 + rng.uniform(-0.2, 0.2) * (y - 0.5) + rng.uniform(-0.15, 0.15) * (x - 0.5)
    light -= rng.uniform(0, 0.5) * ((x - rng.uniform(0.2, 0.8)) ** 2 + (y - rng.uniform(0.2, 0.8)) ** 2)
    if rng.random() < 0.6:
        edge, soft = rng.uniform(0.35, 0.85), float(np.exp(rng.uniform(np.log(0.002), np.log(0.2))))
        light *= 1 + rng.uniform(-0.2, 0.2) / (1 + np.exp(np.clip((edge - y) / soft, -30, 30)))
    return (level * (1 + tint) * light[..., None]).astype(np.float32).clip(0, 255)


def drawn_shadow(alpha: Float, rng: Rng) -> Float:
    """How much light the ground loses: contact about the foot, a cast shadow to one side, float32 h×w in [0, 1]."""
    side, lost = len(alpha), np.zeros_like(alpha)
    rows = np.flatnonzero(alpha.max(1) > 0.5)
    if not len(rows) or rng.random() < 0.12:
        return lost
    foot = rows[-1]
    for _ in range(int(rng.integers(1, 4))):
        squash, shear = rng.uniform(0.04, 0.7), rng.uniform(-1.2, 1.2)
        drop = rng.uniform(-0.01, 0.03) * side
        matrix = np.array(
            [[1, -shear * squash, shear * squash * foot], [0, squash, foot * (1 - squash) + drop]]
        )
        fallen = cv2.warpAffine(alpha, matrix, (side, side))
        blur = float(np.exp(rng.uniform(np.log(0.002), np.log(0.03)))) * side
        fallen = cv2.GaussianBlur(fallen, (0, 0), blur) * rng.uniform(0.1, 0.7)
        lost = 1 - (1 - lost) * (1 - fallen)
    if rng.random() < 0.3:  # it lies: shadow all round
        move = np.array([[1, 0, rng.uniform(-0.04, 0.04) * side], [0, 1, rng.uniform(-0.02, 0.05) * side]])
        around = cv2.GaussianBlur(
            cv2.warpAffine(alpha, move, (side, side)), (0, 0), rng.uniform(0.004, 0.03) * side
        )
        lost = 1 - (1 - lost) * (1 - around * rng.uniform(0.1, 0.5))
    return lost


def alike(colour: Float, alpha: Float, ground: Float, rng: Rng) -> Float:
    """The product, or its upper or lower part, in its ground's colour, its shading kept."""
    inside = alpha > 0.5
    if not inside.any():
        return colour
    grey = colour.mean(2, keepdims=True)
    level = float(np.quantile(grey[inside], 0.8)) + 1
    about = ground[cv2.dilate(inside.astype(np.uint8), np.ones((9, 9), np.uint8)) == 1]
    target = np.median(about, 0) * rng.uniform(0.85, 1.1)
    shaded = np.clip(target * (0.25 + 0.75 * np.clip(grey / level, 0, 1.3)), 0, 255)
    cover = np.float32(rng.uniform(0.5, 1.0))
    part = np.ones_like(alpha)
    if rng.random() < 0.5:
        rows = np.flatnonzero(inside.any(1))
        cut = rng.uniform(rows[0], rows[-1])
        y = np.arange(len(alpha), dtype=np.float32)[:, None]
        part = np.broadcast_to((y > cut) if rng.random() < 0.5 else (y < cut), alpha.shape).astype(np.float32)
    weight = (cover * part)[..., None]
    return colour * (1 - weight) + shaded * weight


def developed(image: Float, rng: Rng) -> Pixels:
    """As a camera would have it: a cast, contrast, softness, noise, compression. Mildly: catalogues are well made."""
    if rng.random() < 0.5:
        image = image * rng.uniform(0.92, 1.08, 3).astype(np.float32)
    if rng.random() < 0.5:
        image = image * np.float32(rng.uniform(0.75, 1.15))
    if rng.random() < 0.4:
        grey = image.mean((0, 1))
        image = (image - grey) * np.float32(rng.uniform(0.75, 1.3)) + grey
    if rng.random() < 0.3:
        image = cv2.GaussianBlur(image, (0, 0), rng.uniform(0.4, 1.4))
    if rng.random() < 0.4:
        image = image + rng.normal(0, rng.uniform(0.5, 6), image.shape).astype(np.float32)
    levels = np.clip(image, 0, 255).astype(np.uint8)
    if rng.random() < 0.4:
        packed = cv2.imencode(".jpg", levels, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(45, 95))])[1]
        levels = cv2.imdecode(packed, cv2.IMREAD_COLOR)
    return levels


def _one(items: Sequence[T], rng: Rng) -> T:
    return items[int(rng.integers(len(items)))]
