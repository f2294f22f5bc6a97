"""Work on several pictures or tiles at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import cv2


def in_parallel(work: Callable[[Any], Any], items: Sequence[Any]) -> Iterator[Any]:
    """`map` in order, on as many threads as OpenCV may use: its functions let go of the interpreter's lock.

    `cv2.setNumThreads(1)` makes it a plain loop.
    """
    threads = min(cv2.getNumThreads(), len(items))
    if threads < 2:
        yield from map(work, items)
        return
    with ThreadPoolExecutor(threads) as pool:
        yield from pool.map(work, items)
