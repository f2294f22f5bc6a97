"""Signing what is stored, where ``PRODGEN["C2PA"]`` says with which key; the one place for every kind of picture."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ImproperlyConfigured

from prodgen_django.atomicfile import replacing
from prodgen_django.conf import settings
from prodgen_django.schema import where
from prodgen_django.storage import cache_folder

if TYPE_CHECKING:
    from prodgen_django.recipes.base import Picture
    from prodgen_django.studio.credentials import Signer

__all__ = ["SELF_SIGNED", "sealed", "sealed_bytes"]

SELF_SIGNED = "self-signed"


def sealed(picture: Picture) -> Picture:
    """The picture with a signed manifest in its bytes, or as it is where no key is set.

    Raises ImproperlyConfigured where the key cannot be used and CredentialsError where a picture cannot be signed: a
    shop that asked for signatures gets no unsigned picture in silence.
    """
    if not settings.C2PA:
        return picture
    data = sealed_bytes(picture.data, picture.format, picture.source_type, picture.title, picture.sources)
    return replace(picture, data=data, provenance={**picture.provenance, "signed": True})


def sealed_bytes(
    data: bytes, file_format: str, source_type: str, title: str = "", parts: tuple[str, ...] = ()
) -> bytes:
    """A file's bytes, signed where a key is set."""
    if not settings.C2PA:
        return data
    try:
        import c2pa  # noqa: F401
    except ImportError as error:
        raise ImproperlyConfigured(
            f"{where('C2PA')} is set, but its package is missing: pip install 'prodgen-django[c2pa]'."
        ) from error
    from prodgen_django.studio.credentials import sign_image

    wanted = json.dumps(settings.C2PA, sort_keys=True, default=str)
    file_format = {"jpg": "jpeg"}.get(file_format, file_format)
    return sign_image(data, file_format, _signer(wanted), source_type=source_type, title=title, parts=parts)


@lru_cache(maxsize=4)
def _signer(wanted: str) -> Signer:
    from prodgen_django.studio.credentials import Signer

    chosen: Any = json.loads(wanted)
    if chosen == SELF_SIGNED:
        return _own(cache_folder() / "c2pa-self-signed.json")
    return Signer(
        certificates=_pem("certificate", chosen),
        key=_pem("key", chosen),
        algorithm=chosen["algorithm"],
        time_authority=chosen["time_authority"],
    )


def _pem(name: str, chosen: dict[str, Any]) -> str:
    try:
        return Path(chosen[name]).read_text(encoding="ascii")
    except (OSError, ValueError) as error:
        raise ImproperlyConfigured(
            f"{where('C2PA')}[{name!r}] names a file that cannot be read: {error}."
        ) from error


def _own(path: Path) -> Signer:
    """This machine's own key, made once; only its user may read it."""
    from prodgen_django.studio.credentials import Signer, self_signed

    if not path.exists():
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        made = self_signed("prodgen_django, self-signed")
        with replacing(path, mode=0o600, keep_first=True) as file:  # of two workers' keys the first stays
            file.write(json.dumps(asdict(made)).encode())
    return Signer(**json.loads(path.read_text(encoding="utf-8")))
