"""The README's lines on Oscar's own pages, whose templates and search are as Oscar ships them."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from oscar.core.loading import get_model
from oscar.test.factories import create_product

from tests.personalization.serve.test_choice import published

#: The README's lines, in the place that Oscar's listing has for products, and beside the photo of its detail page.
LISTING = """{% extends "oscar/catalogue/browse.html" %}{% load prodgen %}
{% block products %}{% personalize_products products %}
{% for product in products %}{% prodgen_picture product size="card" %}{% endfor %}{% endblock %}"""
SEARCH = """{% extends "oscar/search/results.html" %}{% load prodgen %}
{% block content %}{{ block.super }}{% personalize_products page.object_list %}
{% for product in page.object_list %}{% prodgen_picture product size="card" %}{% endfor %}{% endblock %}"""
DETAIL = """{% extends "oscar/catalogue/detail.html" %}{% load prodgen %}
{% block product_gallery %}{% prodgen_picture product %}
{% for child in product.children.all %}{% prodgen_picture child %}{% endfor %}{% endblock %}"""
PAGES = {
    "oscar/catalogue/browse.html": LISTING,
    "oscar/search/results.html": SEARCH,
    "oscar/catalogue/detail.html": DETAIL,
}


def yes(request: Any) -> bool:
    return True


@pytest.fixture(autouse=True)
def _pages(settings: Any) -> None:
    """Oscar's templates, with a block of ours on top of three of them."""
    engines = copy.deepcopy(settings.TEMPLATES)
    engines[0]["APP_DIRS"] = False
    engines[0]["OPTIONS"]["loaders"] = [
        ("django.template.loaders.locmem.Loader", PAGES),
        "django.template.loaders.app_directories.Loader",
    ]
    settings.TEMPLATES = engines


@pytest.fixture
def shop(db: None) -> list[Any]:
    products = [create_product(title=f"Vase {n}", price=10) for n in range(3)]
    published(products[0], "warm")
    published(products[1], "cool")
    image = get_model("catalogue", "ProductImage")(product=products[2])
    image.original.save("vase.jpg", ContentFile(b"x"))
    call_command("rebuild_index", interactive=False, verbosity=0)
    return products


@pytest.mark.parametrize("consents", [True, False])
@pytest.mark.parametrize("path", ["/catalogue/", "/search/?q=vase"])
def test_the_readmes_lines_work_in_a_listing_and_in_a_search(
    path: str, consents: bool, shop: list[Any], settings: Any
) -> None:
    settings.PRODGEN = {"CONSENT": "tests.oscar.test_pages.yes"} if consents else {}
    client = Client()
    client.get(shop[0].get_absolute_url())  # from here on the history cookie knows a product
    with CaptureQueriesContext(connection) as queries:
        response = client.get(path)
    assert response.status_code == 200
    html = response.content.decode()
    pictures = [part.partition("</picture>")[0] for part in html.split("<picture")[1:]]
    assert len(pictures) == 3
    for product in shop:
        assert sum(f'alt="{product.title}"' in picture for picture in pictures) == 1
    for name in ("r/warm-320.jpeg", "r/cool-320.jpeg", "vase"):
        assert sum(name in picture for picture in pictures) == 1
    ours = [q["sql"] for q in queries if "prodgen_django_generatedimage" in q["sql"]]
    assert len(ours) == 1


def test_the_detail_page_of_variants(db: None) -> None:
    parent = create_product(title="Cup", structure="parent")
    red = create_product(title="Cup, red", structure="child", parent=parent)
    create_product(title="", structure="child", parent=parent)
    published(parent, "warm")
    published(red, "cool")
    html = Client().get(parent.get_absolute_url()).content.decode()
    pictures = [part.partition("</picture>")[0] for part in html.split("<picture")[1:]]
    shown = sorted(
        ("r/cool" in picture, picture.partition('alt="')[2].partition('"')[0]) for picture in pictures
    )
    assert shown == [(False, "Cup"), (False, "Cup"), (True, "Cup, red")]


def test_a_variant_without_title_or_picture_is_called_as_its_parent(db: None) -> None:
    from django.template import Context, Template

    parent = create_product(title="Cup", structure="parent")
    bare = create_product(title="", structure="child", parent=parent)
    html = Template("{% load prodgen %}{% prodgen_picture p %}").render(Context({"p": bare}))
    assert 'alt="Cup"' in html
