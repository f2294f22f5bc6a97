"""A shop makes pictures for groups of customers, in the styles that its products lack."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from prodgen_django.jobs import create_job, queue_job
from prodgen_django.jobs.run import run_here
from prodgen_django.models import GeneratedImage, Job, ProfilingConsent, TasteProfile, TasteSegment
from prodgen_django.personalization.features import AXES
from prodgen_django.personalization.profiles import forget, remembers
from prodgen_django.personalization.segments import find_segments, known_segments, refresh_segments
from prodgen_django.recipes.segments import suiting
from prodgen_django.studio.backdrop import backdrop
from tests.personalization.test_choice import published
from tests.recipes.test_recipes import product

TASTES = (
    {"tag:warm": 0.8, "tag:wood": 0.7, "tag:natural": 0.4},
    {"tag:dark": 0.8, "tag:elegant": 0.7},
    {"tag:pastel": 0.7, "tag:soft": 0.7, "tag:light": 0.5},
)


def customers(count: int) -> list[User]:
    """Of three tastes in turn, each a little different and of another strength."""
    chance = np.random.default_rng(5)
    users = User.objects.bulk_create(User(username=f"u{n}", email=f"u{n}@shop.example") for n in range(count))
    TasteProfile.objects.bulk_create(
        TasteProfile(
            user=user,
            signals=5,
            weights={
                name: round(value * chance.uniform(0.3, 1.0) * chance.uniform(0.7, 1.3), 4)
                for name, value in TASTES[n % 3].items()
            },
        )
        for n, user in enumerate(users)
    )
    return users


def test_segments_are_found_where_there_are_enough_customers(db: None) -> None:
    users = customers(240)
    assert refresh_segments() == 3
    by_taste = [{p.segment_id for p in TasteProfile.objects.filter(user__in=users[n::3])} for n in range(3)]
    assert [len(found) for found in by_taste] == [1, 1, 1]
    assert len(set.union(*by_taste)) == 3
    assert sum(TasteSegment.objects.values_list("size", flat=True)) == 240
    assert set(TasteSegment.objects.values_list("is_editorial", flat=True)) == {False}
    warm = TasteSegment.objects.get(pk=by_taste[0].pop())
    assert "warm" in warm.name.lower() or "wood" in warm.name.lower()
    assert "wood" in backdrop(suiting(warm)[0]).tags
    # Found again they are the same, and forgetting one customer leaves nothing of their place.
    names = set(TasteSegment.objects.values_list("name", flat=True))
    assert refresh_segments() == 3
    assert set(TasteSegment.objects.values_list("name", flat=True)) == names
    assert forget(users[0].pk)["prodgen_django.TasteSegment"] == 1
    assert not remembers(users[0].pk)
    assert not ProfilingConsent.objects.get(user=users[0]).given


def test_few_customers_make_no_segments(db: None) -> None:
    customers(199)
    assert refresh_segments() == 0
    assert not TasteProfile.objects.exclude(segment=None).exists()
    assert all(segment.is_editorial and suiting(segment) for segment in known_segments())


def test_tastes_without_groups_are_told_apart_badly() -> None:
    chance = np.random.default_rng(1)
    groups = np.repeat(np.eye(len(AXES))[:4], 60, axis=0) + 0.1 * chance.random((240, len(AXES)))
    assert find_segments(groups).silhouette > 0.7
    assert find_segments(chance.random((240, len(AXES)))).silhouette < 0.2
    nothing = find_segments(np.zeros((240, len(AXES))))
    assert set(nothing.labels) == {-1}


@pytest.mark.django_db(transaction=True)
def test_the_action_makes_what_each_segment_lacks(
    settings: Any, tmp_path: Any, remembered_cutouts: None
) -> None:
    settings.PRODGEN = {"CATALOG": "tests.recipes.catalog.FolderCatalog", "WORK_DIR": str(tmp_path)}
    warm = TasteSegment.objects.create(name="Warm", weights=TASTES[0], is_editorial=True)
    TasteSegment.objects.create(name="Elegant", weights=TASTES[1], is_editorial=True)
    mug, vase = product("meadow-mug"), product("anello-vase")
    had = published(mug, "warm")
    had.recipe = {"style": suiting(warm)[0]}
    had.save()

    client = Client()
    client.force_login(User.objects.create_superuser("owner"))
    chosen = {"action": "prodgen_segments", "_selected_action": [mug.pk, vase.pk]}
    response = client.post(reverse("admin:catalogue_product_changelist"), chosen)
    job = Job.objects.get()
    assert response.url == reverse("admin:prodgen_job_options", args=[job.pk])
    page = client.get(response.url).content.decode()
    assert "Warm" in page
    assert "Elegant" in page

    job.options = {"size": 1000, "backdrops": 1}
    job.save()
    queue_job(job)
    planned = {(item.product_id, item.options["segment"]): item.options["styles"] for item in job.items.all()}
    # The mug has the warm backdrop already.
    assert set(planned) == {(mug.pk, "Elegant"), (vase.pk, "Warm"), (vase.pk, "Elegant")}
    job.items.exclude(product=mug).delete()
    # Which of its photos serves best, and every second cut-out, are no matter of segments.
    job.items.update(photos=["meadow-mug-1.jpg"])
    run_here(job.pk)
    made = job.images.get()
    assert made.kind == "display"
    assert made.state == GeneratedImage.State.PENDING
    assert [made.recipe["style"]] == planned[mug.pk, "Elegant"]
    assert "Elegant" in made.title


@pytest.mark.django_db
def test_where_nothing_is_lacking_it_says_so(settings: Any) -> None:
    from django.core.exceptions import ValidationError

    settings.PRODGEN = {"CATALOG": "tests.recipes.catalog.FolderCatalog"}
    warm = TasteSegment.objects.create(name="Warm", weights=TASTES[0], is_editorial=True)
    mug = product("meadow-mug")
    had = published(mug, "warm")
    had.recipe = {"style": suiting(warm)[0]}
    had.save()
    with pytest.raises(ValidationError, match="nothing to do"):
        create_job("segments", products=[mug])
