"""The modes grid, row and column: pictures side by side, aligned on the products, under one light."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

from . import captions as captioning
from .canvas import check_size
from .ground import Lighting, lighting, warnings
from .options import Image, Matrix, StitchOptions
from .result import Journal, StitchResult
from .subject import Box, Subject, background, measure

LONG_WIDTH = 750
"""Width of long detail pictures, as the marketplaces take them."""


@dataclass
class Cell:
    """A place on the canvas and the piece of the picture that goes there."""

    index: int
    left: int
    top: int
    width: int
    height: int
    transform: Matrix
    """Pixels of the picture to pixels of the cell."""


def subjects(images: Sequence[Image], options: StitchOptions, journal: Journal) -> list[Subject]:
    """Measure every picture, with the caller's boxes and masks where there are any."""
    found = []
    for number, image in enumerate(images):
        journal.progress("measuring", 0.3 * number / len(images))
        box = options.boxes[number] if options.boxes is not None else None
        alpha = options.alphas[number] if options.alphas is not None else None
        found.append(measure(image, _inside(box, image), alpha))
    return found


def _inside(box: Box | None, image: Image) -> Box | None:
    if box is None:
        return None
    height, width = image.shape[:2]
    left, right = sorted((float(np.clip(box[0], 0, width)), float(np.clip(box[2], 0, width))))
    top, bottom = sorted((float(np.clip(box[1], 0, height)), float(np.clip(box[3], 0, height))))
    return (left, top, right, bottom) if right - left >= 2 and bottom - top >= 2 else None


def fit(image: Image, subject: Subject, width: int, height: int, fill: float = 0.84) -> Matrix:
    """Picture to cell: a product on a plain ground fills `fill` of the cell, centred; a scene covers the
    cell.

    A scene is cut by at most a fifth; beyond that it is shown whole on the background.
    """
    h, w = image.shape[:2]
    if subject.box is not None:
        left, top, right, bottom = subject.box
        scale = fill * min(width / (right - left), height / (bottom - top))
        cx, cy = (left + right) / 2, (top + bottom) / 2
    else:
        cover, contain = max(width / w, height / h), min(width / w, height / h)
        scale = cover if contain / cover > 0.8 else contain
        cx, cy = w / 2, h / 2
    return np.array([[scale, 0, width / 2 - scale * cx], [0, scale, height / 2 - scale * cy], [0, 0, 1]])


