"""The image-conditioned generator that draws into a membrane, and its training.

Generator: a U-Net of the same normalisation-free blocks as the catalogue generator; its head starts at zero,
so that an untrained one returns the membrane. Discriminator: one score for each 8×8 pixels (a PatchGAN).
Loss: L1 inside the hole, plus the paired relativistic loss with R1 and R2, photo and filling being a natural
pair.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812
from numpy.typing import NDArray
from torch import Tensor, nn

from prodgen_django.gan.checkpoint import CheckpointError, read_checkpoint, write_checkpoint
from prodgen_django.gan.config import GanConfig
from prodgen_django.gan.dataset import PhotoDataset
from prodgen_django.gan.feeding import luck
from prodgen_django.gan.inpainting import membrane
from prodgen_django.gan.losses import discriminator_loss, generator_loss, gradient_penalty
from prodgen_django.gan.networks import Block, zero_
from prodgen_django.gan.sampling import autocast, choose_device
from prodgen_django.gan.state import load_state, save_state

__all__ = ["FillNet", "Inpainter", "random_hole", "train_inpainter"]

_WIDTHS = (32, 48, 64, 96)  # at 1/2, 1/4, 1/8, 1/16 of the picture
_PRECISION = GanConfig(precision="auto")


class FillNet(nn.Module):
    """(membrane (B, 3, H, W) in [-1, 1], hole (B, 1, H, W) 0 or 1) → filled (B, 3, H, W); sides divide by
    16."""

    def __init__(self, widths: tuple[int, ...] = _WIDTHS) -> None:
        super().__init__()
        self.stem = nn.Conv2d(16, widths[0], 3, padding=1)
        self.down = nn.ModuleList(Block(w) for w in widths)
        self.up = nn.ModuleList(Block(w) for w in widths)
        self.narrow = nn.ModuleList(nn.Conv2d(a, b, 1) for a, b in itertools.pairwise(widths))
        self.widen = nn.ModuleList(nn.Conv2d(b, a, 1) for a, b in itertools.pairwise(widths))
        self.head = nn.Conv2d(widths[0], 12, 3, padding=1)
        zero_(self.head.weight, self.head.bias)

    def forward(self, smooth: Tensor, hole: Tensor) -> Tensor:
        x = F.pixel_unshuffle(torch.cat([smooth, hole], 1), 2).contiguous(memory_format=torch.channels_last)
        h, skips = self.stem(x), []
        for level, block in enumerate(self.down):
            h = block(h)
            if level < len(self.narrow):
                skips.append(h)
                h = self.narrow[level](F.avg_pool2d(h, 2))
        for level in range(len(skips), -1, -1):
            h = self.up[level](h)
            if level:
                h = skips[level - 1] + F.interpolate(
                    self.widen[level - 1](h), scale_factor=2.0, mode="bilinear"
                )
        return smooth + F.pixel_shuffle(self.head(F.leaky_relu(h, 0.2)), 2).float() * hole


class PatchNet(nn.Module):
    """(picture (B, 3, H, W), hole (B, 1, H, W)) → one score a picture (B,), the mean over its 8×8 patches."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(16, 32, 3, padding=1)
        self.blocks = nn.ModuleList([Block(32), Block(64), Block(96)])
        self.widen = nn.ModuleList([nn.Conv2d(32, 64, 1), nn.Conv2d(64, 96, 1)])
        self.score = nn.Conv2d(96, 1, 1)

    def forward(self, x: Tensor, hole: Tensor) -> Tensor:
        h = self.stem(
            F.pixel_unshuffle(torch.cat([x, hole], 1), 2).contiguous(memory_format=torch.channels_last)
        )
        for level, block in enumerate(self.blocks):
            h = block(h)
            if level < len(self.widen):
                h = self.widen[level](F.avg_pool2d(h, 2))
        return self.score(F.leaky_relu(h, 0.2)).mean(dim=(1, 2, 3)).float()


