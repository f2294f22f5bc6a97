"""Kinds of value that hold others: lists, dicts, records with keys of their own, and one of several."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeVar

from prodgen_django.schema.kinds import REQUIRED, Fault, Key, Kind, Named, nearest, unlike

T = TypeVar("T")


class ListOf(Kind[Sequence[T]]):
    """A list or tuple of one kind: with ``length`` of just so many, else of at least ``least``."""

    def __init__(self, item: Kind[T], *, length: int | None = None, least: int = 0) -> None:
        self.item, self.length, self.least = item, length, least

    @property
    def wanted(self) -> str:  # type: ignore[override]
        if self.length is not None:
            return f"a list or tuple of {self.length}, each {self.item.wanted}"
        return f"a list{' that is not empty' if self.least else ''}, each entry {self.item.wanted}"

    def takes(self, value: Any) -> bool:
        return self._is_list(value) and all(self.item.takes(entry) for entry in value)

    def faults(self, value: Any, where: str) -> Iterator[Fault]:
        if not self._is_list(value):
            yield from super().faults(value, where)
            return
        for place, entry in enumerate(value):
            yield from self.item.faults(entry, f"{where}[{place}]")

    def hint(self, value: Any) -> str:
        return f"Did you mean [{value!r}]?" if self.length is None and self.item.takes(value) else ""

    def read(self, value: Any) -> Sequence[T]:
        return type(value)(self.item.read(entry) for entry in value)

    def named(self, value: Any, where: str) -> Iterator[Named]:
        for place, entry in enumerate(value):
            yield from self.item.named(entry, f"{where}[{place}]")

    def _is_list(self, value: Any) -> bool:
        if not isinstance(value, list | tuple) or len(value) < self.least:
            return False
        return self.length is None or len(value) == self.length


class DictOf(Kind[Mapping[str, T]]):
    """A dict whose keys a shop chooses, its values of one kind."""

    def __init__(self, item: Kind[T], key: str = "name") -> None:
        self.item, self.key = item, key

    @property
    def wanted(self) -> str:  # type: ignore[override]
        return f"a dict by {self.key}, each value {self.item.wanted}"

    def takes(self, value: Any) -> bool:
        return isinstance(value, dict) and not any(self.faults(value, ""))

    def faults(self, value: Any, where: str) -> Iterator[Fault]:
        if not isinstance(value, dict):
            yield unlike(value, where, self.wanted)
            return
        for key, entry in value.items():
            if not isinstance(key, str) or not key:
                yield Fault(f"{where} has the key {key!r}, but its keys are names (text).")
                continue
            yield from self.item.faults(entry, f"{where}[{key!r}]")

    def read(self, value: Any) -> Mapping[str, T]:
        return {key: self.item.read(entry) for key, entry in value.items()}

    def named(self, value: Any, where: str) -> Iterator[Named]:
        for key, entry in value.items():
            yield from self.item.named(entry, f"{where}[{key!r}]")


class Record(Kind[Mapping[str, Any]]):
    """A dict with keys of its own; of those in ``one_of`` at least one must be there."""

    def __init__(self, fields: Mapping[str, Key[Any]], *, one_of: Sequence[str] = ()) -> None:
        self.fields, self.one_of = fields, one_of

    @property
    def wanted(self) -> str:  # type: ignore[override]
        needed = [name for name, key in self.fields.items() if key.default is REQUIRED]
        listed = " and ".join(map(repr, needed)) or " or ".join(map(repr, self.one_of))
        return f"a dict with {listed}"

    def takes(self, value: Any) -> bool:
        return isinstance(value, dict) and not any(self.faults(value, ""))

    def faults(self, value: Any, where: str) -> Iterator[Fault]:
        if not isinstance(value, dict):
            yield unlike(value, where, self.wanted)
            return
        unknown = [name for name in value if name not in self.fields]
        for name in unknown:
            yield Fault(f"{where} has an unknown key {name!r}.", nearest(name, tuple(self.fields)))
        for name, key in self.fields.items():
            if name in value:
                yield from key.kind.faults(value[name], f"{where}[{name!r}]")
            elif key.default is REQUIRED and not unknown:
                yield Fault(f"{where} lacks the key {name!r}: {key.kind.wanted}.")
        if self.one_of and not unknown and not any(value.get(name) for name in self.one_of):
            yield Fault(f"{where} needs {' or '.join(map(repr, self.one_of))}.")

    def read(self, value: Any) -> Mapping[str, Any]:
        given = {name: key.default for name, key in self.fields.items() if key.default is not REQUIRED}
        return given | {name: self.fields[name].kind.read(entry) for name, entry in value.items()}


class Either(Kind[Any]):
    """One of several kinds. A wrong dict is judged as the kind that is a dict, so that its very key is named."""

    def __init__(self, *kinds: Kind[Any]) -> None:
        self.kinds = kinds

    @property
    def wanted(self) -> str:  # type: ignore[override]
        return " or ".join(kind.wanted for kind in self.kinds)

    def takes(self, value: Any) -> bool:
        return any(kind.takes(value) for kind in self.kinds)

    def faults(self, value: Any, where: str) -> Iterator[Fault]:
        meant = [kind for kind in self.kinds if isinstance(kind, Record) and isinstance(value, dict)]
        if meant and not self.takes(value):
            yield from meant[0].faults(value, where)
        else:
            yield from super().faults(value, where)

    def hint(self, value: Any) -> str:
        return next(filter(None, (kind.hint(value) for kind in self.kinds)), "")

    def read(self, value: Any) -> Any:
        return next(kind.read(value) for kind in self.kinds if kind.takes(value))

    def named(self, value: Any, where: str) -> Iterator[Named]:
        yield from next(kind.named(value, where) for kind in self.kinds if kind.takes(value))
