"""SeamLight: a small network that sees one warped picture beside what its neighbours show, and says how its
light should change and how much it should be trusted where.

It gives no pixels. What comes out are three 8×8 grids a colour channel (gain, bias, and a lift of burnt-out
highlights) and a map of preferences, so that every content of a stitched picture is a photograph's own. The
idea of predicting low-resolution coefficients and applying them at full resolution is that of Gharbi et al.
2017 ("Deep Bilateral Learning for Real-Time Image Enhancement").
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from .grids import BIAS, CHANNELS, GAIN, GRID, LIFT, PREFERENCE, SIDE, USUAL_LIFT

__all__ = ["SeamLight"]

WIDTHS = (48, 96, 160)


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


class SeamLight(nn.Module):
    """B × 14 × 128 × 128 (see `features.describe`) to the raw heads `(grids, preference)`.

    grids: B × 9 × 8 × 8: three gains, three biases, three lifts, before squashing (see `squash`).
    preference: B × 1 × 128 × 128 before squashing; larger where the picture should win.
    """

    def __init__(self) -> None:
        super().__init__()
        a, b, c = WIDTHS
        self.patch = nn.Conv2d(CHANNELS, a, 4, stride=4)  # 128 -> 32
        self.fine = nn.ModuleList([Block(a), Block(a)])
        self.down1 = nn.Conv2d(a, b, 3, stride=2, padding=1)  # 16
        self.middle = nn.ModuleList([Block(b), Block(b)])
        self.down2 = nn.Conv2d(b, c, 3, stride=2, padding=1)  # 8
        self.coarse = nn.ModuleList([Block(c), Block(c)])
        self.whole = nn.ModuleList([nn.Conv2d(c, c, 1), nn.Conv2d(c, c, 1)])
        self.last = Block(c)
        self.grids = nn.Conv2d(c, 9, 3, padding=1)
        self.up2 = nn.Conv2d(c, b, 1)
        self.join2 = Block(b)
        self.up1 = nn.Conv2d(b, a, 1)
        self.join1 = Block(a)
        self.preference = nn.Conv2d(a, 16, 1)  # 4×4 pixels of each cell
        for head in (self.grids, self.preference):
            nn.init.zeros_(head.weight)
            nn.init.zeros_(head.bias)  # type: ignore[arg-type]
        with torch.no_grad():
            self.grids.bias[6:9] = USUAL_LIFT  # type: ignore[index]

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        fine = self.patch(x)
        for block in self.fine:
            fine = block(fine)
        middle = self.down1(functional.relu(fine))
        for block in self.middle:
            middle = block(middle)
        coarse = self.down2(functional.relu(middle))
        for block in self.coarse:
            coarse = block(coarse)
        whole = self.whole[1](
            functional.relu(self.whole[0](functional.relu(coarse).mean((2, 3), keepdim=True)))
        )
        coarse = self.last(coarse + whole)
        grids = self.grids(functional.relu(coarse))
        middle = self.join2(
            middle + functional.interpolate(self.up2(functional.relu(coarse)), scale_factor=2.0)
        )
        fine = self.join1(fine + functional.interpolate(self.up1(functional.relu(middle)), scale_factor=2.0))
        preference = functional.pixel_shuffle(self.preference(functional.relu(fine)), 4)
        return grids, preference


def squash(grids: Tensor, preference: Tensor) -> tuple[Tensor, Tensor]:
    """Raw heads to their bounded meaning: gain (logarithm), bias and lift (of 1 = white), log preference."""
    gain = GAIN * torch.tanh(grids[:, 0:3] / GAIN)
    bias = BIAS * torch.tanh(grids[:, 3:6] / BIAS)
    lift = LIFT * torch.tanh(grids[:, 6:9] / LIFT)
    return torch.cat([gain, bias, lift], 1), PREFERENCE * torch.tanh(preference / PREFERENCE)


def check_shape(x: Tensor) -> None:
    if x.ndim != 4 or x.shape[1:] != (CHANNELS, SIDE, SIDE):
        raise ValueError(f"expected B × {CHANNELS} × {SIDE} × {SIDE}, got {tuple(x.shape)}; grids are {GRID}")
