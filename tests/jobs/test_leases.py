"""Claims, leases and the sweeper: who may write what, and who heals what was left lying."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from prodgen_django.jobs import cancel_job, create_job
from prodgen_django.jobs.errors import JobCancelled, LeaseLost
from prodgen_django.jobs.lease import Lease, claim, from_now
from prodgen_django.jobs.results import finish_if_over, store
from prodgen_django.jobs.run import run_batch, run_here
from prodgen_django.jobs.sweep import sweep
from prodgen_django.jobs.workbench import Bench
from prodgen_django.models import GeneratedImage, Job, JobItem
from prodgen_django.recipes import Outcome, WorkItem
from tests.jobs.recipes import picture

pytestmark = pytest.mark.django_db(transaction=True)


def expire(job: Job) -> None:
    job.items.filter(state="running").update(lease_until=from_now(-1))


def work_item(item: JobItem) -> WorkItem:
    return WorkItem(item.pk, item.product, item.title, "", (), {"pictures": 1}, item.seed, item.attempts)


def outcome(item: JobItem) -> Outcome:
    return Outcome(work_item(item), pictures=(picture(work_item(item)),))


def test_nobody_claims_what_is_claimed(products: list[Any]) -> None:
    job = create_job("paint", products=products)
    first, second = claim(job, 4), claim(job, 4)
    assert first
    assert second
    assert {item.pk for item in first.items}.isdisjoint(item.pk for item in second.items)
    assert claim(job, 4) is None
    assert {item.attempts for item in first.items} == {1}


def test_expired_lease_goes_to_the_next_worker_and_the_first_writes_nothing(products: list[Any]) -> None:
    job = create_job("paint", products=products[:1])
    stale = claim(job, 1)
    assert stale
    expire(job)
    assert sweep().rescued == 1
    fresh = claim(job, 1)
    assert fresh
    assert not store(stale, outcome(stale.items[0]))
    assert not GeneratedImage.objects.exists()
    assert store(fresh, outcome(fresh.items[0]))
    assert not store(stale, outcome(stale.items[0]))
    assert GeneratedImage.objects.count() == 1


def test_living_lease_is_left_alone(products: list[Any]) -> None:
    job = create_job("paint", products=products)
    claim(job, 4)
    assert sweep().rescued == 0
    assert job.items.filter(state="running").count() == 4


def test_who_was_not_swept_yet_still_writes_and_is_not_rescued_afterwards(products: list[Any]) -> None:
    """An expired lease alone gives nothing to anybody: the sweep does, and of sweep and write one wins."""
    job = create_job("paint", products=products[:1])
    late = claim(job, 1)
    assert late
    expire(job)
    assert claim(job, 1) is None
    assert store(late, outcome(late.items[0]))
    assert sweep().rescued == 0
    assert claim(job, 1) is None
    assert GeneratedImage.objects.count() == 1
    assert not store(late, outcome(late.items[0]))
    assert GeneratedImage.objects.count() == 1


def test_item_that_lost_three_workers_fails_in_words(products: list[Any]) -> None:
    job = create_job("paint", products=products[:1])
    for _ in range(3):
        assert claim(job, 1)
        expire(job)
        sweep()
    job.refresh_from_db()
    assert job.state == Job.State.FAILED
    assert "killed or stopped answering 3 times" in job.items.get().error


def test_item_tried_before_is_claimed_alone_and_last(products: list[Any]) -> None:
    job = create_job("paint", products=products)
    assert claim(job, 2)
    expire(job)
    sweep()
    sizes = []
    while taken := claim(job, 4):
        sizes.append([item.position for item in taken.items])
    assert sizes == [[2, 3, 4, 5], [0], [1]]


def test_cancelled_jobs_lost_items_are_cancelled(products: list[Any]) -> None:
    job = create_job("paint", products=products)
    claim(job, 2)
    cancel_job(job)
    job.refresh_from_db()
    assert job.state == Job.State.RUNNING
    expire(job)
    assert sweep().cancelled == 2
    job.refresh_from_db()
    assert job.state == Job.State.CANCELLED


def test_progress_stops_work_of_a_cancelled_job_and_of_a_lost_lease(products: list[Any]) -> None:
    job = create_job("paint", products=products)
    taken = claim(job, 4)
    assert taken
    bench = Bench(taken, Lease(taken))
    bench.progress(work_item(taken.items[0]), 0.25, "half way")
    taken.items[0].refresh_from_db()
    assert (taken.items[0].progress, taken.items[0].stage) == (0.25, "half way")
    expire(job)
    sweep()
    with pytest.raises(LeaseLost):
        bench.log(curve=[1])
    again = claim(job, 4)
    assert again
    bench = Bench(again, Lease(again))
    cancel_job(job)
    with pytest.raises(JobCancelled):
        bench.progress(work_item(again.items[0]), 0.5)


def test_heartbeat_extends_the_lease(products: list[Any], settings: Any) -> None:
    settings.PRODGEN = {**settings.PRODGEN, "LEASE_SECONDS": 60, "HEARTBEAT_SECONDS": 0.05}
    job = create_job("paint", products=products[:1])
    taken = claim(job, 1)
    assert taken
    expire(job)
    with Lease(taken):
        until = time.monotonic() + 10
        while not job.items.filter(lease_until__gt=from_now(30)).exists():
            assert time.monotonic() < until, "no heartbeat"
            time.sleep(0.02)
    assert not any(thread.name == "prodgen-heartbeat" for thread in threading.enumerate())


def test_end_that_nobody_noted_is_noted(products: list[Any]) -> None:
    job = create_job("paint", products=products)
    job.items.update(state="done")
    assert sweep().finished == 1
    assert not finish_if_over(job.pk)


@hypothesis_settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(steps=st.lists(st.sampled_from(["claim", "store", "stale", "expire", "sweep", "run"]), max_size=14))
def test_whatever_happens_every_picture_is_there_once(products: list[Any], steps: list[str]) -> None:
    """Workers that claim, die, come back late and write, in any order; then one that works to the end."""
    Job.objects.all().delete()
    GeneratedImage.objects.all().delete()
    job = create_job("paint", products=products[:3])
    claims: list[Any] = []
    for step in steps:
        if step == "claim" and (taken := claim(job, 2)):
            claims.append(taken)
        elif step == "store" and claims:
            store(claims[-1], outcome(claims[-1].items[0]))
        elif step == "stale" and claims:
            store(claims[0], outcome(claims[0].items[-1]))
        elif step == "expire":
            expire(job)
        elif step == "sweep":
            sweep()
        elif step == "run":
            run_batch(job.pk)
    expire(job)
    sweep()
    run_here(job.pk)
    job.refresh_from_db()
    assert job.is_finished
    done = job.items.filter(state="done").values_list("pk", flat=True)
    assert sorted(job.images.values_list("item_id", "slot")) == sorted((pk, 0) for pk in done)
    assert set(job.items.values_list("state", flat=True)) <= {"done", "failed"}
    assert all(n == 3 for n in job.items.filter(state="failed").values_list("attempts", flat=True))
