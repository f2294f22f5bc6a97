"""A photo's cut-out: the outline that a person drew for it, else the one that is found."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext as _now

from prodgen_django.conf import settings
from prodgen_django.recipes.base import ItemFailed

if TYPE_CHECKING:
    import numpy as np

    from prodgen_django.recipes.base import Workbench
    from prodgen_django.studio import CutOut

#: Longer side in pixels of the outline that is kept for the brush.
OUTLINE_SIDE = 1200


def outline_of(ref: str, photo: np.ndarray) -> CutOut:
    """The cut-out of a photo, uint8 H×W×3. Raises ItemFailed where no product is found in it."""
    return _mended(ref, photo) or _cut(photo)


def _mended(ref: str, photo: np.ndarray) -> CutOut | None:
    """The outline that a person has drawn for the photo, or None; one for another picture under its name is left."""
    from prodgen_django.imagefile import load_image
    from prodgen_django.models import CutOutCorrection
    from prodgen_django.storage import read_file
    from prodgen_django.studio import cut_out_by_hand

    drawn = CutOutCorrection.objects.filter(photo=ref).first()
    if drawn is None:
        return None
    try:
        mask = load_image(read_file(drawn.mask))[..., 0] > 127
    except OSError as error:
        # Never the found outline instead, in silence: a person has seen that it is wrong.
        sentence = _now("The outline that was drawn for this photo is damaged or gone; draw it again.")
        raise ItemFailed("drawn_outline", sentence) from error
    except ValueError:
        return None
    ratio = (mask.shape[1] / mask.shape[0]) / (photo.shape[1] / photo.shape[0])
    return cut_out_by_hand(photo, mask) if mask.any() and abs(ratio - 1) < 0.02 else None


def outline_file(bench: Workbench, cut: CutOut) -> str:
    """The cut-out as a PNG in the storage, for the page on which it can be mended; returns its name."""
    import numpy as np

    from prodgen_django.imagefile import encode_image
    from prodgen_django.studio.matting import shrink

    small = shrink(cut.alpha, OUTLINE_SIDE)
    pixels = np.rint(small * 255).astype(np.uint8)
    return bench.save_file("cutouts", encode_image(pixels, format="png", source_type=None), "png")


def _cut(photo: np.ndarray) -> CutOut:
    from prodgen_django.studio import cut_out_report
    from prodgen_django.studio.rembg_backend import MattingUnavailable, rembg_cut_out

    chosen = settings.MATTING
    try:
        cut = cut_out_report(photo) if chosen == "own" else rembg_cut_out(photo, chosen["rembg"])
    except MattingUnavailable as error:
        raise ItemFailed("matting_unavailable", str(error)) from error
    if not cut.alpha.any():
        raise ItemFailed("no_product", " ".join(cut.reasons))
    return cut
