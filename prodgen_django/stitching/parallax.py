"""Stage 7b: where something stood out of the plane, or the camera moved on: bend the pictures until they meet.

A homography or a rotation leaves near and far things apart. Where relit pictures still disagree, a dense flow
over their overlap says by how much; each picture goes half of the way, smoothly, and no further than `REACH`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from prodgen_django.common.arrays import Floats, Mask, Plane

from .photometry import Light
from .relit import Relit, small_scale
from .small import Small, draw_small, overlap
from .tuning import TUNING

_cv: Any = cv2

#: Furthest that a picture is bent, as a share of its shorter side.
REACH = 0.02
#: Size at which the flow is measured, in pixels a picture.
PIXELS = 0.1e6


def grey(small: Small, light: Light) -> Plane:
    """The relit picture in grey with its local contrast evened out, for the flow."""
    lit = cv2.convertScaleAbs(light.apply(small.pixels, small.nodes))
    return np.asarray(cv2.createCLAHE(2.0, (4, 4)).apply(cv2.cvtColor(lit, cv2.COLOR_RGB2GRAY)), np.uint8)


def bend(relit: Relit) -> tuple[Relit, dict[str, float]]:
    """Give the canvas' warps meshes where that brings the pictures nearer to each other, and draw them again; and what
    the pictures' difference was before and after, in grey levels."""
    shrink = small_scale(relit.images, PIXELS)
    drawn = draw_small(relit.images, relit.canvas.warps, shrink)
    fields, checks = displacements(drawn, relit.lights)
    for warp, field in zip(relit.canvas.warps, fields, strict=True):
        warp.mesh = None if field is None else np.asarray(field / np.float32(shrink), np.float32)
    return (relit.redrawn() if any(field is not None for field in fields) else relit), checks


@dataclass
class _Flows:
    """What the overlaps say about one picture: how far it should go, and how sure that is, over its small box."""

    sums: Floats
    weights: Floats

    def smooth(self) -> Floats | None:
        """The displacement everywhere, fading to nothing away from what was measured."""
        if self.weights.max() <= 0:
            return None
        sigma = 0.03 * max(self.weights.shape)
        share = cv2.GaussianBlur(self.weights, (0, 0), sigma) + 0.02
        return np.asarray(cv2.GaussianBlur(self.sums, (0, 0), sigma) / share[..., None], np.float32)


def displacements(
    smalls: Sequence[Small], lights: Sequence[Light]
) -> tuple[list[Floats | None], dict[str, float]]:
    """Per picture its displacement over its small box (H×W×2 float32, small pixels; where to read instead),
    None where it stays as it is; and what the pictures' difference was before and after.

    Flow: Kroeger et al. 2016 (DIS), forth and back; only what both agree on counts.
    """
    greys = [grey(s, light) for s, light in zip(smalls, lights, strict=True)]
    flows = [_Flows(np.zeros((*g.shape, 2), np.float32), np.zeros(g.shape, np.float32)) for g in greys]
    finder = _cv.DISOpticalFlow_create(_cv.DISOPTICAL_FLOW_PRESET_MEDIUM)
    before = after = area = 0.0
    for i in range(len(smalls)):
        for j in range(i + 1, len(smalls)):
            cuts = overlap(smalls[i], smalls[j])
            if cuts is None:
                continue
            a, b = np.ascontiguousarray(greys[i][cuts[0]]), np.ascontiguousarray(greys[j][cuts[1]])
            both = (smalls[i].mask[cuts[0]] > 0) & (smalls[j].mask[cuts[1]] > 0)
            if min(a.shape) < 24 or both.sum() < 600:
                continue
            forth, back = finder.calc(a, b, None), finder.calc(b, a, None)
            reach = REACH * min(smalls[i].mask.shape)
            for k, flow, other, cut in ((i, forth, back, cuts[0]), (j, back, forth, cuts[1])):
                sure = _sure(flow, other, both, reach)
                # Halfway is seen from either side: the flow is read where it starts, which is close enough.
                flows[k].sums[cut] += -0.5 * flow * sure[..., None]
                flows[k].weights[cut] += sure
            d0 = _difference(a, b, both)
            d1 = _difference(_read(a, -0.5 * _even(forth, both)), _read(b, -0.5 * _even(back, both)), both)
            before, after, area = before + d0 * both.sum(), after + d1 * both.sum(), area + both.sum()
    if area == 0 or after > TUNING.bent_gain * before:
        return [None] * len(smalls), {}
    checks = {
        "parallax_difference_before": round(float(before / area), 3),
        "parallax_difference_after": round(float(after / area), 3),
    }
    return [flow.smooth() for flow in flows], checks


def strangeness(smalls: Sequence[Small]) -> float:
    """The largest share of a pair's textured overlap in which one picture's structure is not found in the other's,
    whatever their light: near 0 for parts of one thing."""
    worst = 0.0
    for i in range(len(smalls)):
        for j in range(i + 1, len(smalls)):
            cuts = overlap(smalls[i], smalls[j])
            if cuts is None:
                continue
            both = (smalls[i].mask[cuts[0]] > 0) & (smalls[j].mask[cuts[1]] > 0)
            a, b = (_band(s.pixels[cut]) for s, cut in ((smalls[i], cuts[0]), (smalls[j], cuts[1])))
            aa, bb, ab = (cv2.blur(p, (11, 11)) for p in (a * a, b * b, a * b))
            textured = both & (np.maximum(aa, bb) > 16)  # above what noise leaves at this size
            if textured.sum() > max(200, 0.1 * both.sum()):
                lost = ab < 0.3 * np.sqrt((aa + 1) * (bb + 1))
                worst = max(worst, float(lost[textured].mean()))
    return worst


def _band(pixels: Plane) -> Floats:
    plane = cv2.cvtColor(np.ascontiguousarray(pixels), cv2.COLOR_RGB2GRAY).astype(np.float32)
    return np.asarray(cv2.GaussianBlur(plane, (0, 0), 1) - cv2.GaussianBlur(plane, (0, 0), 6), np.float32)


def _sure(flow: Floats, other: Floats, both: Mask, reach: float) -> Floats:
    """1 where forth and back agree within half a pixel, less where they do not, 0 beyond the reach."""
    miss = np.linalg.norm(flow + _read(other, flow), axis=2)
    length = np.linalg.norm(flow, axis=2)
    return np.asarray(both * (length < reach) / (1 + (miss / 0.5) ** 2), np.float32)


def _even(flow: Floats, both: Mask) -> Floats:
    weight = cv2.GaussianBlur(both.astype(np.float32), (0, 0), 4) + 1e-3
    return np.asarray(cv2.GaussianBlur(flow * both[..., None], (0, 0), 4) / weight[..., None], np.float32)


def _read(picture: npt.NDArray[Any], by: Floats) -> Floats:
    """The picture read at x + by(x)."""
    height, width = by.shape[:2]
    x, y = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
    read = cv2.remap(
        picture.astype(np.float32), x + by[..., 0], y + by[..., 1], cv2.INTER_LINEAR, borderMode=1
    )
    return np.asarray(read, np.float32)


def _difference(a: npt.NDArray[Any], b: npt.NDArray[Any], both: Mask) -> float:
    apart = np.abs(
        cv2.GaussianBlur(a.astype(np.float32), (0, 0), 1) - cv2.GaussianBlur(b.astype(np.float32), (0, 0), 1)
    )
    return float(apart[both].mean())
