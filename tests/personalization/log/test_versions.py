"""The event log teaches the policy exactly once, and pages choose by the newest version."""

from __future__ import annotations

import uuid
from datetime import timedelta

import numpy as np
import pytest
from django.core.management import call_command
from django.db import IntegrityError
from django.utils import timezone
from oscar.test.factories import create_product

from prodgen_django.models import Exposure, GeneratedImage, PolicyVersion
from prodgen_django.personalization.log import kept, versions
from prodgen_django.personalization.policy.features import taste_vector
from prodgen_django.personalization.policy.model import Policy, shares
from prodgen_django.tasks import learn as learn_task

LOOKS = {"warm": (["light", "warm", "wood"], ["#c08040"]), "cool": (["light", "cool", "marble"], ["#4080c0"])}


def picture(product, look):
    tags, palette = LOOKS[look]
    return GeneratedImage.objects.create(
        product=product, kind="display", file=f"prodgen/{uuid.uuid4().hex}.jpg", sha256="0", width=8, height=8,
        tags=tags, palette=palette, state=GeneratedImage.State.PUBLISHED, published_at=timezone.now(),
    )  # fmt: skip


def shown(picture_, candidates, clicked, taste=None, hours=3, **values):
    at = timezone.now() - timedelta(hours=hours)
    return Exposure(
        token=uuid.uuid4().hex, visitor=uuid.uuid4().hex, product_id=picture_.product_id, image=picture_,
        candidates=[c.pk for c in candidates], propensity=0.5, context=taste or {"tag:cool": 0.8}, shown_at=at,
        clicked_at=at if clicked else None, **values,
    )  # fmt: skip


@pytest.fixture
def log(db):
    """Visitors who like cool things click the warm picture instead, thirty times of a hundred."""
    kept.forget_cache()
    product = create_product(title="Vase")
    pictures = [picture(product, "warm"), picture(product, "cool")]
    Exposure.objects.bulk_create(
        [shown(pictures[i % 2], pictures, clicked=i % 2 == 0 and i % 20 < 6) for i in range(1200)]
    )
    yield product, pictures
    kept.forget_cache()


def chosen(policy: Policy, pictures) -> tuple[float, ...]:
    styles, worth = (
        versions.picture_styles(p.pk for p in pictures),
        policy.worth(taste_vector({"tag:cool": 0.8})),
    )
    return shares([float(np.dot(styles[p.pk], worth)) for p in pictures], 0.01)


def test_what_visitors_do_overrules_what_was_believed(log, django_assert_num_queries):
    _product, pictures = log
    assert chosen(versions.remember(None), pictures)[1] > 0.9
    call_command("prodgen_learn")
    version = PolicyVersion.objects.get()
    assert (version.number, version.impressions, version.clicks) == (1, 1200, 180)
    # A process that has just looked goes on with what it has, and asks nothing.
    with django_assert_num_queries(0):
        assert versions.cached_policy().version == "0"
    policy = versions.remember(versions.policy_rows().values_list("policy", flat=True).get())
    assert policy.version == "1"
    assert chosen(policy, pictures)[0] > 0.9


def test_each_exposure_is_learnt_from_once_and_not_before_its_time(log):
    _product, pictures = log
    learn_task()
    learn_task()
    assert PolicyVersion.objects.count() == 1
    Exposure.objects.bulk_create(
        [shown(pictures[0], pictures, True, hours=2) for _ in range(3)]
        + [shown(pictures[0], pictures, True, hours=0)]
        + [shown(pictures[0], pictures, True, is_simulated=True)]
    )
    assert versions.learn().impressions == 3
    assert PolicyVersion.objects.get(is_current=True).number == 2
    assert versions.sums_of(versions.latest()).exposures == 1203
    assert Exposure.objects.filter(learnt_in=None).count() == 2


def test_a_worker_that_comes_second_writes_nothing(log, monkeypatch):
    # Somebody else makes version 1 between our look and our insert.
    def beaten(**values):
        monkeypatch.undo()
        raise IntegrityError("UNIQUE constraint failed")

    monkeypatch.setattr(type(PolicyVersion.objects), "create", lambda self, **values: beaten(**values))
    assert versions.learn() == versions.Learnt()
    assert not Exposure.objects.exclude(learnt_in=None).exists()
    assert versions.learn().impressions == 1200


def test_a_crash_on_the_way_leaves_everything_to_be_learnt(log, monkeypatch):
    monkeypatch.setattr(versions, "write_version", lambda *a, **k: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        versions.learn()
    assert not PolicyVersion.objects.exists()
    monkeypatch.undo()
    assert versions.learn().impressions == 1200


def test_small_batches_come_to_the_same_as_large_ones(log):
    versions.learn(limit=5000)
    one = versions.sums_of(versions.latest()).policy()
    call_command("prodgen_learn", "--again")
    versions.relearn()
    assert versions.learn(limit=500).version == 3
    assert abs(versions.sums_of(versions.latest()).policy().weights - one.weights).max() < 1e-9


def test_pictures_that_are_gone_teach_nothing_and_stop_nothing(log):
    _product, pictures = log
    pictures[0].delete()
    done = versions.learn()
    assert (done.impressions, done.skipped) == (600, 600)
    assert versions.learn() == versions.Learnt()


def test_baskets_and_orders_count_as_followed(log):
    _product, pictures = log
    versions.learn()
    at = timezone.now() - timedelta(hours=2)
    one = shown(pictures[0], pictures, False, basket_at=at)
    two = shown(pictures[0], pictures, False, ordered_at=at)
    Exposure.objects.bulk_create([one, two])
    assert versions.learn().clicks == 2


def test_a_version_of_another_release_is_not_used(log):
    versions.learn()
    row = PolicyVersion.objects.get()
    for broken in (row.policy.replace("[20, 13", "[20, 12"), "{", '{"version": "1"}'):
        assert versions.remember(broken).version == "0"
    row.sums = {"mean": ""}
    assert versions.sums_of(row).exposures == 0
