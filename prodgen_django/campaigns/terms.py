"""Prices, dates and promotions as words, each in the customer's language."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

#: What a campaign says by itself, where nobody wrote anything else.
_WORDS: dict[str, tuple[str, str, str]] = {
    # language: (button, until, from)
    "en": ("Shop now", "Until {}", "from {}"),
    "de": ("Jetzt entdecken", "Bis {}", "ab {}"),
    "fr": ("J’en profite", "Jusqu’au {}", "dès {}"),
    "es": ("Comprar ahora", "Hasta el {}", "desde {}"),
    "it": ("Scopri ora", "Fino al {}", "da {}"),
    "nl": ("Bekijk nu", "Tot en met {}", "vanaf {}"),
    "pl": ("Zobacz teraz", "Do {}", "od {}"),
    "pt": ("Comprar agora", "Até {}", "desde {}"),
    "sv": ("Handla nu", "Till och med {}", "från {}"),
    "da": ("Køb nu", "Til og med {}", "fra {}"),
    "tr": ("Hemen keşfet", "{} tarihine kadar", "{}’den"),
    "ru": ("Купить", "До {}", "от {}"),
    "uk": ("Купити", "До {}", "від {}"),
    "zh-hans": ("立即选购", "截至{}", "{}起"),
    "zh-hant": ("立即選購", "至{}止", "{}起"),
    "ja": ("今すぐ見る", "{}まで", "{}から"),
    "ko": ("지금 구매하기", "{}까지", "{}부터"),
    "ar": ("تسوّق الآن", "حتى {}", "من {}"),
    "he": ("לקנייה", "עד {}", "מ־{}"),
}


@dataclass(frozen=True, slots=True)
class Price:
    """An amount with its currency, such as Decimal("18.00") "GBP"."""

    amount: Decimal
    currency: str


@dataclass(frozen=True)
class Promotion:
    """An offer, voucher or range as a campaign sees it.

    ``percent``: off the price, 0 to 100. ``per_unit``: an amount off each piece. ``total``: an amount off a basket.
    ``single``: whether it holds for one piece alone, so that a lower price may be shown.
    """

    name: str = ""
    description: str = ""
    url: str = ""
    code: str = ""
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    percent: Decimal | None = None
    per_unit: Decimal | None = None
    total: Decimal | None = None
    single: bool = True
    products: Sequence[Any] = ()


def babel_locale(language: str) -> str:
    """Django's language tag as a locale that Babel knows, such as "zh_Hans" or "en_GB"; English where it knows
    none."""
    from babel import Locale, UnknownLocaleError
    from django.utils.translation import to_locale

    for candidate in (to_locale(language), language.split("-")[0]):
        try:
            return str(Locale.parse(candidate))
        except (UnknownLocaleError, ValueError):
            continue
    return "en"


def format_price(price: Price, language: str) -> str:
    """A price as Babel writes it: what a shop without a way of its own shows."""
    from babel.numbers import format_currency

    return str(format_currency(price.amount, price.currency, locale=babel_locale(language)))


def format_discount(percent: Decimal, language: str) -> str:
    """A discount, such as "-20%" or "-20 %", with the marks that keep its order where reading begins at the right."""
    from babel.numbers import format_percent

    share = -percent / 100
    text = format_percent(share, format=None, locale=babel_locale(language), decimal_quantization=True)
    return with_sign(str(text), language)


def with_sign(text: str, language: str) -> str:
    """A formatted number with the minus sign of a language where Babel writes a bare hyphen: Hebrew, Arabic and
    Persian have one with a mark of direction, without which it would stand behind the number."""
    from babel.numbers import get_minus_sign_symbol

    sign = get_minus_sign_symbol(babel_locale(language))
    return text if sign in text else text.replace("-", sign, 1)


def until(moment: datetime, language: str) -> str:
    """Small print that names the last day."""
    from babel.dates import format_skeleton
    from django.utils import timezone

    local = timezone.localtime(moment) if timezone.is_aware(moment) else moment
    day = format_skeleton("MMMMd", local, locale=babel_locale(language))
    return _words(language)[1].format(day)


def call(language: str) -> str:
    """What a button says where nobody wrote anything else."""
    return _words(language)[0]


def starting_at(text: str, language: str) -> str:
    """ "from £12.00" in the language; `text` is the formatted price."""
    return _words(language)[2].format(text)


def _words(language: str) -> tuple[str, str, str]:
    tag = language.lower().replace("_", "-")
    alias = {"zh": "zh-hans", "zh-cn": "zh-hans", "zh-tw": "zh-hant", "zh-hk": "zh-hant"}
    for candidate in (alias.get(tag, tag), tag.split("-")[0]):
        if candidate in _WORDS:
            return _WORDS[candidate]
    return _WORDS["en"]
