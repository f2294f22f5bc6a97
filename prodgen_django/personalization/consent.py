"""A customer's yes or no to being profiled, kept for the tasks, who see no request.

A shop calls `record_consent` where its customer answers. A yes is noted by itself too, from the requests of customers
whom the hook ``PRODGEN["CONSENT"]`` says yes for, but never against a no that is stored.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from prodgen_django.conf import settings
from prodgen_django.personalization.models import ProfilingConsent


def record_consent(user: Any, given: bool) -> None:
    """Keep the answer of a signed-in customer. A no erases at once what was kept of their taste.

    Belongs where the shop's own consent is answered, which writes anyway, and not on every page.
    """
    if user is None or not user.is_authenticated:
        return
    with transaction.atomic():
        ProfilingConsent.objects.update_or_create(
            user_id=user.pk, defaults={"given": given, "at": timezone.now()}
        )
        if not given:
            from prodgen_django.personalization.profiles import forget
            from prodgen_django.personalization.trails import erase_browser
            from prodgen_django.personalization.visitor import current_request

            forget(user.pk)
            request = current_request.get()
            if request is not None and getattr(request, "user", None) == user:
                # What this browser showed before its customer signed in, or while they were signed out.
                erase_browser(request)


def consenting(user_ids: set[Any]) -> dict[Any, ProfilingConsent]:
    """Of these customers those whose yes is stored and was confirmed within the retention."""
    since = timezone.now() - timedelta(days=settings.TASTE_RETENTION_DAYS)
    rows = ProfilingConsent.objects.filter(user_id__in=user_ids, given=True, at__gte=since)
    return {row.user_id: row for row in rows}
