"""Text as people paste it from Word, Excel and web pages, made fit to be drawn.

Needs the standard library only: forms clean what they are given, engines clean what they are handed.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

__all__ = ["as_drawn", "clean_text", "is_ignorable"]

# Excel writes control characters of a cell in this way, and some programs never read them back.
_EXCEL = re.compile(r"_x00([01][0-9A-Fa-f]|7[Ff]|[89][0-9A-Fa-f])_")
_LINE_ENDS = re.compile("\r\n|[\n\r\v\f\x85\u2028\u2029]")
_BLANKS = re.compile(r"[ \t]+")
# Word's own signs for a hyphen that never breaks and for one that only shows where it does; the end of a table's cell.
_WORD = {0x1E: "\u2011", 0x1F: "\u00ad", 0x07: " ", 0x1C: " ", 0x1D: " ", 0x09: " "}
# Blanks by their width: those thinner than a word's gap stand in amounts, where no line may break.
_WIDE = dict.fromkeys([0x1680, *range(0x2000, 0x2006), 0x205F, 0x2800], " ")
_THIN = dict.fromkeys([0x2006, 0x2008, 0x2009, 0x200A], "\u202f")
# What is never seen and says nothing that a line of letters needs. Overrides turn whole words round.
_NOTHING = dict.fromkeys(
    [0xFEFF, 0xFFFC, 0x3164, 0xFFA0, 0x115F, 0x1160, 0x202D, 0x202E, *range(0x2061, 0x2065),
     *range(0x206A, 0x2070), *range(0xFFF9, 0xFFFC), *range(0x1D173, 0x1D17B), 0xE0001]
)  # fmt: skip
_TABLE = {**_WIDE, **_THIN, **_NOTHING}
# Tags mean something only behind the black flag that they make a country's.
_TAGS = re.compile("(\U0001f3f4[\U000e0020-\U000e007e]+\U000e007f)|[\U000e0020-\U000e007f]")
_NO_WIDTH = "\u200b\u200c\u200d\u2060\u00ad"
_EDGES = " \u00a0\u202f\u2007\u3000" + _NO_WIDTH
_IDLE_HYPHENS = re.compile("(?<![^ \n])\u00ad|\u00ad(?![^ \n])")
_SELECTORS = "\ufe0e\ufe0f"
# Where words are written without blanks, a blank of no width says where one ends; elsewhere it is left from a page.
_OPEN = "\u0e00-\u1dff\u2e80-\U0003ffff"
_ZERO_SPACE = re.compile(f"(?<=[{_OPEN}])\u200b+(?=[{_OPEN}])|\u200b+")
_ARABIC_SIGNS = frozenset("\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u0890\u0891\u08e2\U000110bd")


def clean_text(text: str, *, lines: bool = False) -> str:
    """`text` in Unicode's NFC with one blank between words and nothing that cannot be drawn or changes order.

    `lines`: keep line breaks ("\\n", whatever they were); otherwise they become blanks. What joins letters (ZWJ,
    ZWNJ), soft hyphens, marks of direction and hard blanks stay. Cleaning twice changes nothing more.
    """
    while (cleaned := _cleaned(text, lines)) != text:
        text = cleaned
    return cleaned


def _cleaned(text: str, lines: bool) -> str:
    text = _EXCEL.sub(lambda m: chr(int(m[1], 16)), text)
    text = _LINE_ENDS.sub("\n", text)
    text = "".join(_kept(char) for char in text)
    text = _TAGS.sub(lambda m: m[1] or "", text.translate(_TABLE))
    text = unicodedata.normalize("NFC", text)
    text = _ZERO_SPACE.sub(lambda m: "\u200b" if m.start() and _is_open(text, m) else "", text)
    # A soft hyphen is one within a word: beside a blank it would show where a line ends.
    text = _IDLE_HYPHENS.sub("", re.sub("\u00ad+", "\u00ad", text))
    parts = (_BLANKS.sub(" ", part) for part in text.split("\n"))
    parts = (part.rstrip(_EDGES).lstrip(_EDGES + _SELECTORS) for part in parts)
    return ("\n" if lines else " ").join(part for part in parts if any(map(_is_seen, part)))


def _is_seen(char: str) -> bool:
    return not (char.isspace() or is_ignorable(char))


def _is_open(text: str, found: re.Match[str]) -> bool:
    return found.end() < len(text) and all(
        re.match(f"[{_OPEN}]", text[place]) for place in (found.start() - 1, found.end())
    )


def _kept(char: str) -> str:
    code = ord(char)
    if char == "\n" or code >= 0xA0:
        nobody = 0xD800 <= code < 0xE000 or 0xFDD0 <= code <= 0xFDEF or code & 0xFFFE == 0xFFFE
        return "" if nobody else char
    if code in _WORD:
        return _WORD[code]
    if 0x80 <= code < 0xA0:
        # Windows' own letters, read as Latin-1: "\x80" was a euro sign.
        return bytes([code]).decode("cp1252", "ignore")
    return char if 0x20 <= code < 0x7F else ""


@lru_cache(maxsize=4096)
def as_drawn(text: str, *, broken: bool = False) -> str:
    """What of one line of a cleaned text meets the eye, for a font: soft hyphens and blanks of no width go.

    `broken`: the line ends because it was broken here; a soft hyphen at its end shows.
    """
    text = text.strip()
    hyphen = "-" if broken and text.endswith("\u00ad") else ""
    for mark in ("\u00ad", "\u200b", "\u2060"):
        text = text.replace(mark, "")
    return _BLANKS.sub(" ", text).replace("\u2011", "-") + hyphen


def is_ignorable(char: str) -> bool:
    """Whether a character has no shape of its own: joiners, marks of direction, variation selectors."""
    code = ord(char)
    return (
        (unicodedata.category(char) == "Cf" and char not in _ARABIC_SIGNS)
        or 0xFE00 <= code <= 0xFE0F
        or 0xE0100 <= code <= 0xE01EF
        or 0x180B <= code <= 0x180F
        or code in (0x34F, 0x17B4, 0x17B5)
    )  # fmt: skip
