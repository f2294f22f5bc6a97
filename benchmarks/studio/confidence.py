"""How often the confidence of a cut-out knows that the cut-out is bad (IoU with the truth below 0.9).

    python -m benchmarks.studio.confidence            pictures that no threshold has seen
    python -m benchmarks.studio.confidence --fit      also the weights of `studio.confidence`, from training pictures

Pictures: packshots on the grounds of real photographs (some blurred until they are plain), and photographs of clothes
with hand-made masks. Training: packshots whose outline is unlike those of every third one, on grounds of
garments-256/train, and every second photograph of clothes; test: every third packshot, on grounds of garments-256/test,
and the other photographs. Sunglasses are left out: whether their panes are product is a matter of taste. `--cache FILE`
keeps what was measured of each picture.
"""

from __future__ import annotations

import argparse
import csv
import json
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

from benchmarks.studio.matting import DATA, garments
from benchmarks.studio.surfaces import ground_of, placed
from prodgen_django.imagefile import load_image
from prodgen_django.studio.confidence import FEATURES, POOR, features, rated, witnesses
from prodgen_django.studio.matting import look_twice, refine

HOLD_OUT = 3
_SAME_OUTLINE = 0.9
_BAD = 0.9
Picture = tuple[str, np.ndarray, np.ndarray]


def iou(first: np.ndarray, second: np.ndarray) -> float:
    return float((first & second).sum() / max((first | second).sum(), 1))


def packshots(folder: Path) -> tuple[list[Path], list[Path]]:
    """Those to train on and those held out. A product in another print has the outline of one that is held out."""
    paths = sorted((folder / "mask").glob("*.png"))
    masks = [load_image(path)[..., 0] for path in paths]
    small = [cv2.resize(mask, (128, 128), interpolation=cv2.INTER_AREA) > 127 for mask in masks]
    kept = range(0, len(paths), HOLD_OUT)
    unlike = [
        n
        for n in range(len(paths))
        if n not in kept and max(iou(small[n], small[k]) for k in kept) <= _SAME_OUTLINE
    ]
    return [paths[n] for n in unlike], [paths[k] for k in kept]


def composed_again(data: Path, split: str, draws: int) -> Iterator[Picture]:
    """Each packshot of a split `draws` times on other grounds; the same call makes the same pictures."""
    train, kept = packshots(data / "packshots-640")
    paths, seed = (train, 100) if split == "train" else (kept, 200)
    rng = np.random.default_rng(seed)
    with (data / "garments-256" / "manifest.csv").open(newline="") as file:
        rows = [r for r in csv.DictReader(file) if r["split"] == split and r["kids"].lower() != "true"]
    order = rng.permutation(len(rows))
    for draw in range(draws):
        for number, path in enumerate(paths):
            row = rows[order[draw * len(paths) + number]]
            plain = draw % 3 == 2 if split == "train" else draw == draws - 1
            ground = ground_of(data / "garments-256", row, rng)
            if plain:
                ground = cv2.GaussianBlur(ground, (0, 0), 60) + rng.normal(0, 2.0, ground.shape)
            image, alpha = placed(path, ground, rng)
            if "sunnies" not in path.stem:
                yield f"{path.stem}/{draw}", image, alpha


def measured(pictures: Iterator[Picture], kept: dict[str, list[float]], file: Path | None) -> np.ndarray:
    """Of each picture its features, whether the odds are not asked, what the witnesses say and its IoU: N×(F+3)."""
    rows = []
    for name, image, alpha in pictures:
        if name not in kept:
            found, again = look_twice(image)
            if not found.mask.any():
                continue  # nothing is claimed
            cut = refine(image, found.mask)
            by_witnesses, _ = witnesses(found, cut)
            kept[name] = [
                *([0.0] * len(FEATURES) if again is None else features(found, again).values()),
                again is None,
                by_witnesses,
                iou(cut >= 0.5, alpha > 0.5),
            ]
            if file is not None:
                file.write_text(json.dumps(kept))
        rows.append(kept[name])
    return np.array(rows)


