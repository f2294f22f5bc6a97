"""What visitors saw, clicked, put into the basket and ordered is what the log says, to the number."""

from __future__ import annotations

import json
import re
import uuid
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.db import connection
from django.template import Context, Template
from django.test import Client, override_settings
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from oscar.core.loading import get_model

from prodgen_django.models import Exposure, GeneratedImage, ProfilingConsent
from prodgen_django.personalization import Visitor, choose_images
from prodgen_django.personalization.log.flush import flush
from prodgen_django.personalization.log.names import user_keys
from prodgen_django.personalization.serve.page import read_record

Product = get_model("catalogue", "Product")
Load = Callable[..., None]
AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


def publish(product: Any, name: str, *tags: str) -> GeneratedImage:
    return GeneratedImage.objects.create(
        product=product, kind="display", state="published", file=f"prodgen/{name}-{uuid.uuid4().hex}.jpg",
        tags=list(tags), width=1000, height=1000, sha256=name, published_at=timezone.now(),
    )  # fmt: skip


@pytest.fixture
def shelf(open_shop: Load) -> list[Any]:
    """Twelve products with two published pictures each."""
    open_shop(12)
    products = list(Product.objects.order_by("pk"))
    for product in products:
        publish(product, "oak", "warm", "wood", "natural")
        publish(product, "concrete", "urban", "neutral", "muted")
    return products


class Browser:
    """A visitor whose browser runs the page's script, as far as the test client can."""

    def __init__(self, consents: bool = True, email: str = "") -> None:
        self.client = Client(headers={"user-agent": AGENT})
        if consents:
            self.client.cookies["shop_consent"] = "yes"
        if email:
            user = get_user_model().objects.create_user(email.partition("@")[0], email)
            self.client.force_login(user, backend="oscar.apps.customer.auth_backends.EmailBackend")
        self.record, self.items = "", []

    def visit(self, path: str, *, tells: bool = True) -> list[str]:
        """Look at a page to its end, or leave before anything came into view; the keys of the products on it."""
        response = self.client.get(path)
        assert response.status_code == 200
        found = re.search(r'data-prodgen-page="([^"]+)"', response.content.decode())
        self.record = found.group(1) if found else ""
        self.items = read_record(self.record)["i"] if found else []
        marked = set(map(int, re.findall(r'data-prodgen="(\d+)"', response.content.decode())))
        assert marked == set(range(len(self.items)))
        if self.record and tells:
            assert self.tell(seen=sorted(marked)) == 204
        return [item[0] for item in self.items]

    def click(self, product: Any) -> None:
        place = [item[0] for item in self.items].index(str(product.pk))
        assert self.tell(click=[place]) == 204
        self.visit(product.get_absolute_url())

    def tell(self, **what: list[int]) -> int:
        body = json.dumps({"page": self.record, **what})
        return self.client.post(reverse("prodgen:events"), body, content_type="text/plain").status_code

    def add(self, product: Any) -> None:
        with_commit(lambda: self.client.post(reverse("basket:add", args=[product.pk]), {"quantity": 1}))

    def order(self) -> None:
        post = self.client.post
        post(reverse("checkout:index"), {"username": "guest@example.com", "options": "anonymous"})
        address = {
            "first_name": "Gil", "last_name": "Marsh", "line1": "1 Quay", "line4": "Bristol",
            "postcode": "BS1 6TR", "country": "GB",
        }  # fmt: skip
        post(reverse("checkout:shipping-address"), address)
        self.client.get(reverse("checkout:shipping-method"), follow=True)
        done = with_commit(lambda: post(reverse("checkout:preview"), {"action": "place_order"}, follow=True))
        assert done.status_code == 200


def with_commit(call: Callable[[], Any]) -> Any:
    """Run what waits for a commit, which a test's own transaction would put off for ever."""
    from django.test import TestCase

    with TestCase.captureOnCommitCallbacks(execute=True):
        return call()


def counts() -> dict[str, int]:
    rows = Exposure.objects.all()
    return {
        "shown": rows.count(),
        "clicked": rows.exclude(clicked_at=None).count(),
        "basket": rows.exclude(basket_at=None).count(),
        "ordered": rows.exclude(ordered_at=None).count(),
    }


