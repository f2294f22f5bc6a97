"""The mode strip: frames of a spin, colourways, before and after, brought to one scale and centre."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from prodgen_django.common.arrays import Image, Matrix
from prodgen_django.studio import captions as captioning
from prodgen_django.studio.layouts import columns_of_strip

from .canvas import check_size
from .layouts import Cell, render, subjects
from .options import StitchOptions
from .result import Journal, StitchResult
from .subject import Subject


def strip(images: Sequence[Image], options: StitchOptions) -> StitchResult:
    """A sheet of equal frames in the given order, left to right and down.

    Products that stand apart from a plain background are brought to one height (a turning product keeps its
    height, not its width; unlike ones to one area) and stand on one line in the middle; other pictures are only
    brought to one size.
    """
    journal = Journal(options)
    count = len(images)
    with journal.stage("measuring", 0.0):
        found = subjects(images, options, journal)
    columns = min(count, options.columns or columns_of_strip(count))
    rows = -(-count // columns)
    with journal.stage("layout", 0.3):
        frame_width, frame_height = _frame(images, options)
        if options.width is not None:
            frame_width = max(8, options.width // columns)
        elif columns * frame_width > 6000:
            frame_width = 6000 // columns
        gutter = options.gutter if options.gutter is not None else 0
        if options.width is not None:
            frame_width = max(8, (options.width - gutter * (columns + 1)) // columns)
        aspect = options.cell_aspect or _frame(images, options)[0] / frame_height
        frame_height = max(8, round(frame_width / aspect))
        width, cells, bands = columns * frame_width + gutter * (columns + 1), [], []
        check_size(width, rows * (frame_height + gutter) + gutter, options.max_pixels)
        texts = list(options.captions) if options.captions is not None else [None] * count
        matrices = _align(images, found, frame_width, frame_height)
        top = gutter
        for row in range(rows):
            members = range(row * columns, min(count, (row + 1) * columns))
            for place, index in enumerate(members):
                left = gutter + place * (frame_width + gutter)
                cells.append(Cell(index, left, top, frame_width, frame_height, matrices[index]))
                bands.append((index, left, top + frame_height, frame_width))
            top += frame_height + gutter + captioning.band_height([texts[i] for i in members], frame_width)
    if not all(s.box is not None for s in found):
        journal.warn(
            "Not every frame shows a product on a plain background; frames were only brought to one size."
        )
    return render(images, found, cells, (width, top), bands, texts, options, journal, "strip")


def _frame(images: Sequence[Image], options: StitchOptions) -> tuple[int, int]:
    width = int(np.clip(np.median([im.shape[1] for im in images]), 32, 2000))
    height = int(np.clip(np.median([im.shape[0] for im in images]), 32, 2000))
    if options.cell_aspect is not None:
        height = max(8, round(width / options.cell_aspect))
    return width, height


def _align(
    images: Sequence[Image], found: Sequence[Subject], width: int, height: int, fill: float = 0.84
) -> list[np.ndarray]:
    """Per picture the matrix to its frame: one size of the products, one centre line, one ground line."""
    boxes = [s.box for s in found if s.box is not None]
    if len(boxes) == len(found):
        sizes = np.array([(right - left, bottom - top) for left, top, right, bottom in boxes])
        scales = _scales(sizes, np.array([im.shape[0] for im in images]), fill * width, fill * height)
        ground = height / 2 + float((sizes[:, 1] * scales).max()) / 2
        return [
            np.array(
                [
                    [scale, 0, width / 2 - scale * (left + right) / 2],
                    [0, scale, ground - scale * bottom],
                    [0, 0, 1],
                ]
            )
            for scale, (left, _, right, bottom) in zip(scales, boxes, strict=True)
        ]
    made = []
    for image in images:
        h, w = image.shape[:2]
        scale = min(width / w, height / h)
        made.append(
            np.array([[scale, 0, (width - scale * w) / 2], [0, scale, (height - scale * h) / 2], [0, 0, 1.0]])
        )
    return made


def _scales(sizes: Matrix, heights: Matrix, wide: float, tall: float) -> Matrix:
    """One height for all products (N×2 sizes) if they can be one that turns, or one of several colours;
    products of unlike shapes, which a common height would make giants and dwarfs, get one area."""
    shapes, shares = sizes[:, 0] / sizes[:, 1], sizes[:, 1] / heights
    unlike = np.ptp(np.log(shapes)) > np.log(2) and np.ptp(np.log(shares)) > np.log(1.25)
    common = np.sqrt(sizes.prod(1)) if unlike else sizes[:, 1]
    # The product that fills its frame first decides the scale of all.
    fits = np.minimum(wide / sizes[:, 0], tall / sizes[:, 1]) * common
    return np.asarray(fits.min() / common, np.float64)
