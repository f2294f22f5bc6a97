"""Puts the catalogue on the shop's shelves: Oscar's categories, products, photographs, prices and stock."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.core.files import File
from django.db import transaction
from django.utils.html import format_html
from oscar.core.loading import get_class, get_model

from example_shop.catalogue import ProductSpec

Category = get_model("catalogue", "Category")
Country = get_model("address", "Country")
Partner = get_model("partner", "Partner")
Product = get_model("catalogue", "Product")
ProductAttribute = get_model("catalogue", "ProductAttribute")
ProductClass = get_model("catalogue", "ProductClass")
ProductImage = get_model("catalogue", "ProductImage")
StockRecord = get_model("partner", "StockRecord")
create_from_breadcrumbs = get_class("catalogue.categories", "create_from_breadcrumbs")

#: Where the shop sends parcels: ISO codes and names.
COUNTRIES = (
    ("GB", "GBR", "826", "United Kingdom"),
    ("IE", "IRL", "372", "Ireland"),
    ("FR", "FRA", "250", "France"),
    ("DE", "DEU", "276", "Germany"),
    ("NL", "NLD", "528", "Netherlands"),
    ("SE", "SWE", "752", "Sweden"),
)
ATTRIBUTES = (("material", "Material"), ("colours", "Colours"), ("style", "Style"))
STOCK = 40


@dataclass
class Stocked:
    """What was done: how many products are new, were there before, or still wait for their photographs."""

    added: int = 0
    kept: int = 0
    waiting: int = 0
    photos: int = 0


def open_for_business() -> tuple[Any, Any]:
    """The things a first product needs: countries, a partner and a product class. Returns the last two."""
    for order, (alpha2, alpha3, numeric, name) in enumerate(COUNTRIES):
        Country.objects.update_or_create(
            iso_3166_1_a2=alpha2,
            defaults={
                "iso_3166_1_a3": alpha3,
                "iso_3166_1_numeric": numeric,
                "name": name,
                "printable_name": name,
                "is_shipping_country": True,
                "display_order": len(COUNTRIES) - order,
            },
        )
    partner, _new = Partner.objects.get_or_create(code="workshop", defaults={"name": "Alder & Loom workshop"})
    product_class, _new = ProductClass.objects.get_or_create(
        slug="homeware", defaults={"name": "Homeware", "requires_shipping": True, "track_stock": True}
    )
    for code, name in ATTRIBUTES:
        ProductAttribute.objects.get_or_create(
            product_class=product_class, code=code, defaults={"name": name, "type": ProductAttribute.TEXT}
        )
    return partner, product_class


def stock(specs: Iterable[ProductSpec]) -> Stocked:
    """Bring products, photographs, prices and stock into the shop; what is there already stays as it is."""
    partner, product_class = open_for_business()
    categories: dict[str, Any] = {}
    stocked = Stocked()
    for spec in specs:
        present = [photo for photo in spec.photos if photo.path.is_file()]
        if not present:
            stocked.waiting += 1
            continue
        if spec.category not in categories:
            categories[spec.category] = create_from_breadcrumbs(spec.category)
        with transaction.atomic():
            product, is_new = _product(spec, product_class)
            product.categories.add(categories[spec.category])
            StockRecord.objects.get_or_create(
                product=product,
                partner=partner,
                defaults={"partner_sku": spec.upc, "price": spec.price, "num_in_stock": STOCK},
            )
            stocked.photos += _photos(product, spec)
        if is_new:
            stocked.added += 1
        else:
            stocked.kept += 1
    return stocked


def _product(spec: ProductSpec, product_class: Any) -> tuple[Any, bool]:
    product = Product.objects.filter(upc=spec.upc).first()
    if product is not None:
        return product, False
    product = Product(
        upc=spec.upc,
        title=spec.title,
        slug=spec.slug,
        product_class=product_class,
        description=format_html("<p>{}</p>", spec.description),
    )
    product.attr.material = spec.material
    product.attr.colours = ", ".join(spec.colours)
    product.attr.style = ", ".join(spec.style)
    product.save()
    return product, True


def _photos(product: Any, spec: ProductSpec) -> int:
    """Add the photographs that the product does not have yet; returns how many."""
    there = set(product.images.values_list("code", flat=True))
    added = 0
    for place, photo in enumerate(spec.photos):
        code = f"photo-{photo.path.stem}"
        if code in there or not photo.path.is_file():
            continue
        row = ProductImage(product=product, code=code, display_order=place, caption=_caption(spec, photo))
        with photo.path.open("rb") as file:
            row.original.save(photo.path.name, File(file), save=True)
        added += 1
    return added


def _caption(spec: ProductSpec, photo: Any) -> str:
    if photo.role == "closeup":
        number = spec.closeups.index(photo) + 1
        return f"{spec.title}, close-up {number} of {len(spec.closeups)}"
    return spec.title
