"""A database that was away for a moment is no fault of the work: find it again and go on."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import TypeVar

from django.db import DatabaseError, InterfaceError, OperationalError, connection

logger = logging.getLogger("prodgen_django.jobs")

Answer = TypeVar("Answer")

#: How long a worker waits for the database before it leaves its items to the sweeper.
PATIENCE_SECONDS = 300.0
#: Between two looks.
PAUSE_SECONDS = 1.0


class Line:
    """The connection as it is when this is made, so that its loss is known afterwards: leaving a transaction, Django
    has often made a new one by then."""

    def __init__(self) -> None:
        self._used = connection.connection

    def is_cut(self, error: BaseException | None) -> bool:
        """Whether an error, or what led to it, came of a connection that is gone, not of a statement that was wrong."""
        while error is not None:
            if isinstance(error, OperationalError | InterfaceError):
                now = connection.connection
                return now is None or now is not self._used or not connection.is_usable()
            error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
        return False


def reconnect() -> bool:
    """Wait for the database; False where it does not come back in `PATIENCE_SECONDS`."""
    until = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            connection.close()
            connection.ensure_connection()
        except DatabaseError as error:
            if time.monotonic() >= until:
                logger.error("the database does not come back: %s", error)
                return False
            time.sleep(PAUSE_SECONDS)
        else:
            return True


def patiently(write: Callable[[], Answer]) -> Answer:
    """What `write` returns; it is called once more where the connection was lost, as soon as the database is back.

    For what may be done twice: it may have been done when the connection went. Raises RuntimeError where the connection
    does not survive the second time either: then it is this write, and it must not be tried for ever.
    """
    line = Line()
    try:
        return write()
    except DatabaseError as error:
        if not line.is_cut(error) or not reconnect():
            raise
    line = Line()
    try:
        return write()
    except DatabaseError as error:
        if not line.is_cut(error) or not reconnect():
            raise
        raise RuntimeError(f"the database does not take this: {error}") from None
