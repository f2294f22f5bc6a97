"""What a customer meets in a real browser: pictures that suit them, pages that do not jump, and a log that agrees."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from tests.e2e.conftest import PATIENCE, ROOT, Site
from tests.e2e.test_studio import shoot

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, Request

pytestmark = [pytest.mark.e2e, pytest.mark.slow]
#: Not "HeadlessChrome", which is taken for the robot that it is.
AGENT = (
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/143.0.0.0 Safari/537.36"
)
LAYOUT_SHIFTS = """() => new Promise((resolve) => {
  let sum = 0;
  new PerformanceObserver((list) => list.getEntries().forEach((e) => { sum += e.value; }))
    .observe({ type: "layout-shift", buffered: true });
  setTimeout(() => resolve(sum), 600);
})"""


class Shop(Site):
    """The example shop with its people and published pictures."""

    choose_in = "page"

    @property
    def environment(self) -> dict[str, str]:
        return {
            **super().environment,
            "DJANGO_SETTINGS_MODULE": "tests.e2e.shop_settings",
            "PRODGEN_DEMO_DIR": str(self.folder),
            "SHOP_CHOOSE_IN": self.choose_in,
        }

    def serve(self, choose_in: str) -> None:
        self.stop("web")
        self.choose_in = choose_in
        self.start("web", "manage.py", "runserver", "--noreload", f"127.0.0.1:{self.port}")
        self.wait_until_served()

    def log(self) -> list[dict[str, Any]]:
        """What the log holds once what waits is written."""
        self.python("manage.py", "prodgen_events")
        code = (
            "import django, json; django.setup()\n"
            "from prodgen_django.models import Exposure\n"
            "rows = Exposure.objects.values('user__email', 'product_id', 'image_id', 'shows', 'clicked_at',"
            " 'basket_at')\n"
            "print(json.dumps(list(rows), default=str))"
        )
        done = subprocess.run(
            [sys.executable, "-c", code], env=self.environment, cwd=ROOT, check=True, capture_output=True
        )
        return json.loads(done.stdout)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    shop = Shop(tmp_path_factory.mktemp("shop"))
    shop.python("manage.py", "migrate", "--run-syncdb", "-v0")
    shop.python("-m", "tests.e2e.seed_shop")
    try:
        yield shop
    finally:
        shop.stop_all()


@pytest.fixture
def visit(browser: Browser, shop: Shop) -> Callable[[str], Any]:
    @contextmanager
    def open_shop(person: str = "") -> Iterator[Page]:
        context = browser.new_context(
            base_url=shop.url, user_agent=AGENT, viewport={"width": 1300, "height": 900}
        )
        context.set_default_timeout(PATIENCE)
        page = context.new_page()
        problems: list[str] = []
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.goto("/")
        if person:
            with page.expect_navigation():
                page.select_option("#people-email", f"{person}@customer.example")
            page.wait_for_load_state("networkidle")
        yield page
        assert problems == []
        context.close()

    return open_shop


def main_picture(page: Page) -> str:
    """The file that the browser really shows as a product's picture."""
    image = page.locator(".gallery-stage img")
    image.evaluate("image => image.decode()")
    return str(image.evaluate("image => image.currentSrc"))


def colour(page: Page, selector: str = ".gallery-stage img") -> str:
    """Which of the two pictures that file is, by a corner of it."""
    r, _g, b = page.locator(selector).first.evaluate(
        """async (image) => {
          await image.decode();
          const canvas = document.createElement("canvas");
          canvas.width = canvas.height = 2;
          const context = canvas.getContext("2d");
          context.drawImage(image, 40, 60, 2, 2, 0, 0, 2, 2);
          return Array.from(context.getImageData(0, 0, 1, 1).data.slice(0, 3));
        }"""
    )
    return "oak" if r - b > 40 else "concrete"


