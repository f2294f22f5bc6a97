"""Training scenes, made while training: one clean picture cut into overlapping (or neighbouring) pieces,
each spoiled by a camera of its own, and a deterministic first repair, so that what is left is to be learnt."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional

from .features import describe
from .photos import PhotoStore

__all__ = ["SceneMaker", "Scenes"]

CANVAS = 160
"""Side of the canvas on which a scene is made, pixels."""


@dataclass
class Scenes:
    """B scenes of N pictures on canvases of S × S pixels (values 0..1, float32).

    truth: B × 3 × S × S. raw, lit: B × N × 3 × S × S, as photographed and after the first repair.
    mask: B × N × 1 × S × S; edge: the same, a ramp that falls to 0 at each picture's border.
    box: B × N × 4 (left, top, right, bottom as parts of the canvas). noise: B, standard deviation at full
    resolution. overlapping: B, False for bundles.
    """

    truth: Tensor
    raw: Tensor
    lit: Tensor
    mask: Tensor
    edge: Tensor
    box: Tensor
    noise: Tensor
    overlapping: Tensor
    views: Tensor
    """B·N × 14 × 128 × 128: what the network sees."""


class SceneMaker:
    """Makes batches of scenes; the same seed makes the same scenes."""

    def __init__(self, photos: PhotoStore, seed: int = 0, bundles: float = 0.12, local: float = 0.2) -> None:
        self.photos, self.bundles, self.local = photos, bundles, local
        self.rng = np.random.default_rng(seed)

    def make(self, batch: int, count: int) -> Scenes:
        rng, side = self.rng, CANVAS
        truth = np.stack([self.photos.cut(rng, side) for _ in range(batch)])
        clean = torch.from_numpy(truth).permute(0, 3, 1, 2)
        overlapping = rng.random(batch) >= self.bundles
        quads = np.stack([footprints(rng, count, bool(o)) for o in overlapping])
        u, v = _inside_coordinates(quads, side)  # B, N, S, S
        border = torch.minimum(torch.minimum(u, 1 - u), torch.minimum(v, 1 - v))
        mask = (border > 0).float()[:, :, None]
        edge = (border / 0.04).clamp(0, 1)[:, :, None]
        radius = (((u - 0.5) ** 2 + (v - 0.5) ** 2) * 2).clamp(0, 2)[:, :, None]
        seen = self._misplaced(clean, count)
        raw = self._photograph(seen, radius)
        lit = self._first_repair(raw, mask, radius, torch.from_numpy(overlapping))
        box = _boxes(mask)
        views = describe(raw, lit, mask, radius, box)
        noise = torch.from_numpy(np.exp(rng.uniform(np.log(0.7), np.log(7.0), batch)) / 255).float()
        return Scenes(clean, raw, lit, mask, edge, box, noise, torch.from_numpy(overlapping), views)

    def _misplaced(self, clean: Tensor, count: int) -> Tensor:
        """Each picture shows the scene a little beside its place: B × N × 3 × S × S."""
        batch, side = clean.shape[0], clean.shape[-1]
        amount = np.where(self.rng.random((batch, count, 1, 1, 1)) < 0.1, 1.0, 0.06)
        coarse = torch.from_numpy(self.rng.normal(0, 1, (batch, count, 2, 3, 3)) * amount).float()
        shift = functional.interpolate(coarse.flatten(0, 1), (side, side), mode="bilinear") * (2 / side)
        axis = (torch.arange(side) + 0.5) / side * 2 - 1
        base = torch.stack(torch.meshgrid(axis, axis, indexing="xy"), -1)
        grid = base + shift.permute(0, 2, 3, 1)
        many = clean[:, None].expand(-1, count, -1, -1, -1).flatten(0, 1)
        seen = functional.grid_sample(many, grid, padding_mode="border", align_corners=False)
        return seen.view(batch, count, 3, side, side)

    def _photograph(self, seen: Tensor, radius: Tensor) -> Tensor:
        """Gamma, exposure, white balance, vignette, uneven light, noise and clipping, in that order."""
        rng = self.rng
        batch, count, side = seen.shape[0], seen.shape[1], seen.shape[-1]
        hardness = rng.random((batch, 1)) ** 0.6 * 1.2
        hardness[rng.random(batch) < 0.06] = 0.0  # clean ones: nothing is to be done

        def draw(most: float, *shape: int) -> Tensor:
            spread = hardness.reshape(batch, 1, *[1] * len(shape)) * most
            return torch.from_numpy(rng.uniform(-1, 1, (batch, count, *shape)) * spread).float()

        gamma = torch.exp(draw(0.2, 1, 1, 1))
        gain = torch.exp(draw(0.34, 1, 1, 1) + draw(0.09, 3, 1, 1))
        vignette = draw(0.15, 1, 1, 1) + torch.from_numpy(hardness.reshape(batch, 1, 1, 1, 1) * 0.25).float()
        out = seen.clamp(1e-3, 1) ** gamma * gain * (1 - vignette.clamp(min=0) * radius)
        uneven = torch.from_numpy((rng.random((batch, 1, 1, 1, 1)) < self.local).astype(np.float32))
        cells = torch.from_numpy(
            rng.normal(0, 0.09, (batch, count, 1, 4, 4)) + rng.normal(0, 0.015, (batch, count, 3, 4, 4))
        ).float()
        field = functional.interpolate(cells.flatten(0, 1), (side, side), mode="bicubic").view(
            batch, count, 3, side, side
        )
        out = out * torch.exp(uneven * field)
        grain = torch.randn(out.shape, generator=self._torch_generator()) * float(rng.uniform(0.3, 1.5) / 255)
        return ((out + grain).clamp(0, 1) * 255).round() / 255

    def _torch_generator(self) -> torch.Generator:
        return torch.Generator().manual_seed(int(self.rng.integers(2**62)))

    def _first_repair(self, raw: Tensor, mask: Tensor, radius: Tensor, overlapping: Tensor) -> Tensor:
        """The light that the deterministic solution leaves; sometimes less than that, so that the network
        depends on no single version of it."""
        from .light_solver import relight

        skipped = torch.from_numpy(self.rng.random(raw.shape[0]) < 0.04)
        gains_only = torch.from_numpy(self.rng.random(raw.shape[0]) < 0.06)
        return relight(raw, mask, radius, solve=overlapping & ~skipped, gains_only=gains_only)


def footprints(rng: np.random.Generator, count: int, overlapping: bool) -> npt.NDArray[np.float64]:
    """count × 4 × 2 corners on the unit canvas: a row, a column or a block of pictures."""
    block = count == 4 and rng.random() < 0.5
    part = float(rng.uniform(0.12, 0.55)) if overlapping else 0.0
    rows, columns = (2, 2) if block else (1, count)
    across = 0.96 / (1 + (columns - 1) * (1 - part))
    down = 0.96 / (1 + (rows - 1) * (1 - part)) * (1.0 if block else float(rng.uniform(0.72, 1.0)))
    turn = float(np.deg2rad(rng.choice([3.0, 6.0, 22.0], p=[0.4, 0.3, 0.3]))) if overlapping else 0.0
    made = []
    for k in range(count):
        row, column = divmod(k, columns)
        cx = 0.02 + across / 2 + column * across * (1 - part)
        cy = 0.02 + down / 2 + row * down * (1 - part) if block else 0.5 + float(rng.uniform(-0.05, 0.05))
        zoom = float(np.exp(rng.uniform(-0.08, 0.08))) if overlapping else 0.97
        half = np.array([across, down]) / 2 * zoom
        quad = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]], np.float64) * half
        if overlapping:
            quad += rng.uniform(-0.04, 0.04, (4, 2)) * half * 2
        angle = float(rng.uniform(-turn, turn))
        c, s = np.cos(angle), np.sin(angle)
        made.append(quad @ np.array([[c, s], [-s, c]]) + [cx, cy])
    quads = np.stack(made)
    return quads[..., ::-1].copy() if rng.random() < 0.5 else quads  # a column instead of a row


def _inside_coordinates(quads: npt.NDArray[np.float64], side: int) -> tuple[Tensor, Tensor]:
    """For every canvas pixel its place (u, v) in each picture, 0..1 inside."""
    batch, count = quads.shape[:2]
    square = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], np.float32)
    axis = (np.arange(side) + 0.5) / side
    x, y = np.meshgrid(axis, axis)
    points = np.stack([x.ravel(), y.ravel(), np.ones(side * side)])
    maps = np.stack(
        [cv2.getPerspectiveTransform(q.astype(np.float32), square) for q in quads.reshape(-1, 4, 2)]
    )
    at = maps @ points
    at = (at[:, :2] / at[:, 2:]).reshape(batch, count, 2, side, side)
    both = torch.from_numpy(at.astype(np.float32))
    return both[:, :, 0], both[:, :, 1]


def _boxes(mask: Tensor) -> Tensor:
    """Left, top, right, bottom of each mask as parts of the canvas; B × N × 4."""
    side = mask.shape[-1]
    columns = mask[:, :, 0].amax(2)
    rows = mask[:, :, 0].amax(3)

    def ends(line: Tensor) -> tuple[Tensor, Tensor]:
        index = torch.arange(side).float()
        first = torch.where(line > 0, index, torch.tensor(float(side))).amin(-1)
        last = torch.where(line > 0, index, torch.tensor(-1.0)).amax(-1) + 1
        return first / side, last / side

    left, right = ends(columns)
    top, bottom = ends(rows)
    return torch.stack([left, top, right, bottom], -1)
