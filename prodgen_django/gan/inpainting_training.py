"""The inpainting generator's training: the same adversarial run, with a generator that sees the picture.

Photographs are cut at all scales between whole and the crop's own, so that a hole is now a tenth of the picture
and now a third of it. Loss: L1 inside the hole, plus the paired relativistic loss with R1 and R2: photo and filling
are a natural pair.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from prodgen_django.gan.adversary import Given
from prodgen_django.gan.config import GanConfig
from prodgen_django.gan.dataset import PhotoDataset
from prodgen_django.gan.holes import random_hole
from prodgen_django.gan.inpainting import membrane
from prodgen_django.gan.running import Run, TrainProgress, TrainResult
from prodgen_django.gan.sampling import autocast, picture_grid

__all__ = ["InpaintRun", "train_inpainter"]


def train_inpainter(
    config: GanConfig,
    dataset: PhotoDataset,
    out_dir: str | Path,
    budget_seconds: float | None = None,
    budget_images: int | None = None,
    on_progress: Callable[[TrainProgress], bool | None] | None = None,
    resume: bool = True,
    *,
    validation: PhotoDataset | None = None,
    device: str = "auto",
    card: dict[str, Any] | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> TrainResult:
    """As `train`, but what is learnt is to fill holes: crops of `dataset` (of any size from the configuration's
    up) with random and product-shaped holes. Writes `inpaint.safetensors`; `inpaint(…, checkpoint=…)` takes it.

    The best is chosen by the error inside the hole on held-out photos. One that errs no less than the plain
    membrane is not offered.
    """
    if config.architecture != "fill":
        raise ValueError("an inpainter needs a configuration of the architecture 'fill'")
    if dataset.size < config.resolution:
        raise ValueError(f"crops of {config.resolution} px need photos at least as large, not {dataset.size}")
    run = InpaintRun(
        config, dataset, Path(out_dir), budget_seconds, budget_images, validation, device, card, clock
    )
    return run.train(on_progress, resume)


class InpaintRun(Run[PhotoDataset]):
    """A generator of (membrane, hole)."""

    name = "inpaint"
    task = "inpaint"
    figure = "rms"

    def draw(self, count: int, rng: torch.Generator) -> tuple[Tensor, Given]:
        chance = np.random.default_rng(int(torch.randint(2**62, (1,), generator=rng)))
        side = self.config.resolution
        photos, holes = [], []
        for index in chance.integers(0, len(self.train_set), count):
            photos.append(_crop(self.train_set.images[index], side, chance))
            holes.append(random_hole(side, chance))
        return self._tensors(photos, holes)

    def generate(self, generator: Callable[..., Tensor], given: Given, rng: torch.Generator) -> Tensor:
        return generator(*given)

    def score(self, discriminator: Callable[..., Tensor], images: Tensor, given: Given) -> Tensor:
        return discriminator(images, given[1])

    def distance(self, made: Tensor, real: Tensor, given: Given) -> Tensor:
        hole = given[1]
        return ((made - real).abs() * hole).sum() / (3 * hole.sum())

    def measure(self) -> dict[str, Any]:
        """Root mean square errors inside the hole, grey levels 0..255, over held-out photos as a whole."""
        real, given = self._held(self.config.evaluate_samples)
        made = self._fill(given)
        hole = given[1]

        def error(x: Tensor) -> float:
            squares = ((x.clamp(-1, 1) - real) * 127.5).square() * hole
            return float((squares.sum() / (3 * hole.sum())).sqrt())

        return {"rms": error(made), "rms_membrane": error(given[0]), "held_out": len(real)}

    def verdict(self, metrics: dict[str, Any]) -> str | None:
        if not np.isfinite(metrics["rms"]):
            return "The figures are not finite: the training diverged."
        if metrics["rms"] >= metrics["rms_membrane"]:
            return (
                f"It errs by {metrics['rms']:.1f} grey levels, a plain membrane by "
                f"{metrics['rms_membrane']:.1f}."
            )
        return None

    def contents(self) -> tuple[dict[str, Tensor], dict[str, Any]]:
        return {f"generator.{k}": v for k, v in self.adversary.average.state_dict().items()}, {}

    def sample_grid(self) -> NDArray[np.uint8]:
        """Rows of a held-out photo with its hole, the membrane, what the generator draws, and the photo."""
        real, given = self._held(6)
        made = self._fill(given)
        smooth, hole = given
        cells = torch.stack([real * (1 - hole) - hole, smooth, made, real], 1).flatten(0, 1)
        pixels = ((cells.clamp(-1, 1) + 1) * 127.5).round().to(torch.uint8)
        return picture_grid(pixels.permute(0, 2, 3, 1).cpu().numpy(), columns=4)

    def _held(self, count: int) -> tuple[Tensor, Given]:
        """Held-out photos as a whole at the crop's size, evenly picked, each with a hole of its own."""
        pick = np.linspace(0, len(self.held_out) - 1, min(count, len(self.held_out))).astype(int)
        side = self.config.resolution
        photos = [
            cv2.resize(self.held_out.images[i], (side, side), interpolation=cv2.INTER_AREA) for i in pick
        ]
        holes = [random_hole(side, np.random.default_rng([self.config.seed, int(i)])) for i in pick]
        return self._tensors(photos, holes)

    @torch.inference_mode()
    def _fill(self, given: Given) -> Tensor:
        parts = []
        for start in range(0, len(given[0]), 16):
            with autocast(self.config, self.device):
                chunk = (x[start : start + 16] for x in given)
                parts.append(self.adversary.average(*chunk).float())
        return torch.cat(parts)

    def _tensors(
        self, photos: list[NDArray[np.uint8]], holes: list[NDArray[np.bool_]]
    ) -> tuple[Tensor, Given]:
        smooth = [membrane(photo, hole) for photo, hole in zip(photos, holes, strict=True)]
        real, start = (
            (torch.from_numpy(np.stack(x)).permute(0, 3, 1, 2).float() / 127.5 - 1).to(self.device)
            for x in (photos, smooth)
        )
        return real, (start, torch.from_numpy(np.stack(holes))[:, None].float().to(self.device))


def _crop(photo: NDArray[np.uint8], side: int, chance: np.random.Generator) -> NDArray[np.uint8]:
    """A square of the photo between `side` and all of it, brought to `side`, mirrored half of the time."""
    size = round(side * (len(photo) / side) ** float(chance.random()))
    top, left = chance.integers(0, len(photo) - size + 1, 2)
    crop = np.ascontiguousarray(photo[top : top + size, left : left + size])
    if size != side:
        crop = cv2.resize(crop, (side, side), interpolation=cv2.INTER_AREA)
    return np.ascontiguousarray(crop[:, ::-1]) if chance.random() < 0.5 else crop