class Inpainter:
    """Loaded weights, called with a membrane."""

    def __init__(self, net: FillNet, card: dict[str, Any]) -> None:
        self.net, self.card = net.eval().requires_grad_(False), card

    @classmethod
    def load(cls, path: str | Path) -> Inpainter:
        """Weights that `train_inpainter` wrote; raises `CheckpointError` for any other file."""
        return _load(Path(path))

    @torch.inference_mode()
    def __call__(self, smooth: NDArray[np.float32], hole: NDArray[np.bool_]) -> NDArray[np.float32]:
        """float32 H×W×3 in 0..255 as `membrane` gives it → the same with the hole drawn."""
        height, width = hole.shape
        pad = (0, -width % 16, 0, -height % 16)
        x = torch.from_numpy(smooth).permute(2, 0, 1)[None] / 127.5 - 1
        m = torch.from_numpy(hole)[None, None].float()
        x, m = F.pad(x, pad, mode="replicate"), F.pad(m, pad)
        filled = self.net(x, m)[0, :, :height, :width]
        return ((filled.permute(1, 2, 0) + 1) * 127.5).contiguous().numpy()


@lru_cache(maxsize=2)
def _load(path: Path) -> Inpainter:
    tensors, card = read_checkpoint(path)
    if card.get("task") != "inpaint":
        raise CheckpointError(
            "not_an_inpainter", f"{path.name} holds a {card.get('task')!r}, not an inpainter"
        )
    net = FillNet(tuple(card["config"]["widths"]))
    try:
        net.load_state_dict(tensors)
    except RuntimeError as error:
        raise CheckpointError(
            "mismatch", f"the weights in {path.name} are not an inpainter's: {error}"
        ) from error
    return Inpainter(net, card)


