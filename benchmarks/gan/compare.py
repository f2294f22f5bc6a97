"""The article's dense GAN, a DCGAN and ours: same photographs, same loop, same time, same judge, one table.

    python benchmarks/gan/compare.py ../shared/data/garments-256 --seconds 480 --seeds 0 1 2

The peers take turns in slices of a few seconds in one process, so that a machine that others load slows all
of them alike; each gets `--seconds` of processor time for its training steps. All are judged on the test
photographs, which no choice has seen, with as many generated pictures as there are photographs, beside what
real training photographs reach. The article's network also runs at its own 28 px in grey (`article-28`) and
is judged against photographs made grey and small in the same way, and at 64 px in colour, where it meets the
others.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from prodgen_django.gan import GanConfig, PhotoDataset, Sampler, training
from prodgen_django.gan import metrics as figures
from prodgen_django.gan.extractor import Extractor
from prodgen_django.gan.sampling import picture_grid
from prodgen_django.imagefile import encode_image

ENDLESS = {"images": 10**9, "epochs": None, "evaluate_every": 10**9, "evaluate_samples": 64}
PEERS = {
    "article-28": GanConfig.preset("article-28", **ENDLESS),
    "dense-64": GanConfig.preset("article-28", **ENDLESS, name="dense-64", resolution=64, channels=3),
    "dcgan-64": GanConfig.preset("dcgan-64", **ENDLESS),
    "ours (cpu-64)": GanConfig.preset("cpu-64", **ENDLESS),
}


class Runner:
    """One peer under training, a slice at a time. Its budget is processor time, counted while it has its
    turn."""

    def __init__(self, config: GanConfig, data: PhotoDataset, held: PhotoDataset, seconds: float) -> None:
        # The loop's own parts, driven by a clock of ours instead of the wall's.
        self.run = training._Run(
            config, data, Path(tempfile.mkdtemp()), seconds, None, held, None, "cpu", None
        )
        self.seconds = seconds

    @property
    def done(self) -> bool:
        return self.run.seconds >= self.seconds

    def turn(self, length: float) -> None:
        started = time.process_time()
        before = self.run.seconds
        while not self.done and time.process_time() - started < length:
            self.run.train_step()
            self.run.seconds = before + time.process_time() - started

    def finish(self) -> Sampler:
        self.run.judge()
        return Sampler.load(self.run.checkpoint)


def load(folder: Path, size: int, grey: bool) -> dict[str, PhotoDataset]:
    """train, validation and test at one size."""
    parts = {part: PhotoDataset.from_folder(folder / part, size) for part in ("train", "validation", "test")}
    if grey:
        for part, data in parts.items():
            values = np.rint(data.images @ np.array([0.299, 0.587, 0.114])).astype(np.uint8)
            images = np.repeat(values[..., None], 3, axis=3)
            parts[part] = PhotoDataset(images, data.targets, data.labels, data.keys)
    parts["test"] = with_mix_of(parts["train"], parts["test"])
    return parts


def with_mix_of(reference: PhotoDataset, data: PhotoDataset) -> PhotoDataset:
    """As many photos of every label as keep the label mix of `reference`.

    The test photographs are mixed otherwise than the training photographs. A network without labels cannot
    follow that, and would be punished for what is no fault of its pictures.
    """
    share = np.bincount(reference.targets, minlength=len(reference.labels)) / len(reference)
    there = np.bincount(data.targets, minlength=len(data.labels))
    total = float((there / share).min())
    keep = [np.flatnonzero(data.targets == c)[: int(total * share[c])] for c in range(len(data.labels))]
    return data.subset(np.sort(np.concatenate(keep)))


def measure(
    sampler: Sampler, parts: dict[str, PhotoDataset], extractor: Extractor, seed: int
) -> dict[str, Any]:
    """Figures on the test photographs, by as many pictures, mixed as the training photographs are."""
    started = time.process_time()
    pictures = sampler.sample(len(parts["test"]), seed=seed)
    rate = len(pictures) / (time.process_time() - started)
    features = [extractor(x)[0] for x in (pictures, parts["train"].images, parts["test"].images)]
    return figures.judge(*features, extractor) | {"generated_per_cpu_second": round(rate, 1)}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument(
        "--seconds", type=float, default=480, help="processor seconds of training for each peer"
    )
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    parser.add_argument("--slice", type=float, default=10, help="processor seconds of a turn")
    parser.add_argument("--peers", nargs="+", choices=list(PEERS), default=list(PEERS))
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--json", type=Path, help="where to write the figures")
    parser.add_argument("--sheet", type=Path, help="where to write unpicked samples, a row a peer (PNG)")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    extractor = Extractor.load()
    sets = {
        (c.resolution, c.channels): load(arguments.folder, c.resolution, c.channels == 1)
        for c in (PEERS[name] for name in arguments.peers)
    }
    rows: list[dict[str, Any]] = []
    sheet = []
    for seed in arguments.seeds:
        runners = {}
        for name in arguments.peers:
            config = replace(PEERS[name], seed=seed)
            parts = sets[config.resolution, config.channels]
            runners[name] = Runner(config, parts["train"], parts["validation"], arguments.seconds)
        loads = []
        while not all(r.done for r in runners.values()):
            for runner in runners.values():
                runner.turn(arguments.slice)
            loads.append(os.getloadavg()[0])
        for name, runner in runners.items():
            sampler = runner.finish()
            parts = sets[runner.run.config.resolution, runner.run.config.channels]
            found = measure(sampler, parts, extractor, seed)
            rows.append(
                {
                    "peer": name, "seed": seed, "cpu_seconds": round(runner.run.seconds, 1),
                    "images": runner.run.images, "epochs": round(runner.run.images / len(parts["train"]), 1),
                    "images_per_cpu_second": round(runner.run.images / runner.run.seconds, 1),
                    "parameters": sampler.card["parameters"], "load": round(float(np.median(loads)), 1),
                    **found,
                }
            )  # fmt: skip
            print(json.dumps(rows[-1]), flush=True)
            if seed == arguments.seeds[0]:
                pictures = sampler.sample(20, seed=1)
                if pictures.shape[1] != 64:
                    import cv2

                    pictures = np.stack(
                        [cv2.resize(p, (64, 64), interpolation=cv2.INTER_CUBIC) for p in pictures]
                    )
                sheet.append(pictures)
    table(rows, arguments.peers)
    if arguments.json:
        arguments.json.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
    if arguments.sheet:
        grid = picture_grid(np.concatenate(sheet), 20)
        arguments.sheet.write_bytes(encode_image(grid, format="png", source_type="trainedAlgorithmicMedia"))


def table(rows: list[dict[str, Any]], peers: list[str]) -> None:
    """Medians over the seeds, and ours as a share of the DCGAN's."""
    names = (
        "kid",
        "kid_floor",
        "fd",
        "fd_floor",
        "precision",
        "recall",
        "coverage",
        "nn_ratio",
        "images_per_cpu_second",
    )

    def median(peer: str, name: str) -> float:
        return float(np.median([r[name] for r in rows if r["peer"] == peer]))

    print(f"{'':16}" + "".join(f"{n[:11]:>12}" for n in names))
    for peer in peers:
        print(f"{peer:16}" + "".join(f"{median(peer, n):12.3f}" for n in names))
    if {"ours (cpu-64)", "dcgan-64"} <= set(peers):
        ratios = {n: median("ours (cpu-64)", n) / median("dcgan-64", n) for n in ("kid", "coverage")}
        print(
            f"ours / DCGAN: KID {ratios['kid']:.2f} (aim: at most 0.4), "
            f"coverage {ratios['coverage']:.2f} (aim: at least 2)"
        )


if __name__ == "__main__":
    main()
