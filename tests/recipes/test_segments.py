"""A shop makes pictures for groups of customers, in the styles that its products lack."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from prodgen_django.jobs import create_job, queue_job
from prodgen_django.jobs.run import run_here
from prodgen_django.models import GeneratedImage, Job, TasteSegment
from prodgen_django.recipes.segments import EDITORIAL, known_segments, suiting
from prodgen_django.studio.backdrop import backdrop
from tests.personalization.serve.test_choice import published
from tests.recipes.test_recipes import product

TASTES = (
    {"tag:warm": 0.8, "tag:wood": 0.7, "tag:natural": 0.4},
    {"tag:dark": 0.8, "tag:elegant": 0.7},
)


def test_a_shops_own_segments_take_the_place_of_the_editorial_ones(db: None) -> None:
    assert [segment.name for segment in known_segments()] == [str(name) for name, _weights in EDITORIAL]
    assert all(suiting(segment) for segment in known_segments())
    warm = TasteSegment.objects.create(name="Warm", weights=TASTES[0])
    assert known_segments() == [warm]
    assert "wood" in backdrop(suiting(warm)[0]).tags


@pytest.mark.django_db(transaction=True)
def test_the_action_makes_what_each_segment_lacks(
    settings: Any, tmp_path: Any, remembered_cutouts: None
) -> None:
    settings.PRODGEN = {"CATALOG": "tests.recipes.catalog.FolderCatalog", "WORK_DIR": str(tmp_path)}
    warm = TasteSegment.objects.create(name="Warm", weights=TASTES[0])
    TasteSegment.objects.create(name="Elegant", weights=TASTES[1])
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
    # Which of its photos serves best, and every second cut-out, is no matter of segments.
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
    warm = TasteSegment.objects.create(name="Warm", weights=TASTES[0])
    mug = product("meadow-mug")
    had = published(mug, "warm")
    had.recipe = {"style": suiting(warm)[0]}
    had.save()
    with pytest.raises(ValidationError, match="nothing to do"):
        create_job("segments", products=[mug])
