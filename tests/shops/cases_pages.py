"""A shop's pages, whatever the keys of its products are. Run by `test_shops`, once a kind of key and database."""

from __future__ import annotations

import json
import uuid
from typing import Any
from urllib.parse import quote

import pytest
from django.contrib.auth.models import AnonymousUser, User
from django.core.management import call_command
from django.db import connection
from django.http import HttpResponse
from django.template import Context, Template
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django.utils.functional import SimpleLazyObject
from django.utils.safestring import mark_safe

from prodgen_django.catalog import get_catalog, product_key
from prodgen_django.models import Exposure, GeneratedImage, PolicyVersion, ProductTraits
from prodgen_django.personalization import Visitor, choose_images
from prodgen_django.personalization.log import buffer, kept, versions
from prodgen_django.personalization.log.flush import flush
from prodgen_django.personalization.log.profiles import refresh
from prodgen_django.personalization.serve.page import page_of, read_record
from prodgen_django.personalization.serve.tell import report_seen
from tests.shops.models import BasketLine, Photo

pytestmark = pytest.mark.django_db

#: The lines of the README.
LISTING = """{% load prodgen %}
{% personalize_products products %}
{% for product in products %}{% prodgen_picture product size="card" %}{% endfor %}"""
CODES = ["A-1", "ТОВАР 7", "o'hara%s\\", "MUG|1:2,3", "a&b<c>"]


@pytest.fixture(autouse=True)
def _fresh_process(tmp_path: Any, monkeypatch: Any) -> Any:
    monkeypatch.setattr(buffer, "cache_folder", lambda: tmp_path)
    buffer._buffer.cache_clear()
    kept.forget_cache()
    yield
    kept.forget_cache()


@pytest.fixture
def consent(settings: Any) -> None:
    settings.PRODGEN = {**settings.PRODGEN, "CONSENT": "tests.shops.catalog.yes"}


def make(number: int, name: str, **values: Any) -> Any:
    model = get_catalog().model
    if model._meta.pk.name == "code":
        values["code"] = CODES[number] if number < len(CODES) else f"T-{number}"
    return model._default_manager.create(name=name, sku=f"SKU-{number}", **values)


def publish(product: Any, look: str, **values: Any) -> GeneratedImage:
    return GeneratedImage.objects.create(
        product=product, kind="display", state="published", file=f"prodgen/{look}-{uuid.uuid4().hex}.jpg", sha256="0",
        width=800, height=600, tags=[look], palette=["#c08040"], published_at=timezone.now(), **values,
    )  # fmt: skip


@pytest.fixture
def products() -> list[Any]:
    """A warm and a cool thing, two that have both looks, and a bare one."""
    found = [make(n, f"{look} thing {n}") for n, look in enumerate(("Warm", "Cool", "Both", "Both", "Bare"))]
    for product in found:
        for look in ("warm", "cool"):
            if look in product.name.lower() or "both" in product.name.lower():
                publish(product, look, title=product.name)
    return found


def request_of(looks: Any = (), basket: Any = (), cookies: Any = None, user: Any = None) -> Any:
    request = RequestFactory().get("/")
    request.user = user or AnonymousUser()
    request.basket_keys = basket
    request.COOKIES |= {"looks": "|".join(str(one) for one in looks), **(cookies or {})}
    return request


def render(source: str, request: Any = None, **context: Any) -> str:
    return Template(source).render(Context({"request": request or request_of(), **context}))


def results(products: list[Any]) -> list[Any]:
    """What a search gives: keys are text."""
    from haystack.models import SearchResult

    label = get_catalog().model._meta
    return [SearchResult(label.app_label, label.model_name, str(p.pk), 1.0, title=p.name) for p in products]


def test_a_listing_shows_the_same_whatever_names_its_products(products: list[Any]) -> None:
    shown = render(LISTING, products=products)
    assert shown.count("<picture") == 5
    assert [shown.count(f"prodgen/{look}") for look in ("warm", "cool")] == [1, 3]
    lazy = [SimpleLazyObject(lambda product=product: product) for product in products]
    for others in (
        results(products),
        lazy,
        get_catalog().model.objects.filter(sku__startswith="SKU").order_by("sku"),
    ):
        assert render(LISTING, products=others) == shown
    for keys in (
        [p.pk for p in products],
        [str(p.pk) for p in products],
        [mark_safe(str(p.pk)) for p in products],
    ):
        assert render(LISTING, products=keys).count("prodgen/") == 4
        assert choose_images(Visitor(), keys) == choose_images(Visitor(), products)


