"""What Oscar keeps of searches becomes part of a taste; what does not belong there is not kept."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import override_settings
from django.utils import timezone
from oscar.core.loading import get_model
from oscar.test.factories import create_product

from prodgen_django.contrib.oscar.taste import OscarTaste
from prodgen_django.models import ProductTraits, TasteProfile
from prodgen_django.personalization import record_consent
from prodgen_django.personalization.log.profiles import refresh

UserSearch = get_model("analytics", "UserSearch")
YES = {
    "CONSENT": "tests.personalization.report.test_why.yes",
    "TASTE_RETENTION_DAYS": 100,
    "TASTE_HALF_LIFE_DAYS": 10,
}


@pytest.fixture
def customer(db: None) -> Any:
    user = User.objects.create_user("ida", "ida@shop.example")
    record_consent(user, given=True)
    return user


def search(user: Any, query: str, days: float = 0) -> None:
    row = UserSearch.objects.create(user=user, query=query)
    UserSearch.objects.filter(pk=row.pk).update(date_created=timezone.now() - timedelta(days=days))


def taste_of(user: Any) -> dict[str, float]:
    refresh()
    profile = TasteProfile.objects.filter(user=user).first()
    return profile.weights if profile else {}


@override_settings(PRODGEN=YES)
def test_a_search_says_what_its_words_stand_for_and_its_words_are_not_kept(customer: Any) -> None:
    search(customer, "oak bowl for Aunt Mildred of 12 Mill Lane")
    taste = taste_of(customer)
    assert set(taste) == {"tag:wood", "tag:natural"}
    search(customer, "terracotta")
    assert {"tag:warm", "colour:#c4653f"} < set(taste_of(customer))


@override_settings(PRODGEN=YES)
def test_a_search_without_such_words_makes_no_profile(customer: Any) -> None:
    search(customer, "something nice for under 20 pounds")
    search(customer, "")
    assert taste_of(customer) == {}


@override_settings(PRODGEN=YES)
def test_an_older_search_says_less_and_one_past_the_retention_nothing(customer: Any) -> None:
    search(customer, "oak", days=20)
    search(customer, "marble")
    search(customer, "festive", days=101)
    taste = taste_of(customer)
    # Two half-lives: a quarter.
    assert taste["tag:wood"] == pytest.approx(taste["tag:marble"] / 4, rel=0.01)
    assert "tag:festive" not in taste


@override_settings(PRODGEN=YES)
def test_a_search_says_as_much_as_a_look(customer: Any) -> None:
    product = create_product(title="Mug")
    get_model("analytics", "UserProductView").objects.create(user=customer, product=product)
    search(customer, "marble")
    ProductTraits.objects.create(product=product, traits={"tag:dark": 1.0})
    signals = {
        signal.kind for signal, _features in OscarTaste().words(customer.pk, timezone.now() - timedelta(1))
    }
    assert signals == {"search"}
    taste = taste_of(customer)
    assert taste["tag:marble"] == pytest.approx(taste["tag:elegant"])


@override_settings(PRODGEN=YES)
def test_searches_of_others_and_of_nobody_count_for_nobody_else(customer: Any) -> None:
    other = User.objects.create_user("otto")
    record_consent(other, given=True)
    search(other, "marble")
    search(customer, "oak")
    assert "tag:marble" not in taste_of(customer)
    since = timezone.now() - timedelta(days=1)
    assert set(OscarTaste().active_users(since)) == {customer.pk, other.pk}


@override_settings(PRODGEN=YES)
def test_a_search_without_consent_makes_no_profile(customer: Any) -> None:
    search(customer, "oak")
    assert taste_of(customer)
    record_consent(customer, given=False)
    assert taste_of(customer) == {}
