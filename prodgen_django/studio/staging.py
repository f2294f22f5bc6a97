"""Put a cut-out product before a backdrop without touching one of its pixels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from . import on_set, sets
from .backdrop import TRANSPARENT, VIEWS, backdrop, colour_of, is_set
from .color import Float, Pixels, palette, style_tags
from .consistency import Look, measure_look
from .fidelity import Fidelity, certify
from .goods import Pose
from .matting import foreground
from .own_set import OwnSet, own_scene
from .provenance import combined_source_type
from .resampling import onto_canvas
from .scene import Scene, picture_scene, plain_scene, set_scene
from .upright import Straightened

MAX_UPSCALE = 1.3
"""A photograph is enlarged by at most this factor; beyond it the canvas is made smaller than was asked for."""
LEAST_SIDE = 480
"""The smallest that a canvas is made for that; below it the product is shown smaller."""

_OPAQUE = 1 - 1 / 512
_FILL = {"#ffffff": 0.88}  # of the canvas that a product takes: what marketplaces ask for on white
_PLAIN_FILL = 0.72
_WHITE_FOOT = 0.925


class StagingError(ValueError):
    """A product that cannot be staged. `code` is stable; the message is for the person who sees it."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code, self.message = code, message


@dataclass(frozen=True, slots=True)
class Staged:
    """A product in its scene.

    `image`: uint8 h×w×3. `mask`: float32 h×w in [0, 1], the product on the canvas; on the transparent ground it is the
    picture's alpha. `transform`: 3×3, photograph pixels to canvas pixels (pixel centres at whole numbers). `scale`:
    canvas pixels for each of the photograph. `look`: what is compared across a category. `palette` and `tags` describe
    the whole picture. `notes`: sentences for the reviewer.
    """

    image: Pixels
    mask: Float
    transform: npt.NDArray[np.float64]
    scale: float
    fidelity: Fidelity
    source_type: str
    backdrop: str
    seed: int
    palette: tuple[str, ...]
    tags: tuple[str, ...]
    look: Look
    notes: tuple[str, ...] = ()

    @property
    def pixels(self) -> Pixels:
        """What is to be stored: uint8 h×w×3, ×4 on the transparent ground."""
        if self.backdrop != TRANSPARENT:
            return self.image
        return np.dstack([self.image, np.rint(self.mask * 255).astype(np.uint8)])

    def as_dict(self) -> dict[str, Any]:
        """Everything but the pixels, as plain JSON values."""
        return {
            "size": [self.image.shape[1], self.image.shape[0]],
            "transform": self.transform.tolist(),
            "scale": self.scale,
            "fidelity": self.fidelity.as_dict(),
            "source_type": self.source_type,
            "backdrop": self.backdrop,
            "seed": self.seed,
            "palette": list(self.palette),
            "tags": list(self.tags),
            "look": self.look.as_dict(),
            "notes": list(self.notes),
        }


