"""A layout as pixels: ground, products with their shadows, shapes, words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from prodgen_django.studio import on_set
from prodgen_django.studio.color import Float, Pixels
from prodgen_django.studio.resampling import resample

from .brief import Brand, Shown
from .colours import Scheme, contrast, luminance, rgb, with_ground
from .directions import Look
from .drawing import lay
from .formats import Format
from .geometry import Rect
from .grounds import Studio, card_of, draw_ground, fill, rounded
from .lettering import Ink, Shape, ink_of
from .search import Layout

_OPAQUE = 1 - 1 / 512


@dataclass(frozen=True)
class Placed:
    """A product as it was painted: where, and with how much of each pixel (float32, of the box's shape)."""

    index: int
    rect: Rect
    mask: Float
    transform: npt.NDArray[np.float64]


@dataclass(frozen=True)
class Painted:
    """`image`: uint8 h×w×3. `ground`: the ground with the products' shadows, without products and words.
    `inks`: every line as it was drawn."""

    image: Pixels
    ground: Pixels
    products: tuple[Placed, ...]
    inks: tuple[Ink, ...]
    colours: dict[str, str]
    scheme: Scheme


def paint(
    fmt: Format, look: Look, layout: Layout, products: Sequence[Shown], brand: Brand, studio: Studio
) -> Painted:
    """The layout in all its pixels."""
    ground = draw_ground(fmt, look, layout, studio)
    image, before, placed = _stand(ground, look, layout, products)
    scheme = _scheme_on(image, look, layout)
    image, inks, colours = _write(image, layout, scheme, brand)
    if fmt.keyline:
        line = np.array(rgb(scheme.deep if not scheme.dark else scheme.ground), np.uint8)
        line = np.rint(line * 0.82).astype(np.uint8)
        image[[0, -1]] = line
        image[:, [0, -1]] = line
    return Painted(image, before, placed, tuple(inks), colours, scheme)


# -- products ----------------------------------------------------------------------------------------------


def _stand(
    canvas: Pixels, look: Look, layout: Layout, products: Sequence[Shown]
) -> tuple[Pixels, Pixels, tuple[Placed, ...]]:
    height, width = canvas.shape[:2]
    placed = []
    layers = []
    for stand in layout.arrangement.stands:
        shown, rect = products[stand.index], stand.rect
        size = (max(1, int(rect.w)), max(1, int(rect.h)))
        photo = resample(shown.photo, size)
        mask = np.clip(resample(shown.alpha, size), 0, 1)
        mask[mask >= _OPAQUE] = 1
        mask[mask < 1 / 255] = 0
        sx, sy = size[0] / shown.photo.shape[1], size[1] / shown.photo.shape[0]
        x, y = int(rect.x), int(rect.y)
        transform = np.array([[sx, 0, x + 0.5 * sx - 0.5], [0, sy, y + 0.5 * sy - 0.5], [0, 0, 1]])
        placed.append(Placed(stand.index, Rect(x, y, *size), mask, transform))
        layers.append(photo)
    rows, columns, taken = _shade(placed, (height, width), look, layout, products)
    canvas[rows, columns] = on_set.darkened(canvas[rows, columns], taken)
    empty = canvas.copy()
    for one, photo in zip(placed, layers, strict=True):
        _paste(canvas, one, photo)
    return canvas, empty, tuple(placed)


def _paste(canvas: Pixels, one: Placed, photo: Pixels) -> None:
    x, y = int(one.rect.x), int(one.rect.y)
    h, w = one.mask.shape
    y0, x0 = max(0, y), max(0, x)
    y1, x1 = min(canvas.shape[0], y + h), min(canvas.shape[1], x + w)
    share = one.mask[y0 - y : y1 - y, x0 - x : x1 - x, None]
    own = photo[y0 - y : y1 - y, x0 - x : x1 - x]
    part = canvas[y0:y1, x0:x1]
    mixed = np.rint(own * share + part * (1 - share)).astype(np.uint8)
    canvas[y0:y1, x0:x1] = np.where(share >= 1, own, mixed)


def _shade(
    placed: Sequence[Placed],
    shape: tuple[int, int],
    look: Look,
    layout: Layout,
    products: Sequence[Shown],
) -> tuple[slice, slice, Float]:
    """How much light the products take from the ground, 0 to 1, on the part that they reach."""
    whole = [one.rect for one in placed]
    left, right = min(r.x for r in whole), max(r.right for r in whole)
    top, bottom = min(r.y for r in whole), max(r.bottom for r in whole)
    reach = 0.9 * max(max(r.w, r.h) for r in whole)
    area = Rect(left - reach, top - 0.2 * reach, right - left + 2 * reach, bottom - top + 0.5 * reach)
    rows, columns = area.pixels(shape[1], shape[0])
    size = (columns.stop - columns.start, rows.stop - rows.start)
    scale = min(1.0, 640 / max(size))
    small = (max(8, round(size[0] * scale)), max(8, round(size[1] * scale)))
    taken = np.zeros(small[::-1], np.float32)
    for one in placed:
        plane = _reduced(one, (columns.start, rows.start), scale, small)
        pose = products[one.index].pose
        found = on_set.shade(plane, card_of(look, layout, pose, small), pose)
        taken = 1 - (1 - taken) * (1 - found)
    for number, base in enumerate(layout.arrangement.baselines if layout.plan.ground == "shelf" else ()):
        # A shelf's shadow ends at its edge; beneath hangs air.
        below = int((base + 0.012 * shape[0] - rows.start) * scale)
        following = [s.rect.y for s in layout.arrangement.stands if s.row == number + 1]
        until = int((min(following) - rows.start) * scale) if following else taken.shape[0]
        taken[max(0, below) : max(0, until)] = 0
    wide = cv2.resize(taken, size, interpolation=cv2.INTER_LINEAR)
    if layout.plan.ground in ("split", "card"):  # beside the scene is paper, on which nothing stands
        inside = np.zeros(shape, np.float32)
        field = layout.plan.field.pixels(shape[1], shape[0])
        inside[field] = 1
        wide *= inside[rows, columns]
    return rows, columns, np.clip(wide, 0, 0.9)


def _reduced(one: Placed, corner: tuple[int, int], scale: float, size: tuple[int, int]) -> Float:
    """A product's mask on a small plane of `size` (width, height) that begins at `corner` of the canvas."""
    plane = np.zeros(size[::-1], np.float32)
    x0, y0 = round((one.rect.x - corner[0]) * scale), round((one.rect.y - corner[1]) * scale)
    w, h = max(1, round(one.rect.w * scale)), max(1, round(one.rect.h * scale))
    mask = cv2.resize(one.mask, (w, h), interpolation=cv2.INTER_AREA)
    y1, x1 = min(plane.shape[0], y0 + h), min(plane.shape[1], x0 + w)
    if y1 > max(0, y0) and x1 > max(0, x0):
        plane[max(0, y0) : y1, max(0, x0) : x1] = mask[max(0, -y0) : y1 - y0, max(0, -x0) : x1 - x0]
    return plane


# -- words -------------------------------------------------------------------------------------------------


def _scheme_on(image: Pixels, look: Look, layout: Layout) -> Scheme:
    """The inks that suit what really lies under the words."""
    if layout.plan.ground not in ("scene", "tint"):
        return look.scheme
    rows, columns = layout.block.rect.pixels(image.shape[1], image.shape[0])
    under = image[rows, columns].reshape(-1, 3)
    middle = np.median(under, axis=0).astype(int)
    return with_ground(look.scheme, "#{:02x}{:02x}{:02x}".format(*middle))


def _write(
    image: Pixels, layout: Layout, scheme: Scheme, brand: Brand
) -> tuple[Pixels, list[Ink], dict[str, str]]:
    colours = {
        "headline": scheme.ink, "price": scheme.ink, "name": scheme.ink, "subline": scheme.quiet,
        "old_price": scheme.quiet, "until": scheme.quiet, "call": scheme.on_accent,
        "badge": scheme.on_accent, "button": scheme.accent,
    }  # fmt: skip
    for shape in layout.block.shapes:
        if shape.role == "logo":
            _logo(image, shape, brand, scheme)
        else:
            fill(image, shape.rect, rounded(shape.rect, shape.radius), scheme.accent)
    inks = []
    for line in layout.block.lines:
        ink, coloured = ink_of(line)
        inks.append(ink)
        lay(image, ink.plane, coloured, ink.corner, rgb(colours[line.role]))
    return image, inks, colours


def _logo(image: Pixels, shape: Shape, brand: Brand, scheme: Scheme) -> None:
    logo = brand.logo_on_dark if scheme.dark and brand.logo_on_dark is not None else brand.logo
    if logo is None:
        return
    size = (max(1, round(shape.rect.w)), max(1, round(shape.rect.h)))
    small = cv2.resize(logo, size, interpolation=cv2.INTER_AREA)
    if small.shape[2] == 3:
        small = np.dstack([small, np.full(small.shape[:2], 255, np.uint8)])
    solid = small[..., 3] > 128
    x, y = round(shape.rect.x), round(shape.rect.y)
    if solid.any():
        under = luminance(np.array([rgb(scheme.ground)], np.uint8))[0]
        own = float(np.median(luminance(small[..., :3][solid])))
        if contrast(own, under) < 1.8:
            # A mark that cannot be seen on this ground is set in the words' own ink.
            small = small.copy()
            small[..., :3] = rgb(scheme.ink)
    part = image[y : y + size[1], x : x + size[0]]
    small = small[: part.shape[0], : part.shape[1]]
    share = small[..., 3:].astype(np.float32) / 255
    image[y : y + size[1], x : x + size[0]] = np.rint(part * (1 - share) + small[..., :3] * share).astype(
        np.uint8
    )
