"""The rendered backdrops that ship with the app: which they are, and each in any mixture of its lights.

A set is a room seen in one or more views; every view is kept as one picture for each of its lights, so that light can
be mixed when a product is put into it, and as a card that says where things are. Cards are read without NumPy and
OpenCV, so that a web process can list sets; `lit` brings them in.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

__all__ = ["Direction", "Light", "SetCard", "card", "lit", "names", "views"]

FOLDER = Path(__file__).resolve().parent.parent / "sets"

SetView = Literal["table", "floor", "wall", "top"]
Matrix = tuple[tuple[float, ...], ...]


@dataclass(frozen=True, slots=True)
class Direction:
    """Where a light stands, as it is seen from the product.

    `azimuth` and `elevation`: degrees, 0 being the camera's side (in a view from above the picture's upper edge), 90
    the right and 180 behind the product. `softness`: the tangent of half the angle that it fills.
    """

    azimuth: float
    elevation: float
    softness: float


@dataclass(frozen=True, slots=True)
class Light(Direction):
    """One light of a set. `weight`: how much of it makes the picture well exposed."""

    colour: str
    weight: float
    file: str


@dataclass(frozen=True, slots=True)
class SetCard:
    """What is known of a view of a set, for a picture of `size` (width, height) pixels. Lengths are metres.

    `camera`: 3×4, from (x to the right, y away, z up, 1) to pixels; the origin is the product's foot, or middle where
    it hangs or lies. `ground` and `wall`: 3×3, from pixels to (x, y) on floor or table and to (x, z) on the wall, None
    where a view has none; `wall_away`: how far the wall is behind the product. `horizon`: its row as a share of the
    height, outside 0 to 1 where it is not seen, None from above. `place`: where the origin is seen, as shares of width
    and height; `pixels_per_metre` there; `tallest`: the largest height of a product, as a share of the picture's.
    """

    name: str
    view: SetView
    label: str
    size: tuple[int, int]
    mood: tuple[str, ...]
    season: tuple[str, ...]
    materials: tuple[str, ...]
    goods: tuple[str, ...]
    suits: str
    mean: str
    colours: tuple[str, ...]
    height: float
    elevation: float
    field: float
    camera: Matrix
    ground: Matrix | None
    wall: Matrix | None
    wall_away: float | None
    horizon: float | None
    place: tuple[float, float]
    pixels_per_metre: float
    tallest: float
    lights: Mapping[str, Light]

    @property
    def words(self) -> tuple[str, ...]:
        """Mood, season and materials."""
        return self.mood + self.season + self.materials

    @property
    def weights(self) -> dict[str, float]:
        """Each light's default weight."""
        return {name: light.weight for name, light in self.lights.items()}

    def fitted(self, size: tuple[int, int], zoom: float = 1.0) -> SetCard:
        """The card of the picture that `lit` makes for a canvas of `size` (width, height) with the same `zoom`."""
        left, top, wide, high = self.window(size, zoom)
        across, down = size[0] / wide, size[1] / high
        forward: Matrix = ((across, 0, -left * across), (0, down, -top * down), (0, 0, 1))
        back: Matrix = ((1 / across, 0, left), (0, 1 / down, top), (0, 0, 1))

        def row(share: float) -> float:
            return (share * self.size[1] - top) / high

        return replace(
            self,
            size=size,
            camera=_product(forward, self.camera),
            ground=self.ground and _product(self.ground, back),
            wall=self.wall and _product(self.wall, back),
            horizon=None if self.horizon is None else row(self.horizon),
            place=((self.place[0] * self.size[0] - left) / wide, row(self.place[1])),
            pixels_per_metre=self.pixels_per_metre * across,
            tallest=min(self.tallest * self.size[1] / high, 0.95 * row(self.place[1])),
        )

    def window(self, size: tuple[int, int], zoom: float = 1.0) -> tuple[int, int, int, int]:
        """The part of this picture that a canvas of `size` shows: left, top, width, height, in pixels.

        The largest of the canvas's proportions, by `zoom` (1 or more) a smaller one; the product's place keeps its
        share of the height. Raises ValueError for a size that is not positive and a zoom below 1.
        """
        if min(size) < 1 or not zoom >= 1:
            raise ValueError(f"a canvas of {size[0]} × {size[1]} pixels, {zoom} times as near")
        width, height = self.size
        wide = max(1, round(min(width, height * size[0] / size[1]) / zoom))
        high = max(1, round(min(height, width * size[1] / size[0]) / zoom))
        left = round(min(max(self.place[0] * (width - wide), 0), width - wide))
        top = round(min(max(self.place[1] * (height - high), 0), height - high))
        return left, top, wide, high