def paint(canvas: Image, image: Image, subject: Subject, cell: Cell, light: Lighting) -> None:
    """Draw one picture into its cell; where a picture with a plain ground ends inside the cell its rim fades
    into the common ground, or goes on in its own where it keeps that."""
    factor = min(1.0, float(cell.transform[0, 0]))
    if factor < 0.95:
        shape = (max(1, round(image.shape[1] * factor)), max(1, round(image.shape[0] * factor)))
        small = np.asarray(cv2.resize(image, shape, interpolation=cv2.INTER_AREA), np.uint8)
    else:
        small = image
    source = light.apply(small, subject)
    sx, sy = source.shape[1] / image.shape[1], source.shape[0] / image.shape[0]
    edges_to_centres = np.array([[1, 0, -0.5], [0, 1, -0.5], [0, 0, 1]])
    matrix = (
        edges_to_centres @ cell.transform @ np.diag([1 / sx, 1 / sy, 1]) @ np.linalg.inv(edges_to_centres)
    )
    size = (cell.width, cell.height)
    drawn = cv2.warpAffine(source, matrix[:2], size, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    inside = cv2.warpAffine(
        np.full(source.shape[:2], 255, np.uint8), matrix[:2], size, flags=cv2.INTER_LINEAR
    )
    alpha = (inside > 127).astype(np.float32)
    beyond = np.asarray(light.ground, np.float32)
    if subject.plain:
        ends = inside // 255 if alpha.min() == 0 else np.ones_like(inside)
        if light.rule != "own":  # what reaches the cell's edge is a shadow, and would end in a line there
            ends[[0, -1]] = 0
            ends[:, [0, -1]] = 0
        if ends.any() and not ends.all():
            rim = max(2.0, 0.03 * min(size))
            alpha = np.clip((cv2.distanceTransform(ends, cv2.DIST_L2, 3) - 1) / rim, 0, 1).astype(np.float32)
        if light.rule == "own":
            behind = background(subject.field, source.shape[1], source.shape[0])
            beyond = np.asarray(
                cv2.warpAffine(behind, matrix[:2], size, borderMode=cv2.BORDER_REPLICATE), np.float32
            )
    mixed = drawn * alpha[..., None] + beyond * (1 - alpha[..., None])
    view = canvas[cell.top : cell.top + cell.height, cell.left : cell.left + cell.width]
    view[:] = np.clip(mixed + 0.5, 0, 255).astype(np.uint8)


def default_columns(count: int) -> int:
    """As near to square as the count allows, without a last row of one where another width avoids it."""
    best = max(1, round(count**0.5))
    options = [c for c in (best, best + 1) if c <= count]
    return min(options, key=lambda c: ((-count) % c, c)) if count > 3 else min(count, 3 if count == 3 else 2)


def layout(images: Sequence[Image], mode: str, options: StitchOptions) -> StitchResult:
    """Grid, row or column of all pictures in the given order."""
    journal = Journal(options)
    with journal.stage("measuring", 0.0):
        found = subjects(images, options, journal)
    texts = list(options.captions) if options.captions is not None else [None] * len(images)
    with journal.stage("layout", 0.3):
        if mode == "grid":
            cells, width, height, bands = _grid(images, found, options, texts)
        else:
            cells, width, height, bands = _line(images, found, options, texts, mode)
    return render(images, found, cells, (width, height), bands, texts, options, journal, mode)


def render(
    images: Sequence[Image],
    found: Sequence[Subject],
    cells: Sequence[Cell],
    size: tuple[int, int],
    bands: Sequence[tuple[int, int, int, int]],
    texts: Sequence[str | None],
    options: StitchOptions,
    journal: Journal,
    mode: str,
) -> StitchResult:
    """Paint all cells and captions; `bands` are (index, left, top, width) of the captions."""
    width, height = size
    check_size(width, height, options.max_pixels)
    with journal.stage("light", 0.35):
        columns = sum(cell.top == cells[0].top for cell in cells)
        lights = lighting(images, found, columns, options)
        for sentence in warnings(found, lights, mode):
            journal.warn(sentence)
    ground = lights[0].ground
    canvas = np.empty((height, width, 3), np.uint8)
    canvas[:] = np.round(ground).astype(np.uint8)
    transforms: list[Matrix | None] = []
    with journal.stage("painting", 0.4):
        for cell in cells:
            journal.progress("painting", 0.4 + 0.55 * cell.index / len(cells))
            paint(canvas, images[cell.index], found[cell.index], cell, lights[cell.index])
            half = np.array([[1, 0, -0.5], [0, 1, -0.5], [0, 0, 1]])
            place = np.array([[1, 0, cell.left], [0, 1, cell.top], [0, 0, 1]])
            transforms.append(half @ place @ cell.transform @ np.linalg.inv(half))
            if (zoom := float(cell.transform[0, 0])) > 1.5:
                journal.warn(f"Picture {cell.index + 1} was enlarged {zoom:.1f}-fold and may look soft.")
    with journal.stage("captions", 0.95):
        for index, left, top, band in bands:
            text = texts[index]
            if text and (sentence := captioning.draw(canvas, text, left, top, band)):
                journal.warn(sentence)
    journal.progress("done", 1.0)
    report: dict[str, Any] = {
        "mode": mode,
        "why": "asked for",
        "model": {"name": "layout", "background": [round(float(v)) for v in ground]},
        "inputs": [
            {
                "index": i,
                "used": True,
                "reason": "placed",
                "aligned_on": "product" if s.box is not None else "picture",
                "plain_background": s.plain,
                "light": light.report,
            }
            for i, (s, light) in enumerate(zip(found, lights, strict=True))
        ],
        "cells": [[c.left, c.top, c.width, c.height] for c in cells],
        "slices": _slices(cells, height),
        "stages": journal.stages,
        "warnings": journal.warnings,
        "checks": journal.checks,
    }
    return StitchResult(canvas, np.ones((height, width), bool), transforms, report)


def _slices(cells: Sequence[Cell], height: int, target: int = 1200) -> list[list[int]]:
    """Where a long picture may be cut into files about `target` pixels high: only between cells."""
    cuts = sorted(
        {c.top for c in cells if c.top > 0 and not any(o.top < c.top < o.top + o.height for o in cells)}
    )
    made, start = [], 0
    for at, following in zip(cuts, [*cuts, height][1:], strict=True):
        if following - start > target:
            made.append([start, at])
            start = at
    made.append([start, height])
    return made


def _aspect(images: Sequence[Image], found: Sequence[Subject], options: StitchOptions) -> float:
    if options.cell_aspect is not None:
        return options.cell_aspect
    shapes = [
        (s.box[2] - s.box[0]) / (s.box[3] - s.box[1]) if s.box is not None else im.shape[1] / im.shape[0]
        for im, s in zip(images, found, strict=True)
    ]
    return float(np.clip(np.median(shapes), 0.5, 2.0))


def _natural_width(images: Sequence[Image]) -> int:
    return int(np.clip(np.median([im.shape[1] for im in images]), 64, 1600))


def _grid(
    images: Sequence[Image], found: Sequence[Subject], options: StitchOptions, texts: Sequence[str | None]
) -> tuple[list[Cell], int, int, list[tuple[int, int, int, int]]]:
    count = len(images)
    columns = min(count, options.columns or default_columns(count))
    rows = -(-count // columns)
    aspect = _aspect(images, found, options)
    if options.width is not None:
        gutter = options.gutter if options.gutter is not None else round(0.03 * options.width / columns)
        cell_width = max(8, (options.width - gutter * (columns + 1)) // columns)
        width = max(options.width, cell_width * columns + gutter * (columns + 1))
    else:
        cell_width = min(_natural_width(images), max(64, 4000 // columns))
        gutter = options.gutter if options.gutter is not None else round(0.03 * cell_width)
        width = cell_width * columns + gutter * (columns + 1)
    cell_height = max(8, round(cell_width / aspect))
    check_size(width, rows * (cell_height + gutter) + gutter, options.max_pixels)
    cells, bands, top = [], [], gutter
    for row in range(rows):
        members = range(row * columns, min(count, (row + 1) * columns))
        # A last row that is not full stands in the middle.
        left = (width - len(members) * cell_width - (len(members) - 1) * gutter) // 2
        for index in members:
            matrix = fit(images[index], found[index], cell_width, cell_height)
            cells.append(Cell(index, left, top, cell_width, cell_height, matrix))
            bands.append((index, left, top + cell_height, cell_width))
            left += cell_width + gutter
        top += cell_height + gutter + captioning.band_height([texts[i] for i in members], cell_width)
    return cells, width, top, bands


def _line(
    images: Sequence[Image],
    found: Sequence[Subject],
    options: StitchOptions,
    texts: Sequence[str | None],
    mode: str,
) -> tuple[list[Cell], int, int, list[tuple[int, int, int, int]]]:
    """One row of equal height or one column of equal width; scenes keep their own shape, products share a
    cell."""
    count = len(images)
    as_products = all(s.box is not None for s in found) and count > 1
    aspect = _aspect(images, found, options)
    shapes = [
        aspect if as_products or options.cell_aspect is not None else im.shape[1] / im.shape[0]
        for im in images
    ]
    cells, bands = [], []
    if mode == "column":
        width = options.width or LONG_WIDTH
        gutter = options.gutter if options.gutter is not None else 0
        top = gutter
        heights = [max(4, round((width - 2 * gutter) / s)) for s in shapes]
        check_size(width, sum(heights) + gutter * (count + 1), options.max_pixels)
        for index in range(count):
            cell_width = max(4, width - 2 * gutter)
            matrix = fit(images[index], found[index], cell_width, heights[index])
            cells.append(Cell(index, gutter, top, cell_width, heights[index], matrix))
            bands.append((index, gutter, top + heights[index], cell_width))
            top += heights[index] + gutter + captioning.band_height([texts[index]], cell_width)
        return cells, cell_width + 2 * gutter, top, bands
    if options.width is not None:
        gutter = options.gutter if options.gutter is not None else round(0.03 * options.width / count)
        tall = max(4, round((options.width - gutter * (count + 1)) / sum(shapes)))
    else:
        tall = int(np.clip(np.median([im.shape[0] for im in images]), 64, 1600))
        gutter = options.gutter if options.gutter is not None else round(0.03 * tall)
    widths = [max(4, round(tall * s)) for s in shapes]
    if options.width is not None:  # rounding is settled in the last cell, so that the width is as asked
        widths[-1] = max(4, options.width - gutter * (count + 1) - sum(widths[:-1]))
    width = sum(widths) + gutter * (count + 1)
    check_size(width, tall + 2 * gutter, options.max_pixels)
    left = gutter
    for index in range(count):
        matrix = fit(images[index], found[index], widths[index], tall)
        cells.append(Cell(index, left, gutter, widths[index], tall, matrix))
        bands.append((index, left, gutter + tall, widths[index]))
        left += widths[index] + gutter
    band = max(captioning.band_height([texts[i]], widths[i]) for i in range(count))
    return cells, width, gutter * 2 + tall + band, bands
