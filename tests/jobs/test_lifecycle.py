"""A job from creation to its end, as the admin and the commands drive it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from prodgen_django.jobs import JobStateError, cancel_job, create_job, queue_job, retry_failed, update_draft
from prodgen_django.jobs.preview import request_preview
from prodgen_django.jobs.run import run_batch, run_here
from prodgen_django.jobs.sweep import sweep
from prodgen_django.models import GeneratedImage, Job, JobItem
from prodgen_django.signals import job_finished
from tests.conftest import Broker

pytestmark = pytest.mark.django_db(transaction=True)


def states(job: Job) -> list[str]:
    return list(job.items.order_by("position").values_list("state", flat=True))


def finished(job: Job) -> Job:
    run_here(job.pk)
    job.refresh_from_db()
    return job


def test_job_makes_every_picture_once(products: list[Any]) -> None:
    job = create_job("paint", products=products, options={"pictures": 2})
    assert (job.state, job.counts()["queued"]) == ("queued", 6)
    assert finished(job).state == Job.State.SUCCEEDED
    assert job.progress == 1.0
    images = GeneratedImage.objects.filter(job=job)
    assert sorted(images.values_list("product_id", "slot")) == sorted(
        (product.pk, slot) for product in products for slot in (0, 1)
    )
    for image in images:
        assert image.file.storage.exists(image.file.name)
        assert image.file.storage.exists(image.thumbnail)
    assert job.started_at
    assert job.finished_at


def test_one_bad_product_leaves_the_others_alone(products: list[Any]) -> None:
    job = finished(create_job("paint", products=products, options={"mood": "Thing 2"}))
    assert job.state == Job.State.PARTLY_FAILED
    assert states(job) == ["done", "done", "failed", "done", "done", "done"]
    bad = job.items.get(state="failed")
    assert (bad.error_code, bad.error) == ("refused", "Thing 2 cannot be painted.")
    assert bad.attempts == 1


def test_job_in_which_all_failed_is_failed_and_can_be_retried(products: list[Any]) -> None:
    job = finished(create_job("paint", products=products[:2], options={"mood": "refuse"}))
    assert job.state == Job.State.FAILED
    Job.objects.filter(pk=job.pk).update(options={**job.options, "mood": "calm"})
    assert retry_failed(job) == 2
    assert job.state == Job.State.QUEUED
    assert finished(job).state == Job.State.SUCCEEDED
    assert GeneratedImage.objects.count() == 2


@pytest.mark.parametrize("mood", ["raise", "forget"])
def test_what_keeps_going_wrong_fails_after_three_attempts_in_words(products: list[Any], mood: str) -> None:
    job = finished(create_job("paint", products=products, options={"mood": mood}))
    assert job.state == Job.State.FAILED
    assert set(job.items.values_list("attempts", flat=True)) == {3}
    assert all("3 times" in error for error in job.items.values_list("error", flat=True))
    assert not GeneratedImage.objects.exists()


def test_passing_trouble_costs_an_attempt_and_no_picture(products: list[Any]) -> None:
    job = finished(create_job("paint", products=products, options={"mood": "raise-once"}))
    assert job.state == Job.State.SUCCEEDED
    assert GeneratedImage.objects.filter(job=job).count() == 6
    assert not job.items.exclude(error="").exists()


def test_stopped_process_puts_its_items_back_without_blame(products: list[Any]) -> None:
    job = create_job("paint", products=products, options={"mood": "interrupt"})
    with pytest.raises(KeyboardInterrupt):
        run_batch(job.pk)
    assert set(states(job)) == {"queued"}
    assert set(job.items.values_list("attempts", flat=True)) == {0}


def test_batch_holds_items_of_like_options_only(products: list[Any]) -> None:
    job = create_job("paint", products=products)
    JobItem.objects.filter(job=job, position__in=[1, 2]).update(options={"pictures": 2})
    assert run_batch(job.pk) == 4
    assert states(job) == ["done", "queued", "queued", "done", "done", "done"]
    assert run_batch(job.pk) == 2


def test_draft_waits_until_it_is_queued(products: list[Any]) -> None:
    job = create_job("paint", products=products, draft=True)
    assert run_batch(job.pk) == 0
    with pytest.raises(ValidationError, match="pictures"):
        update_draft(job, {"pictures": 9})
    update_draft(job, {"pictures": 3})
    queue_job(job)
    assert queue_job(job).state == Job.State.QUEUED
    with pytest.raises(JobStateError):
        update_draft(job, {"pictures": 1})
    assert finished(job).images.count() == 18
    with pytest.raises(JobStateError):
        queue_job(job)


def test_cancel_ends_what_waits_at_once(products: list[Any]) -> None:
    job = create_job("paint", products=products)
    run_batch(job.pk)
    assert cancel_job(job).state == Job.State.CANCELLED
    assert states(job) == ["done"] * 4 + ["cancelled"] * 2
    assert cancel_job(job).state == Job.State.CANCELLED
    assert run_batch(job.pk) == 0
    with pytest.raises(JobStateError):
        retry_failed(job)


def test_cancelled_draft_is_over(products: list[Any]) -> None:
    assert cancel_job(create_job("paint", products=products, draft=True)).state == Job.State.CANCELLED


def test_finished_job_cannot_be_cancelled(products: list[Any]) -> None:
    job = finished(create_job("paint", products=products))
    with pytest.raises(JobStateError):
        cancel_job(job)


def test_wrong_wishes_are_refused(products: list[Any], settings: Any) -> None:
    with pytest.raises(LookupError):
        create_job("no-such", products=products)
    with pytest.raises(ValidationError):
        create_job("paint", products=[])
    with pytest.raises(ValidationError, match="Unknown options: sise"):
        create_job("paint", products=products, options={"sise": 3})
    settings.PRODGEN = {**settings.PRODGEN, "MAX_PRODUCTS": 5}
    with pytest.raises(ValidationError, match="6 products are too many"):
        create_job("paint", products=products)
    assert not Job.objects.exists()


def test_end_is_told_once(products: list[Any]) -> None:
    heard: list[Job] = []
    receiver = lambda job, **_: heard.append(job)  # noqa: E731
    job_finished.connect(receiver)
    try:
        job = finished(create_job("paint", products=products))
        run_batch(job.pk)
    finally:
        job_finished.disconnect(receiver)
    assert heard == [job]


def test_same_seed_makes_the_same_bytes(products: list[Any]) -> None:
    jobs = [finished(create_job("paint", products=products, seed=seed)) for seed in (7, 7, 8)]
    hashes = [sorted(job.images.values_list("sha256", flat=True)) for job in jobs]
    assert hashes[0] == hashes[1] != hashes[2]


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"QUALITY": 900}, "PRODGEN['QUALITY'] is 900"),
        ({"RECIPES": {"paint": "tests.jobs.recipes.picture"}}, "PRODGEN['RECIPES']['paint'] is"),
        ({"CATALOG": "nowhere.Catalog"}, "PRODGEN['CATALOG'] is 'nowhere.Catalog'"),
        ({"LEASE_SECONDS": "60"}, "PRODGEN['LEASE_SECONDS'] is '60'"),
        ({"HEARTBEAT_SECONDS": None}, "PRODGEN['HEARTBEAT_SECONDS'] is None"),
        ({"MAX_ATTEMPTS": 2.5}, "PRODGEN['MAX_ATTEMPTS'] is 2.5"),
        ({"STORAGE": "nope"}, "PRODGEN['STORAGE'] is 'nope'"),
    ],
)
def test_wrong_setting_fails_a_job_once_and_in_words(
    products: list[Any], settings: Any, wrong: dict[str, Any], named: str
) -> None:
    job = create_job("paint", products=products, options={"mood": "quality"})
    settings.PRODGEN = {**settings.PRODGEN, **wrong}
    run_batch(job.pk)
    job.refresh_from_db()
    assert job.state == Job.State.FAILED
    for item in job.items.all():
        assert (item.state, item.error_code) == (JobItem.State.FAILED, "misconfigured")
        assert item.attempts <= 1
        assert named in item.error
        assert "start the job again" in item.error


def test_kind_that_a_worker_does_not_know_fails_in_words(products: list[Any], settings: Any) -> None:
    job = create_job("paint", products=products)
    settings.PRODGEN = {}
    run_batch(job.pk)
    job.refresh_from_db()
    assert job.state == Job.State.FAILED
    assert "paint" in job.items.first().error


class TestDraftsLeftBehind:
    """Whoever leaves an options page leaves a draft; what nobody saved goes after two days."""

    def age(self, job: Job, days: float) -> None:
        Job.objects.filter(pk=job.pk).update(created_at=timezone.now() - timedelta(days=days))

    def test_one_that_nobody_saved_goes(self, products: list[Any]) -> None:
        old, young = (create_job("paint", products=products, draft=True) for _ in range(2))
        self.age(old, 3)
        self.age(young, 1)
        assert sweep().drafts == 1
        assert list(Job.objects.all()) == [young]

    def test_one_that_was_saved_stays(self, products: list[Any]) -> None:
        job = create_job("paint", products=products, draft=True)
        update_draft(job, {"pictures": 2})
        self.age(job, 300)
        assert sweep().drafts == 0

    def test_one_whose_previews_are_looked_at_stays(self, products: list[Any], broker: Broker) -> None:
        job = create_job("paint", products=products, draft=True)
        request_preview(job, job.items.all()[0], {})
        self.age(job, 3)
        assert sweep().drafts == 0

    def test_nothing_that_was_started_goes(self, products: list[Any]) -> None:
        job = create_job("paint", products=products)
        self.age(job, 300)
        assert sweep().drafts == 0
