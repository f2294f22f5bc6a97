"""Ask for an errand, and do one: claimed under a token and a lease, done in a slice of seconds, asked again."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from django.db.models import F
from django.db.models.functions import Now
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _

from prodgen_django.clean import clean_text
from prodgen_django.conf import settings
from prodgen_django.jobs.connection import Line, reconnect
from prodgen_django.jobs.lease import DUE, from_now
from prodgen_django.jobs.wake import arrived, wake_errands, wake_errands_on_commit
from prodgen_django.models import Errand

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.db.models import QuerySet

    from prodgen_django.models import GeneratedImage

logger = logging.getLogger("prodgen_django.errands")

#: A worker that has not ended a slice after so long is taken for dead. Done twice, an errand changes nothing more.
LEASE_SECONDS = 120
#: What does an errand of a kind: called with the errand and with the condition under which it may write; True
#: when it is over.
Work = Callable[[Errand, "QuerySet[Errand]"], bool]
WORK = {
    Errand.Kind.RENDER: "prodgen_django.pictures.renditions.run_errand",
    Errand.Kind.DECIDE: "prodgen_django.pictures.review.run_errand",
}


def ask_for_renditions(image: GeneratedImage) -> None:
    """A worker is to make the smaller versions of this picture. In a transaction it is asked with it."""
    mine = Errand.objects.filter(kind=Errand.Kind.RENDER, image=image)
    again = {"attempts": 0, "error": "", "over_at": None, "token": None, "lease_until": None}
    if not mine.update(**again):
        Errand.objects.bulk_create([Errand(kind=Errand.Kind.RENDER, image=image)], ignore_conflicts=True)
    wake_errands_on_commit()


def ask_for_decision(action: str, images: Iterable[int], by: Any) -> Errand:
    """A worker is to decide about these pictures (by key), as this person."""
    errand = Errand.objects.create(
        kind=Errand.Kind.DECIDE, what={"action": action, "images": list(images)}, by=by
    )
    wake_errands_on_commit()
    return errand


def run_errand(wake_up: str | None = None) -> bool:
    """Do a slice of the oldest errand that nobody has in hand; False where there is none."""
    arrived(wake_up)
    errand = _claim()
    if errand is None:
        return False
    held, line = Errand.objects.filter(pk=errand.pk, token=errand.token), Line()
    work: Work = import_string(WORK[Errand.Kind(errand.kind)])
    try:
        over = work(errand, held)
    except Exception as error:
        if line.is_cut(error):
            logger.warning("errand %s: the database was lost: %s", errand, error)
            if not reconnect():
                return True  # the sweeper finds it when its lease is over
            held.update(token=None, lease_until=None, attempts=errand.attempts - 1)
        else:
            logger.exception("errand %s went wrong", errand)
            _give_back(held, errand, error)
    except BaseException:
        # The process is asked to stop, or the time is over: whoever comes next goes on at once.
        held.update(token=None, lease_until=None, attempts=errand.attempts - 1)
        raise
    else:
        if over and errand.kind == Errand.Kind.RENDER:
            held.delete()
        elif over:
            held.update(over_at=Now(), token=None, lease_until=None)
        else:
            # A slice that went well shows that the errand is no poison.
            held.update(token=None, lease_until=None, attempts=0)
    wake_errands()
    return True


def end_hopeless() -> int:
    """End errands that have cost as many workers as an errand may; returns how many."""
    lost = Errand.objects.filter(DUE, over_at=None, attempts__gte=settings.MAX_ATTEMPTS)
    return lost.update(
        over_at=Now(),
        token=None,
        lease_until=None,
        error=_("The worker was killed or stopped answering while working on this."),
    )


def _claim() -> Errand | None:
    due = Errand.objects.filter(DUE, over_at=None, attempts__lt=settings.MAX_ATTEMPTS)
    token = uuid.uuid4()
    for pk in due.order_by("pk").values_list("pk", flat=True)[:20]:
        # Of those who look at the same moment one gets it; the others look at the next.
        if due.filter(pk=pk).update(
            token=token, lease_until=from_now(LEASE_SECONDS), attempts=F("attempts") + 1
        ):
            return Errand.objects.select_related("image", "by").get(pk=pk)
    return None


def _give_back(held: QuerySet[Errand], errand: Errand, error: Exception) -> None:
    # What is meant for a person says so in words of its own.
    reason = getattr(error, "message", "") or f"{type(error).__name__}: {error}"
    hopeless = errand.attempts >= settings.MAX_ATTEMPTS
    held.update(
        token=None,
        # Without a token a lease is a date before which nobody takes it.
        lease_until=None if hopeless else from_now(settings.RETRY_SECONDS),
        over_at=Now() if hopeless else None,
        error=clean_text(reason, 2000),
    )
