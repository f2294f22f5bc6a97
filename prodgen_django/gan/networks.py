"""Generator and discriminator, from R3GAN's principles: residual blocks, no normalisation, nothing to tune.

Huang et al., "The GAN is dead; long live the GAN!" (arXiv 2501.05441). Ours differs where a CPU says so:
plain 3×3 convolutions (grouped ones cost twice as much at these widths), and the full-resolution stage is
skipped, by pixel-unshuffle on the way in and pixel-shuffle on the way out. Odena et al.'s checkerboard is
avoided by equal sub-pixel initialisation (ICNR, arXiv 1707.02937).

Pictures are float tensors in [-1, 1] (the generator's output is unbounded and clipped when it leaves as
uint8).
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn

from prodgen_django.gan.blocks import Block, icnr_, zero_
from prodgen_django.gan.classic import DcganDiscriminator, DcganGenerator, DenseDiscriminator, DenseGenerator
from prodgen_django.gan.config import GanConfig
from prodgen_django.gan.inpainting_net import FillNet, HoleNet

__all__ = ["Discriminator", "Generator", "build", "parameters_of"]


class Generator(nn.Module):
    """(z, label) → picture."""

    def __init__(self, config: GanConfig, classes: int) -> None:
        super().__init__()
        self.latent = config.latent
        code = config.latent + (config.embedding if config.conditional else 0)
        self.embed = nn.Embedding(classes, config.embedding) if config.conditional else None
        self.start = nn.Linear(code, config.widths[0] * 16)
        self.stages, self.styles, self.widen = nn.ModuleList(), nn.ModuleList(), nn.ModuleList()
        before = config.widths[0]
        for width in config.widths:
            self.widen.append(nn.Identity() if width == before else nn.Conv2d(before, width, 1))
            self.stages.append(nn.Sequential(*(Block(width) for _ in range(config.blocks))))
            style = nn.Linear(code, 2 * width)  # per channel: scale and shift, nothing at first
            zero_(style.weight, style.bias)
            self.styles.append(style)
            before = width
        self.head = nn.Conv2d(before, 4 * config.channels, 3, padding=1)
        icnr_(self.head.weight)
        zero_(self.head.bias)

    def forward(self, z: Tensor, labels: Tensor) -> Tensor:
        """z: (B, latent) standard normal, labels: int64 (B,) → (B, channels, R, R)."""
        code = z
        if self.embed is not None:
            label_code = self.embed(labels)
            label_code = label_code * label_code.square().mean(1, keepdim=True).add(1e-8).rsqrt()
            code = torch.cat([z, label_code], dim=1)  # (B, latent + embedding)
        h = self.start(code).view(len(z), -1, 4, 4)  # (B, widths[0], 4, 4)
        h = h.contiguous(memory_format=torch.channels_last)
        for level, (widen, style, stage) in enumerate(zip(self.widen, self.styles, self.stages, strict=True)):
            if level:
                h = F.interpolate(h, scale_factor=2, mode="bilinear", align_corners=False)
            h = widen(h)
            scale, shift = style(code)[:, :, None, None].chunk(2, dim=1)
            h = stage(h * (1 + scale) + shift)  # (B, widths[level], 4·2^level, 4·2^level)
        return F.pixel_shuffle(self.head(F.leaky_relu(h, 0.2)), 2)  # (B, channels, R, R)


class Discriminator(nn.Module):
    """(picture, label) → score. The generator's mirror, with a projection on the class (arXiv 1802.05637)."""

    def __init__(self, config: GanConfig, classes: int) -> None:
        super().__init__()
        widths = config.widths[::-1]
        self.stem = nn.Conv2d(4 * config.channels, widths[0], 3, padding=1)
        nn.init.kaiming_normal_(self.stem.weight, a=1.0)
        self.stages, self.widen = nn.ModuleList(), nn.ModuleList()
        for width, after in zip(widths, (*widths[1:], widths[-1]), strict=True):
            self.stages.append(nn.Sequential(*(Block(width) for _ in range(config.blocks))))
            self.widen.append(nn.Identity() if width == after else nn.Conv2d(width, after, 1))
        self.hidden = 2 * config.embedding
        self.to_hidden = nn.Linear(widths[-1] * 16, self.hidden)
        self.to_score = nn.Linear(self.hidden, 1)
        self.embed = nn.Embedding(classes, self.hidden) if config.conditional else None

    def forward(self, x: Tensor, labels: Tensor) -> Tensor:
        """x: (B, channels, R, R) in [-1, 1], labels: int64 (B,) → scores (B,)."""
        h = self.stem(F.pixel_unshuffle(x, 2).contiguous(memory_format=torch.channels_last))
        last = len(self.stages) - 1
        for level, (stage, widen) in enumerate(zip(self.stages, self.widen, strict=True)):
            h = stage(h)
            if level < last:
                h = widen(F.avg_pool2d(h, 2))
        h = F.leaky_relu(self.to_hidden(F.leaky_relu(h, 0.2).flatten(1)), 0.2)  # (B, hidden)
        score = self.to_score(h).squeeze(1)
        if self.embed is not None:
            score = score + (h * self.embed(labels)).sum(1) / math.sqrt(self.hidden)
        return score.float()


def build(config: GanConfig, classes: int) -> tuple[nn.Module, nn.Module]:
    """Generator and discriminator that a configuration names, initialised from its seed alone.

    All but "fill" take labels, also where the architecture ignores them, so that one loop trains all.
    """
    makers: dict[str, tuple[type[nn.Module], type[nn.Module]]] = {
        "residual": (Generator, Discriminator),
        "dense": (DenseGenerator, DenseDiscriminator),
        "dcgan": (DcganGenerator, DcganDiscriminator),
        "fill": (FillNet, HoleNet),
    }
    make_generator, make_discriminator = makers[config.architecture]
    with torch.random.fork_rng(devices=[]):  # the caller's own random state is none of our business
        torch.manual_seed(config.seed)
        return make_generator(config, classes), make_discriminator(config, classes)


def parameters_of(module: nn.Module) -> int:
    """Number of trained values."""
    return sum(p.numel() for p in module.parameters())
