"""Images a second of training and of generation, by preset, batch, precision and compilation, and how much of what the
machine can do that is.

    python benchmarks/gan/speed.py --presets cpu-64 --batches 16 32 --steps 8 --json RESULT.json
    python benchmarks/gan/speed.py --device cuda --presets cpu-64 gpu-128 gpu-256 --batches 32 64 128 --compile \
        --json RESULT.json

The roofline is measured on the same device in the same run and not taken from a data sheet: the best of a few matrix
products and of a large convolution for arithmetic, a copy for memory. FLOPs are counted by torch's own rules in one
whole round of `penalty_every` steps (they know convolutions and products, both ways). Training is the adversary's own
step, gradient penalties included, on made-up photographs: the work is the same. Generation is the averaged generator
alone.
On a CPU one thread is used and processor seconds count, so that what else the machine does is unfair to nobody; on a
GPU wall seconds between synchronisations, after warm-up, and the peak of allocated memory stands beside them.
"""

from __future__ import annotations

import argparse
import json
import platform
import shlex
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.flop_counter import flop_registry

from prodgen_django.gan import GanConfig
from prodgen_django.gan.adversary import Adversary, Given
from prodgen_django.gan.networks import build
from prodgen_django.gan.parallel import Processes
from prodgen_django.gan.sampling import autocast

CLASSES = 10


class MadeUp:
    """The task of `CatalogRun`, on noise in place of photographs."""

    def __init__(self, config: GanConfig, device: torch.device) -> None:
        self.config, self.device = config, device

    def draw(self, count: int, rng: torch.Generator) -> tuple[torch.Tensor, Given]:
        side = self.config.resolution
        images = torch.rand(count, self.config.channels, side, side, generator=rng) * 2 - 1
        labels = torch.randint(CLASSES, (count,), generator=rng)
        moved = images.to(self.device, memory_format=torch.channels_last)
        return moved, (labels.to(self.device),)

    def generate(self, generator: Callable[..., Any], given: Given, rng: torch.Generator) -> torch.Tensor:
        z = torch.randn(len(given[0]), self.config.latent, generator=rng).to(self.device)
        return generator(z, *given)

    def score(self, discriminator: Callable[..., Any], images: torch.Tensor, given: Given) -> torch.Tensor:
        return discriminator(images, *given)

    def distance(self, made: torch.Tensor, real: torch.Tensor, given: Given) -> None:
        return None


class Flops(TorchDispatchMode):
    """Counts as `FlopCounterMode` does, but also where gradients of gradients are taken, which that one refuses."""

    def __init__(self) -> None:
        super().__init__()
        self.total = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        out = func(*args, **(kwargs or {}))
        if (count := flop_registry.get(func._overloadpacket)) is not None:
            self.total += count(*args, **(kwargs or {}), out_val=out)
        return out


def seconds(work: Callable[[], Any], device: torch.device) -> float:
    """Processor seconds on a CPU, wall seconds on anything else."""
    if device.type == "cpu":
        started = time.process_time()
        work()
        return time.process_time() - started
    torch.cuda.synchronize()
    started = time.perf_counter()
    work()
    torch.cuda.synchronize()
    return time.perf_counter() - started


def roofline(device: torch.device) -> dict[str, float]:
    """Measured peaks: TFLOP/s of products and convolutions by precision, GB/s of a copy (read and written)."""
    sides = (512, 1024, 2048) if device.type == "cpu" else (8192,)
    found: dict[str, float] = {}
    for name, kind in (("float32", torch.float32), ("bfloat16", torch.bfloat16)):
        best = 0.0
        for side in sides:
            a, b = (torch.randn(side, side, device=device).to(kind) for _ in range(2))
            a @ b
            spent = min(seconds(lambda a=a, b=b: a @ b, device) for _ in range(10))  # type: ignore[misc]
            best = max(best, 2 * side**3 / spent / 1e12)
        # Some processors' matrix products are slower than their convolutions, of which these networks are made.
        maps = torch.randn(16, 256, 32, 32, device=device).to(kind, memory_format=torch.channels_last)
        weight = torch.randn(256, 256, 3, 3, device=device).to(kind, memory_format=torch.channels_last)
        fold = partial(torch.nn.functional.conv2d, maps, weight, padding=1)
        fold()
        best = max(best, 2 * 16 * 32 * 32 * 9 * 256**2 / min(seconds(fold, device) for _ in range(5)) / 1e12)
        found[f"{name}_tflops"] = round(best, 3)
    source = torch.empty(64 << 20, dtype=torch.uint8, device=device)
    target = torch.empty_like(source)
    target.copy_(source)
    best = min(seconds(lambda: target.copy_(source), device) for _ in range(5))
    found["copy_gb_s"] = round(2 * len(source) / best / 1e9, 1)
    return found


