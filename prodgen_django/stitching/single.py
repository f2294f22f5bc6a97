"""One set of photographs to one picture: the mode decides who makes it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from prodgen_django.common.arrays import Image

from .corners import finish
from .errors import StitchError
from .kinds import choose_kind
from .layouts import layout
from .mosaic import mosaic
from .options import MODES, StitchOptions, check_images
from .result import Journal, StitchResult
from .strip import strip


def stitch(images: Sequence[Image], mode: str = "auto", **options: Any) -> StitchResult:
    """Make one picture of several.

    Args:
        images: RGB uint8 pictures, height × width × 3. Any order for the overlapping modes; layouts keep
            theirs.
        mode: `planar` (close-ups of something flat), `panorama` (a camera that turned on the spot), `auto`
            (one of these two, by how well each explains the pictures; `strip` for a turntable's frames),
            `grid`, `row`, `column` (bundles and long detail pictures) or `strip` (frames of a spin,
            colourways, before and after).
        **options: see `StitchOptions`.

    Returns:
        The picture, its mask of valid pixels, a 3×3 transform per input and a JSON-serialisable report.

    Raises:
        StitchError: with `code` and a `message` that says what to photograph differently.
    """
    if mode not in MODES:
        raise StitchError("bad_input", f"Unknown mode {mode}; known are {', '.join(MODES)}.")
    checked = check_images(images, 2 if mode in ("auto", "planar", "panorama") else 1)
    wanted = StitchOptions.of(options, len(checked))
    why = ""
    if mode == "auto":
        mode, why = choose_kind(checked)
    if mode in ("auto", "planar", "panorama"):
        return mosaic(checked, mode, wanted)
    result = strip(checked, wanted) if mode == "strip" else layout(checked, mode, wanted)
    if why:
        result.report["why"] = why
    return result


def cropped(result: StitchResult, crop: str) -> StitchResult:
    """A result of `crop="none"` as another `crop` of `StitchOptions` would have made it."""
    options = StitchOptions.of({"crop": crop}, len(result.transforms))
    journal = Journal(options)
    done = finish(result.image, result.mask, options, journal)
    moved = [None if one is None else done.shift @ one for one in result.transforms]
    report = {
        **result.report,
        "crop": done.how,
        "warnings": [*result.report.get("warnings", []), *journal.warnings],
        "checks": {**result.report.get("checks", {}), **journal.checks},
    }
    return StitchResult(done.image, done.mask, moved, report, done.generated)


def slices(result: StitchResult) -> list[Image]:
    """A long picture cut between its cells into files of about 1,200 pixels, top to bottom; one if it is
    short or no layout."""
    return [
        result.image[top:bottom] for top, bottom in result.report.get("slices") or [(0, len(result.image))]
    ]
