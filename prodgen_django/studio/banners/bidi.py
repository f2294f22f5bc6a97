"""The order in which a line's letters stand, by Unicode's rules (UAX #9) as FriBidi applies them.

A line that is set in several fonts is drawn in pieces, so its order has to be known as a whole: Pillow hands
FriBidi one piece at a time. It is the same library that Pillow loads for itself.
"""

from __future__ import annotations

import ctypes
import ctypes.util
import re
import unicodedata
from functools import lru_cache
from typing import Any

_NAMES = ("libfribidi.so.0", "libfribidi.0.dylib", "libfribidi.dylib", "fribidi-0.dll", "libfribidi-0.dll")
_LTR, _RTL = 0x110, 0x111
_RIGHT = ("R", "AL", "AN", "RLE", "RLI", "FSI")
# An amount with what belongs to it: a sign (“-20”, “-₪ 5”), a currency, “%”. Arabic's own digits have theirs as the
# rules have it.
_AMOUNT = re.compile(
    r"""
    (?:(?<![^\s\u200e\u200f\u061c(])[-+\u2212])?       # a sign, with nothing but a blank before it
    [\u200e]?[$\u00a2-\u00a5\u20a0-\u20c0]?(?:[A-Z]{3}\xa0)?\xa0?
    (?:[0-9\u06f0-\u06f9]{1,3}(?:\x20[0-9\u06f0-\u06f9]{3})+(?![0-9\u06f0-\u06f9]) | [0-9\u06f0-\u06f9])  # “1 299”
    [0-9\u06f0-\u06f9.,\u066b\u066c\u202f]*
    (?:[-\u2010\u2212][0-9\u06f0-\u06f9][0-9\u06f0-\u06f9.,\u066b\u066c\u202f]*)*    # “10-20”
    (?:[\x20\xa0\u202f]?[%\u2030]|[$\u00a2-\u00a5\u20a0-\u20c0])?
    | (?<=[A-Za-z])[$\u00a2-\u00a5\u20a0-\u20c0]      # “UK£”
    """,
    re.VERBOSE,
)
# What a number before it is read with, from left to right: “500 g”, “2 x 500 g”; not so “UK£”.
_LATIN = re.compile(r"[\x20\xa0\u202f]?[A-Za-z\u00b5\u03bc]+(?![A-Za-z$\u00a2-\u00a5\u20a0-\u20c0])")
_LRM = "\u200e"


@lru_cache(maxsize=1)
def _library() -> Any:
    for name in (*_NAMES, ctypes.util.find_library("fribidi")):
        try:
            return ctypes.CDLL(name) if name else None
        except OSError:
            continue
    return None


def available() -> bool:
    """Whether FriBidi can be loaded."""
    return _library() is not None


def first_strong(text: str) -> bool:
    """Whether a text reads from right to left, by its first letter that has a direction."""
    kinds = (unicodedata.bidirectional(char) for char in text)
    return next((kind != "L" for kind in kinds if kind in ("L", "R", "AL")), False)


def levels(text: str, rtl: bool) -> list[int]:
    """For each character of a line the level of its direction: even ones run to the right, odd ones to the left.

    Without FriBidi all of a line has the level of its paragraph.
    """
    if not rtl and not any(unicodedata.bidirectional(char) in _RIGHT for char in text):
        return [0] * len(text)
    library = _library()
    if library is None or not text:
        return [int(rtl)] * len(text)
    count = len(text)
    codes = (ctypes.c_uint32 * count)(*map(ord, text))
    kinds, brackets = (ctypes.c_uint32 * count)(), (ctypes.c_uint32 * count)()
    found = (ctypes.c_int8 * count)()
    base = ctypes.c_uint32(_RTL if rtl else _LTR)
    library.fribidi_get_bidi_types(codes, count, kinds)
    library.fribidi_get_bracket_types(codes, count, kinds, brackets)
    if not library.fribidi_get_par_embedding_levels_ex(kinds, brackets, count, ctypes.byref(base), found):
        return [int(rtl)] * count
    return list(found)


def marked(text: str) -> str:
    """A text of a banner that is read from right to left, with marks about what is read from left to right in it:
    a line of Latin letters alone, and amounts.

    By the rules alone a sign before a number in a Hebrew line is drawn behind it, in an Arabic one “%” and “£” too, and
    a number before a Latin unit behind that.
    """
    kinds = {unicodedata.bidirectional(char) for char in text}
    if "L" in kinds and kinds.isdisjoint(_RIGHT):
        return _LRM + text + _LRM

    def kept(found: re.Match[str]) -> str:
        amount = found[0]
        if _LATIN.match(text, found.end()):
            return _LRM + amount
        if amount.isdecimal() or not re.search(r"[^\d.,\xa0\u202f]", amount):
            return amount
        return (_LRM if len(amount) > 1 else "") + amount + _LRM

    return _AMOUNT.sub(kept, text)


def visual_order(values: list[int]) -> list[int]:
    """The places of runs of these levels from left to right (rule L2)."""
    order = list(range(len(values)))
    for level in range(max(values, default=0), 0, -1):
        place = 0
        while place < len(order):
            end = place
            while end < len(order) and values[order[end]] >= level:
                end += 1
            order[place:end] = order[place:end][::-1]
            place = max(end, place + 1)
    return order
