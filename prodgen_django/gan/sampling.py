"""Pictures from a trained generator: same seed, same picture."""

from __future__ import annotations

import hashlib
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from prodgen_django.common.weights import CheckpointError, read_checkpoint
from prodgen_django.gan.config import GanConfig
from prodgen_django.gan.dataset import PhotoDataset
from prodgen_django.gan.extractor import Extractor
from prodgen_django.gan.inspector import Inspector
from prodgen_django.gan.networks import build

__all__ = ["Neighbour", "Sampler", "Selection", "autocast", "choose_device", "picture_grid", "render"]

Pixels = NDArray[np.uint8]


@dataclass(frozen=True)
class Selection:
    """The pictures that passed, best first, with what they scored and how many had to be tried."""

    images: Pixels  # N×H×W×3
    labels: list[str]
    scores: NDArray[np.float32]  # the discriminator's, higher looks more real to it
    agreement: NDArray[np.float32]  # the inspector's probability of the label that was asked for
    features: NDArray[np.float32]  # N×D, what the extractor saw
    pass_rate: float  # share of the tried pictures that passed the inspector
    tried: int


@dataclass(frozen=True)
class Neighbour:
    """A real photo near a generated picture. `distance` is Euclidean in the extractor's features."""

    key: str
    label: str
    distance: float


def choose_device(name: str) -> torch.device:
    """`auto` is the GPU where there is one; anything else as torch spells it."""
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    return torch.device(name)


def bfloat16_pays(device: torch.device) -> bool:
    """On a CPU only with AVX512-BF16 or AMX: 1.8 times as many images a second there, slower than float32
    elsewhere."""
    if device.type == "cpu":
        return bool(torch.cpu._is_avx512_bf16_supported())
    return device.type == "cuda" and torch.cuda.is_bf16_supported()


def autocast(config: GanConfig, device: torch.device) -> AbstractContextManager[Any]:
    """The precision that a configuration asks for on this device."""
    on = config.precision == "bfloat16" or (config.precision == "auto" and bfloat16_pays(device))
    return torch.autocast(device.type, torch.bfloat16, enabled=on)


@torch.inference_mode()
def render(
    generator: nn.Module, z: Tensor, labels: Tensor, config: GanConfig, device: torch.device, batch: int = 32
) -> Pixels:
    """z (N, latent), labels int64 (N,) → uint8 N×H×W×3; grey is repeated over the three channels."""
    parts = []
    for start in range(0, len(z), batch):
        with autocast(config, device):
            x = generator(z[start : start + batch].to(device), labels[start : start + batch].to(device))
        x = ((x.float().clamp(-1, 1) + 1) * 127.5).round().to(torch.uint8)
        parts.append(x.expand(-1, 3, -1, -1).permute(0, 2, 3, 1).cpu().numpy())
    return (
        np.concatenate(parts) if parts else np.zeros((0, config.resolution, config.resolution, 3), np.uint8)
    )


