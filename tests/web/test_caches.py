"""A page that was made for one visitor is given to no other, whichever of Django's caches stands around it."""

from __future__ import annotations

import re

import pytest
from django.conf import settings as django_settings
from django.db import connection
from django.test import Client, override_settings
from django.test.utils import CaptureQueriesContext

from prodgen_django.personalization.serve.page import read_record
from tests.web import cached_site

OURS = "prodgen_django.personalization.middleware.PersonalizationMiddleware"
BASE = [name for name in django_settings.MIDDLEWARE if "flatpages" not in name and "oscar" not in name]
SITE_WIDE = [
    "django.middleware.cache.UpdateCacheMiddleware", *BASE, "django.middleware.cache.FetchFromCacheMiddleware",
]  # fmt: skip
WAYS = {
    "middleware": BASE,
    "no middleware of ours": [name for name in BASE if name != OURS],
    "site-wide cache": SITE_WIDE,
}
VIEWS = ("/page/", "/late/", "/twice/")


pytestmark = pytest.mark.usefixtures("site")


def visitor(*, agrees: bool = True) -> Client:
    client = Client(headers={"user-agent": "Mozilla/5.0 Firefox/140.0"})
    if agrees:
        client.cookies["consent"] = "yes"
    return client


def who(page: str) -> str:
    """Whom a page was made for."""
    found = re.search(r'data-prodgen-page="([^"]+)"', page)
    return read_record(found.group(1))["v"] if found else ""


@pytest.mark.parametrize("view", [*VIEWS, "/uncached/"])
@pytest.mark.parametrize("way", WAYS)
def test_no_visitor_gets_anothers_page(way: str, view: str) -> None:
    with override_settings(MIDDLEWARE=WAYS[way]):
        first, second, nobody = visitor(), visitor(), visitor(agrees=False)
        pages = [client.get(view).content.decode() for client in (first, second, nobody, first)]
    assert pages[0] != pages[1]
    assert who(pages[0])
    assert who(pages[1])
    assert len({who(page) for page in pages[:3]}) == 3
    assert who(pages[2]) == ""


@pytest.mark.parametrize("way", WAYS)
def test_a_view_that_chooses_by_hand_is_kept_apart_too(way: str) -> None:
    with override_settings(MIDDLEWARE=WAYS[way]):
        first, second = visitor(), visitor()
        first.cookies["name"] = "first"
        assert "first" in first.get("/by-hand/").content.decode()
        assert "first" not in second.get("/by-hand/").content.decode()


@pytest.mark.parametrize("view", VIEWS)
def test_what_everybody_sees_still_comes_from_the_cache(view: str) -> None:
    visitor(agrees=False).get(view)
    with CaptureQueriesContext(connection) as asked:
        reply = visitor(agrees=False).get(view)
    assert not [query for query in asked if "SELECT" in query["sql"]]
    assert "max-age" in reply["Cache-Control"]
    assert "private" not in reply["Cache-Control"]


def test_a_page_without_our_pictures_is_cached_for_visitors_who_agree() -> None:
    with override_settings(MIDDLEWARE=SITE_WIDE):
        first = visitor()
        first.get("/page/")  # has our cookies from now on
        assert first.cookies["prodgen_id"].value
        calls = cached_site.plain.calls  # type: ignore[attr-defined]
        first.get("/plain/")
        first.get("/plain/")
        assert cached_site.plain.calls == calls + 1  # type: ignore[attr-defined]


@pytest.mark.parametrize("view", [*VIEWS, "/by-hand/", "/public/"])
def test_caches_on_the_way_are_told_to_keep_nothing(view: str) -> None:
    reply = visitor().get(view)
    control = reply["Cache-Control"]
    assert "private" in control
    assert "public" not in control
    assert "s-maxage" not in control
    assert "CDN-Cache-Control" not in reply
    assert "Cookie" in reply["Vary"]


def test_with_a_script_pages_are_of_nobody_and_cached() -> None:
    settings = {**django_settings.PRODGEN, "CHOOSE_IN": "script"}
    with override_settings(PRODGEN=settings):
        page = visitor().get("/page/").content.decode()
        assert "data-prodgen-choices" in page
        with CaptureQueriesContext(connection) as asked:
            assert visitor().get("/page/").content.decode() == page
        assert not [query for query in asked if "SELECT" in query["sql"]]


def test_a_page_that_is_sent_piece_by_piece_is_private_before_it_is_drawn() -> None:
    reply = visitor().get("/pieces/")
    assert who(reply.getvalue().decode())
    assert "private" in reply["Cache-Control"]
    assert "s-maxage" not in reply["Cache-Control"]
    assert "private" not in visitor(agrees=False).get("/pieces/")["Cache-Control"]
