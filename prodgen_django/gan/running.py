"""What every training run does: budget, progress, judging, keeping the best, going on after a kill.

Every step draws its luck from (seed, step) alone, so there is no random state to lose: a run that was killed
and resumed from its last saved step ends in the same weights as one that never stopped (same machine, same
number of threads, a budget in images; a budget in seconds follows the clock by nature).
"""

from __future__ import annotations

import abc
import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Generic, Protocol, Self, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from prodgen_django.gan.adversary import Adversary, Given
from prodgen_django.gan.checkpoint import write_checkpoint
from prodgen_django.gan.config import GanConfig
from prodgen_django.gan.feeding import luck
from prodgen_django.gan.networks import build, parameters_of
from prodgen_django.gan.parallel import Processes
from prodgen_django.gan.sampling import choose_device
from prodgen_django.gan.state import load_state, save_state

__all__ = ["Examples", "Run", "TrainProgress", "TrainResult"]

_PROGRESS_SECONDS = 3.0
_GRID_SECONDS = 20.0
_STATE_SECONDS = 60.0
#: So many judgements in a row that find a collapsed generator end the run.
_ALARMS = 3
#: What changes beside weights and moments, all as JSON takes it.
_VALUES = ("step", "images", "seconds", "last_judged", "history", "best_card", "alarms")

Watcher = Callable[["TrainProgress"], "bool | None"]


class Examples(Protocol):
    """What a run learns from: photographs (`PhotoDataset`), or anything else that can be told apart and counted."""

    @property
    def labels(self) -> list[str]: ...

    def __len__(self) -> int: ...

    def split(self, holdout: float) -> tuple[Self, Self]:
        """(to train on, to judge by)."""

    def counts(self) -> dict[str, int]:
        """Examples per label."""

    def fingerprint(self) -> str:
        """Names exactly these examples; a resumed training refuses others."""

    def facts(self) -> dict[str, Any]:
        """What the card says of where they come from."""


Data = TypeVar("Data", bound=Examples)


@dataclass(frozen=True)
class TrainProgress:
    """What a watcher is told every few seconds. `fraction` is 0..1 of the budget; `metrics` are the latest
    judgement's, `best` those of the checkpoint that is kept; `alarm` says in words what is wrong with the latest
    judged generator (it copies, it has collapsed), if anything; `sample_grid` is RGB uint8 or None."""

    step: int
    images: int
    seconds: float
    fraction: float
    losses: dict[str, float]
    metrics: dict[str, Any]
    sample_grid: NDArray[np.uint8] | None = None
    best: dict[str, Any] = field(default_factory=dict)
    alarm: str | None = None


@dataclass(frozen=True)
class TrainResult:
    """What came of it. `stopped_reason`: finished, stopped (the watcher asked), collapsed or diverged."""

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


