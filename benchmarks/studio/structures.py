"""Drawn things that one sees through or that come in several pieces, with their true alphas, for judging cut-outs.

Hoops, frames, rackets, chairs, racks, necklaces, baskets, hangers, and two to five products side by side, on paper,
boards and cloth, with shadows. Nothing of it is taught (`training/` has generators of its own).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import cv2
import numpy as np

SIDE = 640
_FINE = 4  # times finer while drawing
_N = SIDE * _FINE

Rng = np.random.Generator
Canvas = np.ndarray


def structures(count: int = 33, seed: int = 1) -> Iterator[tuple[str, np.ndarray, np.ndarray]]:
    """Name, picture uint8 640×640×3 and true alpha float32, the families in turn; the same call, the same pictures."""
    names = sorted(FAMILIES)
    for number in range(count):
        rng = np.random.default_rng((seed, number))
        name = names[number % len(names)]
        yield f"{number:02}-{name}", *pictured(FAMILIES[name], rng)


def pictured(draw: Callable[[Rng], list[Canvas]], rng: Rng) -> tuple[np.ndarray, np.ndarray]:
    """The pieces of a thing, each uint8 N×N, in colours, on a ground with their shadow."""
    image, alpha = ground(rng), np.zeros((SIDE, SIDE), np.float32)
    pieces = [
        cv2.resize(piece, (SIDE, SIDE), interpolation=cv2.INTER_AREA).astype(np.float32) / 255
        for piece in draw(rng)
    ]
    standing = rng.random() < 0.6
    fallen = shadow(np.max(pieces, 0), standing, rng)
    image = image * (1 - fallen[..., None])
    one = colour(rng)
    for piece in pieces:
        tint = one if rng.random() < 0.6 else colour(rng)
        depth = cv2.GaussianBlur(piece, (0, 0), float(rng.uniform(2, 9)))
        shade = 0.55 + 0.6 * depth + 0.25 * np.linspace(0.5, -0.5, SIDE)[:, None]
        share = piece[..., None]
        image = image * (1 - share) + np.clip(tint * shade[..., None], 0, 255) * share
        alpha = np.maximum(alpha, piece)
    image = cv2.GaussianBlur(image, (0, 0), 0.6) + rng.normal(0, 2, image.shape)
    return np.clip(image, 0, 255).astype(np.uint8), alpha


def colour(rng: Rng) -> np.ndarray:
    kind = rng.random()
    if kind < 0.3:
        return np.full(3, rng.uniform(215, 250))
    if kind < 0.5:
        return np.full(3, rng.uniform(15, 60))
    return rng.uniform(30, 230, 3)


def ground(rng: Rng) -> np.ndarray:
    """Paper, boards or a checked cloth: float64 640×640×3."""
    y, x = np.mgrid[0:SIDE, 0:SIDE] / SIDE
    kind = rng.random()
    base = np.full(3, rng.uniform(190, 250)) if rng.random() < 0.6 else rng.uniform(90, 235, 3)
    light = (1 + rng.uniform(-0.15, 0.15) * (x - 0.5) + rng.uniform(-0.2, 0.1) * (y - 0.5))[..., None]
    if kind < 0.55:
        return base * light
    if kind < 0.8:
        boards = np.floor(x * rng.uniform(3, 7))
        tone = np.sin(boards * 12.9) * 14
        grain = cv2.resize(rng.normal(0, 1, (6, 90)), (SIDE, SIDE), interpolation=cv2.INTER_CUBIC) * 9
        joint = (np.mod(x * rng.uniform(3, 7), 1) < 0.015) * -40
        return (np.array([176, 132, 92]) + (tone + grain + joint)[..., None]) * light
    cells = rng.uniform(5, 11)
    check = (np.mod(x * cells, 1) < 0.5).astype(float) + (np.mod(y * cells, 1) < 0.5)
    return (base * (1 - 0.22 * check[..., None])) * light


def shadow(alpha: np.ndarray, standing: bool, rng: Rng) -> np.ndarray:
    rows = np.flatnonzero(alpha.max(1) > 0.5)
    foot = rows[-1] if len(rows) else SIDE - 1
    squash, shear = (rng.uniform(0.1, 0.5), rng.uniform(-0.9, 0.9)) if standing else (1.0, 0.0)
    move = np.array(
        [
            [1, -shear * squash, shear * squash * foot + rng.uniform(-8, 8)],
            [0, squash, foot * (1 - squash) + rng.uniform(0, 9)],
        ]
    )
    cast = cv2.warpAffine(alpha, move, (SIDE, SIDE))
    return cv2.GaussianBlur(cast, (0, 0), float(rng.uniform(1.5, 14))) * rng.uniform(0.15, 0.55)


# -- the things


def _blank() -> Canvas:
    return np.zeros((_N, _N), np.uint8)


def _lines(lines: list[np.ndarray], thick: float, closed: bool = False) -> Canvas:
    canvas = _blank()
    for line in lines:
        cv2.polylines(
            canvas,
            [np.rint(np.asarray(line) * _N).astype(np.int32)],
            closed,
            255,
            max(2, round(thick * _N)),
            cv2.LINE_AA,
        )
    return canvas


def _oval(
    centre: tuple[float, float], wide: float, tall: float, power: float = 2.0, count: int = 240
) -> np.ndarray:
    a = np.linspace(0, 2 * np.pi, count, endpoint=False)
    c, s = np.cos(a), np.sin(a)
    return np.c_[
        centre[0] + wide * np.sign(c) * abs(c) ** (2 / power),
        centre[1] + tall * np.sign(s) * abs(s) ** (2 / power),
    ]


def _thin(rng: Rng) -> float:
    return float(np.exp(rng.uniform(np.log(0.006), np.log(0.03))))


def hoop(rng: Rng) -> list[Canvas]:
    count = int(rng.integers(1, 4))
    return [
        _lines(
            [
                _oval(
                    (0.5 + 0.12 * (k - (count - 1) / 2), 0.5), rng.uniform(0.14, 0.3), rng.uniform(0.18, 0.34)
                )
            ],
            _thin(rng),
            True,
        )
        for k in range(count)
    ]


def frame(rng: Rng) -> list[Canvas]:
    wide, tall = rng.uniform(0.2, 0.36, 2)
    made = [_lines([_oval((0.5, 0.5), wide, tall, 40)], rng.uniform(0.015, 0.06), True)]
    if rng.random() < 0.4:
        made.append(_lines([_oval((0.5, 0.5), wide * 0.7, tall * 0.7, 40)], 0.012, True))
    return made


def racket(rng: Rng) -> list[Canvas]:
    wide, tall, top = rng.uniform(0.13, 0.2), rng.uniform(0.18, 0.24), 0.34
    strings = []
    for t in np.linspace(-0.85, 0.85, int(rng.integers(7, 13))):
        reach = np.sqrt(1 - t * t)
        strings.append([(0.5 + t * wide, top - reach * tall), (0.5 + t * wide, top + reach * tall)])
        strings.append([(0.5 - reach * wide, top + t * tall), (0.5 + reach * wide, top + t * tall)])
    return [
        _lines(strings, 0.0035),
        _lines([_oval((0.5, top), wide, tall)], 0.016, True),
        _lines([[(0.5, top + tall), (0.5, 0.92)]], 0.028),
    ]


def chair(rng: Rng) -> list[Canvas]:
    left, right, seat, top, foot = 0.28, 0.72, 0.55, rng.uniform(0.08, 0.2), 0.93
    thick = rng.uniform(0.012, 0.03)
    legs = [
        [(left, seat), (left - 0.03, foot)],
        [(right, seat), (right + 0.03, foot)],
        [(left + 0.1, seat), (left + 0.12, foot - 0.08)],
        [(right - 0.1, seat), (right - 0.12, foot - 0.08)],
    ]
    back = [
        [(left + 0.06, seat), (left + 0.02, top)],
        [(right - 0.06, seat), (right - 0.02, top)],
        [(left + 0.02, top), (right - 0.02, top)],
    ]
    bars = [[(x, seat), (x, top)] for x in np.linspace(left + 0.12, right - 0.12, int(rng.integers(2, 6)))]
    plate = _blank()
    cv2.fillPoly(
        plate,
        [
            np.rint(
                np.array(
                    [
                        (left, seat),
                        (left + 0.08, seat - 0.05),
                        (right - 0.08, seat - 0.05),
                        (right, seat),
                        (right, seat + 0.03),
                        (left, seat + 0.03),
                    ]
                )
                * _N
            ).astype(np.int32)
        ],
        255,
        cv2.LINE_AA,
    )
    return [_lines(legs + back, thick), _lines(bars, thick * 0.6), plate]


def rack(rng: Rng) -> list[Canvas]:
    left, right, top, foot = 0.2, 0.8, rng.uniform(0.1, 0.3), rng.uniform(0.7, 0.92)
    shelves = [[(left, y), (right, y)] for y in np.linspace(top, foot - 0.05, int(rng.integers(2, 6)))]
    return [
        _lines([[(left, top), (left, foot)], [(right, top), (right, foot)]], rng.uniform(0.012, 0.03)),
        _lines(shelves, rng.uniform(0.008, 0.03)),
    ]


def necklace(rng: Rng) -> list[Canvas]:
    line = _oval((0.5, 0.45), rng.uniform(0.16, 0.26), rng.uniform(0.25, 0.36))
    beads = _blank()
    size = rng.uniform(0.006, 0.02)
    for x, y in line[:: max(1, round(240 * size / 1.2))]:
        cv2.circle(beads, (round(x * _N), round(y * _N)), round(size * _N), 255, -1, cv2.LINE_AA)
    charm = _blank()
    cv2.ellipse(
        charm,
        (round(0.5 * _N), round((line[:, 1].max() + 0.03) * _N)),
        (round(0.025 * _N), round(0.035 * _N)),
        0,
        0,
        360,
        255,
        -1,
        cv2.LINE_AA,
    )
    return [_lines([line], 0.004, True), beads, charm]


def basket(rng: Rng) -> list[Canvas]:
    top, foot, narrow, wide = 0.42, 0.85, rng.uniform(0.18, 0.26), rng.uniform(0.26, 0.36)
    lines = []
    for t in np.linspace(0, 1, int(rng.integers(4, 9))):
        half = wide + (narrow - wide) * t
        bend = np.linspace(-1, 1, 30)
        lines.append(np.c_[0.5 + half * bend, top + (foot - top) * t + 0.04 * np.sqrt(1 - bend**2)])
    for s in np.linspace(-1, 1, int(rng.integers(7, 14))):
        bend = 0.04 * np.sqrt(max(0, 1 - s * s))
        lines += [np.array([(0.5 + wide * s, top + bend), (0.5 + narrow * s, foot + bend)])]
    a = np.linspace(np.pi, 2 * np.pi, 60)
    bow = np.c_[0.5 + wide * 0.95 * np.cos(a), top + rng.uniform(0.2, 0.34) * np.sin(a)]
    return [_lines(lines, rng.uniform(0.006, 0.012)), _lines([bow], rng.uniform(0.012, 0.022))]


def hanger(rng: Rng) -> list[Canvas]:
    low, up = rng.uniform(0.55, 0.65), 0.4
    body = [(0.5, up), (0.14, low), (0.86, low), (0.5, up)]
    a = np.linspace(0.5 * np.pi, 2.1 * np.pi, 40)
    hook = np.r_[[(0.5, up)], np.c_[0.5 + 0.045 * np.cos(a[::-1]), 0.27 + 0.05 * np.sin(a[::-1])]]
    return [_lines([body], rng.uniform(0.008, 0.024)), _lines([hook], 0.008)]


def products(rng: Rng) -> list[Canvas]:
    """Two to five solid things side by side."""
    made, count = [], int(rng.integers(2, 6))
    for k in range(count):
        middle, half = (k + 0.5) / count * 0.86 + 0.07, 0.86 / count * rng.uniform(0.25, 0.44)
        tall = rng.uniform(0.2, 0.6)
        rows = np.linspace(0.85 - tall, 0.85, 9)
        width = half * np.r_[rng.uniform(0.3, 1), rng.uniform(0.4, 1, 7), rng.uniform(0.5, 1)]
        outline = np.r_[np.c_[middle - width, rows], np.c_[middle + width, rows][::-1]]
        canvas = _blank()
        cv2.fillPoly(canvas, [np.rint(outline * _N).astype(np.int32)], 255, cv2.LINE_AA)
        made.append(canvas)
    return made


FAMILIES: dict[str, Callable[[Rng], list[Canvas]]] = {
    "basket": basket, "chair": chair, "frame": frame, "hanger": hanger, "hoop": hoop,
    "necklace": necklace, "products": products, "rack": rack, "racket": racket,
}  # fmt: skip
