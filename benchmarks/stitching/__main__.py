"""Our stitching beside OpenCV's Stitcher, gain compensation and Hugin, on the same sets in one run.

    python -m benchmarks.stitching [--data FOLDER] [--bench FILE] [--levels easy,hard] [--every N] [--out FILE.json]

`--data` holds synthetic/<set>, truth and real/<set>; `--bench` is the yardstick whose verdicts and measures are
applied to every engine alike (its `judge`, `corner_error`, `eval_truth` and `eval_inputs`). Ours and OpenCV's
SCANS are timed in turn in one process on each set, the first of each round changing, with one thread and with
two, least of the rounds; decoding is not counted. Ratios are taken on sets that both solve, as OpenCV gives up
early on the others. A run with `--out` goes on where an earlier one stopped. `--hugin` runs Hugin on the real
sets as well (half a minute a set); `--add` joins the rows of an earlier run.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import multiprocessing
import os
import time
from pathlib import Path
from queue import Empty
from typing import Any

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")

import cv2  # noqa: E402 (the libraries read the variables when they load)
import numpy as np  # noqa: E402

from .engines import ENGINES  # noqa: E402
from .tables import show  # noqa: E402

SHARED = Path(__file__).resolve().parents[2].parent / "shared"
TIMED = ("ours", "scans")
LIGHT = ("hard", "low_texture", "multi")
Row = dict[str, Any]


def yardstick(path: Path) -> Any:
    spec = importlib.util.spec_from_file_location("stitchbench", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def attempt(engine: Any, images: list[np.ndarray]) -> tuple[Any, float, float, str]:
    """Answer, wall and CPU seconds, and what went wrong."""
    copies = [i.copy() for i in images]
    error = ""
    wall, spent = time.perf_counter(), time.process_time()
    try:
        answer = engine(copies)
    except (cv2.error, MemoryError, ValueError, np.linalg.LinAlgError) as raised:
        answer, error = None, f"{type(raised).__name__}: {str(raised)[:160]}"
    return answer, time.perf_counter() - wall, time.process_time() - spent, error


def measure(bench: Any, folder: Path, meta: Row, images: list[np.ndarray], answer: Any) -> Row:
    """One engine's picture by the yardstick's own measures."""
    if answer is None:
        return {"returned": False}
    picture, transforms = answer
    row: Row = {"returned": True, "shape": list(picture.shape[:2])}
    if transforms is not None:
        row["n_included"] = sum(t is not None for t in transforms)
        if meta.get("G") and meta["expect"] == "stitch":
            row["mace"], row["oce"] = bench.corner_error(meta, transforms)
    if meta["expect"] == "stitch" and isinstance(meta.get("truth"), str):
        row |= bench.eval_truth(meta, str(folder.parent.parent / "truth" / f"{meta['truth']}.jpg"), picture)
    if meta["level"].startswith("real"):
        row |= bench.eval_inputs(images, picture, str(folder))
    return row


def _timed(
    folder: Path, meta: Row, rounds: int, threads: list[int], answers: Any, bench: Any, save: str
) -> None:
    images = [np.asarray(cv2.imread(str(folder / f))) for f in meta["images"]]
    rows: dict[str, Row] = {name: {} for name in TIMED}
    last: dict[str, Any] = {}
    for count in threads:
        cv2.setNumThreads(count)
        for turn in range(rounds):
            for name in TIMED if turn % 2 == 0 else TIMED[::-1]:
                answer, wall, spent, error = attempt(ENGINES[name], images)
                row = rows[name]
                row[f"wall{count}"] = min(row.get(f"wall{count}", 1e9), wall)
                row[f"cpu{count}"] = min(row.get(f"cpu{count}", 1e9), spent)
                row |= {"error": error} if error else {}
                last[name] = answer
    cv2.setNumThreads(1)
    for name in TIMED:
        rows[name] |= measure(bench, folder, meta, images, last[name])
    _keep(save, meta, last["ours"])
    answers.put(rows)


def _keep(save: str, meta: Row, answer: Any) -> None:
    if save and answer is not None:
        Path(save).mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(Path(save) / f"{meta['id']}.jpg"), answer[0])


def _alone(name: str, folder: Path, meta: Row, answers: Any, bench: Any) -> None:
    cv2.setNumThreads(1)
    images = [np.asarray(cv2.imread(str(folder / f))) for f in meta["images"]]
    if name.startswith("hugin"):
        found = bench.PEERS[name](images)
        answers.put({name: measure(bench, folder, meta, images, None if found is None else (found, None))})
        return
    answer, wall, spent, error = attempt(ENGINES[name], images)
    row = measure(bench, folder, meta, images, answer) | {"wall1": wall, "cpu1": spent}
    answers.put({name: row | ({"error": error} if error else {})})


def in_child(work: Any, arguments: tuple[Any, ...], names: tuple[str, ...], limit: float) -> dict[str, Row]:
    """A process of its own: OpenCV's panorama mode may ask for tens of gigabytes or run for minutes."""
    context = multiprocessing.get_context("fork")
    answers = context.Queue()
    worker = context.Process(
        target=work, args=(*arguments[:-1], answers, arguments[-1][0], *arguments[-1][1:])
    )
    worker.start()
    try:
        rows: dict[str, Row] = answers.get(timeout=limit)
    except Empty:
        rows = {name: {"returned": False, "error": "no answer in time"} for name in names}
    worker.join(2)
    if worker.is_alive():
        worker.kill()
    return rows


