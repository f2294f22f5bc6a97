"""Which font file sets which letters.

Latin, Greek and Cyrillic come with the package (Manrope and Source Serif Pro, both under the SIL Open Font
License, from their own packages on PyPI); other scripts come from the system, where Debian's fonts-noto-core
and fonts-noto-cjk have them all. A brand's own files are asked first.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

from PIL import ImageFont, features

from .errors import BannerError

Typeface = Literal["sans", "serif"]

_FOLDERS = (
    "/usr/share/fonts",
    "/usr/local/share/fonts",
    "~/.local/share/fonts",
    "~/.fonts",
    "/Library/Fonts",
    "/System/Library/Fonts",
)
# (script, typeface, heavy) -> files in the order of preference; the number is the face in a collection.
_LATIN = {
    ("sans", True): (("font_manrope", "Manrope-ExtraBold.ttf"),),
    ("sans", False): (("font_manrope", "Manrope-SemiBold.ttf"),),
    ("serif", True): (("font_source_serif_pro", "SourceSerifPro-Semibold.ttf"),),
    ("serif", False): (("font_manrope", "Manrope-SemiBold.ttf"),),
}
_CJK = {"ja": 0, "ko": 1, "zh-hans": 2, "zh": 2, "zh-cn": 2, "zh-sg": 2, "zh-hant": 3, "zh-tw": 3, "zh-hk": 4}
_SYSTEM: dict[tuple[str, str, bool], tuple[str, ...]] = {
    ("arabic", "sans", True): ("NotoKufiArabic-Bold.ttf", "NotoSansArabic-Bold.ttf"),
    ("arabic", "sans", False): ("NotoSansArabic-Regular.ttf", "NotoKufiArabic-Regular.ttf"),
    ("arabic", "serif", True): ("NotoNaskhArabic-Bold.ttf", "NotoSansArabic-Bold.ttf"),
    ("arabic", "serif", False): ("NotoSansArabic-Regular.ttf", "NotoNaskhArabic-Regular.ttf"),
    ("hebrew", "sans", True): ("NotoSansHebrew-Bold.ttf",),
    ("hebrew", "sans", False): ("NotoSansHebrew-Regular.ttf",),
    ("hebrew", "serif", True): ("NotoSerifHebrew-Bold.ttf", "NotoSansHebrew-Bold.ttf"),
    ("hebrew", "serif", False): ("NotoSansHebrew-Regular.ttf",),
    ("han", "sans", True): ("NotoSansCJK-Bold.ttc", "NotoSansCJK-Regular.ttc"),
    ("han", "sans", False): ("NotoSansCJK-Regular.ttc",),
    ("han", "serif", True): ("NotoSerifCJK-Bold.ttc", "NotoSansCJK-Bold.ttc"),
    ("han", "serif", False): ("NotoSansCJK-Regular.ttc",),
}
_LAST = {
    True: ("NotoSans-Bold.ttf", "DejaVuSans-Bold.ttf"),
    False: ("NotoSans-Regular.ttf", "DejaVuSans.ttf"),
}

PACKAGES = {"arabic": "fonts-noto-core", "hebrew": "fonts-noto-core", "han": "fonts-noto-cjk"}
"""Debian's package that has a script's letters."""


@dataclass(frozen=True, slots=True)
class Face:
    """A font file, and which face of it where it holds several."""

    path: str
    index: int = 0

    @property
    def family(self) -> str:
        return str(_font(self, 16.0).getname()[0])

    @property
    def style(self) -> str:
        return str(_font(self, 16.0).getname()[1])


def script_of(text: str) -> str:
    """The script that decides how a text is set: "arabic", "hebrew", "han" (with kana and hangul) or
    "latin" for all else."""
    for char in text:
        code = ord(char)
        if 0x590 <= code <= 0x5FF or 0xFB1D <= code <= 0xFB4F:
            return "hebrew"
        if 0x600 <= code <= 0x8FF or 0xFB50 <= code <= 0xFDFF or 0xFE70 <= code <= 0xFEFF:
            return "arabic"
        if 0x1100 <= code <= 0x11FF or 0x2E80 <= code <= 0x9FFF or 0xAC00 <= code <= 0xD7FF:
            return "han"
        if 0xF900 <= code <= 0xFAFF or 0xFF00 <= code <= 0xFFEF or code >= 0x20000:
            return "han"
    return "latin"


def faces_for(
    text: str, language: str, typeface: Typeface, heavy: bool, own: Sequence[str] = ()
) -> tuple[Face, ...]:
    """The faces to set `text` in, best first: where the first lacks a letter, the next is asked.

    Raises BannerError: no_font where no file on this machine has some letter, no_shaping where letters that
    join or run from right to left cannot be set because libfribidi is not installed.
    """
    script = script_of(text)
    if script in ("arabic", "hebrew") and not can_shape():
        raise BannerError(
            "no_shaping",
            "Arabic and Hebrew need the library FriBiDi on the worker: install it (Debian: libfribidi0).",
        )
    found = _candidates(script, _language(language), typeface, heavy, tuple(own))
    missing = next((c for c in text if not c.isspace() and not any(has(face, c) for face in found)), None)
    if missing is not None:
        package = PACKAGES.get(script, "fonts-noto-core")
        raise BannerError(
            "no_font",
            f"No font on the worker has the letter “{missing}”: install one (Debian: {package}), or give the"
            " brand kit a font that has it.",
        )
    return found


def missing_scripts() -> dict[str, str]:
    """Scripts that cannot be set on this machine, each with the package of Debian that mends it."""
    probes = {"arabic": "ش", "hebrew": "ש", "han": "新"}
    lacking = {}
    for script, char in probes.items():
        faces = _candidates(script, "zh-hans" if script == "han" else "", "sans", True, ())
        if not any(has(face, char) for face in faces):
            lacking[script] = PACKAGES[script]
    if not can_shape():
        lacking.setdefault("shaping", "libfribidi0")
    return lacking


def can_shape() -> bool:
    """Whether letters can be joined and run from right to left (Pillow with Raqm, HarfBuzz and FriBiDi)."""
    return bool(features.check("raqm"))


@lru_cache(maxsize=4096)
def has(face: Face, char: str) -> bool:
    """Whether a face has a glyph of its own for a character."""
    if char.isspace() or char in "\u200e\u200f\u2068\u2069\u202a\u202c\u061c":
        return True
    font = _plain(face)
    mask, none = font.getmask(char), font.getmask("\U0010fffe")
    return mask.size != none.size or bytes(mask) != bytes(none)


def font(face: Face, size: float) -> ImageFont.FreeTypeFont:
    """A face at a size in pixels, rounded to quarters so that few are kept open."""
    return _font(face, max(1.0, round(size * 4) / 4))


@lru_cache(maxsize=96)
def _font(face: Face, size: float) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(face.path, size, index=face.index)


@lru_cache(maxsize=64)
def _plain(face: Face) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(face.path, 24, index=face.index, layout_engine=ImageFont.Layout.BASIC)


def _language(tag: str) -> str:
    return tag.replace("_", "-").lower()


@lru_cache(maxsize=256)
def _candidates(
    script: str, language: str, typeface: Typeface, heavy: bool, own: tuple[str, ...]
) -> tuple[Face, ...]:
    found = [Face(path) for path in own if _opens(path)]
    latin = [Face(str(path)) for module, name in _LATIN[typeface, heavy] if (path := _packaged(module, name))]
    system = [
        Face(known, _CJK.get(language, _CJK.get(language.split("-")[0], 2)) if script == "han" else 0)
        for name in _SYSTEM.get((script, typeface, heavy), ())
        if (known := _system_fonts().get(name))
    ]
    last = [Face(known) for name in _LAST[heavy] if (known := _system_fonts().get(name))]
    # Chinese, Japanese and Korean fonts have Latin letters that were drawn to stand beside theirs.
    order = [*system, *latin] if script == "han" else [*latin, *system]
    faces = tuple(dict.fromkeys([*found, *order, *last]))
    if not faces:
        raise BannerError(
            "no_font", "No font was found on the worker: install one (Debian: fonts-noto-core)."
        )
    return faces


def _packaged(module: str, name: str) -> Path | None:
    spec = find_spec(module)
    for folder in (spec.submodule_search_locations if spec else None) or ():
        path = Path(folder) / "files" / name
        if path.is_file():
            return path
    return None


def _opens(path: str) -> bool:
    try:
        ImageFont.truetype(path, 16)
    except OSError:
        return False
    return True


@lru_cache(maxsize=1)
def _system_fonts() -> dict[str, str]:
    """File names of the system's fonts with their paths."""
    folders = list(_FOLDERS)
    if sys.platform == "win32":
        folders.append(str(Path(os.environ.get("WINDIR", r"C:\Windows")) / "Fonts"))
    found: dict[str, str] = {}
    for folder in folders:
        for root, _dirs, names in os.walk(Path(folder).expanduser()):
            for name in names:
                if name.lower().endswith((".ttf", ".otf", ".ttc")):
                    found.setdefault(name, str(Path(root) / name))
    return found