def picture_grid(images: Pixels, columns: int) -> Pixels:
    """uint8 N×H×W×3 → one picture of rows of `columns`; the last row is filled up in white."""
    missing = -len(images) % columns
    if missing:
        images = np.concatenate([images, np.full((missing, *images.shape[1:]), 255, np.uint8)])
    count, height, width, _ = images.shape
    grid = images.reshape(count // columns, columns, height, width, 3).transpose(0, 2, 1, 3, 4)
    return np.ascontiguousarray(grid.reshape(count // columns * height, columns * width, 3))


class Sampler:
    """A loaded checkpoint. `labels`, `resolution`, `config`, `card` and `weights_sha256` say what it is."""

    def __init__(
        self, config: GanConfig, tensors: dict[str, Tensor], card: dict[str, Any], device: torch.device
    ) -> None:
        self.config, self.card, self.device = config, card, device
        self.labels: list[str] = list(card["labels"])
        self.resolution = config.resolution
        self.weights_sha256: str = card["weights_sha256"]
        self.generator, self.discriminator = build(config, len(self.labels))
        for name, module in (("generator.", self.generator), ("discriminator.", self.discriminator)):
            part = {k.removeprefix(name): v for k, v in tensors.items() if k.startswith(name)}
            try:
                module.load_state_dict(part)
            except RuntimeError as error:
                raise CheckpointError(
                    "mismatch", f"the weights do not fit the card's configuration: {error}"
                ) from error
            module.eval().requires_grad_(False).to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.inspector = Inspector(tensors["inspector.weight"].numpy(), tensors["inspector.bias"].numpy())
        counts = np.array([card["photos_per_label"].get(label, 0) for label in self.labels], np.float64)
        self._frequency = counts / counts.sum() if counts.sum() else np.full(len(counts), 1 / len(counts))

    @classmethod
    def load(cls, path: str | Path, device: str = "auto") -> Sampler:
        """A file that `train` wrote. Raises `CheckpointError` for any other, or where card and weights
        differ."""
        tensors, card = read_checkpoint(path, "concept")
        try:
            config = GanConfig.from_dict(card["config"])
            return cls(config, tensors, card, choose_device(device))
        except (KeyError, TypeError, ValueError) as error:
            if isinstance(error, CheckpointError):
                raise
            raise CheckpointError(
                "mismatch", f"the card of {Path(path).name} cannot be used: {error}"
            ) from error

    # -- generating

    def sample(self, n: int, label: str | None = None, seed: int = 0, truncation: float = 1.0) -> Pixels:
        """`n` pictures, uint8 N×H×W×3. `label`: one of `labels`; None: mixed as in the shop.

        `truncation` 0..1 pulls towards the average picture: less variety, fewer failures. Picture i depends
        on the seed and i only (up to the last bit of rounding), not on `n`. Raises `ValueError` for an
        unknown label.
        """
        z, labels = self._draw(n, label, seed, truncation)
        return self._render(z, labels)

    def sample_selected(
        self,
        n: int,
        label: str | None = None,
        seed: int = 0,
        truncation: float = 1.0,
        min_agreement: float = 0.5,
        oversample: float = 4.0,
    ) -> Selection:
        """Tries `oversample · n` pictures and keeps the best `n`: those in which the inspector sees the label
        that was asked for (probability at least `min_agreement`), in the order of the discriminator's score.

        With `oversample` 1 nothing is chosen by the discriminator and all scores are 0.

        Fewer than `n` come back where fewer passed. Choosing is not generating: `pass_rate` belongs beside
        the result.
        """
        tried = max(n, round(n * oversample))
        z, labels = self._draw(tried, label, seed, truncation)
        images = self._render(z, labels)
        # Where every attempt that passes is kept, there is nothing to choose by the discriminator, which costs as
        # much as the generator.
        scores, agreement, features = self._scores(images, labels, choose=tried > n)
        passed = np.flatnonzero(agreement >= min_agreement)
        best = passed[np.argsort(-scores[passed], kind="stable")][:n]
        names = [self.labels[i] for i in labels[best]]
        return Selection(
            images[best],
            names,
            scores[best],
            agreement[best],
            features[best],
            len(passed) / max(1, tried),
            tried,
        )

    def interpolate(
        self, steps: int, label: str | None = None, seed: int = 0, label_to: str | None = None
    ) -> Pixels:
        """A strip of `steps` pictures from one random picture to another, uint8 N×H×W×3.

        Along the great circle, where a Gaussian's mass lies. With `label_to` the class changes on the way as
        well.
        """
        z, labels = self._draw(2, label, seed, 1.0)
        start, end = z
        cosine = torch.dot(start, end) / (start.norm() * end.norm())
        angle = torch.arccos(cosine.clamp(-0.9999, 0.9999))
        t = torch.linspace(0, 1, steps)[:, None]
        strip = (torch.sin((1 - t) * angle) * start + torch.sin(t * angle) * end) / torch.sin(angle)
        first = labels[:1].repeat(steps)
        images = self._render(strip, first)
        if label_to is None:
            return images
        other = self._render(strip, np.full(steps, self._index(label_to), np.int64))
        return np.where(np.arange(steps)[:, None, None, None] * 2 < steps, images, other)

    # -- judging what was generated

    def nearest(self, images: Pixels, dataset: PhotoDataset, k: int = 1) -> list[list[Neighbour]]:
        """For each picture its `k` nearest photos of `dataset`, nearest first."""
        ours, _ = self.extractor(images)
        theirs, _ = self.extractor(dataset.images)
        distances = (
            np.linalg.norm(ours[:, None] - theirs[None], axis=2) if len(ours) * len(theirs) < 10_000 else None
        )
        found = []
        for row in range(len(ours)):
            line = distances[row] if distances is not None else np.linalg.norm(theirs - ours[row], axis=1)
            order = np.argsort(line, kind="stable")[:k]
            found.append(
                [
                    Neighbour(dataset.keys[i], dataset.labels[dataset.targets[i]], float(line[i]))
                    for i in order
                ]
            )
        return found

    @property
    def extractor(self) -> Extractor:
        """The feature network; loaded when first asked for."""
        return Extractor.load(device=str(self.device))

    # -- inside

    def _index(self, label: str) -> int:
        if label not in self.labels:
            raise ValueError(
                f"unknown label {label!r}; this generator knows {', '.join(map(repr, self.labels))}"
            )
        return self.labels.index(label)

    def _draw(
        self, n: int, label: str | None, seed: int, truncation: float
    ) -> tuple[Tensor, NDArray[np.int64]]:
        if n < 0 or not 0 <= truncation <= 1:
            raise ValueError("n is not negative and truncation lies in [0, 1]")
        text = f"{seed}/{label}".encode()
        rng = np.random.default_rng(int.from_bytes(hashlib.blake2b(text, digest_size=8).digest()))
        rows = rng.standard_normal((n, self.config.latent + 1))  # the last number chooses the label
        z = torch.from_numpy(rows[:, :-1].astype(np.float32)) * truncation
        if label is not None:
            return z, np.full(n, self._index(label), np.int64)
        position = torch.special.ndtr(torch.from_numpy(rows[:, -1])).numpy()
        labels = np.searchsorted(np.cumsum(self._frequency), position).clip(0, len(self.labels) - 1)
        return z, labels.astype(np.int64)

    def _render(self, z: Tensor, labels: NDArray[np.int64]) -> Pixels:
        return render(self.generator, z, torch.from_numpy(labels), self.config, self.device)

    @torch.inference_mode()
    def _scores(
        self, images: Pixels, labels: NDArray[np.int64], choose: bool = True
    ) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
        scores = []
        for start in range(0, len(images) if choose else 0, 32):
            x = (
                torch.from_numpy(images[start : start + 32]).to(self.device).permute(0, 3, 1, 2).float()
                / 127.5
                - 1
            )
            y = torch.from_numpy(labels[start : start + 32]).to(self.device)
            with autocast(self.config, self.device):
                scores.append(self.discriminator(x[:, : self.config.channels], y).float().cpu().numpy())
        features, _ = self.extractor(images)
        agreement = self.inspector.classify(features)[np.arange(len(labels)), labels]
        found = np.concatenate(scores) if scores else np.zeros(len(images), np.float32)
        return found, agreement.astype(np.float32), features
