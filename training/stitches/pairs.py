"""Training examples for the match verifier: pairs of photographs of one scene, or of two, each with a homography
that is right, nearly right or wrong, and what following the pixels under it gave."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

from prodgen_django.common.arrays import Floats, Mask, Matrix, Plane, Size
from prodgen_django.stitching.features import View
from prodgen_django.stitching.geometry import project
from prodgen_django.stitching.overlaps import agreement, summed
from prodgen_django.stitching.tracking import follow
from prodgen_django.stitching.verifier import PATCHES, SCALARS, evidence_patches, evidence_scalars

from .photos import PhotoStore

__all__ = ["Example", "PairMaker"]


@dataclass
class Example:
    """N × 3 × 64 × 64 patches, ten numbers, and whether the homography is true."""

    patches: Floats
    scalars: Floats
    """All 0 where the pixels could not be followed."""
    true: bool
    kind: str


@dataclass
class _Shot:
    image: Plane
    to_scene: Matrix


class PairMaker:
    """Draws examples; wrong ones are the best of several tries, since only such ever reach the verifier."""

    def __init__(self, photos: PhotoStore, seed: int = 0) -> None:
        self.photos, self.rng = photos, np.random.default_rng(seed)

    def make(self) -> Example:
        while True:
            kind = str(
                self.rng.choice(["true", "near", "stranger", "apart", "twin"], p=[0.38, 0.22, 0.1, 0.1, 0.2])
            )
            made = self._try(kind)
            if made is not None:
                return made

    def _scene(self) -> Plane:
        side = int(self.rng.integers(260, 480))
        return np.asarray(self.photos.cut(self.rng, side) * 255, np.uint8)

    def _try(self, kind: str) -> Example | None:
        rng = self.rng
        scene = self._scene()
        if kind == "twin":
            return self._twin(scene)
        other = self._scene() if kind == "stranger" else scene
        hardness = float(rng.random())
        quads = footprints(rng, 2, kind != "apart") * scene.shape[0]
        size = (int(rng.integers(170, 330)), int(rng.integers(170, 330)))
        a, b = self._shoot(scene, quads[0], size, hardness), self._shoot(other, quads[1], size, hardness)
        views = View.of(a.image), View.of(b.image)
        truth = np.linalg.inv(b.to_scene) @ a.to_scene
        if kind in ("true", "near"):
            start = self._nudged(truth, size, 1.5 if kind == "true" else float(np.exp(rng.uniform(1.0, 3.7))))
        else:
            best = (-2.0, truth)
            for _ in range(6):
                guess = self._guess(size)
                best = max(best, (summed(agreement(*views, guess))[0], guess), key=lambda pair: pair[0])
            start = best[1]
        return self._judged(
            views, np.asarray(start, np.float64), truth if kind in ("true", "near") else None, kind
        )

    def _judged(
        self, views: tuple[View, View], start: Matrix, truth: Matrix | None, kind: str
    ) -> Example | None:
        tracks = follow(*views, start)
        transform = start if tracks is None else tracks.transform
        patches = evidence_patches(*views, transform)
        if patches is None:
            return None
        true = False
        if truth is not None:
            width, height = views[0].size
            points = np.array([[x * width, y * height] for x in (0.2, 0.5, 0.8) for y in (0.2, 0.5, 0.8)])
            points = points if tracks is None else tracks.source
            typical = float(
                np.median(np.linalg.norm(project(truth, points) - project(transform, points), axis=1))
            )
            if 2.5 <= typical < 5 or (tracks is None and typical < 5):
                return None  # neither right nor wrong, or right and out of reach
            true = typical < 2.5
        scalars = np.zeros(SCALARS, np.float32) if tracks is None else evidence_scalars(tracks, transform)
        return Example(patches, scalars, true, kind)

    def _twin(self, scene: Plane) -> Example | None:
        """Two scenes that have one thing in common (a label, a button row), laid over one another by it."""
        rng = self.rng
        width, height = int(rng.integers(180, 330)), int(rng.integers(180, 330))
        share = rng.uniform(0.2, 0.45, 2)
        thing = (self.photos.cut(rng, 160) * 255).astype(np.uint8)
        thing = cv2.resize(
            thing, (int(width * share[0]), int(height * share[1])), interpolation=cv2.INTER_AREA
        )
        hardness = float(rng.random())
        corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float64)
        shots, places = [], []
        for part in (scene, scene if rng.random() < 0.3 else self._scene()):
            picture = cv2.resize(part, (width, height), interpolation=cv2.INTER_AREA)
            x, y = int(rng.integers(width - thing.shape[1])), int(rng.integers(height - thing.shape[0]))
            picture[y : y + thing.shape[0], x : x + thing.shape[1]] = thing
            places.append((x, y))
            shots.append(self._shoot(picture, corners, (width, height), hardness))
        dx, dy = places[1][0] - places[0][0], places[1][1] - places[0][1]
        if shots[0].image.shape != shots[1].image.shape or abs(dx) + abs(dy) < 12:
            return None
        shift = np.array([[1, 0, dx], [0, 1, dy], [0, 0, 1]], np.float64)
        return self._judged((View.of(shots[0].image), View.of(shots[1].image)), shift, None, "twin")

    def _nudged(self, truth: Matrix, size: Size, amount: float) -> Matrix:
        corners = np.array([[0, 0], [size[0], 0], [size[0], size[1]], [0, size[1]]], np.float32)
        common = self.rng.normal(0, amount, (1, 2))
        moved = project(truth, corners.astype(np.float64)) + common + self.rng.normal(0, amount / 3, (4, 2))
        return np.asarray(cv2.getPerspectiveTransform(corners, moved.astype(np.float32)), np.float64)

    def _guess(self, size: Size) -> Matrix:
        """A homography as between neighbours: mostly a shift by half a picture or so."""
        quads = footprints(self.rng, 2, True)
        square = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], np.float32)
        to = [cv2.getPerspectiveTransform(square, q.astype(np.float32)) for q in quads]
        unit = np.linalg.inv(to[1]) @ to[0]
        scale = np.diag([size[0], size[1], 1.0])
        return np.asarray(scale @ unit @ np.linalg.inv(scale), np.float64)

    def _shoot(self, scene: Plane, quad: Any, size: Size, hardness: float) -> _Shot:
        rng = self.rng
        width, height = size
        corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
        to_scene = np.asarray(cv2.getPerspectiveTransform(corners, quad.astype(np.float32)), np.float64)
        flags = cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP
        seen = cv2.warpPerspective(scene, to_scene, size, flags=flags, borderMode=cv2.BORDER_REFLECT_101)
        light = (seen.astype(np.float32) / 255) ** float(np.exp(rng.uniform(-0.25, 0.25) * hardness))
        light *= np.exp(rng.uniform(-0.35, 0.35) * hardness) * np.exp(rng.uniform(-0.1, 0.1, 3) * hardness)
        y, x = np.mgrid[:height, :width].astype(np.float32)
        distance = ((x / width - 0.5) ** 2 + (y / height - 0.5) ** 2) * 2
        light *= (1 - 0.4 * hardness * rng.random() * distance)[..., None]
        if hardness > 0.3:
            light = cv2.GaussianBlur(light, (0, 0), 0.3 + 0.6 * float(rng.random()) * hardness)
        light += rng.normal(0, (1 + 6 * hardness * rng.random()) / 255, light.shape).astype(np.float32)
        image = (np.clip(light, 0, 1) * 255 + 0.5).astype(np.uint8)
        quality = int(rng.uniform(95 - 45 * hardness, 96))
        stored = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
        return _Shot(np.ascontiguousarray(cv2.imdecode(stored, cv2.IMREAD_COLOR)), to_scene)


def footprints(rng: np.random.Generator, count: int, overlapping: bool) -> Matrix:
    """count × 4 × 2 corners on the unit canvas: a row, a column or a block of pictures."""
    block = count == 4 and rng.random() < 0.5
    part = float(rng.uniform(0.12, 0.55)) if overlapping else 0.0
    rows, columns = (2, 2) if block else (1, count)
    across = 0.96 / (1 + (columns - 1) * (1 - part))
    down = 0.96 / (1 + (rows - 1) * (1 - part)) * (1.0 if block else float(rng.uniform(0.72, 1.0)))
    turn = float(np.deg2rad(rng.choice([3.0, 6.0, 22.0], p=[0.4, 0.3, 0.3]))) if overlapping else 0.0
    made = []
    for k in range(count):
        row, column = divmod(k, columns)
        cx = 0.02 + across / 2 + column * across * (1 - part)
        cy = 0.02 + down / 2 + row * down * (1 - part) if block else 0.5 + float(rng.uniform(-0.05, 0.05))
        zoom = float(np.exp(rng.uniform(-0.08, 0.08))) if overlapping else 0.97
        half = np.array([across, down]) / 2 * zoom
        quad = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]], np.float64) * half
        if overlapping:
            quad += rng.uniform(-0.04, 0.04, (4, 2)) * half * 2
        angle = float(rng.uniform(-turn, turn))
        c, s = np.cos(angle), np.sin(angle)
        made.append(quad @ np.array([[c, s], [-s, c]]) + [cx, cy])
    quads = np.stack(made)
    return quads[..., ::-1].copy() if rng.random() < 0.5 else quads  # a column instead of a row


def padded(examples: list[Example]) -> tuple[Floats, Mask, Floats, Floats]:
    """B × 8 × 3 × 64 × 64 patches, B × 8 which are real, B × 10 numbers, B labels."""
    patches = np.zeros((len(examples), PATCHES, *examples[0].patches.shape[1:]), np.float32)
    real = np.zeros((len(examples), PATCHES), bool)
    for k, example in enumerate(examples):
        patches[k, : len(example.patches)] = example.patches
        real[k, : len(example.patches)] = True
    scalars = np.stack([e.scalars for e in examples])
    return patches, real, scalars, np.array([e.true for e in examples], np.float32)
