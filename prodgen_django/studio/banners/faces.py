"""One face of one font file: what letters it has, and the face at a size."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from fontTools.ttLib import TTFont, TTLibError
from PIL import ImageFont, features

from prodgen_django.studio.text import is_ignorable

# Colour bitmaps open at one size only: that of Noto, of Apple, and of some others.
_STRIKES = (109, 160, 136, 128, 96, 64)


@dataclass(frozen=True, slots=True)
class Face:
    """A font file, and which face of it where it holds several."""

    path: str
    index: int = 0

    @property
    def family(self) -> str:
        return str(font(self, 16.0).getname()[0])

    @property
    def style(self) -> str:
        return str(font(self, 16.0).getname()[1])

    @property
    def strike(self) -> int:
        """The one size in pixels at which its coloured bitmaps open; 0 for a font of outlines."""
        return _strike(self)


def can_shape() -> bool:
    """Whether letters can be joined and run from right to left (Pillow with Raqm, HarfBuzz and FriBiDi)."""
    return bool(features.check("raqm"))


@lru_cache(maxsize=8192)
def has(face: Face, cluster: str) -> bool:
    """Whether a face has a glyph of its own for all of a cluster, composed or in parts.

    Blanks are made by the shaper; what has no shape of its own needs no glyph; U+FFFD stands for a letter that
    was lost, and no font has that.
    """
    letters = coverage(face)
    return any(
        all(ord(c) in letters or c.isspace() or is_ignorable(c) for c in unicodedata.normalize(form, cluster))
        for form in ("NFC", "NFD")
    )


@lru_cache(maxsize=512)
def coverage(face: Face) -> frozenset[int]:
    """The code points that a face has glyphs for; none where its table of them cannot be read."""
    try:
        with TTFont(face.path, fontNumber=face.index, lazy=True) as file:
            return frozenset(file.getBestCmap() or ()) - {0xFFFD}
    except (TTLibError, OSError, KeyError, ValueError, AssertionError):
        return frozenset()


def font(face: Face, size: float) -> ImageFont.FreeTypeFont:
    """A face at a size in pixels, rounded to quarters so that few are kept open; bitmaps at their own size."""
    return _font(face, float(face.strike) or max(1.0, round(size * 4) / 4))


@lru_cache(maxsize=96)
def _font(face: Face, size: float) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(face.path, size, index=face.index)


@lru_cache(maxsize=512)
def _strike(face: Face) -> int:
    for size in (0, *_STRIKES):
        try:
            ImageFont.truetype(face.path, size or 16, index=face.index)
        except OSError:
            continue
        return size
    return 0
