"""A picture's way from candidate to shop: approve, reject, publish, take back, and undo.

Each change is one conditional UPDATE on the state, so of two people who decide at once one is told that the
picture has changed meanwhile. Every change leaves an event, and an undo is an event too.

`by` is the user who decides, and what they may do is asked here (`prodgen_django.permissions`), whatever page, command
or task it comes from. A program that decides by itself says so with `SYSTEM`; None is nobody, who may do nothing.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from prodgen_django import signals
from prodgen_django.catalog import CatalogError, get_catalog
from prodgen_django.jobs.wake import send_patiently
from prodgen_django.models import GeneratedImage, ReviewEvent
from prodgen_django.permissions import CHANGES, SYSTEM, System, allowed_actions, last_change, refusal
from prodgen_django.storage import DamagedFile, read_picture

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = [
    "SYSTEM",
    "BulkResult",
    "ReviewError",
    "allowed_actions",
    "apply",
    "approve",
    "publish",
    "publish_many",
    "reject",
    "undo",
    "unpublish",
]

logger = logging.getLogger("prodgen_django.review")

State = GeneratedImage.State
#: More than this are published by a worker, because each copies a file.
MOST_IN_REQUEST = 20

#: Kinds that belong to no product: a template's tag places them, so that nothing is copied to a catalogue.
PLACED_BY_TAG = ("campaign",)


class ReviewError(Exception):
    """A change that is refused. The message is for the shop admin."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code, self.message = code, message


@dataclass
class BulkResult:
    """What came of a change of many pictures."""

    done: int = 0
    refused: list[tuple[GeneratedImage, str]] = field(default_factory=list)
    #: How many were handed to a worker.
    queued: int = 0


def approve(image: GeneratedImage, by: Any, note: str = "") -> ReviewEvent:
    """Say that the picture may be published; a worker makes its smaller versions."""
    return _move(image, "approve", by, note)


def reject(image: GeneratedImage, by: Any, note: str = "") -> ReviewEvent:
    return _move(image, "reject", by, note)


def publish(image: GeneratedImage, by: Any) -> ReviewEvent:
    """Copy the picture to its product. Raises ReviewError where something stands against it."""
    return _move(image, "publish", by)


def unpublish(image: GeneratedImage, by: Any) -> ReviewEvent:
    """Take the picture back from the shop; it stays approved."""
    return _move(image, "unpublish", by)


def undo(image: GeneratedImage, by: Any) -> ReviewEvent:
    """Take the last change back; asked again, the one before it."""
    return _move(image, "undo", by)


def apply(action: str, images: Iterable[GeneratedImage], by: Any) -> BulkResult:
    """The same change to many pictures; each that is refused is told with its reason, and stops no other."""
    result, chosen = BulkResult(), list(images)
    if action == "publish" and len(chosen) > MOST_IN_REQUEST and not isinstance(by, System):
        from prodgen_django.tasks import publish as task

        keys = []
        for image in chosen:
            against = refusal(image, "publish", by)
            if against is None:
                keys.append(image.pk)
            else:
                result.refused.append((image, against.message))
        if not keys:
            return result
        transaction.on_commit(partial(_send, task, keys, by.pk), robust=True)
        result.queued = len(keys)
        return result
    change = {"approve": approve, "reject": reject, "publish": publish, "unpublish": unpublish}[action]
    for image in chosen:
        try:
            if action == "approve" and len(chosen) > 1:
                _was_looked_at(image)
            with transaction.atomic():
                change(image, by)
        except ReviewError as error:
            result.refused.append((image, error.message))
        else:
            result.done += 1
    return result


def publish_many(image_ids: list[int], user_id: int | None) -> BulkResult:
    """What the worker does with a large bulk of pictures to publish."""
    from django.contrib.auth import get_user_model

    by = get_user_model()._default_manager.filter(pk=user_id).first() if user_id is not None else None
    result = BulkResult()
    for image in GeneratedImage.objects.filter(pk__in=image_ids):
        try:
            publish(image, by)
        except ReviewError as error:
            result.refused.append((image, error.message))
        else:
            result.done += 1
    return result


