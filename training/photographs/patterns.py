"""Printed pictures for the catalogue: where they are kept, and the everyday cloths of the sets."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image


def saved(folder: Path, name: str, make: Callable[[], Image.Image]) -> Path:
    """The picture's file in the working folder, drawn at its first use."""
    path = folder / f"{name}.png"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        partial = folder / f"{name}.part"
        make().convert("RGB").save(partial, "PNG", compress_level=1)
        partial.replace(path)
    return path


def rgb(colour: str) -> np.ndarray:
    """'#rrggbb' as float RGB in [0, 1]."""
    return np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255


def from_array(pixels: np.ndarray) -> Image.Image:
    """A picture from float RGB in [0, 1]."""
    return Image.fromarray((np.clip(pixels, 0, 1) * 255 + 0.5).astype(np.uint8))


def gingham(colour: str, size: int = 512) -> Image.Image:
    """Check cloth: one repeat with four checks a side."""
    t = np.arange(size) // (size // 8) % 2
    weight = 0.5 * t[:, None] + 0.5 * t[None, :]
    return from_array(rgb("#f4f0e6") + weight[..., None] * (rgb(colour) - rgb("#f4f0e6")))
