"""Lines of a banner's words as set type: their runs, their size, their leading."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from prodgen_django.studio.text import as_drawn

from .brief import Brand, Brief
from .fonts import Typeface, script_of
from .geometry import Rect
from .lettering import Line
from .linebreaks import break_text
from .shaping import Extent, Run, check_letters, extent_of, runs_of

# Heights above and below the baseline and the distance of lines, as shares of the font size. Accents, tone marks and
# what else a text's own ink takes beyond these is added.
_RISE = {"latin": 0.74, "han": 0.86, "arabic": 0.98, "hebrew": 0.76}
_FALL = {"latin": 0.22, "han": 0.13, "arabic": 0.44, "hebrew": 0.20}
# How high letters seem: what is centred on a line is centred on these.
_CAP = {"latin": 0.74, "han": 0.86, "arabic": 0.70, "hebrew": 0.76}
_LEADING = {"latin": 1.08, "han": 1.22, "arabic": 1.45, "hebrew": 1.14}
_LOOSE = {"latin": 1.36, "han": 1.5, "arabic": 1.62, "hebrew": 1.36}
_CLEAR = 0.06  # between one line's lowest ink and the next one's highest
_HEAVY = ("headline", "price", "badge", "call", "name")


@dataclass
class LineSetter:
    """Sets lines of one brief in one typeface; keeps what it measured."""

    brief: Brief
    brand: Brand
    typeface: Typeface
    _set: dict[tuple[str, str], tuple[tuple[Run, ...], Extent]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.rtl = self.brief.right_to_left
        self.direction = "rtl" if self.rtl else "ltr"
        self.texts = self.brief.texts()
        if "headline" not in self.texts:
            raise ValueError("a banner needs a headline")

    def set(self, role: str, text: str) -> tuple[tuple[Run, ...], Extent]:
        """One line of text in runs of one face each, from left to right, and what it takes."""
        key = (role, text)
        if key not in self._set:
            text = as_drawn(text)
            headline = role in ("headline", "price")
            own = tuple(self.brand.headline_fonts if headline else self.brand.text_fonts)
            typeface: Typeface = self.typeface if role == "headline" else "sans"
            check_letters(text, self.brief.language, typeface, role in _HEAVY, own)
            runs = runs_of(text, self.brief.language, typeface, role in _HEAVY, own, rtl=self.rtl)
            self._set[key] = runs, extent_of(runs, self.brief.language)
        return self._set[key]

    def width(self, role: str, text: str, size: float) -> float:
        extent = self.set(role, text)[1]
        # A thousandth more than measured: hinting rounds letters at small sizes.
        return (extent.left + extent.advance + extent.right) * size * 1.002 + 0.5

    def broken(
        self, role: str, size: float, width: float, most_lines: int, *, loose: bool = False
    ) -> list[str] | None:
        return break_text(
            self.texts[role],
            lambda t: self.width(role, t, size),
            width,
            most_lines,
            self.brief.language,
            loose=loose or role != "headline",
        )

    def line(self, role: str, text: str, x: float, top: float, size: float) -> Line:
        """A line whose letters begin at `x` and whose tallest reach up to `top`."""
        script = script_of(text)
        runs, extent = self.set(role, text)
        width = self.width(role, text, size)
        rise, fall = self._height(script, extent, size)
        box = Rect(x, top, width, rise + fall)
        return Line(
            role, as_drawn(text), x, top + rise, size, width, box, runs, self.direction, role == "old_price",
            extent.left * size, _CAP[script] * size, self.brief.language,
        )  # fmt: skip

    def _height(self, script: str, extent: Extent, size: float) -> tuple[float, float]:
        """How far a line reaches above and below its baseline: as its script does, or as its own ink does."""
        # A pixel more than measured: hinting moves edges to whole ones.
        return max(_RISE[script] * size, extent.rise * size + 1.2), max(
            _FALL[script] * size, extent.fall * size + 1.2
        )

    def paragraph(self, role: str, texts: Sequence[str], size: float, y: float, lines: list[Line]) -> float:
        script = script_of(" ".join(texts))
        made = [self.line(role, text, 0.0, 0.0, size) for text in texts]
        usual = (_LEADING if role == "headline" else _LOOSE)[script] * size
        # All lines of a paragraph have one distance: the least at which none of them touches the next.
        needed = [a.box.bottom - a.y + b.y - b.box.y + _CLEAR * size for a, b in pairwise(made)]
        leading = max([usual, *needed])
        base = y + made[0].y
        lines += [line.moved(0, base + number * leading - line.y) for number, line in enumerate(made)]
        return lines[-1].box.bottom
