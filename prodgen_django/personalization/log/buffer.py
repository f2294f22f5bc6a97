"""Where events wait until a task writes them into the database: nothing of it happens in a shop's request.

By default a file in a folder that the web processes and a worker of the same machine share. Where they run on several
machines, ``PRODGEN["EVENT_BUFFER"]`` names a Redis server, and the events wait in a list there. Either way an event is
handed out until it is acknowledged, so that a worker that is killed in between loses none, and writing one twice
changes nothing.
"""

from __future__ import annotations

import json
import logging
import os
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol

from prodgen_django.conf import settings
from prodgen_django.personalization.log.sealing import keyed_hashes
from prodgen_django.storage import cache_folder

try:
    import fcntl
except ImportError:  # no such locks on Windows; there one process writes, in development
    fcntl = None  # type: ignore[assignment]

logger = logging.getLogger("prodgen_django.events")

Event = dict[str, Any]
#: What was taken and not acknowledged for so many seconds was taken by a worker that is gone.
ABANDONED_SECONDS = 600
#: A buffer that nobody empties stops growing here: about 200 000 events.
MOST_BYTES = 64 * 1024 * 1024
#: After an error of the server it is left alone for so many seconds: a checkout must not wait for it each time.
_PAUSE_SECONDS = 30


class Buffer(Protocol):
    """Takes events from requests and hands them out in batches."""

    def push(self, event: Event) -> bool:
        """Keep an event; False where it had to be dropped. Never raises."""
        ...

    def take(self) -> Iterator[list[Event]]:
        """Batches of waiting events; asking for the next one acknowledges the one before."""
        ...

    def waiting(self) -> int:
        """How much waits (events, or bytes), for a person to look at."""
        ...


class FileBuffer:
    """One JSON line an event, appended to a file under a lock.

    `former`: folders that events were put into before; what waits there is handed out as well.
    """

    def __init__(self, folder: Path, former: Sequence[Path] = ()) -> None:
        self.folder = folder
        self.path = folder / "events.jsonl"
        # What is older comes first: a later report may speak of the same showing.
        self._all = (*(FileBuffer(path) for path in former), self)

    def push(self, event: Event) -> bool:
        line = json.dumps(event, separators=(",", ":")).encode() + b"\n"
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with self._opened() as descriptor:
                if os.fstat(descriptor).st_size > MOST_BYTES:
                    logger.warning("%s is full; is anybody running prodgen_events?", self.path)
                    return False
                os.write(descriptor, line)
        except OSError as error:
            logger.warning("an event was lost: %s", error)
            return False
        return True

    def take(self) -> Iterator[list[Event]]:
        for one in self._all:
            for taken in [*one._abandoned(), *one._rename()]:
                yield _parse(taken.read_bytes().splitlines())
                taken.unlink(missing_ok=True)

    def waiting(self) -> int:
        return sum(path.stat().st_size for one in self._all for path in one.folder.glob("*.jsonl"))

    @contextmanager
    def _opened(self) -> Iterator[int]:
        """The file, locked against being taken while it is written to."""
        while True:
            descriptor = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
            try:
                if fcntl is not None:
                    fcntl.flock(descriptor, fcntl.LOCK_SH)
                # Taken between opening and locking: what is written now would not be read.
                if _is_still(self.path, descriptor):
                    yield descriptor
                    return
            finally:
                os.close(descriptor)

    def _rename(self) -> list[Path]:
        taken = self.folder / f"taken-{int(time.time())}-{uuid.uuid4().hex}.jsonl"
        try:
            self.path.rename(taken)
        except FileNotFoundError:
            return []
        if fcntl is not None:
            with taken.open("rb") as file:
                fcntl.flock(file, fcntl.LOCK_EX)  # waits for those who are still writing
        return [taken]

    def _abandoned(self) -> list[Path]:
        found = []
        for path in sorted(self.folder.glob("taken-*.jsonl")):
            if int(path.name.split("-")[1]) < time.time() - ABANDONED_SECONDS:
                again = path.with_name(f"taken-{int(time.time())}-{uuid.uuid4().hex}.jsonl")
                try:
                    path.rename(again)
                except FileNotFoundError:
                    continue  # another worker was faster
                found.append(again)
        return found


