"""What the learnt light adds to the deterministic one, on sets with a known truth.

    python -m benchmarks.stitching.light --data FOLDER [--levels hard,low_texture,multi] [--weights FILE]

FOLDER holds synthetic/<set>/{0..n}.jpg with meta.json and truth/<picture>.jpg (see `benchmarks.stitching`).
Every set is stitched on the same geometry with the jointly fitted light alone, with the rules that the network
starts from, and with the network or a part of it. PSNR is against the truth after one gain and bias a
channel, in the overlaps and everywhere.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

import cv2
import numpy as np

from prodgen_django.stitching import StitchError, StitchResult, stitch
from prodgen_django.stitching.learned import Correction, Touch, light

Change = Callable[[Touch], Touch]


def _flat(touch: Touch) -> Touch:
    return Touch(touch.correction, np.ones_like(touch.preference))


def _no_grids(touch: Touch) -> Touch:
    return Touch(Correction.none(), touch.preference)


VARIANTS: dict[str, tuple[bool, tuple[Change, ...]] | None] = {
    "joint fit": None,
    "+ even average": (False, (_flat, _no_grids)),
    "+ burnt-out rules": (False, ()),
    "network's seam": (True, (_no_grids,)),
    "network's grids": (True, (_flat,)),
    "network": (True, ()),
}
"""Name to (does the network speak, what of it is taken away); None: neither network nor rules."""


@contextmanager
def _changed(changes: tuple[Change, ...] | None) -> Iterator[None]:
    """Stitching with what the network says changed."""
    original = light.touch_up

    def altered(*arguments: Any, **named: Any) -> list[Touch] | None:
        if changes is None:
            return None
        touches = original(*arguments, **named)
        for change in changes:
            touches = [change(t) for t in touches]
        return touches

    with mock.patch.object(sys.modules["prodgen_django.stitching.mosaic"], "touch_up", altered):
        yield


def psnr(meta: dict[str, Any], result: StitchResult, truth: np.ndarray) -> tuple[float, float]:
    """(in the overlaps, everywhere), decibels."""
    height, width = truth.shape[:2]
    grid = np.array([[x, y] for x in (0.1, 0.5, 0.9) for y in (0.1, 0.5, 0.9)])
    here, there = [], []
    count = np.zeros((height, width), np.uint8)
    for size, true, found in zip(meta["size"], meta["G"], result.transforms, strict=True):
        outline = np.array([[0, 0], [size[0] - 1, 0], [size[0] - 1, size[1] - 1], [0, size[1] - 1]], float)
        inside = np.zeros((height, width), np.uint8)
        cv2.fillConvexPoly(inside, np.round(_move(np.array(true), outline)).astype(np.int32), 1)
        count += inside
        if found is not None:
            here.append(_move(found, grid * size))
            there.append(_move(np.array(true), grid * size))
    matrix, _ = cv2.findHomography(np.concatenate(here), np.concatenate(there), 0)
    shrink = min(1.0, 1200 / max(result.image.shape[:2]))
    small = cv2.resize(result.image, None, fx=shrink, fy=shrink, interpolation=cv2.INTER_AREA)
    fx, fy = small.shape[1] / result.image.shape[1], small.shape[0] / result.image.shape[0]
    to_small = np.array([[fx, 0, 0.5 * fx - 0.5], [0, fy, 0.5 * fy - 0.5], [0, 0, 1]])
    drawn = cv2.warpPerspective(
        small, matrix @ np.linalg.inv(to_small), (width, height), flags=cv2.INTER_CUBIC
    )
    valid = cv2.warpPerspective(
        result.mask.astype(np.uint8), matrix, (width, height), flags=cv2.INTER_NEAREST
    )
    cross = np.ones((5, 5), np.uint8)
    every = cv2.erode(((count > 0) & (valid > 0)).astype(np.uint8), cross) > 0
    shared = cv2.erode(((count > 1) & (valid > 0)).astype(np.uint8), cross) > 0
    error = np.zeros((height, width))
    for c in range(3):
        x, y = drawn[..., c][every].astype(float), truth[..., c][every].astype(float)
        gain = np.cov(x, y)[0, 1] / (x.var() + 1e-6)
        fitted = np.clip((drawn[..., c] - x.mean()) * gain + y.mean(), 0, 255)
        error += (fitted - truth[..., c]) ** 2 / 3
    over, whole = (10 * np.log10(65025 / max(1e-6, float(error[m].mean()))) for m in (shared, every))
    return over, whole


def _move(matrix: np.ndarray, points: np.ndarray) -> np.ndarray:
    moved = np.c_[points, np.ones(len(points))] @ matrix.T
    return moved[:, :2] / moved[:, 2:]


def run(data: Path, levels: list[str]) -> list[dict[str, Any]]:
    rows = []
    for path in sorted(data.glob("synthetic/*/meta.json")):
        meta = json.loads(path.read_text())
        if meta["level"] not in levels:
            continue
        images = [np.ascontiguousarray(cv2.imread(str(path.parent / f))[..., ::-1]) for f in meta["images"]]
        truth = cv2.imread(str(data / "truth" / f"{meta['truth']}.jpg"))[..., ::-1]
        row: dict[str, Any] = {"set": meta["id"], "level": meta["level"]}
        try:
            for name, changes in VARIANTS.items():
                speaks, taken = changes or (False, None)
                with _changed(taken):
                    made = stitch(images, learned=speaks)
                row[name] = psnr(meta, made, truth)
        except StitchError as error:
            print(f"{meta['id']}: {error.code}")
            continue
        rows.append(row)
        print(".", end="", flush=True)
    print()
    return rows


def show(rows: list[dict[str, Any]], levels: list[str]) -> None:
    print(
        f"{'PSNR, mean (dB)':18}" + "".join(f"{name:>20}" for name in VARIANTS) + "   (overlap, everywhere)"
    )
    for level in [*levels, "all"]:
        mine = [r for r in rows if level in (r["level"], "all")]
        if not mine:
            continue
        line = f"{level:12}{len(mine):>4}  "
        for name in VARIANTS:
            over, whole = np.mean([r[name] for r in mine], 0)
            line += f"{over:>12.2f}{whole:>8.2f}"
        print(line)
    for name in list(VARIANTS)[1:]:
        gains = np.array([np.subtract(r[name], r["joint fit"]) for r in rows])
        print(
            f"{name} over the joint fit: overlap mean {gains[:, 0].mean():+.2f} median "
            f"{np.median(gains[:, 0]):+.2f} worst {gains[:, 0].min():+.2f}; everywhere mean "
            f"{gains[:, 1].mean():+.2f} median {np.median(gains[:, 1]):+.2f} worst {gains[:, 1].min():+.2f} dB"
        )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--levels", default="hard,low_texture,multi")
    parser.add_argument(
        "--variants", default="", help="comma-separated names besides the joint fit; all by default"
    )
    parser.add_argument("--weights", type=Path, help="instead of the shipped ones")
    asked = parser.parse_args()
    cv2.setNumThreads(1)
    if asked.weights:
        light.LIGHT = asked.weights
    wanted = asked.levels.split(",")
    if asked.variants:
        keep = ["joint fit", *asked.variants.split(",")]
        VARIANTS = {name: VARIANTS[name] for name in keep}
    show(run(asked.data, wanted), wanted)
