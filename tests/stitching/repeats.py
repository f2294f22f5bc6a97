"""Cloths and walls that repeat, the same without a repeat, and pairs of photographs of them with known truth."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from .scenes import Shot, shoot

Picture = npt.NDArray[np.float32]
Rng = np.random.Generator

KINDS = ("print", "dots", "brick", "gingham", "folds")


def _ground(rng: Rng, height: int, width: int) -> Picture:
    return np.full((height, width, 3), rng.uniform(150, 235, 3), np.float32)


def _spots(rng: Rng, picture: Picture, count: int, radius: tuple[float, float], colours: Picture) -> None:
    """Discs that go on over the picture's edges, so that copies of it join without a seam."""
    height, width = picture.shape[:2]
    for _ in range(count):
        x, y, r = rng.uniform(0, width), rng.uniform(0, height), rng.uniform(*radius)
        colour = tuple(float(c) for c in colours[rng.integers(len(colours))])
        for dx in (-width, 0, width):
            for dy in (-height, 0, height):
                at = (round((x + dx) * 16), round((y + dy) * 16))
                cv2.circle(picture, at, round(r * 16), colour, -1, cv2.LINE_AA, 4)


def _tiled(tile: Picture, height: int, width: int) -> Picture:
    rows, columns = -(-height // tile.shape[0]), -(-width // tile.shape[1])
    return np.tile(tile, (rows, columns, 1))[:height, :width].copy()


def _print(rng: Rng, height: int, width: int, period: int, repeats: bool) -> Picture:
    """Motifs strewn over a tile, which is laid side by side; or over all of the cloth."""
    tile = _ground(rng, period if repeats else height, period if repeats else width)
    count = round(26 * tile.shape[0] * tile.shape[1] / period**2)
    _spots(rng, tile, count, (0.02 * period, 0.1 * period), rng.uniform(20, 230, (9, 3)).astype(np.float32))
    return _tiled(tile, height, width)


def _dots(rng: Rng, height: int, width: int, period: int, repeats: bool) -> Picture:
    """One dot a tile; or as many of them anywhere."""
    ink = rng.uniform(10, 110, (1, 3)).astype(np.float32)
    radius = rng.uniform(0.18, 0.36) * period
    if repeats:
        tile = _ground(rng, period, period)
        _spots(rng, tile, 1, (radius, radius), ink)
        return _tiled(tile, height, width)
    cloth = _ground(rng, height, width)
    _spots(rng, cloth, round(height * width / period**2), (0.6 * radius, 1.3 * radius), ink)
    return cloth


def _brick(rng: Rng, height: int, width: int, period: int, repeats: bool) -> Picture:
    """Bricks in a bond, all alike; or each of its own length and shade."""
    wall = _ground(rng, height, width)
    clay, joint = rng.uniform([120, 50, 30], [190, 100, 80]), max(2, period // 16)
    tall = period // 2
    for row, top in enumerate(range(0, height, tall)):
        left = -period if row % 2 else -period // 2
        while left < width:
            long, shade = period, 1.0
            if not repeats:
                long, shade = round(period * rng.uniform(0.5, 1.5)), rng.uniform(0.6, 1.25)
            colour = tuple(float(c) for c in clay * shade)
            cv2.rectangle(wall, (left, top), (left + long - joint - 1, top + tall - joint - 1), colour, -1)
            left += long
    return wall


def _gingham(rng: Rng, height: int, width: int, period: int, repeats: bool) -> Picture:
    """Bands of one width both ways; or a plaid whose bands differ."""

    def bands(length: int) -> npt.NDArray[np.float32]:
        line = np.ones(length, np.float32)
        at = 0
        while at < length:
            wide, dark = period // 2, 0.55
            if not repeats:
                wide, dark = round(period * rng.uniform(0.12, 0.9)), float(rng.uniform(0.3, 0.9))
            line[at : at + wide] = dark
            at += wide + (period - period // 2 if repeats else round(period * rng.uniform(0.12, 0.9)))
        return line

    colour = rng.uniform(30, 230, 3).astype(np.float32)
    dark = np.sqrt(bands(height)[:, None] * bands(width)[None])[..., None]
    return np.asarray(colour + (245 - colour) * (2 * dark - 0.9).clip(0, 1), np.float32)


def _folds(rng: Rng, height: int, width: int, period: int, repeats: bool) -> Picture:
    """A printed cloth that does not lie flat: folds bend the print and shade it."""
    flat = _print(rng, height, width, period, repeats)
    rise = cv2.GaussianBlur(rng.normal(size=(height, width)).astype(np.float32), (0, 0), 45, sigmaY=90)
    rise *= 1 / float(rise.std())
    y, x = np.mgrid[:height, :width].astype(np.float32)
    slope = cv2.Sobel(rise, cv2.CV_32F, 1, 0, scale=8)
    bent = cv2.remap(flat, x + 2.5 * rise, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT101)
    return np.asarray(bent * (1 + 0.12 * slope / slope.std()).clip(0.6, 1.4)[..., None], np.float32)


DRAW: dict[str, Callable[[Rng, int, int, int, bool], Picture]] = {
    "print": _print,
    "dots": _dots,
    "brick": _brick,
    "gingham": _gingham,
    "folds": _folds,
}


@dataclass
class Pair:
    """Two photographs of one surface; the second lies `overlap` of its width in the first."""

    kind: str
    overlap: float
    shots: list[Shot]


def pair(
    kind: str,
    seed: int,
    repeats: bool = True,
    size: tuple[int, int] = (400, 340),
    overlap: float | None = None,
    label: bool = False,
    periods: tuple[float, float] = (0.07, 0.34),
    tilt: float = 0.03,
) -> Pair:
    """Photographs side by side or one below the other, 20 to 60 % in common, with a hand's turn, tilt and light.

    `label`: something that stands once lies in the middle of what both show. `periods`: least and greatest length of
    the repeat, as shares of a photograph's width.
    """
    rng = np.random.default_rng([seed, KINDS.index(kind)])
    width, height = size
    share = float(rng.uniform(0.2, 0.6)) if overlap is None else overlap
    period = round(float(rng.uniform(*periods)) * width)
    surface = DRAW[kind](rng, 3 * height, 3 * width, period, repeats)
    weave = rng.normal(0, 1, surface.shape[:2]).astype(np.float32)
    surface += float(rng.uniform(0, 6)) * cv2.GaussianBlur(weave, (0, 0), 1.0)[..., None]
    step = np.array([width * (1 - share), 0.0] if rng.random() < 0.6 else [0.0, height * (1 - share)])
    first = np.array([1.25 * width, 1.25 * height]) + rng.uniform(-0.1, 0.1, 2) * width
    second = first + step + rng.uniform(-0.03, 0.03, 2) * width
    scene = np.clip(surface, 5, 250).astype(np.uint8)
    if label:
        x, y = ((first + second) / 2).astype(int)
        half = (width // 14, height // 18)
        cv2.rectangle(scene, (x - half[0], y - half[1]), (x + half[0], y + half[1]), (240, 240, 240), -1)
        cv2.putText(scene, "42 cm", (x - half[0] + 3, y + 4), 0, width / 1000, (20, 20, 20), 1, cv2.LINE_AA)
    shots = [
        shoot(
            scene,
            (float(at[0]), float(at[1])),
            size,
            turn=float(rng.uniform(-2.5, 2.5)),
            zoom=float(rng.uniform(0.96, 1.04)),
            tilt=float(rng.uniform(-tilt, tilt)),
            gain=float(rng.uniform(0.8, 1.1)),
            vignette=float(rng.uniform(0, 0.35)),
            noise=float(rng.uniform(1, 4)),
            seed=seed * 7 + k,
        )
        for k, at in enumerate((first, second))
    ]
    return Pair(kind, share, shots)
