"""Stage 6: the canvas: how large it is, checked before it exists, and how each picture falls onto it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from prodgen_django.common.arrays import Box, Floats, Image, Matrix, Plane, Size, half_pixel

from .errors import refusal
from .geometry import project
from .surface import Surface


@dataclass
class Source:
    """A picture ready to be drawn at some scale: averaged down first where a warp would alias."""

    pixels: Image
    matrix: Matrix
    """Pixels of the picture to pixels of `pixels`."""
    back: Matrix | None = None
    """Pixels of the canvas to pixels of `pixels`, once known."""


@dataclass
class Warp:
    """One picture's way onto the canvas."""

    index: int
    size: Size
    box: Box
    """Left, top, right, bottom on the canvas."""
    transform: Matrix
    """Pixels of the picture to pixels of the canvas; on a surface, the best fit."""
    surface: Surface | None = None
    origin: tuple[float, float] = (0.0, 0.0)
    """Canvas position of the surface's own origin."""
    zoom: float = 1.0
    """Canvas pixels per surface pixel."""
    mesh: Floats | None = None
    """Parallax: how far from its own place each canvas pixel is read, H×W×2 over the box, at any scale."""

    def source(self, image: Image, shrink: float = 1.0) -> Source:
        """Area averaging for strong shrinking, as a warp samples only its nearest pixels; else the picture."""
        local = abs(float(np.linalg.det(self.transform[:2, :2]))) ** 0.5 * shrink
        if local >= 0.6:
            return Source(image, np.eye(3))
        whole = min(int(1 / local + 1e-6), min(image.shape[:2]) // 4)
        if whole > 1:
            # Averages of whole pixels are several times quicker; what is left to shrink a warp can sample.
            size = (image.shape[1] // whole, image.shape[0] // whole)
            part = image[: size[1] * whole, : size[0] * whole]
            small = np.asarray(cv2.resize(part, size, interpolation=cv2.INTER_AREA), np.uint8)
            shift = 0.5 / whole - 0.5
            return Source(small, np.array([[1 / whole, 0, shift], [0, 1 / whole, shift], [0, 0, 1]]))
        factor = max(local, 4 / min(image.shape[:2]))
        size = (round(image.shape[1] * factor), round(image.shape[0] * factor))
        small = np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)
        fx, fy = small.shape[1] / image.shape[1], small.shape[0] / image.shape[0]
        return Source(small, half_pixel(fx, fy))

    def draw(
        self, source: Source, part: Box, shrink: float = 1.0, cubic: bool = True
    ) -> tuple[Image, Plane | None]:
        """The picture over `part` (a box at `shrink` times the canvas' size), and a mask (255 inside), None
        where it covers the whole part."""
        left, top, right, bottom = part
        size = (right - left, bottom - top)
        flags = cv2.INTER_CUBIC if cubic else cv2.INTER_LINEAR
        pixels = source.pixels
        if self.surface is not None or self.mesh is not None:
            mx, my = self.map(left, top, size, shrink, source.matrix)
            drawn = cv2.remap(pixels, mx, my, flags, borderMode=cv2.BORDER_REPLICATE)
            return np.asarray(drawn, np.uint8), _between(mx, my, pixels)
        x, y = ((0.5 + v) / shrink - 0.5 for v in (left, top))
        inverse = self.to_source(source) @ np.array([[1 / shrink, 0, x], [0, 1 / shrink, y], [0, 0, 1]])
        corners = np.array([[0, 0], [size[0] - 1, 0], [size[0] - 1, size[1] - 1], [0, size[1] - 1]], float)
        at = project(inverse, corners)
        inner = np.array([pixels.shape[1], pixels.shape[0]]) - 1
        covered = bool((at >= 0).all() and (at <= inner).all())
        x, y = round(float(at[0, 0])), round(float(at[0, 1]))
        if covered and np.abs(at - corners - [x, y]).max() < 1e-6:
            return pixels[y : y + size[1], x : x + size[0]], None
        flags |= cv2.WARP_INVERSE_MAP
        drawn = cv2.warpPerspective(pixels, inverse, size, flags=flags, borderMode=cv2.BORDER_REPLICATE)
        if covered:
            return np.asarray(drawn, np.uint8), None
        return np.asarray(drawn, np.uint8), self._outline(pixels, np.linalg.inv(inverse), size)

    def inside(self, source: Source, part: Box) -> Plane | None:
        """The mask that `draw` gives over a part of the full canvas, without drawing."""
        left, top, right, bottom = part
        size = (right - left, bottom - top)
        if self.surface is not None or self.mesh is not None:
            mx, my = self.map(left, top, size, 1.0, source.matrix)
            return _between(mx, my, source.pixels)
        matrix = shifted(left, top) @ self.transform @ np.linalg.inv(source.matrix)
        return self._outline(source.pixels, matrix, size)

    def to_source(self, source: Source) -> Matrix:
        """Canvas pixels to pixels of the source."""
        if source.back is None:
            source.back = source.matrix @ np.linalg.inv(self.transform)
        return source.back

    @staticmethod
    def _outline(pixels: Image, matrix: Matrix, size: Size) -> Plane:
        """255 where the picture lies, less half a pixel all around."""
        right, lower = pixels.shape[1] - 1.5, pixels.shape[0] - 1.5
        outline = np.array([[0.5, 0.5], [right, 0.5], [right, lower], [0.5, lower]])
        mask = np.zeros(size[::-1], np.uint8)
        fixed = np.clip(np.round(project(matrix, outline) * 16), -(2**28), 2**28).astype(np.int32)
        cv2.fillConvexPoly(mask, fixed, 255, cv2.LINE_8, 4)
        return mask

    def box_at(self, shrink: float) -> Box:
        if shrink == 1:
            return self.box
        left, top = (int(v * shrink) for v in self.box[:2])
        return (
            left,
            top,
            max(left + 2, round(self.box[2] * shrink)),
            max(top + 2, round(self.box[3] * shrink)),
        )

    def radius(self, part: Box, shrink: float, step: int = 4) -> Floats:
        """Squared distance from the picture's centre, 1 at its corners, on a coarse grid whose outer nodes
        are the outer pixels of `part`; `enlarge_part` brings it to every pixel."""
        left, top, right, bottom = part
        width, height = right - left, bottom - top
        nx, ny = width // step + 2, height // step + 2
        xs, ys = np.linspace(0, width - 1, nx), np.linspace(0, height - 1, ny)
        grid = np.stack(np.meshgrid(xs, ys), -1).reshape(-1, 2)
        at = self.back((grid + [left, top] + 0.5) / shrink - 0.5)
        half = np.array(self.size) / 2
        square = np.nan_to_num((((at - half) / half) ** 2).sum(1) / 2, nan=2.0)
        return np.clip(square, 0, 2).reshape(ny, nx).astype(np.float32)

    def back(self, points: Matrix) -> Matrix:
        """Canvas points (N×2) to pixels of the picture."""
        if self.surface is None:
            return project(np.asarray(np.linalg.inv(self.transform), np.float64), points)
        return self.surface.backward(self.index, points / self.zoom + self.origin)

    def map(self, left: int, top: int, size: Size, shrink: float, to_source: Matrix) -> tuple[Floats, Floats]:
        """For every pixel of a part, where it is read in the source."""
        xs = (np.arange(size[0]) + left + 0.5) / shrink - 0.5
        ys = (np.arange(size[1]) + top + 0.5) / shrink - 0.5
        mx, my = np.empty((size[1], size[0]), np.float32), np.empty((size[1], size[0]), np.float32)
        away = None
        if self.mesh is not None:
            away = self._mesh_at((left, top, left + size[0], top + size[1]), shrink)
        for row in range(0, size[1], 256):  # in bands, so that the float64 rays stay small
            grid = np.stack(np.meshgrid(xs, ys[row : row + 256]), -1)
            if away is not None:
                grid = grid + away[row : row + 256]
            at = self.back(grid.reshape(-1, 2)).reshape(grid.shape)
            at = np.nan_to_num(at, nan=-1e4)
            mx[row : row + 256] = at[..., 0] * to_source[0, 0] + to_source[0, 2]
            my[row : row + 256] = at[..., 1] * to_source[1, 1] + to_source[1, 2]
        return mx, my

    def _mesh_at(self, part: Box, shrink: float) -> Floats:
        """The mesh at every pixel of a part, in canvas pixels."""
        assert self.mesh is not None
        height, width = self.mesh.shape[:2]
        fx, fy = width / (self.box[2] - self.box[0]), height / (self.box[3] - self.box[1])
        matrix = np.array(
            [
                [fx / shrink, 0, fx * ((part[0] + 0.5) / shrink - self.box[0]) - 0.5],
                [0, fy / shrink, fy * ((part[1] + 0.5) / shrink - self.box[1]) - 0.5],
            ]
        )
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        size = (part[2] - part[0], part[3] - part[1])
        return np.asarray(
            cv2.warpAffine(self.mesh, matrix, size, flags=flags, borderMode=cv2.BORDER_REPLICATE), np.float32
        )


def shifted(left: float, top: float) -> Matrix:
    """The change of a transform when `left` columns and `top` lines are cut away."""
    return np.array([[1, 0, -left], [0, 1, -top], [0, 0, 1]], np.float64)


def _between(mx: Floats, my: Floats, pixels: Image) -> Plane:
    """255 where a place lies within the picture."""
    right, lower = pixels.shape[1] - 1, pixels.shape[0] - 1
    return ((mx >= 0) & (mx <= right) & (my >= 0) & (my <= lower)).astype(np.uint8) * 255


def enlarge_nodes(coarse: Floats, size: Size) -> Floats:
    """A grid of nodes over a part of `size` (width, height): node k lies exactly at k (width - 1) / (nx - 1)."""
    return enlarge_part(coarse, (0, 0, *size), (0, 0, *size), 1.0)


def enlarge_part(coarse: Floats, nodes_box: Box, part: Box, shrink: float) -> Floats:
    """Nodes that lie over `nodes_box` (at `shrink` times the canvas' size), at every canvas pixel of `part`."""
    width, height = part[2] - part[0], part[3] - part[1]
    ny, nx = coarse.shape[:2]
    fx = (nx - 1) / max(1, nodes_box[2] - nodes_box[0] - 1)
    fy = (ny - 1) / max(1, nodes_box[3] - nodes_box[1] - 1)
    matrix = np.array(
        [
            [fx * shrink, 0, fx * ((part[0] + 0.5) * shrink - 0.5 - nodes_box[0])],
            [0, fy * shrink, fy * ((part[1] + 0.5) * shrink - 0.5 - nodes_box[1])],
        ]
    )
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return np.asarray(
        cv2.warpAffine(coarse, matrix, (width, height), flags=flags, borderMode=cv2.BORDER_REPLICATE),
        np.float32,
    )


@dataclass
class Canvas:
    """Width, height and the warps of all used pictures."""

    width: int
    height: int
    warps: list[Warp]


def _border(size: Size, steps: int = 16) -> Matrix:
    """Points along the outline of a picture (pixel edges)."""
    width, height = size
    t = np.linspace(0, 1, steps + 1)
    x, y = t * width - 0.5, t * height - 0.5
    ones = np.ones_like(t)
    return np.concatenate(
        [
            np.stack([x, -0.5 * ones], 1),
            np.stack([x, (height - 0.5) * ones], 1),
            np.stack([-0.5 * ones, y], 1),
            np.stack([(width - 0.5) * ones, y], 1),
        ]
    )


def check_size(width: float, height: float, max_pixels: int) -> None:
    """Refuse before anything of that size is allocated."""
    if not (np.isfinite(width) and np.isfinite(height)) or width * height > max_pixels:
        shown = f"{width:.0f} × {height:.0f}" if np.isfinite(width * height) else "infinitely many"
        raise refusal(
            "too_large",
            f"The result would have {shown} pixels; at most {max_pixels:,} are allowed.",
            {"width": float(min(width, 1e12)), "height": float(min(height, 1e12)), "max_pixels": max_pixels},
        )


def plane_canvas(sizes: Sequence[Size], transforms: dict[int, Matrix], max_pixels: int) -> Canvas:
    """A canvas around all pictures on one plane, at the scale of the median picture."""
    scales = []
    for index, transform in transforms.items():
        centre = np.array([sizes[index][0] / 2, sizes[index][1] / 2, 1])
        scales.append(abs(float(np.linalg.det(transform) / (transform[2] @ centre) ** 3)) ** 0.5)
    zoom = 1 / float(np.median(scales))
    if 0.9 < zoom < 1.1:
        zoom = (
            1.0  # the middle picture's own pixels, not resampled, are worth more than a few per cent of size
        )
    scaled = {i: np.diag([zoom, zoom, 1]) @ t for i, t in transforms.items()}
    outlines = {i: project(t, _border(sizes[i])) for i, t in scaled.items()}
    every = np.concatenate(list(outlines.values()))
    low, high = np.floor(every.min(0) + 0.5 + 1e-6), np.ceil(every.max(0) + 0.5 - 1e-6)
    width, height = (high - low).tolist()
    check_size(width, height, max_pixels)
    shift = np.array([[1, 0, -low[0]], [0, 1, -low[1]], [0, 0, 1]])
    warps = []
    for index, transform in sorted(scaled.items()):
        outline = outlines[index] - low
        box = _box(outline, width, height)
        moved = shift @ transform
        warps.append(Warp(index, sizes[index], box, moved / moved[2, 2]))
    return Canvas(int(width), int(height), warps)


def surface_canvas(sizes: Sequence[Size], made: Surface, max_pixels: int) -> Canvas:
    """A canvas around all pictures on a cylinder or sphere."""
    outlines = {i: made.forward(i, _border(sizes[i])) for i in made.rotation.rotations}
    for index, outline in outlines.items():
        if np.ptp(outline[:, 0]) > np.pi * made.rotation.focal:
            raise refusal("too_large", f"Picture {index + 1} lies across the back of the panorama.")
    every = np.concatenate(list(outlines.values()))
    low, high = np.floor(every.min(0)), np.ceil(every.max(0))
    width, height = (high - low).tolist()
    check_size(width, height, max_pixels)
    warps = []
    for index, outline in sorted(outlines.items()):
        w, h = sizes[index]
        inner = np.array([[x * w, y * h] for x in (0.3, 0.5, 0.7) for y in (0.3, 0.5, 0.7)])
        fitted, _ = cv2.findHomography(inner, made.forward(index, inner) - low)
        box = _box(outline - low, width, height)
        warps.append(Warp(index, sizes[index], box, np.asarray(fitted, np.float64), made, (low[0], low[1])))
    return Canvas(int(width), int(height), warps)


def _box(outline: Matrix, width: float, height: float) -> Box:
    low, high = np.floor(outline.min(0)), np.ceil(outline.max(0)) + 1
    return (
        max(0, int(low[0])),
        max(0, int(low[1])),
        min(int(width), int(high[0])),
        min(int(height), int(high[1])),
    )
