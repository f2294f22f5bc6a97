"""A shop's own photograph of an empty table, floor or wall, used like a rendered set.

A rendered set knows its camera and its lamps. Of a photograph a person says where the horizon is, where a product goes,
how wide what is seen there is and where the light comes from; from these follow the same camera and card. Its light
cannot be taken apart: the picture is shared out between a lamp and the open sky, so that a shadow takes of the one what
the lamp gives and of the other what the sky gives.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import cv2
import numpy as np

from .color import Float, Pixels, linear, palette, srgb
from .marks import USUAL, Marks
from .matting import shrink
from .scene import Scene
from .sets import Direction, Light, Matrix, SetCard, SetView

__all__ = ["OwnSet", "guessed", "own_card", "own_scene"]

FIELD = 1.25
"""The focal length of the usual camera, in widths of its picture."""

_SIDE = 800


@dataclass(frozen=True, slots=True)
class OwnSet:
    """A photograph uint8 H×W×3 and its card."""

    pixels: Pixels
    card: SetCard


def guessed(photo: Pixels, view: SetView) -> Marks:
    """What a photograph (uint8 H×W×3) of an empty surface seems to show, for a person to correct."""
    small = shrink(photo, _SIDE)
    usual = USUAL[view]
    if view in ("table", "floor"):
        horizon = _horizon(small, usual.horizon)
        usual = replace(usual, horizon=horizon, y=min(max(usual.y, horizon + 0.2), 0.95))
    light = cv2.GaussianBlur(cv2.cvtColor(small, cv2.COLOR_RGB2GRAY).astype(np.float32), (0, 0), 12)
    part = light[len(light) // 2 :] if view in ("table", "floor") else light
    across, down = _slope(part)
    # From above and on a wall the brighter upper edge says as much as the brighter side.
    toward = -down if view in ("top", "wall") else abs(down) * 0.5
    azimuth = math.degrees(math.atan2(across, max(toward, 0.02))) if abs(across) > 0.02 else 0.0
    return replace(usual, azimuth=round(float(np.clip(azimuth, -80, 80)), 0))


def own_card(name: str, label: str, view: SetView, picture: Pixels, marks: Marks) -> SetCard:
    """The card of a photograph (uint8 H×W×3): a camera that sees the horizon and the scale where they were marked."""
    height, width = picture.shape[:2]
    focal = FIELD * max(width, height)
    scale = width / (marks.centimetres / 100)  # pixels a metre at the product's place
    away = focal / scale
    u, v = marks.x * width, marks.y * height
    stands = view in ("table", "floor")
    pitch = math.atan((0.5 - marks.horizon) * height / focal) if stands else 0.0
    cosine, sine = math.cos(pitch), math.sin(pitch)
    # From (right, away, up, 1), the origin at the product's place, to the camera's right, down and forward.
    turn = np.array([[1, 0, 0], [0, -sine, -cosine], [0, cosine, -sine]])
    place = np.array([(u - width / 2) / focal, (v - height / 2) / focal, 1.0]) * away
    lens = np.array([[focal, 0, width / 2], [0, focal, height / 2], [0, 0, 1]])
    camera = lens @ np.column_stack([turn, place])
    eye = -turn.T @ place
    seen_from = math.degrees(math.atan2(eye[2], math.hypot(eye[0], eye[1])))
    mean = "#{:02x}{:02x}{:02x}".format(*(int(value) for value in picture.reshape(-1, 3).mean(0)))
    return SetCard(
        name=name, view=view, label=label, size=(width, height), mood=(), season=(), materials=(), goods=(), suits="",
        mean=mean, colours=tuple(palette(picture)), height=float(eye[2]) if stands else 0.0,
        elevation=max(3.0, seen_from) if stands else 90.0 if view == "top" else 0.0,
        field=math.degrees(2 * math.atan(width / 2 / focal)), camera=_rows(camera),
        ground=_rows(np.linalg.inv(camera[:, [0, 1, 3]])) if stands and eye[2] > 1e-3 else None, wall=None,
        wall_away=None, horizon=marks.horizon if stands else None, place=(marks.x, marks.y), pixels_per_metre=scale,
        tallest=min(0.8, 0.95 * marks.y), lights=_lights(marks),
    )  # fmt: skip


def own_scene(own: OwnSet, size: tuple[int, int], zoom: float = 1.0) -> Scene:
    """The photograph as a scene on a canvas of `size` (width, height)."""
    left, top, wide, high = own.card.window(size, zoom)
    part = own.pixels[top : top + high, left : left + wide]
    smaller = size[0] < wide
    scaled = cv2.resize(part, size, interpolation=cv2.INTER_AREA if smaller else cv2.INTER_CUBIC)
    light = linear(scaled.astype(np.float32) / 255)

    def plane(_light: str, weight: float) -> Float:
        return np.asarray(light * np.float32(weight), np.float32)

    return Scene(own.card.name, own.card.fitted(size, zoom), plane, srgb, "digitalCapture")


def _lights(marks: Marks) -> dict[str, Light]:
    lamp = Direction(marks.azimuth, marks.elevation, marks.softness)
    return {
        "key": Light(lamp.azimuth, lamp.elevation, lamp.softness, "#ffffff", marks.strength, ""),
        "fill": Light(0.0, 90.0, 2.0, "#ffffff", 1 - marks.strength, ""),
    }


def _rows(matrix: np.ndarray) -> Matrix:
    return tuple(tuple(float(value) for value in row) for row in matrix)


def _horizon(small: Pixels, usual: float) -> float:
    """Where the lines that run away from the camera meet, as a share of the height; the usual where few do."""
    height, width = small.shape[:2]
    grey = cv2.cvtColor(small, cv2.COLOR_RGB2GRAY)
    lines = cv2.createLineSegmentDetector().detect(grey)[0]
    if lines is None:
        return usual
    x0, y0, x1, y1 = lines.reshape(-1, 4).astype(np.float64).T
    length, lean = np.hypot(x1 - x0, y1 - y0), np.abs(np.degrees(np.arctan2(y1 - y0, x1 - x0)))
    # Level and upright lines meet nowhere that would say anything.
    good = (length > 0.07 * width) & (np.minimum(lean, 180 - lean) > 8) & (np.abs(lean - 90) > 4)
    order = np.argsort(-length[good])[:40]
    ends = np.stack([x0, y0, x1, y1], 1)[good][order]
    rows = []
    for n, (a, b, c, d) in enumerate(ends):
        for e, f, g, h in ends[:n]:
            area = (a - c) * (f - h) - (b - d) * (e - g)
            if abs(area) < 0.02 * np.hypot(a - c, b - d) * np.hypot(e - g, f - h):
                continue
            first, second = a * d - b * c, e * h - f * g
            row = (first * (f - h) - (b - d) * second) / area / height
            if -2 < row < min(b, d, f, h) / height:
                rows.append(row)
    if len(rows) < 12:
        return usual
    found = float(np.median(rows))
    agree = np.mean(np.abs(np.array(rows) - found) < 0.15)
    return round(min(found, 0.7), 3) if agree > 0.4 else usual


def _slope(light: Float) -> tuple[float, float]:
    """How much brighter a surface gets from left to right and from top to bottom, as shares of its brightness."""
    y, x = np.mgrid[-1 : 1 : light.shape[0] * 1j, -1 : 1 : light.shape[1] * 1j]
    mean = max(float(light.mean()), 1.0)
    return float((light * x).mean() / (x * x).mean() / mean), float(
        (light * y).mean() / (y * y).mean() / mean
    )
