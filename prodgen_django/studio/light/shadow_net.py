"""The shadow network: what a product takes from the light of a scene.

A U-Net (arXiv 1505.04597) of the catalogue generator's normalisation-free blocks. It is shown where the light would
carry the silhouette, and learns what that leaves out: depth, the bend where the floor meets the wall, penumbra and
contact.
"""

from __future__ import annotations

import itertools
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn

from prodgen_django.gan.checkpoint import read_generator
from prodgen_django.gan.config import GanConfig
from prodgen_django.gan.networks import Block, zero_
from prodgen_django.studio.color import Float

from .geometry import SHADOW_PLANES

__all__ = ["ShadowNet", "Shadower"]


class ShadowNet(nn.Module):
    """(B, SHADOW_PLANES, H, W) → logits (B, 2, H, W) of the shares that are left of the lamp's light and of the sky's.
    Sides divide by 2 to the number of widths."""

    def __init__(self, config: GanConfig) -> None:
        super().__init__()
        widths = config.widths
        self.stem = nn.Conv2d(4 * SHADOW_PLANES, widths[0], 3, padding=1)
        self.down = nn.ModuleList(Block(w) for w in widths)
        self.up = nn.ModuleList(Block(w) for w in widths)
        self.narrow = nn.ModuleList(nn.Conv2d(a, b, 1) for a, b in itertools.pairwise(widths))
        self.widen = nn.ModuleList(nn.Conv2d(b, a, 1) for a, b in itertools.pairwise(widths))
        self.head = nn.Conv2d(widths[0], 8, 3, padding=1)
        zero_(self.head.weight)
        nn.init.constant_(self.head.bias, 3.0)  # type: ignore[arg-type]  # at first nearly all light is left

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


class Shadower:
    """Loaded weights, called with planes."""

    def __init__(self, net: nn.Module, config: GanConfig, card: dict[str, Any]) -> None:
        self.net = net.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.step, self.card = 2 ** len(config.widths), card

    @classmethod
    def load(cls, path: str | Path) -> Shadower:
        """Weights that the training wrote; raises `CheckpointError` for any other file."""
        return _load(Path(path))

    @torch.inference_mode()
    def __call__(self, planes: Float) -> Float:
        """float32 SHADOW_PLANES×h×w → 2×h×w in [0, 1]: what is left of the lamp's light, and of the sky's."""
        height, width = planes.shape[1:]
        pad = (0, -width % self.step, 0, -height % self.step)
        x = F.pad(torch.from_numpy(planes)[None], pad, mode="replicate")
        left = self.net(x)[0, :, :height, :width].sigmoid().numpy()
        return np.ascontiguousarray(left)


@lru_cache(maxsize=2)
def _load(path: Path) -> Shadower:
    net, config, card = read_generator(path, "shadow", "not_a_shadow_network", ShadowNet)
    return Shadower(net, config, card)
