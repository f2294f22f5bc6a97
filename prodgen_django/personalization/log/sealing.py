"""Small secrets that travel through a visitor's browser and come back unread and unchanged.

A page tells the events endpoint what it showed, to whom and with which probability; none of that is anybody's
business in the browser, other scripts of the page among them. Signing as Django has it would leave the visitor's taste
readable in the page's source.

The cipher is AES-SIV (RFC 5297) of the package ``cryptography``, with a key of its own for each purpose by HKDF
(RFC 5869). It needs no nonce that must never come twice, however many pages a shop has, and adds 16 bytes; the same
data seals to the same text, which tells nobody more than that.
"""

from __future__ import annotations

import base64
import binascii
import hmac
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings as django_settings

_SPACE = "prodgen_django.personalization"
#: The synthetic initialisation vector, which is also what tells a change.
_SIV = 16


class Tampered(Exception):
    """Not something that we sealed, or not any more."""


def seal(data: bytes, purpose: str) -> str:
    """`data`, at least one byte, as URL-safe text that nobody else can read or change."""
    sealed = _cipher(django_settings.SECRET_KEY, purpose).encrypt(data, None)
    return base64.urlsafe_b64encode(sealed).decode().rstrip("=")


def unseal(text: str, purpose: str) -> bytes:
    """What `seal` was given, under the present secret key or one of its fallbacks. Raises Tampered."""
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as error:
        raise Tampered("no base64") from error
    if len(raw) <= _SIV:
        raise Tampered("too short")
    for secret in _secrets():
        try:
            return _cipher(secret, purpose).decrypt(raw, None)
        except InvalidTag:
            continue
    raise Tampered("not sealed here")


def keyed_hash(purpose: str, text: str) -> str:
    """A name that only this site can make of `text`; 32 hex digits."""
    return _hashed(django_settings.SECRET_KEY, purpose, text)


def keyed_hashes(purpose: str, text: str) -> tuple[str, ...]:
    """The name that `keyed_hash` gives, and then those that it gave under the secret key's fallbacks.

    What is written has the first one; what was written before the key was changed is found by the others.
    """
    return tuple(_hashed(secret, purpose, text) for secret in _secrets())


def _secrets() -> tuple[str | bytes, ...]:
    return (django_settings.SECRET_KEY, *django_settings.SECRET_KEY_FALLBACKS)


def _hashed(secret: str | bytes, purpose: str, text: str) -> str:
    return hmac.digest(_hash_key(secret, purpose), text.encode(), "sha256").hex()[:32]


@lru_cache(maxsize=16)
def _cipher(secret: str | bytes, purpose: str) -> AESSIV:
    return AESSIV(HKDF(SHA256(), 64, salt=None, info=f"{_SPACE}.{purpose}".encode()).derive(_bytes(secret)))


@lru_cache(maxsize=16)
def _hash_key(secret: str | bytes, purpose: str) -> bytes:
    return hmac.digest(_bytes(secret), f"{_SPACE}.{purpose}".encode(), "sha256")


def _bytes(secret: str | bytes) -> bytes:
    return secret.encode() if isinstance(secret, str) else bytes(secret)
