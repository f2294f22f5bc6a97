"""What every page of the shop knows."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest

from example_shop import consent
from example_shop.people import PEOPLE


def shop(request: HttpRequest) -> dict[str, Any]:
    return {
        "consent_given": consent.has_consented(request),
        "consent_asked": consent.was_asked(request),
        # Switching among the people of the demonstration needs no password, so it exists in DEBUG only.
        "demo_people": PEOPLE if settings.DEBUG else (),
    }
