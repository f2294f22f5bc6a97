"""Which font file sets which letters.

Latin, Greek and Cyrillic come with the package (Manrope and Source Serif Pro, both under the SIL Open Font
License, from their own packages on PyPI); other scripts and emoji come from the system, where Debian's
fonts-noto-core, fonts-noto-cjk and fonts-noto-color-emoji have them all. A brand's own files are asked first.
"""

from __future__ import annotations

import os
import sys
import unicodedata
from collections.abc import Iterable, Iterator
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

from fontTools import unicodedata as scripts
from PIL import ImageFont

from .errors import BannerError
from .faces import Face, can_shape, font, has
from .linebreaks import clusters

__all__ = ["EMOJI", "Face", "Typeface", "can_shape", "candidates_for", "font", "has", "lacking", "lacking_package",
           "language_of", "main_script", "missing_scripts", "package_for", "script_code", "script_of"]  # fmt: skip

Typeface = Literal["sans", "serif"]

_FOLDERS = (
    "/usr/share/fonts",
    "/usr/local/share/fonts",
    "~/.local/share/fonts",
    "~/.fonts",
    "/Library/Fonts",
    "/System/Library/Fonts",
)
EMOJI = "Zsye"
"""ISO 15924's code for emoji, which no letter has."""
JOINED = frozenset(
    ["Arab", "Hebr", "Syrc", "Nkoo", "Mong", "Mand", "Thaa", "Adlm", "Rohg", "Deva", "Beng", "Guru", "Gujr", "Orya",
     "Taml", "Telu", "Knda", "Mlym", "Sinh", "Thai", "Laoo", "Khmr", "Mymr", "Tibt"]
)  # fmt: skip
"""Scripts whose letters join, stack or run from right to left."""
_LATIN = ("Latn", "Grek", "Cyrl", "Zyyy", "Zinh")
_HAN = ("Hani", "Hira", "Kana", "Hang", "Bopo")
# (typeface, heavy) -> the file that comes with the package.
_PACKAGED = {
    ("sans", True): ("font_manrope", "Manrope-ExtraBold.ttf"),
    ("sans", False): ("font_manrope", "Manrope-SemiBold.ttf"),
    ("serif", True): ("font_source_serif_pro", "SourceSerifPro-Semibold.ttf"),
    ("serif", False): ("font_manrope", "Manrope-SemiBold.ttf"),
}
_CJK = {"ja": 0, "ko": 1, "zh-hans": 2, "zh": 2, "zh-cn": 2, "zh-sg": 2, "zh-hant": 3, "zh-tw": 3, "zh-hk": 4}
# Files in the order of preference where the name of the script does not say it.
_SYSTEM: dict[tuple[str, str, bool], tuple[str, ...]] = {
    ("Arab", "sans", True): ("NotoKufiArabic-Bold.ttf", "NotoSansArabic-Bold.ttf"),
    ("Arab", "sans", False): ("NotoSansArabic-Regular.ttf", "NotoKufiArabic-Regular.ttf"),
    ("Arab", "serif", True): ("NotoNaskhArabic-Bold.ttf", "NotoSansArabic-Bold.ttf"),
    ("Arab", "serif", False): ("NotoSansArabic-Regular.ttf", "NotoNaskhArabic-Regular.ttf"),
    ("Hani", "sans", True): ("NotoSansCJK-Bold.ttc", "NotoSansCJK-Regular.ttc"),
    ("Hani", "sans", False): ("NotoSansCJK-Regular.ttc",),
    ("Hani", "serif", True): ("NotoSerifCJK-Bold.ttc", "NotoSansCJK-Bold.ttc"),
    ("Hani", "serif", False): ("NotoSansCJK-Regular.ttc",),
}
_EMOJI_FILES = ("NotoColorEmoji.ttf", "Apple Color Emoji.ttc", "seguiemj.ttf")
_LAST = {
    True: ("NotoSans-Bold.ttf", "DejaVuSans-Bold.ttf", "NotoSansSymbols-Bold.ttf"),
    False: ("NotoSans-Regular.ttf", "DejaVuSans.ttf", "NotoSansSymbols-Regular.ttf"),
}
_SIGNS = ("NotoSansSymbols2-Regular.ttf", "NotoSansMath-Regular.ttf", "DejaVuSans.ttf")


@lru_cache(maxsize=1024)
def script_of(text: str) -> str:
    """The script that decides how a text is set: "arabic", "hebrew", "han" (with kana and hangul) or
    "latin" for all else."""
    for char in text:
        script = scripts.script(char)
        if script in _HAN or "\u3000" <= char <= "\u303f" or "\uff00" <= char <= "\uffef":
            return "han"
        if script in ("Arab", "Hebr"):
            return "arabic" if script == "Arab" else "hebrew"
    return "latin"


def main_script(text: str, language: str) -> str:
    """ "Hani" where a text is Chinese, Japanese or Korean, in whose fonts its Latin letters stand too; else ""."""
    codes = [script_code(char) for char in text]
    han = codes.count("Hani")
    asian = language.replace("_", "-").lower().split("-")[0] in _CJK
    return (
        "Hani" if han and (asian or 2 * han > sum(code in ("Latn", "Grek", "Cyrl") for code in codes)) else ""
    )


def language_of(text: str, language: str) -> str:
    """The language whose letters a text is set in: one that says nothing of kana or Hangul is asked no further."""
    tag = language.replace("_", "-").lower()
    if tag.split("-")[0] in ("ja", "ko", "zh"):
        return tag
    codes = {scripts.script(char) for char in text}
    return "ja" if codes & {"Hira", "Kana"} else "ko" if "Hang" in codes else tag


