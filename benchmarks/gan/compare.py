"""The article's dense GAN, a DCGAN and ours: same photographs, same loop, same processor time, same judge, one table.

    python benchmarks/gan/compare.py ../shared/data/garments-256 --seconds 1200 --seeds 0 --out runs/compare

Every peer and seed is a process of its own with one thread and `--seconds` of processor time for its training,
looks at the validation photographs included, so that what else the machine does is unfair to nobody. Schedules
run to their end over that time. A run that was killed goes on when the same command is given again, and one that
is done is not run again. Each peer is judged eight times on validation photographs and its best generator is
measured on the test photographs, which no choice has seen, with as many generated pictures as there are
photographs, beside what real training photographs reach. The article's network also runs at its own 28 px in
grey (`article-28`) and is judged against photographs made grey and small in the same way, and at 64 px in
colour, where it meets the others.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from prodgen_django.gan import GanConfig, PhotoDataset, Sampler
from prodgen_django.gan import metrics as figures
from prodgen_django.gan.extractor import Extractor
from prodgen_django.gan.sampling import picture_grid
from prodgen_django.gan.training import CatalogRun
from prodgen_django.imagefile import encode_image

#: Only the clock ends a run here.
ENDLESS = {"images": 10**9, "epochs": None}
PEERS = {
    "article-28": GanConfig.preset("article-28", **ENDLESS),
    "dense-64": GanConfig.preset("article-28", **ENDLESS, name="dense-64", resolution=64, channels=3),
    "dcgan-64": GanConfig.preset("dcgan-64", **ENDLESS),
    "ours (cpu-64)": GanConfig.preset("cpu-64", **ENDLESS),
}
#: Images a processor second, roughly: only to spread the eight judgements over the budget.
_RATE = {"article-28": 2500, "dense-64": 1500, "dcgan-64": 190, "ours (cpu-64)": 38}
_JUDGEMENTS = 8


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


def run_one(name: str, seed: int, arguments: argparse.Namespace) -> None:
    """Trains one peer to the end of its time, from where it was, and writes its figures."""
    torch.set_num_threads(1)
    seconds: float = arguments.seconds
    every = max(1, int(_RATE[name] * seconds / _JUDGEMENTS))
    config = replace(PEERS[name], seed=seed, evaluate_every=every)
    parts = load(arguments.folder, config.resolution, config.channels == 1)
    folder = place(arguments.out, name, seed)
    extractor = Extractor.load()
    run = CatalogRun(
        config, parts["train"], folder, seconds, None, parts["validation"], "cpu", None, time.process_time
    )
    result = run.train(None, resume=True)
    sampler = Sampler.load(result.checkpoint)
    row = {
        "peer": name, "seed": seed, "budget": seconds, "cpu_seconds": round(result.seconds, 1),
        "images": result.images, "epochs": round(result.images / len(parts["train"]), 1),
        "images_per_cpu_second": round(result.images / result.seconds, 1),
        "parameters": sampler.card["parameters"], "chosen_at_images": sampler.card["images"],
        "validation_kid": [round(h["kid"], 4) for h in result.history],
        **measure(sampler, parts, extractor, 0),
    }  # fmt: skip
    (folder / "figures.json").write_text(json.dumps(row), encoding="utf-8")
    pictures = sampler.sample(20, seed=1)
    if pictures.shape[1] != 64:
        import cv2

        pictures = np.stack([cv2.resize(p, (64, 64), interpolation=cv2.INTER_CUBIC) for p in pictures])
    np.save(folder / "samples.npy", pictures)
    print(json.dumps(row), flush=True)


def place(out: Path, name: str, seed: int) -> Path:
    """The folder of one run."""
    return out / f"{''.join(c if c.isalnum() else '-' for c in name).strip('-')}-{seed}"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument(
        "--seconds", type=float, default=1800, help="processor seconds of training for each peer"
    )
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    parser.add_argument("--peers", nargs="+", choices=list(PEERS), default=list(PEERS))
    parser.add_argument("--out", type=Path, required=True, help="where the runs are kept")
    parser.add_argument("--parallel", type=int, default=1, help="runs at a time, a core each")
    parser.add_argument("--json", type=Path, help="where to write the figures")
    parser.add_argument("--sheet", type=Path, help="where to write unpicked samples, a row a peer (PNG)")
    arguments = parser.parse_args()
    wanted = [(name, seed) for seed in arguments.seeds for name in arguments.peers]
    missing = [w for w in wanted if not (place(arguments.out, *w) / "figures.json").exists()]
    if len(wanted) == 1 and missing:
        run_one(*wanted[0], arguments)
        missing = []
    running: list[subprocess.Popen[bytes]] = []
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    for name, seed in missing:
        while len([p for p in running if p.poll() is None]) >= arguments.parallel:
            time.sleep(1)
        running.append(
            subprocess.Popen(
                [
                    sys.executable, __file__, str(arguments.folder), "--seconds", str(arguments.seconds),
                    "--seeds", str(seed), "--peers", name, "--out", str(arguments.out),
                ],
                env=environment, stdout=subprocess.DEVNULL,
            )
        )  # fmt: skip
    if any(p.wait() for p in running):
        sys.exit("a run failed; give the same command again to go on")
    rows = [json.loads((place(arguments.out, *w) / "figures.json").read_text()) for w in wanted]
    if any(row["budget"] != arguments.seconds for row in rows):
        sys.exit("the folder holds runs of another length")
    table(rows, arguments.peers)
    if arguments.json:
        arguments.json.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
    if arguments.sheet:
        first = [
            np.load(place(arguments.out, n, arguments.seeds[0]) / "samples.npy") for n in arguments.peers
        ]
        grid = picture_grid(np.concatenate(first), 20)
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
