"""Put a cut-out product before a backdrop without touching one of its pixels."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from . import on_set, sets
from . import shadow as shadows
from .backdrops.noise import color
from .color import Float, Pixels, palette, style_tags
from .consistency import Look, measure_look
from .fidelity import Fidelity, certify
from .goods import Pose
from .light.styled import shade
from .matting import foreground
from .provenance import combined_source_type
from .resampling import onto_canvas, resample
from .styles import STYLES, Style
from .upright import Straightened

Placement = Literal["auto", "stand", "lie", "hang"]

MAX_UPSCALE = 1.5
"""A photograph is enlarged by at most this factor; beyond it a product is shown smaller than was asked
for."""

_OPAQUE = 1 - 1 / 512
_UNKNOWN = Style("custom", "", (), (), "", bend=0.3)
"""How a backdrop is lit of which only the pixels are known."""


class StagingError(ValueError):
    """A product that cannot be staged. `code` is stable; the message is for the person who sees it."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code, self.message = code, message


@dataclass(frozen=True, slots=True)
class Staged:
    """A product in its scene.

    `image`: uint8 h×w×3. `mask`: float32 h×w in [0, 1], the product on the canvas. `transform`: 3×3,
    photograph pixels to canvas pixels (pixel centres at whole numbers). `scale`: canvas pixels for each of
    the photograph. `look`: what is compared across a category. `palette` and `tags` describe the whole
    picture. `notes`: sentences for the reviewer.
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
    backdrop: str | Pixels = "white",
    *,
    size: tuple[int, int] = (1600, 1600),
    fill: float | None = None,
    shadow: bool | float | None = None,
    placement: Placement = "auto",
    seed: int = 0,
    photo_source: str = "digitalCapture",
    backdrop_source: str = "algorithmicMedia",
    ground: float = 0.86,
    middle: tuple[float, float] = (0.5, 0.5),
    max_upscale: float = MAX_UPSCALE,
    straight: Straightened | None = None,
) -> Staged:
    """Stage the product of `photo` (uint8 H×W×3) that `alpha` (float32 H×W in [0, 1]) marks.

    `backdrop`: a name in `STYLES`, or pixels uint8 h×w×3, which are scaled to cover the canvas; of those,
    `backdrop_source` says how they came to be and `ground` where a standing product's base is (share of
    height). `middle`: where the middle of the product's box is (shares of width and height; for a standing
    product the base decides the height).
    `size`: the canvas, (width, height). `fill`: the share of the canvas that the product's longer side
    takes; by default 0.88 on white and what suits the style elsewhere. `shadow`: True or False, or a
    depth of 0 to 1; by default the style's own, and none on white, where everything outside the product
    is exactly 255.
    `placement`: "stand", "lie" (seen from above) or "hang" (close before the wall); "auto" is the
    style's way. `straight`: how the photograph is turned upright or rectified (`upright.straightened` of its alpha).

    Every opaque pixel of the product is the photograph's own after one resampling of the whole
    photograph (see
    `fidelity.resample`). The same arguments give the same picture.
    Raises StagingError (empty_cut_out) where alpha marks nothing, ValueError for arguments that cannot be.
    """
    _check(photo, alpha, size)
    style = STYLES.get(backdrop) if isinstance(backdrop, str) else None
    if isinstance(backdrop, str) and style is None:
        raise ValueError(f"{backdrop!r} is no style: {', '.join(STYLES)}")
    way = _way(placement, style)
    plain = style is not None and style.name == "white"
    stands = way == "stand" and not plain
    base = (style.ground if style is not None else ground) if stands else None
    outline = alpha if straight is None else straight.outline
    transform, notes = _place(outline, size, style, fill, base, middle, max_upscale)
    scale = round(float(transform[0, 0]), 6)
    if straight is not None:
        alpha, transform, notes = straight.alpha, transform @ straight.matrix, [*notes, *straight.notes]
    shape = (size[1], size[0])
    product, mask = _laid(photo, alpha, transform, shape)
    own = foreground(product, mask)
    scene = style.render(size, seed) if style is not None else _cover(backdrop, size)
    depth = _depth(shadow, style, plain)
    lighting = style if style is not None else replace(_UNKNOWN, edge=max(0.1, ground - 0.2))
    behind, taken = _lit(scene.astype(np.float32) / 255, own, mask, lighting, way, depth, seed)
    image = _joined(product, own, mask, behind)
    if style is not None:
        backdrop_source = style.source_type
    return Staged(
        image=image,
        mask=mask,
        transform=transform,
        scale=scale,
        fidelity=certify(photo, alpha, image, transform),
        source_type=combined_source_type([photo_source, backdrop_source]),
        backdrop=style.name if style is not None else "custom",
        seed=seed,
        palette=tuple(palette(image)),
        tags=tuple(dict.fromkeys([*style_tags(image), *(style.tags[3:] if style is not None else ())])),
        look=measure_look(image, mask, taken),
        notes=tuple(notes),
    )


def stage_on_set(
    photo: Pixels,
    alpha: Float,
    name: str,
    *,
    pose: Pose = "table",
    size: tuple[int, int] = (1600, 1600),
    centimetres: float | None = None,
    seed: int = 0,
    photo_source: str = "digitalCapture",
    max_upscale: float = MAX_UPSCALE,
    straight: Straightened | None = None,
) -> Staged:
    """Stage a product as `stage` does, on the rendered set `name` in the view that shows its `pose`.

    `centimetres`: the product's longer side; None where nobody knows. `straight`: as `stage` has it.
    Raises KeyError for a set without that view.
    """
    _check(photo, alpha, size)
    card = sets.card(name, on_set.VIEWS[pose]).fitted(size)
    outline = alpha if straight is None else straight.outline
    top, bottom, left, right = bounds(outline >= 0.5)
    where = on_set.placed((right - left, bottom - top), card, pose, centimetres)
    scale, notes = _limited(where.scale, max_upscale)
    full = (max(1, round(outline.shape[1] * scale)), max(1, round(outline.shape[0] * scale)))
    sx, sy = full[0] / outline.shape[1], full[1] / outline.shape[0]
    stands = on_set.VIEWS[pose] in ("table", "floor")
    x = round(where.middle - (left + right) / 2 * sx)
    y = round(where.base - (bottom if stands else (top + bottom) / 2) * sy)
    transform = np.array([[sx, 0, x + 0.5 * sx - 0.5], [0, sy, y + 0.5 * sy - 0.5], [0, 0, 1]])
    if straight is not None:
        alpha, transform, notes = straight.alpha, transform @ straight.matrix, [*notes, *straight.notes]
    product, mask = _laid(photo, alpha, transform, (size[1], size[0]))
    own = foreground(product, mask)
    linear, taken = on_set.surroundings(card, mask, pose, on_set.lit_from(product, mask))
    image = _joined(product, own, mask, on_set.encoded(linear))
    return Staged(
        image=image,
        mask=mask,
        transform=transform,
        scale=round(sx, 6),
        fidelity=certify(photo, alpha, image, transform),
        source_type=combined_source_type([photo_source, "algorithmicMedia"]),
        backdrop=name,
        seed=seed,
        palette=tuple(palette(image)),
        tags=tuple(dict.fromkeys([*style_tags(image), *card.words])),
        look=measure_look(image, mask, taken),
        notes=tuple(notes),
    )


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


def _limited(scale: float, most: float) -> tuple[float, list[str]]:
    """A scale that enlarges no more than `most`, and the note that it does."""
    if scale > most:
        return most, [f"The photograph is small: enlarged {most:g} times, the product fills less than asked."]
    return scale, [f"The photograph is enlarged {scale:.2f} times."] if scale > 1.001 else []


def bounds(solid: npt.NDArray[np.bool_]) -> tuple[int, int, int, int]:
    """Top, bottom, left and right of what is marked, the ends not in it."""
    rows, columns = np.flatnonzero(solid.any(1)), np.flatnonzero(solid.any(0))
    return int(rows[0]), int(rows[-1]) + 1, int(columns[0]), int(columns[-1]) + 1


def _check(photo: Pixels, alpha: Float, size: tuple[int, int]) -> None:
    if photo.dtype != np.uint8 or photo.ndim != 3 or photo.shape[2] != 3:
        raise ValueError(f"a photograph is uint8 H×W×3, not {photo.dtype} {photo.shape}")
    if alpha.shape != photo.shape[:2]:
        raise ValueError(f"alpha is {alpha.shape}, the photograph {photo.shape[:2]}")
    if min(size) < 64 or max(size) > 8000:
        raise ValueError(f"a canvas has 64 to 8000 pixels a side, not {size}")
    if not (alpha >= 0.5).any():
        raise StagingError(
            "empty_cut_out", "No product was found in the photograph. Mark it by hand and try again."
        )


def _way(placement: Placement, style: Style | None) -> Placement:
    if placement not in ("auto", "stand", "lie", "hang"):
        raise ValueError(f"placement is {placement!r}, but may be auto, stand, lie or hang")
    if placement != "auto":
        return placement
    return "lie" if style is not None and style.view == "top" else "stand"


def _place(
    alpha: Float,
    size: tuple[int, int],
    style: Style | None,
    fill: float | None,
    base: float | None,
    middle: tuple[float, float],
    max_upscale: float,
) -> tuple[npt.NDArray[np.float64], list[str]]:
    """Where the photograph comes to lie: a scale and a shift by whole pixels; on `base`, or about `middle`."""
    width, height = size
    top, bottom, left, right = bounds(alpha >= 0.5)
    wanted = fill if fill is not None else style.fill if style is not None else 0.72
    if not 0.05 <= wanted <= 1:
        raise ValueError(f"fill is {wanted}, but runs from 0.05 to 1")
    if not (0 <= middle[0] <= 1 and 0 <= middle[1] <= 1):
        raise ValueError(f"middle is {middle}, but runs from 0 to 1")
    room = wanted * height if base is None else min(wanted, base - 0.06) * height
    scale = min(wanted * width / (right - left), room / (bottom - top))
    scale, notes = _limited(scale, max_upscale)
    # Whole pixels for the whole photograph, so that the resampling is fully told by the transform.
    full = (max(1, round(alpha.shape[1] * scale)), max(1, round(alpha.shape[0] * scale)))
    sx, sy = full[0] / alpha.shape[1], full[1] / alpha.shape[0]
    x = round(middle[0] * width - (left + right) / 2 * sx)
    y = round(
        base * height - bottom * sy if base is not None else middle[1] * height - (top + bottom) / 2 * sy
    )
    transform = np.array([[sx, 0, x + 0.5 * sx - 0.5], [0, sy, y + 0.5 * sy - 0.5], [0, 0, 1]])
    return transform, notes


def _depth(shadow: bool | float | None, style: Style | None, plain: bool) -> float:
    own = style.shadow if style is not None else 0.5
    if shadow is None:
        return 0.0 if plain else own
    if isinstance(shadow, bool):
        return own if shadow else 0.0
    return float(np.clip(shadow, 0, 1))


def _lit(
    scene: Float, own: Pixels, mask: Float, style: Style, way: Placement, depth: float, seed: int
) -> tuple[Float, Float | None]:
    """The scene with the product's reflection and shadow on it, untouched where neither reaches; and how much light
    the shadow takes."""
    if way == "stand" and style.reflection > 0:
        colors, weight = shadows.mirrored(own.astype(np.float32) / 255, mask, style.reflection)
        scene = scene + (colors - scene) * weight[..., None]
    if depth <= 0:
        return scene, None
    if way == "stand":
        taken = shade(style, own, mask, depth, seed)[..., None]
    else:
        found = shadows.lying(mask, style.softness * (2.2 if way == "hang" else 1.0))
        taken = np.clip(found * depth * 1.35, 0, 0.92)[..., None]
    tint = color(style.tint)
    # A shadow keeps some of the surface's own colour: it is less light, not paint.
    return scene * (1 - taken) + scene * tint * taken, taken[..., 0]


def _cover(backdrop: Any, size: tuple[int, int]) -> Pixels:
    if not isinstance(backdrop, np.ndarray) or backdrop.dtype != np.uint8 or backdrop.ndim != 3:
        raise ValueError("a backdrop is the name of a style or pixels uint8 h×w×3")
    width, height = size
    scale = max(width / backdrop.shape[1], height / backdrop.shape[0])
    full = (max(width, round(backdrop.shape[1] * scale)), max(height, round(backdrop.shape[0] * scale)))
    scaled = resample(np.ascontiguousarray(backdrop[..., :3]), full)
    x, y = (full[0] - width) // 2, (full[1] - height) // 2
    return scaled[y : y + height, x : x + width]
