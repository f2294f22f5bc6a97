"""Stitching: overlapping photographs to one picture, and bundles to grids, rows, columns and strips.

    result = stitch(images, mode="auto")
    for result in stitch_many(sets): ...  # a StitchResult a set, or the StitchError that refused it

See `stitch` for the modes and options. What cannot be stitched raises `StitchError`; nothing is guessed.
"""

from .batch import stitch_many
from .errors import StitchError
from .options import MODES, StitchOptions
from .result import StitchResult
from .single import cropped, slices, stitch

__all__ = [
    "MODES",
    "StitchError",
    "StitchOptions",
    "StitchResult",
    "cropped",
    "slices",
    "stitch",
    "stitch_many",
]
