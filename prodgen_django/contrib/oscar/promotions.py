"""Oscar's prices, offers, vouchers and ranges as a campaign needs them."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone, translation

from prodgen_django.campaigns.terms import Price, Promotion
from prodgen_django.keys import key_of

if TYPE_CHECKING:
    from django.db.models import QuerySet

#: The models that a campaign can be made from, by the word in ``Campaign.source``.
SOURCES = {
    "offer": ("offer", "ConditionalOffer"),
    "voucher": ("voucher", "Voucher"),
    "range": ("offer", "Range"),
}


class OscarPromotions:
    """The part of Oscar's catalog that speaks of prices and promotions."""

    def price(self, product: Any) -> Price | None:
        from oscar.core.loading import get_class

        strategy = get_class("partner.strategy", "Selector")().strategy()
        fetch = strategy.fetch_for_parent if product.is_parent else strategy.fetch_for_product
        found = fetch(product).price
        if not getattr(found, "exists", False):
            return None
        amount = found.incl_tax if found.is_tax_known else found.excl_tax
        return None if amount is None else Price(Decimal(amount), found.currency)

    def format_price(self, price: Price, language: str) -> str:
        """As Oscar's own ``currency`` filter writes it, with the shop's ``OSCAR_CURRENCY_FORMAT``."""
        from oscar.templatetags.currency_filters import currency

        with translation.override(language):
            return str(currency(price.amount, price.currency))

    def promotion(self, source: str) -> Promotion | None:
        kind, _, key = source.partition(":")
        if kind not in SOURCES:
            return None
        model = apps.get_model(*SOURCES[kind])
        wanted = key_of(model, key)
        row = None if wanted is None else model.objects.filter(pk=wanted).first()
        if row is None:
            return None
        return {"offer": _of_offer, "voucher": _of_voucher, "range": _of_range}[kind](row)

    def running_promotions(self) -> Q:
        now = timezone.now()
        offers = apps.get_model("offer", "ConditionalOffer").objects.filter(
            Q(start_datetime=None) | Q(start_datetime__lte=now),
            Q(end_datetime=None) | Q(end_datetime__gte=now),
            pk=OuterRef("source_id"),
            status="Open",
        )
        vouchers = apps.get_model("voucher", "Voucher").objects.filter(
            pk=OuterRef("source_id"), start_datetime__lte=now, end_datetime__gte=now
        )
        ranges = apps.get_model("offer", "Range").objects.filter(pk=OuterRef("source_id"))
        found = Q(source="")
        for kind, rows in (("offer", offers), ("voucher", vouchers), ("range", ranges)):
            found |= Q(Exists(rows), source_kind=kind)
        return found


def products_of(kind: str, row: Any, most: int) -> QuerySet[Any]:
    """The products that an offer, voucher or range is about, at most `most`, parents and single ones only."""
    products = apps.get_model("catalogue", "Product").objects.browsable().base_queryset()
    chosen = _range_of(kind, row)
    if chosen is not None and not chosen.includes_all_products:
        keys = list(chosen.all_products().order_by("pk").values_list("pk", flat=True)[: 20 * most])
        products = products.filter(Q(pk__in=keys) | Q(children__pk__in=keys)).distinct()
    keys = list(
        products.filter(images__isnull=False).distinct().order_by("pk").values_list("pk", flat=True)[:most]
    )
    return apps.get_model("catalogue", "Product").objects.filter(pk__in=keys)


def _range_of(kind: str, row: Any) -> Any:
    if kind == "range":
        return row
    offer = row if kind == "offer" else row.offers.first()
    if offer is None:
        return None
    return offer.benefit.range or offer.condition.range


def _of_offer(offer: Any) -> Promotion:
    percent = per_unit = total = None
    benefit = offer.benefit
    kind = benefit.proxy().__class__.__name__
    known = benefit.type
    if known == benefit.PERCENTAGE or "PercentageDiscount" in kind:
        percent = benefit.value
    elif known == benefit.FIXED_UNIT or "FixedUnit" in kind:
        per_unit = benefit.value
    elif known == benefit.FIXED or "AbsoluteDiscount" in kind:
        total = benefit.value
    condition = offer.condition
    single = condition.type in (condition.COUNT, condition.COVERAGE) and (condition.value or 0) <= 1
    return Promotion(
        name=offer.name,
        description=offer.description or "",
        url=offer.get_absolute_url() if offer.offer_type == offer.SITE else "",
        starts_at=offer.start_datetime,
        ends_at=offer.end_datetime,
        percent=percent,
        per_unit=per_unit,
        total=total,
        single=single,
    )


def _of_voucher(voucher: Any) -> Promotion:
    offer = voucher.offers.first()
    found = _of_offer(offer) if offer is not None else Promotion()
    return Promotion(
        name=voucher.name,
        description=found.description,
        code=voucher.code,
        starts_at=voucher.start_datetime,
        ends_at=voucher.end_datetime,
        percent=found.percent,
        per_unit=found.per_unit,
        total=found.total,
        single=found.single,
    )


def _of_range(row: Any) -> Promotion:
    return Promotion(
        name=row.name,
        description=row.description or "",
        url=row.get_absolute_url() if row.is_public else "",
    )
