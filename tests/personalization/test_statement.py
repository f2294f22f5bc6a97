"""A statement that was compiled once finds the same as a query of its own, whatever the values hold."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import DEFAULT_DB_ALIAS
from oscar.core.loading import get_model

from prodgen_django.personalization.statement import Slots, Statement, padded

Category = get_model("catalogue", "Category")
NAMES = [
    "Mugs", "O'Hara's", "100% wool", "%s", "back\\slash", "vier\u202ftausend", "'; --", "-2000000001", "-2000000000",
]  # fmt: skip


@pytest.fixture
def names(db: None) -> list[str]:
    for name in NAMES:
        Category.add_root(name=name, depth=1)
    return NAMES


def compiled(count: int) -> Statement:
    slots = Slots()
    found = Category.objects.filter(
        name__in=slots.many("names", "", count), pk__gte=slots.one("least", 1)
    ).exclude(description="50%").order_by().values_list("name", "depth")  # fmt: skip
    return Statement(found, slots, DEFAULT_DB_ALIAS)


def test_each_value_is_found_and_nothing_else(names: list[str]) -> None:
    statement = compiled(2)
    for name in names:
        rows: list[Any] = statement.run({"names": padded([name, "nothing of the kind"]), "least": [1]})
        assert [tuple(row) for row in rows] == [(name, 1)]
        assert not statement.run({"names": [name, name], "least": [10**9]})


def test_many_values_keep_their_places(names: list[str]) -> None:
    rows = compiled(10).run({"names": padded(names), "least": [1]})
    assert sorted(row[0] for row in rows) == sorted(names)
