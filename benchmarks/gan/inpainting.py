"""Filling holes: ours against OpenCV's Telea and Navier-Stokes and against our own plain membrane, in one run.

    python benchmarks/gan/inpainting.py ../shared/data/garments-256/test --masks ../shared/data/packshots-640/rgba

Photographs that training has not seen, at 256 px, each with two holes: the silhouette of a real product (`--masks`: a
folder of PNGs with alpha, turned by chance) or a drawn one, and a random one. The error is the root mean square over
all pixels in all holes, in grey levels 0..255; the ratio is ours over the best peer's. Processor milliseconds a
picture stand beside it. `--sheet` writes rows of photo with hole, Telea, Navier-Stokes, membrane, ours, photo.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from prodgen_django.gan import PhotoDataset, inpaint
from prodgen_django.gan.holes import product_hole, random_hole
from prodgen_django.gan.sampling import picture_grid
from prodgen_django.imagefile import encode_image, load_image

Fill = Callable[[NDArray[np.uint8], NDArray[np.bool_]], NDArray[np.uint8]]


def telea(image: NDArray[np.uint8], hole: NDArray[np.bool_]) -> NDArray[np.uint8]:
    return cv2.inpaint(image, hole.astype(np.uint8), 5, cv2.INPAINT_TELEA)


def navier_stokes(image: NDArray[np.uint8], hole: NDArray[np.bool_]) -> NDArray[np.uint8]:
    return cv2.inpaint(image, hole.astype(np.uint8), 5, cv2.INPAINT_NS)


def silhouette(files: list[Path], side: int, rng: np.random.Generator) -> NDArray[np.bool_]:
    """A real product's outline, scaled, turned and placed by chance; 4 to 45 % of the picture."""
    while True:
        pixels = load_image(files[rng.integers(len(files))].read_bytes())
        alpha = (pixels[..., 3] if pixels.shape[2] == 4 else pixels[..., 0]) > 127
        scale = rng.uniform(0.4, 0.9) * side / max(alpha.shape)
        middle = (alpha.shape[1] / 2, alpha.shape[0] / 2)
        turn = cv2.getRotationMatrix2D(middle, rng.normal(0, 25), scale)
        turn[:, 2] += rng.uniform(0.3, 0.7, 2) * side - middle
        hole = cv2.warpAffine(alpha.astype(np.uint8), turn, (side, side), flags=cv2.INTER_NEAREST) > 0
        if 0.04 < hole.mean() < 0.45:
            return hole


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--checkpoint", type=Path, help="default: the one that ships")
    parser.add_argument("--masks", type=Path, help="a folder of PNGs whose alpha is a real product's")
    parser.add_argument("--limit", type=int, default=100, help="photographs, evenly picked")
    parser.add_argument("--working-side", type=int, nargs="+", default=[192])
    parser.add_argument("--json", type=Path)
    parser.add_argument("--sheet", type=Path)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    data = PhotoDataset.from_folder(arguments.folder, 256)
    masks = sorted(arguments.masks.glob("*.png")) if arguments.masks else []
    fills: dict[str, Fill] = {
        "telea": telea,
        "navier-stokes": navier_stokes,
        "membrane": lambda image, hole: inpaint(image, hole, trained=False, working_side=256),
    }
    for side in arguments.working_side:
        fills[f"ours at {side}"] = lambda image, hole, side=side: inpaint(  # type: ignore[misc]
            image, hole, arguments.checkpoint, working_side=side
        )
    squares = {kind: dict.fromkeys(fills, 0.0) for kind in ("product", "random")}
    pixels = dict.fromkeys(squares, 0)
    seconds = dict.fromkeys(fills, 0.0)
    rows: list[NDArray[np.uint8]] = []
    pick = np.linspace(0, len(data) - 1, min(arguments.limit, len(data))).astype(int)
    for number, index in enumerate(pick):
        photo = np.ascontiguousarray(data.images[index])
        rng = np.random.default_rng([7, int(index)])
        holes = {
            "product": silhouette(masks, 256, rng) if masks else product_hole(256, rng),
            "random": random_hole(256, rng),
        }
        for kind, hole in holes.items():
            pixels[kind] += 3 * int(hole.sum())
            made = {}
            for name, fill in fills.items():
                started = time.process_time()
                made[name] = fill(photo, hole)
                seconds[name] += time.process_time() - started
                squares[kind][name] += float(((made[name].astype(float) - photo)[hole] ** 2).sum())
            if kind == "product" and number % max(1, len(pick) // 10) == 0:
                rows += [np.where(hole[..., None], np.uint8(0), photo), *made.values(), photo]
    figures = {
        kind: {name: round((total / pixels[kind]) ** 0.5, 2) for name, total in values.items()}
        for kind, values in squares.items()
    }
    ours = f"ours at {arguments.working_side[0]}"
    ratios = {k: round(v[ours] / min(v["telea"], v["navier-stokes"]), 3) for k, v in figures.items()}
    print(f"{len(pick)} photographs; RMS error inside the hole, grey levels")
    for name in fills:
        spent = 1000 * seconds[name] / (2 * len(pick))
        print(f"{name:14}" + "".join(f"{figures[k][name]:10.2f}" for k in figures) + f"{spent:10.0f} ms")
    print("ours / best peer:", ratios)
    if arguments.json:
        found = {"photographs": len(pick), "rms": figures, "ratio": ratios}
        arguments.json.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    if arguments.sheet:
        grid = picture_grid(np.stack(rows), len(fills) + 2)
        arguments.sheet.write_bytes(
            encode_image(grid, format="jpeg", source_type="compositeWithTrainedAlgorithmicMedia")
        )


if __name__ == "__main__":
    main()
