"""Drawn backdrops: materials, scenes and light from noise, without a photograph or a model."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from .scenes import SCENES

if TYPE_CHECKING:
    from prodgen_django.studio.styles import Style


def render(style: Style, size: tuple[int, int], seed: int = 0) -> npt.NDArray[np.uint8]:
    """The empty scene of a style, uint8 height×width×3, for `size` (width, height)."""
    width, height = size
    if min(size) < 16 or max(size) > 8000:
        raise ValueError(f"a backdrop has 16 to 8000 pixels a side, not {size}")
    rng = np.random.default_rng([zlib.crc32(style.name.encode()), seed])
    scene = SCENES[style.scene](style, (height, width), rng)
    if style.opening:
        from prodgen_django.studio.light.styled import illuminated

        scene = illuminated(scene, style, seed)
    return np.rint(np.clip(scene, 0, 1) * 255).astype(np.uint8)
