"""Where pictures and checkpoints are kept: any Django storage, named by ``PRODGEN["STORAGE"]``."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import TYPE_CHECKING

from django.core.files.base import ContentFile
from django.core.files.storage import Storage, storages

from prodgen_django.conf import settings

if TYPE_CHECKING:
    from django.db.models.fields.files import FieldFile


def get_storage() -> Storage:
    """The configured storage. Migrations name this function, so that changing the setting needs no migration."""
    value = settings.STORAGE
    made = settings.imported("STORAGE")
    return storages[value] if made is None else made()


def content_name(folder: str, data: bytes, extension: str) -> str:
    """A name made of the content: the same bytes always get the same name, so a second write changes nothing."""
    digest = hashlib.sha256(data).hexdigest()
    return f"{settings.STORAGE_PREFIX}/{folder}/{digest[:2]}/{digest[2:34]}.{extension}"


def read_file(file: FieldFile | str) -> bytes:
    """The bytes of a stored file, by its name: storages need not have a path."""
    with get_storage().open(str(file), "rb") as opened:
        return opened.read()


def save_content(folder: str, data: bytes, extension: str) -> str:
    """Write bytes under their content name and return it; what is already there is left as it is."""
    storage, name = get_storage(), content_name(folder, data, extension)
    if storage.exists(name):
        return name
    saved = storage.save(name, ContentFile(data))
    if saved != name:
        # Another worker wrote the same content between the look and the write; its copy is the one we keep.
        storage.delete(saved)
    return name


def cache_folder() -> Path:
    """Where workers of this machine and user keep what they can make or fetch again."""
    base = settings.WORK_DIR or Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "prodgen"
    return Path(base)
