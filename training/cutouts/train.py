"""Teach the cut-out network, in pieces that resume.

    python -m training.cutouts.train OUT.safetensors DATA LAYERS --work FOLDER --cpu-seconds 5400 --piece 1200

Run again it goes on from where it stopped, with whatever `render` has added meanwhile; the rate falls to nothing at
`--cpu-seconds`. Every batch comes from (seed, step) alone. What it prints goes into the log of trainings.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn

from prodgen_django.gan.checkpoint import read_checkpoint, write_checkpoint
from prodgen_django.gan.sampling import bfloat16_pays
from prodgen_django.gan.state import load_state, save_state

from . import backbone
from .compose import Composer, Picture
from .material import gather
from .network import PRODUCT, CutOutNet

SIDES = (256, 320, 384, 512, 640)
"""Sides of pictures. A training begins with the three smallest and ends with the three largest."""
PIXELS = 12 * 320 * 320  # of a batch
RATE, RATE_BACKBONE = 1.2e-3, 3e-4
WARM_UP = 100  # steps
MEMORY = 0.998  # of the averaged weights, a step
KEEP_EVERY = 50  # steps
FROZEN = 2  # stages of the backbone that stay as they are
CHECKED = 64


class Batch(NamedTuple):
    """`photo`: (B, 3, n, n) in [-1, 1]; `truth` and `known`: (B, 3, n, n), what each plane should say and whether it is
    known."""

    photo: Tensor
    truth: Tensor
    known: Tensor


def batch_of(pictures: Sequence[Picture]) -> Batch:
    photo = torch.from_numpy(np.stack([p.image for p in pictures])).permute(0, 3, 1, 2).float() / 127.5 - 1
    planes = [(p.product, p.shadow, p.things) for p in pictures]
    nothing = np.zeros_like(planes[0][0])
    truth = np.stack([[nothing if plane is None else plane for plane in each] for each in planes])
    known = np.stack([[np.full_like(nothing, plane is not None) for plane in each] for each in planes])
    return Batch(
        photo.contiguous(memory_format=torch.channels_last), torch.from_numpy(truth), torch.from_numpy(known)
    )


def loss_of(logits: Tensor, batch: Batch) -> Tensor:
    """Cross-entropy, heavier along the product's outline, and the share of the product's union that is missed."""
    product = batch.truth[:, PRODUCT : PRODUCT + 1]
    near = _near(product)  # 1 where the highest and the lowest about a pixel differ
    weight = batch.known * torch.cat(
        [1 + 3 * near, torch.full_like(near, 0.3), torch.full_like(near, 0.3)], 1
    )
    by_pixel = F.binary_cross_entropy_with_logits(logits, batch.truth, reduction="none")
    probability, truth = logits[:, PRODUCT].sigmoid(), batch.truth[:, PRODUCT]
    both = (probability * truth).sum((1, 2))
    union = (probability + truth - probability * truth).sum((1, 2))
    return (by_pixel * weight).mean((2, 3)).sum(1).mean() + (1 - (both + 1) / (union + 1)).mean()


def _near(product: Tensor) -> Tensor:
    """How far product and ground lie beside each other, looked at in squares of 8 pixels and their neighbours."""
    highest, lowest = (F.max_pool2d(sign * product, 8, 4, 4) for sign in (1, -1))
    return F.interpolate(highest + lowest, size=product.shape[-2:])


@torch.inference_mode()
def evaluate(net: CutOutNet, make: Composer, count: int = CHECKED) -> tuple[float, float]:
    """Mean IoU of the product over `count` pictures, and the share at 0.95 or more."""
    found: list[float] = []
    for first in range(0, count, 8):
        batch = batch_of(
            [make(np.random.default_rng((1, number))) for number in range(first, min(first + 8, count))]
        )
        mine, truth = (
            (net(batch.photo)[:, PRODUCT] > 0).flatten(1),
            (batch.truth[:, PRODUCT] > 0.5).flatten(1),
        )
        found += ((mine & truth).sum(1) / (mine | truth).sum(1).clamp_min(1)).tolist()
    return float(np.mean(found)), float((np.array(found) >= 0.95).mean())


def read(path: Path) -> CutOutNet:
    """The network of a file that this wrote."""
    net = CutOutNet()
    net.load_state_dict({name: value.float() for name, value in read_checkpoint(path)[0].items()})
    return net


def halved(net: nn.Module) -> dict[str, Tensor]:
    return {name: value.half() for name, value in net.state_dict().items()}


class Training:
    """The network, its average and how far they are."""

    def __init__(self, makers: dict[int, Composer], work: Path, seed: int, start: CutOutNet | None) -> None:
        torch.manual_seed(seed)
        self.makers, self.seed = makers, seed
        net = start or CutOutNet()
        if start is None and not (work / "state.safetensors").exists():
            net.backbone = backbone.pretrained()
        # Edges and colours are what ImageNet taught them to be; half of the backbone's time would go into them.
        for part in (net.backbone.stem, *net.backbone.stages[:FROZEN]):
            part.requires_grad_(False)
        self.net = net.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.average = torch.optim.swa_utils.AveragedModel(self.net, avg_fn=_averaged)
        taught = {id(p) for p in self.net.backbone.parameters()}
        groups = [
            {
                "params": [p for p in self.net.parameters() if p.requires_grad and (id(p) in taught) == inside],
                "highest": rate,
            }
            for inside, rate in ((True, RATE_BACKBONE), (False, RATE))
        ]
        self.optimizer = torch.optim.AdamW(groups, lr=RATE, weight_decay=0.01)
        self.state = work / "state.safetensors"
        self.step, self.spent, self.losses = 0, 0.0, 0.0
        if self.state.exists():
            kept = load_state(self.state, *self._parts(), {"seed": seed})
            self.step, self.spent = kept["step"], kept["cpu_seconds"]

    def _parts(self) -> tuple[dict[str, torch.nn.Module], dict[str, torch.optim.Optimizer]]:
        return {"net": self.net, "average": self.average}, {"optimizer": self.optimizer}

    def save(self) -> None:
        save_state(
            self.state, *self._parts(), {"seed": self.seed}, {"step": self.step, "cpu_seconds": self.spent}
        )

    def batch(self, step: int, share: float) -> Batch:
        """The pictures of a step when `share` of the budget is spent."""
        rng = np.random.default_rng((self.seed, step))
        side = SIDES[int(rng.integers(3)) + (0 if share < 0.35 else 1 if share < 0.7 else 2)]
        count = max(2, PIXELS // side**2)
        return batch_of(
            [self.makers[side](np.random.default_rng((self.seed, step, n))) for n in range(count)]
        )

    def learn(self, batch: Batch, share: float) -> float:
        """One step; `share` of the budget is spent."""
        warm = min(1.0, (self.step + 1) / WARM_UP)
        for group in self.optimizer.param_groups:
            group["lr"] = group["highest"] * warm * 0.5 * (1 + np.cos(np.pi * min(share, 1.0)))
        with torch.autocast("cpu", torch.bfloat16, enabled=bfloat16_pays(torch.device("cpu"))):
            logits = self.net(batch.photo)
        loss = loss_of(logits.float(), batch)
        self.optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.net.parameters(), 1.0)
        self.optimizer.step()
        self.average.update_parameters(self.net)
        self.step += 1
        return float(loss)


def _averaged(kept: Tensor, new: Tensor, seen: Tensor | int) -> Tensor:
    """A long memory that at first forgets fast, or the untrained weights would stay in it for hundreds of steps."""
    return kept + (new - kept) * (1 - min(MEMORY, (1 + float(seen)) / (10 + float(seen))))


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("out", type=Path)
    parser.add_argument("data", type=Path, help="a folder with garments-256, packshots-640 and grocery-phone")
    parser.add_argument("layers", type=Path, help="what training.cutouts.render wrote")
    parser.add_argument("--work", type=Path, required=True, help="where labels and state are kept")
    parser.add_argument("--photographs", type=int, default=500, help="garments asked to label themselves")
    parser.add_argument("--grounds", type=int, default=1000, help="garments whose rims are grounds")
    parser.add_argument("--cpu-seconds", type=float, default=3000)
    parser.add_argument("--piece", type=float, default=np.inf, help="CPU seconds of this run")
    parser.add_argument("--start", type=Path, help="weights to learn on from")
    parser.add_argument("--check-every", type=float, default=600, help="CPU seconds between checks")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    options.work.mkdir(parents=True, exist_ok=True)
    where = (options.data, options.layers, options.work / "labels", options.photographs, options.grounds)
    taught, apart = gather(*where), gather(*where[:3], 80, 80, apart=True)
    counts = {k: len(getattr(taught, k)) for k in ("layered", "whole", "packshots", "garments", "grounds")}
    print(counts, {k: len(getattr(apart, k)) for k in counts}, flush=True)
    cv2.setNumThreads(1)
    makers = {side: Composer(taught, side) for side in SIDES}
    start = options.start and read(options.start)
    training = Training(makers, options.work, options.seed, start)
    check = Composer(apart, 384)
    card = {
        "task": "cut-out",
        "backbone": backbone.SOURCE,
        "data": counts,
        "licence": "BSD-3-Clause; backbone Apache-2.0",
        "command": " ".join(["python -m training.cutouts.train", *(Path(a).name for a in sys.argv[1:])]),
    }
    began, checked = time.process_time() - training.spent, training.spent
    ahead = ThreadPoolExecutor(1)  # OpenCV and torch work without the interpreter's lock
    share = training.spent / options.cpu_seconds
    coming, losses = ahead.submit(training.batch, training.step, share), []
    end = min(options.cpu_seconds, training.spent + options.piece)
    while training.spent < end:
        batch, share = coming.result(), training.spent / options.cpu_seconds
        coming = ahead.submit(training.batch, training.step + 1, share)
        losses.append(training.learn(batch, share))
        training.spent = time.process_time() - began
        over = training.spent >= end
        if training.step % KEEP_EVERY == 0 or over:
            training.save()
            print(
                f"step {training.step}, {training.spent:.0f} CPU s: loss {np.mean(losses[-50:]):.4f}",
                flush=True,
            )
        if training.spent - checked >= options.check_every or over:
            checked = training.spent
            score = evaluate(training.average.module, check)
            figures = {"cpu_seconds": round(training.spent), "steps": training.step, "validation": score}
            kept = write_checkpoint(options.out, halved(training.average.module), {**card, **figures})
            print(f"  IoU {score[0]:.4f}, {score[1]:.0%} at 0.95: {kept['weights_sha256'][:12]}", flush=True)
    ahead.shutdown(cancel_futures=True)


if __name__ == "__main__":
    main()
