"""What is past its time is erased, by the same task that keeps tastes up to date, and nothing else is."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import override_settings
from django.utils import timezone
from oscar.test.factories import create_product

from prodgen_django.models import Exposure, TasteProfile
from prodgen_django.personalization import record_consent
from prodgen_django.personalization.log.profiles import refresh

KEPT = {
    "CONSENT": "tests.personalization.report.test_why.yes",
    "EVENT_RETENTION_DAYS": 90,
    "TASTE_RETENTION_DAYS": 200,
}


@pytest.fixture
def log(db: None) -> list[Exposure]:
    """Exposures of one product, so many days old."""
    product = create_product(title="Mug")
    return Exposure.objects.bulk_create(
        Exposure(
            token=f"t{days}", visitor="v" * 32, product=product, clicked_at=timezone.now(),
            shown_at=timezone.now() - timedelta(days=days),
        )
        for days in (0, 30, 89, 91, 400)
    )  # fmt: skip


@override_settings(PRODGEN=KEPT)
def test_exposures_past_their_retention_are_erased_whatever_came_of_them(log: list[Exposure]) -> None:
    assert refresh().expired == 2
    assert set(Exposure.objects.values_list("token", flat=True)) == {"t0", "t30", "t89"}
    assert refresh().expired == 0


@override_settings(PRODGEN={**KEPT, "EVENT_RETENTION_DAYS": 10})
def test_the_retention_is_the_shops_to_set(log: list[Exposure]) -> None:
    assert refresh().expired == 4
    assert Exposure.objects.get().token == "t0"


@override_settings(PRODGEN=KEPT)
def test_many_rows_are_erased_to_the_last(log: list[Exposure], monkeypatch: Any) -> None:
    monkeypatch.setattr("prodgen_django.personalization.log.retention.EXPIRED_AT_ONCE", 1)
    assert refresh().expired == 2


@override_settings(PRODGEN=KEPT)
def test_a_profile_that_nothing_renewed_goes_with_its_time(db: None) -> None:
    for name, days in (("new", 1), ("old", 201)):
        user = User.objects.create_user(name)
        record_consent(user, given=True)
        TasteProfile.objects.create(user=user, weights={"tag:warm": 0.5})
        TasteProfile.objects.filter(user=user).update(updated_at=timezone.now() - timedelta(days=days))
    assert refresh().expired == 1
    assert TasteProfile.objects.get().user.username == "new"