class Run(abc.ABC, Generic[Data]):
    """Everything that changes while training. A subclass is the `Task` of its own adversary, and says how its
    generator is judged."""

    #: The name of the checkpoint's file, and the card's `task`.
    name: ClassVar[str] = "checkpoint"
    task: ClassVar[str]
    #: The figure to choose by, lower is better.
    figure: ClassVar[str]

    def __init__(
        self,
        config: GanConfig,
        dataset: Data,
        folder: Path,
        budget_seconds: float | None,
        budget_images: int | None,
        validation: Data | None,
        device: str,
        card: dict[str, Any] | None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        if validation is not None and validation.labels != dataset.labels:
            raise ValueError("training and validation photos have different labels")
        self.config, self.folder = config, folder
        self.train_set, self.held_out = (dataset, validation) if validation else dataset.split(config.holdout)
        if len(self.train_set) < 2 or len(self.held_out) < 2:
            raise ValueError(
                f"{len(dataset)} photos are too few: two to train on and two to judge by are the least"
            )
        self.data_facts = dataset.facts()
        self.data_fingerprint = self.train_set.fingerprint()
        self.processes = Processes(choose_device(device))
        self.device = self.processes.device
        self.extra_card = card or {}
        self.clock = clock
        self.budget_seconds = budget_seconds
        self.total_images = (
            budget_images or config.images or math.ceil((config.epochs or 1) * len(self.train_set))
        )
        if config.batch % (config.accumulate * self.processes.count):
            raise ValueError(
                f"a batch of {config.batch} does not divide into {config.accumulate} parts for each of "
                f"{self.processes.count} processes"
            )
        self.adversary = Adversary(config, self.networks(), self, self.processes)

        self.step = self.images = 0
        self.seconds = 0.0
        self.last_judged = 0
        self.alarms = 0
        self.history: list[dict[str, Any]] = []
        self.best_card: dict[str, Any] = {}

    # -- what a kind of generator must say

    def networks(self) -> tuple[nn.Module, nn.Module]:
        """Generator and discriminator, initialised from the configuration's seed alone."""
        return build(self.config, len(self.train_set.labels))

    def draw_held(self, count: int, rng: torch.Generator) -> tuple[Tensor, Given]:
        """Like `draw`, of what is held out; asked only where augmentation adapts."""
        raise NotImplementedError(f"{type(self).__name__} does not augment")

    @abc.abstractmethod
    def draw(self, count: int, rng: torch.Generator) -> tuple[Tensor, Given]:
        """See `adversary.Task`, whose other methods a subclass has as well."""

    @abc.abstractmethod
    def generate(self, generator: Callable[..., Tensor], given: Given, rng: torch.Generator) -> Tensor:
        """See `adversary.Task`."""

    @abc.abstractmethod
    def score(self, discriminator: Callable[..., Tensor], images: Tensor, given: Given) -> Tensor:
        """See `adversary.Task`."""

    def distance(self, made: Tensor, real: Tensor, given: Given) -> Tensor | None:
        """See `adversary.Task`."""
        return None

    @abc.abstractmethod
    def measure(self) -> dict[str, Any]:
        """Figures of the averaged generator on photographs that no step has seen."""

    @abc.abstractmethod
    def verdict(self, metrics: dict[str, Any]) -> str | None:
        """Why this generator must not be offered, in words; None where nothing speaks against it."""

    @abc.abstractmethod
    def contents(self) -> tuple[dict[str, Tensor], dict[str, Any]]:
        """Tensors and facts of a checkpoint, beside those that all have."""

    @abc.abstractmethod
    def sample_grid(self) -> NDArray[np.uint8]:
        """What the averaged generator makes now, always from the same luck; RGB uint8."""

    # -- the loop

    def train(self, on_progress: Watcher | None, resume: bool) -> TrainResult:
        """Resumes, runs to the end of the budget (or until the watcher stops it), and says what came of it."""
        resumed_from = self.resume() if resume else None
        reason = self.loop(on_progress)
        self.best_card, self.history = self.processes.share((self.best_card, self.history))
        return TrainResult(
            self.checkpoint, self.best_card, self.best_card["metrics"], reason, resumed_from, self.images,
            self.seconds, self.history,
        )  # fmt: skip

    def loop(self, on_progress: Watcher | None) -> str:
        """Steps until the budget is used; returns the reason why it ended."""
        now = self.clock()
        told = shown = now - 1e9
        saved = now
        told_to_stop = False
        while True:
            # All processes follow the main one's clock, and end together.
            fraction, stop = self.processes.share((self.fraction(), self._stop(told_to_stop)))
            if fraction >= 1 or stop:
                reason = stop or "finished"
                break
            self._train_step(fraction)
            before, now = now, self.clock()
            self.seconds += now - before
            if not self.processes.main:
                continue
            if self.images - self.last_judged >= self.config.evaluate_every:
                self.judge()
            if now - saved >= _STATE_SECONDS:
                self.save()
                saved = now
            if on_progress and now - told >= _PROGRESS_SECONDS:
                grid = self.sample_grid() if now - shown >= _GRID_SECONDS else None
                told, shown = now, now if grid is not None else shown
                try:
                    told_to_stop = on_progress(self.progress(grid)) is False
                except BaseException:
                    self.save()  # whatever the watcher suffered, the work is kept
                    raise
        if self.processes.main:
            self._end(reason, on_progress)
        self.seconds += self.clock() - now
        if self.processes.main and reason != "diverged":
            self.save()
        return reason

    def _stop(self, told_to_stop: bool) -> str | None:
        if not all(math.isfinite(v) for v in self.adversary.losses.values()):
            return "diverged"
        if self.alarms >= _ALARMS:
            return "collapsed"
        return "stopped" if told_to_stop else None

    def _end(self, reason: str, on_progress: Watcher | None) -> None:
        judged = self.last_judged == self.images
        if reason != "diverged" and not judged and (reason == "finished" or not self.best_card):
            self.judge()
        if reason == "diverged" and not self.best_card:
            raise FloatingPointError("the training diverged before there was anything to keep")
        if on_progress and reason in ("finished", "collapsed"):
            on_progress(self.progress(self.sample_grid()))

    def fraction(self) -> float:
        """How much of the budget is used, 0..1; all schedules follow it."""
        share = self.images / self.total_images
        if self.budget_seconds:
            share = max(share, self.seconds / self.budget_seconds)
        return min(1.0, share)

    def _train_step(self, fraction: float) -> None:
        config = self.config
        self.adversary.step(self.step, fraction)
        self.step += 1
        self.images += config.batch
        self.adversary.update_average(self.images)
        if config.augment_max > 0 and self.step % 8 == 0:
            rng = luck(config.seed, self.step, "held-out")
            self.adversary.adapt_augmentation(*self.draw_held(config.batch, rng), rng, 8 * config.batch)

    # -- judging and keeping

    def judge(self) -> None:
        """Measures the averaged generator on held-out photos and keeps it where it is the best so far."""
        found = self.measure()
        self.last_judged = self.images
        entry = {"images": self.images, "step": self.step, "seconds": round(self.seconds, 1), **found}
        reason = self.verdict(found)
        self.history.append(entry | {"losses": dict(self.adversary.losses), "alarm": reason})
        # A young run is bad at everything; it is an alarm only that what was good no longer is.
        was_good = self.best_card.get("offerable", False)
        self.alarms = self.alarms + 1 if reason and was_good else 0
        best = self.best_card
        rank = (reason is None, -found[self.figure])
        if not best or rank > (best["offerable"], -best["metrics"][self.figure]):
            self._keep(entry, reason)

    def _keep(self, metrics: dict[str, Any], reason: str | None) -> None:
        tensors, facts = self.contents()
        card = {
            "task": self.task,
            "format": 1,
            "config": self.config.to_dict(),
            "labels": self.train_set.labels,
            "photos_per_label": self.train_set.counts(),
            "data": {
                "train": len(self.train_set), "held_out": len(self.held_out),
                **self.data_facts, "fingerprint": self.data_fingerprint,
            },
            "seed": self.config.seed,
            "images": self.images,
            "seconds": round(self.seconds, 1),
            "metrics": metrics,
            "offerable": reason is None,
            "not_offerable_because": reason,
            "parameters": {
                "generator": parameters_of(self.adversary.G), "discriminator": parameters_of(self.adversary.D),
            },
            "device": self.device.type,
            "processes": self.processes.count,
            "torch": torch.__version__,
            **facts,
            **self.extra_card,
        }  # fmt: skip
        self.best_card = write_checkpoint(self.checkpoint, tensors, card)

    @property
    def checkpoint(self) -> Path:
        """The best so far, with its card beside it."""
        return self.folder / f"{self.name}.safetensors"

    def progress(self, grid: NDArray[np.uint8] | None) -> TrainProgress:
        """What a watcher is told."""
        latest = dict(self.history[-1]) if self.history else {}
        latest.pop("losses", None)
        alarm = latest.pop("alarm", None)
        return TrainProgress(
            self.step, self.images, self.seconds, self.fraction(), dict(self.adversary.losses), latest, grid,
            dict(self.best_card.get("metrics", {})), alarm,
        )  # fmt: skip

    # -- state

    def identity(self) -> dict[str, Any]:
        """What a state must agree with to be gone on from."""
        return {
            "config": self.config.to_dict(),
            "data": self.data_fingerprint,
            "labels": self.train_set.labels,
        }

    @property
    def state_file(self) -> Path:
        """All that a resumed run needs."""
        return self.folder / "state.safetensors"

    def save(self) -> None:
        """Writes the state, atomically."""
        adversary = self.adversary
        values = {name: getattr(self, name) for name in _VALUES}
        values |= {
            "losses": adversary.losses, "overfitting": adversary.overfitting, "augment": adversary.augment.p,
        }  # fmt: skip
        save_state(self.state_file, adversary.modules(), adversary.optimizers(), self.identity(), values)

    def resume(self) -> int | None:
        """Goes on from the saved state, if there is one; returns its step."""
        if not self.state_file.exists():
            return None
        adversary = self.adversary
        header = load_state(self.state_file, adversary.modules(), adversary.optimizers(), self.identity())
        for name in _VALUES:
            setattr(self, name, header[name])
        adversary.losses, adversary.overfitting = header["losses"], header["overfitting"]
        adversary.augment.p = header["augment"]
        if not self.checkpoint.exists() or not self.comparable(self.best_card):
            self.best_card = {}  # taken away, or judged by other eyes: the next judgement writes a new one
        return self.step

    def comparable(self, card: dict[str, Any]) -> bool:
        """Whether a kept checkpoint's figures may be compared with those of this run."""
        return True
