"""From a photograph to the product's soft outline."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

from prodgen_django.imagefile.pixels import flatten

from .brought import SEE_THROUGH, amended, brought_alpha, see_through
from .color import Float, Pixels
from .confidence import NOTHING, POOR, confidence
from .segmentation import SIDE, Mask, Segmentation, segment

_MATTE_SIDE = 640  # closed-form matting is solved at this size: 0.3 s, and the outline is known to about 2 px
_ROWS = 256
_UNLIKE = 30  # of 255 levels, RGB: from here on a colour is another one

SECOND_SIDE = 220
"""The longer side, in pixels, at which a photograph is looked at again."""


@dataclass(frozen=True, slots=True)
class CutOut:
    """A product's outline and how far it can be trusted.

    `alpha`: float32 H×W in [0, 1]. `confidence`: 0 to 1. `reasons`: one sentence for each thing that speaks
    against the outline, for the person who reviews it; `poor` says that one must. `corrected`: a person drew it.
    `brought`: the photograph's file had it as its own alpha.
    """

    alpha: Float
    confidence: float
    reasons: tuple[str, ...]
    corrected: bool = False
    brought: bool = False

    @property
    def poor(self) -> bool:
        return self.confidence < POOR

    def as_dict(self) -> dict[str, Any]:
        """What is stored beside the picture: everything but the alpha."""
        return {
            "confidence": self.confidence,
            "reasons": list(self.reasons),
            "poor": self.poor,
            "corrected": self.corrected,
            "brought": self.brought,
        }


def cut_out(image: Pixels) -> Float:
    """The product's alpha, float32 H×W in [0, 1], for a photograph uint8 H×W×3 or H×W×4 of any size."""
    return cut_out_report(image).alpha


def cut_out_report(image: Pixels) -> CutOut:
    """`cut_out`, with a confidence and the reasons against it.

    Where no product can be told from its background, alpha is 0 everywhere and the confidence is 0. A photograph that
    was cut out before (H×W×4) keeps its own alpha; other transparency is laid on white.
    """
    if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] not in (3, 4) or 0 in image.shape:
        raise ValueError(f"a photograph is uint8 H×W×3 or H×W×4, not {image.dtype} {image.shape}")
    own = brought_alpha(image)
    if own is not None:
        return cut_out_brought(own)
    image = flatten(image, (255, 255, 255))
    height, width = image.shape[:2]
    if min(shrink(image, SIDE).shape[:2]) < 16:
        return CutOut(np.zeros((height, width), np.float32), 0.0, (NOTHING,))
    found, again = look_twice(image)
    if not found.mask.any():
        return CutOut(np.zeros((height, width), np.float32), 0.0, (NOTHING,))
    alpha = refine(image, found.mask)
    sure, reasons = confidence(found, again, alpha)
    return CutOut(alpha, sure, reasons)


def look_twice(image: Pixels) -> tuple[Segmentation, Mask | None]:
    """What is found in a photograph, uint8 H×W×3, and the mask (of the same size) that is found in it made smaller and
    mirrored: a cut-out that holds by a hair falls when it is looked at again. None where that is not in question:
    every flood draws this outline, or the network was asked or sees the same."""
    small = shrink(image, SIDE)
    found = segment(small)
    if found.settled or found.seconded is not None:
        return found, None
    mirrored = segment(np.ascontiguousarray(shrink(small, SECOND_SIDE)[:, ::-1])).mask[:, ::-1]
    size = small.shape[1::-1]
    byte = np.ascontiguousarray(mirrored, np.uint8)
    return found, cv2.resize(byte, size, interpolation=cv2.INTER_NEAREST) == 1


def cut_out_by_hand(image: Pixels, mask: Mask, own: Float | None = None) -> CutOut:
    """The cut-out of a photograph (uint8 H×W×3) from a mask that a person drew (bool h×w of like proportions).

    `own`: the alpha that the photograph's file brings along, float32 H×W; it stays where the drawing agrees with it.
    """
    drawn = refine(image, mask)
    return CutOut(drawn if own is None else amended(own, drawn), 1.0, (), corrected=True)


