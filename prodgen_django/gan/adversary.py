"""One adversarial step, whatever is generated: pictures of labels (`training.py`) or fillings of holes
(`inpainting_training.py`).

A step is one update of the discriminator, one of the generator, one of the averaged generator. What differs
between kinds of generators stands behind `Task`.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Callable
from typing import Any, Protocol

import torch
from torch import Tensor, nn

from prodgen_django.gan.augment import Augment
from prodgen_django.gan.config import GanConfig
from prodgen_django.gan.feeding import luck
from prodgen_django.gan.losses import discriminator_loss, generator_loss, gradient_penalty
from prodgen_django.gan.parallel import Processes
from prodgen_django.gan.sampling import autocast

__all__ = ["Adversary", "Given", "Task"]

#: What the generator is told beside its luck: labels (B,), a membrane (B, 3, H, W) and its hole
#: (B, 1, H, W), or the planes that say what lies where.
Given = tuple[Tensor, ...]


class Task(Protocol):
    """A kind of generator, as a step sees it."""

    def draw(self, count: int, rng: torch.Generator) -> tuple[Tensor, Given]:
        """Photographs (count, C, H, W) in [-1, 1], and what a generator is told to make the like of them."""

    def generate(self, generator: Callable[..., Tensor], given: Given, rng: torch.Generator) -> Tensor:
        """Pictures (B, C, H, W); row i belongs to row i of `given`."""

    def score(self, discriminator: Callable[..., Tensor], images: Tensor, given: Given) -> Tensor:
        """(B,), higher looks more real."""

    def distance(self, made: Tensor, real: Tensor, given: Given) -> Tensor | None:
        """How far a generated picture is from the photograph that it stands for, a scalar; None where it stands
        for none."""


class Adversary:
    """Generator `G`, discriminator `D`, `average` of G's weights, and their optimizers."""

    def __init__(
        self, config: GanConfig, networks: tuple[nn.Module, nn.Module], task: Task, processes: Processes
    ) -> None:
        """`networks`: generator and discriminator, as `networks.build` gives them."""
        self.config, self.task, self.processes = config, task, processes
        self.device = processes.device
        generator, discriminator = networks
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
        self.gamma = config.gamma[0]
        self.overfitting = 0.0
        self.losses: dict[str, float] = {}
        #: Mean scores of photographs and of generated pictures in the latest step, before the update.
        self.seen = (0.0, 0.0)

    def step(self, number: int, fraction: float) -> None:
        """The step of this number, at `fraction` 0..1 of the budget. All luck comes from (seed, number, part)."""
        config = self.config
        self._schedule(fraction)
        parts = config.accumulate * self.processes.count
        first = config.accumulate * self.processes.rank
        size = config.batch // parts
        rngs = [luck(config.seed, number, f"part {first + i}") for i in range(config.accumulate)]
        batches = [(*self.task.draw(size, rng), rng) for rng in rngs]
        adversarial = config.adversarial > 0 and fraction >= config.adversarial_from
        if adversarial:
            self._discriminator_step(batches, number % config.penalty_every == 0 and max(config.gamma) > 0)
        self._generator_step(batches, adversarial)

    def _discriminator_step(
        self, batches: list[tuple[Tensor, Given, torch.Generator]], penalised: bool
    ) -> None:
        config, task = self.config, self.task
        self.D.requires_grad_(True)
        discriminator = self.D if penalised else self.fast_D
        seen_real = seen_fake = 0.0
        for real, given, rng in batches:
            with torch.no_grad(), autocast(config, self.device):
                fake = task.generate(self.fast_G, given, rng).float()
            real, fake = self.augment(real, rng), self.augment(fake, rng)
            if penalised:
                real, fake = real.detach().requires_grad_(), fake.detach().requires_grad_()
            with autocast(config, self.device):
                real_score = task.score(discriminator, real, given)
                fake_score = task.score(discriminator, fake, given)
                loss = discriminator_loss(config.loss, real_score, fake_score)
                total = loss
                if penalised:
                    r1, r2 = gradient_penalty(real, real_score), gradient_penalty(fake, fake_score)
                    total = loss + self.gamma * config.penalty_every * (r1 + r2)
                    self.losses |= {"r1": float(r1.detach()), "r2": float(r2.detach())}
            (total / config.accumulate).backward()
            seen_real += float(real_score.detach().mean()) / config.accumulate
            seen_fake += float(fake_score.detach().mean()) / config.accumulate
        self.processes.average_gradients(self.D)
        self.opt_D.step()
        self.opt_D.zero_grad(set_to_none=True)
        self.seen = (seen_real, seen_fake)
        self.losses["discriminator"] = float(loss.detach())

    def _generator_step(
        self, batches: list[tuple[Tensor, Given, torch.Generator]], adversarial: bool
    ) -> None:
        config, task = self.config, self.task
        self.D.requires_grad_(False)
        for real, given, rng in batches:
            with autocast(config, self.device):
                made = task.generate(self.fast_G, given, rng).float()
                total = made.new_zeros(())
                if config.reconstruction and (distance := task.distance(made, real, given)) is not None:
                    total = total + config.reconstruction * distance
                    self.losses["distance"] = float(distance.detach())
                if adversarial:
                    fake_score = task.score(self.fast_D, self.augment(made, rng), given)
                    real_score = fake_score
                    if config.loss == "relativistic":
                        with torch.no_grad():
                            real_score = task.score(self.fast_D, self.augment(real, rng), given)
                    loss = generator_loss(config.loss, real_score, fake_score)
                    self.losses["generator"] = float(loss.detach())
                    total = total + config.adversarial * loss
            (total / config.accumulate).backward()
        self.processes.average_gradients(self.G)
        self.opt_G.step()
        self.opt_G.zero_grad(set_to_none=True)

    def _schedule(self, fraction: float) -> None:
        """Cosine from the first value of each pair to the second."""
        config, x = self.config, 0.5 - 0.5 * math.cos(math.pi * fraction)

        def between(pair: tuple[float, float]) -> float:
            return pair[0] + (pair[1] - pair[0]) * x

        for optimizer in (self.opt_G, self.opt_D):
            for group in optimizer.param_groups:
                group["lr"] = between(config.learning_rate)
                group["betas"] = (config.beta1, between(config.beta2))
        self.gamma = between(config.gamma)

    @torch.no_grad()
    def update_average(self, images: int) -> None:
        """After `images` photographs shown."""
        half_life = min(self.config.ema_images, max(1, images // 10))  # young runs forget quickly
        decay = 0.5 ** (self.config.batch / half_life)
        for ours, theirs in zip(self.average.parameters(), self.G.parameters(), strict=True):
            ours.lerp_(theirs, 1 - decay)
        for ours, theirs in zip(self.average.buffers(), self.G.buffers(), strict=True):
            ours.copy_(theirs)

    @torch.no_grad()
    def adapt_augmentation(
        self, held_images: Tensor, given: Given, rng: torch.Generator, images: int
    ) -> None:
        """ADA's r_v (arXiv 2006.06676) on one batch of held-out photos, smoothed; `images` were shown since the
        last call."""
        with autocast(self.config, self.device):
            score = self.task.score(self.D, self.augment(held_images, rng), given)
        held = float(score.mean())
        real, fake = self.processes.mean(torch.tensor(self.seen, dtype=torch.float64)).tolist()
        if abs(real - fake) > 1e-3:
            ratio = min(2.0, max(-1.0, (real - held) / (real - fake)))
            self.overfitting += 0.1 * (ratio - self.overfitting)
        self.augment.adapt(self.overfitting, images)
        self.losses |= {"overfitting": self.overfitting, "augment": self.augment.p}

    def modules(self) -> dict[str, nn.Module]:
        """For the saved state."""
        return {"G": self.G, "D": self.D, "average": self.average}

    def optimizers(self) -> dict[str, torch.optim.Optimizer]:
        """For the saved state."""
        return {"opt_G": self.opt_G, "opt_D": self.opt_D}
