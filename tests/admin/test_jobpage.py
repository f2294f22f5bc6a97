"""Watching a job: the page, its live part, cancelling and trying again."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.urls import reverse
from django.utils import timezone

from prodgen_django.jobs import cancel_job, create_job, queue_job
from prodgen_django.jobs.lease import claim
from prodgen_django.jobs.run import run_batch
from prodgen_django.jobs.worker import tell
from prodgen_django.models import Job, JobItem, Worker
from tests.admin.conftest import finish, queries
from tests.conftest import Broker

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.test import Client


@pytest.fixture(autouse=True)
def _no_broker(broker: Broker) -> None:
    """Nothing is published anywhere."""


@pytest.fixture
def running(draft: Job) -> Job:
    queue_job(draft)
    Job.objects.filter(pk=draft.pk).update(
        state=Job.State.RUNNING, started_at=timezone.now() - timedelta(seconds=60)
    )
    first = draft.items.first()
    draft.items.filter(pk=first.pk).update(state=JobItem.State.RUNNING, progress=0.5, stage="Cutting out")
    draft.refresh_from_db()
    return draft


def progress(client: Client, job: Job, **query: Any) -> dict[str, Any]:
    return client.get(reverse("admin:prodgen_job_progress", args=[job.pk]), query).json()


def seen(answer: dict[str, Any]) -> dict[str, str]:
    """What a browser sends that shows this answer."""
    return {
        "seen": ",".join(f"{row['id']}:{row['digest']}" for row in answer["rows"]),
        "parts": ",".join(f"{name}:{part['digest']}" for name, part in answer["fragments"].items()),
    }


def test_the_page_tells_everything_without_javascript(owner: Client, running: Job) -> None:
    failed = running.items.last()
    running.items.filter(pk=failed.pk).update(
        state=JobItem.State.FAILED,
        error="The photo thing.jpg is broken: it ends too early.",
        error_code="truncated",
    )
    page = owner.get(running.get_absolute_url()).content.decode()
    assert "1 of 3 done, 1 of them failed." in page
    assert "The photo thing.jpg is broken: it ends too early." in page
    assert "Cutting out" in page
    assert "About" in page  # how long it will take
    assert 'value="50"' in page  # the progress: one over, one half done, of three
    assert "Pure white" in page  # what was asked for, in the form's words


def test_only_what_changed_is_sent(owner: Client, running: Job) -> None:
    first = progress(owner, running)
    assert len(first["rows"]) == 3
    again = progress(owner, running, **seen(first))
    assert again["rows"] == []
    assert set(again["fragments"]) <= {"summary"}  # the time that is left ticks on
    item = running.items.first()
    running.items.filter(pk=item.pk).update(progress=0.9, stage="Staging")
    moved = progress(owner, running, **seen(first))
    assert [row["id"] for row in moved["rows"]] == [item.pk]
    assert "Staging" in moved["rows"][0]["html"]
    assert "summary" in moved["fragments"]


def test_an_item_that_went_back_to_the_queue_is_sent_again(owner: Client, running: Job) -> None:
    """A retry leaves no date behind, so the rows are compared and not their times."""
    item = running.items.last()
    running.items.filter(pk=item.pk).update(state=JobItem.State.FAILED, error="No.")
    first = progress(owner, running)
    owner.post(reverse("admin:prodgen_job_retry", args=[running.pk]))
    changed = progress(owner, running, **seen(first))
    assert [row["id"] for row in changed["rows"]] == [item.pk]


def test_the_end_is_told_and_the_page_then_asks_no_more(owner: Client, running: Job) -> None:
    finish(running)
    answer = progress(owner, running)
    assert answer["finished"]
    assert (answer["percent"], answer["sentence"]) == (100, "All 3 done.")
    assert "Review 3 pictures" in answer["fragments"]["buttons"]["html"]
    assert "data-progress" not in owner.get(running.get_absolute_url()).content.decode()


def test_nobody_keeps_a_copy_of_the_progress(owner: Client, running: Job) -> None:
    reply = owner.get(reverse("admin:prodgen_job_progress", args=[running.pk]))
    assert "no-store" in reply["Cache-Control"]


def test_a_job_of_five_thousand_items_is_shown_and_polled_by_the_page(
    owner: Client, make_products: Callable[..., list[Any]]
) -> None:
    job = create_job("display", products=make_products(5000), draft=True)
    queue_job(job)
    page = owner.get(job.get_absolute_url() + "?page=2").content.decode()
    assert page.count("<tr data-item=") == 50
    assert "Thing 50<" in page
    address = reverse("admin:prodgen_job_progress", args=[job.pk]) + "?page=2"
    reply = owner.get(address)
    assert len(reply.json()["rows"]) == 50
    assert len(reply.content) < 60_000
    assert 0 < len(queries(owner, address)) <= 13


def test_a_poll_takes_the_same_few_queries_for_any_number_of_pictures(
    owner: Client, make_products: Callable[..., list[Any]]
) -> None:
    def polled(count: int) -> list[str]:
        job = create_job("display", products=products[:count], draft=True)
        finish(job, pictures=2)
        Job.objects.filter(pk=job.pk).update(state=Job.State.RUNNING)
        # Something runs and something has failed, so that nothing is left out.
        items = list(job.items.all())
        job.items.filter(pk=items[0].pk).update(state=JobItem.State.RUNNING, progress=0.5, stage="Staging")
        job.items.filter(pk=items[1].pk).update(state=JobItem.State.FAILED, error="No.")
        return queries(owner, reverse("admin:prodgen_job_progress", args=[job.pk]))

    products = make_products(60)
    few, many = polled(2), polled(60)
    assert 0 < len(few) == len(many) <= 14, "\n".join(many)


def test_items_by_state(owner: Client, running: Job) -> None:
    page = owner.get(running.get_absolute_url() + "?state=running").content.decode()
    assert page.count("<tr data-item=") == 1
    assert len(progress(owner, running, state="queued")["rows"]) == 2


def test_cancelling(owner: Client, running: Job) -> None:
    reply = owner.post(reverse("admin:prodgen_job_cancel", args=[running.pk]), follow=True)
    running.refresh_from_db()
    assert running.cancel_requested_at
    page = reply.content.decode()
    assert "The job is being cancelled" in page
    assert "Cancel the job" not in page
    assert running.items.filter(state=JobItem.State.CANCELLED).count() == 2


def test_a_cancelled_job_says_what_was_done_and_can_be_made_again(
    owner: Client, make_products: Callable[..., list[Any]], broker: Broker
) -> None:
    job = create_job("display", products=make_products(3), options={"styles": ["oak"]}, seed=5)
    broker.sent.clear()
    owner.post(reverse("admin:prodgen_job_cancel", args=[job.pk]))
    job.refresh_from_db()
    assert (job.state, job.progress) == (Job.State.CANCELLED, 0.0)
    page = owner.get(job.get_absolute_url()).content.decode()
    assert "Cancelled: 0 of 3 done." in page
    assert '<strong class="pg-percent">0 %' in page
    assert "Make the 3 that were left out" in page
    assert "0 of 3" in owner.get(reverse("admin:prodgen_django_job_changelist")).content.decode()
    reply = owner.post(reverse("admin:prodgen_job_repeat", args=[job.pk]))
    again = Job.objects.exclude(pk=job.pk).get()
    assert reply.url == again.get_absolute_url()
    assert (again.state, again.options) == (Job.State.QUEUED, job.options)
    copied = ("position", "product_id", "title", "photos", "seed", "options")
    assert list(again.items.values(*copied)) == list(job.items.values(*copied))


def test_what_was_made_before_the_cancel_counts_and_is_not_made_again(
    owner: Client, make_products: Callable[..., list[Any]]
) -> None:
    job = create_job("display", products=make_products(4))
    first = job.items.first()
    job.items.filter(pk=first.pk).update(state=JobItem.State.DONE, progress=1.0)
    cancel_job(job)
    assert progress(owner, job)["percent"] == 25
    assert "Cancelled: 1 of 4 done." in progress(owner, job)["sentence"]
    owner.post(reverse("admin:prodgen_job_repeat", args=[job.pk]))
    assert Job.objects.exclude(pk=job.pk).get().items.count() == 3


def test_only_what_was_cancelled_is_made_again(owner: Client, reviewed_job: Job) -> None:
    reply = owner.post(reverse("admin:prodgen_job_repeat", args=[reviewed_job.pk]), follow=True)
    assert "Nothing of this job was left out" in reply.content.decode()
    assert Job.objects.count() == 1


def test_of_a_batch_only_what_is_begun_is_shown_as_running(
    owner: Client, make_products: Callable[..., list[Any]]
) -> None:
    job = create_job("display", products=make_products(10))
    taken = claim(job, 8)
    assert taken
    taken.held.filter(pk=taken.items[0].pk).update(stage="Cutting out", progress=0.2)
    answer = progress(owner, job)
    assert answer["counts"]["running"] == 1
    assert answer["counts"]["queued"] == 9
    rows = [row["html"] for row in answer["rows"]]
    assert sum("pg-badge pg-running" in row for row in rows) == 1
    assert sum(">Next<" in row for row in rows) == 7
    assert len(progress(owner, job, state="running")["rows"]) == 1
    assert len(progress(owner, job, state="queued")["rows"]) == 9


def test_the_machine_says_which_item_is_begun(
    owner: Client, make_products: Callable[..., list[Any]], settings: Any
) -> None:
    """Also for a recipe that tells nothing while it works."""
    settings.PRODGEN = {"RECIPES": {"quiet": "tests.jobs.recipes.Quiet"}}
    job = create_job("quiet", products=make_products(3))
    run_batch(job.pk)
    assert set(job.items.values_list("state", flat=True)) == {JobItem.State.DONE}


def test_why_a_job_waits_is_said_as_it_is(owner: Client, make_products: Callable[..., list[Any]]) -> None:
    job = create_job("display", products=make_products(2))

    def waits() -> str:
        return progress(owner, job)["fragments"]["summary"]["html"]

    assert "No worker serves the queue “prodgen”" in waits()
    tell("quick@here", 1, ["prodgen-quick"], processes=1, busy=0)
    assert "No worker serves the queue “prodgen”" in waits()
    tell("jobs@here", 2, ["prodgen"], processes=2, busy=2)
    assert "All 2 workers are busy with other work" in waits()
    tell("jobs@here", 2, ["prodgen"], processes=2, busy=1)
    assert "A worker is free and begins in a moment." in waits()
    claim(job, 1)
    assert "pg-waits" not in waits()
    Worker.objects.all().delete()
    assert "does not answer any more" in waits()


def test_the_list_of_jobs_says_which_queue_nobody_serves(owner: Client) -> None:
    address = reverse("admin:prodgen_django_job_changelist")
    tell("jobs@here", 1, ["prodgen", "prodgen-gpu"], processes=2, busy=1)
    page = owner.get(address).content.decode()
    assert "no worker serves the queue “prodgen-quick”" in page
    assert "no worker serves the queue “prodgen”" not in page
    tell("quick@here", 2, ["prodgen-quick"], processes=1, busy=0)
    assert "Workers: 1 of 2 at work." in owner.get(address).content.decode()


def test_a_finished_job_is_not_cancelled(owner: Client, reviewed_job: Job) -> None:
    reply = owner.post(reverse("admin:prodgen_job_cancel", args=[reviewed_job.pk]), follow=True)
    assert "This job is over" in reply.content.decode()


def test_trying_the_failed_ones_again(owner: Client, running: Job) -> None:
    finish(running)
    item = running.items.first()
    running.items.filter(pk=item.pk).update(state=JobItem.State.FAILED, error="No light.", attempts=3)
    Job.objects.filter(pk=running.pk).update(state=Job.State.PARTLY_FAILED)
    assert "Try the failed one again" in owner.get(running.get_absolute_url()).content.decode()
    owner.post(reverse("admin:prodgen_job_retry", args=[running.pk]))
    item.refresh_from_db()
    assert (item.state, item.attempts, item.error) == ("queued", 0, "")


def test_titles_and_errors_are_text_and_never_markup(owner: Client, running: Job) -> None:
    evil = "<script>alert(1)</script>"
    running.items.update(title=evil, error=evil, report={"sentences": [evil]})
    Job.objects.filter(pk=running.pk).update(title=evil)
    for text in (
        owner.get(running.get_absolute_url()).content.decode(),
        json.dumps(progress(owner, running)),
        owner.get(reverse("admin:prodgen_django_job_changelist")).content.decode(),
    ):
        assert "<script>alert" not in text


class TestTraining:
    def curve(self, running: Job, *losses: Any) -> None:
        points = [
            {
                "images": 100 * n,
                "losses": {"generator": loss, "critic": 1.0},
                "metrics": {"kid": 0.1} if n == 1 else {},
            }
            for n, loss in enumerate(losses)
        ]
        running.log = {
            "curve": points,
            "grids": [
                {"images": 100, "name": "prodgen/training/a.jpg"},
                {"images": 200, "name": "prodgen/training/b.jpg"},
            ],
            "data": {
                "offered": 50,
                "kept": 48,
                "reasons": {"near_duplicate": 2},
                "unreadable": ["x.jpg is broken."],
            },
        }
        running.save()

    def test_curves_samples_and_what_became_of_the_photos(self, owner: Client, running: Job) -> None:
        self.curve(running, 2.0, 1.5, 0.5)
        page = owner.get(running.get_absolute_url()).content.decode()
        assert page.count("<polyline") == 2  # one point of "kid" makes no line
        assert "Losses, between 0.5 and 2" in page
        assert "After 200 photos shown" in page
        assert "48 of 50 photos are used." in page
        assert "2 × near duplicate" in page
        assert "x.jpg is broken." in page

    def test_photos_that_are_left_out_are_shown_with_their_reason(self, owner: Client, running: Job) -> None:
        self.curve(running, 2.0, 1.5)
        running.log["data"] |= {
            "per_label": {"cups": 40, "vases": 8},
            "rejected": [
                {
                    "title": "Reed <cup>", "label": "cups", "reason": "duplicate", "detail": "the same picture as x",
                    "thumbnail": "prodgen/training/c.jpg", "other": "prodgen/training/d.jpg",
                }
            ],
            "more": 3,
        }  # fmt: skip
        running.log["alarm"] = "It has collapsed to few pictures."
        running.log["best"] = {"kid": 0.25, "coverage": 0.5, "images": 100}
        running.save()
        page = owner.get(running.get_absolute_url()).content.decode()
        assert "Reed &lt;cup&gt;" in page
        assert "the same picture as x" in page
        assert page.count("training/c.jpg") == page.count("training/d.jpg") == 1
        assert "and 3 more" in page
        assert "<strong>vases</strong> 8" in page
        assert 'role="alert" id="pg-alarm">It has collapsed' in page
        assert "after 100 photos shown (KID 0.250, coverage 0.50)" in page

    def test_a_training_of_the_whole_shop_is_started_from_the_list_of_jobs(
        self, owner: Client, make_products: Callable[..., list[Any]]
    ) -> None:
        make_products(2, photos=2)
        reply = owner.post(reverse("admin:prodgen_job_start", args=["train"]))
        job = Job.objects.get()
        assert reply.url == reverse("admin:prodgen_job_options", args=[job.pk])
        owner.post(reply.url, {"do": "start", "name": "Ours", "preset": "cpu-64", "minutes": 5, "seed": 0})
        job.refresh_from_db()
        assert job.state == Job.State.QUEUED
        assert len(job.items.get().photos) == 4

    def test_a_training_is_ended_early_by_a_button_and_nothing_else_is(
        self, owner: Client, running: Job
    ) -> None:
        assert "pg-finish" not in owner.get(running.get_absolute_url()).content.decode()
        job = create_job("train", products=[item.product for item in running.items.all()])
        assert "Stop and keep the best" in owner.get(job.get_absolute_url()).content.decode()
        reply = owner.post(reverse("admin:prodgen_job_finish", args=[job.pk]), follow=True)
        assert "keeps the best so far" in reply.content.decode()
        assert "pg-finish" not in reply.content.decode()
        job.refresh_from_db()
        assert job.log["finish_asked"]

    def test_a_curve_that_went_to_infinity_breaks_nothing(self, owner: Client, running: Job) -> None:
        self.curve(running, 1.0, None, "NaN", 3.0)
        assert "<polyline" in owner.get(running.get_absolute_url()).content.decode()

    def test_ten_thousand_points_are_drawn_as_a_few(self, owner: Client, running: Job) -> None:
        self.curve(running, *(float(n % 7) for n in range(10_000)))
        assert len(progress(owner, running)["fragments"]["log"]["html"]) < 10_000


def test_a_stitch_tells_which_photos_it_left_out(
    owner: Client, make_products: Callable[..., list[Any]]
) -> None:
    job = create_job("stitch", products=make_products(1, photos=3), draft=True)
    finish(job)
    inputs = [
        {"used": True},
        {"used": True},
        {"used": False, "reason": "no overlap with the other pictures was found"},
    ]
    job.items.update(
        report={"inputs": inputs, "checks": {"residual_px": 0.42}, "sentences": ["A piece is soft."]}
    )
    page = owner.get(job.get_absolute_url()).content.decode()
    assert "2 of 3 photos are used." in page
    assert "Photo 3 is left out: no overlap with the other pictures was found." in page
    assert "They meet to within 0.4 pixels." in page
    assert "A piece is soft." in page


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("02-seams", "Where the seams run"),
        ("13-picture-12-relit", "Photo 12 under the common light"),
        ("01-something-new", "something-new"),
    ],
)
def test_the_steps_of_a_stitch_are_told_in_words(
    owner: Client, make_products: Callable[..., list[Any]], name: str, words: str
) -> None:
    job = create_job("stitch", products=make_products(1, photos=2), draft=True)
    finish(job)
    job.items.update(report={"steps": [{"name": name, "file": "prodgen/steps/x.jpg"}]})
    assert f"<figcaption>{words}</figcaption>" in owner.get(job.get_absolute_url()).content.decode()


class TestList:
    def test_states_progress_and_filters(self, owner: Client, running: Job, reviewed_job: Job) -> None:
        page = owner.get(
            reverse("admin:prodgen_django_job_changelist"), {"state": "succeeded"}
        ).content.decode()
        assert "Succeeded" in page
        assert "6 pictures" in page
        page = owner.get(reverse("admin:prodgen_django_job_changelist"), {"kind": "stitch"}).content.decode()
        assert "0 jobs" in page

    def test_a_product_finds_its_jobs(self, owner: Client, draft: Job) -> None:
        address = reverse("admin:prodgen_django_job_changelist")
        assert "1 job" in owner.get(address, {"q": "Thing 2"}).content.decode()
        assert "0 jobs" in owner.get(address, {"q": "Thing 7"}).content.decode()

    def test_the_list_takes_the_same_queries_for_one_job_and_ten(
        self, owner: Client, make_products: Callable[..., list[Any]]
    ) -> None:
        address = reverse("admin:prodgen_django_job_changelist")
        products = make_products(3)
        finish(create_job("display", products=products, draft=True), pictures=2)
        few = queries(owner, address)
        for _n in range(9):
            finish(create_job("display", products=products, draft=True), pictures=6)
        many = queries(owner, address)
        assert 0 < len(few) == len(many), "\n".join(many)


def test_a_training_is_as_far_between_two_slices_as_in_them(owner: Client, running: Job) -> None:
    """It waits in the queue then, perhaps behind other jobs."""
    running.items.exclude(stage="Cutting out").delete()
    assert progress(owner, running)["percent"] == 50
    running.items.update(state=JobItem.State.QUEUED, stage="900 photos shown")
    assert progress(owner, running)["percent"] == 50
    listed = owner.get(reverse("admin:prodgen_django_job_changelist")).content.decode()
    assert 'max="1" value="0.50"' in listed
