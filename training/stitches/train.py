"""Train the match verifier on any folder of photographs.

    python -m training.stitches.train FOLDER [FOLDER…] --out verifier.safetensors

Draws `--examples` pairs (see `pairs`), then trains for `--epochs` over them; a tenth is held out.
Examples are kept in a file beside the result, so that a run that was stopped goes on from there.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch.nn import functional

from prodgen_django.common.weights import read_tensors
from prodgen_django.gan.checkpoint import write_checkpoint, write_tensors

from .network import Verifier
from .pairs import PairMaker, padded
from .photos import PhotoStore

__all__ = ["main", "train"]

SCALE = 40.0
"""Patches are kept as int8, this many steps a unit."""


def draw(
    folders: list[Path], count: int, seed: int, store: Path | None = None, echo: Any = print
) -> dict[str, torch.Tensor]:
    """`count` examples as tensors (patches int8, real, scalars, labels), continued from `store` if it exists."""
    parts: list[dict[str, torch.Tensor]] = []
    done = 0
    if store is not None and store.exists():
        parts.append(read_tensors(store)[0])
        done = len(parts[0]["labels"])
    maker = PairMaker(PhotoStore(folders), seed + done)
    while done < count:
        size = min(250, count - done)
        patches, real, scalars, labels = padded([maker.make() for _ in range(size)])
        parts.append(
            {
                "patches": torch.from_numpy((patches * SCALE).clip(-127, 127).astype(np.int8)),
                "real": torch.from_numpy(real),
                "scalars": torch.from_numpy(scalars),
                "labels": torch.from_numpy(labels),
            }
        )
        done += size
        parts = [{k: torch.cat([p[k] for p in parts]) for k in parts[0]}]
        if store is not None:
            write_tensors(store, parts[0], {"task": "verifier-examples"})
        echo(f"{done} examples, {int(parts[0]['labels'].sum())} true")
    return {k: v[:count] for k, v in parts[0].items()}


def train(
    folders: list[Path],
    out: Path,
    examples: int = 3000,
    epochs: int = 10,
    seed: int = 0,
    batch: int = 24,
    rate: float = 1e-3,
    data_name: str = "",
    licence: str = "",
    echo: Any = print,
) -> dict[str, Any]:
    """Train on one thread and write weights and card; returns the card."""
    torch.set_num_threads(1)
    torch.manual_seed(seed)
    began = time.process_time()
    data = draw(folders, examples, seed, out.with_suffix(".examples.safetensors"), echo)
    net = Verifier()
    optimizer = torch.optim.AdamW(net.parameters(), lr=rate, weight_decay=1e-3)
    held = max(1, examples // 10)
    steps = max(1, (examples - held) // batch) * epochs
    rng = np.random.default_rng(seed)
    step = 0
    loss_sum = 0.0
    for epoch in range(epochs):
        order = held + rng.permutation(examples - held)
        for at in range(0, len(order) - batch + 1, batch):
            index = torch.from_numpy(order[at : at + batch])
            patches = data["patches"][index].float() / SCALE
            scalars = data["scalars"][index]
            # Half the time the numbers are withheld, so that the pixels have to be looked at.
            scalars = scalars * (torch.from_numpy(rng.random((len(index), 1))) < 0.5)
            if rng.random() < 0.5:
                patches = patches.flip(-1)
            if rng.random() < 0.5:
                patches = patches.transpose(-1, -2)
            for group in optimizer.param_groups:
                group["lr"] = rate * 0.5 * (1 + np.cos(np.pi * step / steps)) + 1e-5
            logits = net(patches, data["real"][index], scalars.float())
            # A false homography spoils a picture, a missed one only tries dearer features: errors weigh 4 to 1.
            labels = data["labels"][index]
            loss = functional.binary_cross_entropy_with_logits(logits, labels, weight=1 + 3 * (1 - labels))
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            optimizer.step()
            step += 1
            loss_sum += float(loss.detach())
        wrong = _held_out(net, data, held)
        per_epoch = max(1, (examples - held) // batch)
        echo(f"epoch {epoch + 1} loss {loss_sum / per_epoch:.4f} held out {wrong}")
        loss_sum = 0.0
    card = {
        "task": "verifier",
        "format": 1,
        "config": {"network": "Verifier", "patch": 64, "patches": 8, "scalars": 10},
        "parameters": sum(p.numel() for p in net.parameters()),
        "examples": examples,
        "epochs": epochs,
        "seed": seed,
        "cpu_seconds": round(time.process_time() - began),
        "metrics": wrong,
        "data_name": data_name,
        "licence": licence,
        "command": f"python -m training.stitches.train {' '.join(f.name for f in folders)}"
        f" --out {out.name} --examples {examples} --epochs {epochs} --seed {seed}",
    }
    return write_checkpoint(out, net.state_dict(), card)


@torch.no_grad()
def _held_out(net: Verifier, data: dict[str, torch.Tensor], held: int) -> dict[str, float]:
    logits = torch.cat(
        [
            net(
                data["patches"][k : min(k + 50, held)].float() / SCALE,
                data["real"][k : min(k + 50, held)],
                data["scalars"][k : min(k + 50, held)],
            )
            for k in range(0, held, 50)
        ]
    )
    labels = data["labels"][:held] > 0.5
    return {
        "held_out": float(held),
        "false_accepted": float(((logits > 0) & ~labels).sum()),
        "true_rejected": float(((logits <= 0) & labels).sum()),
    }


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--examples", type=int, default=3000)
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--data-name", default="")
    parser.add_argument("--licence", default="")
    asked = parser.parse_args(arguments)

    def echo(line: str) -> None:
        print(line, flush=True)

    card = train(
        asked.folders,
        asked.out,
        asked.examples,
        asked.epochs,
        asked.seed,
        data_name=asked.data_name,
        licence=asked.licence,
        echo=echo,
    )
    print(json.dumps(card, sort_keys=True))


if __name__ == "__main__":
    main()
