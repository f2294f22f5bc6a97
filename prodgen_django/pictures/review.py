"""A picture's way from candidate to shop: approve, reject, publish, take back, and undo.

Each change is one conditional UPDATE on the state, so of two people who decide at once one is told that the
picture has changed meanwhile. Every change leaves an event, and an undo is an event too.

`by` is the user who decides, and what they may do is asked here (`prodgen_django.permissions`), whatever page, command
or task it comes from. A program that decides by itself says so with `SYSTEM`; None is nobody, who may do nothing.
"""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from celery.exceptions import SoftTimeLimitExceeded
from django.db import DatabaseError, transaction
from django.db.models import QuerySet
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from prodgen_django import signals
from prodgen_django.catalog import CatalogError, get_catalog
from prodgen_django.clean import clean_json, clean_text
from prodgen_django.errands.run import LEASE_SECONDS, ask_for_decision, ask_for_renditions
from prodgen_django.jobs.lease import from_now
from prodgen_django.models import GeneratedImage, ReviewEvent
from prodgen_django.permissions import (
    ACTIONS,
    CHANGES,
    SYSTEM,
    System,
    allowed_actions,
    last_change,
    may,
    refusal,
)
from prodgen_django.storage import DamagedFile, read_picture

if TYPE_CHECKING:
    from collections.abc import Iterable

    from prodgen_django.models import Errand

__all__ = [
    "SYSTEM",
    "BulkResult",
    "ReviewError",
    "allowed_actions",
    "apply",
    "approve",
    "publish",
    "reject",
    "undo",
    "unpublish",
]

logger = logging.getLogger("prodgen_django.pictures.review")

State = GeneratedImage.State
#: More than this are decided about by a worker; publishing copies a file each.
MOST_IN_REQUEST = {"approve": 60, "reject": 60, "publish": 20, "unpublish": 20}
#: A worker decides about so many between two looks at the clock, and so long before somebody else has a turn.
SLICE, SLICE_SECONDS = 20, 15.0
#: How many refusals of a decision by a worker are kept with their reasons.
MOST_REASONS = 20

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
    """The same change to many pictures; each that is refused is told with its reason, and stops no other.

    More than `MOST_IN_REQUEST` are handed to a worker as they are chosen now; a program's own are decided at once.
    """
    keys = list(images.values_list("pk", flat=True)) if isinstance(images, QuerySet) else None
    if keys is None:
        images = list(images)
        keys = [image.pk for image in images]
    if len(keys) > MOST_IN_REQUEST[action] and not isinstance(by, System) and may(by, *ACTIONS[action]):
        ask_for_decision(action, keys, by)
        return BulkResult(queued=len(keys))
    return _decide(action, images, by)


def _decide(action: str, images: Iterable[GeneratedImage], by: Any, alone: bool = True) -> BulkResult:
    """`alone`: a single picture counts as looked at; not so where it is one of a worker's many."""
    result, chosen = BulkResult(), list(images)
    change = {"approve": approve, "reject": reject, "publish": publish, "unpublish": unpublish}[action]
    for image in chosen:
        try:
            if action == "approve" and (len(chosen) > 1 or not alone):
                _was_looked_at(image)
            with transaction.atomic():
                change(image, by)
        except ReviewError as error:
            result.refused.append((image, error.message))
        except (DatabaseError, SoftTimeLimitExceeded):
            raise
        except Exception as error:
            if alone:
                raise
            # Of many, one that a catalog of the shop's own breaks at must not stop those behind it.
            logger.exception("picture %s: %s went wrong", image.pk, action)
            sentence = _("It went wrong (%(why)s); the worker's log says more.")
            result.refused.append((image, sentence % {"why": f"{type(error).__name__}: {error}"}))
        else:
            result.done += 1
    return result


def run_errand(errand: Errand, held: QuerySet[Errand]) -> bool:
    """What a worker does with a decision about many pictures: some seconds of it, then others have a turn."""
    action, keys = errand.what["action"], errand.what["images"]
    report = {"done": 0, "refused": 0, "reasons": [], **errand.report}
    until = time.monotonic() + SLICE_SECONDS
    while errand.position < len(keys) and time.monotonic() < until:
        part = keys[errand.position : errand.position + SLICE]
        images = GeneratedImage.objects.filter(pk__in=part)
        # A worker that died in the midst of a slice has decided about some of it.
        already = images.filter(state=CHANGES[action][1]).count()
        result = _decide(action, images.exclude(state=CHANGES[action][1]), errand.by, alone=False)
        report["done"] += result.done + already
        report["refused"] += len(result.refused)
        told = clean_json([[str(image), reason] for image, reason in result.refused])
        report["reasons"] = [*report["reasons"], *told][:MOST_REASONS]
        errand.position += len(part)
        if not held.update(
            position=errand.position, report=report, attempts=0, lease_until=from_now(LEASE_SECONDS)
        ):
            return False  # it was so slow that somebody else has it in hand
    return errand.position >= len(keys)


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
            image=row,
            action=action,
            from_state=row.state,
            to_state=to,
            by=person,
            note=clean_text(note, 255),
            undoes=undone,
        )
        if to in (State.APPROVED, State.PUBLISHED) and not row.renditions:
            # Asked again where it is published: what was asked for at approval may have gone wrong since.
            ask_for_renditions(row)
    was, image.state = row.state, to
    told = None
    if to == State.PUBLISHED:
        told = signals.image_published
    elif was == State.PUBLISHED:
        told = signals.image_withdrawn
    elif to == State.APPROVED:
        told = signals.image_approved
    if told is not None:
        send = partial(told.send_robust, sender=GeneratedImage, image=image, by=person)
        transaction.on_commit(send, robust=True)
    return event
