"""A customer's yes or no to being profiled, kept for the tasks, who see no request.

A shop calls `record_consent` where its customer answers. A yes is noted by itself too, from the requests of customers
whom the hook ``PRODGEN["CONSENT"]`` says yes for, but never against a no that is stored.
"""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.utils import timezone

from prodgen_django.personalization.log.privacy import forget
from prodgen_django.personalization.models import ProfilingConsent
from prodgen_django.personalization.serve.tell import erase_browser
from prodgen_django.personalization.serve.visitor import current_request


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
            forget(user.pk)
            request = current_request.get()
            if request is not None and getattr(request, "user", None) == user:
                # What this browser showed before its customer signed in, or while they were signed out.
                erase_browser(request)