def test_single_tags_take_the_same(products: list[Any]) -> None:
    both = products[2]
    for one in (both, *results([both]), SimpleLazyObject(lambda: both), str(both.pk)):
        url = render("{% load prodgen %}{% personalized_image p size='card' %}", p=one)
        assert url.startswith(("/", "prodgen/"))
        assert "prodgen/cool" in url
        assert render("{% load prodgen %}{% prodgen_why p as w %}{{ w.0 }}", p=one).startswith("Everybody")


@pytest.mark.parametrize(
    "nothing", [None, "", 0.5, [], object(), True, "no such key", "\0", "\ud800", 10**40, -1, "9" * 5000]
)
def test_what_names_no_product_breaks_no_page(nothing: Any, consent: None, products: list[Any]) -> None:
    tags = (
        "{% load prodgen %}{% personalize_products many %}{% prodgen_picture p %}|{% personalized_image p %}"
    )
    html = render(tags + "|{% prodgen_why p as w %}{{ w.0 }}", p=nothing, many=[nothing, *products])
    picture, url, why = html.split("|")
    assert url == "/missing.png"
    assert 'src="/missing.png"' in picture
    assert 'alt=""' in picture
    assert why
    assert render(LISTING, products=None).strip() == render(LISTING).strip() == ""


def test_search_results_of_other_models_are_no_products(products: list[Any]) -> None:
    from haystack.models import SearchResult

    user = User.objects.create_user("u")
    found = SearchResult("auth", "user", str(products[0].pk), 1.0)
    assert product_key(found) is None
    # A row of another table whose key is some product's too.
    for other in (User(pk=products[0].pk), BasketLine(pk=products[0].pk, product=products[0])):
        assert product_key(other) is None
        assert product_key(SimpleLazyObject(lambda other=other: other)) is None
    assert render("{% load prodgen %}{% personalized_image p %}", p=found) == "/missing.png"
    assert user.pk


def test_pictures_say_what_they_show_though_titles_are_called_names(products: list[Any]) -> None:
    tag = "{% load prodgen %}{% prodgen_picture p %}"
    for product in products:
        assert f'alt="{product.name}"' in render(tag, p=product)
    bare = products[4]
    Photo.objects.create(product=bare, file="second.jpg", position=2)
    Photo.objects.create(product=bare, file="first.jpg", position=1)
    html = render(tag, p=bare)
    assert 'src="/photos/first.jpg"' in html
    assert f'alt="{bare.name}"' in html


def test_a_variant_shows_its_own_pictures_or_its_parents(products: list[Any]) -> None:
    warm, cool = products[:2]
    child = make(7, "Warm thing in red", parent=warm)
    other = make(8, "Cool thing in red", parent=cool)
    own = publish(other, "warm")
    found = choose_images(Visitor(), [child, other])
    assert found[child.pk].product_id == warm.pk
    assert found[other.pk] == own
    html = render("{% load prodgen %}{% prodgen_picture p %}", p=child)
    assert "prodgen/warm" in html
    assert 'alt="Warm thing in red"' in html
    bare = make(9, "Bare thing in red", parent=products[4])
    Photo.objects.create(product=products[4], file="parent.jpg")
    assert 'src="/photos/parent.jpg"' in render("{% load prodgen %}{% prodgen_picture p %}", p=bare)


def likes(product: Any, how: str) -> dict[str, Any]:
    if how == "looks":
        return {"looks": [product.pk, "no such key", "\0"]}
    return {"basket": [product.pk]}


@pytest.mark.parametrize("is_written", [True, False], ids=["traits", "pictures tell"])
@pytest.mark.parametrize("how", ["looks", "basket"])
def test_what_a_visitor_liked_decides_what_they_see(
    how: str, is_written: bool, consent: None, products: list[Any]
) -> None:
    if is_written:
        refresh()
        refresh()
        assert ProductTraits.objects.count() == 5
    warm, cool, both, *_rest = products
    for liked, look in ((warm, "warm"), (cool, "cool")):
        visitor = Visitor.from_request(request_of(**likes(liked, how)))
        found = choose_images(visitor, results([both]))
        assert found[both.pk].tags == [look]


