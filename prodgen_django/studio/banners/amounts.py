"""What belongs to a number: its unit, its currency, its sign, the next three digits."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from babel import Locale

_DASHES = "-\u2010\u2013\u2212"
_ENDS_IN_NUMBER = re.compile(r"\d[.,\u066b\u066c]?$")
_RANGE = re.compile(rf"\d[.,]?\s?[{_DASHES}]$")
_UNITS = (
    "mass-milligram mass-gram mass-kilogram mass-tonne mass-ounce mass-pound length-millimeter length-centimeter"
    " length-meter length-kilometer length-inch length-foot length-yard area-square-meter area-square-centimeter"
    " volume-milliliter volume-liter volume-fluid-ounce volume-gallon volume-cubic-meter"
    " power-watt power-kilowatt energy-kilowatt-hour energy-kilocalorie electric-volt electric-ampere"
    " frequency-hertz frequency-gigahertz digital-megabyte digital-gigabyte digital-terabyte temperature-celsius"
    " graphics-pixel duration-second duration-minute duration-hour duration-day duration-week duration-month"
    " duration-year"
).split()
# What shops write and Babel does not know.
_SHOPS = frozenset(
    ("Stk.", "Stk", "St.", "pcs", "pcs.", "pc", "pk", "szt.", "шт", "шт.", "руб.", "руб", "р.", "грн", "грн.", "лв.",
     "zł", "Kč", "Fr.", "Rs", "Rs.", "Tk", "UK£", "元", "块", "円", "원", "개", "个", "個", "件", "点", "折", "บาท", "ชิ้น",
     "ກີບ", "៛", "ကျပ်", "تومان", "ریال", "درهم", "ريال", "ر.س", "ج.م", "د.إ", "كجم", "كغ", "דולר", "ש״ח", "रु", "रु.", "cl", "тг")
)  # fmt: skip


def belong_together(before: str, after: str, language: str) -> bool:
    """Whether two pieces that a line break might part are one amount, such as “18,00” and “€”, “5” and “kg”,
    “10–” and “20”; and whether a dash would begin a line, or an emoji have one to itself."""
    left, right = before.rstrip(), after.strip()
    if not left or not right:
        return False
    if right in ("–", "—"):
        return before != left
    if _pictures(right) or _pictures(before):
        return True
    if right[0].isdecimal():
        return bool(
            _ENDS_IN_NUMBER.search(left)
            and before != left
            and len(re.match(r"\d*", right)[0]) == 3  # type: ignore[index]
            or _RANGE.search(left)
            or _before_amounts(left, language)
            or left[-1] in "×x" and re.search(r"\d\s?[×x]$", left)
        )  # fmt: skip
    if not _ENDS_IN_NUMBER.search(left) or left.endswith((".", ",")) and before == left:
        return False
    return _is_sign(right[0]) or right[0] == "×" or _unit(right).casefold() in _unit_names(language)


def _pictures(text: str) -> bool:
    return all(unicodedata.category(char) in ("So", "Sk", "Cf", "Mn", "Me", "Zs") for char in text) and text[0] >= "\u2000"


def _is_sign(char: str) -> bool:
    return unicodedata.category(char) == "Sc" or char in "%‰٪°′″"


def _unit(text: str) -> str:
    found = re.match(r"[^\s\d,;:!?()]+", text)
    return found[0] if found else ""


def _before_amounts(left: str, language: str) -> bool:
    """Whether a text ends with a currency, or with a sign that stands before one."""
    last = left.split()[-1].lstrip("(\u200e\u200f")
    if last and unicodedata.category(last[-1]) == "Sc":
        return True
    return last in _currency_names(language)


@lru_cache(maxsize=64)
def _currency_names(language: str) -> frozenset[str]:
    from babel.numbers import list_currencies

    locale = _babel(language)
    symbols = set(locale.currency_symbols.values()) | set(list_currencies())
    return frozenset(name.strip("\u200e\u200f\u061c") for name in symbols) | _SHOPS


@lru_cache(maxsize=64)
def _unit_names(language: str) -> frozenset[str]:
    """The short names of units, currencies and months in a language and in English, folded."""
    from babel.units import format_unit

    names: set[str] = set(_SHOPS)
    for tag in (language, "en"):
        names |= _currency_names(tag)
        for unit in _UNITS:
            for count in (1, 2, 5):
                written = (format_unit(count, unit, length, locale=_babel(tag)) for length in ("short", "narrow"))
                names |= {_unit(text.replace(str(count), "").strip()) for text in written}
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
