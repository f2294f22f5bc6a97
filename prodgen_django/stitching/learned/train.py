"""Train SeamLight on any folder of photographs.

    python -m prodgen_django.stitching.learned.train FOLDER [FOLDER…] --out light.safetensors --seconds 3000

Self-supervised: scenes are cut from the photographs, spoiled and repaired while training. Counts CPU seconds
of its own process, writes its whole state every ten CPU seconds beside the result and goes on from there.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch

from prodgen_django.gan.checkpoint import read_tensors, write_checkpoint, write_tensors

from .losses import repair, score
from .network import SeamLight
from .photos import PhotoStore
from .scenes import SceneMaker, Scenes

__all__ = ["main", "train"]

COUNTS = (2, 2, 2, 3, 2, 4)
KEPT = 14
PIECES = 16
"""About so many pictures a batch."""


def train(
    folders: list[Path],
    out: Path,
    seconds: float,
    seed: int = 0,
    rate: float = 1e-3,
    threads: int = 1,
    data_name: str = "",
    licence: str = "",
    pieces: int = PIECES,
    echo: Any = print,
) -> dict[str, Any]:
    """Train for `seconds` of CPU time in all, resumed runs included; returns the card that was written."""
    torch.set_num_threads(threads)
    torch.manual_seed(seed)
    photos = PhotoStore(folders)
    net = SeamLight().to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    average = {n: p.detach().clone() for n, p in net.state_dict().items()}
    optimizer = torch.optim.AdamW(net.parameters(), lr=rate, betas=(0.9, 0.99), weight_decay=1e-4)
    state = out.with_suffix(".state.safetensors")
    step, spent = 0, 0.0
    if state.exists():
        step, spent = _restore(state, net, average, optimizer)
        echo(f"going on at step {step}, {spent:.0f} CPU s")
    maker = SceneMaker(photos, seed + 1000 * step)
    began, saved = time.process_time(), time.process_time()
    log: list[dict[str, float]] = []
    recent: list[tuple[float, float]] = []
    losses: list[float] = []
    kept: list[Scenes] = []
    while True:
        used = spent + time.process_time() - began
        if used >= seconds:
            break
        warm = min(1.0, step / 100)
        part = used / seconds
        for group in optimizer.param_groups:
            group["lr"] = rate * warm * (0.02 + 0.98 * 0.5 * (1 + np.cos(np.pi * part)))
        count = COUNTS[step % len(COUNTS)]
        if len(kept) < KEPT or step % 4 == 0:
            kept.append(maker.make(max(1, pieces // count), count))
            del kept[:-KEPT]
            scenes = kept[-1]
        else:  # making scenes costs as much as a step: each is used about four times
            scenes = kept[int(maker.rng.integers(len(kept)))]
        values = score(scenes, repair(scenes, net, fast=True))
        optimizer.zero_grad(set_to_none=True)
        values["loss"].backward()
        torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        optimizer.step()
        step += 1
        keep = min(0.998, 1 - 1 / (step + 1))
        with torch.no_grad():
            for name, value in net.state_dict().items():
                average[name].lerp_(value, 1 - keep)
        losses.append(float(values["loss"].detach()))
        if step % 5 == 0:
            with torch.no_grad():
                recent.append(gain_db(score(scenes, repair(scenes, None)), values))
        if step % 50 == 0:
            loss, (overlap, everywhere) = np.mean(losses), np.mean(recent, 0)
            recent.clear()
            losses.clear()
            log.append({"step": step, "cpu": round(used, 1), "loss": round(float(loss), 4)})
            echo(
                f"step {step} {used:.0f} s loss {loss:.3f} over first repair: "
                f"overlap {overlap:+.2f} dB, all {everywhere:+.2f} dB"
            )
        if time.process_time() - saved > 10:
            saved = time.process_time()
            _store(state, net, average, optimizer, step, spent + time.process_time() - began)
    _store(state, net, average, optimizer, step, spent + time.process_time() - began)
    card = {
        "task": "seam",
        "format": 1,
        "config": {"network": "SeamLight", "side": 128, "grid": 8},
        "parameters": sum(p.numel() for p in net.parameters()),
        "step": step,
        "seed": seed,
        "cpu_seconds": round(spent + time.process_time() - began),
        "threads": threads,
        "photographs": len(photos),
        "data_name": data_name,
        "licence": licence,
        "command": f"python -m prodgen_django.stitching.learned.train {' '.join(f.name for f in folders)}"
        f" --out {out.name} --seconds {seconds:g} --seed {seed} --rate {rate:g}",
        "loss": log[-1]["loss"] if log else None,
    }
    return write_checkpoint(out, average, card)


def gain_db(before: dict[str, Any], after: dict[str, Any]) -> tuple[float, float]:
    """Mean gain in decibels over the first repair: (in overlaps, everywhere)."""
    has = before["has"] > 0
    both = [10 * torch.log10(before[k] / after[k].detach().clamp(min=1e-9)) for k in ("overlap", "all")]
    return float(both[0][has].mean()) if bool(has.any()) else 0.0, float(both[1].mean())


def _store(
    path: Path, net: SeamLight, average: dict[str, Any], optimizer: Any, step: int, spent: float
) -> None:
    tensors = {f"net.{n}": v for n, v in net.state_dict().items()}
    tensors |= {f"average.{n}": v for n, v in average.items()}
    for number, parameter in enumerate(net.parameters()):
        for key, value in optimizer.state.get(parameter, {}).items():
            tensors[f"optimizer.{number}.{key}"] = torch.as_tensor(value)
    write_tensors(path, tensors, {"step": step, "spent": spent})


def _restore(path: Path, net: SeamLight, average: dict[str, Any], optimizer: Any) -> tuple[int, float]:
    tensors, header = read_tensors(path)
    net.load_state_dict({n[4:]: v for n, v in tensors.items() if n.startswith("net.")})
    for name in average:
        average[name].copy_(tensors[f"average.{name}"])
    for number, parameter in enumerate(net.parameters()):
        found = {n.split(".")[-1]: v for n, v in tensors.items() if n.startswith(f"optimizer.{number}.")}
        if found:
            optimizer.state[parameter] = found
    return int(header["step"]), float(header["spent"])


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seconds", type=float, default=3000, help="CPU seconds in all")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--rate", type=float, default=1e-3)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--data-name", default="")
    parser.add_argument("--licence", default="")
    asked = parser.parse_args(arguments)

    def echo(line: str) -> None:
        print(line, flush=True)

    card = train(
        asked.folders,
        asked.out,
        asked.seconds,
        asked.seed,
        asked.rate,
        asked.threads,
        asked.data_name,
        asked.licence,
        echo=echo,
    )
    print(json.dumps(card, sort_keys=True))


if __name__ == "__main__":
    main()
