"""Who a visitor is to the log: keyed hashes instead of names, today's and those under the secret key's fallbacks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from prodgen_django.personalization.log.sealing import keyed_hash, keyed_hashes

_SLOT = "slot:"


def user_keys(user_id: Any) -> tuple[str, ...]:
    """A signed-in customer's keys in the log: today's, then those under the secret key's fallbacks."""
    return keyed_hashes("visitor", f"user:{user_id}")


def anonymous_keys(cookie: str) -> tuple[str, ...]:
    """An anonymous visitor's keys in the log: today's, then those under the secret key's fallbacks."""
    return keyed_hashes("visitor", f"id:{cookie}")


def slot_key(slot: str) -> str:
    """What stands in a page's record for a campaign's place, where a product's key stands otherwise."""
    return f"{_SLOT}{slot}"


def slot_of(key: Any) -> str:
    """The place of such a key; "" for a product's."""
    return key.removeprefix(_SLOT) if isinstance(key, str) and key.startswith(_SLOT) else ""


def choice_token(visitor: str, product_id: Any, hour: int) -> str:
    """The name of a choice in the log: told twice, it is still the same one."""
    return keyed_hash("decision", f"{visitor}|{product_id}|{hour}")


def choice_tokens(names: Sequence[Sequence[str]], product_id: Any, hour: int) -> tuple[str, ...]:
    """Names that a choice may have: `names` are a visitor's under each secret key, which also named the choice."""
    return tuple(
        keyed_hashes("decision", f"{name}|{product_id}|{hour}")[place]
        for place, under_one_key in enumerate(names)
        for name in under_one_key
    )
