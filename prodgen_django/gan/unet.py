"""The U-Net (arXiv 1505.04597) of every generator that is shown a picture, and the discriminator of its patches."""

from __future__ import annotations

import itertools

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn

from prodgen_django.gan.blocks import Block, zero_

__all__ = ["PatchNet", "UNet"]


class UNet(nn.Module):
    """(B, planes, H, W) → (B, out, H, W) of the catalogue generator's normalisation-free blocks; sides divide by 2
    to the number of widths. Its head starts at zero: untrained, it says 0 everywhere."""

    def __init__(self, widths: tuple[int, ...], planes: int, out: int) -> None:
        super().__init__()
        self.stem = nn.Conv2d(4 * planes, widths[0], 3, padding=1)
        self.down = nn.ModuleList(Block(w) for w in widths)
        self.up = nn.ModuleList(Block(w) for w in widths)
        self.narrow = nn.ModuleList(nn.Conv2d(a, b, 1) for a, b in itertools.pairwise(widths))
        self.widen = nn.ModuleList(nn.Conv2d(b, a, 1) for a, b in itertools.pairwise(widths))
        self.head = nn.Conv2d(widths[0], 4 * out, 3, padding=1)
        zero_(self.head.weight, self.head.bias)

    def forward(self, planes: Tensor) -> Tensor:
        x = F.pixel_unshuffle(planes, 2).contiguous(memory_format=torch.channels_last)
        h, skips = self.stem(x), []
        for level, block in enumerate(self.down):
            h = block(h)
            if level < len(self.narrow):
                skips.append(h)
                h = self.narrow[level](F.avg_pool2d(h, 2))
        for level in range(len(skips), -1, -1):
            h = self.up[level](h)
            if level:
                wide = self.widen[level - 1](h)
                h = skips[level - 1] + F.interpolate(wide, scale_factor=2.0, mode="bilinear")
        return F.pixel_shuffle(self.head(F.leaky_relu(h, 0.2)), 2).float()


class PatchNet(nn.Module):
    """(B, planes, H, W) → one score a picture (B,), the mean over its 8×8 patches (a PatchGAN, arXiv 1611.07004)."""

    def __init__(self, width: int, planes: int) -> None:
        super().__init__()
        widths = (width, 2 * width, 3 * width)
        self.stem = nn.Conv2d(4 * planes, widths[0], 3, padding=1)
        self.blocks = nn.ModuleList(Block(w) for w in widths)
        self.widen = nn.ModuleList(nn.Conv2d(a, b, 1) for a, b in itertools.pairwise(widths))
        self.score = nn.Conv2d(widths[-1], 1, 1)

    def forward(self, planes: Tensor) -> Tensor:
        h = self.stem(F.pixel_unshuffle(planes, 2).contiguous(memory_format=torch.channels_last))
        for level, block in enumerate(self.blocks):
            h = block(h)
            if level < len(self.widen):
                h = self.widen[level](F.avg_pool2d(h, 2))
        return self.score(F.leaky_relu(h, 0.2)).mean(dim=(1, 2, 3)).float()
