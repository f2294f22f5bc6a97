"""The outline that a file brings along in its alpha: what was cut out before is not cut out a second time."""

from __future__ import annotations

import cv2
import numpy as np

from .color import Float, Pixels

__all__ = ["SEE_THROUGH", "amended", "brought_alpha", "see_through"]

SEE_THROUGH = "Much of the product is half transparent in the file itself."

_LEAST_CLEAR = 0.05  # of the picture: rounded corners leave less
_RIM = 0.015  # of the shorter side: deeper than the seam of a pixel or two that scaling leaves
_LEAST_SOLID = 0.001
_MOST_EDGES = (
    0.75  # steps between clear and solid for a pixel of the lesser: threads of three pixels have 0.67
)
_MOST_SOFT = 0.5
_REACH = 0.01  # of the longer side: how far about a person's stroke their outline counts


def brought_alpha(image: Pixels) -> Float | None:
    """The alpha of uint8 H×W×4, float32 H×W in [0, 1], where it sets a product apart from its surroundings.

    None for three channels, and for transparency that does something else: rounds a photograph's corners off, lies
    over all of it as a veil, or is speckled, as noise and dithering are. A faint shadow that
    the file draws apart from the product is left out.
    """
    if image.shape[2] != 4:
        return None
    alpha = image[..., 3]
    clear = alpha < 128
    if alpha.any() and 1 - clear.mean() < _LEAST_SOLID:
        return None
    if (clear.mean() < _LEAST_CLEAR and not _loose(clear)) or _speckled(clear):
        return None
    return _without_shadow(alpha).astype(np.float32) / np.float32(255)


def _without_shadow(alpha: np.ndarray) -> np.ndarray:
    """uint8 h×w without those parts of it, apart from the others, that are nowhere half opaque: on another ground a
    product has another shadow."""
    count, labels = cv2.connectedComponents((alpha > 0).astype(np.uint8))
    product = np.zeros(count, bool)
    product[labels[alpha >= 128]] = True
    return np.where(product[labels], alpha, 0)


def _loose(clear: np.ndarray) -> bool:
    """Whether some side of the picture is clear along its middle: there the product ends before the picture does."""
    height, width = clear.shape
    deep = max(3, round(_RIM * min(height, width)))
    rows, columns = slice(height // 4, height - height // 4), slice(width // 4, width - width // 4)
    sides = (clear[:deep, columns], clear[-deep:, columns], clear[rows, :deep], clear[rows, -deep:])
    return any(side.mean() > 0.5 for side in sides)


def _speckled(clear: np.ndarray) -> bool:
    """Whether clear and solid lie in grains, so that there is more outline than product, or than ground."""
    steps = (clear[1:] != clear[:-1]).sum() + (clear[:, 1:] != clear[:, :-1]).sum()
    return bool(steps > _MOST_EDGES * min(clear.sum(), (~clear).sum()))


def see_through(alpha: Float) -> bool:
    """Whether most of what is there is neither opaque nor clear, so that a person should look."""
    there = alpha > 0.1
    return bool(there.any() and ((alpha < 0.9) & there).sum() > _MOST_SOFT * there.sum())


def amended(alpha: Float, drawn: Float) -> Float:
    """A file's own alpha where the outline that a person drew agrees with it, and theirs where it does not.

    Both float32 H×W in [0, 1].
    """
    apart = ((alpha >= 0.5) != (drawn >= 0.5)).astype(np.uint8)
    # A brush does not follow an outline to the pixel: only what is wider than that was meant.
    meant = cv2.morphologyEx(apart, cv2.MORPH_OPEN, np.ones((5, 5), np.uint8))
    reach = max(2, round(_REACH * max(alpha.shape)))
    near = cv2.dilate(meant, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1,) * 2))
    return np.where(near == 1, drawn, alpha).astype(np.float32)
