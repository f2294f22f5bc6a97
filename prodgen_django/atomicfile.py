"""Files that are there whole or not at all. The one place where anything of ours writes a file, engines included.

What is written lies under another name until it is complete, and is then moved: whoever looks finds the old file or
the new one, never half of one, whether the writer was killed, the disk was full or the power went.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

__all__ = ["PARTIAL", "partial_name", "replacing", "settle"]

#: How the names of unfinished files end: what a killed writer leaves is known by it.
PARTIAL = ".part"


def partial_name() -> str:
    """A name for an unfinished file that nobody else uses."""
    return f".{uuid.uuid4().hex}{PARTIAL}"


@contextmanager
def replacing(path: Path, *, mode: int = 0o666, keep_first: bool = False) -> Iterator[BinaryIO]:
    """A file to write (and to seek and read) that takes its place under `path` when the block ends well.

    Folders are made. `mode` is what the umask is laid over. With `keep_first` a file that has appeared meanwhile stays
    and ours is dropped: of several writers all then see the first one's. Whatever is raised leaves no file of ours.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(partial_name())
    try:
        flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
        with os.fdopen(os.open(partial, flags, mode), "w+b") as file:
            yield file
        settle(partial, path, keep_first=keep_first)
    finally:
        partial.unlink(missing_ok=True)


def settle(partial: Path, path: Path, *, keep_first: bool = False) -> None:
    """Move a finished file of the same folder into its place, so that it survives a power cut."""
    _to_disk(partial)
    if keep_first:
        try:
            os.link(partial, path)
        except FileExistsError:
            return
    else:
        partial.replace(path)
    if os.name == "posix":  # the new name must survive as well
        _to_disk(path.parent)


def _to_disk(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY if os.name == "posix" else os.O_RDWR)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
