"""Across a category: what stands out is shown, and staged as the others are with one click."""

from __future__ import annotations

from typing import Any

import pytest
from django.urls import reverse

from prodgen_django.jobs import create_job
from prodgen_django.models import GeneratedImage, Job
from tests.admin.conftest import finish
from tests.conftest import Broker

LOOK = {"fill": 0.74, "across": 0.5, "down": 0.5, "light": 80.0, "green": 0.0, "warm": 4.0, "shadow": 25.0}


@pytest.fixture(autouse=True)
def _no_broker(broker: Broker) -> None:
    """Nothing is published anywhere."""


def test_what_stands_out_is_staged_as_the_others(owner: Any, make_products: Any) -> None:
    images = finish(create_job("display", products=make_products(6), draft=True))
    for number, image in enumerate(images):
        odd = number == 2
        image.scores["look"] = LOOK | ({"fill": 0.4, "light": 20.0} if odd else {"fill": 0.74 + number / 500})
        image.recipe = {"style": "grey" if odd else "oak", "size": [1000, 1000]}
        image.state = "approved"
        image.save()
    page = owner.get(reverse("admin:prodgen_alike")).content.decode()
    assert page.count("The product is shown at another size.") == 1
    assert "Thing 2" in page
    assert "Thing 1" not in page
    reply = owner.post(reverse("admin:prodgen_alike"), {"category": "No category"})
    job = Job.objects.latest("pk")
    assert reply.url == job.get_absolute_url()
    item = job.items.get()
    assert (item.product_id, item.photos) == (images[2].product_id, images[2].sources[:1])
    assert (job.options["styles"], job.options["size"]) == (["oak-morning"], 1000)
    assert GeneratedImage.objects.get(pk=images[2].pk).state == "approved"  # until the new one is


def test_only_who_may_generate_makes_alike(staff: Any, reviewed_job: Job) -> None:
    address = reverse("admin:prodgen_alike")
    client = staff("review")
    assert client.get(address).status_code == 200
    assert client.post(address, {"category": "x"}).status_code == 403
