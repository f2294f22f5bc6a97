"""A visitor who asks why they see a picture is told the true reason, in words."""

from __future__ import annotations

import json
import uuid
from datetime import datetime
from html import unescape
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.template import Context, Template
from django.test import RequestFactory, override_settings
from django.utils import timezone
from oscar.core.loading import get_model
from oscar.test.factories import create_product

from prodgen_django.models import GeneratedImage
from prodgen_django.personalization.serve.cookies import Memory, now_hour, write_seen

COOKIE = "a" * 22
GREEDY = {"CONSENT": "tests.personalization.report.test_why.yes", "HOLDOUT": 0, "POLICY_EXPLORE": 0}


def yes(request: Any) -> bool:
    return True


def publish(product: Any, *tags: str, colour: str = "#c4653f") -> GeneratedImage:
    return GeneratedImage.objects.create(
        product=product, kind="display", state="published", file=f"prodgen/{uuid.uuid4().hex}.jpg",
        sha256="0", width=800, height=800, tags=list(tags), palette=[colour], published_at=timezone.now(),
    )  # fmt: skip


def asked(product: Any, *liked: Any, seen: dict[str, Memory] | None = None) -> list[str]:
    """What the page of a product says to a visitor who has looked at others."""
    request = RequestFactory().get("/")
    request.user = AnonymousUser()
    request.COOKIES["oscar_history"] = json.dumps([other.pk for other in liked])
    request.COOKIES |= {"prodgen_id": COOKIE, "prodgen_seen": write_seen(seen or {})}
    page = Template(
        "{% load prodgen %}{% prodgen_why product as reasons %}{% for r in reasons %}{{ r }}\n{% endfor %}"
    )
    return unescape(page.render(Context({"request": request, "product": product}))).splitlines()


@pytest.fixture
def mug(db: None) -> Any:
    product = create_product(title="Mug")
    publish(product, "cool", "marble", colour="#4080c0")
    publish(product, "warm", "wood")
    return product


@pytest.fixture
def bowl(db: None) -> Any:
    product = create_product(title="Bowl")
    publish(product, "warm", "wood")
    return product


@override_settings(PRODGEN=GREEDY)
def test_what_a_visitor_looked_at_is_named_in_their_words(mug: Any, bowl: Any) -> None:
    (reason,) = asked(mug, bowl)
    assert reason.startswith("It fits what you looked at and bought:")
    assert {"wood", "warm", "terracotta"} == set(reason.partition(": ")[2].rstrip(".").split(", "))
    assert "#" not in reason


@override_settings(PRODGEN=GREEDY)
def test_a_picture_that_meets_no_taste_is_not_explained_by_one(db: None, bowl: Any) -> None:
    vase = create_product(title="Vase")
    for _ in range(2):
        publish(vase, "festive", colour="#3a6fb0")
    assert asked(vase) == [
        "Nothing is known of your taste yet; the picture is one that is liked, or is tried out."
    ]
    assert asked(vase, bowl) == ["It was tried out, to learn whether you like it."]


def test_who_has_not_agreed_is_told_nothing_of_themselves(mug: Any, bowl: Any) -> None:
    (reason,) = asked(mug, bowl)
    assert "has not agreed" in reason
    assert "warm" not in reason


@override_settings(PRODGEN=GREEDY)
def test_where_there_is_no_choice_that_is_the_reason(bowl: Any) -> None:
    assert asked(bowl, bowl) == ["It is the only published picture of the product."]
    plain = create_product(title="Plain")
    assert asked(plain) == ["The shop has no picture of the product yet."]
    get_model("catalogue", "ProductImage").objects.create(product=plain, original="plain.jpg")
    assert asked(plain)[0].startswith("This is the shop's own photo")


@override_settings(PRODGEN={**GREEDY, "HOLDOUT": 1})
def test_the_hold_out_is_told_that_chance_decided(mug: Any, bowl: Any) -> None:
    (reason,) = asked(mug, bowl)
    assert "at random" in reason


@override_settings(PRODGEN={**GREEDY, "STABLE_DAYS": 7})
def test_what_was_seen_before_says_since_when(mug: Any, bowl: Any) -> None:
    cool = GeneratedImage.objects.get(product=mug, palette=["#4080c0"])
    hour = now_hour() - 48
    reasons = asked(mug, bowl, seen={str(mug.pk): Memory(cool.pk, hour, share=0.5)})
    assert "stays the same for 7 days" in reasons[-1]
    assert str(datetime.fromtimestamp(hour * 3600, timezone.get_current_timezone()).day) in reasons[-1]
    assert "wood" not in reasons[0], "the picture shown is not the one that would fit"
