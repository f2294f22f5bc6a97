"""Trains the outline network: `python -m prodgen_django.studio.outline.training OUT.safetensors FOLDER …`.

FOLDER holds photographs, with a `manifest.csv` where they have splits. First they label themselves, then the network
learns from pairs made of them. Everything goes on where it stopped; a run may be ended early by fewer `--steps`.
"""

from __future__ import annotations

import argparse
import hashlib
import itertools
import random
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import cast

import cv2
import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor

from prodgen_django.gan.checkpoint import write_checkpoint
from prodgen_django.gan.state import load_state, save_state

from .labels import Labelled, label, sources
from .net import SIDE, OutlineNet
from .pairs import PairMaker

__all__ = ["train_outline"]

_RATE = 2e-3
_WARM_UP = 100  # steps
_COOL_DOWN = 0.3  # share of the steps over which the rate falls to nothing
_KEEP_EVERY = 100
_MEMORY = 0.995


def train_outline(
    labelled: Sequence[Labelled],
    work: Path,
    steps: int = 3000,
    batch: int = 16,
    seed: int = 0,
    side: int = SIDE,
    on_step: Callable[[int, float], None] | None = None,
) -> tuple[OutlineNet, float]:
    """The averaged network after `steps` batches of pairs, and the CPU seconds that they took.

    `work`: a folder for the state, from which an interrupted run goes on: the batches are the same as without the
    interruption.
    """
    torch.manual_seed(seed)
    make = PairMaker(labelled, side)
    net = OutlineNet().to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    average = torch.optim.swa_utils.AveragedModel(net, avg_fn=_averaged, use_buffers=True)
    optimizer = torch.optim.AdamW(net.parameters(), lr=_RATE, weight_decay=0.02)
    identity = {"photographs": fingerprint(labelled), "batch": batch, "seed": seed, "side": side}
    modules, optimizers = {"net": net, "average": average}, {"optimizer": optimizer}
    work.mkdir(parents=True, exist_ok=True)
    state, first, before = work / "state.safetensors", 0, 0.0
    if state.exists():
        kept = load_state(state, modules, optimizers, identity)
        first, before = kept["step"], kept["cpu_seconds"]
    started = time.process_time()
    net.train()
    for step in range(first, steps):
        for group in optimizer.param_groups:
            group["lr"] = _rate(step, steps)
        x, y = _batch(make, batch, (seed, step))
        with torch.autocast("cpu", torch.bfloat16):
            logits = net(x)
        loss = outline_loss(logits.float(), y)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        optimizer.step()
        average.update_parameters(net)
        spent = before + time.process_time() - started
        if on_step is not None:
            on_step(step, loss.item())
        if (step + 1) % _KEEP_EVERY == 0 or step + 1 == steps:
            save_state(state, modules, optimizers, identity, {"step": step + 1, "cpu_seconds": spent})
    return cast(OutlineNet, average.module).eval(), before + time.process_time() - started


def _averaged(kept: Tensor, new: Tensor, seen: Tensor | int) -> Tensor:
    """A long memory that at first forgets fast, or the untrained weights would stay in it for hundreds of steps."""
    return kept + (new - kept) * (1 - min(_MEMORY, (1 + float(seen)) / (10 + float(seen))))


def outline_loss(logits: Tensor, truth: Tensor) -> Tensor:
    """Cross-entropy, heavier along the outline, and the share of the union that is missed."""
    near = F.max_pool2d(truth, 9, 1, 4) - (-F.max_pool2d(-truth, 9, 1, 4))
    by_pixel = F.binary_cross_entropy_with_logits(logits, truth, reduction="none") * (1 + 2 * near)
    surety = logits.sigmoid()
    both = (surety * truth).sum((1, 2, 3))
    union = (surety + truth - surety * truth).sum((1, 2, 3))
    return by_pixel.mean() + 0.5 * (1 - (both + 1) / (union + 1)).mean()


def fingerprint(labelled: Sequence[Labelled]) -> str:
    """Which photographs and labels these are."""
    digest = hashlib.sha256()
    for item in labelled:
        digest.update(item.image.tobytes())
        digest.update(np.packbits(item.mask).tobytes())
    return digest.hexdigest()[:16]


def _rate(step: int, steps: int) -> float:
    cooling = max(1.0, steps * _COOL_DOWN)
    return _RATE * min(1.0, (step + 1) / _WARM_UP, (steps - step) / cooling)


def _batch(make: PairMaker, batch: int, seed: tuple[int, int]) -> tuple[Tensor, Tensor]:
    pairs = [make(np.random.default_rng((*seed, number))) for number in range(batch)]
    x = torch.from_numpy(np.stack([pair.image for pair in pairs])).permute(0, 3, 1, 2).float() / 127.5 - 1
    y = torch.from_numpy(np.stack([pair.alpha for pair in pairs]))[:, None]
    return x.contiguous(memory_format=torch.channels_last), y


def main() -> None:
    """Labels, trains and writes the weights with their card."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("folders", type=Path, nargs="+", help="folders of photographs")
    parser.add_argument("--work", type=Path, required=True, help="where labels and state are kept")
    parser.add_argument(
        "--most", type=int, nargs="+", default=[1100], help="photographs looked at, by folder"
    )
    parser.add_argument("--steps", type=int, default=3000)
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--data-name", default="", help="what the photographs are called on the card")
    parser.add_argument("--licence", default="", help="licence of the photographs and so of the weights")
    arguments = parser.parse_args()
    cv2.setNumThreads(1)
    torch.set_num_threads(1)
    labelled: list[Labelled] = []
    for folder, most in zip(arguments.folders, itertools.cycle(arguments.most), strict=False):
        photographs = sources(folder)
        random.Random(arguments.seed).shuffle(photographs)  # noqa: S311
        labelled += label(photographs[:most], arguments.work / "labels")
    print(f"{len(labelled)} photographs label themselves", flush=True)
    losses: list[float] = []

    def told(step: int, loss: float) -> None:
        losses.append(loss)
        if (step + 1) % 50 == 0:
            cpu = time.process_time()
            print(
                f"step {step + 1}/{arguments.steps}: loss {np.mean(losses[-50:]):.4f}, {cpu:.0f} CPU s",
                flush=True,
            )

    net, seconds = train_outline(
        labelled, arguments.work, arguments.steps, arguments.batch, arguments.seed, on_step=told
    )
    card = {
        "task": "outline",
        "config": {"input": SIDE},
        "data": {
            "name": arguments.data_name,
            "labelled": len(labelled),
            "fingerprint": fingerprint(labelled),
        },
        "licence": arguments.licence,
        "command": "python -m prodgen_django.studio.outline.training"
        f" {arguments.out.name} {' '.join(folder.name for folder in arguments.folders)}"
        f" --most {' '.join(map(str, arguments.most))}"
        f" --steps {arguments.steps} --batch {arguments.batch} --seed {arguments.seed}",
        "seed": arguments.seed,
        "cpu_seconds": round(seconds),
    }
    halves = {name: v.half() if v.is_floating_point() else v for name, v in net.state_dict().items()}
    card = write_checkpoint(arguments.out, halves, card)
    print(card["weights_sha256"][:12], f"{seconds:.0f} CPU seconds", flush=True)


if __name__ == "__main__":
    main()
