"""The broker, and a worker for each queue."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from django.core.exceptions import ImproperlyConfigured

from prodgen_django.broker import QUEUES
from prodgen_django.conf import settings
from prodgen_django.doctor.findings import Finding, bounded, examination
from prodgen_django.jobs.worker import listening_to


@examination("broker")
def broker_hands_messages_on(seconds: float) -> Iterator[Finding]:
    from celery import current_app as app

    url = app.conf.broker_url
    if app.conf.task_always_eager:
        yield Finding(
            "broker",
            "warning",
            "Tasks run inside the process that asks for them (task_always_eager).",
            "For tests only: give Celery a broker in a shop.",
        )
        return
    if not url:
        yield Finding(
            "broker",
            "fault",
            "This process knows no Celery app with a broker.",
            "Import the shop's Celery app in its package's __init__.py, as Celery's guide to Django says, and set "
            "broker_url (prodgen_django.broker.celery_settings).",
        )
        return
    try:
        told = app.connection_for_write().as_uri()
    except Exception as error:  # noqa: BLE001  (a transport that there is not, or that lacks its library)
        yield Finding(
            "broker",
            "fault",
            f"Celery cannot use its broker_url: {error}".strip(),
            "Correct it, or install what its transport needs (Celery's page on brokers names it).",
        )
        return
    try:
        spent = bounded(lambda: _send_and_take(app, seconds), seconds)
    except Exception as error:  # noqa: BLE001  (each transport raises its own)
        yield Finding(
            "broker",
            "fault",
            f"{told} did not hand a message on: {error}".strip(),
            "See that the broker runs and that this machine reaches it. Jobs wait safely in the database meanwhile.",
        )
    else:
        yield Finding("broker", "ok", f"{told} handed a message on in {1000 * spent:.0f} ms.")


@examination("workers")
def each_queue_has_a_worker(seconds: float) -> Iterator[Finding]:
    from celery import current_app as app

    if app.conf.task_always_eager or not app.conf.broker_url:
        return
    for queue, serving in listening_to(sorted(queues_needed())).items():
        if serving.workers:
            yield Finding(
                "workers", "ok", f"{queue}: {serving.busy} of {serving.processes} processes at work."
            )
        else:
            yield Finding(
                "workers",
                "fault",
                f"No worker serves the queue {queue}.",
                f"Start one: celery -A {app.main or 'YOUR_PROJECT'} worker -Q {queue}",
            )


def queues_needed() -> set[str]:
    """The queues of our own recipes and other tasks, and those of the shop's recipes."""
    from prodgen_django.recipes import get_recipe

    needed = set(QUEUES)
    # A recipe that is set wrongly is told among the settings.
    with suppress(ImproperlyConfigured):
        for kind in settings.RECIPES:
            needed.add(get_recipe(kind).queue)
    return needed


def _send_and_take(app: Any, seconds: float) -> float:
    """Seconds that one message took there and back, over a queue that is deleted again."""
    from kombu import Exchange, Producer, Queue

    name, started = f"prodgen-doctor-{uuid.uuid4().hex}", time.monotonic()
    with app.connection_for_write(connect_timeout=seconds) as connection:
        channel = connection.channel()
        queue = Queue(name, Exchange(""), routing_key=name, durable=False, auto_delete=True)(channel)
        queue.queue_declare()
        try:
            Producer(channel).publish({"from": name}, exchange="", routing_key=name)
            while (message := queue.get(no_ack=True)) is None:
                time.sleep(0.01)
                if time.monotonic() - started > seconds:
                    raise TimeoutError("the message was taken and not handed on")
            if message.payload != {"from": name}:
                raise ValueError("another message came back")
        finally:
            queue.delete()
    return time.monotonic() - started