@pytest.mark.parametrize("signed_in", [True, False])
def test_a_listing_costs_three_queries_at_most(signed_in: bool, consent: None, products: list[Any]) -> None:
    user = User.objects.create_user("u") if signed_in else None
    Photo.objects.create(product=products[4], file="own.jpg")
    for _again in range(2):
        kept.forget_cache()
        request = request_of([products[0].pk], [products[1].pk], user=user)
        with CaptureQueriesContext(connection) as queries:
            html = render(LISTING, request, products=products)
        assert html.count("<img") == 5
        assert len(queries) <= 3, [query["sql"] for query in queries]


@pytest.mark.skipif(connection.vendor != "postgresql", reason="only PostgreSQL can be told to do without")
def test_an_index_serves_each_query_of_a_listing(consent: None, products: list[Any]) -> None:
    user = User.objects.create_user("u")
    Photo.objects.create(product=products[4], file="own.jpg")
    request = request_of([products[0].pk], [products[1].pk], user=user)
    with CaptureQueriesContext(connection) as queries:
        render(LISTING, request, products=products)
    assert len(queries) == 3
    with connection.cursor() as cursor:
        # Whatever can be read by an index is, however small the table.
        cursor.execute("SET LOCAL enable_seqscan = off")
        for query in queries:
            cursor.execute("EXPLAIN " + query["sql"])
            plan = "\n".join(row[0] for row in cursor.fetchall())
            assert "Seq Scan" not in plan.replace("Seq Scan on prodgen_django_policyversion", ""), plan
            assert "Index" in plan


def test_what_was_seen_is_reported_and_stays(consent: None, products: list[Any]) -> None:
    user = User.objects.create_user("u")
    both = products[2:4]
    request = request_of([products[0].pk], user=user, cookies={"prodgen_id": "a" * 22})
    render(LISTING, request, products=results(both))
    page, response = page_of(request), HttpResponse()
    page.remember(response, secure=False)
    report_seen(read_record(page.record()), [0, 1], [1])
    done = flush()
    assert (done.exposures, done.clicks, done.dropped) == (2, 1, 0)
    assert {row.product_id for row in Exposure.objects.all()} == {one.pk for one in both}
    shown = {row.product_id: row.image_id for row in Exposure.objects.all()}
    # With another taste too, and after signing out.
    seen = {"prodgen_id": "a" * 22, "prodgen_seen": response.cookies["prodgen_seen"].value}
    for who in (user, None):
        later = request_of([products[1].pk], cookies=seen, user=who)
        found = choose_images(Visitor.from_request(later), both)
        assert {key: image.pk for key, image in found.items()} == shown
    done = versions.learn(until=timezone.now() + timezone.timedelta(hours=1))
    assert (done.impressions, done.clicks) == (2, 1)
    assert PolicyVersion.objects.get().is_current
    assert choose_images(Visitor.from_request(request_of(user=user)), both)


def test_pages_of_a_cache_ask_for_their_pictures(consent: None, settings: Any, products: list[Any]) -> None:
    settings.PRODGEN = {**settings.PRODGEN, "CHOOSE_IN": "script"}
    child = make(7, "Both in red", parent=products[2])
    html = render(
        "{% load prodgen %}{% for p in many %}{% prodgen_picture p %}{% endfor %}", many=[*products, child]
    )
    import re

    marks = re.findall(r'data-prodgen-product="([^"]+)"', html)
    assert marks[0] == quote(str(products[0].pk), safe="")
    answer = Client().get("/prodgen/choices/", {"products": ",".join(marks), "size": "card"}).json()
    assert set(answer["pictures"]) == {*marks[:4], marks[5]}
    assert "prodgen/" in json.dumps(answer["pictures"][marks[5]])


def test_commands_find_products_by_key_and_code(products: list[Any], capsys: Any) -> None:
    for word in (str(products[0].pk), "SKU-0", "Warm thing 0"):
        call_command("prodgen_generate", word, "--kind", "paint", "--inline", verbosity=0)
        assert "24×24" in capsys.readouterr().out
    assert GeneratedImage.objects.filter(kind="paint", product=products[0]).count() == 3