def test_the_log_reconciles_with_what_visitors_did(shelf: list[Any]) -> None:
    visitors = [Browser(), Browser(email="eve@shop.example"), Browser(), Browser(consents=False)]
    decisions: set[tuple[int, str]] = set()
    shows: Counter[tuple[int, str]] = Counter()
    clicks, baskets = 0, 0
    for number, visitor in enumerate(visitors):
        for path in ("/", shelf[number].get_absolute_url(), "/"):
            for product in visitor.visit(path):
                decisions.add((number, product))
                shows[number, product] += 1
        if visitor.items:
            visitor.click(shelf[number + 4])
            clicks += 1
            for item in visitor.items:
                decisions.add((number, item[0]))
                shows[number, item[0]] += 1
            shows[number, str(shelf[number + 4].pk)] += 1  # the click says that it was seen, too
        visitor.add(shelf[number + 4])
        baskets += visitor.client.cookies["shop_consent"].value == "yes" if number < 3 else 0
    visitors[0].order()
    assert Exposure.objects.count() == 0, "nothing is written in a request"

    done = flush()
    assert counts() == {"shown": len(decisions), "clicked": clicks, "basket": baskets, "ordered": 1}
    assert (done.exposures, done.clicks, done.baskets, done.orders) == (len(decisions), clicks, baskets, 1)
    assert done.dropped == 0
    assert sum(Exposure.objects.values_list("shows", flat=True)) == sum(shows.values())
    # Written twice changes nothing, and nobody who did not consent is in the log.
    assert not flush()
    keys = {row.visitor for row in Exposure.objects.all()}
    assert len(keys) == 3
    eve = get_user_model().objects.get(email="eve@shop.example")
    assert user_keys(eve.pk)[0] in keys
    assert all(0 < row.propensity <= 1 and row.image_id in row.candidates for row in Exposure.objects.all())
    # What the request said is now known to the tasks.
    assert ProfilingConsent.objects.get().user == eve


def test_what_was_decided_below_the_fold_is_logged_where_it_comes_into_view(shelf: list[Any]) -> None:
    visitor = Browser()
    visitor.visit("/", tells=False)
    first = {item[0]: (item[1], item[2]) for item in visitor.items}
    visitor.visit("/")
    flush()
    rows = {str(row.product_id): row for row in Exposure.objects.all()}
    assert rows.keys() == first.keys()
    for product, (image, share) in first.items():
        assert rows[product].image_id == image
        assert rows[product].propensity == pytest.approx(share, abs=1e-4)


