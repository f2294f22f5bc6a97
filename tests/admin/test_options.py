"""The options page of a draft: choosing, previewing, saving, starting, discarding."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from django.urls import reverse

from prodgen_django.jobs import create_job
from prodgen_django.jobs.lease import from_now
from prodgen_django.jobs.preview import run_preview
from prodgen_django.jobs.worker import tell
from prodgen_django.models import Job, Worker
from prodgen_django.studio import backdrops
from tests.admin.conftest import jpeg, queries
from tests.conftest import Broker

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.test import Client

CHOSEN = {
    "styles": ["white", "oak-morning"],
    "photo": "first",
    "candidates": "2",
    "size": "1000",
    "format": "jpeg",
    "seed": "7",
}


@pytest.fixture
def sent(broker: Broker) -> list[Any]:
    """The messages that would have gone to the broker: task, arguments, queue."""
    return broker.sent


def options(job: Job) -> str:
    return reverse("admin:prodgen_job_options", args=[job.pk])


def test_every_backdrop_has_its_swatch(owner: Client, draft: Job) -> None:
    page = owner.get(options(draft)).content.decode()
    for one in backdrops():
        assert f"prodgen_django/backdrops/{one.name}.webp" in page, "run python -m training.swatches"
        assert one.label in page


def test_a_start_keeps_the_options_and_queues_the_job(
    owner: Client, draft: Job, sent: list[Any], django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        reply = owner.post(options(draft), {**CHOSEN, "do": "start"})
    draft.refresh_from_db()
    assert reply.url == draft.get_absolute_url()
    assert draft.state == Job.State.QUEUED
    assert draft.options["styles"] == ["white", "oak-morning"]
    assert draft.options["candidates"] == 2
    assert [(name, args[0]) for name, args, _queue in sent] == [("prodgen.run_job", draft.pk)]


def test_a_saved_draft_comes_back_as_it_was_left(owner: Client, draft: Job, sent: list[Any]) -> None:
    owner.post(options(draft), {**CHOSEN, "do": "save"})
    draft.refresh_from_db()
    assert draft.state == Job.State.DRAFT
    page = owner.get(options(draft)).content.decode()
    assert re.search(r'value="oak-morning" id="id_styles_\d+" checked', page)
    assert 'name="seed" value="7"' in page
    assert not sent


def test_a_wrong_option_is_told_at_its_field_and_starts_nothing(
    owner: Client, draft: Job, sent: list[Any]
) -> None:
    reply = owner.post(options(draft), {**CHOSEN, "styles": ["velvet"], "seed": "-4", "do": "start"})
    page = reply.content.decode()
    draft.refresh_from_db()
    assert reply.status_code == 200
    assert "velvet is not one of the available choices" in page
    assert "greater than or equal to 0" in page
    # The folded part opens where something in it is wrong.
    assert '<details class="pg-more" open>' in page
    assert (draft.state, sent) == ("draft", [])


def test_started_twice_from_two_tabs_it_runs_once(
    owner: Client, draft: Job, sent: list[Any], django_capture_on_commit_callbacks: Any
) -> None:
    for _tab in range(2):
        with django_capture_on_commit_callbacks(execute=True):
            reply = owner.post(options(draft), {**CHOSEN, "do": "start"})
        assert reply.url == draft.get_absolute_url()
    assert [(name, args[0]) for name, args, _queue in sent] == [("prodgen.run_job", draft.pk)]


def test_a_draft_can_be_discarded_and_a_running_job_cannot(owner: Client, draft: Job) -> None:
    address = reverse("admin:prodgen_job_discard", args=[draft.pk])
    Job.objects.filter(pk=draft.pk).update(state=Job.State.RUNNING)
    owner.post(address)
    assert Job.objects.filter(pk=draft.pk).exists()
    Job.objects.filter(pk=draft.pk).update(state=Job.State.DRAFT)
    assert owner.post(address).url == reverse("admin:prodgen_django_job_changelist")
    assert not Job.objects.filter(pk=draft.pk).exists()


def test_products_without_a_photo_are_counted_before_the_start(
    owner: Client, make_products: Callable[..., list[Any]]
) -> None:
    job = create_job("display", products=make_products(2, photos=0), draft=True)
    page = owner.get(options(job)).content.decode()
    assert "2 of them have no photo and will be reported as failed." in page


def test_the_page_takes_the_same_queries_for_few_products_and_many(
    owner: Client, make_products: Callable[..., list[Any]]
) -> None:
    products = make_products(60)
    few = queries(owner, options(create_job("display", products=products[:2], draft=True)))
    many = queries(owner, options(create_job("display", products=products, draft=True)))
    assert 0 < len(few) == len(many), "\n".join(many)


class TestPreview:
    def address(self, job: Job) -> str:
        return reverse("admin:prodgen_job_preview", args=[job.pk])

    def ask(self, client: Client, job: Job, **values: Any) -> Any:
        return client.post(self.address(job), {**CHOSEN, **values}, headers={"accept": "application/json"})

    def test_asking_wakes_a_worker_and_says_that_it_waits(
        self, owner: Client, draft: Job, sent: list[Any], django_capture_on_commit_callbacks: Any
    ) -> None:
        with django_capture_on_commit_callbacks(execute=True):
            answer = self.ask(owner, draft).json()
        assert (answer["state"], answer["silent"]) == ("waiting", True)
        # A queue of its own: what somebody waits for never stands behind jobs.
        assert sent == [("prodgen.preview", (draft.pk, answer["token"]), "prodgen-quick")]

    def test_whether_a_worker_is_there_is_said_as_it_is(
        self, owner: Client, draft: Job, sent: list[Any]
    ) -> None:
        self.ask(owner, draft)
        answer = owner.get(self.address(draft)).json()
        assert answer["silent"]
        assert "No worker serves the queue “prodgen-quick”" in answer["message"]
        tell("jobs@here", 1, ["prodgen"], processes=4, busy=0)
        assert owner.get(self.address(draft)).json()["silent"]
        tell("quick@here", 2, ["prodgen-quick", "prodgen"], processes=1, busy=1)
        answer = owner.get(self.address(draft)).json()
        assert not answer["silent"]
        assert "The worker is busy with other work" in answer["message"]
        tell("quick@here", 2, ["prodgen-quick", "prodgen"], processes=1, busy=0)
        assert owner.get(self.address(draft)).json()["message"] == "Waiting for a worker…"
        Worker.objects.update(seen_at=from_now(-60))
        assert owner.get(self.address(draft)).json()["silent"]

    def test_a_broker_that_does_not_answer_is_said_and_nobody_waits_for_ever(
        self, owner: Client, draft: Job, broker: Broker, django_capture_on_commit_callbacks: Any
    ) -> None:
        broker.mood = "refuses"
        with django_capture_on_commit_callbacks(execute=True):
            self.ask(owner, draft)
        answer = owner.get(self.address(draft)).json()
        assert answer["state"] == "failed"
        assert "The message broker does not answer" in answer["message"]

    def test_a_preview_that_nobody_made_in_time_is_over(
        self, owner: Client, draft: Job, sent: list[Any]
    ) -> None:
        self.ask(owner, draft)
        draft.refresh_from_db()
        draft.log["preview"]["at"] -= 130
        draft.save()
        answer = owner.get(self.address(draft)).json()
        assert answer["state"] == "failed"
        assert "No worker came in time" in answer["message"]

    def test_a_worker_makes_the_picture_that_the_page_then_shows(
        self, owner: Client, draft: Job, sent: list[Any], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        from prodgen_django.recipes import Picture, get_recipe

        seen = {}

        def preview(work: Any, bench: Any) -> Picture:
            seen.update(work.options)
            return Picture(data=jpeg(), format="jpg", width=64, height=48, source_type="compositeCapture")

        monkeypatch.setattr(get_recipe("display"), "preview", preview)
        token = self.ask(owner, draft).json()["token"]
        assert run_preview(draft.pk, token)
        answer = owner.get(self.address(draft)).json()
        assert answer["state"] == "done"
        assert answer["url"].endswith(".jpg")
        assert seen["styles"] == ["white", "oak-morning"]
        assert answer["url"] in owner.get(options(draft)).content.decode()

    def test_an_answer_to_an_older_question_is_dropped(
        self, owner: Client, draft: Job, sent: list[Any]
    ) -> None:
        old = self.ask(owner, draft).json()["token"]
        new = self.ask(owner, draft, seed="8").json()["token"]
        assert not run_preview(draft.pk, old)
        assert owner.get(self.address(draft)).json()["token"] == new

    def test_wrong_options_are_told_and_nobody_is_woken(
        self, owner: Client, draft: Job, sent: list[Any]
    ) -> None:
        reply = self.ask(owner, draft, styles=["velvet"])
        assert reply.status_code == 400
        assert "Backdrops" in reply.json()["message"]
        assert not sent

    def test_without_javascript_the_button_comes_back_to_the_page(
        self, owner: Client, draft: Job, sent: list[Any]
    ) -> None:
        reply = owner.post(self.address(draft), CHOSEN)
        assert reply.url == options(draft) + "#preview"
        assert "No worker serves the queue" in owner.get(options(draft)).content.decode()
