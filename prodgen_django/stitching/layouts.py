"""The modes grid, row and column: whole pictures side by side, aligned on the products, their colours as they are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

from prodgen_django.common.arrays import Image, Matrix, Size
from prodgen_django.studio import captions as captioning
from prodgen_django.studio.layouts import LONG_WIDTH, columns_of_grid, cuts_between

from .canvas import check_size
from .options import StitchOptions
from .result import Journal, StitchResult
from .subject import Extent, Subject, background, common_ground, measure

Band = tuple[int, int, int, int]
"""Where a caption goes: number of its picture, left, top, width."""


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


def _inside(box: Extent | None, image: Image) -> Extent | None:
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


def paint(canvas: Image, image: Image, subject: Subject, cell: Cell) -> None:
    """Draw one picture into its cell; where one with a plain ground ends inside the cell, its own ground goes on."""
    factor = min(1.0, float(cell.transform[0, 0]))
    source = image
    if factor < 0.95:
        shape = (max(1, round(image.shape[1] * factor)), max(1, round(image.shape[0] * factor)))
        source = np.asarray(cv2.resize(image, shape, interpolation=cv2.INTER_AREA), np.uint8)
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
    view = canvas[cell.top : cell.top + cell.height, cell.left : cell.left + cell.width]
    if not subject.plain:
        view[:] = np.where((inside > 127)[..., None], drawn, view)
        return
    behind = background(subject.field, source.shape[1], source.shape[0])
    beyond = cv2.warpAffine(behind, matrix[:2], size, borderMode=cv2.BORDER_REPLICATE)
    alpha = np.ones(inside.shape, np.float32)
    ends = inside // 255
    if not ends.all():
        rim = max(2.0, 0.03 * min(size))
        alpha = np.clip((cv2.distanceTransform(ends, cv2.DIST_L2, 3) - 1) / rim, 0, 1).astype(np.float32)
    mixed = drawn * alpha[..., None] + beyond * (1 - alpha[..., None])
    view[:] = np.clip(mixed + 0.5, 0, 255).astype(np.uint8)


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
    size: Size,
    bands: Sequence[Band],
    texts: Sequence[str | None],
    options: StitchOptions,
    journal: Journal,
    mode: str,
) -> StitchResult:
    """Paint all cells and captions."""
    width, height = size
    check_size(width, height, options.max_pixels)
    ground = common_ground(found) if options.background == "auto" else options.background
    canvas = np.empty((height, width, 3), np.uint8)
    canvas[:] = ground
    transforms: list[Matrix | None] = []
    with journal.stage("painting", 0.4):
        for cell in cells:
            journal.progress("painting", 0.4 + 0.55 * cell.index / len(cells))
            paint(canvas, images[cell.index], found[cell.index], cell)
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
        "model": {"name": "layout", "background": [int(v) for v in ground]},
        "inputs": [
            {
                "index": i,
                "used": True,
                "reason": "placed",
                "aligned_on": "product" if s.box is not None else "picture",
                "plain_background": s.plain,
            }
            for i, s in enumerate(found)
        ],
        "cells": [[c.left, c.top, c.width, c.height] for c in cells],
        "slices": cuts_between([(c.left, c.top, c.width, c.height) for c in cells], height),
        "stages": journal.stages,
        "warnings": journal.warnings,
        "checks": journal.checks,
    }
    return StitchResult(canvas, np.ones((height, width), bool), transforms, report)


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
) -> tuple[list[Cell], int, int, list[Band]]:
    count = len(images)
    columns = min(count, options.columns or columns_of_grid(count))
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
) -> tuple[list[Cell], int, int, list[Band]]:
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
