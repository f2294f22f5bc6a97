"""The image-conditioned generator that draws into a membrane, and its discriminator.

Generator: a U-Net (arXiv 1505.04597) of the same normalisation-free blocks as the catalogue generator; its head
starts at zero, so that an untrained one returns the membrane. Discriminator: the mean of one score for each
8×8 pixels (a PatchGAN, arXiv 1611.07004). `inpainting_training.py` trains them.
"""

from __future__ import annotations

import itertools
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812
from numpy.typing import NDArray
from torch import Tensor, nn

from prodgen_django.gan.checkpoint import read_generator
from prodgen_django.gan.config import GanConfig
from prodgen_django.gan.networks import Block, zero_

__all__ = ["FillNet", "Inpainter", "PatchNet"]


class FillNet(nn.Module):
    """(membrane (B, 3, H, W) in [-1, 1], hole (B, 1, H, W) 0 or 1) → filled (B, 3, H, W); sides divide by
    2 to the number of widths."""

    def __init__(self, config: GanConfig, classes: int = 1) -> None:
        super().__init__()
        widths = config.widths
        self.stem = nn.Conv2d(16, widths[0], 3, padding=1)
        self.down = nn.ModuleList(Block(w) for w in widths)
        self.up = nn.ModuleList(Block(w) for w in widths)
        self.narrow = nn.ModuleList(nn.Conv2d(a, b, 1) for a, b in itertools.pairwise(widths))
        self.widen = nn.ModuleList(nn.Conv2d(b, a, 1) for a, b in itertools.pairwise(widths))
        self.head = nn.Conv2d(widths[0], 12, 3, padding=1)
        zero_(self.head.weight, self.head.bias)

    def forward(self, smooth: Tensor, hole: Tensor) -> Tensor:
        x = F.pixel_unshuffle(torch.cat([smooth, hole], 1), 2).contiguous(memory_format=torch.channels_last)
        h, skips = self.stem(x), []
        for level, block in enumerate(self.down):
            h = block(h)
            if level < len(self.narrow):
                skips.append(h)
                h = self.narrow[level](F.avg_pool2d(h, 2))
        for level in range(len(skips), -1, -1):
            h = self.up[level](h)
            if level:
                h = skips[level - 1] + F.interpolate(
                    self.widen[level - 1](h), scale_factor=2.0, mode="bilinear"
                )
        return smooth + F.pixel_shuffle(self.head(F.leaky_relu(h, 0.2)), 2).float() * hole


class PatchNet(nn.Module):
    """(picture (B, 3, H, W), hole (B, 1, H, W)) → one score a picture (B,), the mean over its 8×8 patches."""

    def __init__(self, config: GanConfig, classes: int = 1) -> None:
        super().__init__()
        widths = (config.widths[0], 2 * config.widths[0], 3 * config.widths[0])
        self.stem = nn.Conv2d(16, widths[0], 3, padding=1)
        self.blocks = nn.ModuleList(Block(w) for w in widths)
        self.widen = nn.ModuleList(nn.Conv2d(a, b, 1) for a, b in itertools.pairwise(widths))
        self.score = nn.Conv2d(widths[-1], 1, 1)

    def forward(self, x: Tensor, hole: Tensor) -> Tensor:
        h = self.stem(
            F.pixel_unshuffle(torch.cat([x, hole], 1), 2).contiguous(memory_format=torch.channels_last)
        )
        for level, block in enumerate(self.blocks):
            h = block(h)
            if level < len(self.widen):
                h = self.widen[level](F.avg_pool2d(h, 2))
        return self.score(F.leaky_relu(h, 0.2)).mean(dim=(1, 2, 3)).float()


class Inpainter:
    """Loaded weights, called with a membrane."""

    def __init__(self, net: nn.Module, config: GanConfig, card: dict[str, Any]) -> None:
        self.net = net.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.step, self.card = 2 ** len(config.widths), card

    @classmethod
    def load(cls, path: str | Path) -> Inpainter:
        """Weights that `train_inpainter` wrote; raises `CheckpointError` for any other file."""
        return _load(Path(path))

    @torch.inference_mode()
    def __call__(self, smooth: NDArray[np.float32], hole: NDArray[np.bool_]) -> NDArray[np.float32]:
        """float32 H×W×3 in 0..255 as `membrane` gives it → the same with the hole drawn."""
        height, width = hole.shape
        pad = (0, -width % self.step, 0, -height % self.step)
        x = torch.from_numpy(smooth).permute(2, 0, 1)[None] / 127.5 - 1
        m = torch.from_numpy(hole)[None, None].float()
        x, m = F.pad(x, pad, mode="replicate"), F.pad(m, pad)
        filled = self.net(x, m)[0, :, :height, :width]
        return ((filled.permute(1, 2, 0) + 1) * 127.5).contiguous().numpy()


@lru_cache(maxsize=2)
def _load(path: Path) -> Inpainter:
    net, config, card = read_generator(path, "inpaint", "not_an_inpainter", FillNet)
    return Inpainter(net, config, card)