class RedisBuffer:
    """A list on a Redis server; what is being written into the database waits in a list of its own."""

    KEY = "prodgen:events"
    MOST = 200_000
    BATCH = 2000

    def __init__(self, url: str) -> None:
        import redis

        self._client = redis.Redis.from_url(url, socket_timeout=0.5, socket_connect_timeout=0.5)
        self._error: type[Exception] = redis.RedisError
        self._rest_until = 0.0

    def push(self, event: Event) -> bool:
        if time.monotonic() < self._rest_until:
            return False
        try:
            length = self._client.rpush(self.KEY, json.dumps(event, separators=(",", ":")))
            if int(length) > self.MOST:
                self._client.ltrim(self.KEY, -self.MOST, -1)
                logger.warning("%s is full; is anybody running prodgen_events?", self.KEY)
        except self._error as error:
            self._rest_until = time.monotonic() + _PAUSE_SECONDS
            logger.warning("events are lost for %d s: %s", _PAUSE_SECONDS, error)
            return False
        return True

    def take(self) -> Iterator[list[Event]]:
        for key in self._abandoned():
            yield from self._emptied(key)
        taken = f"{self.KEY}:taken:{int(time.time())}:{uuid.uuid4().hex}"
        try:
            self._client.rename(self.KEY, taken)
        except self._error as error:
            if "no such key" in str(error):
                return
            raise
        yield from self._emptied(taken)

    def waiting(self) -> int:
        return int(self._client.llen(self.KEY))

    def _emptied(self, key: str) -> Iterator[list[Event]]:
        while lines := self._client.lrange(key, 0, self.BATCH - 1):
            yield _parse(lines)  # type: ignore[arg-type]
            self._client.ltrim(key, len(lines), -1)

    def _abandoned(self) -> list[str]:
        found = []
        for raw in self._client.scan_iter(f"{self.KEY}:taken:*"):
            key = raw.decode()
            if (
                int(key.removeprefix(f"{self.KEY}:taken:").partition(":")[0])
                < time.time() - ABANDONED_SECONDS
            ):
                again = f"{self.KEY}:taken:{int(time.time())}:{uuid.uuid4().hex}"
                try:
                    self._client.rename(key, again)
                except self._error:
                    continue  # another worker was faster
                found.append(again)
        return found


def get_buffer() -> Buffer:
    """The buffer that ``EVENT_BUFFER`` names: a folder, a Redis address, a class by its path; None: a folder."""
    if settings.EVENT_BUFFER:
        return _buffer(str(settings.EVENT_BUFFER))
    # Of this site alone, where several share a machine. A site that changes its secret key finds what waits under the
    # former one by the key's fallbacks.
    names = [f"events-{name[:12]}" for name in dict.fromkeys(keyed_hashes("buffer", ""))]
    return _folders(tuple(cache_folder() / name for name in names))


@lru_cache(maxsize=8)
def _folders(paths: tuple[Path, ...]) -> FileBuffer:
    return FileBuffer(paths[0], paths[1:])


@lru_cache(maxsize=8)
def _buffer(value: str) -> Buffer:
    if value.startswith(("redis://", "rediss://", "unix://")):
        return RedisBuffer(value)
    made = settings.imported("EVENT_BUFFER")
    if made is not None:
        return made()
    return FileBuffer(Path(value))


def _is_still(path: Path, descriptor: int) -> bool:
    try:
        there = path.stat()
    except FileNotFoundError:
        return False
    return os.path.samestat(there, os.fstat(descriptor))


def _parse(lines: list[bytes]) -> list[Event]:
    """Events of lines; a line that was cut short by a full disk is left out."""
    events = []
    for line in lines:
        try:
            events.append(json.loads(line))
        except ValueError:
            logger.warning("an unreadable event was dropped")
    return [event for event in events if isinstance(event, dict)]
