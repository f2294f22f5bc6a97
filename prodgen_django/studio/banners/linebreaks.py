"""Where a text may be broken, and where it is.

Possible breaks are those of Unicode's UAX #14; of these, Chinese and Japanese headlines keep only the ones
between phrases (BudouX) as long as the phrases fit, as a person would break them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from typing import Any

Width = Callable[[str], float]

_PAUSES = tuple(",;:.!?–，、。；：！？،؛")


@lru_cache(maxsize=512)
def units(text: str, language: str = "en", phrases: bool = True) -> tuple[str, ...]:
    """The pieces of a one-line text that no line break may divide; joined they are the text."""
    from uniseg.linebreak import line_break_units

    pieces = _whole_words(line_break_units(text))
    parser = _phrase_parser(language) if phrases else None
    if parser is None or len(pieces) < 2:
        return pieces
    ends, place = set(), 0
    for phrase in parser.parse(text):
        place += len(phrase)
        ends.add(place)
    joined, piece, place = [], "", 0
    for part in pieces:
        piece, place = piece + part, place + len(part)
        if place in ends or piece != piece.rstrip():
            joined.append(piece)
            piece = ""
    return tuple([*joined, piece] if piece else joined)


def _whole_words(pieces: Iterable[str]) -> tuple[str, ...]:
    """UAX #14 lets a word of katakana be divided anywhere; a reader does not."""
    joined: list[str] = []
    for piece in pieces:
        if joined and _katakana(joined[-1][-1]) and _katakana(piece[0]):
            joined[-1] += piece
        else:
            joined.append(piece)
    return tuple(joined)


@lru_cache(maxsize=8)
def _phrase_parser(language: str) -> Any:
    tag = language.replace("_", "-").lower()
    if not tag.startswith(("ja", "zh")):
        return None
    import budoux

    if tag.startswith("ja"):
        return budoux.load_default_japanese_parser()
    if tag in ("zh-hant", "zh-tw", "zh-hk"):
        return budoux.load_default_traditional_chinese_parser()
    return budoux.load_default_simplified_chinese_parser()


def break_text(
    text: str,
    width: Width,
    most_width: float,
    most_lines: int,
    language: str = "en",
    *,
    loose: bool = False,
) -> list[str] | None:
    """`text` in as few lines as fit into `most_width`, of widths as equal as they can be; None where
    `most_lines` do not do.

    `width` measures a text. A line break in the text is kept. A price or a word is never divided: what is
    wider than the line does not fit. `loose` breaks Chinese and Japanese within phrases too, where nothing
    else helps; a word of katakana stays whole even then.
    """
    lines: list[str] = []
    for paragraph in text.split("\n"):
        pieces = units(paragraph.strip(), language, not loose)
        part = _balanced(pieces, width, most_width, most_lines)
        if part is None:
            return None
        lines += part
    return lines if len(lines) <= most_lines else None


def _katakana(char: str) -> bool:
    return "\u30a1" <= char <= "\u30ff" and char != "\u30fb"


def _balanced(pieces: Sequence[str], width: Width, most_width: float, most_lines: int) -> list[str] | None:
    if not pieces:
        return []
    count = len(pieces)
    spans: dict[tuple[int, int], float] = {}

    def span(first: int, last: int) -> float:
        if (first, last) not in spans:
            spans[first, last] = width("".join(pieces[first:last]).strip())
        return spans[first, last]

    # best[k][j]: (the sum of squared widths, breaks) of the first j pieces in k lines. For a given number of
    # lines the sum of squares is least where the lines are most alike.
    best: list[tuple[float, tuple[int, ...]] | None] = [(0.0, ())] + [None] * count
    for _line in range(1, min(most_lines, count) + 1):
        following: list[tuple[float, tuple[int, ...]] | None] = [None] * (count + 1)
        for last in range(1, count + 1):
            for first in range(last - 1, -1, -1):
                before = best[first]
                wide = span(first, last)
                if wide > most_width:
                    break
                if before is None:
                    continue
                # A line that ends where a reader pauses is worth some unevenness.
                pause = last < count and pieces[last - 1].rstrip()[-1:] in _PAUSES
                cost = before[0] + wide * wide * (0.75 if pause else 1.0)
                known = following[last]
                if known is None or cost < known[0]:
                    following[last] = (cost, (*before[1], last))
        best = following
        if best[count] is not None:
            ends = best[count][1]  # type: ignore[index]
            starts = (0, *ends[:-1])
            return ["".join(pieces[a:b]).strip() for a, b in zip(starts, ends, strict=True)]
    return None
