"""The shop admin opens the report and reads whether it helps."""

from __future__ import annotations

import re
import uuid

import pytest
from django.core.cache import cache
from django.urls import reverse
from django.utils import timezone

from prodgen_django.management.commands.prodgen_simulate import World, simulate
from prodgen_django.models import Exposure, GeneratedImage, PolicyVersion

ADDRESS = "admin:prodgen_django_personalisationreport_changelist"


@pytest.fixture
def pictures(make_products):
    cache.clear()
    looks = (["dark", "warm", "wood"], ["light", "cool", "marble"])
    return [
        GeneratedImage.objects.create(
            product=product, kind="display", file=f"{uuid.uuid4().hex}.jpg", sha256="0", width=8, height=8,
            tags=tags, palette=[], state=GeneratedImage.State.PUBLISHED, published_at=timezone.now(),
        )
        for product in make_products(6)
        for tags in looks
    ]  # fmt: skip


def test_before_any_traffic_it_says_what_is_needed(owner):
    cache.clear()
    page = owner.get(reverse(ADDRESS)).content.decode()
    assert "No traffic yet" in page
    assert "two published pictures" in page


def test_made_up_visitors_are_called_simulated(owner, pictures):
    simulate(days=6, visitors=60, world=World(rate=0.03, match=0.0))
    page = owner.get(reverse(ADDRESS)).content.decode()
    assert "Simulated." in page
    assert "Not enough data" in page
    assert re.search(r"About [\d\u202f]+ more exposures are missing until an uplift of 20 % would show", page)
    assert page.count("<svg") > 12
    # Nothing of the page comes from anywhere else.
    assert not re.findall(r"(?:src|href)=\"(?:https?:)?//", page.partition('id="content-main"')[2])


def test_an_uplift_is_told_in_one_sentence(owner, pictures):
    rows, moment = [], timezone.now()
    for number in range(3000):
        held, place = number % 10 == 0, number % 2
        clicked = number % 20 in (1, 2, 3, 5, 7) or number % 100 == 0
        rows.append(
            Exposure(
                token=str(number), visitor=str(number), product_id=pictures[0].product_id, image=pictures[place],
                candidates=[p.pk for p in pictures[:2]], propensity=0.5, propensities=[0.5, 0.5],
                is_holdout=held, shown_at=moment, clicked_at=moment if clicked else None,
            )
        )  # fmt: skip
    Exposure.objects.bulk_create(rows)
    page = owner.get(reverse(ADDRESS)).content.decode()
    assert "It helps" in page
    assert re.search(
        r"click \d+ % more often than those of the hold-out \(between \+\d+ % and \+\d+ %\)", page
    )
    assert "As learnt" in page


def test_real_visitors_come_first_and_are_never_mixed_with_made_up_ones(owner, pictures):
    simulate(days=3, visitors=30)
    Exposure.objects.create(
        token="t", visitor="v", product_id=pictures[0].product_id, image=pictures[0],
        candidates=[p.pk for p in pictures[:2]], propensity=0.5, propensities=[0.5, 0.5], shown_at=timezone.now(),
    )  # fmt: skip
    page = owner.get(reverse(ADDRESS)).content.decode()
    assert "Simulated." not in page
    assert "1 exposures of products with a choice" in page
    assert "Simulated visitors" in page
    assert (
        "Simulated." in owner.get(reverse(ADDRESS), {"visitors": "simulated", "days": "7"}).content.decode()
    )


def test_a_second_look_asks_little_of_the_database(owner, pictures, django_assert_max_num_queries):
    simulate(days=3, visitors=30)
    owner.get(reverse(ADDRESS))
    with django_assert_max_num_queries(14):
        owner.get(reverse(ADDRESS))


@pytest.mark.parametrize(("codename", "status"), [("view_personalisationreport", 200), ("view_product", 403)])
def test_who_may_read_it(staff, codename, status):
    assert staff(codename).get(reverse(ADDRESS)).status_code == status


def test_the_versions_are_listed_and_cannot_be_changed(owner, pictures):
    simulate(days=2, visitors=20)
    address = reverse("admin:prodgen_django_policyversion_changelist")
    assert "s2" in owner.get(address).content.decode()
    owner.post(address, {"action": "delete_selected", "_selected_action": ["1"], "post": "yes"})
    assert PolicyVersion.objects.count() == 2
    assert owner.get(reverse("admin:prodgen_django_policyversion_add")).status_code == 403
