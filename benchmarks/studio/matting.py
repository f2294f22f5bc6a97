"""Our cut-out against GrabCut from a rectangle and a border flood, on the same photographs in one run.

    python -m benchmarks.studio.matting garments      24 photographs with hand-made masks
    python -m benchmarks.studio.matting surfaces      51 packshots composed on grounds of real photographs
    python -m benchmarks.studio.matting bare          the same on grounds that show no part of another product
    python -m benchmarks.studio.matting shop          photographs of the example shop whose products were never taught
    python -m benchmarks.studio.matting surfaces --step 3 --seed 7 --clock 2000    seconds a photograph of that size

Prints mean IoU, the share of photographs at 0.95 or more, boundary F at 2 px, and CPU time as a ratio to
GrabCut's.
"""

from __future__ import annotations

import argparse
import csv
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np

from benchmarks.studio.surfaces import composed, composed_bare
from prodgen_django.imagefile import load_image
from prodgen_django.studio import cut_out, cut_out_report

SHOP = Path(__file__).resolve().parents[2] / "example_shop" / "catalogue"
DATA = Path(os.environ.get("PRODGEN_TEST_DATA", Path(__file__).resolve().parents[3] / "shared" / "data"))


def grab_cut(image: np.ndarray) -> np.ndarray:
    height, width = image.shape[:2]
    labels = np.zeros((height, width), np.uint8)
    box = (width // 20, height // 20, width - width // 10, height - height // 10)
    cv2.setRNGSeed(1)
    cv2.grabCut(image, labels, box, np.zeros((1, 65)), np.zeros((1, 65)), 5, cv2.GC_INIT_WITH_RECT)
    return (labels == cv2.GC_FGD) | (labels == cv2.GC_PR_FGD)


def flood(image: np.ndarray) -> np.ndarray:
    lab = cv2.cvtColor(image, cv2.COLOR_RGB2LAB).astype(np.float32)
    border = np.concatenate([lab[0], lab[-1], lab[:, 0], lab[:, -1]])
    near = (np.linalg.norm(lab - np.median(border, axis=0), axis=2) < 22).astype(np.uint8)
    _, labels = cv2.connectedComponents(near)
    rim = np.unique(np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]]))
    return ~np.isin(labels, rim[rim > 0])


def boundary_f(found: np.ndarray, truth: np.ndarray, tolerance: int = 2) -> float:
    thin = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (3, 3))
    wide = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * tolerance + 1,) * 2)
    a, b = (
        m.astype(np.uint8) - cv2.erode(m.astype(np.uint8), thin, borderType=cv2.BORDER_REPLICATE)
        for m in (found, truth)
    )
    precision = (a & cv2.dilate(b, wide)).sum() / max(a.sum(), 1)
    recall = (b & cv2.dilate(a, wide)).sum() / max(b.sum(), 1)
    return float(2 * precision * recall / max(precision + recall, 1e-9))


def garments(folder: Path) -> Iterator[tuple[str, np.ndarray, np.ndarray]]:
    for row in csv.DictReader((folder / "index.csv").read_text().splitlines()):
        mask = load_image(folder / f"{row['name']}.mask.png")[..., 0]
        yield row["name"], load_image(folder / f"{row['name']}.jpg"), mask.astype(np.float32) / 255


def shop(step: int) -> Iterator[tuple[str, np.ndarray, np.ndarray]]:
    """Photographs at 500 px, a third before a sweep, the others furnished, with the outlines that
    `catalogue.furnished --outlines` rendered."""
    for path in sorted((SHOP / "outlines").glob("*.png"))[::step]:
        mask = load_image(path)[..., 0]
        photo = load_image(SHOP / "photos" / f"{path.stem}.jpg")
        size = (mask.shape[1], mask.shape[0])
        yield path.stem, cv2.resize(photo, size, interpolation=cv2.INTER_AREA), mask.astype(np.float32) / 255