def stage(
    photo: Pixels,
    alpha: Float,
    backdrop: str | Pixels | OwnSet = "white",
    *,
    pose: Pose = "table",
    centimetres: float | None = None,
    size: tuple[int, int] = (1600, 1600),
    fill: float | None = None,
    shadow: bool | float | None = None,
    variation: int = 0,
    move: on_set.Move | None = None,
    seed: int = 0,
    photo_source: str = "digitalCapture",
    backdrop_source: str = "algorithmicMedia",
    ground: float = 0.86,
    middle: tuple[float, float] = (0.5, 0.5),
    max_upscale: float = MAX_UPSCALE,
    straight: Straightened | None = None,
) -> Staged:
    """Stage the product of `photo` (uint8 H×W×3) that `alpha` (float32 H×W in [0, 1]) marks.

    `backdrop`: the name of a plain ground, a colour "#rrggbb" or the name of a rendered set (`backdrop.backdrops`), an
    `own_set.OwnSet`, or pixels uint8 h×w×3, which are scaled to cover the canvas; of those, `backdrop_source` says how
    they came to be, `ground` where a standing product's base is (share of height) and `middle` where the middle of its
    box is.
    `pose`: how it is shown; of a set it chooses the view. `centimetres`: its longer side, None where nobody knows; on a
    set it is shown as large as it is, within what shows it well.
    `size`: the canvas, (width, height); a smaller one of its proportions where the photograph would else be enlarged
    more than `max_upscale` times. `fill`: the share of the canvas that the product takes. `shadow`: True or False, or a
    depth of 0 to 1; by default there is one, but none on white, where everything outside of the product is exactly 255.
    `variation`: another number mixes the lights otherwise. `straight`: how the photograph is turned upright or
    rectified (`upright.straightened` of its alpha). `move`: away from where it would be put by itself.

    Every opaque pixel of the product is the photograph's own after one resampling of the whole photograph (see
    `resampling.onto_canvas`). The same arguments give the same picture.
    Raises StagingError (empty_cut_out) where alpha marks nothing, LookupError for a name that is no backdrop and a set
    without a view for the pose, ValueError for arguments that cannot be.
    """
    _check(photo, alpha, size, pose, fill, middle)
    outline = alpha if straight is None else straight.outline
    top, bottom, left, right = bounds(outline >= 0.5)
    box = (right - left, bottom - top)
    zoom = 1.0
    if isinstance(backdrop, OwnSet):
        zoom = on_set.zoomed(box, backdrop.card.fitted(size), pose, centimetres)
    elif isinstance(backdrop, str) and is_set(backdrop):
        zoom = on_set.zoomed(box, sets.card(backdrop, VIEWS[pose]).fitted(size), pose, centimetres)

    def scene_of(canvas: tuple[int, int]) -> Scene:
        return _scene(backdrop, pose, canvas, zoom, seed, backdrop_source, ground)

    share, move = _share(backdrop, fill), move or on_set.Move()

    def put(scene: Scene) -> on_set.Placed:
        where = on_set.placed(box, scene.card, pose, centimetres, share)
        return move.applied(_middled(where, scene, pose, middle), scene.card.size)

    scene = scene_of(size)
    where = put(scene)
    size, notes = _carried(size, where.scale, max_upscale)
    if size != scene.card.size:
        scene = scene_of(size)
        where = put(scene)
    stands = VIEWS[pose] in ("table", "floor")
    transform = _transform(outline, where, (top, bottom, left, right), min(where.scale, max_upscale), stands)
    scale = round(float(transform[0, 0]), 6)
    if straight is not None:
        alpha, transform, notes = straight.alpha, transform @ straight.matrix, [*notes, *straight.notes]
    product, mask = _laid(photo, alpha, transform, (size[1], size[0]))
    own = foreground(product, mask)
    side = on_set.lit_from(product, mask) if move.light is None else move.light
    mix = on_set.weights(scene.card, side, variation)
    strength = _strength(shadow, scene)
    linear, taken = on_set.surroundings(scene, mask, pose, mix, strength)
    image = _joined(product, own, mask, scene.curve(linear))
    if scene.name == TRANSPARENT:
        image = np.where(mask[..., None] > 0, np.where(mask[..., None] >= 1, product, own), np.uint8(255))
    return Staged(
        image=image,
        mask=mask,
        transform=transform,
        scale=scale,
        fidelity=certify(photo, alpha, image, transform),
        source_type=combined_source_type([photo_source, scene.source_type]),
        backdrop=scene.name,
        seed=seed,
        palette=tuple(palette(image)),
        tags=tuple(dict.fromkeys([*style_tags(image), *scene.tags])),
        look=measure_look(image, mask, taken if strength > 0 else None),
        notes=tuple(notes),
    )


def _scene(
    name: str | Pixels | OwnSet,
    pose: Pose,
    size: tuple[int, int],
    zoom: float,
    seed: int,
    source: str,
    ground: float,
) -> Scene:
    if isinstance(name, OwnSet):
        return own_scene(name, size, zoom)
    if not isinstance(name, str):
        return picture_scene(name, pose, size, ground, source)
    colour = colour_of(name)
    if colour is None:
        backdrop(name)  # raises where it is none
        return set_scene(name, pose, size, zoom)
    foot = {"foot": _WHITE_FOOT} if colour == "#ffffff" else {}
    return plain_scene(name, colour, pose, size, seed, **foot)


def _share(name: str | Pixels | OwnSet, fill: float | None) -> float | None:
    """Of the canvas that a product takes; None where its true size says it."""
    if fill is not None:
        return fill
    if isinstance(name, OwnSet):
        return None
    if not isinstance(name, str):
        return 0.72
    colour = colour_of(name)
    return None if colour is None else _FILL.get(colour, _PLAIN_FILL)


