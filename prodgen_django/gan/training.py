"""The training loop: photographs in, the best checkpoint out, killed and resumed at any step without a trace.

Every step draws its luck from (seed, step) alone, so there is no random state to lose: a run that was killed
and resumed from its last saved step ends in the same weights as one that never stopped (same machine, same
number of threads, a budget in images; a budget in seconds follows the clock by nature).
"""

from __future__ import annotations

import copy
import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from prodgen_django.gan import metrics as figures
from prodgen_django.gan.augment import Augment
from prodgen_django.gan.checkpoint import write_checkpoint
from prodgen_django.gan.config import GanConfig
from prodgen_django.gan.dataset import PhotoDataset
from prodgen_django.gan.extractor import Extractor
from prodgen_django.gan.feeding import Feed, luck
from prodgen_django.gan.inspector import Inspector
from prodgen_django.gan.judging import Judge
from prodgen_django.gan.losses import discriminator_loss, generator_loss, gradient_penalty
from prodgen_django.gan.networks import build, parameters_of
from prodgen_django.gan.sampling import autocast, choose_device, picture_grid, render
from prodgen_django.gan.state import load_state, save_state

__all__ = ["TrainProgress", "TrainResult", "train"]

_PROGRESS_SECONDS = 3.0
_GRID_SECONDS = 20.0
_STATE_SECONDS = 60.0
#: What changes beside weights and moments, all as JSON takes it.
_VALUES = ("step", "images", "seconds", "overfitting", "last_judged", "losses", "history", "best_card")


@dataclass(frozen=True)
class TrainProgress:
    """What a watcher is told every few seconds. `fraction` is 0..1 of the budget; `sample_grid` is RGB uint8
    or None."""

    step: int
    images: int
    seconds: float
    fraction: float
    losses: dict[str, float]
    metrics: dict[str, Any]
    sample_grid: NDArray[np.uint8] | None = None


@dataclass(frozen=True)
class TrainResult:
    """What came of it. `stopped_reason`: finished, stopped (the watcher asked) or diverged."""

    checkpoint: Path
    card: dict[str, Any]
    best_metrics: dict[str, Any]
    stopped_reason: str
    resumed_from: int | None  # the step, or None for a fresh run
    images: int
    seconds: float
    history: list[dict[str, Any]] = field(default_factory=list)  # one entry a judgement

    @property
    def finished(self) -> bool:
        """False where a further call with the same folder goes on."""
        return self.stopped_reason != "stopped"


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
) -> TrainResult:
    """Trains on `dataset` and keeps the best averaged generator, judged on photos that no step has seen.

    The length is `budget_images` (else the configuration's) or `budget_seconds` of work in all, summed over
    resumed calls, whichever ends first; schedules run to their end over it. `on_progress` may return False to
    stop cleanly: the next call with the same `out_dir` goes on from there. `validation` replaces the photos
    that would be held out of `dataset`. `card` adds facts (licence, command, name of the data) to the
    checkpoint's card.

    Writes `checkpoint.safetensors` with `checkpoint.json` (the best so far) and `state.safetensors` (to go on
    from). Raises `ValueError` where the dataset does not fit the configuration, and `CheckpointError` where
    `out_dir` holds the state of another run.
    """
    run = _Run(
        config, dataset, Path(out_dir), budget_seconds, budget_images, validation, extractor, device, card
    )
    resumed_from = run.resume() if resume else None
    reason = run.loop(on_progress)
    return TrainResult(
        run.checkpoint, run.best_card, run.best_card["metrics"], reason, resumed_from, run.images,
        run.seconds, run.history,
    )  # fmt: skip


