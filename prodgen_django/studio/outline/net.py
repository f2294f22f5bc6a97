"""The network: a photograph of 128 px in, how surely each pixel is the product out.

A U-Net (Ronneberger et al. 2015) of inverted depthwise blocks (Sandler et al. 2018; Liu et al. 2022) whose first
layer reduces by four, so that a CPU answers in a fraction of a second. In between, places are compared with one
another, since a patterned ground is known by its going on to the rim. 2.7 million parameters.
"""

from __future__ import annotations

import itertools
from functools import lru_cache
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn

from prodgen_django.studio.color import Float, Pixels

__all__ = ["SIDE", "OutlineNet", "Outliner", "to_square"]

SIDE = 128
"""The side at which the network looks at a photograph."""

# The second look: how much more than the product's box is shown, from what share of the picture on there is something
# to look at, and up to what share of its side it is worth while.
_MARGIN, _LEAST, _NEARLY_ALL = 1.35, 0.004, 0.95

_WIDTHS = (40, 80, 144, 240)  # channels at 32, 16, 8 and 4 px
_DEPTHS = (2, 3, 6, 3)
_SHALLOW = (2, 2, 4, 2)  # of weights whose card tells none


class _Block(nn.Module):
    """What is around a pixel (5×5, each channel alone), then what it means (1×1, three times as wide)."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.around = nn.Conv2d(width, width, 5, 1, 2, groups=width, bias=False)
        self.norm = nn.BatchNorm2d(width)
        self.wide = nn.Conv2d(width, 3 * width, 1)
        self.narrow = nn.Conv2d(3 * width, width, 1)
        nn.init.zeros_(self.narrow.weight)
        nn.init.zeros_(self.narrow.bias)  # type: ignore[arg-type]

    def forward(self, x: Tensor) -> Tensor:
        return x + self.narrow(F.relu(self.wide(self.norm(self.around(x)))))


class _Compare(nn.Module):
    """Every place looks at all others (Vaswani et al. 2017): what looks like the rim of the picture is ground."""

    def __init__(self, width: int, heads: int = 4) -> None:
        super().__init__()
        self.heads = heads
        self.norm = nn.BatchNorm2d(width)
        self.ask = nn.Conv2d(width, 3 * width, 1)
        self.tell = nn.Conv2d(width, width, 1)
        nn.init.zeros_(self.tell.weight)
        nn.init.zeros_(self.tell.bias)  # type: ignore[arg-type]

    def forward(self, x: Tensor) -> Tensor:
        count, width, high, wide = x.shape
        asked = self.ask(self.norm(x)).reshape(count, 3, self.heads, width // self.heads, high * wide)
        query, key, value = asked.transpose(-1, -2).unbind(1)  # each (B, heads, places, width / heads)
        told = F.scaled_dot_product_attention(query, key, value)
        return x + self.tell(told.transpose(-1, -2).reshape(count, width, high, wide))


class OutlineNet(nn.Module):
    """(B, 3, 128, 128) in [-1, 1] → logits (B, 1, 128, 128); any multiple of 32 is taken."""

    def __init__(self, widths: tuple[int, ...] = _WIDTHS, depths: tuple[int, ...] = _DEPTHS) -> None:
        super().__init__()
        self.stem = nn.Conv2d(4, widths[0], 7, 4, 3)
        self.down = nn.ModuleList(nn.Conv2d(a, b, 2, 2) for a, b in itertools.pairwise(widths))
        self.encoder = nn.ModuleList(
            nn.Sequential(*(_Block(width) for _ in range(depth)))
            for width, depth in zip(widths, depths, strict=True)
        )
        self.compare = nn.ModuleList(_Compare(width) for width in widths[1:3])  # at 16 and 8 px
        self.depths = depths
        self.scene = nn.Sequential(
            nn.Linear(widths[-1], widths[-1]), nn.ReLU(), nn.Linear(widths[-1], widths[-1])
        )
        self.up = nn.ModuleList(nn.Conv2d(b, a, 1) for a, b in itertools.pairwise(widths))
        self.decoder = nn.ModuleList(_Block(width) for width in widths[:-1])
        self.near = nn.Conv2d(3, 16, 3, 2, 1)  # 64 px: where exactly an edge runs
        self.head = nn.Sequential(nn.Conv2d(widths[0], 64, 3, 1, 1), nn.ReLU(), nn.Conv2d(64, 64, 1))
        self.last = nn.Sequential(nn.Conv2d(32, 24, 3, 1, 1), nn.ReLU(), nn.Conv2d(24, 4, 3, 1, 1))

    def grow_from(self, smaller: OutlineNet) -> None:
        """Take over the weights of a network of fewer blocks: a block more changes nothing until it has learnt.

        Raises `ValueError` where `smaller` has something that this one has not.
        """
        kept = self.load_state_dict(smaller.state_dict(), strict=False)
        if kept.unexpected_keys:
            raise ValueError(f"the network to start from is no smaller one: {kept.unexpected_keys[0]}")

    def forward(self, x: Tensor) -> Tensor:
        photo = x
        x = self.stem(torch.cat([x, _rim(x)], 1))  # (B, 40, 32, 32)
        levels = []
        for number, blocks in enumerate(self.encoder):
            x = blocks(x if number == 0 else self.down[number - 1](x))
            if 1 <= number <= len(self.compare):
                x = self.compare[number - 1](x)
            levels.append(x)
        # Which thing is meant is a matter of the whole picture.
        x = x + self.scene(x.mean((2, 3)))[..., None, None]
        for number in range(len(levels) - 2, -1, -1):
            x = F.interpolate(self.up[number](x), scale_factor=2.0, mode="bilinear", align_corners=False)
            x = self.decoder[number](x + levels[number])
        x = F.pixel_shuffle(self.head(x), 2)  # (B, 16, 64, 64)
        x = self.last(torch.cat([x, F.relu(self.near(photo))], 1))
        return F.pixel_shuffle(x, 2)


def _rim(x: Tensor) -> Tensor:
    """How near the picture's rim each pixel is: (B, 1, H, W), -1 in the middle and 1 at the rim."""
    high, wide = (torch.linspace(-1, 1, n, device=x.device).abs() for n in x.shape[2:])
    return (2 * torch.maximum(high[:, None], wide[None]) - 1).expand(x.shape[0], 1, -1, -1)


