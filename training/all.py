"""Trains every shipped checkpoint again, one after another, unattended.

    python -m training.all ../shared/data --out RUNS [--only garments inpaint] [--share 0.1] [--piece 540]

Each training is a process of its own with a budget (`--list` shows them; `--share` scales them all) and goes on where
it was stopped, so the same command may be given again after anything: a kill, a new machine with RUNS on it, or
`--piece`, which ends the call after so many seconds with status 4 ("more to do"). What is done is not done again.
Cards and sheets stand in RUNS/<name>. Nothing shipped is replaced: the last lines set the new cards' figures beside the
shipped ones', and a person decides (docs/explanation/training-log.md says how each is judged).

On one GPU: `python -m prodgen_django.gan pack` makes the photographs small enough to travel, `--device cuda` trains
the GANs there, `garments-128` among them, in calls of `--piece` seconds. The other networks are small and train on the
processor.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SHIPPED = ROOT / "prodgen_django" / "checkpoints"
MORE_TO_DO = 4
#: Status of a GAN that trained to its end and must not be offered.
_NOT_OFFERABLE = 3
_GARMENTS = ("--data-name", "garments-256 (clothing-dataset-small, CC0 1.0)", "--licence", "CC0-1.0")


@dataclass(frozen=True, slots=True)
class Call:
    """What a plan may depend on: photographs, the run's own folder, the share of the budget, the device."""

    data: Path
    out: Path
    share: float
    device: str
    threads: int
    layers: Path | None = None

    def of(self, budget: float) -> str:
        """A share of the budget, at least one."""
        return str(max(1, round(budget * self.share)))


@dataclass(frozen=True, slots=True)
class Plan:
    """One checkpoint: the command that trains it, the card it leaves, the commands of its sheets."""

    what: str
    train: Callable[[Call], list[str]]
    result: str
    shipped: str = ""
    sheets: Callable[[Call], list[list[str]]] = lambda call: []
    needs_gpu: bool = False
    needs_layers: bool = False


def _gan(preset: str, seconds: float) -> Callable[[Call], list[str]]:
    def command(call: Call) -> list[str]:
        photos = call.data / "garments-256"
        clock = ["--processor-time"] if call.device == "cpu" else []
        return [
            "-m", "prodgen_django.gan", "train", str(photos / "train"), str(call.out), "--preset", preset,
            "--validation", str(photos / "validation"), "--seconds", call.of(seconds), *clock,
            "--threads", str(call.threads), "--device", call.device, *_GARMENTS,
        ]  # fmt: skip

    return command


def _cutouts(module: str, seconds: float, *before: str) -> Callable[[Call], list[str]]:
    return lambda call: [
        "-m", f"training.cutouts.{module}", str(call.out / f"{call.out.name}.safetensors"), *before,
        str(call.data), str(call.layers), "--work", str(call.out / "work"), "--cpu-seconds", call.of(seconds),
    ]  # fmt: skip


def _concepts(call: Call) -> list[list[str]]:
    weights, photos = str(call.out / "checkpoint.safetensors"), str(call.data / "garments-256" / "train")
    return [
        ["-m", "prodgen_django.gan", "sample", weights, str(call.out / "sheet.png")],
        ["benchmarks/gan/neighbours.py", weights, photos, str(call.out / "neighbours.jpg")],
    ]


PLANS = {
    "extractor": Plan(
        "features by which the GAN's figures are measured; about 450 CPU s",
        lambda call: [
            "-m", "training.extractor", str(call.data / "garments-256"),
            str(call.out / "extractor.safetensors"), "--epochs", call.of(45), *_GARMENTS,
        ],
        "extractor.json",
        "extractor.json",
    ),
    "garments": Plan(
        "concept generator, 64 px; 3,000 CPU s",
        _gan("cpu-64", 3000), "checkpoint.json", "garments.json", _concepts,
    ),
    "garments-128": Plan(
        "concept generator, 128 px; 1,500 s on a GPU",
        _gan("gpu-128", 1500), "checkpoint.json", "", _concepts, needs_gpu=True,
    ),
    "inpaint": Plan(
        "inpainting generator; 3,000 CPU s",
        _gan("inpaint-128", 3000), "inpaint.json", "inpaint.json",
        lambda call: [[
            "benchmarks/gan/inpainting.py", str(call.data / "garments-256" / "test"),
            "--masks", str(call.data / "packshots-640" / "rgba"), "--checkpoint",
            str(call.out / "inpaint.safetensors"), "--json", str(call.out / "against-peers.json"),
            "--sheet", str(call.out / "sheet.jpg"),
        ]],
    ),
    "cutout": Plan(
        "where the product is; 6,000 CPU s, needs --layers",
        _cutouts("train", 6000), "cutout.json", "cutout.json", needs_layers=True,
    ),
    "edge": Plan(
        "the outline at full size; 1,200 CPU s, needs --layers",
        _cutouts("train_edge", 1200, str(SHIPPED / "cutout.safetensors")), "edge.json", "edge.json",
        needs_layers=True,
    ),
    "inspector": Plan(
        "what a judge would say of a cut-out; 2,000 CPU s, needs --layers",
        _cutouts("train_inspector", 2000, str(SHIPPED)), "inspector.json", "inspector.json", needs_layers=True,
    ),
    "verifier": Plan(
        "whether two pictures of a stitch really match; about 260 CPU s",
        lambda call: [
            "-m", "training.stitches.train", str(call.data / "garments-256" / "train"),
            "--out", str(call.out / "verifier.safetensors"), "--examples", call.of(3000), *_GARMENTS,
        ],
        "verifier.json",
        "match-verifier.json",
    ),
}  # fmt: skip


