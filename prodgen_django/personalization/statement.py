"""A queryset compiled once and run with other values, because building the page's union costs more than running it.

The values that change from page to page are stood in for by `Slots` while Django builds the SQL; afterwards their
places are known, and a page only fills them in: among the parameters, or where the driver would write the parameters
into the text on each page (psycopg does, and looks through the whole text for their places), in the text.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from django.core.exceptions import EmptyResultSet
from django.db import connections

if TYPE_CHECKING:
    from django.db.models import QuerySet

#: Lists are filled up to one of these lengths by repeating their last value, so that few statements are compiled.
LENGTHS = (1, 2, 5, 10, 20, 30, 50, 75, 100, 150, 200, 300, 500, 1000)
#: Statements kept in a process; a shop needs a dozen.
_MOST = 200


class Slots:
    """Hands out values that stand for others, each of them once."""

    def __init__(self) -> None:
        #: stand-in (as the database takes it) -> (name, place in that name's list)
        self.places: dict[Any, tuple[str, int]] = {}

    def one(self, name: str, like: Any) -> Any:
        return self.many(name, like, 1)[0]

    def many(self, name: str, like: Any, count: int) -> list[Any]:
        """`count` stand-ins for values of the type of `like`: whole numbers, UUIDs or text."""
        first = len(self.places)
        values = [_stand_in(like, first + n) for n in range(count)]
        for n, value in enumerate(values):
            self.places[value] = (name, n)
            if isinstance(value, uuid.UUID):
                self.places[value.hex] = (name, n)  # where the database has no type for them
        return values


def _stand_in(like: Any, number: int) -> Any:
    if isinstance(like, int):
        return -2_000_000_000 - number
    if isinstance(like, uuid.UUID):
        return uuid.UUID(int=(0xF0D5 << 112) + number)
    return f"\ufdd0slot {number}"


class Statement:
    """SQL whose parameters are partly fixed and partly slots."""

    def __init__(self, rows: QuerySet[Any], slots: Slots, using: str) -> None:
        self._using = using
        try:
            self._sql, params = rows.query.get_compiler(using).as_sql()
        except EmptyResultSet:
            self._sql, params = "", ()
        self._params: list[Any] = list(params)
        #: Whether `_params` are pieces of text rather than parameters.
        self._is_text = bool(self._sql) and connections[using].vendor == "postgresql"
        places = slots.places
        if self._is_text:
            self._params, places = self._pieces(slots)
        self._slots = [
            (place, *places[value])
            for place, value in enumerate(self._params)
            if isinstance(value, int | str | uuid.UUID) and value in places
        ]

    def run(self, values: Mapping[str, Sequence[Any]]) -> list[Any]:
        """The rows, as the database has them; `values` by slot name, each as long as was compiled for."""
        if not self._sql:
            return []
        params = self._params.copy()
        if self._is_text:
            for place, name, n in self._slots:
                params[place] = self._literal(values[name][n])
        else:
            for place, name, n in self._slots:
                params[place] = values[name][n]
        with connections[self._using].cursor() as cursor:
            if self._is_text:
                cursor.execute("".join(params))
            else:
                cursor.execute(self._sql, params)
            return cursor.fetchall()

    def _pieces(self, slots: Slots) -> tuple[list[str], dict[Any, tuple[str, int]]]:
        """The text with all parameters in it, cut at the stand-ins, and what each of those stands for."""
        text = self._composed(self._sql, self._params)
        used = {value for value in self._params if isinstance(value, int | str | uuid.UUID)}
        literals = {self._literal(value): slot for value, slot in slots.places.items() if value in used}
        pattern = "|".join(map(re.escape, literals))
        return re.split(f"({pattern})", text) if literals else [text], literals

    def _literal(self, value: Any) -> str:
        """A value as SQL. Whole numbers, letters and digits need no escaping; the driver has the rest."""
        if type(value) is int:
            return str(value)
        if type(value) is str and value.isascii() and value.isalnum():
            return f"'{value}'"
        return self._composed("%s", [value])

    def _composed(self, sql: str, params: Sequence[Any]) -> str:
        ops: Any = connections[self._using].ops
        return str(ops.compose_sql(sql, params)).strip()


_statements: dict[Hashable, Statement] = {}


def compiled(key: Hashable, using: str, build: Callable[[Slots], QuerySet[Any]]) -> Statement:
    """The statement of that key, built where it is not known yet."""
    found = _statements.get((key, using))
    if found is None:
        if len(_statements) >= _MOST:
            _statements.clear()
        slots = Slots()
        found = _statements[key, using] = Statement(build(slots), slots, using)
    return found


def padded(values: Sequence[Any]) -> list[Any]:
    """`values`, at least one, filled up to the next of `LENGTHS` (or a multiple of the longest) by its last."""
    count = len(values)
    length = next((n for n in LENGTHS if n >= count), -(-count // LENGTHS[-1]) * LENGTHS[-1])
    return [*values, *([values[-1]] * (length - count))]
