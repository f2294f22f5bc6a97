"""What the truth itself allows where all engines solve a set: overlap PSNR over OpenCV's better mode, ours beside
oracles that no engine can be.

    python -m benchmarks.stitching.oracle --rows FILE.json [--data FOLDER] [--bench FILE]

`--rows` is what `python -m benchmarks.stitching --out FILE.json` wrote: it says which sets all three engines solve, and
how well. Beside these figures stand those that know the truth:

- `placed`: ours with the true homographies and light fitted to the truth, measured as any engine's picture.
- `light`: the photographs drawn once, straight onto the truth's own pixels (Lanczos), where an engine draws onto its
  canvas and the yardstick that once more; their best weighted mean, each with its gain, bias, gamma (a square) and
  vignette fitted to the truth.
- `filters`: also the 7×7 filters of every photograph that come nearest to the truth by least squares.
- `second JPEG`: what the truth's own JPEG costs: it is stored once more in that quality, shifted by a part of a block.

What they leave is noise, both JPEGs and detail that the truth has lost.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from .__main__ import SHARED, yardstick
from .ceiling import rows

PEERS = ("scans", "panorama")
SAMPLES = 40_000


def decibels(square: Any) -> float:
    return float(10 * np.log10(65025 / max(1e-9, float(np.mean(square)))))


def photographs(
    folder: Path, meta: dict[str, Any], size: tuple[int, int]
) -> tuple[list[Any], list[Any], Any]:
    """On the truth's pixels: every photograph, its squared distances from its centre, and where two or more lie."""
    drawn, radii = [], []
    count = np.zeros(size[::-1], np.uint8)
    for name, to_truth in zip(meta["images"], meta["G"], strict=True):
        image = np.asarray(cv2.imread(str(folder / name)), np.float32)
        height, width = image.shape[:2]
        y, x = np.mgrid[:height, :width].astype(np.float32)
        radius = 2 * ((x / width - 0.5) ** 2 + (y / height - 0.5) ** 2)
        matrix = np.array(to_truth)
        drawn.append(cv2.warpPerspective(image, matrix, size, flags=cv2.INTER_LANCZOS4, borderMode=1))
        radii.append(cv2.warpPerspective(radius, matrix, size, borderMode=1))
        mask = cv2.warpPerspective(np.ones((height, width), np.uint8), matrix, size, flags=cv2.INTER_NEAREST)
        count += cv2.erode(mask, np.ones((5, 5), np.uint8), borderType=cv2.BORDER_CONSTANT, borderValue=0)
    return drawn, radii, count > 1


def nearest(drawn: list[Any], radii: list[Any], truth: Any, both: Any, reach: int) -> float:
    """dB of the least-squares mix of what lies within `reach` of each pixel, at the pixels that it was fitted to."""
    ys, xs = np.nonzero(both)
    pick = np.random.default_rng(0).permutation(len(ys))[:SAMPLES]
    ys, xs = ys[pick], xs[pick]
    left = 0.0
    wide = [cv2.copyMakeBorder(d, reach, reach, reach, reach, cv2.BORDER_REFLECT) for d in drawn]
    steps = range(2 * reach + 1)
    for channel in range(3):
        columns = [np.ones(len(ys))]
        for around, one, radius in zip(wide, drawn, radii, strict=True):
            columns += [around[ys + dy, xs + dx, channel] for dy in steps for dx in steps]
            here, far = one[ys, xs, channel].astype(np.float64), radius[ys, xs]
            columns += [here**2 / 255, here * far, here * far**2]
        design, wanted = np.stack(columns, 1).astype(np.float64), truth[ys, xs, channel].astype(np.float64)
        left += float(((design @ np.linalg.lstsq(design, wanted, rcond=None)[0] - wanted) ** 2).mean()) / 3
    return decibels(left)


def stored_again(truth: Any, both: Any, quality: int = 88) -> float:
    size = (truth.shape[1], truth.shape[0])
    moved = cv2.warpAffine(truth, np.float32([[1, 0, 3.5], [0, 1, 3.5]]), size, flags=cv2.INTER_LANCZOS4)
    stored = cv2.imencode(".jpg", moved, [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
    apart = cv2.imdecode(stored, 1).astype(np.float32) - moved
    return decibels((apart**2).mean(2)[both])


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, default=SHARED / "data" / "stitching")
    parser.add_argument("--bench", type=Path, default=SHARED / "bench" / "stitching" / "bench.py")
    parser.add_argument("--rows", type=Path, required=True)
    asked = parser.parse_args()
    cv2.setNumThreads(1)
    by = {(r["id"], r["engine"]): r for r in json.loads(asked.rows.read_text())}
    bench = yardstick(asked.bench)
    over: list[list[float]] = []
    names = ("ours", "placed", "light", "filters")
    print(f"{'overlap PSNR, dB':18}{'peer':>8}" + "".join(f"{n:>9}" for n in names) + f"{'second JPEG':>13}")
    for name in sorted({i for i, _ in by}):
        found = [by.get((name, e), {}) for e in ("ours", *PEERS)]
        if not all(r.get("ok") and "psnr_overlap" in r for r in found):
            continue
        folder = asked.data / "synthetic" / name
        meta = json.loads((folder / "meta.json").read_text())
        truth = np.asarray(cv2.imread(str(asked.data / "truth" / f"{meta['truth']}.jpg")))
        drawn, radii, both = photographs(folder, meta, (truth.shape[1], truth.shape[0]))
        values = [found[0]["psnr_overlap"], rows(bench, folder)["true geometry and light"]]
        values += [nearest(drawn, radii, truth, both, reach) for reach in (0, 3)]
        peer = max(r["psnr_overlap"] for r in found[1:])
        over.append([v - peer for v in values])
        shown = "".join(f"{v:9.2f}" for v in values)
        print(f"{name:18}{peer:8.2f}{shown}{stored_again(truth, both):13.2f}")
    if not over:
        sys.exit("no set with a truth that all three engines solve")
    medians = ", ".join(f"{n} {m:+.2f}" for n, m in zip(names, np.median(over, 0), strict=True))
    print(f"over the better mode, medians of {len(over)}: {medians}")