def _was_looked_at(image: GeneratedImage) -> None:
    """A doubtful cut-out is decided by itself, never as one of many. Raises ReviewError."""
    cut_out = image.scores.get("cut_out") or {}
    if cut_out.get("poor"):
        raise ReviewError(
            "poor_cut_out",
            _(
                "Its cut-out is uncertain. Look at its edges, mend them if need be, and decide about it by itself."
            ),
        )


def _is_whole(image: GeneratedImage) -> None:
    """Nothing goes on its way to the shop whose file is not what was made. Raises ReviewError."""
    try:
        read_picture(image)
    except DamagedFile as error:
        raise ReviewError("damaged", error.message) from error
    except OSError as error:
        logger.warning("picture %s cannot be read: %s", image.pk, error)
        raise ReviewError(
            "storage", _("The storage does not give out the file of this picture; try again later.")
        ) from error


def _move(image: GeneratedImage, action: str, by: Any, note: str = "") -> ReviewEvent:
    person = None if isinstance(by, System) else by
    with transaction.atomic():
        row = GeneratedImage.objects.select_for_update().get(pk=image.pk)
        against = refusal(row, action, by)
        if against is not None:
            raise ReviewError(*against)
        undone = last_change(row) if action == "undo" else None
        to = undone.from_state if undone is not None else CHANGES[action][1]
        if to == State.PUBLISHED or (to == State.APPROVED and row.state != State.PUBLISHED):
            _is_whole(row)
        values: dict[str, Any] = {"state": to}
        try:
            if to == State.PUBLISHED:
                reference = "" if row.kind in PLACED_BY_TAG else get_catalog().publish(row)
                values |= {"published_ref": reference, "published_at": Now()}
            elif row.state == State.PUBLISHED:
                if row.kind not in PLACED_BY_TAG:
                    get_catalog().withdraw(row.published_ref)
                values |= {"published_ref": "", "published_at": None}
        except CatalogError as error:
            raise ReviewError("catalog", str(error)) from error
        except OSError as error:  # a catalog of the shop's own may let its storage's errors through
            sentence = _("The shop's storage did not do this (%(why)s); try again later.")
            raise ReviewError("storage", sentence % {"why": error}) from error
        if not GeneratedImage.objects.filter(pk=row.pk, state=row.state).update(**values):
            raise ReviewError("changed", _("Somebody else has just decided about this picture."))
        event = ReviewEvent.objects.create(
            image=row, action=action, from_state=row.state, to_state=to, by=person, note=note, undoes=undone
        )
    was, image.state = row.state, to
    if to == State.APPROVED and was != State.PUBLISHED:
        transaction.on_commit(partial(_approved, image, person), robust=True)
    elif to == State.PUBLISHED:
        transaction.on_commit(partial(_published, image, person), robust=True)
    elif was == State.PUBLISHED:
        transaction.on_commit(
            partial(signals.image_withdrawn.send_robust, sender=GeneratedImage, image=image, by=person)
        )
    return event


def _approved(image: GeneratedImage, by: Any) -> None:
    from prodgen_django.tasks import render

    signals.image_approved.send_robust(sender=GeneratedImage, image=image, by=by)
    _send(render, image.pk)


def _published(image: GeneratedImage, by: Any) -> None:
    from prodgen_django.tasks import render

    signals.image_published.send_robust(sender=GeneratedImage, image=image, by=by)
    if not image.renditions:
        # The message that was sent at approval may have been lost; done again it changes nothing.
        _send(render, image.pk)


def _send(task: Any, *args: Any) -> None:
    """Publish a message, and never let the broker hold up or fail the person who clicked."""

    def send() -> bool:
        try:
            task.apply_async(args, queue="prodgen", retry=False, ignore_result=True)
        except Exception as error:  # noqa: BLE001  (each transport raises its own)
            logger.warning("%s%r: the broker took no message (%s)", task.name, args, error)
            return False
        return True

    if not send_patiently(send, "prodgen-review"):
        logger.warning("%s%r: the broker does not answer", task.name, args)
