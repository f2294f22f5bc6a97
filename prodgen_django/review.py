"""A picture's way from candidate to shop: approve, reject, publish, take back, and undo.

Each change is one conditional UPDATE on the state, so of two people who decide at once one is told that the
picture has changed meanwhile. Every change leaves an event, and an undo is an event too.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import QuerySet
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from prodgen_django import signals
from prodgen_django.catalog import CatalogError, get_catalog
from prodgen_django.errands.run import LEASE_SECONDS, ask_for_decision, ask_for_renditions
from prodgen_django.jobs.clock import from_now
from prodgen_django.models import GeneratedImage, ReviewEvent

if TYPE_CHECKING:
    from collections.abc import Iterable

    from prodgen_django.models import Errand

__all__ = [
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

State = GeneratedImage.State
#: More than this are decided about by a worker; publishing copies a file each.
MOST_IN_REQUEST = {"approve": 60, "reject": 60, "publish": 20, "unpublish": 20}
#: A worker decides about so many between two looks at the clock, and so long before somebody else has a turn.
SLICE, SLICE_SECONDS = 20, 15.0
#: How many refusals of a decision by a worker are kept with their reasons.
MOST_REASONS = 20

#: Kinds that belong to no product: a template's tag places them, so that nothing is copied to a catalogue.
PLACED_BY_TAG = ("campaign",)

#: action: (the states it may start from, the state it leads to)
CHANGES: dict[str, tuple[tuple[str, ...], str]] = {
    "approve": ((State.PENDING, State.REJECTED), State.APPROVED),
    "reject": ((State.PENDING, State.APPROVED), State.REJECTED),
    "publish": ((State.APPROVED,), State.PUBLISHED),
    "unpublish": ((State.PUBLISHED,), State.APPROVED),
}


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
    return _change(image, "approve", by, note)


def reject(image: GeneratedImage, by: Any, note: str = "") -> ReviewEvent:
    return _change(image, "reject", by, note)


def publish(image: GeneratedImage, by: Any) -> ReviewEvent:
    """Copy the picture to its product. Raises ReviewError where something stands against it."""
    _may_publish(image, by)
    return _change(image, "publish", by)


def unpublish(image: GeneratedImage, by: Any) -> ReviewEvent:
    """Take the picture back from the shop; it stays approved."""
    return _change(image, "unpublish", by)


def undo(image: GeneratedImage, by: Any) -> ReviewEvent:
    """Take the last change back; asked again, the one before it."""
    last = _last(image)
    if last is None:
        raise ReviewError("nothing_to_undo", _("Nothing has been decided about this picture."))
    if last.from_state == State.PUBLISHED:
        _may_publish(image, by)
    return _move(image, "undo", (last.to_state,), last.from_state, by, undoes=last)


def allowed_actions(image: GeneratedImage, user: Any) -> set[str]:
    """What the user may do with the picture as it stands."""

    def may(*names: str) -> bool:
        return any(user.has_perm(f"prodgen_django.{name}") for name in names)

    allowed = set()
    publisher = may("publish") and (image.kind != "concept" or may("publish_concept"))
    for action, (states, _to) in CHANGES.items():
        if image.state in states and (may("review") if action in ("approve", "reject") else may("publish")):
            allowed.add(action)
    if not publisher or image.blockers:
        allowed.discard("publish")
    last = _last(image)
    if last is not None and (
        publisher if State.PUBLISHED in (last.from_state, last.to_state) else may("review")
    ):
        allowed.add("undo")
    return allowed


def apply(action: str, images: Iterable[GeneratedImage], by: Any) -> BulkResult:
    """The same change to many pictures; each that is refused is told with its reason, and stops no other.

    More than `MOST_IN_REQUEST` are handed to a worker as they are chosen now.
    """
    keys = list(images.values_list("pk", flat=True)) if isinstance(images, QuerySet) else None
    if keys is None:
        images = list(images)
        keys = [image.pk for image in images]
    if len(keys) > MOST_IN_REQUEST[action]:
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
        told = [[str(image), reason] for image, reason in result.refused]
        report["reasons"] = [*report["reasons"], *told][:MOST_REASONS]
        errand.position += len(part)
        if not held.update(
            position=errand.position, report=report, attempts=0, lease_until=from_now(LEASE_SECONDS)
        ):
            return False  # it was so slow that somebody else has it in hand
    return errand.position >= len(keys)


def _last(image: GeneratedImage) -> ReviewEvent | None:
    """The newest change that still stands: not an undo, and not undone. Reads prefetched events where there
    are.
    """
    events = list(image.events.all())
    undone = {event.undoes_id for event in events if event.undoes_id}
    standing = [event for event in events if not event.undoes_id and event.pk not in undone]
    return max(standing, key=lambda event: event.pk, default=None)


def _may_publish(image: GeneratedImage, by: Any) -> None:
    if image.blockers:
        raise ReviewError("blocked", " ".join(blocker["message"] for blocker in image.blockers))
    if image.kind == "concept" and not (by and by.has_perm("prodgen_django.publish_concept")):
        raise ReviewError(
            "concept", _("This picture shows no real product; you may not publish such pictures.")
        )


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


def _change(image: GeneratedImage, action: str, by: Any, note: str = "") -> ReviewEvent:
    states, to = CHANGES[action]
    return _move(image, action, states, to, by, note)


def _move(
    image: GeneratedImage,
    action: str,
    states: Iterable[str],
    to: str,
    by: Any,
    note: str = "",
    undoes: ReviewEvent | None = None,
) -> ReviewEvent:
    with transaction.atomic():
        row = GeneratedImage.objects.select_for_update().get(pk=image.pk)
        if row.state not in tuple(states):
            label = row.get_state_display()
            raise ReviewError("wrong_state", _("This is not possible: the picture is now “%s”.") % label)
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
        if not GeneratedImage.objects.filter(pk=row.pk, state=row.state).update(**values):
            raise ReviewError("changed", _("Somebody else has just decided about this picture."))
        event = ReviewEvent.objects.create(
            image=row, action=action, from_state=row.state, to_state=to, by=by, note=note, undoes=undoes
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
        send = partial(told.send_robust, sender=GeneratedImage, image=image, by=by)
        transaction.on_commit(send, robust=True)
    return event
