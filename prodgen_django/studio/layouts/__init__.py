"""Layouts: products of several photographs on one ground, side by side, none of their own pixels altered.

    laid = lay_out([Piece(photo, alpha, "Mug"), Piece(photo2, alpha2, "Jug")], "row", LayoutOptions(width=1600))

`pieces` is what comes in, `sizes` how large each is shown, `cells` where, `ground` on what, and `painting` makes
pixels of it.
"""

from .cells import LONG_WIDTH, Cell, Plan, columns_of_grid, columns_of_strip, cuts_between
from .making import LaidOut, LayoutOptions, lay_out
from .painting import Placed
from .pieces import LayoutError, Piece, cut_by_frame

__all__ = [
    "LONG_WIDTH",
    "Cell",
    "LaidOut",
    "LayoutError",
    "LayoutOptions",
    "Piece",
    "Placed",
    "Plan",
    "columns_of_grid",
    "columns_of_strip",
    "cut_by_frame",
    "cuts_between",
    "lay_out",
]