def names() -> tuple[str, ...]:
    """Every set that has a view, by name."""
    return tuple(sorted({name for name, _ in _index()}))


def views(name: str) -> tuple[SetView, ...]:
    """The views of a set, in order; none for a set that there is not."""
    return tuple(sorted(view for known, view in _index() if known == name))


@cache
def card(name: str, view: SetView) -> SetCard:
    """The card of a view as it was rendered. Raises KeyError for one that there is not."""
    if (name, view) not in _index():
        raise KeyError(f"no set {name!r} with a view {view!r}")
    return _read(json.loads((FOLDER / name / f"{view}.json").read_text(encoding="utf-8")))


def lit(
    name: str,
    view: SetView,
    weights: Mapping[str, float] | None,
    size: tuple[int, int],
    zoom: float = 1.0,
) -> npt.NDArray[np.float32]:
    """The empty set in a mixture of its lights: linear float32 height×width×3 for `size` (width, height), white is 1.

    `weights`: by the names of the card's lights, each 0 or more, 1 being the light as it is stored; one that is not
    named is out, and None takes the default weights. The sum is not cut off at white. Raises KeyError for a set, view
    or light that there is not, ValueError for a weight below 0 or a size that is not positive.
    """
    known = card(name, view)
    weights = known.weights if weights is None else weights
    left, top, wide, high = known.window(size, zoom)
    if unknown := weights.keys() - known.lights.keys():
        raise KeyError(f"{name!r}, {view!r} has no light {', '.join(sorted(unknown))!r}")
    if any(not weight >= 0 for weight in weights.values()):
        raise ValueError("a light's weight is 0 or more")
    import cv2
    import numpy as np

    total = np.zeros((high, wide, 3), np.float32)
    for light, weight in weights.items():
        if weight > 0:
            stored = _stored(FOLDER / name / known.lights[light].file)[top : top + high, left : left + wide]
            total += np.float32(weight) * _linear()[stored]
    smaller = size[0] < wide
    scaled = cv2.resize(total, size, interpolation=cv2.INTER_AREA if smaller else cv2.INTER_CUBIC)
    return np.maximum(scaled, 0)


@lru_cache(maxsize=8)
def _stored(path: Path) -> npt.NDArray[np.uint8]:
    """A light's picture as it is kept, not to be written to; those of the last two views are held."""
    from prodgen_django.imagefile import load_image

    pixels = load_image(path.read_bytes())[..., :3]
    pixels.flags.writeable = False
    return pixels


@cache
def _linear() -> npt.NDArray[np.float32]:
    """Linear light by the level of a stored pixel."""
    import numpy as np

    from .color import linear

    return np.asarray(linear(np.arange(256, dtype=np.float32) / 255), np.float32)


@cache
def _index() -> frozenset[tuple[str, SetView]]:
    return frozenset((path.parent.name, path.stem) for path in FOLDER.glob("*/*.json"))  # type: ignore[misc]


def _read(stored: dict[str, Any]) -> SetCard:
    camera, place, wall = stored["camera"], stored["place"], stored["wall"]
    listed: dict[str, tuple[str, ...]] = {
        key: tuple(stored[key]) for key in ("mood", "season", "materials", "goods", "colours")
    }
    return SetCard(
        name=stored["name"],
        view=stored["view"],
        label=stored["label"],
        size=(stored["size"][0], stored["size"][1]),
        suits=stored["suits"],
        mean=stored["mean"],
        height=camera["height"],
        elevation=camera["elevation"],
        field=camera["field"],
        camera=_matrix(camera["matrix"]),
        ground=stored["ground"] and _matrix(stored["ground"]),
        wall=wall and _matrix(wall["plane"]),
        wall_away=wall and wall["away"],
        horizon=stored["horizon"],
        place=(place["x"], place["y"]),
        pixels_per_metre=place["pixels_per_metre"],
        tallest=place["tallest"],
        lights={light: Light(**of) for light, of in stored["lights"].items()},
        **listed,
    )


def _matrix(rows: Sequence[Sequence[float]]) -> Matrix:
    return tuple(tuple(float(v) for v in row) for row in rows)


def _product(first: Matrix, second: Matrix) -> Matrix:
    """The product of two matrices."""
    return tuple(
        tuple(sum(a * b for a, b in zip(row, column, strict=True)) for column in zip(*second, strict=True))
        for row in first
    )
