"""What a process keeps for a minute of what its pages have read: the policy, and what liking products says.

Both change by a task now and then, and say nothing of a visitor. Everything else is read anew for each page.
"""

from __future__ import annotations

import time
from collections.abc import Hashable
from typing import Any

#: How long a process goes by what it has read; then it looks whether there is something newer.
CACHE_SECONDS = 60.0
#: Most things kept, a bound on the process's memory.
MOST = 20_000

_kept: dict[Hashable, Any] = {}
_until = 0.0


def get(key: Hashable, default: Any = None) -> Any:
    """What was kept under a key within the last minute."""
    return _kept.get(key, default) if time.monotonic() < _until else default


def keep(key: Hashable, value: Any) -> None:
    """All that is kept goes together, a minute after the first of it."""
    global _until
    if time.monotonic() >= _until or len(_kept) >= MOST:
        _kept.clear()
        _until = time.monotonic() + CACHE_SECONDS
    _kept[key] = value


def forget_cache() -> None:
    """Have this process look at the database again."""
    _kept.clear()