def tells_of(part: str) -> Callable[[Request], bool]:
    """Whether a request is a page's report of what was seen, the page's address holding `part`."""
    return lambda request: (
        request.method == "POST"
        and part in request.headers.get("referer", "")
        and ('"seen"' in (request.post_data or ""))
    )


def test_two_customers_see_different_pictures_and_the_log_agrees(shop: Shop, visit: Any) -> None:
    shop.serve("page")
    for person, looks in (("ada", "oak"), ("bram", "concrete")):
        with visit(person) as page:
            # A report is waited for and not a time: how long a busy machine takes is nobody's promise.
            with page.expect_request(tells_of("/search/")):
                page.goto("/search/?q=mug")
                card = page.locator(".product_pod").filter(has_text="Tidal mug").first
                card.scroll_into_view_if_needed()
            shoot(page, f"shop-{person}-list")
            with page.expect_request(tells_of("/tidal-mug_")):
                # The title is clicked, and counts for the picture.
                card.locator("h3").click()
                page.wait_for_url("**/tidal-mug_*/")
            assert colour(page) == looks
            shoot(page, f"shop-{person}-product")
            page.locator(
                "form.add-to-basket button[type=submit], form[action*='basket/add'] button"
            ).first.click()
            page.wait_for_load_state("networkidle")
            page.wait_for_timeout(300)
            # What was shown before stands in the basket too, at its width and at a phone's.
            for name, width in (("phone", 390), ("desktop", 1300)):
                page.set_viewport_size({"width": width, "height": 900})
                page.goto("/basket/")
                assert colour(page, ".line-picture img") == looks
                assert page.evaluate("document.documentElement.scrollWidth") == width
                shoot(page, f"shop-{person}-basket-{name}")
    rows = shop.log()
    for person in ("ada", "bram"):
        mine = [row for row in rows if row["user__email"] == f"{person}@customer.example"]
        assert len({row["product_id"] for row in mine}) == len(mine) >= 3
        clicked = [row for row in mine if row["clicked_at"]]
        basket = [row for row in mine if row["basket_at"]]
        assert len(clicked) == len(basket) == 1
        assert clicked == basket
        # Seen in the list and on its own page.
        assert clicked[0]["shows"] >= 2
    ada, bram = ({row["product_id"]: row["image_id"] for row in rows if (row["user__email"] or "").startswith(p)}
                 for p in ("ada", "bram"))  # fmt: skip
    assert any(ada[product] != bram[product] for product in ada.keys() & bram.keys())


def test_behind_a_cache_the_page_is_the_same_for_all_and_does_not_jump(shop: Shop, visit: Any) -> None:
    shop.serve("script")
    pages = {}
    for person, looks in (("", "concrete"), ("ada", "oak"), ("bram", "concrete")):
        with visit(person) as page:
            page.goto("/search/?q=mug")
            page.wait_for_load_state("networkidle")
            assert page.evaluate(LAYOUT_SHIFTS) == 0
            card = page.locator(".product_pod").filter(has_text="Tidal mug").locator("img").first
            card.scroll_into_view_if_needed()
            card.evaluate("image => image.decode()")
            assert (page.locator("[data-prodgen]").count() > 0) == bool(person)
            shoot(page, f"cached-{person or 'stranger'}-list")
            card.click()
            page.wait_for_url("**/tidal-mug_*/")
            page.wait_for_load_state("networkidle")
            box = page.locator(".gallery-stage img").bounding_box()
            assert colour(page) == looks
            assert page.evaluate(LAYOUT_SHIFTS) == 0
            assert page.locator(".gallery-stage img").bounding_box() == box
            # What the server sent says nothing of who asked.
            html = page.request.get(page.url).text()
            pages[person] = re.findall(r"<picture[^>]*>.*?</picture>", html, re.DOTALL)
            shoot(page, f"cached-{person or 'stranger'}-product")
    assert pages[""] == pages["ada"] == pages["bram"]
    assert pages[""]
