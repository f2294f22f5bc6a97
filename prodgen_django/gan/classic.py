"""The two networks that ours is measured against, and that the article-28 preset uses.

- Dense: the article's example, Goodfellow's own kind of network (arXiv 1406.2661).
- DCGAN: Radford, Metz, Chintala (arXiv 1511.06434), at a quarter of its width so that it trains on a CPU.
"""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn

from prodgen_django.gan.config import GanConfig

__all__ = ["DcganDiscriminator", "DcganGenerator", "DenseDiscriminator", "DenseGenerator"]


class DenseGenerator(nn.Module):
    """z → 256 → 512 → 1024 → picture in (-1, 1)."""

    def __init__(self, config: GanConfig, classes: int) -> None:
        super().__init__()
        self.shape = (config.channels, config.resolution, config.resolution)
        sizes = (config.latent, 256, 512, 1024)
        layers: list[nn.Module] = []
        for before, after in pairwise(sizes):
            layers += [nn.Linear(before, after), nn.LeakyReLU(0.2)]
        values = config.channels * config.resolution**2
        self.layers = nn.Sequential(*layers, nn.Linear(sizes[-1], values), nn.Tanh())

    def forward(self, z: Tensor, labels: Tensor) -> Tensor:
        return self.layers(z).view(len(z), *self.shape)


class DenseDiscriminator(nn.Module):
    """Picture → 512 → 256 → score, with dropout as its only brake."""

    def __init__(self, config: GanConfig, classes: int) -> None:
        super().__init__()
        values = config.channels * config.resolution**2
        self.layers = nn.Sequential(
            nn.Linear(values, 512),
            nn.LeakyReLU(0.2),
            nn.Linear(512, 256),
            nn.LeakyReLU(0.2),
            nn.Linear(256, 1),
        )

    def forward(self, x: Tensor, labels: Tensor) -> Tensor:
        return self.layers(x.flatten(1)).squeeze(1).float()


class DcganGenerator(nn.Module):
    """z → 4×4 → … → 64×64 by transposed convolutions with batch normalisation. `widths` at 4, 8, 16, 32
    px."""

    def __init__(self, config: GanConfig, classes: int) -> None:
        super().__init__()
        widths = config.widths
        layers: list[nn.Module] = [nn.ConvTranspose2d(config.latent, widths[0], 4, bias=False)]
        for before, after in pairwise(widths):
            layers += [
                nn.BatchNorm2d(before),
                nn.ReLU(),
                nn.ConvTranspose2d(before, after, 4, 2, 1, bias=False),
            ]
        layers += [
            nn.BatchNorm2d(widths[-1]),
            nn.ReLU(),
            nn.ConvTranspose2d(widths[-1], config.channels, 4, 2, 1),
        ]
        self.layers = nn.Sequential(*layers, nn.Tanh())
        self.apply(_dcgan_init)

    def forward(self, z: Tensor, labels: Tensor) -> Tensor:
        h = z[:, :, None, None].contiguous(memory_format=torch.channels_last)
        return self.layers(h)


class DcganDiscriminator(nn.Module):
    """64×64 → … → 4×4 → score by strided convolutions with batch normalisation."""

    def __init__(self, config: GanConfig, classes: int) -> None:
        super().__init__()
        widths = config.widths[::-1]
        layers: list[nn.Module] = [nn.Conv2d(config.channels, widths[0], 4, 2, 1), nn.LeakyReLU(0.2)]
        for before, after in pairwise(widths):
            layers += [
                nn.Conv2d(before, after, 4, 2, 1, bias=False),
                nn.BatchNorm2d(after),
                nn.LeakyReLU(0.2),
            ]
        self.layers = nn.Sequential(*layers, nn.Conv2d(widths[-1], 1, 4))
        self.apply(_dcgan_init)

    def forward(self, x: Tensor, labels: Tensor) -> Tensor:
        return self.layers(x.contiguous(memory_format=torch.channels_last)).flatten().float()


def _dcgan_init(module: nn.Module) -> None:
    if isinstance(module, (nn.Conv2d, nn.ConvTranspose2d)):
        nn.init.normal_(module.weight, 0.0, 0.02)
    elif isinstance(module, nn.BatchNorm2d):
        nn.init.normal_(module.weight, 1.0, 0.02)
