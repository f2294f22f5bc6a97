"""What a table holds is shown in a spreadsheet, and never run."""

from __future__ import annotations

import csv
import io
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prodgen_django.csvsafe import csv_safe
from prodgen_django.pictures.packs import Entry, write_zip

FORMULAS = ["=cmd|' /C calc'!A0", "+1+1", "-2+3", "@SUM(A1)", "＝1+1"]
BEFORE = [
    "",
    "\r",
    "\n",
    "\r\n",
    "\t",
    " ",
    "\u00a0",
    "\u3000",
    "\u200b",
    "\ufeff",
    "\x00",
    "\x0b",
    "\u2028 \t",
]


def begins_a_formula(cell: str) -> bool:
    return cell.strip("\ufeff\u200b\x00 \t\r\n").strip()[:1] in tuple("=+-@")


@pytest.mark.parametrize("formula", FORMULAS)
@pytest.mark.parametrize("before", BEFORE)
def test_a_formula_is_text_whatever_stands_before_it(before: str, formula: str) -> None:
    made = csv_safe(before + formula)
    assert made.replace("'", "") == (before + formula).replace("'", "")
    assert f"'{formula}" in made
    assert not begins_a_formula(made)


@pytest.mark.parametrize("value", ["", "Mug", "a = b", "é", "½ l", "(−5)", " Mug", -5, 1.5, None])
def test_what_is_no_formula_stays_as_it_is(value: object) -> None:
    assert csv_safe(value) == value


@given(st.text(max_size=30))
def test_safe_text_is_safe_when_it_is_made_safe_again(text: str) -> None:
    once = csv_safe(text)
    assert csv_safe(once) == once
    assert once.replace("'", "") == text.replace("'", "")
    assert not begins_a_formula(once)


@pytest.mark.parametrize("field", ["title", "code", "refused", "channel"])
def test_no_cell_of_a_packs_report_is_a_formula(field: str) -> None:
    entry = {"channel": "web", "title": "Mug", "code": "1", "image": 1, "refused": "no"} | {
        field: "\r\n=1+1;=2"
    }
    file = io.BytesIO()
    write_zip([Entry(**entry), Entry("web", "Mug;=1+1", "1", 1, "web/1.jpg", (5, 7), data=b"x")], file)  # type: ignore[arg-type]
    text = zipfile.ZipFile(file).read("report.csv").decode()
    rows = list(csv.reader(io.StringIO(text, newline="")))
    assert not any(begins_a_formula(cell) for row in rows for cell in row)
    assert rows[-1][4:6] == ["5", "7"]
    # Parted at semicolons, as some countries' spreadsheets do it, none appears either.
    apart = csv.reader(io.StringIO(text, newline=""), delimiter=";")
    assert not any(begins_a_formula(cell) for row in apart for cell in row)
