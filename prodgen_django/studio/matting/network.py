"""The cut-out network: a photograph in, where its product is and where the product's shadow falls out.

EfficientNet-Lite0 (Tan and Le 2019; Lite variants by Google 2020), taught on ImageNet, whose levels are joined from the
coarsest to the finest as in a feature pyramid (Lin et al. 2017). At the two coarsest levels every place looks at all
others (Vaswani et al. 2017), so that a hole is believed only where the ground behind it is seen elsewhere too. The
normalisations of the backbone are folded into its convolutions; the decoder has none. 4.0 million parameters.
"""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn

__all__ = ["FAULTS", "PRODUCT", "SHADOW", "THINGS", "CutOutNet", "EdgeNet", "InspectorNet"]

#: Planes of what it answers: the products, their shadows and reflections on the ground, and other things.
PRODUCT, SHADOW, THINGS = range(3)


class Stage(NamedTuple):
    """Repeated inverted residuals (Sandler et al. 2018)."""

    kernel: int
    stride: int
    expand: int
    width: int
    repeats: int


STAGES = (
    Stage(3, 1, 1, 16, 1),
    Stage(3, 2, 6, 24, 2),
    Stage(5, 2, 6, 40, 2),
    Stage(3, 2, 6, 80, 3),
    Stage(5, 1, 6, 112, 3),
    Stage(5, 2, 6, 192, 4),
    Stage(3, 1, 6, 320, 1),
)
#: The stages whose results the decoder takes, at 1/2, 1/4, 1/8, 1/16 and 1/32 of the side.
LEVELS = (0, 1, 2, 4, 6)
#: Channels of the decoder at those levels.
WIDTHS = (24, 48, 64, 96, 128)


