"""What a product stands before, light by light: a rendered set, a plain ground, or pixels from elsewhere."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np

from . import sets
from .backdrop import VIEWS, tags_of
from .color import Float, Pixels, linear, srgb
from .goods import Pose
from .resampling import resample

__all__ = [
    "Scene",
    "encoded",
    "picture_scene",
    "plain_scene",
    "rgb",
    "set_scene",
    "studio_card",
]

_FOOT = 0.86  # where a thing stands before a plain ground, as a share of the height
_PLAIN_ELEVATION = 12.0
#: Lights of grounds that are no sets, as a photographer puts them up.
_STUDIO: dict[str, sets.Light] = {
    "key-left": sets.Light(-42.0, 48.0, 0.34, "#ffffff", 0.27, ""),
    "key-right": sets.Light(42.0, 48.0, 0.34, "#ffffff", 0.27, ""),
    "fill": sets.Light(0.0, 90.0, 2.0, "#ffffff", 0.46, ""),
}


@dataclass(frozen=True, slots=True)
class Scene:
    """`card`: of the canvas. `plane`: what a light gives, by its name and weight, linear float32 h×w×3. `curve`: from
    the sum to what is stored, 0 to 1. `tags` and `source_type`: of the empty scene."""

    name: str
    card: sets.SetCard
    plane: Callable[[str, float], Float]
    curve: Callable[[Float], Float]
    source_type: str
    tags: tuple[str, ...] = ()

    def lights(self, weights: Mapping[str, float]) -> Iterator[tuple[str, sets.Light, Float]]:
        """Every light that shines, and what it gives."""
        for name, light in self.card.lights.items():
            if weights.get(name, 0) > 0:
                yield name, light, self.plane(name, weights[name])


def set_scene(name: str, pose: Pose, size: tuple[int, int], zoom: float = 1.0) -> Scene:
    """A rendered set in the view that shows the pose. Raises KeyError for a set without it."""
    view = VIEWS[pose]
    card = sets.card(name, view)

    def plane(light: str, weight: float) -> Float:
        return sets.lit(name, view, {light: weight}, size, zoom)

    more = ("flat-lay",) if view == "top" else ()
    return Scene(name, card.fitted(size, zoom), plane, encoded, "algorithmicMedia", (*tags_of(card), *more))


def plain_scene(
    name: str, colour: str, pose: Pose, size: tuple[int, int], seed: int, foot: float = _FOOT
) -> Scene:
    """A sweep of paper of one colour, a little brighter where the product stands; white is white all over."""
    flat = np.broadcast_to(linear(rgb(colour)), (size[1], size[0], 3))
    even = colour.lower() == "#ffffff"
    light = np.float32(1) if even else _sweep(size)[..., None]
    # Smooth slopes of few levels show as bands in eight bits.
    grain = None if even else np.random.default_rng(seed).uniform(-0.5, 0.5, (size[1], size[0], 1)) / 255

    def plane(_light: str, weight: float) -> Float:
        return np.asarray(flat * (light * np.float32(weight)), np.float32)

    def curve(total: Float) -> Float:
        return srgb(total) if grain is None else (srgb(total) + grain).astype(np.float32)

    return Scene(name, studio_card(name, pose, size, foot), plane, curve, "algorithmicMedia", ("plain",))


def picture_scene(pixels: Pixels, pose: Pose, size: tuple[int, int], foot: float, source_type: str) -> Scene:
    """Pixels uint8 h×w×3, scaled to cover the canvas; a standing product's foot is at the share `foot` of it."""
    covered = linear(_cover(pixels, size).astype(np.float32) / 255)

    def plane(_light: str, weight: float) -> Float:
        return np.asarray(covered * np.float32(weight), np.float32)

    return Scene("custom", studio_card("custom", pose, size, foot), plane, srgb, source_type)


def encoded(light: Float) -> Float:
    """Linear light to sRGB, both with white at 1; what is brighter rolls off softly."""
    return srgb(np.where(light > 0.8, 0.8 + 0.2 * np.tanh((light - 0.8) / 0.3), light))


def rgb(colour: str) -> Float:
    """ "#rrggbb" as float32 in 0 to 1."""
    return np.array([int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5)], np.float32)


def _sweep(size: tuple[int, int]) -> Float:
    """How a large lamp above lights paper that bends from floor to wall: float32 h×w, 1 at its brightest."""
    y = ((np.arange(size[1], dtype=np.float32) + 0.5) / size[1])[:, None]
    x = ((np.arange(size[0], dtype=np.float32) + 0.5) / size[0])[None]
    bend = np.clip((y - 0.5) / 0.3, 0, 1)
    floor = bend * bend * (3 - 2 * bend)
    away = np.hypot((x - 0.5) * 0.9, (y - 0.52) * 0.8)
    return ((0.93 + 0.07 * floor) * (1 - 0.2 * away**2)).astype(np.float32)


def studio_card(name: str, pose: Pose, size: tuple[int, int], foot: float = _FOOT) -> sets.SetCard:
    """A photographer's lamps before a ground that is no set."""
    stands = VIEWS[pose] in ("table", "floor")
    pitch = math.radians(_PLAIN_ELEVATION)
    return replace(
        _NOWHERE,
        name=name,
        view=VIEWS[pose],
        size=size,
        elevation=_PLAIN_ELEVATION if stands else 90.0 if pose == "lies" else 0.0,
        camera=((1, 0, 0, 0), (0, math.sin(pitch), -math.cos(pitch), 0), (0, 0, 0, 1)),
        place=(0.5, foot if stands else 0.5),
        tallest=foot - 0.03,
    )


_NOWHERE = sets.SetCard(
    name="", view="table", label="", size=(1, 1), mood=(), season=(), materials=(), goods=(), suits="", mean="",
    colours=(), height=0.0, elevation=0.0, field=0.0, camera=(), ground=None, wall=None, wall_away=None, horizon=None,
    place=(0.5, 0.5), pixels_per_metre=0.0, tallest=0.78, lights=_STUDIO,
)  # fmt: skip


def _cover(pixels: Pixels, size: tuple[int, int]) -> Pixels:
    if not isinstance(pixels, np.ndarray) or pixels.dtype != np.uint8 or pixels.ndim != 3:
        raise ValueError("a backdrop is a name or pixels uint8 h×w×3")
    width, height = size
    scale = max(width / pixels.shape[1], height / pixels.shape[0])
    full = (max(width, round(pixels.shape[1] * scale)), max(height, round(pixels.shape[0] * scale)))
    scaled = resample(np.ascontiguousarray(pixels[..., :3]), full)
    x, y = (full[0] - width) // 2, (full[1] - height) // 2
    return np.asarray(scaled[y : y + height, x : x + width])
