"""Texts and JSON as every database takes them."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from prodgen_django.clean import LONGEST_TEXT, clean_json, clean_text


@given(st.text(st.characters(categories=["L", "Cs", "Cc"])), st.integers(1, 50))
def test_clean_text_is_writable_short_and_leaves_good_text_alone(text: str, longest: int) -> None:
    clean = clean_text(text, longest)
    assert "\0" not in clean
    assert len(clean) <= longest
    clean.encode()
    assert clean_text(clean, longest) == clean
    if "\0" not in text and text.isprintable() and len(text) <= longest:
        assert clean == text


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters()), inner),
    max_leaves=9,
)


@given(JSON)
def test_clean_json_is_json_as_databases_take_it(value: Any) -> None:
    clean = clean_json(value)
    text = json.dumps(clean, allow_nan=False, ensure_ascii=False)
    text.encode()
    assert "\\u0000" not in text
    assert clean_json(clean) == clean


def test_an_exception_may_not_fill_the_page() -> None:
    assert len(clean_text("x" * 10**6)) == LONGEST_TEXT