class Conv(nn.Conv2d):
    """A convolution padded as TensorFlow pads ("same"): with a stride of two, more on the right and below."""

    def __init__(self, into: int, out: int, kernel: int, stride: int = 1, groups: int = 1) -> None:
        super().__init__(into, out, kernel, stride, (kernel - 1) // 2 if stride == 1 else 0, groups=groups)

    def forward(self, x: Tensor) -> Tensor:
        if self.stride[0] == 2:
            total = self.kernel_size[0] - 2
            x = F.pad(x, (total // 2, total - total // 2, total // 2, total - total // 2))
        if self.groups == 1 or not torch.is_grad_enabled():
            return super().forward(x)
        # PyTorch's depthwise gradients in bfloat16 take four times as long on a CPU as in float32.
        with torch.autocast(x.device.type, enabled=False):
            return super().forward(x.float())


class Inverted(nn.Module):
    """Wider by a factor, each channel alone over its neighbours, narrower again."""

    def __init__(self, into: int, out: int, kernel: int, stride: int, expand: int) -> None:
        super().__init__()
        middle = into * expand
        self.expand = Conv(into, middle, 1) if expand > 1 else None
        self.around = Conv(middle, middle, kernel, stride, middle)
        self.project = Conv(middle, out, 1)
        self.adds = stride == 1 and into == out

    def forward(self, x: Tensor) -> Tensor:
        y = F.relu6(self.expand(x)) if self.expand is not None else x
        y = self.project(F.relu6(self.around(y)))
        return x + y if self.adds else y


class Backbone(nn.Module):
    """(B, 3, H, W) → features at `LEVELS`; H and W are multiples of 32."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = Conv(3, 32, 3, 2)
        into, stages = 32, []
        for kernel, stride, expand, width, repeats in STAGES:
            blocks = [Inverted(into, width, kernel, stride, expand)]
            blocks += [Inverted(width, width, kernel, 1, expand) for _ in range(repeats - 1)]
            stages.append(nn.Sequential(*blocks))
            into = width
        self.stages = nn.ModuleList(stages)

    def forward(self, x: Tensor) -> list[Tensor]:
        x, found = F.relu6(self.stem(x)), []
        for number, stage in enumerate(self.stages):
            x = stage(x)
            if number in LEVELS:
                found.append(x)
        return found


class Attention(nn.Module):
    """Every place looks at all others."""

    def __init__(self, width: int, heads: int = 4) -> None:
        super().__init__()
        self.heads = heads
        self.norm = nn.LayerNorm(width)
        self.ask = nn.Linear(width, 3 * width)
        self.tell = nn.Linear(width, width)
        nn.init.zeros_(self.tell.weight)
        nn.init.zeros_(self.tell.bias)

    def forward(self, x: Tensor) -> Tensor:
        count, width, high, wide = x.shape
        tokens = self.norm(x.flatten(2).transpose(1, 2))  # (B, places, width)
        asked = self.ask(tokens).reshape(count, high * wide, 3, self.heads, width // self.heads)
        query, key, value = asked.permute(2, 0, 3, 1, 4).unbind(0)  # each (B, heads, places, width / heads)
        told = (
            F.scaled_dot_product_attention(query, key, value)
            .transpose(1, 2)
            .reshape(count, high * wide, width)
        )
        return x + self.tell(told).transpose(1, 2).reshape(count, width, high, wide)


class Block(nn.Module):
    """A residual of two convolutions (He et al. 2016); nothing at first."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(width, width, 3, padding=1)
        self.second = nn.Conv2d(width, width, 3, padding=1)
        nn.init.zeros_(self.second.weight)
        nn.init.zeros_(self.second.bias)  # type: ignore[arg-type]

    def forward(self, x: Tensor) -> Tensor:
        return x + self.second(F.relu(self.first(F.relu(x))))


class CutOutNet(nn.Module):
    """(B, 3, H, W), RGB in [-1, 1], H and W multiples of 32 → logits (B, 3, H, W): `PRODUCT`, `SHADOW`, `THINGS`."""

    def __init__(self) -> None:
        super().__init__()
        self.backbone = Backbone()
        taken = [STAGES[number].width for number in LEVELS]
        self.lateral = nn.ModuleList(nn.Conv2d(a, b, 1) for a, b in zip(taken, WIDTHS, strict=True))
        self.rim = nn.Conv2d(1, WIDTHS[-1], 1)
        self.whole = nn.ModuleList([Attention(WIDTHS[-1]), Attention(WIDTHS[-2])])
        self.up = nn.ModuleList(nn.Conv2d(b, a, 1) for a, b in pairwise(WIDTHS))
        self.refine = nn.ModuleList(
            nn.Sequential(*(Block(width) for _ in range(count)))
            for width, count in zip(WIDTHS, (1, 2, 2, 2, 2), strict=True)
        )
        # Four pixels from each at half the side: what is finer than that is the edge network's.
        self.last = nn.Conv2d(WIDTHS[0], 4 * 3, 3, padding=1)

    def forward(self, photo: Tensor) -> Tensor:
        return self.decoded(self.backbone(photo))

    def decoded(self, seen: list[Tensor]) -> Tensor:
        """The answer, from the backbone's features at `LEVELS`."""
        levels = [lateral(x) for lateral, x in zip(self.lateral, seen, strict=True)]
        x = levels[-1] + self.rim(_rim(levels[-1]))
        x = self.refine[4](self.whole[0](x))
        for level in (3, 2, 1, 0):
            x = F.interpolate(self.up[level](x), scale_factor=2.0, mode="bilinear", align_corners=False)
            x = x + levels[level]
            if level == 3:
                x = self.whole[1](x)
            x = self.refine[level](x)
        return F.pixel_shuffle(self.last(F.relu(x)), 2)


def _rim(x: Tensor) -> Tensor:
    """How near the picture's rim each place is: (B, 1, H, W), -1 in the middle and 1 at the rim."""
    high, wide = (torch.linspace(-1, 1, n, device=x.device, dtype=x.dtype).abs() for n in x.shape[2:])
    return (2 * torch.maximum(high[:, None], wide[None]) - 1).expand(x.shape[0], 1, -1, -1)


class EdgeNet(nn.Module):
    """(B, 3, H, W), RGB in [-1, 1], and coarse logits (B, 3, H, W) of `CutOutNet` → alpha (B, 1, H, W) in [0, 1].

    H and W are multiples of 8. A small U-Net (Ronneberger et al. 2015) that sees some 60 px about: it mends where an
    outline runs, by a few pixels, and leaves what is far from one as it is. 0.2 million parameters.
    """

    def __init__(self, widths: tuple[int, ...] = (16, 24, 40, 56)) -> None:
        super().__init__()
        self.stem = nn.Conv2d(6, widths[0], 3, padding=1)
        self.down = nn.ModuleList(nn.Conv2d(a, b, 2, 2) for a, b in pairwise(widths))
        self.encode = nn.ModuleList(Block(width) for width in widths)
        self.up = nn.ModuleList(nn.Conv2d(b, a, 1) for a, b in pairwise(widths))
        self.decode = nn.ModuleList(Block(width) for width in widths[:-1])
        self.last = nn.Conv2d(widths[0], 1, 3, padding=1)
        nn.init.zeros_(self.last.weight)
        nn.init.zeros_(self.last.bias)  # type: ignore[arg-type]

    def forward(self, photo: Tensor, coarse: Tensor) -> Tensor:
        sure = coarse.clamp(-8, 8)
        x, levels = self.stem(torch.cat([photo, sure / 4], 1)), []
        for number, block in enumerate(self.encode):
            x = block(x if number == 0 else self.down[number - 1](x))
            levels.append(x)
        for number in range(len(levels) - 2, -1, -1):
            x = F.interpolate(self.up[number](x), scale_factor=2.0, mode="bilinear", align_corners=False)
            x = self.decode[number](x + levels[number])
        return (sure[:, PRODUCT : PRODUCT + 1] + self.last(F.relu(x))).sigmoid()


#: What a judge sees, each a probability that the inspector gives: that the outline would not be published, for any
#: reason; that a part of the product is missing, that some of the ground or of a shadow is left, that a hole is filled
#: or torn, that the edge has a halo; and that one looks through the product.
FAULTS = ("poor", "missing", "remnants", "holes", "halo", "glass")


class InspectorNet(nn.Module):
    """What a judge would say of a cut-out, from the photograph and how the outline came about.

    `seen`: the backbone's features of the photograph; `evidence` (B, 6, H, W): the photograph in [-1, 1], the alpha,
    and two answers about the product, in [0, 1]. Returns logits of `FAULTS` (B, 6) and where something is missing and
    where something is too much (B, 2, H / 8, W / 8). 0.7 million parameters.
    """

    def __init__(self, width: int = 64) -> None:
        super().__init__()
        narrow = width // 2
        self.stem = nn.Conv2d(6, narrow, 4, 4)
        self.near = nn.Sequential(Block(narrow), Block(narrow))
        self.down = nn.Conv2d(narrow, width, 2, 2)
        taken = [STAGES[number].width for number in LEVELS]
        self.lateral = nn.ModuleList(nn.Conv2d(wide, width, 1) for wide in taken[2:])  # at 1/8, 1/16 and 1/32
        self.compare = nn.ModuleList(nn.Sequential(Block(width), Block(width)) for _ in range(3))
        self.step = nn.ModuleList(nn.Conv2d(width, width, 2, 2) for _ in range(2))
        self.whole = Attention(width)
        self.back = nn.Conv2d(width, width, 1)
        self.where = nn.Sequential(Block(width), nn.ReLU(), nn.Conv2d(width, 2, 1))
        self.said = nn.Sequential(nn.Linear(4 * width, width), nn.ReLU(), nn.Linear(width, len(FAULTS)))

    def forward(self, seen: list[Tensor], evidence: Tensor) -> tuple[Tensor, Tensor]:
        x = self.down(F.relu(self.near(self.stem(evidence))))  # (B, width, H / 8, W / 8)
        fine = x = self.compare[0](x + self.lateral[0](seen[2]))
        for number in (1, 2):
            x = self.compare[number](self.step[number - 1](x) + self.lateral[number](seen[number + 2]))
        x = self.whole(x)  # (B, width, H / 32, W / 32)
        fine = fine + F.interpolate(self.back(x), scale_factor=4.0, mode="bilinear", align_corners=False)
        pooled = [x.mean((2, 3)), x.amax((2, 3)), fine.mean((2, 3)), fine.amax((2, 3))]
        return self.said(torch.cat(pooled, 1)), self.where(fine)
