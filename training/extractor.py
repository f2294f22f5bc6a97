"""Trains the extractor: `python -m training.extractor FOLDER OUT.safetensors`.

FOLDER holds `train/<label>/…`, `validation/<label>/…` and, to be looked at once, `test/<label>/…`. Minutes on
a CPU. Its state is kept beside OUT after each epoch; the same command goes on from there.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import cast

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor

from prodgen_django.gan.checkpoint import write_checkpoint
from prodgen_django.gan.dataset import PhotoDataset
from prodgen_django.gan.extractor import ExtractorNet, to_side
from prodgen_django.gan.state import load_state, save_state

__all__ = ["train_extractor"]


def train_extractor(
    train: PhotoDataset,
    validation: PhotoDataset,
    epochs: int = 45,
    batch: int = 32,
    seed: int = 0,
    state: Path | None = None,
) -> tuple[ExtractorNet, list[float], float]:
    """Classifies labels with augmentation and an averaged copy; returns it, the validation accuracy per epoch and the
    processor seconds of all runs together.

    With `state` each epoch ends in that file, and a run of the same photographs and numbers goes on from it.
    """
    torch.manual_seed(seed)
    net = ExtractorNet(len(train.labels)).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    steps = epochs * (len(train) // batch)
    optimizer = torch.optim.AdamW(net.parameters(), lr=2e-3, weight_decay=0.05)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=2e-3, total_steps=steps, pct_start=0.15)
    average = torch.optim.swa_utils.AveragedModel(
        net, multi_avg_fn=torch.optim.swa_utils.get_ema_multi_avg_fn(0.99), use_buffers=True
    )
    weights = train.weights(0.5)
    averaged = cast(ExtractorNet, average.module)
    accuracies: list[float] = []
    modules, optimizers = {"net": net, "average": average}, {"optimizer": optimizer}
    identity = {"photos": train.fingerprint(), "epochs": epochs, "batch": batch, "seed": seed}
    before, started = 0.0, time.process_time()
    if state is not None and state.exists():
        kept = load_state(state, modules, optimizers, identity)
        accuracies, before = kept["accuracies"], kept["cpu_seconds"]
        done = len(accuracies) * (len(train) // batch)
        schedule.last_epoch, schedule._step_count = done - 1, done
        schedule.step()
    for epoch in range(len(accuracies), epochs):
        rng = np.random.default_rng((seed, epoch))
        net.train()
        for _ in range(len(train) // batch):
            index = rng.choice(len(train), batch, p=weights)
            x = _augment(to_side(torch.from_numpy(train.images[np.sort(index)])), rng)
            y = torch.from_numpy(train.targets[np.sort(index)])
            with torch.autocast("cpu", torch.bfloat16):
                loss = F.cross_entropy(net(x)[1].float(), y, label_smoothing=0.05)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            average.update_parameters(net)
        accuracies.append(accuracy(averaged, validation))
        print(
            f"epoch {epoch + 1}/{epochs}: loss {loss.item():.3f}, validation {accuracies[-1]:.3f}", flush=True
        )
        if state is not None:
            spent = before + time.process_time() - started
            save_state(state, modules, optimizers, identity, {"accuracies": accuracies, "cpu_seconds": spent})
    best = averaged.eval()
    with torch.inference_mode():
        pooled = torch.cat([best.pooled(to_side(torch.from_numpy(b))) for b in _batches(train.images)])
        best.feature_mean.copy_(pooled.mean(0))
        best.feature_std.copy_(pooled.std(0).clamp_min(1e-3))
    return best, accuracies, before + time.process_time() - started


def accuracy(net: ExtractorNet, data: PhotoDataset) -> float:
    """Share of `data` whose label is guessed right."""
    net.eval()
    with torch.inference_mode():
        guesses = torch.cat([net(to_side(torch.from_numpy(b)))[1].argmax(1) for b in _batches(data.images)])
    return float((guesses.numpy() == data.targets).mean())


def _batches(images: np.ndarray, size: int = 64) -> list[np.ndarray]:
    return [np.ascontiguousarray(images[i : i + size]) for i in range(0, len(images), size)]


def _augment(x: Tensor, rng: np.random.Generator) -> Tensor:
    """Mirror, shift, zoom, tilt, colour and a hole, different for every picture."""
    batch = len(x)
    angle = torch.from_numpy(rng.uniform(-0.15, 0.15, batch)).float()
    zoom = torch.from_numpy(rng.uniform(0.8, 1.1, (2, batch))).float()
    mirror = torch.from_numpy(rng.choice([-1.0, 1.0], batch)).float()
    shift = torch.from_numpy(rng.uniform(-0.1, 0.1, (2, batch))).float()
    theta = torch.stack(
        [
            torch.stack([mirror * zoom[0] * angle.cos(), -zoom[0] * angle.sin(), shift[0]], 1),
            torch.stack([mirror * zoom[1] * angle.sin(), zoom[1] * angle.cos(), shift[1]], 1),
        ],
        1,
    )
    x = F.grid_sample(
        x, F.affine_grid(theta, list(x.shape), align_corners=False), "bilinear", "border", False
    )
    gain = torch.from_numpy(
        rng.uniform(0.75, 1.25, (batch, 3, 1, 1)) * rng.uniform(0.8, 1.2, (batch, 1, 1, 1))
    )
    x = x * gain.float() + torch.from_numpy(rng.uniform(-0.2, 0.2, (batch, 1, 1, 1))).float()
    top, left = rng.integers(0, 64 - 20, (2, batch))
    for i in range(0, batch, 2):
        x[i, :, top[i] : top[i] + 20, left[i] : left[i] + 20] = 0
    return x.contiguous(memory_format=torch.channels_last)


def main() -> None:
    """Trains, judges and writes; everything that is needed to do it again goes into the card."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--epochs", type=int, default=45)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--data-name", default="", help="what the photographs are called on the card")
    parser.add_argument("--licence", default="", help="licence of the photographs and so of the weights")
    arguments = parser.parse_args()
    train, validation, test = (
        PhotoDataset.from_folder(arguments.folder / part, 64) for part in ("train", "validation", "test")
    )
    state = arguments.out.with_suffix(".state.safetensors")
    net, accuracies, seconds = train_extractor(
        train, validation, arguments.epochs, seed=arguments.seed, state=state
    )
    card = {
        "task": "extractor",
        "labels": train.labels,
        "config": {"input": 64, "features": 192},
        "data": {"name": arguments.data_name, "train": len(train), "fingerprint": train.fingerprint()},
        "licence": arguments.licence,
        "command": "python -m training.extractor"
        f" {arguments.folder.name} {arguments.out.name} --epochs {arguments.epochs} --seed {arguments.seed}",
        "seed": arguments.seed,
        "cpu_seconds": round(seconds),
        "metrics": {
            "validation_accuracy": round(accuracies[-1], 4),
            "test_accuracy": round(accuracy(net, test), 4),
        },
    }
    card = write_checkpoint(arguments.out, net.state_dict(), card)
    print(card["metrics"], card["weights_sha256"][:12])


if __name__ == "__main__":
    main()
