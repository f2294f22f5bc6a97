"""Packshots with true alphas on grounds of real photographs: pictures whose truth is known and hard to see.

The grounds are strips of garments-256/test beside its garments (floors, beds, cloths, walls), enlarged; each packshot
stands on one with a soft shadow. The same call makes the same pictures. On every second strip something of the garment
shows, which then lies behind or beside the packshot like another product; `bare-grounds.csv` names strips that were
looked at and show a floor, a cloth or a wall only (of 104 photographs drawn by lot).
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

from prodgen_django.imagefile import load_image

SIDE = 640
BARE = Path(__file__).with_name("bare-grounds.csv")


def composed(data: Path, step: int = 1, seed: int = 5) -> Iterator[tuple[str, np.ndarray, np.ndarray]]:
    """Name, picture uint8 640×640×3 and true alpha float32 of every `step`-th packshot; `seed` draws the grounds."""
    rng = np.random.default_rng(seed)
    garments = data / "garments-256"
    rows = [
        r
        for r in csv.DictReader((garments / "manifest.csv").read_text().splitlines())
        if r["split"] == "test"
    ]
    order = rng.permutation(len(rows))
    packshots = sorted((data / "packshots-640" / "mask").glob("*.png"))[::step]
    for number, path in enumerate(packshots):
        ground = ground_of(garments, rows[order[number]], rng)
        yield path.stem, *placed(path, ground, rng)


def composed_bare(data: Path, step: int = 1, seed: int = 5) -> Iterator[tuple[str, np.ndarray, np.ndarray]]:
    """As `composed`, on the strips that show nothing but a surface."""
    rng = np.random.default_rng(seed)
    garments = data / "garments-256"
    rows = {r["file"]: r for r in csv.DictReader((garments / "manifest.csv").read_text().splitlines())}
    bare = list(csv.DictReader(BARE.read_text().splitlines()))
    order = rng.permutation(len(bare))
    for number, path in enumerate(sorted((data / "packshots-640" / "mask").glob("*.png"))[::step]):
        chosen = bare[order[number % len(bare)]]
        ground = _enlarged(_strips(garments, rows[chosen["file"]])[chosen["side"] == "bottom"])
        yield path.stem, *placed(path, ground, rng)


def placed(path: Path, ground: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Picture and true alpha of the packshot with the mask `path` on a ground, float32 640×640×3, with a shadow."""
    alpha = load_image(path)[..., 0].astype(np.float32) / 255
    own = load_image(path.parents[1] / "rgba" / path.name)[..., :3].astype(np.float32)
    move = np.array([[1, 0, rng.uniform(-25, 25)], [0, 1, rng.uniform(5, 30)]])
    fallen = cv2.GaussianBlur(cv2.warpAffine(alpha, move, (SIDE, SIDE)), (0, 0), 14) * 0.4
    share = alpha[..., None]
    picture = own * share + ground * (1 - fallen[..., None]) * (1 - share)
    return np.clip(np.rint(picture), 0, 255).astype(np.uint8), alpha


def ground_of(folder: Path, row: dict[str, str], rng: np.random.Generator) -> np.ndarray:
    """The strip above or below the garment of a photograph, mirrored and enlarged: float32 640×640×3."""
    top, bottom = _strips(folder, row)
    return _enlarged(top if rng.random() < 0.5 else bottom)


def _strips(folder: Path, row: dict[str, str]) -> tuple[np.ndarray, np.ndarray]:
    """The top and the bottom sixth: garments are photographed in the middle."""
    left, top, width, height = (int(row[f"box_{key}"]) for key in ("x", "y", "w", "h"))
    photo = load_image(folder / row["file"])[top : top + height, left : left + width]
    return photo[: height // 6], photo[-(height // 6) :]


def _enlarged(part: np.ndarray) -> np.ndarray:
    side = min(part.shape[:2])
    sheet = cv2.copyMakeBorder(
        part, 0, max(0, 4 * side - part.shape[0]), 0, max(0, 4 * side - part.shape[1]), cv2.BORDER_REFLECT
    )
    return cv2.resize(sheet[: 4 * side, : 4 * side], (SIDE, SIDE), interpolation=cv2.INTER_CUBIC).astype(
        np.float32
    )
