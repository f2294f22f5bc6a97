"""Cells of the tables that people open in a spreadsheet."""

from __future__ import annotations

import unicodedata
from typing import Any

__all__ = ["csv_safe"]

#: What a formula begins with, in its full-width forms too.
_SIGNS = frozenset("=+-@＝＋－＠")
#: Where a spreadsheet may see the next cell's beginning: some countries' part cells at semicolons.
_BREAKS = frozenset(";\t\r\n")


def csv_safe(value: Any) -> Any:
    """`value` as a spreadsheet shows it and never runs it: what begins like a formula gets an apostrophe before it.

    Spreadsheets look behind blanks, line ends and characters without a width, and so does this. What is no text, such
    as a number, stays as it is.
    """
    if not isinstance(value, str):
        return value
    made, begins = "", True
    for char in value:
        if begins and char in _SIGNS:
            made += "'"
        made += char
        # What is not seen does not end a cell's beginning.
        begins = char in _BREAKS or (begins and unicodedata.category(char)[0] in "CZ")
    return f"'{made}" if unicodedata.category(made[:1] or "x") == "Cc" else made
