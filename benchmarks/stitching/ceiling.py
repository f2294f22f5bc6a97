"""How much better light and geometry could make a level: overlap PSNR with the true ones through our own blending.

python -m benchmarks.stitching.ceiling [--data FOLDER] [--bench FILE] [--level multi]

True geometry are the set's own homographies; true light is our model of it (gains, gamma, vignette), fitted to the
truth itself. What is left over gain compensation then is noise, JPEG and resampling, which no fit can mend.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from prodgen_django.stitching import model, photometry
from prodgen_django.stitching.small import Small

from .__main__ import SHARED, measure, yardstick
from .engines import gain_only, ours, replaced

Lights = tuple[list[photometry.Light], dict[str, float]]


def fitted(small: Small, truth: np.ndarray, to_truth: np.ndarray) -> photometry.Light:
    """Our model of light by robust least squares against the truth (RGB), given small pixels to truth pixels."""
    height, width = small.mask.shape
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    seen = cv2.warpPerspective(truth, to_truth, (width, height), flags=flags)
    a, b = (np.asarray(cv2.blur(p, (3, 3)), np.float64) for p in (small.pixels, seen))
    inside = cv2.erode(small.mask, np.ones((5, 5), np.uint8)) > 0
    use = inside & (np.minimum(a, b).min(2) > 6) & (np.maximum(a, b).max(2) < 249)
    radius, y, target = small.radius[use], np.log(a[use] / 255), np.log(b[use] / 255)
    count = len(radius)
    design = np.zeros((3 * count, 5))
    for c in range(3):
        rows = slice(c * count, (c + 1) * count)
        design[rows, 0], design[rows, 1 + c], design[rows, 4] = y[:, c], -1, radius * (1 + 0.15 * radius)
    known, weight = (target - y).T.ravel(), np.ones(3 * count)
    for _ in range(5):
        theta = np.linalg.lstsq(design * weight[:, None], known * weight, rcond=None)[0]
        weight = 1 / np.sqrt(1 + ((known - design @ theta) / 0.05) ** 2)
    return photometry.Light(theta[1:4], float(theta[0]), float(theta[4]))


def rows(bench: Any, folder: Path) -> dict[str, float]:
    meta = json.loads((folder / "meta.json").read_text())
    images = [np.asarray(cv2.imread(str(folder / f))) for f in meta["images"]]
    true = [np.array(g) for g in meta["G"]]
    pictures = [cv2.cvtColor(i, cv2.COLOR_BGR2RGB) for i in images]
    order = sorted(range(len(images)), key=lambda i: (images[i].shape, pictures[i].tobytes()))
    file = folder.parent.parent / "truth" / f"{meta['truth']}.jpg"
    truth = cv2.cvtColor(np.asarray(cv2.imread(str(file))), cv2.COLOR_BGR2RGB)
    choose = model.choose_plane

    def placed(sizes: Any, edges: Any, start: Any, middle: int) -> Any:
        plane, scores = choose(sizes, edges, start, middle)
        back = np.linalg.inv(true[order[middle]])
        plane.transforms = {k: (m := back @ true[order[k]]) / m[2, 2] for k in start}
        return plane, scores

    def lit(smalls: list[Small], *_: Any) -> Lights:
        found = []
        for small in smalls:
            warp = small.warp
            shrink = small.mask.shape[1] / (warp.box[2] - warp.box[0])
            x, y = ((v + 0.5) / shrink - 0.5 for v in small.box[:2])
            to_canvas = np.array([[1 / shrink, 0, x], [0, 1 / shrink, y], [0, 0, 1]])
            smooth = np.asarray(cv2.GaussianBlur(truth, (0, 0), 0.45 / shrink))
            to_truth = true[order[warp.index]] @ np.linalg.inv(warp.transform) @ to_canvas
            found.append(fitted(small, smooth, to_truth))
        return found, {}

    def score(answer: Any) -> float:
        return float(measure(bench, folder, meta, images, answer).get("psnr_overlap", np.nan))

    found = {"gain": score(gain_only(images)), "ours": score(ours(images))}
    with replaced(model, "choose_plane", placed):
        found["true geometry"] = score(ours(images))
        with replaced(photometry, "solve", lit):
            found["true geometry and light"] = score(ours(images))
    return found


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, default=SHARED / "data" / "stitching")
    parser.add_argument("--bench", type=Path, default=SHARED / "bench" / "stitching" / "bench.py")
    parser.add_argument("--level", default="multi")
    asked = parser.parse_args()
    cv2.setNumThreads(1)
    yard = yardstick(asked.bench)
    every = [rows(yard, p) for p in sorted(asked.data.glob(f"synthetic/{asked.level}_*"))]
    if not every:
        sys.exit("no sets of that level")
    for name in every[0]:
        over = [r[name] - r["gain"] for r in every]
        print(
            f"{name:24} {np.nanmedian([r[name] for r in every]):.2f} dB, over gain {np.nanmedian(over):+.2f}"
        )