def measure(config: GanConfig, device: torch.device, steps: int) -> dict[str, Any]:
    """One row: training and generation of this configuration."""
    torch.manual_seed(0)
    processes = Processes(device)
    adversary = Adversary(config, build(config, CLASSES), MadeUp(config, device), processes)
    if device.type == "cuda":
        torch.cuda.reset_peak_memory_stats()
    rounds = max(1, steps // config.penalty_every)
    count = rounds * config.penalty_every
    for number in range(config.penalty_every):  # warm-up and compilation
        adversary.step(number, 0.5)
    spent = seconds(lambda: [adversary.step(number, 0.5) for number in range(count)], device)
    plain = adversary
    if config.compile:  # the counter does not see into compiled graphs; the arithmetic is the same
        plain = Adversary(replace(config, compile=False), CLASSES, MadeUp(config, device), processes)
    with Flops() as counter:
        for number in range(config.penalty_every):
            plain.step(number, 0.5)
    of_training = counter.total / config.penalty_every / config.batch
    z = torch.randn(config.batch, config.latent, device=device)
    labels = torch.zeros(config.batch, dtype=torch.long, device=device)
    generator = torch.compile(adversary.average) if config.compile else adversary.average

    @torch.inference_mode()
    def generate() -> None:
        with autocast(config, device):
            generator(z, labels)

    generate()
    forward = min(seconds(generate, device) for _ in range(max(3, steps)))
    with torch.no_grad(), Flops() as counter:  # in inference mode convolutions are not told apart
        adversary.average(z, labels)
    of_forward = counter.total / config.batch
    row: dict[str, Any] = {
        "preset": config.name, "batch": config.batch, "precision": config.precision, "compile": config.compile,
        "train_images_per_second": round(count * config.batch / spent, 2),
        "train_gflop_per_image": round(of_training / 1e9, 2),
        "train_tflops": round(of_training * count * config.batch / spent / 1e12, 3),
        "generate_images_per_second": round(config.batch / forward, 1),
        "generate_gflop_per_image": round(of_forward / 1e9, 3),
        "generate_tflops": round(of_forward * config.batch / forward / 1e12, 3),
    }  # fmt: skip
    if device.type == "cuda":
        row["peak_memory_gib"] = round(torch.cuda.max_memory_allocated() / 2**30, 2)
    return row


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--presets", nargs="+", default=["cpu-64"])
    parser.add_argument("--batches", nargs="+", type=int, default=[32])
    parser.add_argument("--steps", type=int, default=8)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--compile", action="store_true", help="with torch.compile too")
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    device = torch.device(arguments.device)
    peaks = roofline(device)
    print(json.dumps(peaks), flush=True)
    rows = []
    for preset in arguments.presets:
        for batch in arguments.batches:
            for precision in ("float32", "bfloat16"):
                for compiled in (False, True) if arguments.compile else (False,):
                    config = GanConfig.preset(
                        preset, batch=batch, accumulate=1, precision=precision, compile=compiled
                    )
                    row = measure(config, device, arguments.steps)
                    for part in ("train", "generate"):
                        row[f"{part}_share_of_peak"] = round(
                            row[f"{part}_tflops"] / peaks[f"{precision}_tflops"], 2
                        )
                    rows.append(row)
                    print(json.dumps(row), flush=True)
    if arguments.json:
        name = torch.cuda.get_device_name() if device.type == "cuda" else processor()
        found = {
            "command": "python benchmarks/gan/speed.py " + shlex.join(sys.argv[1:]), "device": name,
            "torch": torch.__version__, "python": platform.python_version(), "threads": 1,
            "measured_peaks": peaks, "rows": rows,
        }  # fmt: skip
        arguments.json.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


def processor() -> str:
    """The processor's name, and whether it multiplies bfloat16 in hardware."""
    model = next(
        (line.split(":")[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines() if "model name" in line),
        platform.machine(),
    )  # fmt: skip
    return (
        f"{model}, bfloat16 {'in hardware' if torch.cpu._is_avx512_bf16_supported() else 'not in hardware'}"
    )


if __name__ == "__main__":
    main()
