"""Where a text may be broken, and where it is.

ICU tells where: by Unicode's UAX #14, by dictionaries for Thai, Lao, Khmer and Burmese, and by words for Chinese,
Japanese and Korean. Of these a Chinese or Japanese headline keeps only the breaks that BudouX too finds between
phrases, as a person would break it, and Thai those that BudouX too finds between words: ICU's dictionary takes foreign
words such as โปรโมชั่น apart. An amount and its unit are one piece.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from typing import Any

from icu4py.breakers import CharacterBreaker, LineBreaker

from prodgen_django.studio.text import as_drawn

from .amounts import belong_together

Width = Callable[[str], float]

_PAUSES = tuple(",;:.!?–，、。；：！？،؛۔।")
_KANA = re.compile("[\u3041-\u30ff\u31f0-\u31ff]")
_HAN = re.compile("[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
_THAI = re.compile("[\u0e01-\u0e5b]")
# What stands behind its noun or closes a sentence in Thai, and begins no line: “this”, “that”, polite endings.
_THAI_ENDINGS = ("นี้", "นั้น", "ค่ะ", "คะ", "ครับ", "นะ", "ๆ")
_HANGUL = re.compile("[\uac00-\ud7a3]")


def clusters(text: str) -> tuple[str, ...]:
    """The text in what a reader takes for one character each: a letter with its marks, a family of emoji."""
    return tuple(_segments(CharacterBreaker(text, "en"), text))


def _segments(breaker: Any, text: str) -> Iterator[str]:
    """The pieces of a text; ICU counts in UTF-16, where an emoji has two places."""
    places = [0]
    for char in text:
        places.append(places[-1] + (2 if ord(char) > 0xFFFF else 1))
    at = {place: number for number, place in enumerate(places)}
    for start, end in breaker.segments():
        yield text[at[start] : at[end]]


@lru_cache(maxsize=512)
def units(text: str, language: str = "en", phrases: bool = True) -> tuple[str, ...]:
    """The pieces of a one-line text that no line break may divide; joined they are the text."""
    pieces: list[str] = []
    # Where there are no words, emoji have lines to themselves.
    has_words = any(char.isalnum() for char in text)
    for piece in _segments(LineBreaker(text, _locale(text, language)), text):
        ending = piece.rstrip() in _THAI_ENDINGS
        if pieces and (ending or belong_together(pieces[-1], piece, language, has_words=has_words)):
            pieces[-1] += piece
        else:
            pieces.append(piece)
    parser = _phrase_parser(text, language) if phrases or _THAI.search(text) else None
    return tuple(pieces) if parser is None or len(pieces) < 2 else _between_phrases(pieces, parser)


def _locale(text: str, language: str) -> str:
    """ICU's locale for a text: words of kana, Han and Hangul are kept whole only where it is asked for."""
    if _HANGUL.search(text):
        return "ko-u-lw-phrase"
    if _KANA.search(text) or _HAN.search(text):
        return "ja-u-lw-phrase"
    return language.replace("_", "-")


def _between_phrases(pieces: Sequence[str], parser: Any) -> tuple[str, ...]:
    ends, place = set(), 0
    for phrase in parser.parse("".join(pieces)):
        place += len(phrase)
        ends.add(place)
    joined, piece, place = [], "", 0
    for part in pieces:
        piece, place = piece + part, place + len(part)
        if place in ends or piece != piece.rstrip() or piece.endswith("\u200b"):
            joined.append(piece)
            piece = ""
    return tuple([*joined, piece] if piece else joined)


def _phrase_parser(text: str, language: str) -> Any:
    """BudouX's parser for a text, by its letters first: a Japanese headline stays one in an English campaign."""
    if _KANA.search(text):
        return _parser("ja")
    if _THAI.search(text):
        return _parser("th")
    if not _HAN.search(text) or _HANGUL.search(text):
        return None
    tag = language.replace("_", "-").lower()
    if tag.startswith("ja"):
        return _parser("ja")
    return _parser("zh-hant" if tag in ("zh-hant", "zh-tw", "zh-hk", "zh-mo") else "zh-hans")


@lru_cache(maxsize=4)
def _parser(kind: str) -> Any:
    import budoux

    if kind == "ja":
        return budoux.load_default_japanese_parser()
    if kind == "th":
        return budoux.load_default_thai_parser()
    if kind == "zh-hant":
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

    `width` measures a text. A line break in the text is kept. An amount or a word is never divided, but at a soft
    hyphen, which then shows: what is wider than the line does not fit. `loose` breaks Chinese and Japanese within
    phrases too, where nothing else helps; words stay whole even then.
    """
    lines: list[str] = []
    for paragraph in text.split("\n"):
        pieces = units(paragraph.strip(), language, not loose)
        part = _balanced(pieces, width, most_width, most_lines)
        if part is None:
            return None
        lines += part
    return lines if len(lines) <= most_lines else None


def _balanced(pieces: Sequence[str], width: Width, most_width: float, most_lines: int) -> list[str] | None:
    if not pieces:
        return []
    count = len(pieces)
    spans: dict[tuple[int, int], float] = {}

    def shown(first: int, last: int) -> str:
        return as_drawn("".join(pieces[first:last]), broken=last < count)

    def span(first: int, last: int) -> float:
        if (first, last) not in spans:
            spans[first, last] = width(shown(first, last))
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
                cost = before[0] + wide * wide * (_toll(pieces[last - 1]) if last < count else 1.0)
                known = following[last]
                if known is None or cost < known[0]:
                    following[last] = (cost, (*before[1], last))
        best = following
        if best[count] is not None:
            ends = best[count][1]  # type: ignore[index]
            starts = (0, *ends[:-1])
            return [shown(a, b) for a, b in zip(starts, ends, strict=True)]
    return None


def _toll(piece: str) -> float:
    """What a break after a piece costs, as a factor: a reader's pause is worth some unevenness, a blank is no
    matter; a word's end that no blank follows, as in Thai, is worse, and a hyphen the last resort."""
    last = piece[-1]
    if piece.rstrip()[-1:] in _PAUSES:
        return 0.75
    if last in "-\u00ad\u2010":
        return 1.4
    return 1.12 if unicodedata.category(last)[0] in "LM" and not _wide(last) else 1.0


def _wide(char: str) -> bool:
    return unicodedata.east_asian_width(char) in "WF"
