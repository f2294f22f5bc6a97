"""Two first-party cookies, set only after consent.

``prodgen_id``    a random number, so that an anonymous visitor is known again
``prodgen_seen``  sealed: which picture of a product this browser was shown, and since when, so that it stays
"""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote

from prodgen_django.conf import settings
from prodgen_django.personalization.log.sealing import Tampered, seal, unseal

if TYPE_CHECKING:
    from django.http import HttpRequest

ID_COOKIE = "prodgen_id"
SEEN_COOKIE = "prodgen_seen"
#: Products kept in the cookie, those seen last; with the browser's limit of 4 kB in mind.
MOST_SEEN = 100
_LONGEST = 3800
#: Probabilities are kept as whole numbers of so many parts.
_SHARES = 0xFFFF
_ID = re.compile(r"[A-Za-z0-9_-]{22}")


@dataclass(frozen=True)
class Memory:
    """A choice that stands: this picture of a product, since this hour (since the epoch)."""

    image_id: int
    hour: int
    #: The choice's name in the log, where it is from there.
    token: str = ""
    #: With which probability it was made, and by which policy, where it is from the browser: what was chosen on a
    #: page may come into view on a later one only.
    share: float = 0.0
    version: str = ""


def now_hour() -> int:
    return int(time.time()) // 3600


def stands_since() -> int:
    """The first hour whose choices still stand."""
    return now_hour() - 24 * settings.STABLE_DAYS


def new_id() -> str:
    return secrets.token_urlsafe(16)


def id_of(request: HttpRequest) -> str:
    """The visitor's number, or "" where the request has none, or something that is none of ours."""
    value = request.COOKIES.get(ID_COOKIE, "")
    return value if _ID.fullmatch(value) else ""


def read_seen(request: HttpRequest) -> dict[str, Memory]:
    """By product key as text, what this browser was shown and still stands; empty for a cookie not ours."""
    text = request.COOKIES.get(SEEN_COOKIE, "")
    if not text or len(text) > _LONGEST:
        return {}
    since, seen = stands_since(), {}
    try:
        for part in unseal(text, "seen").decode().split("|"):
            product, image, hour, share, version = part.split(":")
            if int(hour, 16) > since:
                seen[unquote(product)] = Memory(
                    int(image, 16), int(hour, 16), share=int(share, 16) / _SHARES, version=version
                )
    except (Tampered, ValueError):
        return {}  # not ours, or of another release's form
    return seen


def write_seen(seen: Mapping[str, Memory]) -> str:
    """The cookie's text; the choices last in `seen` are kept where not all have room."""
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