def random_hole(side: int, rng: np.random.Generator) -> NDArray[np.bool_]:
    """bool side×side: as a product leaves one (a smooth blob), or a box, or brush strokes; 4 to 45 % of the
    area."""
    while True:
        kind = rng.integers(4)
        hole = np.zeros((side, side), np.uint8)
        if kind < 2:  # a level set of smooth noise, cut to one region around a point
            cells = int(rng.integers(3, 6))
            noise = cv2.resize(
                rng.normal(size=(cells, cells)).astype(np.float32),
                (side, side),
                interpolation=cv2.INTER_CUBIC,
            )
            hole = (noise > np.quantile(noise, rng.uniform(0.6, 0.9))).astype(np.uint8)
        elif kind == 2:
            height, width = rng.integers(side // 5, side * 3 // 5, 2)
            top, left = rng.integers(0, side - height), rng.integers(0, side - width)
            hole[top : top + height, left : left + width] = 1
        else:
            points = rng.integers(0, side, (int(rng.integers(3, 8)), 1, 2)).astype(np.int32)
            cv2.polylines(hole, [points], False, 1, thickness=int(rng.integers(side // 20, side // 7)))
        if 0.04 < hole.mean() < 0.45:
            return hole.astype(bool)


def train_inpainter(
    dataset: PhotoDataset,
    out_dir: str | Path,
    budget_seconds: float,
    *,
    crop: int = 128,
    batch: int = 8,
    adversarial: float = 0.01,
    seed: int = 0,
    device: str = "auto",
    on_progress: Callable[[int, float, dict[str, float]], bool | None] | None = None,
    card: dict[str, Any] | None = None,
) -> Path:
    """Trains on crops of `dataset` with random holes; returns the checkpoint, `inpaint.safetensors` in
    `out_dir`.

    Goes on from a saved state; luck comes from (seed, step) as in `training.py`. `on_progress(step, fraction,
    losses)` may return False to stop. The adversarial part joins after a tenth of the budget, with weight
    `adversarial`.
    """
    if dataset.size < crop:
        raise ValueError(f"crops of {crop} px need photos at least as large, not {dataset.size}")
    folder, place = Path(out_dir), choose_device(device)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        net, critic = FillNet().to(place), PatchNet().to(place)
        average = FillNet().to(place).requires_grad_(False)
    average.load_state_dict(net.state_dict())
    opt_net = torch.optim.Adam(net.parameters(), 1e-3, betas=(0.5, 0.99))
    opt_critic = torch.optim.Adam(critic.parameters(), 5e-4, betas=(0.0, 0.99))
    modules: dict[str, nn.Module] = {"net": net, "critic": critic, "average": average}
    optimizers: dict[str, torch.optim.Optimizer] = {"opt_net": opt_net, "opt_critic": opt_critic}
    identity = {
        "task_of": "inpaint",
        "data": dataset.fingerprint(),
        "crop": crop,
        "batch": batch,
        "seed": seed,
    }
    state = folder / "inpaint-state.safetensors"
    step, seconds = 0, 0.0
    if state.exists():
        header = load_state(state, modules, optimizers, identity)
        step, seconds = header["step"], header["seconds"]
    clock = saved = told = time.monotonic()
    losses: dict[str, float] = {}
    while seconds < budget_seconds:
        fraction = seconds / budget_seconds
        for group in (*opt_net.param_groups, *opt_critic.param_groups):
            group["lr"] = (1e-3 if group in opt_net.param_groups else 5e-4) * (1 - 0.9 * fraction)
        real, smooth, hole = (t.to(place) for t in _batch(dataset, crop, batch, seed, step))
        with autocast(_PRECISION, place):
            filled = net(smooth, hole)
            area = hole.mean()
            loss = ((filled - real).abs() * hole).mean() / area
            losses["l1"] = float(loss.detach())
            if fraction > 0.1 and adversarial:
                penalised = step % 4 == 0
                photo, drawn = real.detach().clone(), filled.detach().clone()
                if penalised:
                    photo.requires_grad_()
                    drawn.requires_grad_()
                critic.requires_grad_(True)
                a, b = critic(photo, hole), critic(drawn, hole)
                total = discriminator_loss("relativistic", a, b)
                losses["critic"] = float(total.detach())
                if penalised:
                    total = total + 4 * (gradient_penalty(photo, a) + gradient_penalty(drawn, b))
                opt_critic.zero_grad()
                total.backward()
                opt_critic.step()
                critic.requires_grad_(False)
                with torch.no_grad():
                    a = critic(real, hole)
                loss = loss + adversarial * generator_loss("relativistic", a, critic(filled, hole))
        opt_net.zero_grad()
        loss.backward()
        opt_net.step()
        step += 1
        with torch.no_grad():
            decay = min(0.998, 1 - 1 / (step + 1))
            for ours, theirs in zip(average.parameters(), net.parameters(), strict=True):
                ours.lerp_(theirs, 1 - decay)
        now = time.monotonic()
        seconds, clock = seconds + now - clock, now
        if now - saved > 60:
            save_state(state, modules, optimizers, identity, {"step": step, "seconds": seconds})
            saved = now
        if on_progress and now - told > 3:
            told = now
            if on_progress(step, min(1.0, seconds / budget_seconds), dict(losses)) is False:
                break
    save_state(state, modules, optimizers, identity, {"step": step, "seconds": seconds})
    facts = {
        "task": "inpaint", "config": {"widths": list(_WIDTHS), "crop": crop, "adversarial": adversarial},
        "data": {"photos": len(dataset), "fingerprint": identity["data"]}, "seed": seed, "steps": step,
        "images": step * batch, "seconds": round(seconds, 1), **(card or {}),
    }  # fmt: skip
    path = folder / "inpaint.safetensors"
    write_checkpoint(path, average.state_dict(), facts)
    return path


def _batch(
    dataset: PhotoDataset, crop: int, batch: int, seed: int, step: int
) -> tuple[Tensor, Tensor, Tensor]:
    """Photos, their membranes (B, 3, crop, crop) in [-1, 1] and holes (B, 1, crop, crop)."""
    rng = np.random.default_rng(int(luck(seed, step, "inpaint").initial_seed()))
    photos, smooth, holes = [], [], []
    for index in rng.integers(0, len(dataset), batch):
        top, left = rng.integers(0, dataset.size - crop + 1, 2)
        photo = np.ascontiguousarray(dataset.images[index, top : top + crop, left : left + crop])
        if rng.random() < 0.5:
            photo = np.ascontiguousarray(photo[:, ::-1])
        hole = random_hole(crop, rng)
        photos.append(photo)
        smooth.append(membrane(photo, hole))
        holes.append(hole)
    real, start = (
        torch.from_numpy(np.stack(x)).permute(0, 3, 1, 2).float() / 127.5 - 1 for x in (photos, smooth)
    )
    return real, start, torch.from_numpy(np.stack(holes))[:, None].float()
