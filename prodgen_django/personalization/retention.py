"""Erasing what is past its time, in every worker, so that a shop keeps its promise without Celery beat as well."""

from __future__ import annotations

import time

from prodgen_django.personalization.events import expire
from prodgen_django.personalization.profiles import expire_profiles

#: A process looks this often, in seconds; what is kept is counted in days.
EVERY = 6 * 3600.0
#: Most exposures erased at once: the thread that does it has other work, and goes on with the next look.
MOST_AT_ONCE = 50_000

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
