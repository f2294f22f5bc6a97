"""One clock for all workers: the database's. Machines' own clocks differ, so no lease is ever compared with
one.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.db.models.functions import Now

if TYPE_CHECKING:
    from django.db.models.expressions import CombinedExpression


def from_now(seconds: float) -> CombinedExpression:
    """The database's time ``seconds`` from now; negative for the past."""
    return Now() + timedelta(seconds=seconds)
