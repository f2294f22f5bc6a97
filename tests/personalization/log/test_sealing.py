"""What passes through a browser cannot be read there, changed, or used for something else."""

from __future__ import annotations

import base64

import pytest
from django.test import override_settings
from hypothesis import given
from hypothesis import strategies as st

from prodgen_django.personalization.log.sealing import Tampered, keyed_hash, seal, unseal


def raw(text: str) -> bytearray:
    return bytearray(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))


def as_text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


@given(st.binary(min_size=1, max_size=300))
def test_what_was_sealed_comes_back_and_is_hardly_longer(data: bytes) -> None:
    text = seal(data, "page")
    assert unseal(text, "page") == data
    assert len(raw(text)) == len(data) + 16
    assert len(data) < 4 or data not in raw(text)


@given(st.binary(min_size=1, max_size=60), st.data())
def test_a_changed_bit_is_noticed(data: bytes, draw: st.DataObject) -> None:
    sealed = raw(seal(data, "page"))
    place = draw.draw(st.integers(0, len(sealed) - 1))
    sealed[place] ^= 1 << draw.draw(st.integers(0, 7))
    with pytest.raises(Tampered):
        unseal(as_text(sealed), "page")


@given(st.text(max_size=80))
def test_what_was_never_sealed_is_refused(text: str) -> None:
    with pytest.raises(Tampered):
        unseal(text, "page")


def test_a_record_of_a_page_is_no_cookie() -> None:
    with pytest.raises(Tampered):
        unseal(seal(b"12:3:4", "page"), "seen")


@pytest.mark.parametrize("old", ["old key", b"old key"])
def test_a_former_secret_key_still_opens_while_it_is_a_fallback(old: str | bytes) -> None:
    with override_settings(SECRET_KEY=old):
        text, name = seal(b"seen", "seen"), keyed_hash("visitor", "user:1")
    with override_settings(SECRET_KEY="new key", SECRET_KEY_FALLBACKS=["another", old]):
        assert unseal(text, "seen") == b"seen"
        # What is sealed now is sealed under the new one.
        fresh = seal(b"seen", "seen")
        assert fresh != text
        assert keyed_hash("visitor", "user:1") != name
    with override_settings(SECRET_KEY="new key", SECRET_KEY_FALLBACKS=[]):
        assert unseal(fresh, "seen") == b"seen"
        with pytest.raises(Tampered):
            unseal(text, "seen")


def test_names_differ_by_purpose_and_say_nothing_of_what_they_name() -> None:
    assert keyed_hash("visitor", "user:1") != keyed_hash("decision", "user:1")
    assert len(keyed_hash("visitor", "user:1")) == 32
