"""What a visitor of the example shop meets."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from oscar.core.loading import get_model

ROOT = Path(__file__).resolve().parents[2]
Category = get_model("catalogue", "Category")
Order = get_model("order", "Order")
Product = get_model("catalogue", "Product")

#: What load_shop fills.
LOADED = (
    ("catalogue", "Product"), ("catalogue", "ProductImage"), ("catalogue", "Category"),
    ("partner", "StockRecord"), ("order", "Order"), ("analytics", "UserProductView"),
    ("wishlists", "Line"), ("basket", "Line"), ("address", "Country"),
)  # fmt: skip
Visit = Callable[[str], str]
Load = Callable[..., None]


def pods(page: str) -> int:
    return page.count('class="product_pod"')


class TestLookingAround:
    def test_home_shows_categories_and_a_mix_of_products(self, open_shop: Load, visit: Visit) -> None:
        open_shop(18)
        page = visit("/")
        assert pods(page) == 12
        for category in Category.objects.all():
            assert category.get_absolute_url() in page

    def test_the_list_of_all_products_fills_its_page(self, open_shop: Load, visit: Visit) -> None:
        open_shop(24, index=True)
        assert pods(visit(reverse("catalogue:index"))) >= 20

    def test_a_category_is_not_empty_and_holds_only_its_own(self, open_shop: Load, visit: Visit) -> None:
        open_shop(9, index=True)
        category = Category.objects.get(name="Mugs & cups")
        page = visit(category.get_absolute_url())
        assert pods(page) == category.product_set.count() > 0
        outsider = Product.objects.exclude(categories=category).first()
        assert outsider.get_absolute_url() not in page

    def test_search_finds_a_product_by_a_word_of_its_title(self, open_shop: Load, visit: Visit) -> None:
        open_shop(4, index=True)
        page = visit(reverse("search:search") + "?q=meadow")
        assert pods(page) == 1
        assert "Meadow mug" in page

    def test_a_product_page_tells_price_material_and_shows_a_picture(
        self, open_shop: Load, visit: Visit
    ) -> None:
        open_shop(2)
        product = Product.objects.get(upc="ES-tidal-mug")
        page = visit(product.get_absolute_url())
        assert "£18.00" in page
        assert "stoneware" in page
        image = product.images.get()
        assert f'src="{image.original.url}"' in page.partition("gallery-stage")[2]

    def test_no_page_asks_another_machine_for_anything(self, open_shop: Load, visit: Visit) -> None:
        open_shop(3)
        for path in ("/", Product.objects.first().get_absolute_url(), reverse("basket:summary")):
            foreign = re.findall(r'(?:src|srcset|href)="(?:https?:)?//[^"]+"', visit(path))
            assert not foreign, f"{path}: {foreign}"

    @pytest.mark.parametrize("path", ["/", "catalogue:index"])
    def test_more_products_cost_no_more_queries(
        self, open_shop: Load, client: Client, path: str, specs: list[Any]
    ) -> None:
        path = path if path == "/" else reverse(path)

        def queries() -> int:
            client.get(path)
            with CaptureQueriesContext(connection) as captured:
                assert client.get(path).status_code == 200
            return len(captured)

        open_shop(3, index=True)
        few = queries()
        open_shop(12, index=True)
        assert queries() <= few + 1


class TestBuying:
    def test_a_guest_comes_from_basket_to_order(self, open_shop: Load, client: Client) -> None:
        open_shop(2)
        before = Order.objects.count()
        product = Product.objects.get(upc="ES-meadow-mug")
        client.post(reverse("basket:add", args=[product.pk]), {"quantity": 2})
        assert "Meadow mug" in client.get(reverse("basket:summary")).content.decode()
        client.post(reverse("checkout:index"), {"username": "guest@example.com", "options": "anonymous"})
        address = {
            "first_name": "Gil", "last_name": "Marsh", "line1": "1 Quay", "line4": "Bristol",
            "postcode": "BS1 6TR", "country": "GB",
        }  # fmt: skip
        client.post(reverse("checkout:shipping-address"), address)
        client.get(reverse("checkout:shipping-method"), follow=True)
        response = client.post(reverse("checkout:preview"), {"action": "place_order"}, follow=True)
        assert response.status_code == 200
        assert Order.objects.count() == before + 1
        assert Order.objects.latest("pk").total_incl_tax == 42


class TestConsent:
    def test_the_banner_goes_when_it_was_answered_and_the_answer_is_kept(
        self, open_shop: Load, client: Client
    ) -> None:
        open_shop(1)
        assert 'class="consent"' in client.get("/").content.decode()
        response = client.post(reverse("consent"), {"answer": "yes", "next": "/catalogue/"})
        assert response.url == "/catalogue/"
        assert client.cookies["shop_consent"].value == "yes"
        assert 'class="consent"' not in client.get("/").content.decode()

    def test_the_way_back_never_leads_to_another_site(self, client: Client) -> None:
        response = client.post(reverse("consent"), {"answer": "no", "next": "https://elsewhere.example/"})
        assert response.url == "/"

    @pytest.mark.parametrize(
        "cookie", ["[1, 99999999999999999999]", "{}", "[[1]]", "null", '["a"]', "[" * 900]
    )
    def test_a_hostile_history_cookie_does_not_break_our_pictures(
        self, open_shop: Load, client: Client, cookie: str
    ) -> None:
        open_shop(2)
        client.cookies["shop_consent"] = "yes"
        client.cookies["oscar_history"] = cookie
        # The home page holds our pictures and nothing of Oscar's that reads this cookie.
        assert client.get("/").status_code == 200


class TestThePeople:
    def test_loading_twice_changes_nothing(self, open_shop: Load) -> None:
        def rows() -> dict[str, int]:
            return {f"{app}.{model}": get_model(app, model).objects.count() for app, model in LOADED}

        open_shop(18, people=True)
        before = rows()
        assert all(before.values()), before
        open_shop(18, people=True)
        assert rows() == before

    def test_each_customer_has_a_history_of_months_unlike_the_others(self, open_shop: Load) -> None:
        from django.contrib.auth import get_user_model

        from example_shop.people import CUSTOMERS

        open_shop(people=True)
        bought = {}
        for person in CUSTOMERS:
            user = get_user_model().objects.get(email=person.email)
            orders = list(user.orders.order_by("date_placed"))
            assert len(orders) == 2
            assert (orders[1].date_placed - orders[0].date_placed).days > 30
            bought[person.email] = {line.product_id for order in orders for line in order.lines.all()}
        assert len({frozenset(products) for products in bought.values()}) == len(CUSTOMERS)

    def test_the_reviewer_may_review_and_no_more(self, open_shop: Load) -> None:
        from django.contrib.auth import get_user_model

        from example_shop.people import REVIEWER

        open_shop(1, people=True)
        reviewer = get_user_model().objects.get(email=REVIEWER.email)
        assert reviewer.is_staff
        assert reviewer.has_perm("prodgen_django.review")
        assert not reviewer.has_perm("prodgen_django.publish")
        assert not reviewer.has_perm("prodgen_django.generate")

    def test_nobody_becomes_anybody_outside_the_demonstration(self, client: Client) -> None:
        # The tests run without DEBUG, as a real shop does: the address is not there at all.
        assert client.post("/sign-in-as/", {"email": "admin@shop.example"}).status_code == 404
        assert "see the shop as" not in client.get("/").content.decode()


def test_two_customers_see_the_picture_that_suits_each(open_shop: Load) -> None:
    from example_shop.people import CUSTOMERS
    from example_shop.tour import picture_seen
    from prodgen_django.models import GeneratedImage

    open_shop(people=True)
    product = Product.objects.get(upc="ES-tidal-mug")
    for style, tags in (("oak", ["warm", "wood", "natural"]), ("concrete", ["urban", "neutral", "muted"])):
        GeneratedImage.objects.create(
            product=product, kind="display", state="published", file=f"prodgen/{style}.jpg", tags=tags,
            width=1000, height=1000, sha256=style,
        )  # fmt: skip
    call_command("prodgen_taste", verbosity=0)
    ada, bram = CUSTOMERS[:2]
    assert picture_seen(ada, product).endswith("oak.jpg")
    assert picture_seen(bram, product).endswith("concrete.jpg")


def test_the_settings_stand_on_their_own(tmp_path: Path) -> None:
    """`check` with warnings as errors, and no migration is missing, under the shop's own settings."""
    environment = {k: v for k, v in os.environ.items() if k != "DJANGO_SETTINGS_MODULE"}
    environment["PRODGEN_DEMO_DIR"] = str(tmp_path)
    for command in (["check", "--fail-level", "WARNING"], ["makemigrations", "--check", "--dry-run"]):
        done = subprocess.run(
            [sys.executable, "manage.py", *command], cwd=ROOT, env=environment, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stdout + done.stderr
