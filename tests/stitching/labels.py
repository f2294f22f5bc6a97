"""Sheets that repeat, with labels on them, and pairs of crops of one sheet with known truth.

What a label says depends on who shows it: one that both crops show decides, one that either shows alone speaks against
every place that would put it into the overlap, and two that look alike, or a row of them, may lead astray.
"""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
import numpy.typing as npt

from .repeats import Pair
from .scenes import Shot

Picture = npt.NDArray[np.uint8]
Rng = np.random.Generator

LABELS = ("none", "both", "one", "different", "alike", "row")


def _tiled(tile: Picture, height: int, width: int) -> Picture:
    rows, columns = -(-height // tile.shape[0]), -(-width // tile.shape[1])
    return np.tile(tile, (rows, columns, 1))[:height, :width].copy()


def _two(rng: Rng) -> tuple[Picture, Picture]:
    """A dark and a pale colour."""
    return rng.integers(10, 110, 3).astype(np.uint8), rng.integers(170, 250, 3).astype(np.uint8)


def _checker(rng: Rng, height: int, width: int, period: int) -> Picture:
    dark, pale = _two(rng)
    half = period // 2
    y, x = np.mgrid[:height, :width] // half
    return np.where(((x + y) % 2 == 0)[..., None], dark, pale).astype(np.uint8)


def _half_drop(rng: Rng, height: int, width: int, period: int) -> Picture:
    """A motif of a few leaves; every other column hangs half a motif lower."""
    dark, pale = _two(rng)
    tile = np.empty((period, period, 3), np.uint8)
    tile[:] = pale
    for _ in range(4):
        at = tuple(int(v) for v in rng.uniform(0.3, 0.7, 2) * period)
        axes = (max(2, int(period * rng.uniform(0.1, 0.25))), max(2, int(period * rng.uniform(0.05, 0.12))))
        colour = tuple(int(v) for v in np.clip(dark + rng.integers(0, 90, 3), 0, 255))
        cv2.ellipse(tile, at, axes, float(rng.uniform(0, 180)), 0, 360, colour, -1, cv2.LINE_AA)
    return _tiled(np.hstack([tile, np.roll(tile, period // 2, 0)]), height, width)


def _houndstooth(rng: Rng, height: int, width: int, period: int) -> Picture:
    """A twill of four dark and four pale threads both ways, as it is woven."""
    dark, pale = _two(rng)
    thread = max(2, period // 8)
    y, x = np.mgrid[:height, :width] // thread
    warp_on_top = (x + y) % 4 < 2
    return np.where(np.where(warp_on_top, x % 8 < 4, y % 8 < 4)[..., None], dark, pale).astype(np.uint8)


def _text(rng: Rng, height: int, width: int, period: int) -> Picture:
    """A word, over and over."""
    dark, pale = _two(rng)
    tile = np.empty((max(14, period // 3), period, 3), np.uint8)
    tile[:] = pale
    word = "".join(rng.choice(list("AEHKLMNORST"), 4))
    (wide, tall), _ = cv2.getTextSize(word, 0, 1.0, 2)
    scale = min(0.85 * period / wide, 0.6 * tile.shape[0] / tall)
    at = (2, int(0.8 * tile.shape[0]))
    cv2.putText(tile, word, at, 0, scale, tuple(int(v) for v in dark), max(1, round(2 * scale)), cv2.LINE_AA)
    return _tiled(tile, height, width)


SHEETS: dict[str, Callable[[Rng, int, int, int], Picture]] = {
    "checker": _checker,
    "half-drop": _half_drop,
    "houndstooth": _houndstooth,
    "text": _text,
}


def _two_labels(rng: Rng, width: int) -> tuple[Picture, Picture]:
    """Cards with another number each, or patches of other colours, of one size."""
    long, tall = int(width * rng.uniform(0.09, 0.16)), int(width * rng.uniform(0.07, 0.12))
    made = []
    cards = rng.random() < 0.5
    for _ in range(2):
        if cards:
            card = np.full((tall, long, 3), 245, np.uint8)
            number = str(rng.integers(100, 999))
            at = (3, int(0.75 * tall))
            cv2.putText(card, number, at, 0, long / 70, (20, 20, 20), 2, cv2.LINE_AA)
        else:
            blots = rng.integers(0, 255, (4, 5, 3)).astype(np.uint8)
            card = np.asarray(cv2.resize(blots, (long, tall), interpolation=cv2.INTER_CUBIC), np.uint8)
        made.append(card)
    return made[0], made[1]


def labelled(
    kind: str,
    labels: str,
    seed: int,
    size: tuple[int, int] = (480, 400),
    overlap: float | None = None,
) -> Pair:
    """Two crops side by side, 25 to 60 % in common. `labels` says who shows one:

    none; both (the same one, in the overlap); one (the first alone); different (another in each, outside the overlap);
    alike (one in each, outside the overlap, that look the same); row (every 0.45 of a crop's width).
    With even seeds labels lie whole repeats apart, so that they can be laid on one another.
    """
    rng = np.random.default_rng([seed, list(SHEETS).index(kind), LABELS.index(labels)])
    width, height = size
    share = float(rng.uniform(0.25, 0.6)) if overlap is None else overlap
    period = 8 * round(float(rng.uniform(0.05, 0.2)) * width / 8)
    sheet = SHEETS[kind](rng, height + 80, 2 * width + 80, period)
    step = (round(width * (1 - share)), int(rng.integers(-20, 20)))
    corners = [(40, 40), (40 + step[0], 40 + step[1])]
    label, other = _two_labels(rng, width)

    def lay(what: Picture, x: float, y: float) -> None:
        tall, long = what.shape[:2]
        left, top = round(x) - long // 2, round(y) - tall // 2
        sheet[top : top + tall, left : left + long] = what

    def whole(distance: float) -> float:
        # Twice the period, as every other column of a half-drop hangs lower.
        return 2 * period * max(1, round(distance / (2 * period))) if seed % 2 == 0 else distance

    ends = [40 + width * float(f) for f in (rng.uniform(0.12, 0.9 - share), rng.uniform(1.12, 1.9 - share))]
    across = 40 + height * float(rng.uniform(0.3, 0.7))
    again = ends[0] + whole(ends[1] - ends[0])
    if labels == "both":
        lay(label, 40 + width * (1 - share / 2), across)
    elif labels != "none":
        lay(label, ends[0], across)
    if labels == "different":
        lay(other, again, across)
    elif labels == "alike":
        lay(label, again, across)
    elif labels == "row":
        at = ends[0]
        while (at := at + whole(0.45 * width)) < sheet.shape[1] - 60:
            lay(label, at, across)
    shots = []
    for x, y in corners:
        crop = sheet[y : y + height, x : x + width].astype(np.float32)
        crop += rng.normal(0, 1.5, crop.shape)
        shots.append(
            Shot(np.clip(crop, 0, 255).astype(np.uint8), np.array([[1, 0, x], [0, 1, y], [0, 0, 1.0]]))
        )
    return Pair(f"{kind}, {labels}", share, shots)
