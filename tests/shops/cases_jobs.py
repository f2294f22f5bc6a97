"""The job machine in such a shop: whole jobs, and two workers that claim at the same moment."""

from __future__ import annotations

import threading

import pytest
from django.contrib.auth.models import User
from django.db import connection, transaction

from prodgen_django.catalog import get_catalog
from prodgen_django.jobs import cancel_job, create_job
from prodgen_django.jobs.lease import claim, from_now
from prodgen_django.jobs.run import run_here
from prodgen_django.jobs.sweep import sweep
from prodgen_django.models import GeneratedImage, Job
from prodgen_django.pictures.review import approve, publish
from tests.shops.cases_pages import make

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def job() -> Job:
    return create_job("paint", products=[make(n, f"Thing {n}") for n in range(12)])


def test_a_job_is_done_reviewed_and_published(job: Job) -> None:
    run_here(job.pk)
    job.refresh_from_db()
    assert (job.state, job.progress, job.counts()["done"]) == ("succeeded", 1.0, 12)
    images = list(GeneratedImage.objects.order_by("pk"))
    assert {image.product for image in images} == set(get_catalog().model.objects.all())
    user = User.objects.create_superuser("mia")
    approve(images[0], user)
    publish(images[0], user)
    images[0].refresh_from_db()
    assert (images[0].state, images[0].published_ref) == ("published", str(images[0].uuid))


def test_two_workers_take_different_items_and_neither_waits(job: Job) -> None:
    first, taken = claim(job, 1), []  # from here on the job is running

    def other() -> None:
        taken.append(claim(job, 2))
        connection.close()

    with transaction.atomic():
        mine = claim(job, 2)
        thread = threading.Thread(target=other)
        if connection.vendor != "sqlite":  # which has one writer at a time
            thread.start()
            thread.join(20)
            assert not thread.is_alive()
    if connection.vendor == "sqlite":
        thread.start()
        thread.join(20)
    # MariaDB locks all rows that it sorts: then the other one has nothing until the first has taken its own.
    theirs = taken[0] or (claim(job, 2) if connection.vendor == "mysql" else None)
    keys = [item.pk for one in (first, mine, theirs) for item in one.items]
    assert len(keys) == len(set(keys)) == 5


def test_what_a_dead_worker_held_is_done_by_the_next_one(job: Job) -> None:
    assert claim(job, 3)
    job.items.filter(state="running").update(lease_until=from_now(-1))
    sweep()
    run_here(job.pk)
    assert job.counts()["done"] == 12


def test_a_cancelled_job_gives_no_more_items(job: Job) -> None:
    cancel_job(job)
    assert claim(job, 2) is None