def test_a_page_and_its_reports_write_nothing_and_call_no_broker(
    shelf: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    from celery.app.task import Task
    from django.core.files.storage import FileSystemStorage

    def never(*args: Any, **kwargs: Any) -> None:
        raise AssertionError("called in a request")

    monkeypatch.setattr(Task, "apply_async", never)
    for name in ("_open", "_save", "exists", "size", "delete", "listdir", "get_modified_time"):
        monkeypatch.setattr(FileSystemStorage, name, never)
    visitor = Browser()
    visitor.visit("/")
    with CaptureQueriesContext(connection) as queries:
        visitor.visit("/")
    written = [
        q["sql"] for q in queries if not q["sql"].startswith(("SELECT", "SAVEPOINT", "RELEASE", "BEGIN"))
    ]
    assert not written
    with CaptureQueriesContext(connection) as queries:
        assert visitor.tell(seen=[0], click=[1]) == 204
    assert len(queries) == 0


def test_bots_strangers_and_floods_are_not_counted(shelf: list[Any]) -> None:
    visitor = Browser()
    visitor.visit("/")
    flush()
    before = counts()
    visitor.client.defaults["HTTP_USER_AGENT"] = "Mozilla/5.0 (compatible; Googlebot/2.1)"
    assert visitor.tell(click=[0]) == 204
    visitor.client.defaults["HTTP_USER_AGENT"] = AGENT
    for page in ("", "AAAA", visitor.record[:-2] + "AA", "\u2603"):
        body = json.dumps({"page": page, "click": [0]})
        assert visitor.client.post("/prodgen/events/", body, content_type="text/plain").status_code == 400
    for body in ("", "[", "[]", "{}", json.dumps({"page": visitor.record, "seen": "all"})):
        assert visitor.client.post("/prodgen/events/", body, content_type="text/plain").status_code == 400
    assert visitor.tell(click=[10_000]) == 204
    visitor.client.cookies["shop_consent"] = "no"
    assert visitor.tell(click=[0]) == 204
    visitor.client.cookies["shop_consent"] = "yes"
    visitor.client.defaults["HTTP_SEC_GPC"] = "1"
    assert visitor.tell(click=[0]) == 204
    del visitor.client.defaults["HTTP_SEC_GPC"]
    flush()
    assert counts() == before
    with override_settings(PRODGEN={**django_settings.PRODGEN, "EVENT_RATE": 3}):
        codes = [visitor.tell(click=[0]) for _ in range(30)]
    assert 429 in codes


def test_a_hostile_history_cookie_is_not_passed_on_to_oscar(shelf: list[Any]) -> None:
    for cookie in ('["abc"]', '[{"a":1}]', "[[1]]", "[" * 900, "null", "[true]", "[99999999999999999999]"):
        visitor = Browser()
        visitor.client.cookies["oscar_history"] = cookie
        visitor.visit(shelf[0].get_absolute_url())
        # Oscar wrote its own over it, with the product just looked at.
        assert json.loads(visitor.client.cookies["oscar_history"].value) == [shelf[0].pk]


@override_settings(PRODGEN={**django_settings.PRODGEN, "CONSENT": "example_shop.consent.has_consented"})
def test_what_a_visitor_has_seen_stays_the_same_also_after_signing_in(
    shelf: list[Any], client: Client
) -> None:
    """With all the randomness that a shop has by default: hold-out, draws, exploration."""

    def shown(path: str) -> dict[str, int]:
        visitor.visit(path)
        return {item[0]: item[1] for item in visitor.items}

    for number in range(6):
        visitor = Browser()
        first = shown("/")
        assert shown("/") == first
        # Another history makes another taste, but changes nothing that was seen.
        for product in shelf[:4]:
            page = shown(product.get_absolute_url())
            assert page.items() <= first.items() or product.pk not in map(int, first)
        if number % 2:
            flush()
        user = get_user_model().objects.create_user(f"late{number}", f"late{number}@shop.example")
        visitor.client.force_login(user, backend="oscar.apps.customer.auth_backends.EmailBackend")
        assert shown("/") == first


def test_forgetting_erases_what_waits_as_well_and_is_not_undone(shelf: list[Any], capsys: Any) -> None:
    visitor = Browser(email="mia@shop.example")
    mia = get_user_model().objects.get(email="mia@shop.example")
    get_model("analytics", "UserProductView").objects.create(user=mia, product=shelf[0])
    visitor.visit("/")
    flush()
    call_command("prodgen_taste")
    assert mia.prodgen_taste
    visitor.visit("/catalogue/")
    visitor.tell(click=[0])  # waits in the buffer while she is forgotten
    capsys.readouterr()
    call_command("prodgen_forget", "mia@shop.example")
    printed = capsys.readouterr().out
    assert "prodgen_django.TasteProfile: 1 before, 0 now" in printed
    assert re.search(r"prodgen_django.Exposure: \d+ before, 0 now", printed)
    flush()
    call_command("prodgen_taste")
    assert not Exposure.objects.filter(user=mia).exists()
    assert not Exposure.objects.filter(visitor=user_keys(mia.pk)[0]).exists()
    assert not hasattr(get_user_model().objects.get(pk=mia.pk), "prodgen_taste")
    # The cookie still says yes; the stored no counts.
    assert visitor.visit("/") == []
    assert visitor.client.cookies["prodgen_seen"].value == ""


@override_settings(PRODGEN={**django_settings.PRODGEN, "CONSENT": "example_shop.consent.has_consented"})
def test_an_email_shows_what_the_page_showed(shelf: list[Any]) -> None:
    def mailed() -> str:
        mail = Template('{% load prodgen %}{% personalized_image p size="card" %}')
        return str(mail.render(Context({"user": user, "p": shelf[5]})))

    everybody = str(choose_images(Visitor(), [shelf[5]])[shelf[5].pk].file)
    differed = False
    for number in range(4):
        visitor = Browser(email=f"post{number}@shop.example")
        user = get_user_model().objects.get(email=f"post{number}@shop.example")
        # Without a stored yes an e-mail shows what everybody sees.
        assert mailed().endswith(everybody)
        visitor.visit(shelf[5].get_absolute_url())
        flush()
        shown = GeneratedImage.objects.get(pk=visitor.items[0][1])
        assert mailed().endswith(str(shown.file))
        differed |= str(shown.file) != everybody
    assert differed


def test_basket_and_checkout_show_what_the_page_showed(shelf: list[Any]) -> None:
    def pictures(path: str) -> list[str]:
        page = visitor.client.get(path).content.decode()
        assert page.count('class="line-picture"') == 3, path
        return re.findall(r'class="line-picture".*?<img src="([^"]+)"', page, re.DOTALL)

    bought, differed = shelf[2:5], False
    for number in range(3):
        visitor = Browser(email=f"buyer{number}@shop.example")
        shown = []
        for product in bought:
            visitor.visit(product.get_absolute_url())
            shown.append(GeneratedImage.objects.get(pk=visitor.items[0][1]).file.url)
            visitor.add(product)
        everybody = choose_images(Visitor(), bought)
        differed |= shown != [everybody[product.pk].file.url for product in bought]
        assert pictures(reverse("basket:summary")) == shown
        address = {
            "first_name": "Gil", "last_name": "Marsh", "line1": "1 Quay", "line4": "Bristol",
            "postcode": "BS1 6TR", "country": "GB",
        }  # fmt: skip
        visitor.client.post(reverse("checkout:shipping-address"), address)
        visitor.client.get(reverse("checkout:shipping-method"), follow=True)
        assert pictures(reverse("checkout:preview")) == shown
    assert differed


def test_a_longer_basket_asks_for_its_pictures_once(shelf: list[Any]) -> None:
    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            visitor.client.get(reverse("basket:summary"))
        return sum("generatedimage" in query["sql"] for query in queries.captured_queries)

    visitor = Browser()
    for product in shelf[:4]:
        visitor.add(product)
    assert asked() == 1