def cut_out_brought(alpha: Float) -> CutOut:
    """The cut-out that a file brings along (`brought.brought_alpha`): whoever made it saw the product."""
    if not (alpha >= 0.5).any():
        return CutOut(np.zeros_like(alpha), 0.0, (NOTHING,), brought=True)
    if see_through(alpha):
        return CutOut(alpha, POOR / 2, (SEE_THROUGH,), brought=True)
    return CutOut(alpha, 1.0, (), brought=True)


def shrink(image: Any, side: int) -> Any:
    """`image` by area averaging so that its longer side is at most `side`."""
    scale = side / max(image.shape[:2])
    if scale >= 1:
        return image
    size = (max(1, round(image.shape[1] * scale)), max(1, round(image.shape[0] * scale)))
    return cv2.resize(image, size, interpolation=cv2.INTER_AREA)


def refine(image: Pixels, mask: Mask) -> Float:
    """A hard mask (bool, of any size) to a soft alpha at the photograph's size.

    Closed-form matting (Levin, Lischinski and Weiss 2008) in a band about the outline at a moderate
    size, then guided upsampling (He and Sun 2015) to the full one. Outside the band alpha is exactly 0 or 1.
    """
    from pymatting import estimate_alpha_cf

    middle = shrink(image, _MATTE_SIDE)
    size = middle.shape[1::-1]
    soft = cv2.resize(mask.astype(np.float32), size, interpolation=cv2.INTER_LINEAR)
    reach = max(2, round(0.007 * max(size)))
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1,) * 2)
    hard = (soft >= 0.5).astype(np.uint8)
    # A product cut off by the frame goes on behind it: no background is made up there.
    sure = cv2.erode(hard, kernel, borderType=cv2.BORDER_REPLICATE)
    maybe = cv2.dilate(hard, kernel)
    trimap = np.where(sure == 1, 1.0, np.where(maybe == 1, 0.5, 0.0))
    box = _box(maybe, 3 * reach)
    alpha = soft.copy()
    if (trimap[box] == 0).any() and (trimap[box] == 1).any():
        alpha[box] = estimate_alpha_cf(middle[box] / 255.0, trimap[box]).astype(np.float32)
        own = _unmixed(middle[box], trimap[box], 6 * reach) & (hard[box] == 1)
        alpha[box] = np.where(own & (trimap[box] == 0.5), 1, alpha[box])
    else:
        alpha = hard.astype(np.float32)
    alpha = _contrast(np.where(trimap == 0.5, alpha, trimap).astype(np.float32))
    if middle.shape == image.shape:
        return alpha
    return _enlarged(image, middle, alpha, (trimap == 0.5).astype(np.uint8), hard)


def _unmixed(image: Pixels, trimap: Float, about: int) -> Mask:
    """Where a colour is no mixture of the product's and the background's nearby (`about` pixels): bool h×w.

    Matting takes a dark rim of a blue frame for background seen through, since it is not blue. `image`: uint8 h×w×3;
    `trimap`: float h×w, 1 product, 0 background, 0.5 either.
    """
    (inner, rough_in, near_in), (outer, rough_out, near_out) = (
        _colour_near(image, trimap == side, about) for side in (1, 0)
    )
    apart, step = inner - outer, image - outer
    share = (step * apart).sum(2) / np.maximum((apart * apart).sum(2), 1)
    unlike = np.linalg.norm(step - np.clip(share, 0, 1)[..., None] * apart, axis=2)
    known = near_in & near_out
    clear = (unlike > _UNLIKE + np.minimum(rough_in, rough_out)) & (
        np.linalg.norm(step, axis=2) > _UNLIKE + rough_out
    )
    return known & clear


def _colour_near(image: Pixels, known: Mask, about: int) -> tuple[Float, Float, Mask]:
    """The mean colour of what is `known` near each pixel (float32 h×w×3), how far it is spread (float32 h×w, levels),
    and where there is any."""
    window = (2 * about + 1,) * 2
    weight = cv2.blur(known.astype(np.float32), window)
    least = np.maximum(weight, 1e-4)
    colour = image.astype(np.float32) * known[..., None]
    mean = cv2.blur(colour, window) / least[..., None]
    square = cv2.blur((colour * colour).sum(2), window) / least
    return mean, np.sqrt(np.maximum(square - (mean * mean).sum(2), 0)), weight > 1e-3


