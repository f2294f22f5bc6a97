"""A layout from pieces: sizes, places, pixels and a certificate each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np

from prodgen_django.studio import captions as captioning
from prodgen_django.studio.color import Pixels
from prodgen_django.studio.fidelity import Fidelity
from prodgen_django.studio.provenance import combined_source_type

from .cells import Plan, cuts_between, plan_column, plan_frames, plan_row
from .ground import ground_of
from .painting import Placed, cast, place, show
from .pieces import LayoutError, Piece
from .sizes import shown_true

__all__ = ["LaidOut", "LayoutOptions", "lay_out"]

LayoutMode = Literal["grid", "row", "column", "strip"]

_SOFT = 1.5  # enlarged further, a photograph looks soft


@dataclass(frozen=True, slots=True)
class LayoutOptions:
    """`columns`: of a grid or strip; `gutter`: pixels between cells; `width`: of the picture in pixels; None: what the
    pieces give. `ground`: a name in `ground.GROUNDS`, or "auto". `max_pixels`: most pixels of the picture.
    `on_progress`: called with the share that is done; what it raises stops the work."""

    columns: int | None = None
    gutter: int | None = None
    width: int | None = None
    ground: str = "auto"
    max_pixels: int = 80_000_000
    on_progress: Callable[[float], None] | None = None


@dataclass(frozen=True, slots=True)
class LaidOut:
    """A layout.

    `image`: uint8 h×w×3. `ground`: its RGB. `placed`, `fidelities`, `cells`: by piece, where its photograph lies, its
    certificate, and the left, top, width and height of its place. `true_sizes`: whether the products are as large
    beside each other as in life. `notes`: sentences.
    """

    image: Pixels
    ground: tuple[int, int, int]
    placed: tuple[Placed, ...]
    fidelities: tuple[Fidelity, ...]
    cells: tuple[tuple[int, int, int, int], ...]
    true_sizes: bool
    source_type: str
    notes: tuple[str, ...] = ()

    @property
    def slices(self) -> list[list[int]]:
        """First and last row (exclusive) of the files that a long picture may be cut into."""
        return cuts_between(self.cells, len(self.image))

    def as_dict(self) -> dict[str, Any]:
        """Everything but the pixels, as plain JSON values."""
        return {
            "size": [self.image.shape[1], self.image.shape[0]],
            "ground": "#{:02x}{:02x}{:02x}".format(*self.ground),
            "cells": [list(cell) for cell in self.cells],
            "transforms": [one.from_photo.tolist() for one in self.placed],
            "whole": [one.whole for one in self.placed],
            "true_sizes": self.true_sizes,
        }


def lay_out(pieces: Sequence[Piece], mode: LayoutMode, options: LayoutOptions = LayoutOptions()) -> LaidOut:
    """Lay products out on one ground, in the given order.

    `mode`: "grid" and "strip" have equal cells (a strip brings the same thing in other colours, or turned, to one
    height), "row" and "column" give each what it needs. Things that stand have their feet on one line in each row.
    Inside a product's mask every pixel is its photograph's own after one resampling (see `fidelity.resample`).
    Raises LayoutError (no_pieces, too_large), ValueError for options that cannot be.
    """
    if mode not in get_args(LayoutMode):
        raise ValueError(f"{mode!r} is no layout: {', '.join(get_args(LayoutMode))}")
    if not pieces:
        raise LayoutError("no_pieces", "There is no photo to show.")
    ground = ground_of(options.ground, pieces)
    plan = _plan(pieces, mode, options)
    canvas = np.empty((plan.height, plan.width, 3), np.uint8)
    canvas[:] = ground
    tell = options.on_progress or (lambda _share: None)
    placed = [place(pieces[cell.index], cell) for cell in plan.cells]
    # All shadows lie beneath all products: none falls on a neighbour.
    for number, one in enumerate(placed):
        tell(0.3 * number / len(placed))
        if not one.whole:
            cast(canvas, one, pieces[one.index].stands)
    for number, one in enumerate(placed):
        tell(0.3 + 0.5 * number / len(placed))
        show(canvas, one)
    notes = [*_enlarged(placed), *_written(canvas, pieces, plan)]
    fidelities = []
    for number, one in enumerate(placed):
        tell(0.8 + 0.2 * number / len(placed))
        fidelities.append(one.certify(canvas))
    return LaidOut(
        canvas,
        ground,
        tuple(placed),
        tuple(fidelities),
        tuple((c.left, c.top, c.width, c.height) for c in plan.cells),
        shown_true(pieces),
        combined_source_type(["digitalCapture", "algorithmicMedia"]),
        tuple(notes),
    )


def _plan(pieces: Sequence[Piece], mode: str, options: LayoutOptions) -> Plan:
    if mode == "row":
        return plan_row(pieces, options.gutter, options.width, options.max_pixels)
    if mode == "column":
        return plan_column(pieces, options.gutter, options.width, options.max_pixels)
    return plan_frames(pieces, mode, options.columns, options.gutter, options.width, options.max_pixels)


def _enlarged(placed: Sequence[Placed]) -> list[str]:
    return [
        f"Picture {one.index + 1} was enlarged {one.scale:.1f}-fold and may look soft."
        for one in placed
        if one.scale > _SOFT
    ]


def _written(canvas: Pixels, pieces: Sequence[Piece], plan: Plan) -> list[str]:
    """Write the captions; returns sentences about what could not be."""
    told = []
    for index, left, top, width in plan.captions:
        if pieces[index].caption:
            told.append(captioning.draw(canvas, pieces[index].caption, left, top, width, plan.letters))
    return list(dict.fromkeys(sentence for sentence in told if sentence))
