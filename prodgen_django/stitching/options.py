"""The options of `stitch()`, validated once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np
import numpy.typing as npt

from prodgen_django.common.arrays import Image

from .errors import StitchError

Mode = Literal["auto", "planar", "panorama", "grid", "row", "column", "strip"]
MODES: tuple[str, ...] = get_args(Mode)
MAX_IMAGES = 200


@dataclass(frozen=True)
class StitchOptions:
    """What a caller may ask of `stitch()`.

    Attributes:
        seed: seeds every random draw; the same pictures and seed give the same bytes on one machine.
        max_pixels: most pixels the result may have; checked before anything of that size is allocated.
        on_partial: what to do when not every picture could be placed. `strangers` (default) leaves out, by
            name,
            pictures that share nothing with a clear majority and refuses otherwise; `error` always refuses;
            `largest` keeps the largest group that fits together.
        crop: `rectangle` is the largest rectangle without empty pixels; `fill` paints empty pixels with
            `background`; `inpaint` lets a trained model paint small corners (at most 8 % of the picture; more
            is cropped first) and marks them as generated; `none` leaves them black and outside `mask`; `auto`
            takes the rectangle of a scene, and of something flat where that loses little; else it fills a plain
            background, else it cuts off corners beside a texture, continues the colours beside smooth ones and leaves
            the others plain (outside `mask`, with a warning).
        background: RGB to paint with, or `auto`: measured from the pictures' borders; white for corners left plain.
        on_progress: called as (stage, fraction in [0, 1]); what it raises stops the work and reaches the
            caller.
        explain: called as (name, RGB picture) with the intermediate pictures of each stage.
        explain_dir: folder into which those pictures are written as PNG.
        columns: columns of a grid; by default as near to square as the count allows.
        gutter: pixels between cells; by default 3 % of a cell.
        captions: one line of text a picture, or None where a picture has none.
        width: width of the result in pixels (layouts); long detail pictures are 750 wide.
        cell_aspect: width / height of a cell (layouts); by default the median of the pictures' own.
        boxes: (left, top, right, bottom) of the product in each picture, in pixels, or None where unknown.
        alphas: float [0, 1] or bool H×W masks of the products, or None where unknown; used where `boxes` is
            not.
        harmonise: bring the light of overlapping pictures together; layouts leave every colour as it is.
        device: a PyTorch device ("cuda") that matches, warps and blends; by default OpenCV does, on the CPU.
        parallax: bend pictures by up to 2 % where near and far things do not meet otherwise.
    """

    seed: int = 0
    max_pixels: int = 80_000_000
    on_partial: Literal["strangers", "error", "largest"] = "strangers"
    crop: Literal["auto", "rectangle", "fill", "inpaint", "none"] = "auto"
    background: tuple[int, int, int] | Literal["auto"] = "auto"
    on_progress: Callable[[str, float], None] | None = None
    explain: Callable[[str, Image], None] | None = None
    explain_dir: str | Path | None = None
    columns: int | None = None
    gutter: int | None = None
    captions: Sequence[str | None] | None = None
    width: int | None = None
    cell_aspect: float | None = None
    boxes: Sequence[tuple[float, float, float, float] | None] | None = None
    alphas: Sequence[npt.NDArray[Any] | None] | None = None
    harmonise: bool = True
    parallax: bool = True
    device: str | None = None

    @classmethod
    def of(cls, options: dict[str, Any], count: int) -> StitchOptions:
        """Validate keyword options for `count` pictures; raises `StitchError("bad_input")`."""
        known = {f.name for f in fields(cls)}
        if unknown := sorted(set(options) - known):
            raise _bad(f"Unknown option {', '.join(unknown)}; known are {', '.join(sorted(known))}.")
        made = cls(**options)
        if made.max_pixels < 1:
            raise _bad("max_pixels must be at least 1.")
        if made.on_partial not in ("strangers", "error", "largest"):
            raise _bad("on_partial must be strangers, error or largest.")
        if made.crop not in ("auto", "rectangle", "fill", "inpaint", "none"):
            raise _bad("crop must be auto, rectangle, fill, inpaint or none.")
        if made.columns is not None and made.columns < 1:
            raise _bad("columns must be at least 1.")
        if made.gutter is not None and made.gutter < 0:
            raise _bad("gutter must not be negative.")
        if made.width is not None and made.width < 16:
            raise _bad("width must be at least 16 pixels.")
        if made.cell_aspect is not None and not 0.05 <= made.cell_aspect <= 20:
            raise _bad("cell_aspect must lie between 0.05 and 20.")
        if made.background != "auto" and (
            len(made.background) != 3 or any(not 0 <= int(c) <= 255 for c in made.background)
        ):
            raise _bad("background must be auto or three numbers from 0 to 255.")
        for name in ("captions", "boxes", "alphas"):
            given = getattr(made, name)
            if given is not None and len(given) != count:
                raise _bad(f"{name} must have one entry a picture: {len(given)} given for {count} pictures.")
        return made


def check_images(images: Sequence[Any], least: int) -> list[Image]:
    """The pictures as contiguous RGB arrays; raises `StitchError("bad_input")` that names the bad one."""
    if isinstance(images, np.ndarray) or not isinstance(images, (list, tuple)):
        raise _bad("Give a list of pictures.")
    if len(images) < least:
        raise _bad(f"This needs at least {least} pictures; {len(images)} given.")
    if len(images) > MAX_IMAGES:
        raise _bad(f"At most {MAX_IMAGES} pictures can be stitched at once; {len(images)} given.")
    checked = []
    for number, image in enumerate(images, 1):
        if (
            not isinstance(image, np.ndarray)
            or image.dtype != np.uint8
            or image.ndim != 3
            or image.shape[2] != 3
        ):
            raise _bad(f"Picture {number} is not an RGB picture (uint8, height × width × 3).")
        if min(image.shape[:2]) < 16:
            raise _bad(f"Picture {number} has fewer than 16 pixels in width or height.")
        checked.append(np.ascontiguousarray(image))
    return checked


def _bad(message: str) -> StitchError:
    return StitchError("bad_input", message)
