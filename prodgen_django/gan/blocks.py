"""What every network of ours is built of: a residual block without normalisation, and how its weights start."""

from __future__ import annotations

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn

__all__ = ["Block", "icnr_", "zero_"]


class Block(nn.Module):
    """x + conv(act(conv(act(x)))); the last convolution starts at zero, so a fresh block is the identity."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(width, width, 3, padding=1)
        self.last = nn.Conv2d(width, width, 3, padding=1)
        nn.init.kaiming_normal_(self.first.weight, a=0.2)
        zero_(self.first.bias, self.last.weight, self.last.bias)

    def forward(self, x: Tensor) -> Tensor:
        h = self.first(F.leaky_relu(x, 0.2))
        return x + self.last(F.leaky_relu(h, 0.2))


def zero_(*values: Tensor | None) -> None:
    """In place."""
    for value in values:
        if value is not None:
            nn.init.zeros_(value)


def icnr_(weight: Tensor) -> None:
    """All four sub-pixels of a 3×3 → pixel-shuffle head start with equal weights: no checkerboard at
    birth."""
    out, inn = weight.shape[:2]
    kernel = torch.empty(out // 4, inn, *weight.shape[2:])
    nn.init.kaiming_normal_(kernel, a=1.0)
    with torch.no_grad():
        weight.copy_(kernel.repeat_interleave(4, dim=0))
