"""Overlapping close-ups of wide products, as a hand-held phone takes them square to the product's plane."""

from __future__ import annotations

import math

import bpy
import numpy as np
from mathutils import Euler, Matrix, Vector

from .product import Product
from .scene import Frame, Shot


def plan(product: Product) -> list[Shot]:
    """One shot for each cell of the product's mosaic, row by row from the top left; none for a small product."""
    mosaic = product.mosaic
    if mosaic is None:
        return []
    rng = np.random.default_rng(sum(map(ord, product.slug)))

    def place(i: int, n: int) -> float:
        return i / (n - 1) - 0.5 if n > 1 else 0.0

    return [
        Shot(
            "tabletop",
            "closeup",
            elevation=float(90 - rng.uniform(0, 5)),
            roll=float(rng.uniform(-3.5, 3.5)),
            lens=34,
            size=mosaic.size,
            seed=int(rng.integers(1000)),
            exposure=float(rng.uniform(-0.28, 0.28)),
            warmth=float(rng.uniform(-0.25, 0.25)),
            tint=float(rng.uniform(-0.2, 0.2)),
            vignette=float(rng.uniform(0.12, 0.3)),
            grain=0.012,
            look_at=(place(column, mosaic.columns), -place(row, mosaic.rows)),
            span=mosaic.span,
        )
        for row in range(mosaic.rows)
        for column in range(mosaic.columns)
    ]


def camera(frame: Frame) -> bpy.types.Object:
    """A camera over the part of the product that the shot looks at, leaning a little while it keeps its aim."""
    shot = frame.shot
    if shot.look_at is None:
        raise ValueError("a close-up needs look_at")
    rng = np.random.default_rng(shot.seed)
    data = bpy.data.cameras.new("camera")
    data.lens = shot.lens
    data.sensor_fit = "HORIZONTAL"
    data.clip_start, data.clip_end = 0.005, 60
    thing = bpy.data.objects.new("camera", data)
    bpy.context.scene.collection.objects.link(thing)
    bpy.context.scene.camera = thing
    extent = (frame.high - frame.low)[:2]
    seen = np.array([1.0, shot.size[1] / shot.size[0]]) * shot.span * extent[0]
    # The outermost pictures go a little over the product's edge, as one does so as to lose nothing of it.
    reach = np.maximum(extent - seen * 0.92, 0)
    aim = (
        (frame.low[:2] + frame.high[:2]) / 2 + reach * np.array(shot.look_at) + rng.normal(0, 0.008, 2) * seen
    )
    tilt, way = math.radians(90 - shot.elevation), rng.uniform(0, 2 * math.pi)
    lean = Vector((math.sin(tilt) * math.cos(way), math.sin(tilt) * math.sin(way), math.cos(tilt)))
    target = Vector((aim[0], aim[1], frame.high[2] * 0.6))
    thing.location = target + lean * float(seen[0] * shot.lens / 36)
    right = (-lean).cross(Vector((0, 1, 0))).normalized()
    axes = Matrix((right, right.cross(-lean), lean)).transposed()
    thing.rotation_euler = (axes @ Euler((0, 0, math.radians(shot.roll))).to_matrix()).to_euler()
    return thing
