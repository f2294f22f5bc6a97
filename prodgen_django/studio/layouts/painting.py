"""The pixels of a layout: shadows first, then photographs, each once resampled and else as it is."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from prodgen_django.studio.color import Float, Pixels
from prodgen_django.studio.fidelity import Fidelity, certify
from prodgen_django.studio.goods import Pose
from prodgen_django.studio.matting import foreground
from prodgen_django.studio.on_set import darkened, shade
from prodgen_django.studio.resampling import onto_canvas, resample
from prodgen_django.studio.scene import studio_card

from .cells import Cell
from .pieces import Piece

__all__ = ["Placed", "cast", "place", "show"]

_OPAQUE = 1 - 1 / 512
_MOST_CUT = 0.8  # of a whole photograph that has to stay where its cell has another shape
_FADE = 0.06


@dataclass(frozen=True, slots=True)
class Placed:
    """One photograph as it lies in a layout.

    `photo`: uint8 h×w×3, the part of the photograph that is shown, and `alpha`: float32 h×w, what of it; `transform`:
    3×3, pixels of `photo` to the canvas' (pixel centres at whole numbers); `offset`: where `photo` begins in the whole
    photograph, (x, y). `rect`: left, top, right and bottom on the canvas. `whole`: without a cut-out.
    """

    index: int
    photo: Pixels
    alpha: Float
    transform: npt.NDArray[np.float64]
    offset: tuple[int, int]
    rect: tuple[int, int, int, int]
    whole: bool

    @property
    def scale(self) -> float:
        return float(self.transform[0, 0])

    @property
    def from_photo(self) -> npt.NDArray[np.float64]:
        """3×3, pixels of the whole photograph to the canvas'."""
        shift = np.array([[1, 0, -self.offset[0]], [0, 1, -self.offset[1]], [0, 0, 1]], np.float64)
        return np.asarray(self.transform @ shift, np.float64)

    def mask(self, shape: tuple[int, ...]) -> Float:
        """The product on a canvas of that shape (height, width), float32 h×w in [0, 1]."""
        return onto_canvas(self.alpha, self.transform, (shape[0], shape[1]))

    def certify(self, image: Pixels, thresholds: dict[str, float] | None = None, top: int = 0) -> Fidelity:
        """The certificate of this product in the layout, or in the part of it that begins at row `top`."""
        height, width = image.shape[:2]
        left, upper, right, lower = self.rect
        x0, y0 = max(0, left), max(0, upper - top)
        x1, y1 = min(width, right), min(height, lower - top)
        shift = np.array([[1, 0, -x0], [0, 1, -y0 - top], [0, 0, 1]], np.float64)
        return certify(
            self.photo, self.alpha, image[y0:y1, x0:x1], shift @ self.transform, thresholds=thresholds
        )


def place(piece: Piece, cell: Cell) -> Placed:
    """Where a piece lies exactly: its photograph's scale is rounded to whole pixels, its corner lies on one."""
    if piece.alpha is None:
        return _whole(piece, cell)
    height, width = piece.alpha.shape
    size = (max(1, round(width * cell.scale)), max(1, round(height * cell.scale)))
    sx, sy = size[0] / width, size[1] / height
    left, top, right, bottom = piece.box
    x = round(cell.left + cell.width / 2 - (left + right) / 2 * sx)
    if piece.stands:
        y = round(cell.base - bottom * sy)
    else:
        y = round(cell.top + cell.height / 2 - (top + bottom) / 2 * sy)
    # What is faint beyond the box belongs to it all the same.
    seen = np.flatnonzero((piece.alpha > 0).any(1)), np.flatnonzero((piece.alpha > 0).any(0))
    rect = (
        x + int(seen[1][0] * sx) - 2, y + int(seen[0][0] * sy) - 2,
        x + int((seen[1][-1] + 1) * sx) + 3, y + int((seen[0][-1] + 1) * sy) + 3,
    )  # fmt: skip
    return Placed(cell.index, piece.photo, piece.alpha, _matrix(sx, sy, x, y), (0, 0), rect, False)


def _whole(piece: Piece, cell: Cell) -> Placed:
    """A whole photograph: it fills its cell where that costs little of it, else it is shown to its edges."""
    height, width = piece.photo.shape[:2]
    cover = max(cell.width / width, cell.height / height)
    contain = min(cell.width / width, cell.height / height)
    if contain / cover > _MOST_CUT:
        wide, tall = min(width, round(cell.width / cover)), min(height, round(cell.height / cover))
        size = (cell.width, cell.height)
    else:
        wide, tall = width, height
        size = (max(1, round(width * contain)), max(1, round(height * contain)))
    x0, y0 = (width - wide) // 2, (height - tall) // 2
    x, y = cell.left + (cell.width - size[0]) // 2, cell.top + (cell.height - size[1]) // 2
    return Placed(
        cell.index,
        np.ascontiguousarray(piece.photo[y0 : y0 + tall, x0 : x0 + wide]),
        np.ones((tall, wide), np.float32),
        _matrix(size[0] / wide, size[1] / tall, x, y),
        (x0, y0),
        (x, y, x + size[0], y + size[1]),
        True,
    )


