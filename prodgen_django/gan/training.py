"""The catalogue generator's training: photographs in, the best checkpoint out."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from prodgen_django.gan import metrics as figures
from prodgen_django.gan.adversary import Given
from prodgen_django.gan.config import GanConfig
from prodgen_django.gan.dataset import PhotoDataset
from prodgen_django.gan.extractor import Extractor
from prodgen_django.gan.feeding import Feed
from prodgen_django.gan.judging import Judge
from prodgen_django.gan.running import Run, TrainProgress, TrainResult
from prodgen_django.gan.sampling import picture_grid, render

__all__ = ["CatalogRun", "TrainProgress", "TrainResult", "train"]


def train(
    config: GanConfig,
    dataset: PhotoDataset,
    out_dir: str | Path,
    budget_seconds: float | None = None,
    budget_images: int | None = None,
    on_progress: Callable[[TrainProgress], bool | None] | None = None,
    resume: bool = True,
    *,
    validation: PhotoDataset | None = None,
    extractor: Extractor | None = None,
    device: str = "auto",
    card: dict[str, Any] | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> TrainResult:
    """Trains on `dataset` and keeps the best averaged generator, judged on photos that no step has seen.

    The length is `budget_images` (else the configuration's) or `budget_seconds` of work in all, summed over
    resumed calls, whichever ends first; schedules run to their end over it. `clock` is what seconds are counted
    by. `on_progress` may return False to stop cleanly: the next call with the same `out_dir` goes on from there.
    `validation` replaces the photos that would be held out of `dataset`. `card` adds facts (licence, command,
    name of the data) to the checkpoint's card. Started by `accelerate launch`, every process works on its share
    of each batch; the first one measures, writes and calls `on_progress`.

    Writes `checkpoint.safetensors` with `checkpoint.json` (the best so far) and `state.safetensors` (to go on
    from). Raises `ValueError` where the dataset does not fit the configuration, and `CheckpointError` where
    `out_dir` holds the state of another run.
    """
    run = CatalogRun(
        config, dataset, Path(out_dir), budget_seconds, budget_images, validation, device, card, clock,
        extractor,
    )  # fmt: skip
    return run.train(on_progress, resume)


class CatalogRun(Run[PhotoDataset]):
    """A generator of (luck, label)."""

    task = "concept"
    figure = "kid"

    def __init__(
        self,
        config: GanConfig,
        dataset: PhotoDataset,
        folder: Path,
        budget_seconds: float | None,
        budget_images: int | None,
        validation: PhotoDataset | None,
        device: str,
        card: dict[str, Any] | None,
        clock: Callable[[], float] = time.monotonic,
        extractor: Extractor | None = None,
    ) -> None:
        if dataset.size != config.resolution:
            raise ValueError(f"the photos are {dataset.size} px, the configuration wants {config.resolution}")
        super().__init__(
            config, dataset, folder, budget_seconds, budget_images, validation, device, card, clock
        )
        self.feed = Feed(self.train_set, config, self.device, config.balance)
        self.held_feed = Feed(self.held_out, config, self.device)
        self.extractor = extractor or Extractor.load(device=str(self.device))
        self.judging: Judge | None = None

    def draw(self, count: int, rng: torch.Generator) -> tuple[Tensor, Given]:
        images, labels = self.feed.draw(count, rng)
        return images, (labels,)

    def draw_held(self, count: int, rng: torch.Generator) -> tuple[Tensor, Given]:
        images, labels = self.held_feed.draw(count, rng)
        return images, (labels,)

    def generate(self, generator: Callable[..., Tensor], given: Given, rng: torch.Generator) -> Tensor:
        z = torch.randn(len(given[0]), self.config.latent, generator=rng).to(self.device)
        return generator(z, *given)

    def score(self, discriminator: Callable[..., Tensor], images: Tensor, given: Given) -> Tensor:
        return discriminator(images, *given)

    def measure(self) -> dict[str, Any]:
        if self.judging is None:
            self.judging = Judge(self.config, self.train_set, self.held_out, self.extractor)
        samples, seed = self.config.evaluate_samples, self.config.seed + 1
        return self.judging(self.adversary.average, self.device, samples, seed)

    def verdict(self, metrics: dict[str, Any]) -> str | None:
        return figures.verdict(metrics)

    def contents(self) -> tuple[dict[str, Tensor], dict[str, Any]]:
        assert self.judging is not None
        tensors = {f"generator.{k}": v for k, v in self.adversary.average.state_dict().items()}
        tensors |= {f"discriminator.{k}": v for k, v in self.adversary.D.state_dict().items()}
        return tensors | self.judging.inspector.tensors(), {}

    def sample_grid(self) -> NDArray[np.uint8]:
        """Six pictures of each of the first eight labels, always from the same luck, so that one sees them
        grow."""
        rows = min(8, len(self.train_set.labels)) if self.config.conditional else 4
        z = torch.randn(
            6 * rows, self.config.latent, generator=torch.Generator().manual_seed(self.config.seed + 2)
        )
        labels = torch.arange(rows).repeat_interleave(6) % len(self.train_set.labels)
        return picture_grid(render(self.adversary.average, z, labels, self.config, self.device), columns=6)

    def comparable(self, card: dict[str, Any]) -> bool:
        return card.get("metrics", {}).get("extractor") == self.extractor.name
