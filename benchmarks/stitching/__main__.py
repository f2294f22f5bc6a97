"""Our stitching beside both modes of OpenCV's Stitcher, on the same sets in one run.

    python -m benchmarks.stitching --data FOLDER [--levels easy,hard] [--out FILE.json]

FOLDER holds synthetic/<set>/{0..n}.jpg with meta.json (`G`: picture i to the truth, `expect`) and
real/<set>/…. A set counts as solved when every picture is used and (where there is truth) the corners of
every true overlap lie within 8 px of where they belong; a negative when it is refused. Times are CPU
seconds of one thread, each engine in turn in a process of its own on each set, so that a busy machine is
fair to both.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import time
from pathlib import Path
from queue import Empty
from typing import Any

import cv2
import numpy as np

from prodgen_django.stitching import StitchError, stitch

Transforms = list[Any]


def ours(images: list[np.ndarray]) -> Transforms | None:
    try:
        return stitch([np.ascontiguousarray(i[..., ::-1]) for i in images]).transforms
    except StitchError:
        return None


def _opencv(images: list[np.ndarray], mode: int) -> Transforms | None:
    stitcher = cv2.Stitcher.create(mode)
    status, _ = stitcher.stitch(images)
    if status != cv2.Stitcher_OK:
        return None
    shrink = np.diag([stitcher.workScale()] * 2 + [1.0])
    found: Transforms = [None] * len(images)
    for camera, index in zip(stitcher.cameras(), np.ravel(stitcher.component()), strict=True):
        turn = np.asarray(camera.R, np.float64).reshape(3, 3)
        if mode == cv2.Stitcher_SCANS:
            found[index] = np.linalg.inv(turn) @ shrink
        else:
            lens = [[camera.focal, 0, camera.ppx], [0, camera.focal * camera.aspect, camera.ppy], [0, 0, 1]]
            found[index] = turn @ np.linalg.inv(lens) @ shrink
    return found


ENGINES = {
    "ours": ours,
    "opencv scans": lambda images: _opencv(images, cv2.Stitcher_SCANS),
    "opencv panorama": lambda images: _opencv(images, cv2.Stitcher_PANORAMA),
}


def corner_error(meta: dict[str, Any], found: Transforms) -> float:
    """Mean distance at the corners of all true overlaps, px of the inputs; inf where a picture is missing."""
    truth = [np.array(g) for g in meta["G"]]
    errors = []

    def move(matrix: np.ndarray, points: np.ndarray) -> np.ndarray:
        moved = np.c_[points, np.ones(len(points))] @ matrix.T
        return moved[:, :2] / moved[:, 2:]

    outlines = []
    for matrix, (width, height) in zip(truth, meta["size"], strict=True):
        outline = np.array([[0, 0], [width - 1, 0], [width - 1, height - 1], [0, height - 1]], float)
        outlines.append(move(matrix, outline).astype(np.float32))
    for a in range(len(truth)):
        for b in range(a + 1, len(truth)):
            area, shared = cv2.intersectConvexConvex(outlines[a], outlines[b])
            if shared is None or area < 0.05 * min(
                cv2.contourArea(outlines[a]), cv2.contourArea(outlines[b])
            ):
                continue
            if found[a] is None or found[b] is None:
                return float("inf")
            at = move(np.linalg.inv(truth[a]), shared.reshape(-1, 2).astype(float))
            true = move(np.linalg.inv(truth[b]) @ truth[a], at)
            errors.append(np.linalg.norm(true - move(np.linalg.inv(found[b]) @ found[a], at), axis=1).mean())
    return float(np.mean(errors)) if errors else float("inf")


def _work(name: str, folder: str, answers: Any) -> None:
    cv2.setNumThreads(1)
    meta = json.loads((Path(folder) / "meta.json").read_text())
    images = [cv2.imread(str(Path(folder) / f)) for f in meta["images"]]
    started = time.process_time()
    try:
        found = ENGINES[name](images)
    except (cv2.error, MemoryError, ValueError, np.linalg.LinAlgError):
        found = None
    spent = time.process_time() - started
    row: dict[str, Any] = {"cpu": round(spent, 3), "returned": found is not None}
    if found is not None:
        row["used"] = sum(t is not None for t in found)
        if meta.get("G") and meta["expect"] != "refuse":
            row["corner_error"] = round(min(corner_error(meta, found), 1e6), 4)
    answers.put(row)


def judge(meta: dict[str, Any], row: dict[str, Any]) -> bool:
    if meta["expect"] == "refuse":
        return not row["returned"]
    need = len(meta["images"]) - (meta["expect"] == "stitch_subset")
    return row["returned"] and row["used"] >= need and row.get("corner_error", 0.0) < 8


def run(data: Path, levels: set[str], limit: float) -> list[dict[str, Any]]:
    context = multiprocessing.get_context("fork")
    rows = []
    for path in sorted(data.glob("*/*/meta.json")):
        meta = json.loads(path.read_text())
        if levels and meta["level"] not in levels:
            continue
        for name in ENGINES:
            answers = context.Queue()
            worker = context.Process(target=_work, args=(name, str(path.parent), answers))
            worker.start()
            try:
                row = answers.get(timeout=limit)
            except Empty:
                row = {"cpu": limit, "returned": False}
            worker.join(2)
            if worker.is_alive():
                worker.kill()
            rows.append(
                row | {"set": meta["id"], "level": meta["level"], "engine": name, "ok": judge(meta, row)}
            )
        print(".", end="", flush=True)
    print()
    return rows


def show(rows: list[dict[str, Any]]) -> None:
    print(
        f"{'level':16}" + "".join(f"{name:>28}" for name in ENGINES) + "   (solved, corner error px, CPU s)"
    )
    for level in [*sorted({r["level"] for r in rows}), "all"]:
        line = f"{level:16}"
        for name in ENGINES:
            mine = [r for r in rows if r["engine"] == name and level in (r["level"], "all")]
            errors = [r["corner_error"] for r in mine if r["ok"] and "corner_error" in r]
            error = f"{np.median(errors):.3f}" if errors else "-"
            cpu = np.median([r["cpu"] for r in mine])
            line += f"{sum(r['ok'] for r in mine):>12}/{len(mine):<3}{error:>6}{cpu:>7.2f}"
        print(line)
    by = {(r["set"], r["engine"]): r for r in rows}
    for name in list(ENGINES)[1:]:
        both = [s for s in {r["set"] for r in rows} if by[s, "ours"]["ok"] and by[s, name]["ok"]]
        both = [s for s in both if by[s, name]["returned"]]
        if both:
            ratio = np.median([by[s, "ours"]["cpu"] / max(1e-3, by[s, name]["cpu"]) for s in both])
            print(f"CPU time, ours / {name}, on {len(both)} sets that both solve: median {ratio:.2f}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--levels", default="", help="comma-separated; all by default")
    parser.add_argument("--limit", type=float, default=60, help="seconds a set may take")
    parser.add_argument("--out", type=Path)
    asked = parser.parse_args()
    result = run(asked.data, set(filter(None, asked.levels.split(","))), asked.limit)
    show(result)
    if asked.out:
        asked.out.parent.mkdir(parents=True, exist_ok=True)
        asked.out.write_text(json.dumps(result, separators=(",", ":")))
