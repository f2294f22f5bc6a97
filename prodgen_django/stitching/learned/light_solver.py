"""The deterministic light of `photometry.solve`, for whole batches of small training scenes at once.

The same model and priors, on a regular lattice of samples instead of random ones. It exists because training
needs thousands of solutions a minute; stitching itself uses `photometry`.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

__all__ = ["relight"]


def relight(raw: Tensor, mask: Tensor, radius: Tensor, solve: Tensor, gains_only: Tensor) -> Tensor:
    """B × N × 3 × S × S in 0..1 to the same, relit (not clipped above). Scenes where `solve` is False keep
    their light."""
    batch, count = raw.shape[:2]
    theta = _solve(raw, mask, radius, gains_only) * solve[:, None]
    per = theta.view(batch, count, 5)
    gamma = per[:, :, 0, None, None, None].clamp(-0.6, 0.9)
    gain = per[:, :, 1:4, None, None].clamp(-1.5, 1.5)
    vignette = per[:, :, 4, None, None, None].clamp(-0.3, 0.9)
    level = torch.log(raw.clamp(min=1e-3))
    change = gamma * level - gain + vignette * _bend(radius)
    usable = mask * (raw.amin(2, keepdim=True) > 6 / 255) * (raw.amax(2, keepdim=True) < 250 / 255)
    common = (change * usable).sum((1, 3, 4), keepdim=True) / usable.sum((1, 3, 4), keepdim=True).clamp(min=1)
    return torch.exp(level + change - common) * (raw > 0)


def _bend(radius: Tensor) -> Tensor:
    return radius * (1 + 0.15 * radius)


def _solve(raw: Tensor, mask: Tensor, radius: Tensor, gains_only: Tensor, step: int = 5) -> Tensor:
    batch, count = raw.shape[:2]
    small = functional.avg_pool2d(raw.flatten(0, 1), step).unflatten(0, (batch, count)).flatten(3)  # B N 3 P
    inside = (
        (functional.avg_pool2d(mask.flatten(0, 1), step) > 0.99).unflatten(0, (batch, count)).flatten(2)
    )  # B N P
    bend = _bend(functional.avg_pool2d(radius.flatten(0, 1), step).unflatten(0, (batch, count)).flatten(2))
    good = inside & (small.amin(2) > 6 / 255) & (small.amax(2) < 249 / 255)
    log = torch.log(small.clamp(min=1e-3)).double()
    bend = bend.double()
    size = 5 * count + 1
    theta = torch.zeros(batch, size, dtype=torch.float64)
    for round_ in range(4):
        normal = torch.zeros(batch, size, size, dtype=torch.float64)
        right = torch.zeros(batch, size, dtype=torch.float64)
        for i in range(count):
            for j in range(i + 1, count):
                both = (good[:, i] & good[:, j]).double()
                if float(both.sum()) == 0:
                    continue
                one = torch.ones_like(both)
                for c in range(3):
                    y1, y2 = log[:, i, c], log[:, j, c]
                    design = torch.stack([y1, -one, bend[:, i], -y2, one, -bend[:, j]], -1)
                    index = torch.tensor([5 * i, 5 * i + 1 + c, 5 * i + 4, 5 * j, 5 * j + 1 + c, 5 * j + 4])
                    known = y1 - y2
                    residual = known + (design @ theta[:, index, None])[..., 0]
                    spread = 0.02 * (1 + 0.15 / torch.exp(0.5 * (y1 + y2)))
                    scale = 2.5 if round_ > 1 else 6.0
                    weight = both / spread**2 / 12 / (1 + (residual / (scale * spread)) ** 2)
                    weighted = design * weight[..., None]
                    normal[:, index[:, None], index] += design.transpose(1, 2) @ weighted
                    right[:, index] -= (weighted * known[..., None]).sum(1)
        normal = normal + _priors(count, gains_only)
        theta = torch.linalg.solve(normal, right)
    return theta[:, :-1].float()


def _priors(count: int, gains_only: Tensor) -> Tensor:
    size = 5 * count + 1
    base = torch.zeros(size, size, dtype=torch.float64)
    for k in range(count):
        row = 5 * k
        base[row, row] += 1 / 0.2**2
        gains = slice(row + 1, row + 4)
        eye = torch.eye(3, dtype=torch.float64)
        base[gains, gains] += eye / 0.5**2 + (eye - 1 / 3) / 0.12**2
        base[row + 4, row + 4] += 1 / 0.12**2
        base[row + 4, -1] -= 1 / 0.12**2
        base[-1, row + 4] -= 1 / 0.12**2
        base[-1, -1] += 1 / 0.12**2
    base[-1, -1] += 1 / 0.15**2
    gammas = torch.arange(count) * 5
    base[gammas[:, None], gammas] += 1e6 / count
    stiff = torch.zeros(size, dtype=torch.float64)
    for k in range(count):
        stiff[5 * k] = stiff[5 * k + 4] = 1e8
    return base + torch.diag_embed(stiff * gains_only[:, None].double())
