"""Many sets of photographs after one another: each gives its picture or its refusal, none stops the others."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import count
from pathlib import Path
from typing import Any

import cv2

from prodgen_django.common.arrays import Image

from .errors import StitchError
from .options import MODES, StitchOptions
from .result import StitchResult
from .single import stitch

MOST_WORKERS = 4
"""Sets in hand at once unless asked for more: each holds its pictures and its canvas."""

Answer = StitchResult | StitchError


def stitch_many(
    sets: Iterable[Sequence[Image]],
    mode: str = "auto",
    device: str | None = None,
    workers: int | None = None,
    **options: Any,
) -> Iterator[Answer]:
    """Stitch every set; results come in the order of the sets, as soon as each is ready.

    Args:
        sets: lists of RGB uint8 pictures as `stitch` takes them. An iterable that loads them as it goes is
            read at most `workers` sets ahead of the answers taken: memory does not grow with their number.
        mode: as for `stitch`, the same for all sets.
        device: a PyTorch device; its sets run one after the other, since one fills it.
        workers: threads, each with a set of its own. By default as many as OpenCV may use (at most 4), and
            one with a device. The picture of a set does not depend on it.
        **options: see `StitchOptions`. `explain_dir` gets a sub-folder a set, `000`, `001`, …; callbacks are
            called for every set, with several workers from several threads.

    Returns:
        An iterator with one `StitchResult` a set, or the `StitchError` that refused it.

    Raises:
        StitchError: at once, if mode, workers or an option cannot be right for any set. What a callback
            raises, and any other exception, ends the iteration.
    """
    if mode not in MODES:
        raise StitchError("bad_input", f"Unknown mode {mode}; known are {', '.join(MODES)}.")
    if workers is not None and workers < 1:
        raise StitchError("bad_input", "workers must be at least 1.")
    known = {name: value for name, value in options.items() if name not in ("captions", "boxes", "alphas")}
    StitchOptions.of(known, 0)
    if workers is None:
        workers = 1 if device is not None else max(1, min(cv2.getNumThreads(), MOST_WORKERS))

    def one(number: int, images: Sequence[Image]) -> Answer:
        own = dict(options)
        if own.get("explain_dir") is not None:
            own["explain_dir"] = Path(own["explain_dir"]) / f"{number:03d}"
        try:
            return stitch(images, mode, device=device, **own)
        except StitchError as refused:
            return refused

    return map(one, count(), sets) if workers == 1 else _ahead(one, sets, workers)


def _ahead(work: Any, sets: Iterable[Sequence[Image]], workers: int) -> Iterator[Answer]:
    """`map` over numbered sets on threads, never more than `workers` begun and not yet handed out."""
    waiting: deque[Future[Answer]] = deque()
    pool = ThreadPoolExecutor(workers, "stitch")
    try:
        for number, images in enumerate(sets):
            waiting.append(pool.submit(work, number, images))
            del images
            if len(waiting) == workers:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        pool.shutdown(cancel_futures=True)
