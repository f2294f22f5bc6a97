"""Where pictures and checkpoints are kept: any Django storage, named by ``PRODGEN["STORAGE"]``.

All that the app stores is written by `save_content` (or `save_bytes`, under a name of the caller's) and read by
`read_file`: a file is there whole or not at all, its name says its hash, and what does not fit its hash is never
handed out.
"""

from __future__ import annotations

import hashlib
import os
import posixpath
import re
import time
from contextlib import suppress
from datetime import timedelta
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from celery.exceptions import SoftTimeLimitExceeded
from django.apps import apps
from django.core.exceptions import ImproperlyConfigured
from django.core.files.base import ContentFile
from django.core.files.storage import InMemoryStorage, Storage, storages
from django.utils import timezone
from django.utils.translation import gettext as _

from prodgen_django.atomicfile import partial_name, replacing, settle
from prodgen_django.conf import settings
from prodgen_django.schema import where

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.db.models.fields.files import FieldFile

    from prodgen_django.models import GeneratedImage

#: A file that no row names is taken away when it is older than this (`orphans`). What is found again and may be so
#: old is written anew, so that it is young before a row names it.
ORPHAN_AGE = timedelta(days=1)
_YOUNG = ORPHAN_AGE / 2

#: The end of a content name: 34 hexadecimal digits of the content's SHA-256. A storage that found the name taken
#: has put something behind them.
_CONTENT_NAME = re.compile(r"/([0-9a-f]{2})/([0-9a-f]{32})[^/]*\.\w+\Z")


class DamagedFile(OSError):
    """A stored file that is not what was stored. The message is for the shop admin."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


def get_storage() -> Storage:
    """The configured storage. Migrations name this function, so that changing the setting needs no migration."""
    try:
        return _configured()
    except ImproperlyConfigured as fault:
        if apps.models_ready:
            raise
        # The models' fields ask while they are loaded: `check` and `prodgen_doctor` are to live and tell.
        return _Misconfigured(str(fault))


def _configured() -> Storage:
    value = settings.STORAGE
    make = settings.imported("STORAGE") or (lambda: storages[value])
    try:
        made = make()
    except Exception as error:  # whatever the shop's own code raises
        raise ImproperlyConfigured(
            f"{where('STORAGE')} is {value!r}, which cannot be made: {error}"
        ) from error
    if not isinstance(made, Storage):
        raise ImproperlyConfigured(
            f"{where('STORAGE')} is {value!r}, which gives {made!r}, but must give a Storage."
        )
    return made


class _Misconfigured(Storage):
    """Stands in models' fields where the setting is wrong, and says so to whoever uses it."""

    def __init__(self, fault: str) -> None:
        self._fault = fault

    def _refuse(self, *_args: Any, **_options: Any) -> Any:
        raise ImproperlyConfigured(self._fault)

    open = save = delete = exists = listdir = size = url = path = _refuse
    generate_filename = get_available_name = get_modified_time = _refuse


def content_name(folder: str, data: bytes, extension: str) -> str:
    """A name made of the content: the same bytes always get the same name, so a second write changes nothing."""
    return f"{settings.STORAGE_PREFIX}/{folder}/{hash_name(data, extension)}"


def hash_name(data: bytes, extension: str) -> str:
    """The end of a content name, by which `read_file` tells a damaged file."""
    digest = hashlib.sha256(data).hexdigest()
    return f"{digest[:2]}/{digest[2:34]}.{extension}"


# -- writing


def save_content(folder: str, data: bytes, extension: str) -> str:
    """Write bytes under their content name; returns the name that they got, which a row may keep.

    What is there already is used again only if it is, byte for byte, what would be written; a damaged file is
    replaced. Raises ValueError for empty `data`, OSError where the storage does not take it, and then leaves nothing.
    """
    if not data:
        raise ValueError(f"an empty file was to be written to “{folder}”")
    storage, name = get_storage(), content_name(folder, data, extension)
    whole = storage.exists(name) and _holds(storage, name, data)
    if whole and _made_young(storage, name):
        return name
    if not whole and local_path(storage, name) is None:
        with suppress(Exception):  # where it may not be deleted it is replaced, or stored under another name
            storage.delete(name)  # elsewhere the move replaces it
    saved = _put(storage, name, data)
    if saved != name and not whole and _holds(storage, name, data):
        # Another worker wrote the same content between the look and the write; its copy is the one we keep.
        with suppress(Exception):  # the sweep takes what stays
            storage.delete(saved)
        return name
    return saved


def save_bytes(storage: Storage, name: str, data: bytes, max_length: int | None = None) -> str:
    """Write a file into any storage, whole or not at all, under a name that is free; returns that name."""
    return _put(storage, storage.get_available_name(name, max_length=max_length), data, max_length)


