"""Which published picture a visitor sees: taste profiles, choice, and what came of it.

    from prodgen_django.personalization import Visitor, choose_images

Loaded on demand: the package is imported while Django is still loading its models.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from prodgen_django.personalization.log.sources import Signal, TasteSource
    from prodgen_django.personalization.serve.choice import choose_images
    from prodgen_django.personalization.serve.consent import record_consent
    from prodgen_django.personalization.serve.visitor import Visitor

__all__ = [
    "Signal",
    "TasteSource",
    "Visitor",
    "choose_images",
    "record_consent",
]

_HOMES = {
    "Signal": "log.sources",
    "TasteSource": "log.sources",
    "Visitor": "serve.visitor",
    "choose_images": "serve.choice",
    "record_consent": "serve.consent",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
