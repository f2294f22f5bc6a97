"""The device that ``PRODGEN["DEVICE"]`` names, tried once in this process."""

from __future__ import annotations

from functools import lru_cache

from django.core.exceptions import ImproperlyConfigured

from prodgen_django.conf import settings
from prodgen_django.schema import where


def device() -> str:
    """The name for torch: "auto" or a device that works here. Raises ImproperlyConfigured for one that does not."""
    if settings.DEVICE not in ("auto", "cpu"):
        _try(settings.DEVICE)
    return settings.DEVICE


@lru_cache(maxsize=4)
def _try(name: str) -> None:
    import torch

    try:
        torch.zeros(1, device=name)
    except Exception as error:  # each backend raises its own, an AssertionError among them
        reason = str(error).strip().partition("\n")[0].rstrip(".")
        raise ImproperlyConfigured(
            f"{where('DEVICE')} is {name!r}, which torch cannot use on this machine: {reason}."
        ) from error
