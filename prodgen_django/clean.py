"""The door to the database for what workers say: text and JSON that every database takes."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

#: An exception may quote a whole file.
LONGEST_TEXT = 4000

# PostgreSQL keeps no NUL, and nothing that is written as UTF-8 has half a surrogate pair.
_UNWRITABLE = re.compile("[\0\ud800-\udfff]")


def clean_text(text: object, longest: int = LONGEST_TEXT) -> str:
    """`text` as each database takes it: what cannot be written becomes "\N{REPLACEMENT CHARACTER}", what is too long
    ends with "…"."""
    clean = _UNWRITABLE.sub("\N{REPLACEMENT CHARACTER}", str(text))
    return clean if len(clean) <= longest else f"{clean[: longest - 1]}…"


def clean_json(value: Any) -> Any:
    """JSON values with all their texts and keys clean, at any depth; a number that is none becomes None."""
    if isinstance(value, str):
        return _UNWRITABLE.sub("\N{REPLACEMENT CHARACTER}", value)
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {clean_json(key): clean_json(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [clean_json(entry) for entry in value]
    return value
