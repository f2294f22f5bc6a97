"""Stage 5: what the camera did: a plane, or a turn on the spot; and the canvas that follows from it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from prodgen_django.common.arrays import Size

from .bundle import choose_plane
from .canvas import Canvas, plane_canvas, surface_canvas
from .errors import refusal
from .graph import Graph
from .records import Placement
from .rotation import plane_growth, solve
from .surface import surface
from .tuning import TUNING

__all__ = ["Model", "choose_model"]


@dataclass
class Model:
    """Where every picture falls.

    Attributes:
        canvas: the canvas and the warps onto it.
        facts: JSON-serialisable: name, scores, residuals.
        why: why this model, in words.
        residual: median distance of corresponding points, pixels of the inputs.
    """

    canvas: Canvas
    facts: dict[str, Any]
    why: str
    residual: float


def choose_model(
    sizes: Sequence[Size], graph: Graph, members: list[int], mode: str, max_pixels: int
) -> Model:
    """Fit the planes and, where a plane is doubted or `mode` is panorama, the turning camera; take what explains the
    pictures. Raises `StitchError("too_large")`."""
    middle, placed = graph.place(members)
    edges = [e for e in graph.edges.values() if e.a in placed and e.b in placed]
    plane, scores = choose_plane(sizes, edges, placed, middle)
    growth = plane_growth(sizes, plane)
    facts: dict[str, Any] = {
        "name": plane.model,
        "scores": scores,
        "plane_residual_px": round(plane.residual, 3),
        "plane_growth": round(min(growth, 1e6), 2),
    }
    if mode == "panorama" or (mode == "auto" and growth > TUNING.wide):
        turned = solve(sizes, edges, graph.tree(members)[1], middle)
        if turned is not None:
            facts |= {"focal_px": round(turned.focal, 1), "rotation_residual_px": round(turned.residual, 3)}
            # The further a plane would stretch, the more parallax is forgiven.
            if mode == "panorama" or turned.residual < (
                TUNING.turn_residual * plane.residual + TUNING.turn_growth * growth
            ):
                made = surface(turned, sizes)
                why = f"a camera that turned on the spot; a plane would stretch {growth:.1f}-fold"
                why = "asked for" if mode == "panorama" else why
                canvas = surface_canvas(sizes, made, max_pixels)
                return Model(canvas, facts | {"name": made.kind}, why, turned.residual)
    return _flat(sizes, plane, growth, facts, max_pixels)


def _flat(
    sizes: Sequence[Size], plane: Placement, growth: float, facts: dict[str, Any], max_pixels: int
) -> Model:
    if not np.isfinite(growth):
        raise refusal("too_large", "The pictures cover too wide an angle for one flat picture.")
    why = f"the pictures overlap and lie in one plane ({plane.model})"
    return Model(plane_canvas(sizes, plane.transforms, max_pixels), facts, why, plane.residual)
