"""Plain kinds of value: numbers, names, texts, dotted paths; and a key, which has one kind."""

from __future__ import annotations

import abc
import inspect
import math
import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from ipaddress import ip_network
from typing import Any, Generic, TypeVar, overload

from django.conf import settings as django_settings
from django.core.exceptions import ImproperlyConfigured
from django.utils.module_loading import import_string

T = TypeVar("T")
N = TypeVar("N", int, float)

# What no file system takes, or what was meant for an address.
_NO_PATH = re.compile("[\0\ud800-\udfff]|://")
_PATH = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)+")


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a setting, and the choice that comes nearest or where to look."""

    text: str
    hint: str = ""

    def __str__(self) -> str:
        return f"{self.text} {self.hint}".strip()


def unlike(value: Any, where: str, wanted: str, hint: str = "") -> Fault:
    """The fault of a value that is not what its key wants."""
    try:
        told = repr(value)
    except Exception:  # noqa: BLE001  (a number of 5,000 digits; a class of the shop's)
        told = f"a {type(value).__name__}"
    told = told if len(told) <= 120 else f"{told[:119]}…"
    return Fault(f"{where} is {told}, but must be {wanted}.", hint)


@dataclass(frozen=True, slots=True)
class Named:
    """A place in the settings that names something to import."""

    where: str
    kind: Dotted
    value: Any

    def resolve(self) -> Any:
        return self.kind.resolve(self.value, self.where)


class Kind(abc.ABC, Generic[T]):
    """One kind of value. ``wanted`` completes "must be …" and is the type in docs/reference/settings.md."""

    wanted: str

    @abc.abstractmethod
    def takes(self, value: Any) -> bool:
        """Whether a value is of this kind."""

    def hint(self, value: Any) -> str:
        """What was probably meant by a value that is not taken."""
        return ""

    def faults(self, value: Any, where: str) -> Iterator[Fault]:
        """What is wrong with a value that stands at ``where``."""
        if not self.takes(value):
            yield unlike(value, where, self.wanted, self.hint(value))

    def read(self, value: Any) -> T:
        """A right value as the code gets it: what was left out of a nested dict is filled in."""
        return value

    def named(self, value: Any, where: str) -> Iterator[Named]:
        """The places in a right value that name something to import."""
        yield from ()


class Nothing(Kind[None]):
    """None, where a feature is off."""

    wanted = "None"

    def takes(self, value: Any) -> bool:
        return value is None


class Switch(Kind[bool]):
    wanted = "True or False"

    def takes(self, value: Any) -> bool:
        return isinstance(value, bool)


class _Range(Kind[N]):
    """A finite number from ``low`` to ``high``; with ``above`` greater than ``low``."""

    noun: str
    types: tuple[type, ...]

    def __init__(self, low: float = 0, high: float = math.inf, *, above: bool = False) -> None:
        self.low, self.high, self.above = low, high, above
        if above:
            self.wanted = f"{self.noun} above {low}" + (f", at most {high}" if high != math.inf else "")
        elif high == math.inf:
            self.wanted = f"{self.noun}, at least {low}"
        else:
            self.wanted = f"{self.noun} from {low} to {high}"

    def takes(self, value: Any) -> bool:
        # True is an int to Python; 1e400 and NaN are floats.
        if isinstance(value, bool) or not isinstance(value, self.types):
            return False
        number: Any = value
        return (
            self.low <= number <= self.high and number != math.inf and not (self.above and number == self.low)
        )


class Number(_Range[float]):
    noun = "a number"
    types = (int, float)


class Whole(_Range[int]):
    noun = "a whole number"
    types = (int,)


class Text(Kind[str]):
    """A text that a pattern matches as a whole; ``wanted`` says in words what that is."""

    def __init__(self, pattern: str, wanted: str) -> None:
        self.pattern, self.wanted = re.compile(pattern), wanted

    def takes(self, value: Any) -> bool:
        return isinstance(value, str) and self.pattern.fullmatch(value) is not None


class Folder(Kind["str | os.PathLike[str]"]):
    def __init__(self, wanted: str = "the path of a folder or file") -> None:
        self.wanted = wanted

    def takes(self, value: Any) -> bool:
        return (
            isinstance(value, str | os.PathLike)
            and bool(str(value).strip())
            and not _NO_PATH.search(str(value))
        )


class Network(Kind[str]):
    """An address, or a network of them."""

    wanted = "an address or network, as '10.0.0.0/8' or '::1'"

    def takes(self, value: Any) -> bool:
        try:
            return isinstance(value, str) and bool(ip_network(value, strict=False))
        except ValueError:
            return False


class OneOf(Kind[str]):
    """One of some names: these, or the keys of what stands at a dotted path, looked up when a value is judged."""

    def __init__(self, *names: str, at: str = "") -> None:
        self._names, self._at = names, at

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(import_string(self._at)) if self._at else self._names

    @property
    def wanted(self) -> str:  # type: ignore[override]
        names = self.names
        return repr(names[0]) if len(names) == 1 else f"one of {', '.join(map(repr, names))}"

    def takes(self, value: Any) -> bool:
        return isinstance(value, str) and value in self.names

    def hint(self, value: Any) -> str:
        return nearest(value, self.names)


class Dotted(Kind[Any]):
    """The dotted path of a class or function, or the thing itself; with ``base`` a subclass of what that path names."""

    def __init__(self, base: str = "", *, what: str = "") -> None:
        self.base = base
        self.wanted = f"the dotted path of {what or f'a subclass of {base}'}"

    def takes(self, value: Any) -> bool:
        return _PATH.fullmatch(value) is not None if isinstance(value, str) else callable(value)

    def named(self, value: Any, where: str) -> Iterator[Named]:
        yield Named(where, self, value)

    def resolve(self, value: Any, where: str) -> Any:
        """What a value names. Raises ImproperlyConfigured, with the key, where there is no such thing."""
        found = value
        if isinstance(value, str):
            try:
                found = import_string(value)
            except Exception as error:  # whatever a module raises when it is imported
                raise ImproperlyConfigured(
                    f"{where} is {value!r}, which cannot be imported: {error}"
                ) from error
        base = import_string(self.base) if self.base else object
        if not callable(found) or (self.base and not (isinstance(found, type) and issubclass(found, base))):
            raise ImproperlyConfigured(str(unlike(value, where, self.wanted)))
        if inspect.isabstract(found):
            lacking = ", ".join(sorted(found.__abstractmethods__))
            raise ImproperlyConfigured(f"{where} is {value!r}, a class that still lacks: {lacking}.")
        return found


class StorageName(Kind[Any]):
    """An alias of ``STORAGES``, or what makes a storage."""

    dotted = Dotted(what="a callable or Storage class")

    @property
    def wanted(self) -> str:  # type: ignore[override]
        return f"an alias of STORAGES or {self.dotted.wanted}"

    def takes(self, value: Any) -> bool:
        return (isinstance(value, str) and value in django_settings.STORAGES) or self.dotted.takes(value)

    def hint(self, value: Any) -> str:
        aliases = sorted(django_settings.STORAGES)
        return f"The aliases are {', '.join(map(repr, aliases))}. {nearest(value, aliases)}".strip()

    def named(self, value: Any, where: str) -> Iterator[Named]:
        if not (isinstance(value, str) and value in django_settings.STORAGES):
            yield from self.dotted.named(value, where)


REQUIRED: Any = object()


class Key(Generic[T]):
    """One key: its kind, the value that holds where a shop says nothing, and what it is for, in one line.

    As an attribute of a settings object it gives the value in force.
    """

    name: str = ""

    def __init__(self, kind: Kind[T], default: T, meaning: str) -> None:
        self.kind, self.default, self.meaning = kind, default, meaning

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    @overload
    def __get__(self, instance: None, owner: type) -> Key[T]: ...

    @overload
    def __get__(self, instance: Any, owner: type) -> T: ...

    def __get__(self, instance: Any, owner: type) -> Key[T] | T:
        return self if instance is None else instance.value(self.name)


def nearest(given: Any, names: Sequence[str]) -> str:
    """The one of some names that a person who wrote ``given`` probably meant, as a question, or ``""``."""
    by_case = {name.casefold(): name for name in names}
    close = get_close_matches(str(given).casefold(), by_case, n=1)
    return f"Did you mean {by_case[close[0]]!r}?" if close else ""
