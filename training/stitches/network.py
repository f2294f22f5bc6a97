"""The match verifier in torch, for training; `prodgen_django.stitching.verifier.logit` is the same without torch."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from prodgen_django.stitching.verifier import SCALARS

__all__ = ["Verifier"]


class Block(nn.Module):
    """A bottleneck with a way past it; it starts as the identity. There is no normalisation, so that what a
    picture gets does not depend on its batch and the same arithmetic is easily done without torch."""

    def __init__(self, width: int) -> None:
        super().__init__()
        inner = width // 2
        self.narrow = nn.Conv2d(width, inner, 1)
        self.mix = nn.Conv2d(inner, inner, 3, padding=1)
        self.widen = nn.Conv2d(inner, width, 1)
        nn.init.zeros_(self.widen.weight)
        nn.init.zeros_(self.widen.bias)  # type: ignore[arg-type]

    def forward(self, x: Tensor) -> Tensor:
        inner = functional.relu(self.mix(functional.relu(self.narrow(functional.relu(x)))))
        out: Tensor = x + self.widen(inner)
        return out


class Verifier(nn.Module):
    """B × N × 3 × 64 × 64 patches with a B × N mask of real ones and B × 10 numbers to B logits."""

    def __init__(self) -> None:
        super().__init__()
        self.patch = nn.Conv2d(3, 24, 4, stride=4)  # 16
        self.fine = Block(24)
        self.down1 = nn.Conv2d(24, 40, 3, stride=2, padding=1)  # 8
        self.middle = Block(40)
        self.down2 = nn.Conv2d(40, 56, 3, stride=2, padding=1)  # 4
        self.coarse = Block(56)
        self.first = nn.Linear(2 * 56 + SCALARS, 32)
        self.second = nn.Linear(32, 1)

    def forward(self, patches: Tensor, real: Tensor, scalars: Tensor) -> Tensor:
        batch, count = patches.shape[:2]
        x = self.fine(self.patch(patches.flatten(0, 1)))
        x = self.middle(self.down1(functional.relu(x)))
        x = self.coarse(self.down2(functional.relu(x)))
        seen = functional.relu(x).mean((2, 3)).view(batch, count, -1)
        weight = real.float()[..., None]
        mean = (seen * weight).sum(1) / weight.sum(1).clamp(min=1)
        least = torch.where(weight > 0, seen, torch.full_like(seen, torch.inf)).amin(1)
        hidden = functional.relu(self.first(torch.cat([mean, least, scalars], 1)))
        out: Tensor = self.second(hidden)[:, 0]
        return out
