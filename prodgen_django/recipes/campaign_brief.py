"""From a shop's database to what a banner needs: words, prices as the shop writes them, a brand's kit."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _now

from prodgen_django.campaigns import terms
from prodgen_django.catalog import get_catalog
from prodgen_django.keys import key_of
from prodgen_django.recipes.base import ItemFailed
from prodgen_django.recipes.campaign_form import AUTOMATIC, TYPED, parse_translations
from prodgen_django.recipes.photos import load_upload

if TYPE_CHECKING:
    from prodgen_django.campaigns.terms import Price, Promotion
    from prodgen_django.models import BrandKit
    from prodgen_django.studio.banners import Brand, Brief

_CENT = Decimal("0.01")


@dataclass(frozen=True)
class Offered:
    """What something costs, and what it did: amounts, before anybody formats them."""

    price: Price | None = None
    old: Price | None = None
    #: Whether it is the lowest of several.
    lowest: bool = False


def promotion_of(options: Mapping[str, Any]) -> Promotion | None:
    """The promotion that a campaign advertises. Raises ItemFailed where it is gone."""
    source = options.get("source") or ""
    if not source:
        return None
    found = get_catalog().promotion(source)
    if found is None:
        raise ItemFailed("promotion_gone", _now("The promotion is not there any more, so nothing was made."))
    return found


def offered(products: Sequence[Any], promotion: Promotion | None) -> Offered:
    """What the products cost under a promotion: the one product's price, or the lowest of several.

    The lower price is told only where the promotion holds for a single piece.
    """
    catalog = get_catalog()
    prices = [price for product in products if (price := catalog.price(product)) is not None]
    if not prices or len({price.currency for price in prices}) > 1:
        return Offered()
    lowest = min(prices, key=lambda price: price.amount)
    several = len({price.amount for price in prices}) > 1
    reduced = _reduced(lowest, promotion)
    if reduced is None:
        return Offered(lowest, None, several)
    # “from £9, before £12” may be two different products; the old price is told of one product alone.
    return Offered(reduced, None if several else lowest, several)


def _reduced(price: Price, promotion: Promotion | None) -> Price | None:
    if promotion is None or not promotion.single:
        return None
    amount = price.amount
    if promotion.percent:
        # Oscar rounds the discount down, so the customer is never promised a cent too much.
        amount -= (amount * promotion.percent / 100).quantize(_CENT, "ROUND_DOWN")
    elif promotion.per_unit:
        amount -= promotion.per_unit
    if not 0 < amount < price.amount:
        return None
    return terms.Price(amount, price.currency)


def brief_of(
    options: Mapping[str, Any], language: str, offer: Offered, promotion: Promotion | None
) -> tuple[Brief, tuple[str, str]]:
    """The words in a language, and the prices that they must name, as the shop writes them now."""
    from prodgen_django.studio.banners import Brief

    catalog = get_catalog()
    words = {
        "headline": options["headline"],
        "subline": options.get("subline") or "",
        "call": options.get("call") or "",
    }
    translated = parse_translations(options.get("translations") or "").get(language.lower())
    if translated is not None:
        words = {"headline": "", "subline": "", "call": ""} | translated
    elif language != (options.get("written_in") or options["languages"][0]):
        words["call"] = ""  # the default is known in every language; the words are not
    if words["call"] in ("-", "–"):
        words["call"] = ""
    else:
        words["call"] = words["call"] or terms.call(language)
    price = catalog.format_price(offer.price, language) if offer.price else ""
    old = catalog.format_price(offer.old, language) if offer.old else ""
    if price and offer.lowest:
        price = terms.starting_at(price, language)
    wanted = options.get("price", AUTOMATIC)
    expected = (price, old) if wanted in (AUTOMATIC, TYPED) else ("", "")
    shown = expected
    if wanted == TYPED:
        shown = (options.get("price_text") or "", "")
        expected = (price, "")
    badge = ""
    if promotion is not None and promotion.percent:
        badge = terms.format_discount(promotion.percent, language)
    elif promotion is not None and offer.price and (promotion.total or promotion.per_unit):
        off = promotion.total or promotion.per_unit
        price_off = terms.Price(-off, offer.price.currency)  # type: ignore[operator]
        badge = terms.with_sign(catalog.format_price(price_off, language), language)
    until = ""
    if promotion is not None and promotion.ends_at and options.get("say_until"):
        until = terms.until(promotion.ends_at, language)
    if promotion is not None and promotion.code:
        until = " · ".join(part for part in (promotion.code, until) if part)
    brief = Brief(
        headline=words["headline"],
        subline=words["subline"],
        price=shown[0],
        old_price=shown[1],
        badge=badge,
        call=words["call"],
        until=until,
        language=language,
    )
    return brief, expected


def brand_of(options: Mapping[str, Any]) -> Brand:
    """The chosen brand kit as the engine takes it; its fonts are copied to this machine, for libraries open files.

    Raises ItemFailed where it is gone or one of its files cannot be used.
    """
    from prodgen_django.models import BrandKit
    from prodgen_django.studio.banners import Brand

    asked = options.get("brand") or ""
    if not asked:
        return Brand()
    key = key_of(BrandKit, asked)
    kit = None if key is None else BrandKit.objects.filter(pk=key).first()
    if kit is None:
        raise ItemFailed(
            "brand",
            _now("The chosen brand kit is not there any more. Make the campaign again with another one."),
        )
    return Brand(
        name=kit.name,
        logo=_logo(kit, "logo"),
        logo_on_dark=_logo(kit, "logo_on_dark"),
        ground=kit.ground,
        ink=kit.ink,
        accent=kit.accent,
        headline_fonts=_fonts(kit, "headline_font"),
        text_fonts=_fonts(kit, "text_font"),
    )


def _logo(kit: BrandKit, name: str) -> Any:
    import numpy as np

    from prodgen_django.imagefile import ImageRejected
    from prodgen_django.storage import read_file

    file = getattr(kit, name)
    if not file:
        return None
    try:
        pixels = load_upload(read_file(file))
    except (ImageRejected, OSError) as error:
        raise ItemFailed(
            "logo",
            _now("The brand kit's logo cannot be used: %(why)s") % {"why": getattr(error, "message", error)},
        ) from error
    if pixels.shape[2] == 3:
        pixels = np.dstack([pixels, np.full(pixels.shape[:2], 255, np.uint8)])
    rows, columns = np.flatnonzero(pixels[..., 3].any(1)), np.flatnonzero(pixels[..., 3].any(0))
    if not rows.size:
        return None
    return np.ascontiguousarray(pixels[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1])


def _fonts(kit: BrandKit, name: str) -> tuple[str, ...]:
    from PIL import ImageFont

    from prodgen_django.storage import local_copy, read_file

    file = getattr(kit, name)
    if not file:
        return ()
    try:
        data = read_file(file)
        extension = PurePosixPath(str(file)).suffix[1:] or "ttf"
        path = local_copy("fonts", hashlib.sha256(data).hexdigest(), extension, lambda: data)
        ImageFont.truetype(str(path), 16)
    except OSError as error:
        raise ItemFailed(
            "font", _now("The brand kit's font “%(name)s” cannot be used.") % {"name": file}
        ) from error
    return (str(path),)
