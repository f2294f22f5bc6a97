"""The one place from which messages leave: by task name, after the transaction, and patiently once a request.

A message says no more than "look": what it is about stands in a row, which the sweeper reads as well. So one
that cannot be sent is dropped, and nobody waits for it. While a web request is being answered messages are
collected, each wish once, and sent when the answer has left.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from asgiref.local import Local
from celery import current_app
from django.core.signals import request_finished, request_started
from django.db import close_old_connections, transaction

from prodgen_django.broker import QUEUE

logger = logging.getLogger("prodgen_django.jobs")

#: How long a sender waits for the broker, whatever it has to send.
PATIENCE_SECONDS = 3.0
#: How long a process leaves a broker alone that accepted a connection and never answered.
PAUSE_SECONDS = 30.0

#: Makes the messages of a wish when they are to leave.
Produce = Callable[[], Sequence["Message"]]

_request = Local()
_silent_until = 0.0


@dataclass(frozen=True)
class Message:
    """A task by its name, with its arguments and what else Celery is to know of it."""

    task: str
    args: tuple[Any, ...] = ()
    queue: str = QUEUE
    options: Mapping[str, Any] = field(default_factory=dict)
    #: Called where the broker did not take it.
    lost: Callable[[], Any] | None = None


def send_on_commit(wish: Hashable, produce: Produce) -> None:
    """Send what ``produce`` makes when the transaction commits; ``wish`` names it, and is sent once a request."""
    transaction.on_commit(partial(_when_committed, wish, produce), robust=True)


def deliver(messages: Sequence[Message]) -> bool:
    """Publish now, and wait at most `PATIENCE_SECONDS`; False where the broker did not take all of them."""
    global _silent_until
    if not messages:
        return True
    taken: list[Message] = []
    if time.monotonic() >= _silent_until:
        # In a thread of its own: a broker that accepts and never answers would hold the caller for minutes.
        publisher = threading.Thread(
            target=_publish, args=(messages, taken), name="prodgen-publisher", daemon=True
        )
        publisher.start()
        publisher.join(PATIENCE_SECONDS)
        if publisher.is_alive():
            _silent_until = time.monotonic() + PAUSE_SECONDS
            logger.warning("the broker does not answer; the sweeper will make up for it")
    lost = messages[len(taken) :]
    for message in lost:
        if message.lost is not None:
            message.lost()
    return not lost


def _publish(messages: Sequence[Message], taken: list[Message]) -> None:
    for message in messages:
        try:
            current_app.send_task(
                message.task,
                message.args,
                queue=message.queue,
                retry=False,
                ignore_result=True,
                **message.options,
            )
        except Exception as error:  # noqa: BLE001  (each transport raises its own)
            logger.warning("the broker took no message %s%r (%s)", message.task, message.args, error)
            return
        taken.append(message)


def _when_committed(wish: Hashable, produce: Produce) -> None:
    waiting = getattr(_request, "waiting", None)
    if waiting is None:
        deliver(produce())
    else:
        waiting[wish] = produce


def _begin(**_kwargs: Any) -> None:
    # Of a request whose end nobody told, something may be left.
    _end()
    _request.waiting = {}


def _end(**_kwargs: Any) -> None:
    waiting: dict[Hashable, Produce] = getattr(_request, "waiting", None) or {}
    _request.waiting = None
    if not waiting:
        return
    try:
        deliver([message for produce in waiting.values() for message in produce()])
    except Exception:
        # The answer has left; what was not sent is found by the sweeper.
        logger.exception("messages could not be sent; the sweeper will make up for it")
    finally:
        close_old_connections()


request_started.connect(_begin, dispatch_uid="prodgen-send")
request_finished.connect(_end, dispatch_uid="prodgen-send")
