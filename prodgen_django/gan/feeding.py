"""Photographs and luck for each training step, from (seed, step) alone."""

from __future__ import annotations

import hashlib

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from prodgen_django.gan.config import GanConfig
from prodgen_django.gan.dataset import PhotoDataset

__all__ = ["Feed", "luck"]


def luck(seed: int, step: int, purpose: str) -> torch.Generator:
    """A random generator of its own for every seed, step and purpose: a resumed run has no state to
    restore."""
    text = f"{seed}/{step}/{purpose}".encode()
    return torch.Generator().manual_seed(int.from_bytes(hashlib.blake2b(text, digest_size=8).digest()) >> 1)


class Feed:
    """Draws batches of a dataset as tensors in [-1, 1] on a device."""

    def __init__(
        self, data: PhotoDataset, config: GanConfig, device: torch.device, balance: float = 0.0
    ) -> None:
        self.data, self.config, self.device = data, config, device
        self.cumulative = np.cumsum(data.weights(balance))

    def draw(self, count: int, rng: torch.Generator) -> tuple[Tensor, Tensor]:
        """(count, C, R, R) and labels int64 (count,), near-balanced, half of them mirrored where that is
        wanted."""
        draws = torch.rand(count, generator=rng, dtype=torch.float64).numpy()
        index = np.minimum(np.searchsorted(self.cumulative, draws), len(self.data) - 1)
        images, labels = self.tensors(index)
        if self.config.flip:
            mirrored = (torch.rand(count, 1, 1, 1, generator=rng) < 0.5).to(self.device)
            images = torch.where(mirrored, images.flip(3), images)
        return images, labels

    def tensors(self, index: NDArray[np.int64]) -> tuple[Tensor, Tensor]:
        """The photos at `index`."""
        images = torch.from_numpy(np.ascontiguousarray(self.data.images[index])).to(self.device)
        x = images.permute(0, 3, 1, 2).float() / 127.5 - 1
        if self.config.channels == 1:
            x = (x * x.new_tensor([0.299, 0.587, 0.114]).view(1, 3, 1, 1)).sum(1, keepdim=True)
        x = x.contiguous(memory_format=torch.channels_last)
        return x, torch.from_numpy(self.data.targets[index]).to(self.device)
