"""Wake-ups: as many as workers can share the work, never lost for good, and nobody waits for the broker."""

from __future__ import annotations

import socket
import threading
import time
from typing import Any

import pytest
from django.core.signals import request_finished, request_started
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from prodgen_django.jobs import cancel_job, create_job, send
from prodgen_django.jobs.lease import claim, from_now
from prodgen_django.jobs.run import run_batch
from prodgen_django.jobs.sweep import sweep
from prodgen_django.jobs.wake import MOST_LANES, arrived, owed, wake
from prodgen_django.models import Job, JobItem, WakeUp
from tests.conftest import Broker

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def job(products: list[Any], broker: Broker, settings: Any) -> Job:
    """Six items in batches of two, so that three workers can share it; its first messages are taken."""
    settings.PRODGEN = {**settings.PRODGEN, "RECIPES": {"paint": "tests.jobs.recipes.PaintByTwo"}}
    return create_job("paint", products=products)


def sent(broker: Broker) -> int:
    """How many messages there were since this was last asked."""
    count = len(broker.sent)
    broker.sent.clear()
    return count


def all_arrive(job: Job) -> None:
    job.wake_ups.all().delete()


def lose(job: Job) -> None:
    """The messages on their way are so old that they are taken for lost."""
    job.wake_ups.update(due_at=from_now(-1000))


def test_a_job_wakes_as_many_workers_as_can_share_it(job: Job, broker: Broker) -> None:
    assert [(name, args[0], queue) for name, args, queue in broker.sent] == [
        ("prodgen.run_job", job.pk, "prodgen")
    ] * 3
    assert sweep().woken == 0


def test_each_worker_that_has_begun_takes_its_wake_up_off_the_account(job: Job, broker: Broker) -> None:
    for _name, args, _queue in broker.sent:
        arrived(args[1])
    assert not job.wake_ups.exists()


def test_lanes_that_died_are_opened_again_although_somebody_works(job: Job, broker: Broker) -> None:
    """Three of four workers are killed: their items go back, and the fourth does not go on alone."""
    sent(broker)
    all_arrive(job)
    living, dead, dead_too = claim(job, 2), claim(job, 2), claim(job, 2)
    assert living
    assert dead
    assert dead_too
    JobItem.objects.filter(token__in=[dead.token, dead_too.token]).update(lease_until=from_now(-1))
    found = sweep()
    # Four items wait; what was tried before is taken alone, but the batches count.
    assert (found.rescued, found.woken) == (4, 1)
    assert sent(broker) == 2
    assert sweep().woken == 0


def test_a_worker_whose_heartbeat_stopped_is_not_counted_although_its_lease_stands(
    job: Job, broker: Broker
) -> None:
    all_arrive(job)
    living, silent = claim(job, 2), claim(job, 2)
    assert living
    assert silent
    sent(broker)
    # Lease 60 s, heartbeat 15 s: two have been missed.
    silent.held.update(lease_until=from_now(20))
    assert sweep().woken == 1
    assert sent(broker) == 1


def test_nobody_is_woken_beside_enough_workers(job: Job, broker: Broker) -> None:
    all_arrive(job)
    assert claim(job, 2)
    assert claim(job, 2)
    sent(broker)
    # Two work, two items wait: one more would find something, and it is on its way.
    assert wake(job) is True
    assert sent(broker) == 1
    assert wake(job) is None


def test_messages_that_are_late_are_doubled_once_and_not_as_a_whole_fan(job: Job, broker: Broker) -> None:
    sent(broker)
    lose(job)
    assert sweep().woken == 1
    assert sent(broker) == 1
    assert sweep().woken == 0


def test_who_comes_alone_calls_the_others(job: Job, broker: Broker) -> None:
    """Of the messages all but one were lost with the broker."""
    sent(broker)
    lose(job)
    sweep()
    ((_name, args, _queue),) = broker.sent
    sent(broker)
    arrived(args[1])
    run_batch(job.pk)
    # At its begin two more can share the job; at its end nobody has come yet, and the two are on their way.
    assert sent(broker) == 2


def test_what_waits_for_its_next_try_is_woken_for_by_whoever_finds_nothing_else(
    job: Job, broker: Broker, settings: Any
) -> None:
    settings.PRODGEN = {**settings.PRODGEN, "RETRY_SECONDS": 10}
    all_arrive(job)
    sent(broker)
    job.items.update(lease_until=from_now(10))  # gone wrong, and to be tried again
    assert run_batch(job.pk) == 0
    assert sent(broker) == 1
    assert job.wake_ups.get().due_at > job.created_at
    assert run_batch(job.pk) == 0
    assert sent(broker) == 0


