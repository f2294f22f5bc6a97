"""How a product is shown is seen and said on the options page, for the product or its whole category."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from django.contrib import admin
from django.urls import reverse
from oscar.apps.catalogue.categories import create_from_breadcrumbs

from prodgen_django.jobs import create_job
from prodgen_django.jobs.preview import preview_status
from prodgen_django.models import Job, Pose
from tests.admin.test_options import CHOSEN, options
from tests.conftest import Broker

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.test import Client


@pytest.fixture
def mugs(make_products: Callable[..., list[Any]], broker: Broker) -> Job:
    """A draft of three products of one category that names say nothing of, but the first."""
    products = make_products(3)
    category = create_from_breadcrumbs("Home > Wonders")
    for product in products:
        product.categories.add(category)
    products[0].title = "Blue mug"
    products[0].save()
    return create_job("display", products=products, draft=True)


def said(job: Job, place: int, **values: Any) -> dict[str, Any]:
    item = job.items.order_by("position")[place]
    return {f"pose-{item.pk}-{name}": value for name, value in values.items()}


def test_the_page_says_how_each_product_is_shown(owner: Client, mugs: Job) -> None:
    page = " ".join(owner.get(options(mugs)).content.decode().split())
    assert "Stands on a table</span>" in page.replace(" · 11 cm", "")
    assert "11 cm" in page
    assert "By its name" in page
    assert page.count("Seen from its photo") == 2
    assert "all of “Wonders”" in page


def test_what_is_said_of_a_product_or_of_its_category_is_kept(owner: Client, mugs: Job) -> None:
    sent = {
        **said(mugs, 0, pose="floor", centimetres="80", scope="product"),
        **said(mugs, 1, pose="wall", centimetres="", scope="category"),
        **said(mugs, 2, pose="", centimetres="", scope="product"),
    }
    owner.post(options(mugs), {**CHOSEN, **sent, "do": "save"})
    first, category = Pose.objects.get(product__isnull=False), Pose.objects.get(category__isnull=False)
    assert (first.product.title, first.pose, first.centimetres) == ("Blue mug", "floor", 80)
    assert (category.category_name, category.pose, category.centimetres) == ("Wonders", "wall", None)
    assert first.by == owner.user  # type: ignore[attr-defined]
    page = owner.get(options(mugs)).content.decode()
    assert "Said for its category" in page
    # A page that is sent as it is says nothing new.
    before = list(Pose.objects.values_list("pk", "pose"))
    sent = {
        **said(mugs, 0, pose="floor", centimetres="80.0", scope="product"),
        **said(mugs, 2, pose="wall", centimetres="", scope="product"),
    }
    owner.post(options(mugs), {**CHOSEN, **sent, "do": "save"})
    assert list(Pose.objects.values_list("pk", "pose")) == before


def test_a_wrong_size_is_told_at_its_field_and_nothing_is_kept(owner: Client, mugs: Job) -> None:
    sent = said(mugs, 0, pose="floor", centimetres="-4", scope="product")
    page = owner.post(options(mugs), {**CHOSEN, **sent, "do": "start"}).content.decode()
    assert "greater than or equal to 0.5" in page
    assert '<details class="pg-pose" open>' in page
    assert not Pose.objects.exists()
    mugs.refresh_from_db()
    assert mugs.state == Job.State.DRAFT


def test_a_preview_shows_what_is_said_and_keeps_nothing(owner: Client, mugs: Job) -> None:
    item = mugs.items.order_by("position")[0]
    sent = said(mugs, 0, pose="floor", centimetres="80", scope="category")
    address = reverse("admin:prodgen_job_preview", args=[mugs.pk])
    owner.post(address, {**CHOSEN, **sent, "preview_item": item.pk}, headers={"accept": "application/json"})
    mugs.refresh_from_db()
    asked = preview_status(mugs)["options"]
    assert (asked["pose"], asked["centimetres"]) == ("floor", 80)
    assert not Pose.objects.exists()


def test_sets_without_a_place_for_the_products_say_so(owner: Client, mugs: Job) -> None:
    page = owner.get(options(mugs)).content.decode()
    room = page.partition("Limewash room")[2].partition("</label>")[0]
    assert "no place for these" in room or "for 0 of 1" in room
    oak = page.partition("Morning on oak")[2].partition("</label>")[0]
    assert "pg-quiet" not in oak


def test_a_product_s_own_page_has_it_too(owner: Client, mugs: Job) -> None:
    product = mugs.items.order_by("position")[0].product
    page = owner.get(reverse("admin:catalogue_product_change", args=[product.pk])).content.decode()
    assert "prodgen_pose-0-pose" in page
    assert owner.get(reverse("admin:prodgen_django_pose_changelist")).status_code == 200
    assert Pose in admin.site._registry
