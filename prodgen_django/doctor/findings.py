"""What an examination finds, and the list of all examinations."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import import_module
from typing import Literal, TypeVar

from django.core.exceptions import ImproperlyConfigured

T = TypeVar("T")
Examination = Callable[[float], "Iterator[Finding]"]

_OURS = (
    "prodgen_django.doctor.installation",
    "prodgen_django.doctor.queues",
    "prodgen_django.doctor.engines",
)
_examinations: dict[str, Examination] = {}


@dataclass(frozen=True, slots=True)
class Finding:
    """One line: what was tried, how it went, and where it went wrong what to do.

    ``warning``: something goes without, and works. ``fault``: something that matters does not work.
    """

    part: str
    state: Literal["ok", "warning", "fault"]
    text: str
    advice: str = ""


def examination(part: str) -> Callable[[Examination], Examination]:
    """Register a function as the examination of a part; it is given the seconds that an outside party may take."""

    def register(function: Examination) -> Examination:
        _examinations[part] = function
        return function

    return register


def examine(seconds: float = 5.0) -> Iterator[Finding]:
    """Every part's findings, as they come. An examination that breaks is itself a fault of its part."""
    for name in _OURS:
        import_module(name)
    # Ours first, the settings before all, whatever was imported earlier: the others build on them.
    places = {name: place for place, name in enumerate(_OURS)}
    by_owner = sorted(_examinations.items(), key=lambda entry: places.get(entry[1].__module__, len(_OURS)))
    told: set[str] = set()
    for part, function in by_owner:
        try:
            for finding in function(seconds):
                told.add(f"{finding.text} {finding.advice}".strip())
                yield finding
        except ImproperlyConfigured as error:
            # One wrong setting stops many parts, and is told among the settings.
            if str(error) not in told:
                told.add(str(error))
                yield Finding(part, "fault", str(error))
        except Exception as error:  # noqa: BLE001  (whatever a database, a broker or a storage raises)
            yield Finding(part, "fault", f"{type(error).__name__}: {error}".strip())


def bounded(function: Callable[[], T], seconds: float) -> T:
    """What a function returns, waited for in a thread of its own. Raises TimeoutError: a server may accept a connection
    and never answer, and its client would wait for minutes.
    """
    result: list[T] = []
    raised: list[BaseException] = []

    def call() -> None:
        try:
            result.append(function())
        except BaseException as error:  # noqa: BLE001  (raised again below)
            raised.append(error)

    thread = threading.Thread(target=call, name="prodgen-doctor", daemon=True)
    thread.start()
    thread.join(seconds)
    if raised:
        raise raised[0]
    if not result:
        raise TimeoutError(f"no answer within {seconds:g} s")
    return result[0]