def test_doubled_lanes_close_by_themselves(job: Job, broker: Broker) -> None:
    for _ in range(20):
        WakeUp.objects.create(job=job, due_at=from_now(0))
    sent(broker)
    while run_batch(job.pk):
        pass
    assert sent(broker) == 0
    assert not job.wake_ups.exists()  # the job is over


def test_a_wake_up_that_never_left_is_published_by_the_sweeper(products: list[Any], broker: Broker) -> None:
    broker.mood = "refuses"
    job = create_job("paint", products=products)
    assert job.state == Job.State.QUEUED
    assert not job.wake_ups.exists()
    assert sweep().unwoken == 1
    broker.mood = "takes"
    assert sweep().woken == 1
    assert sent(broker) == 2  # six items in batches of four
    assert sweep().woken == 0


def test_a_kind_that_is_known_no_more_stops_no_sweep(job: Job, broker: Broker, settings: Any) -> None:
    all_arrive(job)
    sent(broker)
    settings.PRODGEN = {**settings.PRODGEN, "RECIPES": {}}
    assert sweep().woken == 1
    run_batch(job.pk)
    job.refresh_from_db()
    assert job.state == Job.State.FAILED


def test_what_a_worker_gave_back_after_a_cancel_holds_up_no_end(products: list[Any], broker: Broker) -> None:
    job = create_job("paint", products=products[:1], options={"mood": "cancelled-meanwhile"})
    run_batch(job.pk)
    job.refresh_from_db()
    assert job.state == Job.State.CANCELLED


def test_the_same_of_a_worker_that_was_asked_to_stop(products: list[Any], broker: Broker) -> None:
    job = create_job("paint", products=products[:1])
    taken = claim(job, 1)
    assert taken
    cancel_job(job)
    taken.held.update(state=JobItem.State.QUEUED, token=None, lease_until=None)
    assert sweep().finished == 1
    job.refresh_from_db()
    assert job.state == Job.State.CANCELLED


@hypothesis_settings(max_examples=60, deadline=None)
@given(
    useful=st.integers(0, MOST_LANES),
    live=st.integers(0, MOST_LANES),
    fresh=st.integers(0, 20),
    stale=st.integers(0, 20),
)
def test_the_formula(useful: int, live: int, fresh: int, stale: int) -> None:
    WakeUp.objects.all().delete()
    WakeUp.objects.bulk_create(
        WakeUp(due_at=from_now(-1000 if n < stale else -1)) for n in range(stale + fresh)
    )
    found = owed(useful, live, WakeUp.objects.filter(job=None))
    if useful and not live and (fresh or stale):
        assert found == (0 if fresh else 1)
    else:
        assert found == max(0, useful - fresh)


class TestBrokerThatNeverAnswers:
    """A socket that accepts and says nothing, as a broker behind a broken firewall does."""

    @pytest.fixture
    def silent(self, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Any:
        from celery import Celery

        with socket.socket() as server:
            server.bind(("127.0.0.1", 0))
            server.listen(50)
            port = server.getsockname()[1]
            app = Celery("silent", broker=f"redis://127.0.0.1:{port}/0", set_as_current=False)
            app.conf.broker_transport_options = {"socket_timeout": 60}
            monkeypatch.setattr(send, "current_app", app)
            monkeypatch.setattr(send, "_silent_until", 0.0)
            monkeypatch.setattr(send, "PATIENCE_SECONDS", 0.3)
            yield app

    def test_it_is_waited_for_once_whatever_there_is_to_send(self, products: list[Any], silent: Any) -> None:
        waits: list[float] = []
        for product in products:
            started = time.monotonic()
            job = create_job("paint", products=[product])
            waits.append(time.monotonic() - started)
            assert job.state == Job.State.QUEUED
            assert not job.wake_ups.exists()  # so that the sweeper sends it
        publishers = [t for t in threading.enumerate() if t.name == "prodgen-publisher" and t.is_alive()]
        assert len(publishers) == 1, waits

    def test_messages_of_a_request_leave_together_after_the_answer(
        self, products: list[Any], broker: Broker
    ) -> None:
        request_started.send(sender=None)
        jobs = [create_job("paint", products=[product]) for product in products]
        assert broker.sent == []
        request_finished.send(sender=None)
        assert [args[0] for _name, args, _queue in broker.sent] == [job.pk for job in jobs]

    def test_it_is_left_alone_for_a_while_and_then_tried_again(
        self, products: list[Any], broker: Broker, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(send, "PATIENCE_SECONDS", 0.05)
        broker.mood = "silent"
        create_job("paint", products=products[:1])
        broker.mood = "takes"
        create_job("paint", products=products[:1])
        assert broker.sent == []
        monkeypatch.setattr(send, "_silent_until", 0.0)
        assert sweep().woken == 2
