"""The event log teaches the policy exactly once, and pages choose by the newest version."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db import IntegrityError
from django.test import override_settings
from django.utils import timezone
from oscar.test.factories import create_product

from prodgen_django.models import Exposure, GeneratedImage, PictureRecord, PolicyVersion
from prodgen_django.personalization import policies
from prodgen_django.personalization.features import shop_prior, taste_vector
from prodgen_django.personalization.policy import Arm, choose
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
    policies.forget_cache()
    product = create_product(title="Vase")
    pictures = [picture(product, "warm"), picture(product, "cool")]
    Exposure.objects.bulk_create(
        [shown(pictures[i % 2], pictures, clicked=i % 2 == 0 and i % 20 < 6) for i in range(1200)]
    )
    yield product, pictures
    policies.forget_cache()


def chosen(ensemble, pictures):
    styles = policies.picture_styles(p.pk for p in pictures)
    arms = [Arm(p.pk, styles[p.pk]) for p in pictures]
    return choose(ensemble, taste_vector({"tag:cool": 0.8}), arms, 2**59).propensities


def test_what_visitors_do_overrules_what_was_believed(log, django_assert_num_queries):
    _product, pictures = log
    assert chosen(policies.remember(None), pictures)[1] > 0.9
    call_command("prodgen_learn")
    version = PolicyVersion.objects.get()
    assert (version.number, version.impressions, version.clicks) == (1, 1200, 180)
    # A process that has just looked goes on with what it has, and asks nothing.
    with django_assert_num_queries(0):
        assert policies.cached_ensemble().version == "0"
    ensemble = policies.remember(policies.ensemble_rows().values_list("ensemble", flat=True).get())
    assert ensemble.version == "1"
    assert chosen(ensemble, pictures)[0] > 0.9
    record = PictureRecord.objects.get(pk=pictures[0].pk)
    assert (record.impressions, record.clicks) == (600, 180)


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
    assert policies.learn().impressions == 3
    assert PolicyVersion.objects.get(is_current=True).number == 2
    assert PictureRecord.objects.get(pk=pictures[0].pk).impressions == 603
    assert Exposure.objects.filter(learnt_in=None).count() == 2


def test_a_worker_that_comes_second_writes_nothing(log, monkeypatch):
    # Somebody else makes version 1 between our look and our insert.
    def beaten(**values):
        monkeypatch.undo()
        raise IntegrityError("UNIQUE constraint failed")

    monkeypatch.setattr(type(PolicyVersion.objects), "create", lambda self, **values: beaten(**values))
    assert policies.learn() == policies.Learnt()
    assert not PictureRecord.objects.exists()
    assert not Exposure.objects.exclude(learnt_in=None).exists()
    assert policies.learn().impressions == 1200


def test_a_crash_on_the_way_leaves_everything_to_be_learnt(log, monkeypatch):
    monkeypatch.setattr(policies, "write_version", lambda *a, **k: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        policies.learn()
    assert not PolicyVersion.objects.exists()
    assert not PictureRecord.objects.exists()
    monkeypatch.undo()
    assert policies.learn().impressions == 1200


def test_small_batches_come_to_the_same_as_large_ones(log):
    policies.learn(limit=5000)
    whole = PictureRecord.objects.order_by("pk").values_list("impressions", "clicks")
    one, counts = policies.latest_state(), list(whole)
    call_command("prodgen_learn", "--again")
    policies.relearn()
    assert policies.learn(limit=500).version == 3
    assert list(whole) == counts
    assert abs(policies.latest_state().mean - one.mean).max() < 0.1


def test_pictures_that_are_gone_teach_nothing_and_stop_nothing(log):
    _product, pictures = log
    pictures[0].delete()
    done = policies.learn()
    assert (done.impressions, done.skipped) == (600, 600)
    assert policies.learn() == policies.Learnt()


def test_baskets_and_orders_count_as_followed(log):
    _product, pictures = log
    policies.learn()
    at = timezone.now() - timedelta(hours=2)
    one = shown(pictures[0], pictures, False, basket_at=at)
    two = shown(pictures[0], pictures, False, ordered_at=at)
    Exposure.objects.bulk_create([one, two])
    assert policies.learn().clicks == 2


def test_the_way_of_choosing_is_a_setting(log):
    _product, pictures = log
    policies.learn()
    with override_settings(PRODGEN={"POLICY_MODE": "greedy", "POLICY_EXPLORE": 0.0}):
        assert chosen(policies.latest_state(), pictures) == (1.0, 0.0)


def test_a_version_on_other_axes_is_not_used(log):
    policies.learn()
    row = PolicyVersion.objects.get()
    for broken in (row.ensemble.replace('"crossed": 13', '"crossed": 12'), "{", '{"version": "1"}'):
        assert policies.remember(broken).version == shop_prior().ensemble().version
