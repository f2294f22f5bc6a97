"""Training as a shop admin goes it: look at what the photos are worth, train, stop, keep the best, imagine."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from .test_studio import choose_products, shoot, start, wait_for_end

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.e2e.conftest import Site

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.worker]

#: More products than the shop has, and one whose only photo is another's.
MORE = """
import django; django.setup()
from django.core.files import File
from oscar.core.loading import get_model
from tests.e2e.seed import PHOTOS
Product = get_model("catalogue", "Product"); kind = get_model("catalogue", "ProductClass").objects.get()
def add(title, files):
    product, made = Product.objects.get_or_create(
        upc=title, defaults=dict(title=title, product_class=kind, structure="standalone"))
    for order, path in enumerate(files if made else ()):
        with path.open("rb") as file:
            product.images.create(original=File(file, name=path.name), display_order=order)
for name in ("tidal-mug", "souk-tea-glass", "pleat-lamp", "quay-bench", "summit-flask", "sunday-tote"):
    add(name, sorted(PHOTOS.glob(f"{name}-[0-9]*.jpg")))
add("Tidal mug once more", sorted(PHOTOS.glob("tidal-mug-[0-9]*.jpg"))[:1])
"""


def open_options(page: Page) -> None:
    page.goto("/admin/prodgen_django/job/")
    page.get_by_role("button", name="Train a model").click()
    page.wait_for_url("**/options/")


def test_photos_are_checked_a_model_is_trained_stopped_and_kept(page: Page, worker: Site) -> None:
    worker.python("-c", MORE)

    open_options(page)
    page.locator("input[name=check_only]").check()
    start(page)
    wait_for_end(page)
    left_out = page.locator(".pg-leftout li").filter(has_text="Tidal mug once more")
    expect(left_out.locator("img")).to_have_count(2)  # itself and the photo that it repeats
    assert "the same picture as" in left_out.inner_text()
    expect(page.locator(".pg-curves")).to_have_count(0)
    shoot(page, "training-photos")

    open_options(page)
    page.fill("input[name=minutes]", "600")
    page.fill("input[name=name]", "Tableware")
    start(page)
    page.locator(".pg-samples img").wait_for()
    page.locator(".pg-curves polyline").first.wait_for()
    shoot(page, "training-running")
    page.get_by_role("button", name="Stop and keep the best").click()
    page.get_by_text("keeps the best so far").wait_for()
    wait_for_end(page)
    assert "It was ended early" in page.locator(".pg-items").inner_text()
    shoot(page, "training-ended")

    page.goto("/admin/prodgen_django/checkpoint/")
    page.get_by_role("link", name=re.compile("Tableware")).click()
    assert page.get_by_text("How good it is").is_visible()
    shoot(page, "training-model")


def test_a_concept_picture_names_real_products_like_it(page: Page, worker: Site) -> None:
    choose_products(page, "Generate concept pictures", "Anello vase")
    page.fill("input[name=count]", "2")
    start(page)
    wait_for_end(page)
    page.locator("#pg-to-review").click()
    nearest = page.locator(".pg-candidate").first.locator(".pg-nearest a")
    assert nearest.count() >= 3
    shoot(page, "concept-review")
    nearest.first.click()
    assert "/catalogue/" in page.url
