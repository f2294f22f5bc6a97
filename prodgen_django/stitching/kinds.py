"""What `auto` makes of a list of pictures, and why."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from prodgen_django.common.arrays import Image
from prodgen_django.studio.layouts import columns_of_strip

from .subject import measure


def choose_kind(images: Sequence[Image]) -> tuple[str, str]:
    """`strip` for the frames of a turntable, else `auto`: overlapping pictures, whose model the fit decides.

    A spin is recognised by its count (24, 36 or 72 frames), one size, and a product that stands apart from
    the same plain background in every frame. Anything else that shares nothing is refused, not laid out: a
    grid must be asked for.
    """
    count = len(images)
    if count not in (24, 36, 72) or len({im.shape for im in images}) > 1:
        return "auto", ""
    found = [measure(im) for im in images]
    if not all(s.plain and s.box is not None for s in found):
        return "auto", ""
    colours = np.stack([s.colour for s in found])
    if np.abs(colours - np.median(colours, 0)).max() > 40:
        return "auto", ""
    return (
        "strip",
        f"{count} frames of one size with a product on the same plain background: a turntable's, "
        f"{columns_of_strip(count)} to a row",
    )
