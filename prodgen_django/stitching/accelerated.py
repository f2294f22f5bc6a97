"""The heavy stages in PyTorch, for a GPU: descriptor products, warps, light and blending.

`StitchOptions.device` chooses it ("cuda"); without it OpenCV does the same on the CPU. Both round a warped
picture to whole grey levels before its light is corrected, so that results differ by interpolation alone:
OpenCV's places are multiples of 1/32 pixel.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch.nn.functional import grid_sample

from prodgen_django.common.arrays import Floats, Image, Mask, Matrix

from .canvas import Warp, enlarge_part
from .highlights import BRIGHT, Highlights
from .photometry import Light
from .relit import Relit
from .seams import Weights
from .small import Small


def cosines(a: Floats, b: Floats, device: str) -> Floats:
    """Products of all descriptors of a (N×D) with all of b (M×D): N×M float32."""
    left, right = (torch.from_numpy(x).to(device) for x in (a, b))
    return np.asarray((left @ right.T).cpu().numpy(), np.float32)


def compose(
    relit: Relit, weights: Weights, on_step: Callable[[float], None], *, device: str
) -> tuple[Image, Mask]:
    """What `blending.compose` does, one picture after the other over its whole box."""
    canvas, shrink, coarse = relit.canvas, relit.shrink, weights.coarse
    height, width = canvas.height, canvas.width
    total = torch.zeros(3, height, width, device=device)
    weight = torch.zeros(height, width, device=device)
    for number, warp in enumerate(canvas.warps):
        on_step(number / len(canvas.warps))
        left, top, right, bottom = warp.box
        source = warp.source(relit.images[warp.index])
        at = places(warp, source.matrix, device)  # (h, w, 2)
        pixels = torch.from_numpy(np.ascontiguousarray(source.pixels)).to(device).permute(2, 0, 1).float()
        drawn = sample(pixels, at, "bicubic").round().clamp(0, 255)  # (3, h, w)
        lit = apply_light(drawn, relit.lights[number], relit.smalls[number], warp, shrink, device)
        if relit.burnt is not None:
            lit = lift(lit, drawn, relit.burnt[number], warp, shrink)
        inside = warp.inside(source, warp.box)
        m = torch.from_numpy(weights.maps[number]).to(device)[None]
        w = enlarge(m, warp.box, warp.box_at(shrink), shrink)[0] + 1e-5
        if inside is not None:
            w = w * (torch.from_numpy(inside).to(device) > 0)
        total[:, top:bottom, left:right] += lit * w
        weight[top:bottom, left:right] += w
    out = total / weight.clamp(min=1e-9)
    if coarse is not None:
        planes = torch.from_numpy(coarse).to(device).permute(2, 0, 1)
        box = (0, 0, width, height)
        small_box = (0, 0, coarse.shape[1], coarse.shape[0])
        out = out.clamp(max=255) + enlarge(planes, box, small_box, shrink)
    valid = weight > 0
    whole = (out * valid).clamp(0, 255).round().to(torch.uint8).permute(1, 2, 0)
    return np.ascontiguousarray(whole.cpu().numpy()), np.asarray(valid.cpu().numpy(), bool)


def places(warp: Warp, to_source: Matrix, device: str) -> torch.Tensor:
    """(h, w, 2): for every pixel of the picture's box, where it is read in its source, in source pixels."""
    left, top, right, bottom = warp.box
    if warp.surface is not None or warp.mesh is not None:
        mx, my = warp.map(left, top, (right - left, bottom - top), 1.0, to_source)
        return torch.from_numpy(np.stack([mx, my], -1)).to(device)
    back = torch.from_numpy(to_source @ np.linalg.inv(warp.transform))
    back = (back / back[2, 2]).to(device)
    x = torch.arange(left, right, dtype=torch.float64, device=device)[None, :]
    y = torch.arange(top, bottom, dtype=torch.float64, device=device)[:, None]
    u, v, w = (row[0] * x + row[1] * y + row[2] for row in back)
    return torch.stack([u / w, v / w], -1)


def sample(planes: torch.Tensor, at: torch.Tensor, mode: str) -> torch.Tensor:
    """C×H×W planes read at (h, w, 2) pixel places, the outermost pixels going on beyond the edge."""
    extent = torch.tensor([planes.shape[2] - 1, planes.shape[1] - 1], dtype=at.dtype, device=at.device)
    grid = (2 * at / extent.clamp(min=1) - 1).to(planes.dtype)
    return grid_sample(planes[None], grid[None], mode, padding_mode="border", align_corners=True)[0]


def apply_light(
    drawn: torch.Tensor, light: Light, small: Small, warp: Warp, shrink: float, device: str
) -> torch.Tensor:
    """`Light` over a drawn picture (3×h×w whole grey levels)."""
    if light.identity:
        return drawn
    table = torch.from_numpy(light.table()[0]).to(device)  # (256, 3)
    level = drawn.long()
    lit = torch.stack([table[level[c], c] for c in range(3)])
    field = light.field(small.nodes)
    if field is None:
        return lit
    nodes = torch.from_numpy(field).to(device)[None]
    box, size = warp.box_at(shrink), (nodes.shape[2], nodes.shape[1])
    at = [
        ((torch.arange(a, b, dtype=torch.float64, device=device) + 0.5) * shrink - 0.5 - low)
        * ((n - 1) / max(1, high - low - 1))
        for a, b, low, high, n in (
            (warp.box[0], warp.box[2], box[0], box[2], size[0]),
            (warp.box[1], warp.box[3], box[1], box[3], size[1]),
        )
    ]
    return lit * sample(nodes, torch.stack(torch.meshgrid(*at, indexing="xy"), -1), "bilinear")


def lift(
    lit: torch.Tensor, drawn: torch.Tensor, burnt: Highlights, warp: Warp, shrink: float
) -> torch.Tensor:
    """`Highlights.apply` over a relit picture (3×h×w)."""
    if burnt.lift is None:
        return lit
    full = enlarge_part(burnt.lift, warp.box_at(shrink), warp.box, shrink)
    towards = torch.from_numpy(full).to(lit.device).permute(2, 0, 1)
    bright = ((drawn - BRIGHT[0]) / BRIGHT[1]).clamp(0, 1)
    return lit + towards * bright * (255 - lit).clamp(min=0)


def enlarge(planes: torch.Tensor, box: Any, small_box: Any, shrink: float) -> torch.Tensor:
    """C×h×w small planes over `small_box` at every canvas pixel of `box`, with pixel centres kept."""
    at = [
        (torch.arange(a, b, dtype=torch.float64, device=planes.device) + 0.5) * shrink - 0.5 - low
        for a, b, low in ((box[0], box[2], small_box[0]), (box[1], box[3], small_box[1]))
    ]
    return sample(planes, torch.stack(torch.meshgrid(*at, indexing="xy"), -1), "bilinear")
