"""Our cut-out against GrabCut from a rectangle and a border flood, on the same photographs in one run.

    python benchmarks/studio/matting.py [folder of garment-masks]

Prints mean IoU, the share of photographs at 0.95 or more, boundary F at 2 px, and CPU time as a ratio to
GrabCut's.
"""

from __future__ import annotations

import csv
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np

from prodgen_django.imagefile import load_image
from prodgen_django.studio import cut_out

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


def main() -> None:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else DATA / "garment-masks"
    ways: dict[str, Callable[[np.ndarray], np.ndarray]] = {
        "cut_out": lambda image: cut_out(image) >= 0.5,
        "GrabCut, rectangle": grab_cut,
        "border flood": flood,
    }
    rows: dict[str, list[tuple[float, float, float]]] = {name: [] for name in ways}
    names = [row["name"] for row in csv.DictReader((folder / "index.csv").read_text().splitlines())]
    cut_out(load_image(folder / f"{names[0]}.jpg"))  # the solvers' compilation is not part of the measure
    for name in names:
        image = load_image(folder / f"{name}.jpg")
        truth = load_image(folder / f"{name}.mask.png")[..., 0] > 127
        for way, run in ways.items():
            start = time.process_time()
            found = run(image)
            spent = time.process_time() - start
            iou = float((found & truth).sum() / max((found | truth).sum(), 1))
            rows[way].append((iou, boundary_f(found, truth), spent))
    peer = sum(row[2] for row in rows["GrabCut, rectangle"])
    print(f"{'':20}  IoU    >=0.95  F 2px  CPU x GrabCut")
    for way, values in rows.items():
        iou, edge, spent = np.array(values).T
        share = (iou >= 0.95).mean()
        print(f"{way:20}  {iou.mean():.3f}  {share:.2f}    {edge.mean():.3f}  {spent.sum() / peer:.2f}")


if __name__ == "__main__":
    main()
