"""How often a campaign's banner came into view and was clicked is what the log and the report say."""

from __future__ import annotations

import re
import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.test import override_settings
from django.urls import reverse
from django.utils import timezone

from prodgen_django.models import Campaign, Exposure, GeneratedImage, Job
from prodgen_django.personalization.log.flush import flush
from prodgen_django.personalization.log.privacy import forget
from prodgen_django.personalization.log.versions import learn
from prodgen_django.personalization.report.report import make_report
from tests.example_shop.conftest import SHOP
from tests.example_shop.test_events import Browser

DRAWN = {**SHOP, "POLICY_EXPLORE": 0.5}


@pytest.fixture
def designs(db: None) -> list[GeneratedImage]:
    """Two designs of one campaign on the home page."""
    job = Job.objects.create(kind="campaign", title="Slow mornings")
    Campaign.objects.create(job=job, slot="hero", link="/catalogue/")
    return [
        GeneratedImage.objects.create(
            job=job, item=job.items.create(title=f"Design {number}"), kind="campaign", title="Slow mornings",
            file=f"prodgen/{uuid.uuid4().hex}.jpg", sha256="0", width=1920, height=720, tags=tags,
            recipe={"format": "hero", "language": "en-gb", "alt": "Slow mornings", "words": {}},
            state="published", published_at=timezone.now(),
        )
        for number, tags in enumerate((["warm", "wood"], ["cool", "marble"]))
    ]  # fmt: skip


def banner(visitor: Browser) -> tuple[str, int]:
    """The banner's file on the home page, and its place in the page's record."""
    page = visitor.client.get("/").content.decode()
    found = re.search(
        r'prodgen-campaign.*?<picture(?: data-prodgen="(\d+)")?>.*?src="([^"]+)"', page, re.DOTALL
    )
    assert found
    return found[2], int(found[1]) if found[1] else -1


def test_impressions_and_clicks_of_a_banner_are_counted(designs: list[GeneratedImage]) -> None:
    with override_settings(PRODGEN=DRAWN):
        visitors = [Browser(), Browser(email="eve@shop.example"), Browser(), Browser(consents=False)]
        for number, visitor in enumerate(visitors):
            files = set()
            for _ in range(3):
                visitor.visit("/")
                files.add(banner(visitor)[0])
            assert len(files) == 1, "what a visitor has seen stays"
            if number < 2:
                assert visitor.tell(click=[banner(visitor)[1]]) == 204
        assert banner(visitors[3])[1] == -1
        flush()
    rows = list(Exposure.objects.exclude(slot=""))
    assert len(rows) == 3
    # Three looks, and a click that says that it was seen as well.
    assert sorted(row.shows for row in rows) == [3, 4, 4]
    assert sum(row.clicked_at is not None for row in rows) == 2
    for row in rows:
        assert (row.slot, row.product, set(row.candidates)) == ("hero", None, {one.pk for one in designs})
        assert row.image_id in row.candidates
        assert 0 < row.propensity < 1
    assert {row.user.email for row in rows if row.user} == {"eve@shop.example"}

    report = make_report()
    shown = {row.key: (row.shown, row.followed) for row in report.campaigns["hero"]}
    assert sum(count for count, _clicks in shown.values()) == 3
    assert sum(clicks for _count, clicks in shown.values()) == 2
    assert report.exposures == 0, "the uplift is of products alone"


def test_banners_teach_the_policy_nothing_and_are_forgotten_with_their_visitor(
    designs: list[GeneratedImage],
) -> None:
    eve = Browser(email="eve@shop.example")
    eve.visit("/")
    flush()
    row = Exposure.objects.get()
    learn(until=timezone.now() + timedelta(days=1))
    assert Exposure.objects.get().learnt_in is None
    assert forget(row.user_id) == {"prodgen_django.Exposure": 1}
    assert not Exposure.objects.exists()


def test_a_page_with_a_personal_banner_alone_is_kept_from_shared_caches(
    designs: list[GeneratedImage],
) -> None:
    assert "private" in Browser().client.get("/")["Cache-Control"]
    assert "private" not in Browser(consents=False).client.get("/").get("Cache-Control", "")


def test_the_admin_shows_the_campaigns_beside_the_products(
    designs: list[GeneratedImage], admin_client: Any
) -> None:
    visitor = Browser()
    visitor.visit("/")
    assert visitor.tell(click=[banner(visitor)[1]]) == 204
    flush()
    page = admin_client.get(reverse("admin:prodgen_django_personalisationreport_changelist"))
    text = re.sub(r"<[^>]+>|\s+", " ", page.content.decode())
    assert "Place “hero”" in text
    assert re.search(r"Slow mornings\s+1\s+1\s+100\.0 %", text)
