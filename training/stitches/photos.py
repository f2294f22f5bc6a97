"""The photographs a network learns from: any folder of them, decoded on demand, cut and varied."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

__all__ = ["PhotoStore"]

Array = npt.NDArray[np.float32]
SUFFIXES = (".jpg", ".jpeg", ".png", ".webp")


class PhotoStore:
    """Compressed files in memory; `cut` decodes one and returns a random part of it.

    Pictures with an alpha channel are packshots: they are laid on a sweep of random colour whose light falls
    off. Photographs that were padded to a square by repeating their border (as training packs are) are cut
    back to what was photographed.
    """

    def __init__(self, folders: list[Path], least: int = 96) -> None:
        self.data: list[npt.NDArray[np.uint8]] = []
        share: list[float] = []
        for folder in folders:
            files = sorted(f for f in Path(folder).rglob("*") if f.suffix.lower() in SUFFIXES)
            self.data += [np.frombuffer(f.read_bytes(), np.uint8) for f in files]
            share += [max(1, len(files)) ** -0.5] * len(
                files
            )  # small folders are seen more often than their size
        self.least = least
        if not self.data:
            raise ValueError("no photographs (jpg, png, webp) in " + ", ".join(str(d) for d in folders))
        self.share = np.cumsum(share) / np.sum(share)

    def __len__(self) -> int:
        return len(self.data)

    def _decode(self, rng: np.random.Generator, tries: int = 200, alpha: bool = False) -> Any:
        image = None
        for _ in range(tries):
            number = min(int(np.searchsorted(self.share, rng.random())), len(self.data) - 1)
            image = cv2.imdecode(self.data[number], cv2.IMREAD_UNCHANGED)
            if image is None or image.ndim != 3 or min(image.shape[:2]) < self.least:
                continue
            if not alpha or image.shape[2] == 4:
                return image
        if image is None or image.ndim != 3:
            raise ValueError("the folders hold hardly any colour photograph that is large enough")
        return image

    def cut(self, rng: np.random.Generator, side: int) -> Array:
        """A part of a random photograph, squeezed to side × side × 3, RGB float32 in 0..1."""
        image = self._decode(rng)
        if image.shape[2] == 4:
            goods = [image]
            if rng.random() < 0.5:
                other = self._decode(rng, tries=40, alpha=True)
                goods += [other] if other.shape[2] == 4 else []
            image = _on_sweep(goods, rng)
        image = _unpadded(image)
        height, width = image.shape[:2]
        keep = float(rng.uniform(0.6, 1.0))
        stretch = float(np.exp(rng.uniform(-0.2, 0.2)))
        w, h = min(width, int(width * keep * stretch)), min(height, int(height * keep / stretch))
        left, top = int(rng.integers(width - w + 1)), int(rng.integers(height - h + 1))
        part = image[top : top + h, left : left + w, ::-1]
        part = cv2.resize(part, (side, side), interpolation=cv2.INTER_AREA).astype(np.float32) / 255
        if rng.random() < 0.5:
            part = part[:, ::-1]
        if rng.random() < 0.3:
            part = part.transpose(1, 0, 2)
        return np.ascontiguousarray(_finished(part, rng))


def _on_sweep(goods: list[npt.NDArray[np.uint8]], rng: np.random.Generator) -> npt.NDArray[np.uint8]:
    """One product, or two side by side, on one ground."""
    side = 320
    alphas, colours = [], []
    for image in goods:
        small = cv2.resize(image, (side, side), interpolation=cv2.INTER_AREA)
        alphas.append(small[..., 3:].astype(np.float32) / 255)
        colours.append(small[..., :3].astype(np.float32))
    alpha, colour = np.concatenate(alphas, 1), np.concatenate(colours, 1)
    height, width = alpha.shape[:2]
    y, x = np.mgrid[:height, :width].astype(np.float32)
    ground = rng.uniform(150, 255) + rng.uniform(-8, 8, 3)
    fall = rng.uniform(0, 24) * (y / height) ** 2 + rng.uniform(-12, 12) * (x / width)
    field = ground.astype(np.float32) - fall[..., None].astype(np.float32)
    return np.asarray(np.clip(colour * alpha + field * (1 - alpha), 0, 255), np.uint8)


def _unpadded(image: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Cut off stripes at the sides that merely repeat (or blur) the photograph's border."""
    for _ in range(2):
        steps = np.abs(np.diff(image.astype(np.int16), axis=1)).mean((0, 2))
        live = np.flatnonzero(steps > 0.6)
        if len(live) and live[-1] - live[0] > 0.4 * image.shape[1]:
            image = image[:, live[0] : live[-1] + 2]
        image = image.transpose(1, 0, 2)
    return image


def _finished(part: Array, rng: np.random.Generator) -> Array:
    """The photographer's own finish: contrast to (nearly) full range, key and cast. This is the truth."""
    low, high = np.quantile(part[::4, ::4], (0.01, 0.99))
    if high - low > 0.1:
        new_low, new_high = rng.uniform(0.0, 0.08), rng.uniform(0.75, 1.05)
        mix = rng.uniform(0.3, 1.0)
        stretched = (part - low) / (high - low) * (new_high - new_low) + new_low
        part = part + mix * (stretched - part)
    part = np.clip(part, 0, 1) ** np.exp(rng.uniform(-0.5, 0.3))
    return np.asarray(np.clip(part * np.exp(rng.uniform(-0.06, 0.06, 3)), 0, 1), np.float32)
