"""Which published picture a visitor sees: taste profiles, choice, and what came of it.

    from prodgen_django.personalization import Visitor, choose_images

Loaded on demand: the package is imported while Django is still loading its models.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from prodgen_django.personalization.choice import choose_images, choose_pictures
    from prodgen_django.personalization.consent import record_consent
    from prodgen_django.personalization.taste import LikedQuery, Signal, TasteSource
    from prodgen_django.personalization.visitor import Visitor

__all__ = [
    "LikedQuery",
    "Signal",
    "TasteSource",
    "Visitor",
    "choose_images",
    "choose_pictures",
    "record_consent",
]

_HOMES = {
    "LikedQuery": "taste",
    "Signal": "taste",
    "TasteSource": "taste",
    "Visitor": "visitor",
    "choose_images": "choice",
    "choose_pictures": "choice",
    "record_consent": "consent",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
