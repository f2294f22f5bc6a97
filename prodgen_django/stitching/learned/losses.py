"""How far a repaired scene is from the clean picture it was cut from."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from .features import burnt_out, uncrop
from .grids import DISTRUST, SIDE
from .network import SeamLight, squash
from .scenes import Scenes

__all__ = ["Outcome", "repair", "score"]

WORK = 64
"""Side at which a view is corrected while training."""
FLOOR = (1.5 / 255) ** 2
"""Squared errors below this count as perfect."""


@dataclass
class Outcome:
    """Composite on the canvas (B × 3 × S/2 × S/2), per picture its corrected canvas, weights and masks."""

    composite: Tensor
    corrected: Tensor
    weight: Tensor
    mask: Tensor
    grain: Tensor
    """Sum of squared weights: by how much independent noise of the pictures remains."""
    grids: Tensor
    preference: Tensor


def repair(scenes: Scenes, net: SeamLight | None, fast: bool = False) -> Outcome:
    """Apply a network (None: only the first repair, averaged evenly) and lay the pictures over one another.

    `fast` computes the network in bfloat16, twice as fast on processors and cards that have it.
    """
    batch, count = scenes.raw.shape[:2]
    side = scenes.truth.shape[-1] // 2
    flat_box = scenes.box.flatten(0, 1)
    if net is None:
        zero = scenes.truth.new_zeros(batch * count, 9, 8, 8)
        grids, preference = zero, scenes.truth.new_zeros(batch * count, 1, SIDE, SIDE)
    else:
        views = scenes.views.to(memory_format=torch.channels_last)
        with torch.autocast(views.device.type, torch.bfloat16, enabled=fast):
            raw_grids, raw_preference = net(views)
        grids, preference = squash(raw_grids.float(), raw_preference.float())
        grids = centred(grids, count)
    burnt = burnt_out(scenes.raw)
    large = functional.interpolate(grids, (WORK, WORK), mode="bicubic", align_corners=False)
    fields = torch.cat([large, functional.avg_pool2d(preference, SIDE // WORK)], 1)
    fields = uncrop(fields, flat_box, side).unflatten(0, (batch, count))
    # Only the smooth fields are resampled, never the pictures: blur would drown the errors of light.
    lit, lost, raw = (
        functional.avg_pool2d(x.flatten(0, 1), 2).unflatten(0, (batch, count))
        for x in (scenes.lit, burnt, scenes.raw)
    )
    gain, bias, lift = fields[:, :, 0:3], fields[:, :, 3:6], fields[:, :, 6:9]
    corrected = lit * torch.exp(gain) + bias
    corrected = corrected + lift * lost * (1 - corrected).clamp(min=0)
    mask = (functional.avg_pool2d(scenes.mask.flatten(0, 1), 2) > 0.99).float().unflatten(0, (batch, count))
    edge = functional.avg_pool2d(scenes.edge.flatten(0, 1), 2).unflatten(0, (batch, count))
    trust = 1 - DISTRUST * functional.avg_pool2d(lost.amax(2), 3, 1, 1)[:, :, None]
    weight = (edge + 1e-3) * trust * torch.exp(fields[:, :, 9:10]) * mask
    weight = weight / weight.sum(1, keepdim=True).clamp(min=1e-6)
    composite = (corrected * weight).sum(1)
    slope = (lit.mean(2, keepdim=True) + 0.02) / (raw.mean(2, keepdim=True) + 0.02)
    slope = slope * torch.exp(gain.mean(2, keepdim=True))
    grain = (weight * slope).square().sum(1)
    return Outcome(composite, corrected, weight, mask, grain, grids, preference)


def centred(grids: Tensor, count: int) -> Tensor:
    """Gain and bias of a set of `count` pictures average to none: its brightness and cast are not ours to
    change, and a loss that forgives one exposure would let them drift."""
    sets = grids.unflatten(0, (-1, count))
    common = sets[:, :, :6].mean((1, 3, 4), keepdim=True)
    return torch.cat([sets[:, :, :6] - common, sets[:, :, 6:]], 2).flatten(0, 1)


def score(scenes: Scenes, made: Outcome) -> dict[str, Tensor]:
    """Per scene: mean squared errors after the one gain and bias a channel that nobody can know, with the
    noise that the weights let through; `loss` is what training lowers."""
    truth = functional.avg_pool2d(scenes.truth, 2)
    covered = made.mask.sum(1)
    union, shared = (covered > 0).float(), (covered > 1).float()
    shown = made.composite.clamp(0, 1)  # what is brighter than white is lost
    gain, bias = _free_exposure(shown, truth, union)
    error = ((shown * gain + bias).clamp(0, 1) - truth).square().mean(1, keepdim=True)
    noise = scenes.noise.square()[:, None, None, None] * made.grain
    everywhere = _mean(error + noise, union)
    overlap = _mean(error + noise, shared)
    alone = made.corrected * gain[:, None] + bias[:, None]
    each = _mean(((alone - truth[:, None]).square().mean(2) * made.mask[:, :, 0]).sum(1, keepdim=True), union)
    tiled = shown * gain + bias - truth
    steps = (tiled[..., 1:] - tiled[..., :-1]).abs() * union[..., 1:] * union[..., :-1]
    steps_y = (tiled[..., 1:, :] - tiled[..., :-1, :]).abs() * union[..., 1:, :] * union[..., :-1, :]
    grids = made.grids
    rough = (grids[..., 1:] - grids[..., :-1]).square().mean() + (
        grids[..., 1:, :] - grids[..., :-1, :]
    ).square().mean()
    has = (shared.sum((1, 2, 3)) > 20).float()
    loss = (
        torch.log(everywhere + FLOOR) + has * torch.log(overlap + FLOOR) + 0.5 * torch.log(each + FLOOR)
    ).mean()
    loss = loss + 2.0 * (steps.mean() + steps_y.mean()) + 1.0 * rough + 1e-3 * made.preference.square().mean()
    return {"loss": loss, "all": everywhere, "overlap": overlap, "has": has}


def _mean(values: Tensor, mask: Tensor) -> Tensor:
    return (values * mask).sum((1, 2, 3)) / mask.sum((1, 2, 3)).clamp(min=1)


def _free_exposure(made: Tensor, truth: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
    weight = mask / mask.sum((2, 3), keepdim=True).clamp(min=1)
    mean_x, mean_y = (made * weight).sum((2, 3), keepdim=True), (truth * weight).sum((2, 3), keepdim=True)
    dx, dy = made - mean_x, truth - mean_y
    gain = (dx * dy * weight).sum((2, 3), keepdim=True) / (
        (dx * dx * weight).sum((2, 3), keepdim=True) + 1e-5
    )
    return gain, mean_y - gain * mean_x
