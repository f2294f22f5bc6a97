"""Differentiable augmentation: colour, translation, cutout, each picture with its own luck.

After Zhao et al., "Differentiable augmentation" (arXiv 2006.10738); that the probability starts at zero and
follows the overfitting seen on held-out photos is from Karras et al., ADA (arXiv 2006.06676).
"""

from __future__ import annotations

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor

__all__ = ["Augment"]


class Augment:
    """Augments batches with probability `p`; at `p` = 0 it returns its input untouched and costs nothing."""

    def __init__(self, target: float, largest: float, images_to_full: int) -> None:
        self.p = 0.0
        self.target, self.largest, self.images_to_full = target, largest, images_to_full

    def adapt(self, overfitting: float, images: int) -> None:
        """Moves `p` by what `images` shown are worth: up when `overfitting` is above the target, else down.

        `overfitting` is ADA's r_v: how far held-out photos score below training photos, as a share of how far
        generated ones do. 0: the discriminator has learnt what garments are, 1: it has learnt the photos by
        heart.
        """
        step = images / self.images_to_full * (1 if overfitting > self.target else -1)
        self.p = min(self.largest, max(0.0, self.p + step))

    def __call__(self, x: Tensor, rng: torch.Generator) -> Tensor:
        """x: (B, C, H, W) in about [-1, 1]; `rng` lives on the CPU so that a GPU sees the same luck."""
        if self.p == 0:
            return x
        x = self._colour(x, rng)
        x = self._translate(x, rng)
        return self._cutout(x, rng)

    def _dice(self, batch: int, rng: torch.Generator, like: Tensor) -> Tensor:
        """(B, 1, 1, 1): 1 for those that are augmented, else 0."""
        return (torch.rand(batch, 1, 1, 1, generator=rng) < self.p).to(like)

    def _colour(self, x: Tensor, rng: torch.Generator) -> Tensor:
        batch = len(x)
        on = self._dice(batch, rng, x)
        brightness, saturation, contrast = torch.rand(3, batch, 1, 1, 1, generator=rng).to(x)
        x = x + on * (brightness - 0.5)
        grey = x.mean(dim=1, keepdim=True)
        x = grey + (x - grey) * (1 + on * (2 * saturation - 1))
        mean = x.mean(dim=(1, 2, 3), keepdim=True)
        return mean + (x - mean) * (1 + on * (contrast - 0.5))

    def _translate(self, x: Tensor, rng: torch.Generator) -> Tensor:
        batch, _, height, width = x.shape
        reach = max(1, height // 8)
        on = self._dice(batch, rng, x).view(batch).long()
        shift = torch.randint(-reach, reach + 1, (2, batch), generator=rng).to(x.device) * on
        padded = F.pad(x, (reach,) * 4, mode="replicate")
        rows = (torch.arange(height, device=x.device) + reach)[None] + shift[0][:, None]  # (B, H)
        columns = (torch.arange(width, device=x.device) + reach)[None] + shift[1][:, None]  # (B, W)
        index = torch.arange(batch, device=x.device)[:, None, None]
        return padded.permute(0, 2, 3, 1)[index, rows[:, :, None], columns[:, None, :]].permute(0, 3, 1, 2)

    def _cutout(self, x: Tensor, rng: torch.Generator) -> Tensor:
        batch, _, height, width = x.shape
        on = self._dice(batch, rng, x)
        centre = torch.rand(2, batch, 1, generator=rng).to(x.device)
        half = 0.1875  # a hole of 3/8 of the side
        rows = (torch.arange(height, device=x.device) + 0.5)[None] / height
        columns = (torch.arange(width, device=x.device) + 0.5)[None] / width
        hole = ((rows - centre[0]).abs() < half)[:, :, None] & ((columns - centre[1]).abs() < half)[
            :, None, :
        ]
        return x * (1 - on * hole[:, None].to(x))
