"""A large job costs what a small one does: queries are counted and plans are read, no clock is asked."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from oscar.core.loading import get_model

from prodgen_django.jobs import create_job
from prodgen_django.jobs.lease import claim
from prodgen_django.jobs.results import finish_if_over
from prodgen_django.jobs.run import run_batch
from prodgen_django.jobs.wake import wake
from prodgen_django.models import GeneratedImage, Job, JobItem
from tests.conftest import Broker

pytestmark = pytest.mark.django_db


@pytest.fixture
def make_job(products: list[Any], broker: Broker) -> Callable[[int], Job]:
    def make(count: int) -> Job:
        job = create_job("paint", products=products[:1])
        first = job.items.get()
        JobItem.objects.bulk_create(
            JobItem(job=job, position=n, product=first.product, title=f"Thing {n}") for n in range(1, count)
        )
        return job

    return make


def queries(work: Callable[[], Any]) -> list[str]:
    with CaptureQueriesContext(connection) as captured:
        work()
    return [query["sql"] for query in captured.captured_queries]


STEPS: dict[str, Callable[[Job], Any]] = {
    "a batch": lambda job: run_batch(job.pk),
    "a claim": lambda job: claim(job, 4),
    "a wake-up": wake,
    "is it over": lambda job: finish_if_over(job.pk),
    "how far it is": lambda job: job.progress,
}


@pytest.mark.parametrize("name", STEPS)
def test_each_step_takes_the_same_queries_in_a_small_job_and_in_a_large_one(
    make_job: Callable[[int], Job], name: str
) -> None:
    small, large = make_job(100), make_job(600)
    for job in (small, large):
        run_batch(job.pk)  # what is read once a process
        job.wake_ups.all().delete()
        job.refresh_from_db()
    few, many = queries(lambda: STEPS[name](small)), queries(lambda: STEPS[name](large))
    assert 0 < len(few) == len(many), "\n".join(many)


@pytest.mark.skipif(connection.vendor != "sqlite", reason="reads SQLite's plans")
@pytest.mark.parametrize("name", ["a claim", "a wake-up", "is it over", "how far it is"])
def test_no_step_reads_the_other_rows_of_its_job(make_job: Callable[[int], Job], name: str) -> None:
    job = make_job(30)
    for sql in queries(lambda: STEPS[name](job)):
        of_the_job = '"prodgen_django_jobitem"."job_id" = ' in sql
        if sql.startswith("SELECT") and of_the_job:
            plan = explained(sql)
            assert "SCAN prodgen_django_jobitem" not in plan or "USING" in plan, sql
            assert "TEMP B-TREE FOR ORDER BY" not in plan, f"{sql}\n{plan}"


@pytest.mark.skipif(connection.vendor != "sqlite", reason="reads SQLite's plans")
def test_the_newest_pictures_are_found_by_an_index(make_job: Callable[[int], Job]) -> None:
    job = make_job(3)
    for rows in (job.images.order_by("-pk")[:12], GeneratedImage.objects.all()[:40]):
        plan = explained(queries(lambda: list(rows))[0])  # noqa: B023
        assert "TEMP B-TREE" not in plan, plan
        assert "USING INDEX prodgen_image" in plan, plan


def explained(sql: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN QUERY PLAN {sql}")
        return "\n".join(str(row[-1]) for row in cursor.fetchall())


def test_a_job_of_many_variants_is_made_in_a_fixed_number_of_queries(
    products: list[Any], broker: Broker
) -> None:
    model = get_model("catalogue", "Product")
    parent = products[0]
    parent.structure = "parent"
    parent.save()
    children = [model.objects.create(structure="child", parent=parent, upc=f"V{n}") for n in range(40)]

    def made(count: int) -> list[str]:
        chosen = model.objects.filter(pk__in=[child.pk for child in children[:count]])
        return queries(lambda: create_job("paint", products=chosen))

    made(1)
    few, many = made(5), made(40)
    assert len(few) == len(many), "\n".join(many)
    assert {item.title for item in JobItem.objects.all()} == {"Thing 0"}
