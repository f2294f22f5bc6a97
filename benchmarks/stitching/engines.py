"""The engines under test: BGR pictures in, `(picture, transforms)` or None out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import contextmanager
from typing import Any

import cv2
import numpy as np

from prodgen_django.stitching import StitchError, blending, photometry, stitch
from prodgen_django.stitching.relit import Relit, small_scale
from prodgen_django.stitching.small import Small, draw_small, overlap

_cv: Any = cv2
Answer = tuple[np.ndarray, list[Any]] | None


def ours(images: Sequence[np.ndarray], **options: Any) -> Answer:
    try:
        result = stitch([cv2.cvtColor(i, cv2.COLOR_BGR2RGB) for i in images], **options)
    except StitchError:
        return None
    return cv2.cvtColor(result.image, cv2.COLOR_RGB2BGR), result.transforms


def opencv(images: Sequence[np.ndarray], mode: int) -> Answer:
    stitcher = cv2.Stitcher.create(mode)
    status, picture = stitcher.stitch(list(images))
    if status != cv2.Stitcher_OK:
        return None
    shrink = np.diag([stitcher.workScale()] * 2 + [1.0])
    found: list[Any] = [None] * len(images)
    for camera, index in zip(stitcher.cameras(), np.ravel(stitcher.component()), strict=True):
        turn = np.asarray(camera.R, np.float64).reshape(3, 3)
        if mode == cv2.Stitcher_SCANS:
            found[index] = np.linalg.inv(turn) @ shrink
        else:
            lens = [[camera.focal, 0, camera.ppx], [0, camera.focal * camera.aspect, camera.ppy], [0, 0, 1]]
            found[index] = turn @ np.linalg.inv(np.array(lens, np.float64)) @ shrink
    return picture, found


def scans(images: Sequence[np.ndarray]) -> Answer:
    return opencv(images, cv2.Stitcher_SCANS)


def panorama(images: Sequence[np.ndarray]) -> Answer:
    return opencv(images, cv2.Stitcher_PANORAMA)


def gains(smalls: Sequence[Small], *_: Any) -> tuple[list[photometry.Light], dict[str, float]]:
    """Gain compensation alone (Brown and Lowe 2007), a gain a channel: the means of every overlap meet."""
    count = len(smalls)
    normal, right = np.eye(count) * 1e-3, np.zeros((count, 3))
    for i in range(count):
        for j in range(i + 1, count):
            cut = overlap(smalls[i], smalls[j])
            if cut is None:
                continue
            both = np.minimum(smalls[i].mask[cut[0]], smalls[j].mask[cut[1]]) > 0
            if both.sum() < 30:
                continue
            a, b = (
                s.pixels[c][both].astype(float).mean(0)
                for s, c in zip((smalls[i], smalls[j]), cut, strict=True)
            )
            difference, weight = np.log(np.maximum(a, 1)) - np.log(np.maximum(b, 1)), float(both.sum())
            normal[[i, j], [i, j]] += weight
            normal[[i, j], [j, i]] -= weight
            right[i] += weight * difference
            right[j] -= weight * difference
    return [photometry.Light(gain) for gain in np.linalg.solve(normal, right)], {}


def opencv_blend(relit: Relit, *_: Any) -> Any:
    """OpenCV's own graph cut (at 0.1 megapixel) and multi-band blending, on our geometry."""
    canvas, images, lights = relit.canvas, relit.images, relit.lights
    larger = draw_small(images, canvas.warps, small_scale(images, 0.1e6))
    lit = [np.clip(light.apply(s.pixels, s.nodes), 0, 255) for light, s in zip(lights, larger, strict=True)]
    masks = [s.mask.copy() for s in larger]
    finder = _cv.detail_GraphCutSeamFinder("COST_COLOR_GRAD")
    masks = [
        m.get() if hasattr(m, "get") else m
        for m in finder.find(lit, [(s.box[0], s.box[1]) for s in larger], masks)
    ]
    blender = _cv.detail_MultiBandBlender(0, 5)
    blender.prepare((0, 0, canvas.width, canvas.height))
    for warp, light, small, mask in zip(canvas.warps, lights, larger, masks, strict=True):
        pixels, inside = warp.draw(warp.source(images[warp.index]), warp.box)
        full = np.clip(light.apply(pixels, small.nodes), 0, 255).astype(np.int16)
        seam = cv2.resize(
            cv2.dilate(mask, None), (full.shape[1], full.shape[0]), interpolation=cv2.INTER_LINEAR
        )
        shown = (seam > 127) if inside is None else (seam > 127) & (inside > 0)
        blender.feed(full, shown.astype(np.uint8) * 255, (warp.box[0], warp.box[1]))
    picture, mask = blender.blend(None, None)
    return np.clip(picture, 0, 255).astype(np.uint8), np.asarray(mask) > 0


@contextmanager
def replaced(module: Any, name: str, value: Any) -> Any:
    kept = getattr(module, name)
    setattr(module, name, value)
    try:
        yield
    finally:
        setattr(module, name, kept)


def gain_only(images: Sequence[np.ndarray]) -> Answer:
    """Our geometry, seams and blending with gains in place of the joint light."""
    with replaced(photometry, "solve", gains):
        return ours(images)


def gain_multiband(images: Sequence[np.ndarray]) -> Answer:
    """The usual pipeline on our geometry: gains, graph cut, multi-band blending."""
    with replaced(photometry, "solve", gains), replaced(blending, "compose", opencv_blend):
        return ours(images)


ENGINES: dict[str, Callable[[Sequence[np.ndarray]], Answer]] = {
    "ours": ours,
    "scans": scans,
    "panorama": panorama,
    "gain": gain_only,
    "gain+multiband": gain_multiband,
}
