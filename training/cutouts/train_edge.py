"""Teach the edge network on what the cut-out network makes of composed pictures, in pieces that resume.

    python -m training.cutouts.train_edge OUT.safetensors CUTOUT.safetensors DATA LAYERS --work FOLDER --cpu-seconds 900

Pictures of 640 px are looked at by the cut-out network at 384 to 576 px; the edge network learns from parts of 256 px
about the outline.
"""

from __future__ import annotations

import argparse
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cv2
import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor

from prodgen_django.gan.checkpoint import read_checkpoint, write_checkpoint
from prodgen_django.gan.sampling import bfloat16_pays
from prodgen_django.gan.state import load_state, save_state

from .compose import Composer, Picture
from .material import gather
from .network import PRODUCT, CutOutNet, EdgeNet
from .train import batch_of, halved

SIDE, CROP, BATCH = 640, 256, 8
SHARES = {"layered": 0.75, "whole": 0.12, "packshots": 0.13}  # whose outlines are true to the pixel
RATE, WARM_UP, KEEP_EVERY = 2e-3, 50, 50


def crops(
    pictures: list[Picture], coarse: CutOutNet, rng: np.random.Generator
) -> tuple[Tensor, Tensor, Tensor]:
    """Photo (B, 3, 256, 256), coarse logits (B, 3, 256, 256) and alpha (B, 1, 256, 256), each about an outline."""
    batch = batch_of(pictures)
    side = int(rng.choice([384, 448, 512, 576]))
    with (
        torch.inference_mode(),
        torch.autocast("cpu", torch.bfloat16, enabled=bfloat16_pays(torch.device("cpu"))),
    ):
        small = F.interpolate(batch.photo, size=(side, side), mode="area")
        seen = F.interpolate(coarse(small).float(), size=(SIDE, SIDE), mode="bilinear", align_corners=False)
    parts = []
    for n in range(len(pictures)):
        truth = batch.truth[n, PRODUCT]
        wrong = ((seen[n, PRODUCT].sigmoid() - truth).abs() > 0.2) | ((truth > 0.02) & (truth < 0.98))
        places = wrong.nonzero()
        at = places[int(rng.integers(len(places)))] if len(places) else torch.tensor([SIDE // 2, SIDE // 2])
        top, left = (int(np.clip(int(v) - rng.integers(CROP), 0, SIDE - CROP)) for v in at)
        box = (slice(None), slice(top, top + CROP), slice(left, left + CROP))
        parts.append((batch.photo[n][box], seen[n][box], truth[None][box]))
    photo, logits, alpha = (torch.stack(each) for each in zip(*parts, strict=True))
    return photo.contiguous(memory_format=torch.channels_last), logits.clone(), alpha


def loss_of(alpha: Tensor, truth: Tensor) -> Tensor:
    """Absolute error, everywhere and once more of the slopes, so that edges are as sharp as they are."""
    error = (alpha - truth).abs().mean()
    slopes = sum(((alpha - truth).diff(dim=d).abs().mean() for d in (2, 3)), torch.zeros(()))
    return error + slopes


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("out", type=Path)
    parser.add_argument("cutout", type=Path)
    parser.add_argument("data", type=Path)
    parser.add_argument("layers", type=Path)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--cpu-seconds", type=float, default=900)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    options.work.mkdir(parents=True, exist_ok=True)
    cv2.setNumThreads(1)
    torch.manual_seed(options.seed)
    tensors, coarse_card = read_checkpoint(options.cutout)
    coarse = CutOutNet()
    coarse.load_state_dict({name: value.float() for name, value in tensors.items()})
    coarse = coarse.eval().to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    make = Composer(gather(options.data, options.layers, options.work / "labels", 0, 1000), SIDE, SHARES)
    check = Composer(
        gather(options.data, options.layers, options.work / "labels", 0, 80, apart=True), SIDE, SHARES
    )
    net = EdgeNet().to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    optimizer = torch.optim.AdamW(net.parameters(), lr=RATE, weight_decay=0.01)
    state, step, spent = options.work / "edge.safetensors", 0, 0.0
    identity = {"seed": options.seed, "cutout": coarse_card["weights_sha256"]}
    if state.exists():
        kept = load_state(state, {"net": net}, {"optimizer": optimizer}, identity)
        step, spent = kept["step"], kept["cpu_seconds"]

    def batch(number: int, of: Composer = make) -> tuple[Tensor, Tensor, Tensor]:
        pictures = [of(np.random.default_rng((options.seed, number, n))) for n in range(BATCH)]
        return crops(pictures, coarse, np.random.default_rng((options.seed, number)))

    held = [batch(number, check) for number in range(4)]
    before = float(np.mean([float((seen[:, :1].sigmoid() - alpha).abs().mean()) for _, seen, alpha in held]))
    print(f"without: mean absolute error {before:.4f}", flush=True)
    began, losses = time.process_time() - spent, []
    ahead = ThreadPoolExecutor(1)
    coming = ahead.submit(batch, step)
    while spent < options.cpu_seconds:
        photo, seen, alpha = coming.result()
        coming = ahead.submit(batch, step + 1)
        rate = (
            RATE
            * min(1.0, (step + 1) / WARM_UP)
            * 0.5
            * (1 + np.cos(np.pi * min(1.0, spent / options.cpu_seconds)))
        )
        for group in optimizer.param_groups:
            group["lr"] = rate
        loss = loss_of(net(photo, seen), alpha)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        optimizer.step()
        losses.append(float(loss))
        step, spent = step + 1, time.process_time() - began
        if step % KEEP_EVERY == 0 or spent >= options.cpu_seconds:
            save_state(
                state, {"net": net}, {"optimizer": optimizer}, identity, {"step": step, "cpu_seconds": spent}
            )
            with torch.inference_mode():
                error = float(np.mean([float((net(p, s) - a).abs().mean()) for p, s, a in held]))
            card = {
                "task": "edge",
                "cutout": identity["cutout"],
                "cpu_seconds": round(spent),
                "steps": step,
                "validation": error,
                "licence": "BSD-3-Clause",
                "command": " ".join(
                    ["python -m training.cutouts.train_edge", *(Path(a).name for a in sys.argv[1:])]
                ),
            }
            write_checkpoint(options.out, halved(net), card)
            print(
                f"step {step}, {spent:.0f} CPU s: loss {np.mean(losses[-50:]):.4f}, apart {error:.4f}",
                flush=True,
            )
    ahead.shutdown(cancel_futures=True)


if __name__ == "__main__":
    main()
