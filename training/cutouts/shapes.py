"""Drawn products and grounds, so that the network does not learn that whatever is cloth is the product."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from prodgen_django.studio.color import Float, Pixels
from prodgen_django.studio.matting import Mask

__all__ = ["drawn_ground", "drawn_product"]


def drawn_product(rng: np.random.Generator, side: int) -> tuple[Pixels, Mask]:
    """A turned body, a box, a blob, a ring or a thin frame, patterned and shaded: uint8 n×n×3, its mask bool n×n."""
    mask = np.zeros((side, side), np.uint8)
    kind = rng.integers(8)
    if kind == 0:  # a turned body: vase, bottle, lamp
        _turned(mask, rng)
    elif kind == 1:  # a box seen at an angle
        points = np.array([[0.15, 0.15], [0.85, 0.15], [0.85, 0.85], [0.15, 0.85]]) + rng.uniform(
            -0.14, 0.14, (4, 2)
        )
        cv2.fillPoly(mask, [np.rint(points * side).astype(np.int32)], 1)
    elif kind == 2:
        _blob(mask, rng)
    elif kind == 3:  # a ring, a bag with a handle
        centre, radius = (side // 2, side // 2), side * rng.uniform(0.3, 0.42)
        cv2.ellipse(mask, centre, (round(radius), round(radius * rng.uniform(0.5, 1))), 0, 0, 360, 1, -1)
        hole = radius * rng.uniform(0.35, 0.75)
        cv2.ellipse(mask, centre, (round(hole), round(hole * rng.uniform(0.4, 0.8))), 0, 0, 360, 0, -1)
    elif kind == 4:
        _spectacles(mask, rng)
    elif kind == 5:
        _rack(mask, rng)
    elif kind == 6:
        _bottle(mask, rng)
    else:  # a body with a handle
        _turned(mask, rng)
        at = (round(side * rng.uniform(0.6, 0.75)), round(side * rng.uniform(0.4, 0.6)))
        axes = (round(side * rng.uniform(0.1, 0.2)), round(side * rng.uniform(0.1, 0.25)))
        cv2.ellipse(mask, at, axes, 0, 0, 360, 1, max(3, round(side * rng.uniform(0.02, 0.05))))
    if mask.sum() < 0.02 * mask.size:
        cv2.circle(mask, (side // 2, side // 2), side // 3, 1, -1)
    solid = mask == 1
    image = _pattern(rng, side)
    if rng.random() < 0.8:  # round things are darker towards their rim
        depth = cv2.distanceTransform(mask, cv2.DIST_L2, 3)
        shade = 0.5 + 0.5 * np.clip(depth / (side * rng.uniform(0.05, 0.25)), 0, 1) ** 0.6
        image = image * shade[..., None]
    return np.clip(image, 0, 255).astype(np.uint8), solid


def drawn_ground(rng: np.random.Generator, side: int) -> Float:
    """Paper, boards, tiles, checks or grain: float32 n×n×3, 0 to 255."""
    if rng.random() < 0.4:  # a paper sweep
        base = rng.uniform(60, 255, 3) if rng.random() < 0.5 else np.full(3, rng.uniform(120, 255))
        y, x = np.mgrid[-1 : 1 : side * 1j, -1 : 1 : side * 1j]
        fall = (
            1
            + rng.uniform(-0.15, 0.15) * y
            + rng.uniform(-0.15, 0.15) * x
            - rng.uniform(0, 0.15) * (x * x + y * y)
        )
        return (base * fall[..., None]).astype(np.float32)
    return _pattern(rng, side)


def _turned(mask: np.ndarray, rng: np.random.Generator) -> None:
    knots = rng.uniform(0.06, 0.42, rng.integers(3, 7)).tolist()
    _revolved(mask, np.linspace(0, 1, len(knots)).tolist(), knots, rng.uniform(0.01, 0.06))


def _revolved(mask: np.ndarray, down: Sequence[float], widths: Sequence[float], soft: float) -> None:
    """As wide, to either side, as `widths` says at the places `down` (0 to 1), rounded over `soft`; in shares of a
    side."""
    side = len(mask)
    rows = np.arange(round(0.08 * side), round(0.92 * side))
    width = np.interp(np.linspace(0, 1, len(rows)), down, widths)
    width = cv2.GaussianBlur(width.astype(np.float32)[:, None], (1, 0), 0, sigmaY=side * soft)
    for row, half in zip(rows, width.ravel() * side, strict=True):
        mask[row, max(0, round(side / 2 - half)) : round(side / 2 + half)] = 1


def _bottle(mask: np.ndarray, rng: np.random.Generator) -> None:
    """A straight body with a shoulder, a neck and a cap."""
    body = rng.uniform(0.1, 0.24)
    neck, cap = body * rng.uniform(0.3, 0.8), rng.uniform(0.05, 0.14)
    lid = neck * rng.uniform(0.95, 1.25)
    end = cap + rng.uniform(0.02, 0.12)
    down = [0, cap, cap + 0.01, end, end + rng.uniform(0.02, 0.2), 0.97, 1]
    _revolved(mask, down, [lid, lid, neck, neck, body, body, body * rng.uniform(0.8, 1)], 0.006)


def _spectacles(mask: np.ndarray, rng: np.random.Generator) -> None:
    """Two rims, with panes or open, bridge and bows."""
    side = len(mask)
    wide, thick = side * rng.uniform(0.15, 0.2), max(4, round(side * rng.uniform(0.03, 0.07)))
    tall, power = wide * rng.uniform(0.55, 1.0), rng.uniform(2, 5)
    level, panes = side // 2, rng.random() < 0.25
    apart = wide + side * rng.uniform(0.02, 0.05) + thick / 2
    angle = np.linspace(0, 2 * np.pi, 60, endpoint=False)
    rim = np.stack([np.cos(angle), np.sin(angle)], 1)
    rim = np.sign(rim) * np.abs(rim) ** (2 / power) * (wide, tall)
    brow = round(level - tall * rng.uniform(0.2, 0.7))
    for hand in (-1, 1):
        points = np.rint(rim + np.array([side / 2 + hand * apart, level])).astype(np.int32)
        cv2.polylines(mask, [points], True, 1, thick)
        if panes:
            cv2.fillPoly(mask, [points], 1)
        hinge = (round(side / 2 + hand * (apart + wide)), brow)
        end = (
            round(hinge[0] - hand * side * rng.uniform(-0.05, 0.3)),
            round(brow - side * rng.uniform(-0.1, 0.3)),
        )
        if rng.random() < 0.7:
            cv2.line(mask, hinge, end, 1, max(4, round(0.7 * thick)))
    inner = round(apart - wide)
    cv2.line(mask, (side // 2 - inner, brow), (side // 2 + inner, brow), 1, thick)


def _rack(mask: np.ndarray, rng: np.random.Generator) -> None:
    """A frame with bars that one sees through: a chair's back, a crate, a trolley, a lattice."""
    side = len(mask)
    left, right = round(side * rng.uniform(0.1, 0.3)), round(side * rng.uniform(0.7, 0.9))
    top, bottom = round(side * rng.uniform(0.08, 0.3)), round(side * rng.uniform(0.7, 0.92))
    thick = max(4, round(side * rng.uniform(0.03, 0.08)))
    cv2.rectangle(mask, (left, top), (right, bottom), 1, thick)
    thin = max(4, round(thick * rng.uniform(0.5, 1)))
    if rng.random() < 0.7:
        for x in np.linspace(left, right, int(rng.integers(3, 7))):
            cv2.line(mask, (round(x), top), (round(x), bottom), 1, thin)
    if rng.random() < 0.6:
        for y in np.linspace(top, bottom, int(rng.integers(3, 6))):
            cv2.line(mask, (left, round(y)), (right, round(y)), 1, thin)
    if rng.random() < 0.4:  # a seat or a shelf
        y = round(rng.uniform(top, bottom))
        cv2.rectangle(mask, (left, y), (right, min(bottom, y + round(side * rng.uniform(0.1, 0.3)))), 1, -1)