@lru_cache(maxsize=4096)
def script_code(cluster: str) -> str:
    """The ISO 15924 code of a cluster's script; Zyyy for signs and digits that many scripts share."""
    found = [scripts.script(char) for char in cluster] + [min(scripts.script_extension(cluster[0]))]
    code = next((code for code in found if code not in ("Zyyy", "Zinh")), "Zyyy")
    return "Hani" if code in _HAN else code


def missing_scripts() -> dict[str, str]:
    """Scripts that cannot be set on this machine, each with the package of Debian that mends it."""
    probes = {
        "arabic": "ش", "hebrew": "ש", "han": "新", "devanagari": "ह", "thai": "ก", "emoji": "\U0001f389",
    }  # fmt: skip
    lacking = {name: package for name, char in probes.items() if (package := lacking_package(char))}
    if not can_shape():
        lacking.setdefault("shaping", "libfribidi0")
    return lacking


def lacking_package(text: str, language: str = "") -> str:
    """The package of Debian without which a text cannot be set on this machine; "" where it can."""
    try:
        missing = lacking(text, candidates_for(text, language, "sans", True))
    except BannerError:
        return "fonts-noto-core"
    if missing:
        return package_for(missing[0])
    return "" if can_shape() or not needs_shaping(text) else "libfribidi0"


def needs_shaping(text: str) -> bool:
    """Whether a text has letters that join, stack or run from right to left."""
    return not JOINED.isdisjoint(map(script_code, text))


def package_for(cluster: str) -> str:
    """Debian's package that has a cluster's letters; "" for what Unicode gives to nobody or to any font's maker."""
    if unicodedata.category(cluster[0]) in ("Co", "Cn"):
        return ""
    code = script_code(cluster)
    if code == "Hani":
        return "fonts-noto-cjk"
    if code == "Zyyy" and ord(cluster[0]) >= 0x1F000:
        return "fonts-noto-color-emoji"
    return "fonts-noto-core"


def lacking(text: str, faces: Iterable[Face]) -> tuple[str, ...]:
    """Characters of a text, each with its marks, that none of these faces has; each once."""
    known = tuple(faces)
    return tuple(part for part in dict.fromkeys(clusters(text)) if not any(has(face, part) for face in known))


# -- which faces ---------------------------------------------------------------------------------------------


def candidates_for(
    text: str, language: str, typeface: Typeface, heavy: bool, own: tuple[str, ...] = ()
) -> tuple[Face, ...]:
    """Every face that may set some part of a text, best first. Raises BannerError (no_font) where there is none."""
    main = main_script(text, language)
    codes = dict.fromkeys(script_code(char) for char in text if not char.isspace())
    found: dict[Face, None] = {}
    for code in codes or {"Zyyy": None}:
        found |= dict.fromkeys(_candidates(code, language, typeface, heavy, own, main))
    found |= dict.fromkeys(_candidates(EMOJI, language, typeface, heavy, own, main))
    rare = lacking(text, found)
    found |= {face: None for part in rare if (face := _any_face(part, heavy)) is not None}
    if not found:
        raise BannerError(
            "no_font", "No font was found on the worker: install one (Debian: fonts-noto-core)."
        )
    return tuple(found)


@lru_cache(maxsize=512)
def _candidates(
    script: str, language: str, typeface: Typeface, heavy: bool, own: tuple[str, ...] = (), main: str = ""
) -> tuple[Face, ...]:
    """The faces to ask for a script (ISO 15924), best first. `main`: the script of the text that it stands in."""
    emoji = [Face(path) for name in _EMOJI_FILES if (path := _system_fonts().get(name))]
    if script == EMOJI:
        return tuple(emoji)
    tag = language_of("", language)
    found = [Face(path) for path in own if _opens(path)]
    packaged = _packaged(*_PACKAGED[typeface, heavy])
    latin = [Face(str(packaged))] if packaged else []
    system = list(_named(_SYSTEM.get((script, typeface, heavy)) or _noto(script, typeface, heavy)))
    if "Hani" in (script, main):
        # Chinese, Japanese and Korean fonts have Latin letters that were drawn to stand beside theirs.
        index = _CJK.get(tag, _CJK.get(tag.split("-")[0], 2))
        names = _SYSTEM["Hani", typeface, heavy]
        latin = [*(Face(face.path, index) for face in _named(names)), *latin]
        system = [] if script == "Hani" else system
    order = [*latin, *system] if script in (*_LATIN, "Hani") else [*system, *latin]
    return tuple(dict.fromkeys([*found, *order, *_named(_LAST[heavy]), *_named(_SIGNS), *emoji]))


def _noto(script: str, typeface: Typeface, heavy: bool) -> tuple[str, ...]:
    """File names of Noto for a script, which are made of its name."""
    if script in _LATIN:
        return ()
    name = "".join(scripts.script_name(script, default="").split())
    kinds = ("Serif", "Sans") if typeface == "serif" and heavy else ("Sans", "Serif")
    weights = ("Bold", "Regular") if heavy else ("Regular", "Bold")
    return tuple(f"Noto{kind}{name}-{weight}.ttf" for kind in kinds for weight in weights)


def _named(names: Iterable[str]) -> Iterator[Face]:
    return (Face(path) for name in names if (path := _system_fonts().get(name)))


@lru_cache(maxsize=2048)
def _any_face(cluster: str, heavy: bool) -> Face | None:
    """Any of the system's faces that has a cluster, upright ones first, and of the weight where there is one."""

    def merit(name: str) -> tuple[bool, bool, str]:
        return "Italic" in name or "Oblique" in name, ("Bold" in name) != heavy, name

    for name in sorted(_system_fonts(), key=merit):
        face = Face(_system_fonts()[name])
        if has(face, cluster) and not face.strike:
            return face
    return None


@lru_cache(maxsize=8)
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
