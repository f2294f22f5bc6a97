"""Asking `prodgen_django.pictures.review` for a change of state, and saying what came of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import HttpRequest

    from prodgen_django.models import GeneratedImage

#: What the buttons say, and (``…_done``) what was done.
ACTION_LABELS = {
    "approve": gettext_lazy("Approve"),
    "reject": gettext_lazy("Reject"),
    "publish": gettext_lazy("Publish"),
    "unpublish": gettext_lazy("Take back"),
    "undo": gettext_lazy("Undo"),
    "approve_done": gettext_lazy("“%(title)s” is approved."),
    "reject_done": gettext_lazy("“%(title)s” is rejected."),
    "publish_done": gettext_lazy("“%(title)s” is published in the shop."),
    "unpublish_done": gettext_lazy("“%(title)s” is taken back from the shop."),
    "undo_done": gettext_lazy("The last decision about “%(title)s” is undone."),
}
KEYS = {"approve": "A", "reject": "R", "publish": "P", "undo": "U"}
#: How many refusals are told one by one; the others are a number.
TOLD = 5


def apply_one(image: GeneratedImage, action: str, by: Any, note: str = "") -> str:
    """Change one picture; returns the reason in words where it was refused, else ``""``."""
    from prodgen_django.pictures import review

    change = getattr(review, action)
    try:
        if note and action in ("approve", "reject"):
            change(image, by, note=note)
        else:
            change(image, by)
    except review.ReviewError as error:
        return error.message
    return ""


def apply_many(request: HttpRequest, action: str, images: QuerySet[GeneratedImage]) -> None:
    """Change many pictures and leave messages that say how many, and which were refused and why."""
    from prodgen_django.pictures import review

    result = review.apply(action, images, request.user)
    done = {
        "approve": ngettext("%d picture is approved.", "%d pictures are approved.", result.done),
        "reject": ngettext("%d picture is rejected.", "%d pictures are rejected.", result.done),
        "publish": ngettext("%d picture is published.", "%d pictures are published.", result.done),
        "unpublish": ngettext("%d picture is taken back.", "%d pictures are taken back.", result.done),
    }[action]
    if result.done:
        messages.success(request, done % result.done)
    queued = result.queued
    if queued:
        text = ngettext(
            "%d picture is handed to a worker, for it takes a while. This page says how far it is.",
            "%d pictures are handed to a worker, for it takes a while. This page says how far it is.",
            queued,
        )
        messages.info(request, text % queued)
    for image, reason in result.refused[:TOLD]:
        messages.error(request, f"{image}: {reason}")
    if len(result.refused) > TOLD:
        messages.error(request, _("… and %d more were refused.") % (len(result.refused) - TOLD))
    if not (result.done or queued or result.refused):
        messages.warning(request, _("Nothing was chosen."))
