"""From a rendered frame to a photograph as a phone or a studio camera writes it: cast, vignette, grain, JPEG."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from .scene import Shot

QUALITY = {"studio": 88, "seller": 85, "closeup": 85}


def develop(rendered: Path, target: Path, shot: Shot, size: tuple[int, int]) -> None:
    """Apply what the shot says about its light and lens, and write a JPEG of ``size``."""
    picture = Image.open(rendered).convert("RGB")
    if picture.size != size:
        picture = picture.resize(size, Image.Resampling.LANCZOS)
    pixels = np.asarray(picture, np.float32) / 255
    height, width = pixels.shape[:2]
    gains = np.array([1 + 0.18 * shot.warmth, 1 + 0.08 * shot.tint, 1 - 0.18 * shot.warmth], np.float32)
    pixels = pixels * gains
    if shot.vignette:
        y, x = np.mgrid[0:height, 0:width].astype(np.float32)
        radius2 = ((x / width - 0.5) ** 2 + (y / height - 0.5) ** 2) * 2
        pixels *= (1 - shot.vignette * radius2)[..., None]
    if shot.grain:
        rng = np.random.default_rng(shot.seed + 1)
        noise = rng.normal(0, 1, (height, width, 3)).astype(np.float32)
        shared = rng.normal(0, 1, (height, width, 1)).astype(np.float32)
        # Shot noise: stronger in the shadows once the tone curve has lifted them.
        pixels += (0.6 * noise + 0.8 * shared) * shot.grain * (1.2 - 0.7 * pixels)
    done = Image.fromarray((np.clip(pixels, 0, 1) * 255 + 0.5).astype(np.uint8))
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_suffix(".part")
    done.save(partial, "JPEG", quality=QUALITY[shot.role], optimize=True, progressive=True)
    partial.replace(target)