def main(argv: list[str] | None = None) -> int:
    """0: all is trained; 4: more to do; else the status of the training that failed."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "data", type=Path, nargs="?", help="the folder that holds garments-256 and packshots-640"
    )
    parser.add_argument("--out", type=Path, default=Path("runs"))
    parser.add_argument("--only", nargs="+", choices=sorted(PLANS), metavar="NAME")
    parser.add_argument("--share", type=float, default=1.0, help="of every budget")
    parser.add_argument("--piece", type=float, help="end this call after so many seconds")
    parser.add_argument("--layers", type=Path, help="rendered products (docs/how-to/train.md)")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--list", action="store_true", help="what there is to train, and its budget")
    arguments = parser.parse_args(argv)
    if arguments.list or arguments.data is None:
        for name, plan in PLANS.items():
            print(f"{name:14} {plan.what}")
        return 0
    end = time.monotonic() + arguments.piece if arguments.piece else None
    names = arguments.only or [
        name
        for name, plan in PLANS.items()
        if (arguments.device != "cpu" or not plan.needs_gpu) and (arguments.layers or not plan.needs_layers)
    ]
    layers = arguments.layers.resolve() if arguments.layers else None
    for name in names:
        folder = arguments.out.resolve() / name
        call = Call(
            arguments.data.resolve(),
            folder,
            arguments.share,
            arguments.device,
            arguments.threads,
            layers,
        )
        status = _run(name, PLANS[name], call, end)
        if status:
            return status
    for name in names:
        _compare(PLANS[name], arguments.out.resolve() / name)
    return 0


def _run(name: str, plan: Plan, call: Call, end: float | None) -> int:
    """Trains and draws one checkpoint, unless that is done; 0 when it is."""
    done = call.out / "done.json"
    if done.exists():
        print(f"{name}: done before", flush=True)
        return 0
    call.out.mkdir(parents=True, exist_ok=True)
    spent = call.out / "wall-seconds.txt"
    began = time.monotonic()
    before = float(spent.read_text()) if spent.exists() else 0.0
    statuses = []
    for number, command in enumerate([plan.train(call), *plan.sheets(call)]):
        print(f"{name}: python {' '.join(command)}", flush=True)
        statuses.append(_call(command, call.threads, end))
        seconds = before + time.monotonic() - began
        spent.write_text(f"{seconds:.0f}")
        allowed = (0, _NOT_OFFERABLE) if number == 0 else (0,)
        if statuses[-1] not in allowed:
            return statuses[-1]
    done.write_text(json.dumps({"wall_seconds": round(seconds), "offerable": statuses[0] == 0}) + "\n")
    return 0


def _call(command: list[str], threads: int, end: float | None) -> int:
    """The status of a command, killed at `end`: every training keeps its state as it goes."""
    environment = os.environ | {"OMP_NUM_THREADS": str(threads), "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen([sys.executable, *command], cwd=ROOT, env=environment)  # noqa: S603
    try:
        return process.wait(None if end is None else max(0.0, end - time.monotonic()))
    except subprocess.TimeoutExpired:
        return MORE_TO_DO
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
            process.wait()


def _compare(plan: Plan, folder: Path) -> None:
    for whose, card in (("new", folder / plan.result), ("shipped", SHIPPED / plan.shipped)):
        if not card.is_file():
            print(f"{folder.name:14} {whose:8} none")
            continue
        values = json.loads(card.read_text(encoding="utf-8"))
        figures = values.get("test_metrics") or values.get("metrics") or {
            k: values[k] for k in ("validation", "loss") if k in values
        }  # fmt: skip
        print(f"{folder.name:14} {whose:8} {json.dumps(figures)}")


if __name__ == "__main__":
    sys.exit(main())