def _strength(shadow: bool | float | None, scene: Scene) -> float:
    if shadow is None:
        return 0.0 if colour_of(scene.name) == "#ffffff" else 1.0
    return float(np.clip(float(shadow), 0, 1))


def _carried(size: tuple[int, int], scale: float, most: float) -> tuple[tuple[int, int], list[str]]:
    """The canvas that the photograph carries, and what is said of it."""
    if scale <= most:
        return size, []
    share = max(most / scale, min(1.0, LEAST_SIDE / max(size)))
    smaller = (max(64, round(size[0] * share)), max(64, round(size[1] * share)))
    return smaller, [
        f"The photograph is small: the picture has {smaller[0]} × {smaller[1]} pixels, not {size[0]} × {size[1]}."
    ]


def _middled(where: on_set.Placed, scene: Scene, pose: Pose, middle: tuple[float, float]) -> on_set.Placed:
    """Where a backdrop of mere pixels wants it."""
    if scene.name != "custom":
        return where
    wide, high = scene.card.size
    base = where.base if VIEWS[pose] in ("table", "floor") else middle[1] * high
    return on_set.Placed(where.scale, middle[0] * wide, base)


def _transform(
    alpha: Float, where: on_set.Placed, box: tuple[int, int, int, int], scale: float, stands: bool
) -> npt.NDArray[np.float64]:
    """A scale and a shift by whole pixels, so that the resampling of the whole photograph is fully told by it."""
    top, bottom, left, right = box
    full = (max(1, round(alpha.shape[1] * scale)), max(1, round(alpha.shape[0] * scale)))
    sx, sy = full[0] / alpha.shape[1], full[1] / alpha.shape[0]
    x = round(where.middle - (left + right) / 2 * sx)
    y = round(where.base - (bottom if stands else (top + bottom) / 2) * sy)
    return np.array([[sx, 0, x + 0.5 * sx - 0.5], [0, sy, y + 0.5 * sy - 0.5], [0, 0, 1]])


def _laid(
    photo: Pixels, alpha: Float, transform: npt.NDArray[np.float64], shape: tuple[int, int]
) -> tuple[Pixels, Float]:
    """The photograph and its alpha on the canvas."""
    mask = onto_canvas(alpha.astype(np.float32), transform, shape)
    mask[mask >= _OPAQUE] = 1
    mask[mask < 1 / 255] = 0
    return onto_canvas(photo, transform, shape), mask


def _joined(product: Pixels, own: Pixels, mask: Float, behind: Float) -> Pixels:
    """The product before what is `behind` it (float32 h×w×3, 1 is white), its opaque pixels untouched."""
    share = mask[..., None]
    mixed = own / np.float32(255) * share + behind * (1 - share)
    return np.where(share >= 1, product, np.rint(np.clip(mixed, 0, 1) * 255).astype(np.uint8))


def bounds(solid: npt.NDArray[np.bool_]) -> tuple[int, int, int, int]:
    """Top, bottom, left and right of what is marked, the ends not in it."""
    rows, columns = np.flatnonzero(solid.any(1)), np.flatnonzero(solid.any(0))
    return int(rows[0]), int(rows[-1]) + 1, int(columns[0]), int(columns[-1]) + 1


def _check(
    photo: Pixels,
    alpha: Float,
    size: tuple[int, int],
    pose: str,
    fill: float | None,
    middle: tuple[float, float],
) -> None:
    if photo.dtype != np.uint8 or photo.ndim != 3 or photo.shape[2] != 3:
        raise ValueError(f"a photograph is uint8 H×W×3, not {photo.dtype} {photo.shape}")
    if alpha.shape != photo.shape[:2]:
        raise ValueError(f"alpha is {alpha.shape}, the photograph {photo.shape[:2]}")
    if min(size) < 64 or max(size) > 8000:
        raise ValueError(f"a canvas has 64 to 8000 pixels a side, not {size}")
    if pose not in VIEWS:
        raise ValueError(f"pose is {pose!r}, but may be {', '.join(VIEWS)}")
    if fill is not None and not 0.05 <= fill <= 1:
        raise ValueError(f"fill is {fill}, but runs from 0.05 to 1")
    if not (0 <= middle[0] <= 1 and 0 <= middle[1] <= 1):
        raise ValueError(f"middle is {middle}, but runs from 0 to 1")
    if not (alpha >= 0.5).any():
        raise StagingError(
            "empty_cut_out", "No product was found in the photograph. Mark it by hand and try again."
        )
