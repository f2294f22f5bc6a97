"""The demo shop's own catalogue: enough products, real photographs, and wide products in close-ups."""

from __future__ import annotations

from collections import Counter

import pytest
from PIL import Image

from example_shop.catalogue import ProductSpec, load_catalogue

PRODUCTS = load_catalogue()


def test_the_shop_has_a_range_worth_browsing() -> None:
    categories = Counter(product.category for product in PRODUCTS)
    assert len(PRODUCTS) >= 38
    assert len(categories) >= 6
    assert min(categories.values()) >= 2
    assert len({product.upc for product in PRODUCTS}) == len(PRODUCTS)
    assert len({product.slug for product in PRODUCTS}) == len(PRODUCTS)


def test_the_pictures_are_small_enough_to_be_kept_with_the_code() -> None:
    total = sum(photo.path.stat().st_size for product in PRODUCTS for photo in product.photos)
    assert total < 40_000_000


@pytest.mark.parametrize("product", PRODUCTS, ids=lambda product: product.slug)
def test_a_product_is_described_and_photographed(product: ProductSpec) -> None:
    assert product.price > 0
    assert product.colours
    assert product.style
    assert len(product.description) > 40
    assert [photo.role for photo in product.whole_photos] == ["studio", "seller", "seller"]
    for photo in product.photos:
        with Image.open(photo.path) as picture:
            assert picture.format == "JPEG"
            assert max(picture.size) >= 1000


def test_wide_products_come_as_close_ups_in_a_grid_and_in_a_strip() -> None:
    wide = [product for product in PRODUCTS if product.closeup_grid]
    assert len(wide) >= 4
    for product in wide:
        assert product.closeup_grid is not None
        rows, columns = product.closeup_grid
        assert len(product.closeups) == rows * columns
        assert 4 <= rows * columns <= 9
    grids = [product.closeup_grid for product in wide if product.closeup_grid]
    assert any(rows == 1 for rows, _ in grids)
    assert any(rows > 1 and columns > 1 for rows, columns in grids)
    assert all(not product.closeups for product in PRODUCTS if not product.closeup_grid)
