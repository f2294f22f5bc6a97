"""What belongs to a number: its unit, its currency, its sign, the next three digits."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from itertools import product
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from babel import Locale

_DASHES = "-\u2010\u2013\u2212"
# “5”, “1.299,-” and “½”, and in East Asia “3万”.
_ENDS_IN_NUMBER = re.compile(rf"(?:\d(?:[.,][{_DASHES}]|[.,\u066b\u066c]|[万萬億亿千만억천])?|[¼-¾⅐-⅞])$")
_TIMES = re.compile(r"\d\s?[×xX]$")
# A sign with a blank behind it; an en dash only where it begins the text.
_SIGN = re.compile(r"(?:^|\s)[-\u2212+±≈~<>≤≥]$|^[–%]$|[^\d\s]\s%$")
_RANGE = re.compile(rf"\d[.,]?\s?[{_DASHES}]$")
# Units by Babel's names.
_UNITS = {
    "mass": "milligram gram kilogram tonne ounce pound",
    "length": "millimeter centimeter meter kilometer inch foot yard",
    "area": "square-centimeter square-meter",
    "volume": "milliliter liter cubic-meter fluid-ounce gallon",
    "power": "watt kilowatt",
    "energy": "kilowatt-hour kilocalorie",
    "electric": "volt ampere",
    "frequency": "hertz gigahertz",
    "digital": "megabyte gigabyte terabyte",
    "temperature": "celsius",
    "graphics": "pixel",
    "speed": "kilometer-per-hour",
    "duration": "second minute hour day week month year",
}
# What shops write and Babel does not know.
_SHOPS = frozenset(
    ["Stk.", "Stk", "St.", "pcs", "pcs.", "pc", "pk", "szt.", "шт", "шт.", "руб.", "руб", "р.", "грн", "грн.", "лв.",
     "тг", "zł", "Kč", "Fr.", "Rs", "Rs.", "Tk", "UK£", "cl", "元", "块", "円", "원", "개", "个", "個", "件", "点",
     "折", "万円", "万元", "만원", "บาท", "ชิ้น", "ກີບ", "៛", "ကျပ်", "تومان", "ریال", "درهم", "ريال", "ر.س", "ج.م", "د.إ",
     "كجم", "كغ", "דולר", "ש״ח", 'ש"ח', "रु", "रु.", "TL", "lei", "KSh", "oz.", "fl", "μm", "µm", "mAh", "Stück", "pack"]
)  # fmt: skip


def belong_together(before: str, after: str, language: str, *, has_words: bool = True) -> bool:
    """Whether two pieces that a line break might part are one amount, such as “18,00” and “€”, “5” and “kg”,
    “10–” and “20”; and whether a dash would begin a line, or an emoji of a text with words have one to itself."""
    left, right = before.rstrip(), after.strip()
    if not left or not right:
        return False
    if right in ("–", "—") or (has_words and (_pictures(right) or _pictures(before))):
        return True
    blank = before != left
    if left.endswith("/") and not blank:
        return _is_unit(right, language)
    if right in ("-", "\u2212") and blank:
        return bool(_ENDS_IN_NUMBER.search(left))
    if right[0].isdecimal() or right[0] in "¼½¾":
        digits = re.match(r"\d+", right)
        thousands = blank and digits is not None and len(digits[0]) == 3 and _ENDS_IN_NUMBER.search(left)
        return bool(
            thousands
            or (right[0] in "¼½¾" and _ENDS_IN_NUMBER.search(left))
            or any(known.search(left) for known in (_RANGE, _TIMES, _SIGN))
            or _before_amounts(left, language)
        )
    if not _ENDS_IN_NUMBER.search(left) or (left.endswith((".", ",")) and not blank):
        return False
    return _is_unit(right, language) or right[0] == "×" or right in ("x", "X")


def _pictures(text: str) -> bool:
    kinds = ("So", "Sk", "Cf", "Mn", "Me", "Zs")
    return text[0] >= "\u2000" and all(unicodedata.category(char) in kinds for char in text)


def _is_sign(char: str) -> bool:
    return unicodedata.category(char) == "Sc" or char in "%‰٪°′″"


def _is_unit(text: str, language: str) -> bool:
    unit = _unit(text)
    known = unit in _currency_names(language) or unit.casefold() in _unit_names(language)
    return known or _is_sign(text[0])


def _unit(text: str) -> str:
    found = re.match(r"[^\s\d,;:!?()/]+", text)
    return found[0] if found else ""


def _before_amounts(left: str, language: str) -> bool:
    """Whether a text ends with a currency, or with a sign that stands before one."""
    last = left.split()[-1].lstrip("(\u200e\u200f")
    if last and unicodedata.category(last[-1]) == "Sc":
        return True
    return last in _currency_names(language)


@lru_cache(maxsize=64)
def _currency_names(language: str) -> frozenset[str]:
    """What stands for a currency in a language, and what shops write."""
    from babel.numbers import list_currencies

    locale = _babel(language)
    symbols = set(locale.currency_symbols.values()) | set(list_currencies())
    return frozenset(name.strip("\u200e\u200f\u061c") for name in symbols) | _SHOPS


@lru_cache(maxsize=64)
def _unit_names(language: str) -> frozenset[str]:
    """The names of units and of months in a language and in English, folded."""
    from babel.units import format_unit

    names: set[str] = set()
    for tag in (language, "en"):
        known = [f"{kind}-{name}" for kind, found in _UNITS.items() for name in found.split()]
        for unit, count, length in product(known, (1, 2, 5), ("short", "narrow", "long")):
            written = format_unit(count, unit, length, locale=_babel(tag))
            names.add(_unit(written.replace(str(count), "").strip()))
        for width in ("wide", "abbreviated"):
            names |= set(_babel(tag).months["format"][width].values())
    return frozenset(name.casefold() for name in names if name)


def _babel(language: str) -> Locale:
    from babel import Locale, UnknownLocaleError

    for tag in (language, language.split("-")[0], "en"):
        try:
            return Locale.parse(tag, sep="-")
        except (UnknownLocaleError, ValueError):
            continue
    raise AssertionError("Babel knows English")
