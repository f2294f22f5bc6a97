"""A photo's cut-out, the same for every kind of picture: a person's outline, else the file's own, else a found one,
within a person's box where there is one."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING
from zipfile import BadZipFile

from django.utils.translation import gettext as _now

from prodgen_django.atomicfile import replacing
from prodgen_django.conf import settings
from prodgen_django.recipes.base import ItemFailed

if TYPE_CHECKING:
    import numpy as np

    from prodgen_django.models import CutOutCorrection
    from prodgen_django.recipes.base import Workbench
    from prodgen_django.studio import CutOut
    from prodgen_django.studio.matting import Box

#: Longer side in pixels of the outline that is kept for the brush.
OUTLINE_SIDE = 1200


def outline_of(ref: str, photo: np.ndarray, own: np.ndarray | None = None) -> CutOut:
    """The cut-out of a photo as `photo_of` gives it, with the alpha that its file brings along.

    Raises ItemFailed where there is no product in it.
    """
    return known_outline(ref, photo, own) or found_outline(photo, box_of(ref))


def kept_outline(ref: str, photo: np.ndarray, own: np.ndarray | None, bench: Workbench) -> CutOut:
    """As `outline_of`, in 255 steps; one that was found is kept in the bench's folder, so that the next look at the
    photo costs nothing.
    """
    import numpy as np

    cut = known_outline(ref, photo, own) or _kept(photo, box_of(ref), Path(bench.work_dir()))
    return replace(cut, alpha=np.rint(cut.alpha * 255).astype(np.float32) / 255)


def _kept(photo: np.ndarray, box: Box | None, folder: Path) -> CutOut:
    import numpy as np

    from prodgen_django.studio import CutOut

    digest = hashlib.sha256(repr((settings.MATTING, box)).encode() + photo.tobytes()).hexdigest()[:24]
    kept = folder / f"cut-{digest}.npz"
    try:
        with np.load(kept) as stored:
            told = json.loads(str(stored["told"]))
            return CutOut(
                stored["alpha"].astype(np.float32) / 255, told["confidence"], tuple(told["reasons"])
            )
    except (OSError, ValueError, KeyError, EOFError, BadZipFile):
        cut = found_outline(photo, box)
    with replacing(kept) as file:
        np.savez_compressed(
            file, alpha=np.rint(cut.alpha * 255).astype(np.uint8), told=json.dumps(cut.as_dict())
        )
    return cut


def known_outline(ref: str, photo: np.ndarray, own: np.ndarray | None = None) -> CutOut | None:
    """The outline that somebody drew for the photo, or the one that its file brings along; None where neither is."""
    from prodgen_django.studio import cut_out_brought

    return _mended(ref, photo, own) or (None if own is None else _with_product(cut_out_brought(own)))


def box_of(ref: str) -> Box | None:
    """The box that somebody drew about what is meant in the photo: left, top, right, bottom as shares of it."""
    said = _correction(ref)
    return None if said is None or not said.box else tuple(said.box)


def found_outline(photo: np.ndarray, box: Box | None = None) -> CutOut:
    """The cut-out of a photo by what ``PRODGEN["MATTING"]`` names. Raises ItemFailed where no product is found."""
    from prodgen_django.studio import cut_out_report
    from prodgen_django.studio.rembg_backend import MattingUnavailable, rembg_cut_out

    chosen = settings.MATTING
    try:
        cut = cut_out_report(photo, box) if chosen == "own" else rembg_cut_out(photo, chosen["rembg"], box)
    except MattingUnavailable as error:
        raise ItemFailed("matting_unavailable", str(error)) from error
    return _with_product(cut)


def outline_file(bench: Workbench, cut: CutOut) -> str:
    """The cut-out as a PNG in the storage, for the page on which it can be mended; returns its name."""
    import numpy as np

    from prodgen_django.imagefile import encode_image
    from prodgen_django.studio.matting import shrink

    small = shrink(cut.alpha, OUTLINE_SIDE)
    pixels = np.rint(small * 255).astype(np.uint8)
    return bench.save_file("cutouts", encode_image(pixels, format="png", source_type=None), "png")


def _mended(ref: str, photo: np.ndarray, own: np.ndarray | None) -> CutOut | None:
    """The outline that a person has drawn for the photo, or None; one for another picture under its name is left."""
    from prodgen_django.imagefile import load_made
    from prodgen_django.storage import read_file
    from prodgen_django.studio import cut_out_by_hand

    drawn = _correction(ref)
    if drawn is None or not drawn.mask:
        return None
    try:
        mask = load_made(read_file(drawn.mask))[..., 0] > 127
    except OSError as error:
        # Never the found outline instead, in silence: a person has seen that it is wrong.
        sentence = _now("The outline that was drawn for this photo is damaged or gone; draw it again.")
        raise ItemFailed("drawn_outline", sentence) from error
    except ValueError:
        return None
    ratio = (mask.shape[1] / mask.shape[0]) / (photo.shape[1] / photo.shape[0])
    return cut_out_by_hand(photo, mask, own) if mask.any() and abs(ratio - 1) < 0.02 else None


def _correction(ref: str) -> CutOutCorrection | None:
    from prodgen_django.models import CutOutCorrection

    return CutOutCorrection.objects.filter(photo=ref).first()


def _with_product(cut: CutOut) -> CutOut:
    if not cut.alpha.any():
        raise ItemFailed("no_product", " ".join(cut.reasons))
    return cut
