"""Trains the scene generator: `python -m prodgen_django.studio.light pack FOLDER pairs.npz`, then
`… scene pairs.npz OUT`. Run again to go on where it was stopped."""

from __future__ import annotations

import argparse
import shlex
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import torch

from prodgen_django.gan.running import TrainProgress

from .pairs import Pairs
from .scene_training import SCENE, SceneRun


def main(argv: list[str] | None = None) -> int:
    """0 where the result may be used, 3 where it may not."""
    parser = argparse.ArgumentParser(prog="python -m prodgen_django.studio.light", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    pack = commands.add_parser("pack", help="rendered scenes into one file")
    pack.add_argument("folder", type=Path)
    pack.add_argument("out", type=Path)
    training = commands.add_parser("scene", help="train the scene generator")
    training.add_argument("pairs", type=Path, help="a pack, or a folder of rendered scenes")
    training.add_argument("out", type=Path)
    training.add_argument("--seconds", type=float, help="of work in all, over every run in OUT")
    training.add_argument("--processor-time", action="store_true")
    training.add_argument("--images", type=int)
    training.add_argument("--seed", type=int, default=0)
    training.add_argument("--threads", type=int, default=1)
    training.add_argument("--device", default="auto")
    training.add_argument(
        "--adversarial", type=float, default=SCENE.adversarial, help="its weight; 0: no discriminator"
    )
    arguments = parser.parse_args(argv)
    if arguments.command == "pack":
        pairs = Pairs.load(arguments.folder)
        pairs.save(arguments.out)
        print(f"{len(pairs)} scenes of {pairs.side} px in {arguments.out.name}", flush=True)
        return 0
    return _train(arguments, argv)


def _train(arguments: argparse.Namespace, argv: list[str] | None) -> int:
    torch.set_num_threads(arguments.threads)
    cv2.setNumThreads(arguments.threads)
    pairs = Pairs.load(arguments.pairs)
    clock: Callable[[], float] = time.process_time if arguments.processor_time else time.monotonic
    card = {
        "command": "python -m prodgen_django.studio.light " + shlex.join(_public(argv or sys.argv[1:])),
        "data_name": "rendered scenes (example_shop/catalogue/light_pairs.py, CC0 1.0)",
        "licence": "CC0-1.0",
    }
    config = replace(SCENE, seed=arguments.seed, adversarial=arguments.adversarial)
    run = SceneRun(
        config, pairs, arguments.out, arguments.seconds, arguments.images, None,
        arguments.device, card, clock,
    )  # fmt: skip
    print(f"{len(run.train_set)} scenes to learn from, {len(run.held_out)} to judge by", flush=True)
    told: list[int] = []

    def progress(now: TrainProgress) -> None:
        if now.sample_grid is not None:
            arguments.out.mkdir(parents=True, exist_ok=True)
            cv2.imwrite(str(arguments.out / "sheet.png"), now.sample_grid[..., ::-1])
        if now.metrics.get("step", 0) not in told:
            told.append(now.metrics.get("step", 0))
            print(
                f"{now.images} images, {now.seconds:.0f} s: {_short(now.metrics)} {_short(now.losses)}",
                flush=True,
            )

    result = run.train(progress, resume=True)
    print(f"{result.stopped_reason}: {_short(result.best_metrics)}", flush=True)
    return 0 if result.card["offerable"] else 3


def _short(values: dict[str, Any]) -> dict[str, Any]:
    return {k: round(v, 4) if isinstance(v, float) else v for k, v in values.items()}


def _public(words: list[str]) -> list[str]:
    """Without folders of this machine."""
    return [Path(word).name if "/" in word else word for word in words]


if __name__ == "__main__":
    sys.exit(main())
