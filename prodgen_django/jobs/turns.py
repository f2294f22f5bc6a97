"""What is done now and then for the whole shop, by whichever worker comes first."""

from __future__ import annotations

from django.db.models.functions import Now

from prodgen_django.jobs.clock import from_now
from prodgen_django.models import Turn


def take_turn(name: str, every: float) -> bool:
    """Whether it is this caller's turn: True for one of all workers, when `every` seconds are over since the last."""
    _turn, first = Turn.objects.get_or_create(name=name, defaults={"taken_at": Now()})
    return first or bool(Turn.objects.filter(name=name, taken_at__lt=from_now(-every)).update(taken_at=Now()))
