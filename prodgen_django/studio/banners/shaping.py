"""A line of text as runs of one face and one direction: which, how large, and their ink."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from prodgen_django.studio.text import is_ignorable

from . import bidi
from .errors import BannerError
from .faces import Face, can_shape, font, has
from .fonts import (
    EMOJI,
    JOINED,
    Typeface,
    _candidates,
    candidates_for,
    lacking,
    language_of,
    main_script,
    needs_shaping,
    package_for,
    script_code,
)
from .linebreaks import clusters

# Emoji that are coloured even where no variation selector asks for it, among the signs that old fonts have too.
_COLOURED = frozenset(
    "⌚⌛⏩⏪⏫⏬⏰⏳◽◾☔☕♈♉♊♋♌♍♎♏♐♑♒♓♿⚓⚡⚪⚫⚽⚾⛄⛅⛎⛔⛪⛲⛳⛵⛺⛽✅✊✋✨❌❎❓❔❕❗➕➖➗➰➿⬛⬜⭐⭕"
)
REFERENCE = 100.0
"""The size in pixels at which text is measured."""


@dataclass(frozen=True, slots=True)
class Run:
    """A part of a line in one face, and whether it runs from right to left."""

    text: str
    face: Face
    rtl: bool = False

    @property
    def direction(self) -> str:
        return "rtl" if self.rtl else "ltr"


@dataclass(frozen=True, slots=True)
class Extent:
    """What a line takes, as shares of its size. `left` and `right`: how far ink reaches over the advance's ends;
    `rise` and `fall`: above and below the baseline."""

    advance: float
    left: float
    right: float
    rise: float
    fall: float


def runs_of(
    text: str, language: str, typeface: Typeface, heavy: bool, own: tuple[str, ...] = (), *, rtl: bool = False
) -> tuple[Run, ...]:
    """The text in runs from left to right, each cluster in the first face that has it.

    What `check_letters` finds fault with is drawn as well as can be.
    """
    text = bidi.marked(text) if rtl else text
    main, language = main_script(text, language), language_of(text, language)
    parts = clusters(text)
    known = candidates_for(text, language, typeface, heavy, own)

    def asked(part: str) -> tuple[Face, ...]:
        code = EMOJI if _is_emoji(part) else script_code(part)
        return (*_candidates(code, language, typeface, heavy, own, main), *known)

    faces = _faces(parts, asked, known[0])
    order = bidi.levels(text, rtl)
    found: list[tuple[str, Face, int]] = []
    place = 0
    for part, face in zip(parts, faces, strict=True):
        level = order[place]
        place += len(part)
        if found and found[-1][1:] == (face, level):
            found[-1] = (found[-1][0] + part, face, level)
        else:
            found.append((part, face, level))
    seen = bidi.visual_order([level for _text, _face, level in found])
    return tuple(Run(found[k][0], found[k][1], found[k][2] % 2 == 1) for k in seen)


def check_letters(
    text: str, language: str, typeface: Typeface = "sans", heavy: bool = False, own: tuple[str, ...] = ()
) -> None:
    """Whether each character can be drawn on this machine.

    Raises BannerError: no_font where no file here has some character (all are named, with what to install),
    lost_letter where one was lost on its way here, no_shaping where letters that join, stack or run from right to
    left cannot be set because FriBiDi is not installed.
    """
    if "\ufffd" in text:
        raise BannerError(
            "lost_letter", f"A character was lost on its way here, where it now says “�”: type “{text}” anew."
        )
    if not can_shape() and needs_shaping(text):
        raise BannerError(
            "no_shaping",
            "Letters that join, stack or run from right to left need the library FriBiDi on the worker: install it"
            " (Debian: libfribidi0).",
        )
    missing = lacking(text, candidates_for(text, language, typeface, heavy, own))
    if missing:
        letters = ", ".join(named(part) for part in missing[:6])
        packages = " ".join(dict.fromkeys(filter(None, map(package_for, missing))))
        more = " and others" if len(missing) > 6 else ""
        install = f"install one (Debian: {packages}), " if packages else ""
        raise BannerError(
            "no_font",
            f"No font on the worker has {letters}{more}: {install}give the brand kit a font that has it, or leave"
            " it out.",
        )


def named(cluster: str) -> str:
    """A character as a sentence names it: as itself, or by its number where it cannot be seen."""
    seen = cluster.isprintable()
    return f"“{cluster}”" if seen else " ".join(f"U+{ord(char):04X}" for char in cluster)


def _faces(parts: Sequence[str], asked: Callable[[str], tuple[Face, ...]], last: Face) -> list[Face]:
    """A face for each cluster, of those that are `asked` for it. What is no letter and no digit stands in that of its
    neighbour, and what nobody has in the `last`."""
    chosen: list[Face | None] = [
        next((face for face in asked(part) if has(face, part)), last)
        if part[0].isalnum() or _is_emoji(part)
        else None
        for part in parts
    ]
    _keep_words(parts, chosen, asked)
    for place, part in enumerate(parts):
        if chosen[place] is None:
            before = chosen[place - 1] if place else None
            after = next((face for face in chosen[place + 1 : place + 3] if face is not None), None)
            # A sign before a number is of the number's kind, every other sign of the word's before it.
            amount = unicodedata.category(part[0]) == "Sc" or part[0] in "+-\u2212#"
            near = (after, before) if amount and parts[place + 1 : place + 2] != [" "] else (before, after)
            usable = [face for face in near if face is not None and not face.strike]
            chosen[place] = next((face for face in (*usable, *asked(part)) if has(face, part)), last)
    return [face for face in chosen if face is not None]


def _keep_words(
    parts: Sequence[str], chosen: list[Face | None], asked: Callable[[str], tuple[Face, ...]]
) -> None:
    """Letters that join stand in one face where one has the whole word, even if an earlier one has some of them."""
    start = 0
    for end in range(1, len(parts) + 1):
        if end < len(parts) and script_code(parts[end]) == script_code(parts[start]) and chosen[end]:
            continue
        if script_code(parts[start]) in JOINED and len(set(chosen[start:end])) > 1:
            word = "".join(parts[start:end])
            face = next((face for face in asked(parts[start]) if has(face, word)), None)
            if face is not None:
                chosen[start:end] = [face] * (end - start)
        start = end


@lru_cache(maxsize=4096)
def _is_emoji(part: str) -> bool:
    """Whether a cluster is to be shown in colour, where a font can."""
    if "\ufe0e" in part:
        return False
    return (
        "\ufe0f" in part
        or part[0] in _COLOURED
        or (ord(part[0]) >= 0x1F000 and unicodedata.category(part[0]) in ("So", "Sk"))
    )  # fmt: skip


# -- measuring -------------------------------------------------------------------------------------------------


def extent_of(runs: Sequence[Run], language: str) -> Extent:
    """What runs take together, of advance and of ink."""
    x, left, right, rise, fall = 0.0, 0.0, 0.0, 0.0, 0.0
    for run in runs:
        used = font(run.face, REFERENCE)
        scale = 1.0 / (run.face.strike or REFERENCE)
        options, text = options_of(run, language), text_of(run)
        advance = used.getlength(text, **options) * scale
        x0, y0, x1, y1 = (v * scale for v in used.getbbox(text, anchor="ls", **options))
        if x1 > x0 and y1 > y0:
            left, right = min(left, x + x0), max(right, x + x1)
            rise, fall = max(rise, -y0), max(fall, y1)
        x += advance
    return Extent(x, -left, max(0.0, right - x), rise, fall)


def options_of(run: Run, language: str) -> dict[str, Any]:
    """What Pillow's shaper is told of a run."""
    return {"direction": run.direction, "language": language or "en"} if can_shape() else {}


def text_of(run: Run) -> str:
    """A run's text; where there is no shaper each blank is the one that every font has, and nothing is invisible."""
    if can_shape():
        return run.text
    return "".join(" " if c.isspace() else c for c in run.text if not is_ignorable(c))
