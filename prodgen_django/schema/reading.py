"""The settings dict as its keys see it: read and judged once, wrong values told one by one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.conf import settings as django_settings
from django.core.exceptions import ImproperlyConfigured

from prodgen_django.schema.kinds import Fault, Key

DICT = "PRODGEN"


class Reader:
    """The values of ``PRODGEN`` by name. A class that lists the keys as attributes gives them as attributes."""

    def __init__(self, keys: Mapping[str, Key[Any]]) -> None:
        self._keys = keys
        self._judged: tuple[dict[str, Any], dict[str, list[Fault]]] | None = None

    def reread(self) -> None:
        """Forget what was read: the dict has been replaced."""
        self._judged = None

    def value(self, name: str) -> Any:
        """The value in force. Raises ImproperlyConfigured where the shop's is none that the key takes."""
        values, faults = self._judged or self._judge()
        if faults and not self.is_sound(name):
            raise ImproperlyConfigured(str((faults.get("") or faults[name])[0]))
        return values[name]

    def require(self, names: Iterable[str]) -> None:
        """Raise ImproperlyConfigured where one of these keys has a wrong value."""
        for name in names:
            self.value(name)

    def faults(self) -> list[Fault]:
        """Everything that is wrong with the values by themselves; nothing that they name is imported."""
        _values, faults = self._judged or self._judge()
        return [fault for found in faults.values() for fault in found]

    def is_sound(self, *names: str) -> bool:
        """Whether the dict is one, and none of these keys has a wrong value."""
        _values, faults = self._judged or self._judge()
        return faults.keys().isdisjoint({"", *names})

    def given(self) -> frozenset[str]:
        """The names that the shop's dict has, known or not; none where it is no dict."""
        given = getattr(django_settings, DICT, {})
        return frozenset(map(str, given)) if isinstance(given, dict) else frozenset()

    def imported(self, name: str, entry: str | int | None = None) -> Any:
        """What a key, or one entry of its dict or list, names: imported, and of the right class; None where the value
        is. Raises ImproperlyConfigured.
        """
        wanted = where(name) if entry is None else f"{where(name)}[{entry!r}]"
        for named in self._keys[name].kind.named(self.value(name), where(name)):
            if named.where == wanted:
                return named.resolve()
        return None

    def import_faults(self, names: frozenset[str]) -> list[Fault]:
        """What is wrong with the things that these keys name. Imports them."""
        found = []
        for name in self._keys:
            if name not in names or not self.is_sound(name):
                continue
            for named in self._keys[name].kind.named(self.value(name), where(name)):
                try:
                    named.resolve()
                except ImproperlyConfigured as error:
                    found.append(Fault(str(error)))
        return found

    def _judge(self) -> tuple[dict[str, Any], dict[str, list[Fault]]]:
        given = getattr(django_settings, DICT, {})
        values: dict[str, Any] = {name: key.default for name, key in self._keys.items()}
        faults: dict[str, list[Fault]] = {}
        if not isinstance(given, dict):
            kind = "None" if given is None else f"a {type(given).__name__}"
            faults[""] = [Fault(f"{DICT} must be a dict, not {kind}.")]
            given = {}
        for name, key in self._keys.items():
            if name not in given:
                continue
            found = list(key.kind.faults(given[name], where(name)))
            if found:
                faults[name] = found
            else:
                values[name] = key.kind.read(given[name])
        # One assignment, so that no thread sees half of it.
        self._judged = values, faults
        return self._judged


def where(name: str) -> str:
    """A key as the messages name it."""
    return f"{DICT}[{name!r}]"
