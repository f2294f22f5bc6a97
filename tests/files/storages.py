"""Storages of other kinds than a folder, with the faults that real ones have."""

from __future__ import annotations

import io
from typing import Any

from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage, InMemoryStorage, Storage


class Remote(Storage):
    """A server that has no paths and, like FTP, shows a file while it is written.

    ``breaks_after``: so many bytes arrive, then the line breaks; ``keeps``: so many bytes are kept, and nothing is
    said.
    """

    def __init__(self, location: Any) -> None:
        self.inner = FileSystemStorage(location)
        self.breaks_after: int | None = None
        self.keeps: int | None = None
        self.saved = 0

    def _open(self, name: str, mode: str = "rb") -> Any:
        return self.inner.open(name, mode)

    def _save(self, name: str, content: Any) -> str:
        self.saved += 1
        data = content.read()
        if self.breaks_after is not None:
            self.inner.save(name, ContentFile(data[: self.breaks_after]))
            raise ConnectionResetError("the line broke")
        return self.inner.save(name, ContentFile(data[: self.keeps]))

    def delete(self, name: str) -> None:
        self.inner.delete(name)

    def exists(self, name: str) -> bool:
        return self.inner.exists(name)

    def size(self, name: str) -> int:
        return self.inner.size(name)

    def listdir(self, path: str) -> tuple[list[str], list[str]]:
        return self.inner.listdir(path)

    def get_modified_time(self, name: str) -> Any:
        return self.inner.get_modified_time(name)

    def url(self, name: str) -> str:
        return f"https://files.example.com/{name}"


class Unlisted(Remote):
    """One that says nothing of what it has."""

    def listdir(self, path: str) -> tuple[list[str], list[str]]:
        raise NotImplementedError


def files_of(storage: Storage, folder: str = "") -> dict[str, bytes]:
    """All that a storage holds."""
    try:
        folders, names = storage.listdir(folder)
    except FileNotFoundError:
        return {}
    found = {}
    for name in names:
        path = f"{folder}/{name}".lstrip("/")
        with storage.open(path, "rb") as file:
            found[path] = file.read()
    for name in folders:
        found |= files_of(storage, f"{folder}/{name}".lstrip("/"))
    return found


def overwrite(storage: Storage, name: str, data: bytes) -> None:
    """Damage a file where it lies."""
    storage.delete(name)
    assert storage.save(name, io.BytesIO(data)) == name


KINDS = {"folder": FileSystemStorage, "memory": lambda _location: InMemoryStorage(), "remote": Remote}