def _matrix(sx: float, sy: float, x: int, y: int) -> npt.NDArray[np.float64]:
    return np.array([[sx, 0, x + 0.5 * sx - 0.5], [0, sy, y + 0.5 * sy - 0.5], [0, 0, 1]])


def cast(canvas: Pixels, one: Placed, stands: bool) -> None:
    """Draw a product's shadow on the canvas; it ends softly before anything could cut it off."""
    left, top, right, bottom = one.rect
    side = max(right - left, bottom - top)
    # To the right the light throws it; beneath there is only the line of contact.
    room = (0.35, 0.1, 0.7, 0.3) if stands else (0.15, 0.15, 0.2, 0.25)
    window = (
        max(0, left - round(room[0] * side)), max(0, top - round(room[1] * side)),
        min(canvas.shape[1], right + round(room[2] * side)), min(canvas.shape[0], bottom + round(room[3] * side)),
    )  # fmt: skip
    part = canvas[window[1] : window[3], window[0] : window[2]]
    if 0 in part.shape:
        return
    scale = min(1.0, 512 / max(part.shape[:2]))
    small = (max(2, round(part.shape[1] * scale)), max(2, round(part.shape[0] * scale)))
    matrix = np.diag([small[0] / part.shape[1], small[1] / part.shape[0]]) @ (
        one.transform[:2] - [[0, 0, window[0]], [0, 0, window[1]]]
    )
    mask = _drawn(one.alpha, matrix, small)
    pose: Pose = "table" if stands else "lies"
    taken = shade(mask, studio_card("", pose, small), pose) * _faded(small)
    part[:] = darkened(part, cv2.resize(taken, part.shape[1::-1], interpolation=cv2.INTER_CUBIC))


def _drawn(alpha: Float, matrix: npt.NDArray[np.float64], size: tuple[int, int]) -> Float:
    """The alpha in a small window: reduced first, so that nothing fine is skipped."""
    factor = float(matrix[0, 0])
    wide, tall = max(1, round(alpha.shape[1] * factor)), max(1, round(alpha.shape[0] * factor))
    small = cv2.resize(alpha, (wide, tall), interpolation=cv2.INTER_AREA if factor < 1 else cv2.INTER_LINEAR)
    shift = np.array([[1, 0, matrix[0, 2]], [0, 1, matrix[1, 2]]], np.float64)
    return np.asarray(cv2.warpAffine(small, shift, size, flags=cv2.INTER_LINEAR), np.float32)


def _faded(size: tuple[int, int]) -> Float:
    """1 in the middle of a window of width and height `size`, 0 at its sides."""

    def ramp(count: int) -> Float:
        at = (np.arange(count, dtype=np.float32) + 0.5) / count
        return np.asarray(np.clip(np.minimum(at, 1 - at) / _FADE, 0, 1), np.float32)

    return ramp(size[1])[:, None] * ramp(size[0])[None]


def show(canvas: Pixels, one: Placed) -> None:
    """Draw a photograph or its product on the canvas."""
    width, height = (
        round(one.photo.shape[1] * one.transform[0, 0]),
        round(one.photo.shape[0] * one.transform[1, 1]),
    )
    x = round(one.transform[0, 2] + 0.5 - 0.5 * one.transform[0, 0])
    y = round(one.transform[1, 2] + 0.5 - 0.5 * one.transform[1, 1])
    left, top, right, bottom = (
        max(0, x, one.rect[0]), max(0, y, one.rect[1]),
        min(canvas.shape[1], x + width, one.rect[2]), min(canvas.shape[0], y + height, one.rect[3]),
    )  # fmt: skip
    if right <= left or bottom <= top:
        return
    inside = (slice(top - y, bottom - y), slice(left - x, right - x))
    product = resample(one.photo, (width, height))[inside]
    part = canvas[top:bottom, left:right]
    if one.whole:
        part[:] = product
        return
    mask = np.clip(resample(one.alpha, (width, height))[inside], 0, 1).astype(np.float32)
    mask[mask >= _OPAQUE] = 1
    mask[mask < 1 / 255] = 0
    own = foreground(np.ascontiguousarray(product), mask)
    share = mask[..., None]
    mixed = np.rint(own * share + part * (1 - share)).astype(np.uint8)
    part[:] = np.where(share >= 1, product, mixed)