def _blob(mask: np.ndarray, rng: np.random.Generator) -> None:
    angle = np.linspace(0, 2 * np.pi, 90, endpoint=False)
    radius = np.full(90, 0.33)
    for wave in range(2, 8):
        radius += rng.normal(0, 0.16 / wave) * np.cos(wave * angle + rng.uniform(0, 6.3)) * 0.4
    points = 0.5 + np.stack([np.cos(angle), np.sin(angle)], 1) * np.clip(radius, 0.08, 0.48)[:, None]
    cv2.fillPoly(mask, [np.rint(points * len(mask)).astype(np.int32)], 1)


def _pattern(rng: np.random.Generator, side: int) -> Float:
    first, second = rng.uniform(10, 250, (2, 3))
    if rng.random() < 0.5:  # most things have one colour, a little uneven
        second = np.clip(first + rng.normal(0, 25, 3), 0, 255)
    y, x = np.mgrid[0:side, 0:side].astype(np.float32) / side
    turn = rng.uniform(0, np.pi)
    u, v = x * np.cos(turn) + y * np.sin(turn), y * np.cos(turn) - x * np.sin(turn)
    count = rng.uniform(3, 22)
    kind = rng.integers(6)
    if kind == 0:
        share = np.zeros_like(x)
    elif kind == 1:
        share = (np.sin(u * count * 6.28) > rng.uniform(-0.6, 0.8)).astype(np.float32)
    elif kind == 2:
        share = ((np.floor(u * count) + np.floor(v * count)) % 2).astype(np.float32)
    elif kind == 3:  # tiles with joints
        share = ((np.mod(u * count, 1) < 0.08) | (np.mod(v * count, 1) < 0.08)).astype(np.float32)
    elif kind == 4:  # dots
        share = (
            np.hypot(np.mod(u * count, 1) - 0.5, np.mod(v * count, 1) - 0.5) < rng.uniform(0.15, 0.4)
        ) * 1.0
    else:  # grain, drawn out in one direction as in wood
        share = _noise(rng, side, rng.uniform(2, 10), rng.uniform(10, 60))
    cloudy = _noise(rng, side, *rng.uniform(2, 14, 2)) - 0.5
    blend = np.clip(share + cloudy * rng.uniform(0, 0.7), 0, 1)[..., None]
    fine = rng.normal(0, rng.uniform(0, 8), (side, side, 1))
    return (first * (1 - blend) + second * blend + fine).astype(np.float32)


def _noise(rng: np.random.Generator, side: int, across: float, down: float) -> Float:
    small = rng.random((max(2, round(down)), max(2, round(across)))).astype(np.float32)
    return cv2.resize(small, (side, side), interpolation=cv2.INTER_CUBIC)