def foreground(image: Pixels, alpha: Float) -> Pixels:
    """The product's own colour under its soft edge: uint8 H×W×3, equal to `image` wherever alpha is 1.

    Without it a seam of the old background's colour goes with the product to the new one.
    Source: Germer et al. 2020, "Fast Multi-Level Foreground Estimation".
    """
    from pymatting import estimate_foreground_ml

    alpha = np.ascontiguousarray(alpha, np.float32)
    out = image.copy()
    box = _box((alpha > 0).astype(np.uint8), 4)
    if not (alpha > 0).any():
        return out
    estimate = estimate_foreground_ml(
        np.ascontiguousarray(image[box]) / np.float32(255), np.ascontiguousarray(alpha[box])
    )
    own = np.rint(np.clip(estimate, 0, 1) * 255).astype(np.uint8)
    out[box] = np.where((alpha[box] >= 1)[..., None], image[box], own)
    return out


def _contrast(alpha: Float) -> Float:
    """Free the ends: what is all but opaque or all but clear is so."""
    return np.clip((alpha - 0.04) / 0.92, 0, 1).astype(np.float32)


def _box(mask: Any, margin: int) -> tuple[slice, slice]:
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    if not rows.size:
        return slice(0, mask.shape[0]), slice(0, mask.shape[1])
    return (
        slice(max(0, rows[0] - margin), rows[-1] + 1 + margin),
        slice(max(0, columns[0] - margin), columns[-1] + 1 + margin),
    )


def _enlarged(image: Pixels, small: Pixels, alpha: Float, unsure: Any, hard: Any) -> Float:
    """Alpha at the photograph's size: guided where the small trimap is `unsure`, else `hard` (0 or 1).

    Row bands are worked on one after another, so that a photograph of 48 megapixels takes its alpha and little more.
    """
    height, width = image.shape[:2]
    plane = np.dstack(_guide(small, alpha))  # h×w×4: slopes by colour, offset
    out = np.empty((height, width), np.float32)
    for top in range(0, height, _ROWS):
        rows = np.arange(top, min(top + _ROWS, height))
        at = np.minimum((rows * (small.shape[0] / height)).astype(int), small.shape[0] - 1)
        size = (width, len(rows))
        # As cv2.INTER_NEAREST and INTER_LINEAR would have it for the whole picture at once.
        out[rows] = cv2.resize(hard[at], size, interpolation=cv2.INTER_NEAREST)
        band = cv2.resize(unsure[at], size, interpolation=cv2.INTER_NEAREST) == 1
        if not band.any():
            continue
        place = np.clip((rows + 0.5) * (small.shape[0] / height) - 0.5, 0, small.shape[0] - 1)
        upper = np.minimum(place.astype(int), small.shape[0] - 2) if small.shape[0] > 1 else place.astype(int)
        share = (place - upper).astype(np.float32)[:, None, None]
        lower = np.minimum(upper + 1, small.shape[0] - 1)
        lines = cv2.resize(
            plane[upper] * (1 - share) + plane[lower] * share, size, interpolation=cv2.INTER_LINEAR
        )
        guided = lines[..., 3] + np.einsum(
            "hwc,hwc->hw", lines[..., :3], image[rows].astype(np.float32) / np.float32(255)
        )
        out[rows] = np.where(band, _contrast(np.clip(guided, 0, 1)), out[rows])
    return out


def _guide(small: Pixels, alpha: Float, radius: int = 3, eps: float = 2e-4) -> tuple[Float, Float]:
    """Alpha as a local linear function of colour, fitted at the small size: slopes h×w×3 and offset h×w."""
    guide = small.astype(np.float32) / 255
    window = (2 * radius + 1,) * 2

    def mean(plane: Float) -> Float:
        return cv2.blur(plane, window, borderType=cv2.BORDER_REFLECT)

    g_mean, a_mean = mean(guide), mean(alpha)
    products = guide[..., :, None] * guide[..., None, :]
    covariance = mean(products.reshape(*alpha.shape, 9)).reshape(*alpha.shape, 3, 3)
    covariance -= g_mean[..., :, None] * g_mean[..., None, :]
    with_alpha = mean(guide * alpha[..., None]) - g_mean * a_mean[..., None]
    slope = np.linalg.solve(covariance + eps * np.eye(3, dtype=np.float32), with_alpha[..., None])[..., 0]
    offset = a_mean - (slope * g_mean).sum(2)
    return mean(slope.astype(np.float32)), mean(offset.astype(np.float32))