def clock(pictures: Iterator[tuple[str, np.ndarray, np.ndarray]], side: int) -> None:
    """Print the seconds that `cut_out` takes, on all cores, when the longer side is so long: the least of two calls."""
    spent = []
    for name, image, _alpha in pictures:
        scale = side / max(image.shape[:2])
        large = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC)
        times = []
        for _ in range(2):
            start = time.perf_counter()
            cut_out(large)
            times.append(time.perf_counter() - start)
        spent.append(min(times))
        print(f"{name:40} {large.shape[1]}x{large.shape[0]}  {spent[-1]:.2f} s", flush=True)
    print(f"least {min(spent):.2f} s, median {np.median(spent):.2f} s, most {max(spent):.2f} s")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "set", choices=["garments", "surfaces", "bare", "shop"], nargs="?", default="garments"
    )
    parser.add_argument("--step", type=int, default=1, help="take every so many-th packshot or photograph")
    parser.add_argument("--seed", type=int, default=5, help="draws the grounds of `surfaces` and `bare`")
    parser.add_argument("--only", action="store_true", help="cut_out alone, with its confidence")
    parser.add_argument("--outline", type=Path, help="also the network in this file, taken alone")
    parser.add_argument(
        "--clock", type=int, metavar="SIDE", help="only time cut_out, the photographs enlarged to SIDE pixels"
    )
    arguments = parser.parse_args()
    if not arguments.clock:
        cv2.setNumThreads(1)
    pictures = {
        "garments": lambda: garments(DATA / "garment-masks"),
        "surfaces": lambda: composed(DATA, arguments.step, arguments.seed),
        "bare": lambda: composed_bare(DATA, arguments.step, arguments.seed),
        "shop": lambda: shop(arguments.step),
    }[arguments.set]()
    ways: dict[str, Callable[[np.ndarray], np.ndarray]] = {
        "GrabCut, rectangle": grab_cut,
        "border flood": flood,
    }
    if arguments.only:
        ways = {}
    if arguments.outline:
        from prodgen_django.studio.outline.net import Outliner

        network = Outliner.load(arguments.outline)
        ways["network alone"] = lambda image: network(image) >= 0.5
    rows: dict[str, list[tuple[float, float, float]]] = {name: [] for name in ("cut_out", *ways)}
    confidences: list[float] = []
    warm = np.zeros((64, 64, 3), np.uint8)
    warm[20:44, 20:44] = 200
    cut_out(warm)  # the solvers' compilation is not part of the measure
    if arguments.clock:
        clock(pictures, arguments.clock)
        return
    for _name, image, alpha in pictures:
        truth = alpha > 0.5
        for way in rows:
            start = time.process_time()
            if way == "cut_out":
                report = cut_out_report(image)
                found = report.alpha >= 0.5
                confidences.append(report.confidence)
            else:
                found = ways[way](image)
            spent = time.process_time() - start
            iou = float((found & truth).sum() / max((found | truth).sum(), 1))
            rows[way].append((iou, boundary_f(found, truth), spent))
    peer = sum(row[2] for row in rows.get("GrabCut, rectangle", rows["cut_out"]))
    print(f"{'':20}  IoU    >=0.95  F 2px  CPU x GrabCut  CPU s each")
    for way, values in rows.items():
        iou, edge, spent = np.array(values).T
        share = (iou >= 0.95).mean()
        print(
            f"{way:20}  {iou.mean():.3f}  {share:.2f}    {edge.mean():.3f}  {spent.sum() / peer:.2f}           "
            f"{spent.mean():.2f}"
        )
    iou = np.array(rows["cut_out"])[:, 0]
    poor = np.array(confidences) < 0.6
    print(
        f"cut_out calls {poor.sum()} of {len(iou)} poor; of the {int((iou < 0.9).sum())} below IoU 0.9 it calls "
        f"{int((poor & (iou < 0.9)).sum())} so; IoU of those it trusts {iou[~poor].mean() if (~poor).any() else 0:.3f}"
    )


if __name__ == "__main__":
    main()
