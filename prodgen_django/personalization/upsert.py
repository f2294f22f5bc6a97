"""Writing rows that may be there already, on every database."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from django.db import connections, router
from django.db.models import Model

Row = TypeVar("Row", bound=Model)


def upsert(model: type[Row], rows: Sequence[Row], *, key: str, fields: Sequence[str]) -> None:
    """Insert rows; of those whose unique `key` is there already, write `fields` over what is."""
    features = connections[router.db_for_write(model)].features
    # MySQL and MariaDB find the key by themselves, and refuse to be told.
    told = [key] if features.supports_update_conflicts_with_target else None
    model._default_manager.bulk_create(
        rows, update_conflicts=True, unique_fields=told, update_fields=fields, batch_size=500
    )
