"""What is known of a rendered view, as JSON: where its camera, planes, lights and colours are."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .design import Design
from .rooms import SENSOR, Stage

USES = {"table": "stands on a table", "floor": "stands on a floor", "wall": "hangs on a wall", "top": "lies"}


def card(
    stage: Stage, design: Design, side: int, weights: dict[str, float], whole: np.ndarray
) -> dict[str, Any]:
    """The card of a view; `whole` is the picture in its default light, linear float h×w×3."""
    view = stage.view
    matrix = projection(stage, side)
    focal = view.lens / SENSOR
    horizon = 0.5 - focal * math.tan(math.radians(view.pitch)) if view.pitch < 80 else None
    found: dict[str, Any] = {
        "name": design.name,
        "view": stage.kind,
        "label": design.label,
        "size": [side, side],
        "mood": list(design.mood),
        "season": list(design.season),
        "materials": list(design.materials),
        "goods": list(design.goods),
        "suits": USES[stage.kind],
        "camera": {
            "height": round(stage.camera.matrix_world.translation.z, 4),
            "elevation": view.pitch,
            "focal": view.lens,
            "field": round(math.degrees(2 * math.atan(0.5 / focal)), 2),
            "matrix": rounded(matrix),
        },
        "horizon": None if horizon is None else round(horizon, 4),
        "ground": None if stage.kind == "wall" else rounded(np.linalg.inv(matrix[:, [0, 1, 3]])),
        "wall": wall(stage, matrix),
        "place": {
            "x": 0.5,
            "y": view.foot,
            "pixels_per_metre": round(side / view.width, 2),
            "tallest": view.tallest,
        },
        "lights": {
            name: {
                "azimuth": lamp.azimuth,
                "elevation": lamp.elevation,
                "softness": lamp.softness,
                "colour": lamp.colour,
                "weight": weights[name],
                "file": f"{stage.kind}.{name}.webp",
            }
            for name, lamp in sorted(stage.lamps.items())
        },
    }
    return found | colours(whole)


def projection(stage: Stage, side: int) -> np.ndarray:
    """World metres to pixels, 3×4."""
    focal = stage.view.lens / SENSOR * side
    world = np.array(stage.camera.matrix_world.inverted())[:3]
    flip = np.diag([1.0, -1.0, -1.0])  # the camera looks down its own -z, and rows grow downwards
    k = np.array([[focal, 0, side / 2], [0, focal, side / 2], [0, 0, 1]])
    return k @ flip @ world


def wall(stage: Stage, matrix: np.ndarray) -> dict[str, Any] | None:
    """The wall square to the view, and how pixels become metres across and up on it."""
    if stage.wall_at is None or stage.kind == "top":
        return None
    plane = np.stack([matrix[:, 0], matrix[:, 2], matrix[:, 1] * stage.wall_at + matrix[:, 3]], 1)
    return {"away": round(stage.wall_at, 4), "plane": rounded(np.linalg.inv(plane))}


def rounded(matrix: np.ndarray) -> list[list[float]]:
    return [[float(f"{v:.9g}") for v in row] for row in matrix]


def colours(whole: np.ndarray) -> dict[str, Any]:
    """The mean colour and three main ones (k-means from a fixed start), as hex."""
    small = np.clip(whole, 0, 1)[:: max(1, len(whole) // 100), :: max(1, len(whole) // 100)].reshape(-1, 3)
    coded = np.where(small <= 0.0031308, 12.92 * small, 1.055 * np.maximum(small, 1e-9) ** (1 / 2.4) - 0.055)
    order = coded[np.argsort(coded.sum(1))]
    centres = order[[len(order) // 6, len(order) // 2, len(order) * 5 // 6]]
    for _ in range(20):
        nearest = np.argmin(((coded[:, None] - centres) ** 2).sum(-1), 1)
        centres = np.array(
            [coded[nearest == k].mean(0) if (nearest == k).any() else centres[k] for k in range(3)]
        )
    counts = np.bincount(nearest, minlength=3)
    return {
        "mean": hexed(coded.mean(0)),
        "colours": [hexed(centres[k]) for k in np.argsort(-counts)],
    }


def hexed(colour: np.ndarray) -> str:
    return "#" + "".join(f"{round(float(np.clip(c, 0, 1)) * 255):02x}" for c in colour)
