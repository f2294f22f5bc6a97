"""Our cut-out against ISNet and GrabCut from a rectangle, on the same photographs in one run.

    python -m benchmarks.studio.matting garments      photographs with hand-made masks
    python -m benchmarks.studio.matting surfaces      packshots composed on grounds of real photographs
    python -m benchmarks.studio.matting bare          the same on grounds that show no part of another product
    python -m benchmarks.studio.matting shop          photographs of the example shop whose products were never taught
    python -m benchmarks.studio.matting structures    drawn hoops, frames, chairs, baskets, sets (`structures`)
    python -m benchmarks.studio.matting surfaces --step 3 --seed 7 --clock 2000    seconds a photograph of that size

`--peer isnet.onnx` (made by `benchmarks.studio.isnet`) adds ISNet; `--sheet FILE` keeps photographs and cut-outs for
looking at. Prints mean IoU, the share at 0.95 or more, boundary F at 2 px, CPU time, and what the inspector said.
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

from benchmarks.studio.isnet import isnet
from benchmarks.studio.structures import structures
from benchmarks.studio.surfaces import composed, composed_bare
from benchmarks.studio.tiles import tiled
from prodgen_django.imagefile import load_image
from prodgen_django.studio import CutOut, cut_out, cut_out_report

ROOT = Path(__file__).resolve().parents[2]
SHOP = ROOT / "example_shop" / "catalogue"
DATA = Path(os.environ.get("PRODGEN_TEST_DATA", Path(__file__).resolve().parents[3] / "shared" / "data"))
POOR_IOU = 0.95

Pictures = Iterator[tuple[str, np.ndarray, np.ndarray]]


def grab_cut(image: np.ndarray) -> np.ndarray:
    height, width = image.shape[:2]
    labels = np.zeros((height, width), np.uint8)
    box = (width // 20, height // 20, width - width // 10, height - height // 10)
    cv2.setRNGSeed(1)
    cv2.grabCut(image, labels, box, np.zeros((1, 65)), np.zeros((1, 65)), 5, cv2.GC_INIT_WITH_RECT)
    return ((labels == cv2.GC_FGD) | (labels == cv2.GC_PR_FGD)).astype(np.float32)


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


def garments(folder: Path) -> Pictures:
    for row in csv.DictReader((folder / "index.csv").read_text().splitlines()):
        mask = load_image(folder / f"{row['name']}.mask.png")[..., 0]
        yield row["name"], load_image(folder / f"{row['name']}.jpg"), mask.astype(np.float32) / 255


def shop(step: int) -> Pictures:
    """Photographs at 500 px, a third before a sweep, the others furnished, with the outlines that
    `training.photographs.furnished --outlines` rendered."""
    for path in sorted((ROOT / "training" / "photographs" / "outlines").glob("*.png"))[::step]:
        mask = load_image(path)[..., 0]
        photo = load_image(SHOP / "photos" / f"{path.stem}.jpg")
        size = (mask.shape[1], mask.shape[0])
        yield path.stem, cv2.resize(photo, size, interpolation=cv2.INTER_AREA), mask.astype(np.float32) / 255


def clock(pictures: Pictures, side: int) -> None:
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


def pictures_of(arguments: argparse.Namespace) -> Pictures:
    return {
        "garments": lambda: garments(DATA / "garment-masks"),
        "surfaces": lambda: composed(DATA, arguments.step, arguments.seed),
        "bare": lambda: composed_bare(DATA, arguments.step, arguments.seed),
        "shop": lambda: shop(arguments.step),
        "structures": lambda: structures(33, arguments.seed),
    }[arguments.set]()


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("set", choices=["garments", "surfaces", "bare", "shop", "structures"])
    parser.add_argument("--step", type=int, default=1, help="take every so many-th packshot or photograph")
    parser.add_argument("--seed", type=int, default=5, help="draws grounds and structures")
    parser.add_argument("--only", action="store_true", help="without GrabCut")
    parser.add_argument("--peer", type=Path, help="ISNet as ONNX")
    parser.add_argument("--sheet", type=Path, help="a picture of all, to look at")
    parser.add_argument("--clock", type=int, metavar="SIDE", help="only time cut_out, photographs enlarged")
    arguments = parser.parse_args()
    warm = np.zeros((64, 64, 3), np.uint8)
    warm[20:44, 20:44] = 200
    cut_out(warm)  # loading is not part of the measure
    if arguments.clock:
        clock(pictures_of(arguments), arguments.clock)
        return
    cv2.setNumThreads(1)
    ways: dict[str, Callable[[np.ndarray], CutOut | np.ndarray]] = {"cut_out": cut_out_report}
    if not arguments.only:
        ways["GrabCut"] = grab_cut
    if arguments.peer:
        ways["ISNet"] = isnet(arguments.peer)
    rows: dict[str, list[tuple[float, float, float]]] = {name: [] for name in ways}
    sure: list[float] = []
    shown: list[np.ndarray] = []
    for name, image, alpha in pictures_of(arguments):
        truth = alpha > 0.5
        for way, cut in ways.items():
            start = time.process_time()
            made = cut(image)
            spent = time.process_time() - start
            found = (made.alpha if isinstance(made, CutOut) else made) >= 0.5
            iou = float((found & truth).sum() / max((found | truth).sum(), 1))
            rows[way].append((iou, boundary_f(found, truth), spent))
            if isinstance(made, CutOut):
                sure.append(made.confidence)
                shown += [image, on_magenta(image, made.alpha)]
                print(f"  {name:44} {iou:.3f}  {made.confidence:.2f}  {' '.join(made.reasons)}", flush=True)
    table(rows, np.array(sure))
    if arguments.sheet:
        tiled(shown, arguments.sheet)


def on_magenta(image: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    """What is missing or too much is seen on a colour that no product has."""
    share = alpha[..., None]
    return np.rint(image * share + np.array([255, 0, 255]) * (1 - share)).astype(np.uint8)


def table(rows: dict[str, list[tuple[float, float, float]]], sure: np.ndarray) -> None:
    ours = sum(row[2] for row in rows["cut_out"])
    print(f"{'':10}  IoU    >=0.95  F 2px  CPU s each  its CPU x ours")
    for way, values in rows.items():
        iou, edge, spent = np.array(values).T
        share = (iou >= POOR_IOU).mean()
        print(
            f"{way:10}  {iou.mean():.3f}  {share:.2f}    {edge.mean():.3f}  {spent.mean():.2f}        "
            f"{spent.sum() / ours:.2f}"
        )
    bad, poor = np.array(rows["cut_out"])[:, 0] < POOR_IOU, sure < 0.6
    print(
        f"{len(bad)} pictures, {bad.sum()} below {POOR_IOU}: flagged {int((bad & poor).sum())} of these and "
        f"{int((~bad & poor).sum())} of the {int((~bad).sum())} others"
    )


if __name__ == "__main__":
    main()
