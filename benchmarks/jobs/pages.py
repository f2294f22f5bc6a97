"""What the admin's pages and the steps of a batch cost in a shop of very many pictures."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from typing import Any

from django.contrib.auth.models import User
from django.db import connection, reset_queries
from django.test import Client
from django.test.utils import CaptureQueriesContext, override_settings
from django.urls import reverse

from benchmarks.serving.scale import copy

ROUNDS = 7


def measure(pictures: int, items: int) -> None:
    """Fill the shop, and print queries and times of each page and step."""
    started = time.monotonic()
    big, draft = fill(pictures, items)
    print(
        f"\n{connection.vendor}; {pictures} pictures, a job of {items} items;"
        f" filled in {time.monotonic() - started:.0f} s"
    )
    print("wall ms of a page, the median (least) of", ROUNDS, "\n")
    owner = Client()
    owner.force_login(
        User.objects.create_superuser("bench", "bench@shop.example"),
        "django.contrib.auth.backends.ModelBackend",
    )
    print(f"{'page':<34}{'queries':>9}{'ms':>18}{'in the database':>18}")
    for name, address in addresses(big, draft).items():
        page(owner, name, address)
    steps(big)
    create(items)


def fill(pictures: int, items: int) -> tuple[Any, Any]:
    """One large job that runs, with a picture for each item that is done; the other pictures in jobs that are over."""
    from oscar.core.loading import get_model

    from prodgen_django.models import GeneratedImage, Job, JobItem

    kind = get_model("catalogue", "ProductClass").objects.create(name="Things")
    product = get_model("catalogue", "Product").objects.create(
        pk=1, title="Thing 1", product_class=kind, slug="thing-1"
    )
    text = "CAST(i AS text)"
    copy(product, 2, items, id="i", title=f"'Thing ' || {text}", slug=f"'thing-' || {text}")
    postgres = connection.vendor == "postgresql"
    uuid = "gen_random_uuid()" if postgres else "lower(hex(randomblob(16)))"
    later = "now() - i * interval '1 minute'" if postgres else "datetime('now', '-' || i || ' minutes')"
    jobs = [
        Job.objects.create(kind="display", title=f"Job {n}", state="succeeded", options={"styles": ["white"]})
        for n in range(max(1, pictures // items))
    ]
    big = jobs[0]
    first = JobItem.objects.create(
        job=big, position=0, product=product, title="Thing 1", state="done", progress=1.0
    )
    image = GeneratedImage.objects.create(
        job=big, item=first, product=product, title="Thing 1", kind="display", file="prodgen/1.jpg",
        thumbnail="prodgen/1.jpg", sha256="0", width=1600, height=1600,
        scores={"cut_out": {"confidence": 0.9, "reasons": [], "poor": False}},
    )  # fmt: skip
    for number, job in enumerate(jobs):
        start = first.pk + number * items
        last = start + items - 1
        copy(
            first,
            max(start, first.pk + 1),
            last,
            id="i",
            job=str(job.pk),
            position=f"i - {start}",
            title=f"'Thing ' || {text}",
        )
        copy(
            image, max(start, first.pk + 1), last, id="i", uuid=uuid, job=str(job.pk), item="i",
            created_at=later, title=f"'Thing ' || {text}",
        )  # fmt: skip
    Job.objects.filter(pk=big.pk).update(state="running", started_at=big.created_at)
    # Half of it is still to do, as in the midst of the work.
    half = first.pk + items // 2
    GeneratedImage.objects.filter(item__job=big, item__gte=half).delete()
    JobItem.objects.filter(job=big, pk__gte=half).update(state="queued", progress=0.0)
    if postgres:
        sequences()
    draft = Job.objects.create(kind="display", title="Draft")
    JobItem.objects.bulk_create(
        (JobItem(job=draft, position=n, product_id=n + 1, title=f"Thing {n}") for n in range(items)),
        batch_size=2000,
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    big.refresh_from_db()
    return big, draft


def sequences() -> None:
    """Keys were given by hand; the database's counters must know."""
    from django.core.management.color import no_style

    from prodgen_django.models import GeneratedImage, JobItem

    with connection.cursor() as cursor:
        for sql in connection.ops.sequence_reset_sql(no_style(), [GeneratedImage, JobItem]):
            cursor.execute(sql)


def addresses(big: Any, draft: Any) -> dict[str, str]:
    return {
        "list of jobs": reverse("admin:prodgen_django_job_changelist"),
        "a job of many items": big.get_absolute_url(),
        "its progress, polled": reverse("admin:prodgen_job_progress", args=[big.pk]),
        "options of a large draft": reverse("admin:prodgen_job_options", args=[draft.pk]),
        "list of pictures": reverse("admin:prodgen_django_generatedimage_changelist"),
        "list of pictures, last page": reverse("admin:prodgen_django_generatedimage_changelist") + "?p=1000",
        "review of all": reverse("admin:prodgen_review"),
        "review of the large job": reverse("admin:prodgen_job_review", args=[big.pk]),
    }


def page(client: Client, name: str, address: str) -> None:
    client.get(address)
    times, within = [], []
    for _ in range(ROUNDS):
        reset_queries()
        with CaptureQueriesContext(connection) as queries:
            begun = time.perf_counter()
            reply = client.get(address)
            times.append(1000 * (time.perf_counter() - begun))
        assert reply.status_code == 200, address
        within.append(1000 * sum(float(query["time"]) for query in queries.captured_queries))
    print(
        f"{name:<34}{len(queries):>9}{f'{statistics.median(times):.0f} ({min(times):.0f})':>18}"
        f"{statistics.median(within):>15.0f} ms",
        flush=True,
    )


def steps(job: Any) -> None:
    """What a batch costs beside the work itself."""
    from prodgen_django.jobs.lease import claim
    from prodgen_django.jobs.results import finish_if_over
    from prodgen_django.jobs.wake import _for_job

    def taken() -> None:
        claimed = claim(job, 8)
        assert claimed
        claimed.held.update(state="queued", token=None, lease_until=None, attempts=0)

    print(f"\n{'step of a batch':<34}{'queries':>9}{'ms':>18}")
    step("claim (and give back)", taken)
    step("which wake-ups are owed", lambda: _for_job(job))
    step("is the job over", lambda: finish_if_over(job.pk))
    step("counts of the job", job.counts)


def step(name: str, work: Callable[[], Any]) -> None:
    times = []
    for _ in range(3 * ROUNDS):
        reset_queries()
        with CaptureQueriesContext(connection) as queries:
            begun = time.perf_counter()
            work()
            times.append(1000 * (time.perf_counter() - begun))
    print(
        f"{name:<34}{len(queries):>9}{f'{statistics.median(times):.2f} ({min(times):.2f})':>18}", flush=True
    )


def create(items: int) -> None:
    """A job of very many products, as a command or an admin's action makes it."""
    from django.conf import settings

    from prodgen_django.catalog import get_catalog
    from prodgen_django.jobs import create_job

    reset_queries()
    allowed = override_settings(PRODGEN={**settings.PRODGEN, "MAX_PRODUCTS": items})
    with allowed, CaptureQueriesContext(connection) as queries:
        begun = time.perf_counter()
        create_job("display", products=get_catalog().products()[:items], draft=True)
        print(
            f"\na job of {items} items is made in {time.perf_counter() - begun:.1f} s and {len(queries)} queries"
        )
