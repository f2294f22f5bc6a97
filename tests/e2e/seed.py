"""Fill the test site: three members of staff with different permissions, and products with real photographs."""

from __future__ import annotations

import sys
from pathlib import Path

import django

VESSELS = {"brook-jug", "clara-carafe"}  # what shares a category
PHOTOS = Path(__file__).resolve().parents[2] / "example_shop" / "catalogue" / "photos"


def main(names: list[str]) -> None:
    django.setup()
    from django.contrib.auth import get_user_model
    from django.contrib.auth.models import Permission
    from django.core.files import File
    from oscar.apps.catalogue.categories import create_from_breadcrumbs
    from oscar.apps.partner.models import Partner, StockRecord
    from oscar.core.loading import get_model

    users = get_user_model().objects
    users.create_superuser("owner", "owner@example.com", "secret")
    maker = users.create_user("maker", "maker@example.com", "secret", is_staff=True)
    maker.user_permissions.set(
        Permission.objects.filter(codename__in=["generate", "view_product", "change_product"])
    )
    product_class = get_model("catalogue", "ProductClass").objects.create(name="Things")
    partner = Partner.objects.create(name="Us")
    for name in names:
        title = name.replace("-", " ").capitalize()
        product = get_model("catalogue", "Product").objects.create(
            title=title, upc=name, product_class=product_class, structure="standalone"
        )
        StockRecord.objects.create(
            product=product, partner=partner, partner_sku=name, price="20.00", num_in_stock=9
        )
        if name in VESSELS:
            product.categories.add(create_from_breadcrumbs("Vessels"))
        photos = [*sorted(PHOTOS.glob(f"{name}-[0-9]*.jpg")), *sorted(PHOTOS.glob(f"{name}-c[0-9]*.jpg"))]
        for order, path in enumerate(photos):
            with path.open("rb") as file:
                product.images.create(original=File(file, name=path.name), display_order=order)


if __name__ == "__main__":
    main(sys.argv[1:])
