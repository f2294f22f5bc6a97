"""Without Django: `python -m prodgen_django.gan train FOLDER OUT`, `… sample CHECKPOINT SHEET.png` and
`… pack FOLDER OUT --size 128`, which makes of a folder of photographs two files that `train` takes in its place."""

from __future__ import annotations

import argparse
import shlex
import sys
import time
from pathlib import Path

import torch

from prodgen_django.gan.config import PRESETS, GanConfig
from prodgen_django.gan.dataset import PhotoDataset
from prodgen_django.gan.inpainting_training import train_inpainter
from prodgen_django.gan.sampling import Sampler, picture_grid
from prodgen_django.gan.training import TrainProgress, train


def main(argv: list[str] | None = None) -> int:
    """Entry point; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m prodgen_django.gan", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    training = commands.add_parser(
        "train", help="train on a folder of <label>/<photo> files, or on a pack; run again to go on"
    )
    training.add_argument("folder", type=Path)
    training.add_argument("out", type=Path)
    training.add_argument("--preset", choices=sorted(PRESETS), default="cpu-64")
    training.add_argument("--validation", type=Path, help="photos to judge by, instead of a share of FOLDER")
    training.add_argument("--seconds", type=float, help="of work in all, over every run in OUT")
    training.add_argument(
        "--processor-time", action="store_true", help="count the processor's seconds and not the wall's"
    )
    training.add_argument(
        "--size", type=int, help="side of the prepared photos; an inpainter cuts its crops out of larger ones"
    )
    training.add_argument("--images", type=int)
    training.add_argument("--seed", type=int, default=0)
    training.add_argument("--threads", type=int, default=0, help="0: as many as torch likes")
    training.add_argument("--device", default="auto")
    training.add_argument("--data-name", default="", help="what the photographs are called on the card")
    training.add_argument("--licence", default="", help="licence of the photographs and of the weights")
    packing = commands.add_parser("pack", help="prepare photos once, as two files for another machine")
    packing.add_argument("folder", type=Path)
    packing.add_argument("out", type=Path)
    packing.add_argument("--size", type=int, required=True, help="side of the prepared photos in pixels")
    sampling = commands.add_parser("sample", help="a sheet of unpicked pictures, a row a label, as PNG")
    sampling.add_argument("checkpoint", type=Path)
    sampling.add_argument("sheet", type=Path)
    sampling.add_argument("--columns", type=int, default=8)
    sampling.add_argument("--seed", type=int, default=0)
    sampling.add_argument("--truncation", type=float, default=1.0)
    arguments = parser.parse_args(argv)
    if arguments.command == "pack":
        return _pack(arguments)
    return _train(arguments, argv) if arguments.command == "train" else _sample(arguments)


def _pack(arguments: argparse.Namespace) -> int:
    dataset = PhotoDataset.from_folder(arguments.folder, arguments.size, arguments.out)
    print(f"{len(dataset)} photos of {len(dataset.labels)} labels; left out: {dataset.report.reasons}")
    return 0


def _photos(folder: Path, size: int, cache: Path) -> PhotoDataset:
    """A folder of photographs, or what `pack` made of one."""
    if (folder / f"{size}.json").exists():
        return PhotoDataset.from_pack(folder, size)
    return PhotoDataset.from_folder(folder, size, cache)


def _train(arguments: argparse.Namespace, argv: list[str] | None) -> int:
    if arguments.threads:
        torch.set_num_threads(arguments.threads)
    config = GanConfig.preset(arguments.preset, seed=arguments.seed)
    fills = config.architecture == "fill"
    size = arguments.size or (2 if fills else 1) * config.resolution
    cache = arguments.out / "photos"
    dataset = _photos(arguments.folder, size, cache)
    validation = None
    if arguments.validation:
        validation = _photos(arguments.validation, size, cache / "validation")
    print(
        f"{len(dataset)} photos of {len(dataset.labels)} labels; left out: {dataset.report.reasons}",
        flush=True,
    )

    def tell(progress: TrainProgress) -> None:
        losses = " ".join(f"{name} {value:.3g}" for name, value in progress.losses.items())
        shown = ("kid", "coverage", "rms", "rms_membrane")
        kid = "".join(f" {n} {progress.metrics[n]:.3f}" for n in shown if n in progress.metrics)
        print(
            f"{progress.fraction:6.1%} {progress.images} images {progress.seconds:.0f} s  {losses}{kid}",
            flush=True,
        )

    words = [Path(a).name if "/" in a else a for a in (sys.argv[1:] if argv is None else argv)]
    facts = {
        "command": "python -m prodgen_django.gan " + shlex.join(words),
        "data_name": arguments.data_name,
        "licence": arguments.licence,
        "threads": torch.get_num_threads(),
    }
    result = (train_inpainter if fills else train)(
        config, dataset, arguments.out, arguments.seconds, arguments.images, tell,
        validation=validation, device=arguments.device, card=facts,
        clock=time.process_time if arguments.processor_time else time.monotonic,
    )  # fmt: skip
    print(result.checkpoint, result.best_metrics)
    return 0 if result.card["offerable"] else 3


def _sample(arguments: argparse.Namespace) -> int:
    from prodgen_django.imagefile import encode_image

    sampler = Sampler.load(arguments.checkpoint)
    rows = [
        image
        for label in sampler.labels
        for image in sampler.sample(arguments.columns, label, arguments.seed, arguments.truncation)
    ]
    sheet = picture_grid(torch.stack([torch.from_numpy(r) for r in rows]).numpy(), arguments.columns)
    arguments.sheet.write_bytes(encode_image(sheet, format="png", source_type="trainedAlgorithmicMedia"))
    print(arguments.sheet, ", ".join(sampler.labels))
    return 0


if __name__ == "__main__":
    sys.exit(main())