def run(asked: argparse.Namespace) -> list[Row]:
    bench = yardstick(asked.bench)
    levels = set(filter(None, asked.levels.split(",")))
    folders = [p.parent for p in sorted(asked.data.glob("*/*/meta.json"))][:: asked.every]
    rows: list[Row] = json.loads(asked.out.read_text()) if asked.out and asked.out.exists() else []
    done = {row["id"] for row in rows if row["engine"] == "ours"}
    for folder in folders:
        meta = json.loads((folder / "meta.json").read_text())
        if meta["id"] in done or (levels and meta["level"] not in levels):
            continue
        found = in_child(
            _timed, (folder, meta, asked.rounds, asked.threads, (bench, asked.save)), TIMED, asked.limit
        )
        names = ["panorama"] if not asked.only_timed else []
        if meta["level"] in LIGHT and not asked.only_timed:
            names += ["gain", "gain+multiband"]
        if asked.hugin and meta["level"].startswith("real"):
            names += ["hugin", "hugin_mosaic"]
        for name in names:
            found |= in_child(_alone, (name, folder, meta, (bench,)), (name,), asked.limit)
        for name, row in found.items():
            row |= {"id": meta["id"], "level": meta["level"], "expect": meta["expect"], "engine": name}
            row |= bench.judge(meta, row)
            rows.append(row)
        if asked.out:
            asked.out.parent.mkdir(parents=True, exist_ok=True)
            asked.out.write_text(json.dumps(rows, separators=(",", ":"), default=float))
        print(
            f"{meta['id']}: " + ", ".join(f"{n} {'ok' if r['ok'] else '--'}" for n, r in found.items()),
            flush=True,
        )
    return rows


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, default=SHARED / "data" / "stitching")
    parser.add_argument("--bench", type=Path, default=SHARED / "bench" / "stitching" / "bench.py")
    parser.add_argument("--levels", default="", help="comma-separated; all by default")
    parser.add_argument("--every", type=int, default=1, help="only every N-th set")
    parser.add_argument("--rounds", type=int, default=2, help="times each timed engine runs")
    parser.add_argument("--threads", type=lambda s: [int(v) for v in s.split(",")], default=[1, 2])
    parser.add_argument("--only-timed", action="store_true", help="only ours and SCANS")
    parser.add_argument("--hugin", action="store_true")
    parser.add_argument("--limit", type=float, default=240, help="seconds a set may take")
    parser.add_argument("--save", default="", help="folder for our pictures")
    parser.add_argument("--add", type=Path, nargs="*", default=[], help="rows of earlier runs to join")
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    result = run(options)
    known = {(r["id"], r["engine"]) for r in result}
    for file in options.add:
        result += [r for r in json.loads(file.read_text()) if (r["id"], r["engine"]) not in known]
    show(result)