class _Run:
    """Everything that changes while training."""

    def __init__(
        self,
        config: GanConfig,
        dataset: PhotoDataset,
        folder: Path,
        budget_seconds: float | None,
        budget_images: int | None,
        validation: PhotoDataset | None,
        extractor: Extractor | None,
        device: str,
        card: dict[str, Any] | None,
    ) -> None:
        if dataset.size != config.resolution:
            raise ValueError(f"the photos are {dataset.size} px, the configuration wants {config.resolution}")
        if validation is not None and validation.labels != dataset.labels:
            raise ValueError("training and validation photos have different labels")
        self.config, self.folder = config, folder
        self.train_set, self.held_out = (dataset, validation) if validation else dataset.split(config.holdout)
        if len(self.train_set) < 2 or len(self.held_out) < 2:
            raise ValueError(
                f"{len(dataset)} photos are too few: two to train on and two to judge by are the least"
            )
        self.report = dataset.report
        self.data_fingerprint = self.train_set.fingerprint()
        self.device = choose_device(device)
        self.extra_card = card or {}
        self.extractor = extractor or Extractor.load(device=str(self.device))
        self.budget_seconds = budget_seconds
        self.total_images = (
            budget_images or config.images or math.ceil((config.epochs or 1) * len(self.train_set))
        )

        classes = len(dataset.labels)
        generator, discriminator = build(config, classes)
        self.G = generator.to(self.device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.D = discriminator.to(self.device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.average = copy.deepcopy(self.G).eval().requires_grad_(False)
        # The gradient penalties need second derivatives, which compiled graphs refuse: those steps run as
        # written.
        self.fast_G: Callable[..., Any] = torch.compile(self.G) if config.compile else self.G
        self.fast_D: Callable[..., Any] = torch.compile(self.D) if config.compile else self.D
        betas = (config.beta1, config.beta2[0])
        self.opt_G = torch.optim.Adam(self.G.parameters(), config.learning_rate[0], betas=betas, eps=1e-8)
        self.opt_D = torch.optim.Adam(self.D.parameters(), config.learning_rate[0], betas=betas, eps=1e-8)
        self.augment = Augment(config.augment_target, config.augment_max, config.augment_images)
        self.feed = Feed(self.train_set, config, self.device, config.balance)
        self.held_feed = Feed(self.held_out, config, self.device)

        self.step = self.images = 0
        self.seconds = 0.0
        self.overfitting = 0.0
        self.last_judged = 0
        self.losses: dict[str, float] = {}
        self.history: list[dict[str, Any]] = []
        self.best_card: dict[str, Any] = {}
        self.judging: Judge | None = None

    # -- the loop

    def loop(self, on_progress: Callable[[TrainProgress], bool | None] | None) -> str:
        clock = time.monotonic()
        told = shown = saved = clock - 1e9
        saved = clock
        reason = "finished"
        while self.fraction() < 1:
            self.train_step()
            now = time.monotonic()
            self.seconds, clock = self.seconds + now - clock, now
            if not all(math.isfinite(v) for v in self.losses.values()):
                reason = "diverged"
                break
            if self.images - self.last_judged >= self.config.evaluate_every:
                self.judge()
            if now - saved >= _STATE_SECONDS:
                self.save()
                saved = now
            if on_progress and now - told >= _PROGRESS_SECONDS:
                grid = self.sample_grid() if now - shown >= _GRID_SECONDS else None
                told, shown = now, now if grid is not None else shown
                try:
                    go_on = on_progress(self.progress(grid))
                except BaseException:
                    self.save()  # whatever the watcher suffered, the work is kept
                    raise
                if go_on is False:
                    reason = "stopped"
                    break
        if (
            reason != "diverged"
            and (self.last_judged != self.images)
            and (reason == "finished" or not self.best_card)
        ):
            self.judge()
        if reason == "diverged" and not self.best_card:
            raise FloatingPointError("the training diverged before there was anything to keep")
        self.seconds += time.monotonic() - clock
        if reason != "diverged":
            self.save()
        if on_progress and reason == "finished":
            on_progress(self.progress(self.sample_grid()))
        return reason

    def fraction(self) -> float:
        """How much of the budget is used, 0..1; all schedules follow it."""
        share = self.images / self.total_images
        if self.budget_seconds:
            share = max(share, self.seconds / self.budget_seconds)
        return min(1.0, share)

    def train_step(self) -> None:
        """One update of the discriminator, one of the generator, one of the average."""
        config = self.config
        self.schedule()
        penalised = max(config.gamma) > 0 and self.step % config.penalty_every == 0
        parts = config.accumulate
        size = config.batch // parts
        rng = luck(config.seed, self.step, "step")

        def noise(count: int) -> Tensor:
            return torch.randn(count, config.latent, generator=rng).to(self.device)

        batches = [self.feed.draw(size, rng) for _ in range(parts)]

        self.D.requires_grad_(True)
        seen_real = seen_fake = 0.0
        for real, labels in batches:
            with torch.no_grad(), autocast(config, self.device):
                fake = self.fast_G(noise(size), labels).float()
            real, fake = self.augment(real, rng), self.augment(fake, rng)
            if penalised:
                real, fake = real.detach().requires_grad_(), fake.detach().requires_grad_()
            discriminator = self.D if penalised else self.fast_D
            with autocast(config, self.device):
                real_score, fake_score = discriminator(real, labels), discriminator(fake, labels)
                loss = discriminator_loss(config.loss, real_score, fake_score)
                total = loss
                if penalised:
                    r1, r2 = gradient_penalty(real, real_score), gradient_penalty(fake, fake_score)
                    total = loss + self.gamma * config.penalty_every * (r1 + r2)
                    self.losses |= {"r1": float(r1.detach()), "r2": float(r2.detach())}
            (total / parts).backward()
            seen_real += float(real_score.detach().mean()) / parts
            seen_fake += float(fake_score.detach().mean()) / parts
        self.opt_D.step()
        self.opt_D.zero_grad(set_to_none=True)
        self.losses["discriminator"] = float(loss.detach())

        self.D.requires_grad_(False)
        for real, labels in batches:
            with autocast(config, self.device):
                fake = self.fast_G(noise(size), labels)
                fake_score = self.fast_D(self.augment(fake.float(), rng), labels)
                with torch.no_grad():
                    real_score = (
                        self.fast_D(self.augment(real, rng), labels)
                        if config.loss == "relativistic"
                        else fake_score
                    )
                loss = generator_loss(config.loss, real_score, fake_score)
            (loss / parts).backward()
        self.opt_G.step()
        self.opt_G.zero_grad(set_to_none=True)
        self.losses["generator"] = float(loss.detach())

        self.step += 1
        self.images += config.batch
        self.update_average()
        if config.augment_max > 0 and self.step % 8 == 0:
            self.adapt_augmentation(seen_real, seen_fake)

    def schedule(self) -> None:
        """Cosine from the first value of each pair to the second."""
        config, x = self.config, 0.5 - 0.5 * math.cos(math.pi * self.fraction())

        def between(pair: tuple[float, float]) -> float:
            return pair[0] + (pair[1] - pair[0]) * x

        for optimizer in (self.opt_G, self.opt_D):
            for group in optimizer.param_groups:
                group["lr"] = between(config.learning_rate)
                group["betas"] = (config.beta1, between(config.beta2))
        self.gamma = between(config.gamma)

    @torch.no_grad()
    def update_average(self) -> None:
        half_life = min(self.config.ema_images, max(1, self.images // 10))  # young runs forget quickly
        decay = 0.5 ** (self.config.batch / half_life)
        for ours, theirs in zip(self.average.parameters(), self.G.parameters(), strict=True):
            ours.lerp_(theirs, 1 - decay)
        for ours, theirs in zip(self.average.buffers(), self.G.buffers(), strict=True):
            ours.copy_(theirs)

    @torch.no_grad()
    def adapt_augmentation(self, real: float, fake: float) -> None:
        """ADA's r_v on one batch of held-out photos, smoothed."""
        rng = luck(self.config.seed, self.step, "held-out")
        images, labels = self.held_feed.draw(self.config.batch, rng)
        with autocast(self.config, self.device):
            held = float(self.D(self.augment(images, rng), labels).mean())
        if abs(real - fake) > 1e-3:
            ratio = min(2.0, max(-1.0, (real - held) / (real - fake)))
            self.overfitting += 0.1 * (ratio - self.overfitting)
        self.augment.adapt(self.overfitting, 8 * self.config.batch)
        self.losses |= {"overfitting": self.overfitting, "augment": self.augment.p}

    # -- judging and keeping

    def judge(self) -> None:
        """Measures the averaged generator on held-out photos and keeps it where it is the best so far."""
        if self.judging is None:
            self.judging = Judge(self.config, self.train_set, self.held_out, self.extractor)
        samples, seed = self.config.evaluate_samples, self.config.seed + 1
        found = self.judging(self.average, self.device, samples, seed)
        self.last_judged = self.images
        entry = {"images": self.images, "step": self.step, "seconds": round(self.seconds, 1), **found}
        self.history.append(entry | {"losses": dict(self.losses)})
        reason = figures.verdict(found)
        best = self.best_card
        rank = (reason is None, -found["kid"])
        if not best or rank > (best["offerable"], -best["metrics"]["kid"]):
            self.keep(entry, reason, self.judging.inspector)

    def keep(self, metrics: dict[str, Any], reason: str | None, inspector: Inspector) -> None:
        """Writes the checkpoint that `Sampler` loads: averaged generator, discriminator and inspector."""
        tensors = {f"generator.{k}": v for k, v in self.average.state_dict().items()}
        tensors |= {f"discriminator.{k}": v for k, v in self.D.state_dict().items()}
        tensors |= inspector.tensors()
        card = {
            "task": "concept",
            "format": 1,
            "config": self.config.to_dict(),
            "labels": self.train_set.labels,
            "photos_per_label": self.train_set.counts(),
            "data": {
                "train": len(self.train_set), "held_out": len(self.held_out), "offered": self.report.offered,
                "rejected": self.report.reasons, "fingerprint": self.data_fingerprint,
            },
            "seed": self.config.seed,
            "images": self.images,
            "seconds": round(self.seconds, 1),
            "metrics": metrics,
            "offerable": reason is None,
            "not_offerable_because": reason,
            "parameters": {"generator": parameters_of(self.G), "discriminator": parameters_of(self.D)},
            "device": self.device.type,
            "torch": torch.__version__,
            **self.extra_card,
        }  # fmt: skip
        self.best_card = write_checkpoint(self.checkpoint, tensors, card)

    @property
    def checkpoint(self) -> Path:
        return self.folder / "checkpoint.safetensors"

    def progress(self, grid: NDArray[np.uint8] | None) -> TrainProgress:
        latest = {k: v for k, v in self.history[-1].items() if k != "losses"} if self.history else {}
        return TrainProgress(
            self.step, self.images, self.seconds, self.fraction(), dict(self.losses), latest, grid
        )

    def sample_grid(self) -> NDArray[np.uint8]:
        """Six pictures of each of the first eight labels, always from the same luck, so that one sees them
        grow."""
        rows = min(8, len(self.train_set.labels)) if self.config.conditional else 4
        z = torch.randn(
            6 * rows, self.config.latent, generator=torch.Generator().manual_seed(self.config.seed + 2)
        )
        labels = torch.arange(rows).repeat_interleave(6) % len(self.train_set.labels)
        return picture_grid(render(self.average, z, labels, self.config, self.device), columns=6)

    # -- state

    def identity(self) -> dict[str, Any]:
        return {
            "config": self.config.to_dict(),
            "data": self.data_fingerprint,
            "labels": self.train_set.labels,
        }

    def parts(self) -> tuple[dict[str, nn.Module], dict[str, torch.optim.Optimizer]]:
        modules = {"G": self.G, "D": self.D, "average": self.average}
        return modules, {"opt_G": self.opt_G, "opt_D": self.opt_D}

    @property
    def state_file(self) -> Path:
        return self.folder / "state.safetensors"

    def save(self) -> None:
        """All that a resumed run needs."""
        values = {name: getattr(self, name) for name in _VALUES}
        save_state(self.state_file, *self.parts(), self.identity(), values | {"augment": self.augment.p})

    def resume(self) -> int | None:
        """Goes on from the saved state, if there is one; returns its step."""
        if not self.state_file.exists():
            return None
        header = load_state(self.state_file, *self.parts(), self.identity())
        for name in _VALUES:
            setattr(self, name, header[name])
        self.augment.p = header["augment"]
        judged_by = self.best_card.get("metrics", {}).get("extractor")
        if not self.checkpoint.exists() or judged_by != self.extractor.name:
            self.best_card = {}  # taken away, or judged by other eyes: the next judgement writes a new one
        return self.step