class Outliner:
    """The network as the studio uses it."""

    def __init__(self, net: OutlineNet, card: dict[str, Any]) -> None:
        self.net = net.eval().requires_grad_(False).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.card = card

    @classmethod
    def load(cls, path: str | Path) -> Outliner:
        """The network in a file that `training` wrote. Raises `CheckpointError` for a file that is none."""
        return _load(Path(path))

    def __call__(self, image: Pixels) -> Float:
        """How surely each pixel of uint8 h×w×3 is the product: float32 h×w in [0, 1].

        A product that takes little of the photograph is looked at again from nearer, and the mean is the answer there.
        """
        surety = self._look(image)
        near = _nearer(surety)
        if near is not None:
            surety[near] = (surety[near] + self._look(np.ascontiguousarray(image[near]))) / 2
        return surety

    @torch.inference_mode()
    def _look(self, image: Pixels) -> Float:
        """The mean of what it says of a picture and of its mirror image."""
        square, box = to_square(image)
        x = torch.from_numpy(np.stack([square, square[:, ::-1]])).permute(0, 3, 1, 2).float() / 127.5 - 1
        logits = self.net(x.contiguous(memory_format=torch.channels_last))[:, 0]
        surety = ((logits[0] + logits[1].flip(1)) / 2).sigmoid().numpy()
        top, bottom, left, right = box
        return cv2.resize(surety[top:bottom, left:right], image.shape[1::-1], interpolation=cv2.INTER_LINEAR)


def _nearer(surety: Float) -> tuple[slice, slice] | None:
    """The part of the picture about what is likelier than not the product: `_MARGIN` times as large, without regard to
    specks. None where that is nearly the whole, or nothing."""
    rows, columns = np.nonzero(surety > 0.5)
    if len(rows) < _LEAST * surety.size:
        return None
    ends = np.array([np.percentile(rows, (1, 99)), np.percentile(columns, (1, 99))])
    reach = _MARGIN * float((ends[:, 1] - ends[:, 0]).max()) / 2
    if 2 * reach > _NEARLY_ALL * max(surety.shape):
        return None
    low, high = (np.rint(ends.mean(1) + side * reach).astype(int) for side in (-1, 1))
    return slice(max(0, low[0]), high[0] + 1), slice(max(0, low[1]), high[1] + 1)


def to_square(image: Pixels) -> tuple[Pixels, tuple[int, int, int, int]]:
    """A picture fitted into SIDE×SIDE, its rim continued into the strips; and where it lies: top, bottom, left,
    right."""
    scale = SIDE / max(image.shape[:2])
    height, width = (max(1, min(SIDE, round(n * scale))) for n in image.shape[:2])
    small = cv2.resize(
        image, (width, height), interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    )
    top, left = (SIDE - height) // 2, (SIDE - width) // 2
    square = cv2.copyMakeBorder(
        small, top, SIDE - height - top, left, SIDE - width - left, cv2.BORDER_REPLICATE
    )
    return square, (top, top + height, left, left + width)


@lru_cache(maxsize=2)
def _load(path: Path) -> Outliner:
    from prodgen_django.gan.checkpoint import CheckpointError, read_checkpoint

    tensors, card = read_checkpoint(path)
    if card.get("task") != "outline":
        raise CheckpointError("not_an_outliner", f"{path.name} holds a {card.get('task')!r}, not an outliner")
    net = OutlineNet(depths=tuple(card.get("config", {}).get("depths", _SHALLOW)))
    try:
        net.load_state_dict({name: _plain(value) for name, value in tensors.items()})
    except RuntimeError as error:
        raise CheckpointError(
            "mismatch", f"the weights in {path.name} are not an outliner's: {error}"
        ) from error
    return Outliner(net, card)


def _plain(value: Tensor) -> Tensor:
    return value.float() if value.is_floating_point() else value
