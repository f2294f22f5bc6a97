"""What became of the decisions about many pictures that a worker was asked for."""

from __future__ import annotations

from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _

from prodgen_django.broker import QUICK_QUEUE
from prodgen_django.jobs.lease import from_now
from prodgen_django.jobs.worker import listening, waiting_for
from prodgen_django.models import Errand

#: For how long it is told what came of a decision that is over.
TOLD_SECONDS = 3600
#: How many are told of, and how many refusals of each are told one by one.
MOST, REFUSALS = 5, 5


def told(user: Any) -> list[dict[str, Any]]:
    """The user's decisions that are open or were over just now, the newest first: sentence, level, reasons."""
    mine = Errand.objects.filter(kind=Errand.Kind.DECIDE, by=user)
    found = list(
        mine.filter(Q(over_at=None) | Q(over_at__gte=from_now(-TOLD_SECONDS))).order_by("-pk")[:MOST]
    )
    waits = ""
    if any(errand.over_at is None and not errand.token for errand in found):
        waits = waiting_for(listening(QUICK_QUEUE))
    return [_one(errand, waits) for errand in found]


def _one(errand: Errand, waits: str) -> dict[str, Any]:
    report = {"done": 0, "refused": 0, "reasons": [], **errand.report}
    numbers = {"total": len(errand.what["images"]), "position": errand.position, **report}
    doing, did = {
        "approve": (
            _("A worker approves %(total)d pictures"),
            _("%(done)d of %(total)d pictures are approved"),
        ),
        "reject": (
            _("A worker rejects %(total)d pictures"),
            _("%(done)d of %(total)d pictures are rejected"),
        ),
        "publish": (
            _("A worker publishes %(total)d pictures"),
            _("%(done)d of %(total)d pictures are published"),
        ),
        "unpublish": (
            _("A worker takes %(total)d pictures back"),
            _("%(done)d of %(total)d pictures are taken back"),
        ),
    }[errand.what["action"]]
    over = errand.over_at is not None
    sentence = f"{(did if over else doing) % numbers}"
    sentence += _(": %(refused)d were refused.") % numbers if over and report["refused"] else "."
    if not over:
        sentence += " " + _("%(position)d have been looked at.") % numbers
        if not errand.token:
            sentence += f" {waits}"
    if errand.error and over:
        sentence += " " + _("It was given up: %(error)s Choose the rest again.") % {"error": errand.error}
    return {
        "sentence": sentence,
        "level": "look" if over and (report["refused"] or errand.error) else "good",
        "reasons": [f"{title}: {reason}" for title, reason in report["reasons"][:REFUSALS]],
    }
