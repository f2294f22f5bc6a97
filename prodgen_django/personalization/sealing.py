"""Small secrets that travel through a visitor's browser and come back unread and unchanged.

A page tells the events endpoint what it showed, to whom and with which probability; none of that is anybody's
business in the browser, other scripts of the page among them. The construction is encrypt-then-MAC: a SHAKE-256
keystream over key and random nonce, and HMAC-SHA-256 over nonce and ciphertext. Signing as Django has it would
leave the visitor's taste readable in the page's source.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import os
from functools import lru_cache

from django.conf import settings as django_settings

_NONCE, _MAC = 12, 16


class Tampered(Exception):
    """Not something that we sealed, or not any more."""


@lru_cache(maxsize=16)
def derived_key(secret: str | bytes, purpose: str) -> bytes:
    """A key of its own for each purpose, from the site's secret; 32 bytes."""
    raw = secret.encode() if isinstance(secret, str) else bytes(secret)
    return hmac.digest(raw, f"prodgen_django.personalization.{purpose}".encode(), "sha256")


def keyed_hash(purpose: str, text: str) -> str:
    """A name that only this site can make of `text`; 32 hex digits."""
    key = derived_key(django_settings.SECRET_KEY, purpose)
    return hmac.digest(key, text.encode(), "sha256").hex()[:32]


def seal(data: bytes, purpose: str) -> str:
    """`data` as URL-safe text that nobody else can read or change."""
    nonce = os.urandom(_NONCE)
    body = nonce + _cipher(django_settings.SECRET_KEY, purpose, nonce, data)
    mac = hmac.digest(derived_key(django_settings.SECRET_KEY, f"{purpose}.mac"), body, "sha256")[:_MAC]
    return base64.urlsafe_b64encode(body + mac).decode().rstrip("=")


def unseal(text: str, purpose: str) -> bytes:
    """What `seal` was given, under the present secret key or one of its fallbacks. Raises Tampered."""
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as error:
        raise Tampered("no base64") from error
    if len(raw) < _NONCE + _MAC:
        raise Tampered("too short")
    body, mac = raw[:-_MAC], raw[-_MAC:]
    for secret in (django_settings.SECRET_KEY, *django_settings.SECRET_KEY_FALLBACKS):
        if hmac.compare_digest(
            hmac.digest(derived_key(secret, f"{purpose}.mac"), body, "sha256")[:_MAC], mac
        ):
            return _cipher(secret, purpose, body[:_NONCE], body[_NONCE:])
    raise Tampered("not sealed here")


def _cipher(secret: str | bytes, purpose: str, nonce: bytes, data: bytes) -> bytes:
    """To and fro: exclusive or with the keystream."""
    stream = hashlib.shake_256(derived_key(secret, f"{purpose}.cipher") + nonce).digest(len(data))
    return (int.from_bytes(data) ^ int.from_bytes(stream)).to_bytes(len(data))