def fitted(x: np.ndarray, bad: np.ndarray, strength: float = 10.0) -> tuple[np.ndarray, float]:
    """Weights and offset of a logistic regression for bad cut-outs, both kinds weighing alike, ridge `strength`."""
    middle, spread = x.mean(0), x.std(0) + 1e-9
    z = np.c_[(x - middle) / spread, np.ones(len(x))]
    share = np.where(bad, 0.5 / bad.mean(), 0.5 / (1 - bad.mean()))
    ridge = strength * np.diag([*np.ones(x.shape[1]), 0.0])
    w = np.zeros(z.shape[1])
    for _ in range(40):
        p = 1 / (1 + np.exp(-z @ w))
        hessian = (z * (share * p * (1 - p))[:, None]).T @ z + ridge
        w -= np.linalg.solve(hessian, z.T @ (share * (p - bad)) + ridge @ w)
    weights = w[:-1] / spread
    return weights, float(w[-1] - weights @ middle)


def fit(composed: np.ndarray, clothes: np.ndarray, products: list[str]) -> None:
    """Prints the weights, and the least doubt that a bad outline has by weights of which its product had no part."""
    bad, open_ = composed[:, -1] < _BAD, composed[:, -3] == 0

    def weights_of(rows: np.ndarray) -> tuple[np.ndarray, float]:
        # Photographs count twice: they are few, and what a shop has.
        rows = np.r_[rows, clothes, clothes]
        return fitted(rows[:, :-3], rows[:, -1] < _BAD)

    weights, offset = weights_of(composed[open_])
    doubts = []
    for product in sorted(set(products)):
        mine = np.array([name == product for name in products])
        if (mine & bad & open_).any():
            others, other_offset = weights_of(composed[open_ & ~mine])
            doubts += list(composed[mine & bad & open_][:, :-3] @ others + other_offset)
    print("weights", {name: round(float(w), 3) for name, w in zip(FEATURES, weights, strict=True)})
    print(f"offset {offset:.3f}, limit {min(doubts) - 0.005:.3f}")
    told("training packshots", composed)
    told("training photographs", clothes)


def told(name: str, rows: np.ndarray) -> None:
    truth = rows[:, -1]
    sure = [
        row[-2] if row[-3] else rated(dict(zip(FEATURES, row[:-3], strict=True)), row[-2]) for row in rows
    ]
    flagged, bad = np.array(sure) < POOR, truth < _BAD
    hits = int((flagged & bad).sum())
    print(
        f"{name}: {len(rows)} cut-outs, {bad.sum()} bad; flagged {flagged.sum()}, of the bad {hits} (recall "
        f"{hits / max(bad.sum(), 1):.2f}, precision {hits / max(flagged.sum(), 1):.2f}); of the good "
        f"{int((flagged & ~bad).sum())} of {(~bad).sum()}; mean IoU of those trusted "
        f"{truth[~flagged].mean() if (~flagged).any() else 0:.3f}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--fit", action="store_true")
    parser.add_argument("--draws", type=int, default=5, help="grounds for each held-out packshot")
    parser.add_argument("--cache", type=Path)
    arguments = parser.parse_args()
    cv2.setNumThreads(1)
    kept = json.loads(arguments.cache.read_text()) if arguments.cache and arguments.cache.exists() else {}
    clothes = list(garments(DATA / "garment-masks"))
    if arguments.fit:
        composed = list(composed_again(DATA, "train", 3))
        fit(measured(iter(composed), kept, arguments.cache), measured(iter(clothes[::2]), kept, arguments.cache),
            [name.split("/")[0] for name, _, _ in composed])  # fmt: skip
    told("held-out packshots", measured(composed_again(DATA, "test", arguments.draws), kept, arguments.cache))
    told("held-out photographs", measured(iter(clothes[1::2]), kept, arguments.cache))


if __name__ == "__main__":
    main()