def _put(storage: Storage, name: str, data: bytes, max_length: int | None = None) -> str:
    """Write under `name`, which is free or belongs to the same content.

    Where files lie in folders a file is moved into its place. Other storages show an upload when it is complete; for
    those that do not, what came of it is looked at, and taken away again where it is not what was sent.
    """
    path = local_path(storage, name)
    asked = name if path is None else posixpath.join(posixpath.dirname(name), partial_name())
    try:
        saved = storage.save(asked, ContentFile(data), max_length=max_length if path is None else None)
        asked = saved
        if _size(storage, saved) != len(data) and not _holds(storage, saved, data):
            raise OSError(f"the storage did not keep all of {name}")
        if path is not None:
            settle(Path(storage.path(saved)), path)
            return name
    except BaseException as error:
        with suppress(Exception):  # what is told is why it went wrong; the sweep takes what stays
            if path is not None or not _holds(storage, asked, data):
                storage.delete(asked)
        if isinstance(error, Exception) and not isinstance(error, OSError | SoftTimeLimitExceeded):
            raise OSError(f"{name}: {error}") from error  # each storage raises its own
        raise
    return saved


def local_path(storage: Storage, name: str) -> Path | None:
    """Where a file of a storage lies on this machine; None for storages that have no folders."""
    if isinstance(storage, InMemoryStorage):
        return None  # it tells a path all the same
    try:
        return Path(storage.path(name))
    except NotImplementedError:
        return None


def _holds(storage: Storage, name: str, data: bytes) -> bool:
    try:
        with storage.open(name, "rb") as file:
            return bool(file.read() == data)
    except Exception:  # noqa: BLE001  (each storage raises its own where a file is gone or cannot be read)
        return False


def _size(storage: Storage, name: str) -> int | None:
    """None where the storage does not tell."""
    try:
        return int(storage.size(name))
    except Exception:  # noqa: BLE001  (each storage raises its own)
        return None


def _made_young(storage: Storage, name: str) -> bool:
    """Whether nobody takes the file for an old orphan before a row can name it."""
    path = local_path(storage, name)
    if path is not None:
        try:
            os.utime(path)
        except OSError:
            return False  # gone this moment, or another user's
        return True
    try:
        return storage.get_modified_time(name) > timezone.now() - _YOUNG
    except NotImplementedError:
        return True  # nor can anybody else tell its age
    except Exception:  # noqa: BLE001  (each storage raises its own where a sweep has just taken it)
        return False


# -- reading


def read_file(file: FieldFile | str) -> bytes:
    """The bytes of a stored file, by its name: storages need not have a path.

    Raises DamagedFile where they are not what the name says, FileNotFoundError where there is none, and OSError for
    whatever else a storage may suffer.
    """
    name = str(file)
    try:
        with get_storage().open(name, "rb") as opened:
            data: bytes = opened.read()
    except OSError:
        raise
    except Exception as error:  # each storage raises its own
        raise OSError(f"{name}: {error}") from error
    said = _CONTENT_NAME.search(name)
    if said and not hashlib.sha256(data).hexdigest().startswith(said[1] + said[2]):
        raise DamagedFile(_("The file %(name)s in the storage is damaged.") % {"name": name})
    return data


def read_picture(image: GeneratedImage) -> bytes:
    """The bytes of a picture's file, compared with its row. Raises DamagedFile, with what to do, where they are not
    what was made, or gone; OSError where the storage does not answer."""
    try:
        data = read_file(image.file)
    except FileNotFoundError as error:
        raise DamagedFile(_("The file of this picture is gone; make it again.")) from error
    except DamagedFile:
        data = b""
    if not data or hashlib.sha256(data).hexdigest() != image.sha256:
        raise DamagedFile(_("The file of this picture is damaged; make it again."))
    return data


# -- on this machine


def cache_folder() -> Path:
    """Where workers of this machine and user keep what they can make or fetch again."""
    base = settings.WORK_DIR or Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "prodgen"
    return Path(base)


def local_copy(folder: str, sha256: str, extension: str, fetch: Callable[[], bytes]) -> Path:
    """Bytes of a known hash as a file of this machine, for libraries that open paths.

    Kept in `cache_folder`, checked each time, and fetched (again) where it is not there whole; any number of processes
    may ask at once. Raises DamagedFile where what `fetch` gives has another hash.
    """
    path = cache_folder() / folder / f"{sha256}.{extension}"
    try:
        facts = path.stat()
        if _hash_of(path, facts.st_size, facts.st_mtime_ns) == sha256:
            if time.time() - facts.st_mtime > ORPHAN_AGE.total_seconds():
                os.utime(path)  # the sweep takes what nobody has asked for in a long time
            return path
    except OSError:
        pass
    data = fetch()
    if hashlib.sha256(data).hexdigest() != sha256:
        raise DamagedFile(_("The file %(name)s in the storage is damaged.") % {"name": path.name})
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with replacing(path, mode=0o600) as file:
        file.write(data)
    return path


@lru_cache(maxsize=16)
def _hash_of(path: Path, _size: int, _changed: int) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
