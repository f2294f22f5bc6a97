"""Stage 9: what becomes of the empty corners: cut off, filled, painted or left, by what the picture shows."""

from __future__ import annotations

from typing import Literal

import cv2
import numpy as np

from .canvas import shifted
from .crop import extend, fill, largest_rectangle, nearly_full, plain_background, roughness
from .options import Image, Mask, Matrix, StitchOptions
from .result import Journal

Scene = Literal["panorama", "depth", "turned", "flat"]

ENOUGH: dict[Scene, float] = {"panorama": 0.5, "depth": 0.6, "turned": 0.88, "flat": 0.88}
"""Least share of the photographed pixels that a rectangle has to keep, if `auto` is to cut to it. Of a scene it
costs sky and ground; of something flat, a part of the product."""
KEPT: dict[Scene, float] = {"panorama": 0.88, "depth": 0.88, "turned": 0.86, "flat": 0.94}
"""Least share that stays where the rest of the corners is continued: into a product it is hardly cut."""
MUCH, RATHER_CUT = 0.05, 0.78
"""Where a camera turned and more than the first share of the picture would stay empty, the largest rectangle is taken
down to the second: sky and ground cost less than so much that nobody photographed."""
ROUGH = 9.0
"""Grey levels of structure beside a corner from which it is cut off first, as far as `ENOUGH` (of a turned camera, as
`KEPT`): knitwear and denim have 10 to 30, walls and backdrops 1 to 4."""
SEEN = 1.5
"""From which a smooth continuation is seen as a smear: the structure it lacks, in grey levels, times the corner's side
as a share of the picture's."""
LARGEST = 0.1
"""Share of the picture above which an empty part is no corner, and left plain in any case."""
WHITE = (255, 255, 255)


def what_is_shown(curved: bool, apart: float, misturn: float) -> Scene:
    """A panorama, a scene with depth, a camera that turned before something far, or something flat.

    `apart` is the share of the overlaps in which the pictures differ, `misturn` how far the camera is from one
    that turned on the spot (see `rotation.misturn`).
    """
    if curved:
        return "panorama"
    if apart > 0.002 and misturn < 1.3:
        return "depth"
    return "turned" if misturn < 1.07 else "flat"


def finish(
    image: Image, mask: Mask, scene: Scene, options: StitchOptions, journal: Journal
) -> tuple[Image, Mask, Matrix, Mask | None, str]:
    """The picture, its mask, how its pixels moved, what a trained model painted, and what was done."""
    wanted = options.crop
    if mask.all() or wanted == "none":
        return image, mask, np.eye(3), None, "none"
    if wanted == "inpaint":
        return _paint(image, mask, journal)
    if wanted in ("auto", "rectangle"):
        left, top, right, bottom = largest_rectangle(mask)
        share = (right - left) * (bottom - top) / max(1, int(mask.sum()))
        if wanted == "rectangle" or share > ENOUGH[scene]:
            journal.checks["crop_kept"] = round(share, 3)
            return (*_cut(image, mask, (left, top, right, bottom)), None, "rectangle")
    colour, stray = plain_background(image, mask)
    if wanted == "fill" or stray < 10:
        paint = colour if options.background == "auto" else options.background
        return fill(image, mask, paint), np.ones_like(mask), np.eye(3), None, "fill"
    return _continue(image, mask, scene, options, journal)


def _continue(
    image: Image, mask: Mask, scene: Scene, options: StitchOptions, journal: Journal
) -> tuple[Image, Mask, Matrix, Mask | None, str]:
    """Cut off the corners beside something rough first, then the emptiest sides; of what is left continue the colours
    where that is not seen, and leave the other corners plain."""
    whole = int(mask.sum())
    holes = (roughness(image, mask) > ROUGH) & ~mask
    for box in (nearly_full(mask, 0.002, min(ENOUGH[scene], KEPT[scene]), holes), nearly_full(mask, 1.0)):
        shorter, valid, first = _cut(image, mask, box)
        shorter, valid, second = _cut(shorter, valid, nearly_full(valid, 0.03, KEPT[scene], most=whole))
        plain = _left_plain(shorter, valid)
        # Where some would stay plain all the same, a product keeps what was photographed of it.
        if scene != "flat" or not plain.any():
            break
    shift = second @ first
    if scene == "turned" and valid.mean() < 1 - MUCH:
        left, top, right, bottom = largest_rectangle(mask)
        if (right - left) * (bottom - top) > RATHER_CUT * whole:
            shorter, valid, shift = _cut(image, mask, (left, top, right, bottom))
    if valid.all():
        return shorter, valid, shift, None, "rectangle"
    said = []
    if (continued := float((~valid & ~plain).mean())) > 0:
        said.append(f"{100 * continued:.1f} % of the picture continues the colours next to it")
    if plain.any():
        said.append(f"{100 * plain.mean():.1f} % is left plain, as a continuation would show as a smear")
    journal.warn(f'Some corners were not photographed: {", ".join(said)}. crop="rectangle" cuts them off.')
    done = extend(shorter, valid)
    done[plain] = WHITE if options.background == "auto" else options.background
    return done, valid, shift, None, "extend"


def _left_plain(image: Image, mask: Mask) -> Mask:
    """The empty corners in which a continuation would be seen."""
    count, labels, facts, _ = cv2.connectedComponentsWithStats((~mask).astype(np.uint8))
    rough = roughness(image, mask)
    plain = np.zeros_like(mask)
    for k in range(1, count):
        corner, share = labels == k, facts[k, cv2.CC_STAT_AREA] / mask.size
        if share > LARGEST or rough[corner].mean() * np.sqrt(share) > SEEN:
            plain |= corner
    return plain


def _cut(image: Image, mask: Mask, box: tuple[int, int, int, int]) -> tuple[Image, Mask, Matrix]:
    left, top, right, bottom = box
    part = (slice(top, bottom), slice(left, right))
    return np.ascontiguousarray(image[part]), np.ascontiguousarray(mask[part]), shifted(left, top)


def _paint(image: Image, mask: Mask, journal: Journal) -> tuple[Image, Mask, Matrix, Mask | None, str]:
    """Crop until little is missing, then let the trained inpainter paint it."""
    from prodgen_django.gan import inpaint

    image, mask, shift = _cut(image, mask, nearly_full(mask))
    hole = ~mask
    if hole.any():
        # The outermost photographed pixels are half empty: they are painted as well, and count as painted.
        hole = cv2.dilate(hole.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
        image = inpaint(image, hole)
        journal.warn(f"{100 * hole.mean():.1f} % of the picture was painted by a trained model.")
    return image, np.ones_like(hole), shift, hole, "inpaint"
