"""Keys of rows as addresses, forms and commands name them: text of strangers until it is looked at."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from django.core.exceptions import ValidationError
from django.db import connection, models

__all__ = ["key_field_of", "key_of"]

_NO_TEXT = re.compile("[\0\ud800-\udfff]")
#: No key is written in more characters.
_LONGEST = 255


def key_of(model: type[models.Model], text: Any) -> Any | None:
    """The primary key of `model` that `text` names, or None where it can be none.

    What comes back can be asked of every database: whole numbers are in the field's range (databases and Python itself
    refuse larger ones with errors of their own), and text has no NUL and no half of a character.
    """
    field, most = _key(model)
    if most and type(text) is int:
        return text if 0 < text <= most else None
    text = str(text)
    if not 0 < len(text) <= _LONGEST or _NO_TEXT.search(text):
        return None
    if most:
        return key if text.isascii() and text.isdecimal() and 0 < (key := int(text)) <= most else None
    try:
        return field.to_python(text)
    except (ValidationError, ValueError, TypeError, OverflowError):
        return None


def key_field_of(model: type[models.Model]) -> Any:
    """The field that makes a model's keys; of one that inherits its table's key, the first that has it."""
    field: Any = model._meta.pk
    while field.remote_field is not None:
        field = field.target_field
    return field


@cache
def _key(model: type[models.Model]) -> tuple[Any, int]:
    """The field that makes a model's keys, and the largest of them; 0 where they are no whole numbers."""
    field = key_field_of(model)
    if not isinstance(field, models.IntegerField):
        return field, 0
    _low, high = connection.ops.integer_field_range(field.get_internal_type())
    return field, high or 2**63 - 1
