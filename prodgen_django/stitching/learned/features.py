"""What the network sees of a picture: itself and, over its box, what the others show. In torch, for batches
of training scenes; `views.py` does the same with OpenCV for a stitch."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from .grids import BRIGHT, SIDE, WHITE

__all__ = ["burnt_out", "crop", "describe", "uncrop"]


def describe(raw: Tensor, lit: Tensor, mask: Tensor, radius: Tensor, box: Tensor) -> Tensor:
    """B × N × … on the canvas to B·N × 14 × 128 × 128 over the boxes.

    Channels: own picture (3), the others' mean, carried on softly where there is none (3), where there is one
    (1), own mask (1), squared distance from the picture's centre (1), burnt channels (3), the others' burnt
    part (1), brightening so far (1).
    """
    count = raw.shape[1]
    shown = lit.clamp(max=1.6) * mask
    total, covered = shown.sum(1, keepdim=True), mask.sum(1, keepdim=True)
    others, cover = total - shown, covered - mask
    burnt = burnt_out(raw) * mask
    lost = (burnt.amax(2, keepdim=True).sum(1, keepdim=True) - burnt.amax(2, keepdim=True)) / cover.clamp(
        min=1
    )
    far = _carried_on(others.flatten(0, 1), cover.flatten(0, 1)).unflatten(0, (-1, count))
    has = (cover > 0).float()
    mean = others / cover.clamp(min=1) * has + far * (1 - has)
    brighter = torch.log((lit.mean(2, keepdim=True) + 0.02) / (raw.mean(2, keepdim=True) + 0.02)) * mask
    stacked = torch.cat([shown, mean, has, mask, radius * mask, burnt, lost * has, brighter], 2)
    return crop(stacked.flatten(0, 1), box.flatten(0, 1), SIDE)


def burnt_out(raw: Tensor) -> Tensor:
    """`grids.burnt` for B × N × 3 × S × S in 0..1."""
    white = ((raw * 255 - WHITE[0]) / WHITE[1]).clamp(0, 1)
    around = functional.avg_pool2d(white.flatten(0, 1), 3, 1, 1, count_include_pad=False).view_as(raw)
    return ((raw * 255 - BRIGHT[0]) / BRIGHT[1]).clamp(0, 1) * around


def _carried_on(total: Tensor, cover: Tensor) -> Tensor:
    """Push and pull: a smooth picture everywhere from one that has holes; M × 3 × S × S."""
    side = total.shape[-1]
    filled = None
    for cells in (1, 2, 4, 8):
        top = functional.adaptive_avg_pool2d(total, cells)
        bottom = functional.adaptive_avg_pool2d(cover, cells)
        if filled is None:
            filled = top / bottom.clamp(min=1e-4)
        else:
            below = functional.interpolate(filled, (cells, cells), mode="bilinear", align_corners=False)
            filled = (top + 0.02 * below) / (bottom + 0.02)
    assert filled is not None
    return functional.interpolate(filled, (side, side), mode="bilinear", align_corners=False)


def crop(canvas: Tensor, box: Tensor, side: int) -> Tensor:
    """The boxes of M canvases, each squeezed to side × side (bilinear)."""
    return functional.grid_sample(
        canvas, _lattice(box, side, inverse=False), padding_mode="border", align_corners=False
    )


def uncrop(views: Tensor, box: Tensor, side: int) -> Tensor:
    """The reverse: M views laid back over their boxes on canvases of side × side, zero outside."""
    return functional.grid_sample(
        views, _lattice(box, side, inverse=True), padding_mode="border", align_corners=False
    )


def _lattice(box: Tensor, side: int, inverse: bool) -> Tensor:
    at = (torch.arange(side, device=box.device) + 0.5) / side

    def along(low: Tensor, high: Tensor) -> Tensor:
        if inverse:
            return (at - low[:, None]) / (high - low)[:, None] * 2 - 1
        return (low[:, None] + at * (high - low)[:, None]) * 2 - 1

    x, y = along(box[:, 0], box[:, 2]), along(box[:, 1], box[:, 3])
    return torch.stack([x[:, None, :].expand(-1, side, -1), y[:, :, None].expand(-1, -1, side)], -1)
