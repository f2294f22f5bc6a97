"""Who a visitor is to us: keyed hashes instead of names, and two first-party cookies, set only after consent.

``prodgen_id``    a random number, so that an anonymous visitor is known again
``prodgen_seen``  sealed: which picture of a product this browser was shown, and since when, so that it stays
"""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote

from prodgen_django.conf import settings
from prodgen_django.personalization.sealing import Tampered, keyed_hash, keyed_hashes, seal, unseal

if TYPE_CHECKING:
    from django.http import HttpRequest

ID_COOKIE = "prodgen_id"
SEEN_COOKIE = "prodgen_seen"
#: Products kept in the cookie, those seen last; with the browser's limit of 4 kB in mind.
MOST_SEEN = 100
_LONGEST = 3800
#: Probabilities are kept as whole numbers of so many parts.
_SHARES = 0xFFFF
_SLOT = "slot:"
_ID = re.compile(r"[A-Za-z0-9_-]{22}")


@dataclass(frozen=True)
class Seen:
    """A decision that stands: this picture of a product, since this hour (since the epoch)."""

    image_id: int
    hour: int
    #: The decision's name in the log, where it is from there.
    token: str = ""
    #: With which probability it was taken, and by which policy, where it is from the browser: what was decided on a
    #: page may come into view on a later one only.
    share: float = 0.0
    version: str = ""


def now_hour() -> int:
    return int(time.time()) // 3600


def stands_since() -> int:
    """The first hour whose decisions still stand."""
    return now_hour() - 24 * settings.STABLE_DAYS


def user_keys(user_id: Any) -> tuple[str, ...]:
    """A signed-in customer's keys in the log: today's, then those under the secret key's fallbacks."""
    return keyed_hashes("visitor", f"user:{user_id}")


def user_key(user_id: Any) -> str:
    """A signed-in customer's key in the log."""
    return keyed_hash("visitor", f"user:{user_id}")


def anonymous_keys(cookie: str) -> tuple[str, ...]:
    """An anonymous visitor's keys in the log: today's, then those under the secret key's fallbacks."""
    return keyed_hashes("visitor", f"id:{cookie}")


def anonymous_key(cookie: str) -> str:
    """An anonymous visitor's key in the log."""
    return keyed_hash("visitor", f"id:{cookie}")


def new_id() -> str:
    return secrets.token_urlsafe(16)


def id_of(request: HttpRequest) -> str:
    """The visitor's number, or "" where the request has none, or something that is none of ours."""
    value = request.COOKIES.get(ID_COOKIE, "")
    return value if _ID.fullmatch(value) else ""


def slot_key(slot: str) -> str:
    """What stands in a page's record for a campaign's place, where a product's key stands otherwise."""
    return f"{_SLOT}{slot}"


def slot_of(key: str) -> str:
    """The place of such a key; "" for a product's."""
    return key.removeprefix(_SLOT) if key.startswith(_SLOT) else ""


def decision_token(visitor: str, product_id: Any, hour: int) -> str:
    """The name of a decision in the log: told twice, it is still the same one."""
    return keyed_hash("decision", f"{visitor}|{product_id}|{hour}")


def decision_tokens(names: Sequence[Sequence[str]], product_id: Any, hour: int) -> tuple[str, ...]:
    """Names that a decision may have: `names` are a visitor's under each secret key, which also named the decision."""
    return tuple(
        keyed_hashes("decision", f"{name}|{product_id}|{hour}")[place]
        for place, under_one_key in enumerate(names)
        for name in under_one_key
    )


def read_seen(request: HttpRequest) -> dict[str, Seen]:
    """By product key as text, what this browser was shown and still stands; empty for a cookie not ours."""
    text = request.COOKIES.get(SEEN_COOKIE, "")
    if not text or len(text) > _LONGEST:
        return {}
    since, seen = stands_since(), {}
    try:
        for part in unseal(text, "seen").decode().split("|"):
            product, image, hour, share, version = part.split(":")
            if int(hour, 16) > since:
                seen[unquote(product)] = Seen(
                    int(image, 16), int(hour, 16), share=int(share, 16) / _SHARES, version=version
                )
    except (Tampered, ValueError):
        return {}  # not ours, or of another release's form
    return seen


def write_seen(seen: Mapping[str, Seen]) -> str:
    """The cookie's text; the decisions last in `seen` are kept where not all have room."""
    parts = [
        f"{quote(pk, safe='')}:{one.image_id:x}:{one.hour:x}:{round(one.share * _SHARES):x}:{one.version}"
        for pk, one in list(seen.items())[-MOST_SEEN:]
    ]
    while parts:
        text = seal("|".join(parts).encode(), "seen")
        if len(text) <= _LONGEST:
            return text
        parts = parts[len(parts) // 4 + 1 :]
    return ""


def merged(before: Mapping[str, Seen], shown: Iterable[tuple[Any, Seen]]) -> dict[str, Seen]:
    """What was seen before and now, that of now last."""
    seen = dict(before)
    for pk, one in shown:
        seen.pop(str(pk), None)
        seen[str(pk)] = one
    return seen
