"""Erasing what is past its time, in every worker, so that a shop keeps its promise without Celery beat as well."""

from __future__ import annotations

import time
from datetime import timedelta

from django.utils import timezone

from prodgen_django.conf import settings
from prodgen_django.personalization.models import Exposure, TasteProfile

#: A process looks this often, in seconds; what is kept is counted in days.
EVERY = 6 * 3600.0
#: Most exposures erased at once: the thread that does it has other work, and goes on with the next look.
MOST_AT_ONCE = 50_000
#: Of these in one statement.
EXPIRED_AT_ONCE = 5000

_next = 0.0


def erase_when_due() -> int:
    """Erase profiles and exposures past their retention, where this process has not done so lately; how many."""
    global _next
    if time.monotonic() < _next:
        return 0
    exposures = expire(MOST_AT_ONCE)
    if exposures < MOST_AT_ONCE:
        _next = time.monotonic() + EVERY
    return exposures + expire_profiles()


def expire(most: int | None = None) -> int:
    """Erase what is past ``EVENT_RETENTION_DAYS``, about `most` rows where that is given; returns how many rows."""
    since = timezone.now() - timedelta(days=settings.EVENT_RETENTION_DAYS)
    erased = 0
    while most is None or erased < most:
        old = Exposure.objects.filter(shown_at__lt=since).order_by("pk")
        keys = list(old.values_list("pk", flat=True)[:EXPIRED_AT_ONCE])
        if not keys:
            return erased
        erased += Exposure.objects.filter(pk__in=keys).delete()[0]
    return erased


def expire_profiles() -> int:
    """Erase profiles past ``TASTE_RETENTION_DAYS``, and those without a stored yes; returns how many."""
    since = timezone.now() - timedelta(days=settings.TASTE_RETENTION_DAYS)
    stale = TasteProfile.objects.filter(updated_at__lt=since)
    refused = TasteProfile.objects.exclude(user__prodgen_consent__given=True)
    gone = {*stale.values_list("pk", flat=True), *refused.values_list("pk", flat=True)}
    TasteProfile.objects.filter(pk__in=gone).delete()
    return len(gone)
