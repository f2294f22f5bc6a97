"""A stored file is there whole or not at all, whatever happens to its writer."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from celery.exceptions import SoftTimeLimitExceeded
from django.core.files.storage import FileSystemStorage, InMemoryStorage, Storage
from django.test import override_settings
from hypothesis import given
from hypothesis import strategies as st

from prodgen_django.atomicfile import replacing
from prodgen_django.storage import (
    DamagedFile,
    content_name,
    local_copy,
    read_file,
    save_bytes,
    save_content,
)
from tests.files.storages import Remote, files_of, overwrite

ROOT = Path(__file__).resolve().parents[2]
DATA = bytes(range(256)) * 40

#: A worker that writes one file, and the moment at which it dies (or the disk is full).
WRITER = """
import os, signal, sys
import django
django.setup()
from django.core.files.base import ContentFile
from prodgen_django.storage import read_file, save_content
moment, data = sys.argv[1], bytes(range(256)) * 40
die = lambda *_args, **_more: os.kill(os.getpid(), signal.SIGKILL)
def chunks(self, chunk_size=None):
    if moment == "half":
        yield data[:5000]  # more than a buffer, so that it is on the disk
        yield data[5000:9000]
    die()
if moment in ("start", "half"):
    ContentFile.chunks = chunks
elif moment == "move":
    import pathlib
    pathlib.Path.replace = die
elif moment == "full":
    import resource
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (5000, 5000))
try:
    name = save_content("pictures", data, "bin")
except OSError as error:
    sys.exit(f"refused: {error}")
print("whole" if read_file(name) == data else "broken", name)
"""


def write(folder: Path, moment: str = "") -> subprocess.CompletedProcess[str]:
    env = {**os.environ, "PRODGEN_TEST_FOLDER": str(folder), "DJANGO_SETTINGS_MODULE": "tests.settings"}
    command = [sys.executable, "-c", WRITER, moment]
    return subprocess.run(
        command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=120, check=False
    )


@pytest.mark.skipif(os.name != "posix", reason="kills and limits as POSIX has them")
@pytest.mark.parametrize("moment", ["start", "half", "move", "full"])
def test_what_a_dead_writer_leaves_is_never_taken_for_whole(tmp_path: Path, moment: str) -> None:
    killed = write(tmp_path, moment)
    if moment == "full":
        assert "refused: " in killed.stderr
    else:
        assert killed.returncode == -signal.SIGKILL
    left = {path for path in (tmp_path / "media").rglob("*") if path.is_file()}
    assert all(path.name.endswith(".part") for path in left)
    assert len(left) == (0 if moment == "full" else 1)
    again = write(tmp_path)
    assert again.stdout.split() == ["whole", content_name("pictures", DATA, "bin")], again.stderr


@pytest.mark.parametrize(
    "found", [b"", DATA[:1], DATA[:5000], DATA[:-1], DATA + b"more", DATA[:-1] + b"\0"],
    ids=["empty", "a byte", "half", "nearly", "too much", "a byte changed"],
)  # fmt: skip
def test_what_lies_there_is_used_only_if_it_is_the_same(storage: Storage, found: bytes) -> None:
    name = content_name("pictures", DATA, "bin")
    assert storage.save(name, _file(found)) == name
    assert save_content("pictures", DATA, "bin") == name
    assert files_of(storage) == {name: DATA}
    assert save_content("pictures", DATA, "bin") == name
    assert files_of(storage) == {name: DATA}


@given(found=st.none() | st.binary(max_size=60), data=st.binary(min_size=1, max_size=60))
def test_whatever_lay_there_what_is_read_is_what_was_saved(found: bytes | None, data: bytes) -> None:
    memory = InMemoryStorage()
    with override_settings(PRODGEN={"STORAGE": lambda: memory}):
        if found is not None:
            memory.save(content_name("any", data, "bin"), _file(found))
        assert read_file(save_content("any", data, "bin")) == data


def test_the_same_bytes_are_uploaded_once(settings: Any, tmp_path: Path) -> None:
    remote = Remote(tmp_path)
    settings.PRODGEN = {"STORAGE": lambda: remote}
    names = {save_content("pictures", DATA, "bin") for _ in range(3)}
    assert len(names) == remote.saved == 1


@pytest.mark.parametrize(
    "fault", [{"breaks_after": 0}, {"breaks_after": 5000}, {"keeps": 0}, {"keeps": 5000}]
)
def test_a_broken_upload_leaves_nothing_and_the_next_one_succeeds(
    settings: Any, tmp_path: Path, fault: dict[str, int]
) -> None:
    remote = Remote(tmp_path)
    settings.PRODGEN = {"STORAGE": lambda: remote}
    remote.__dict__.update(fault)
    with pytest.raises(OSError, match=r"the line broke|did not keep all"):
        save_content("pictures", DATA, "bin")
    assert files_of(remote) == {}
    remote.breaks_after = remote.keeps = None
    assert read_file(save_content("pictures", DATA, "bin")) == DATA


def test_a_folder_whose_disk_fills_up_keeps_what_it_had(
    settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = FileSystemStorage(tmp_path)
    settings.PRODGEN = {"STORAGE": lambda: folder}
    name = content_name("pictures", DATA, "bin")
    folder.save(name, _file(DATA[:9]))

    def full(*_args: Any, **_more: Any) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full)
        with pytest.raises(OSError, match="No space left"):
            save_content("pictures", DATA, "bin")
    assert files_of(folder) == {name: DATA[:9]}
    assert save_content("pictures", DATA, "bin") == name
    assert files_of(folder) == {name: DATA}


def test_many_writers_of_the_same_bytes(storage: Storage) -> None:
    with ThreadPoolExecutor(8) as pool:
        names = list(pool.map(lambda _: save_content("pictures", DATA, "bin"), range(24)))
    assert all(read_file(name) == DATA for name in names)


def test_an_empty_file_is_never_stored(storage: Storage) -> None:
    with pytest.raises(ValueError, match="empty"):
        save_content("pictures", b"", "bin")
    assert files_of(storage) == {}


def test_a_name_of_the_callers_own_is_free_or_changed(storage: Storage) -> None:
    first, second = (save_bytes(storage, "images/products/mug.jpg", data) for data in (DATA, DATA[::-1]))
    assert first == "images/products/mug.jpg"
    assert files_of(storage) == {first: DATA, second: DATA[::-1]}


def test_reading_compares_with_the_hash_in_the_name(storage: Storage) -> None:
    name = save_content("thumbnails", DATA, "bin")
    overwrite(storage, name, DATA[:-1])
    with pytest.raises(DamagedFile, match="damaged"):
        read_file(name)
    storage.delete(name)
    with pytest.raises(FileNotFoundError):
        read_file(name)
    plain = storage.save("brand/logo.png", _file(DATA))
    assert read_file(plain) == DATA


def test_errors_of_a_storages_own_kind_are_told_as_os_errors(
    storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    class ClientError(Exception):
        pass

    def away(*_args: Any, **_more: Any) -> None:
        raise ClientError("the bucket does not answer")

    monkeypatch.setattr(storage, "open", away)
    with pytest.raises(OSError, match="the bucket does not answer"):
        read_file("prodgen/pictures/a.jpg")


# -- on this machine


def test_a_local_copy_is_checked_and_mended(storage: Storage, tmp_path: Path) -> None:
    import hashlib

    digest = hashlib.sha256(DATA).hexdigest()
    path = local_copy("checkpoints", digest, "bin", lambda: DATA)
    for damage in (b"", DATA[:-1], DATA[:-1] + b"\0"):
        path.write_bytes(damage)
        assert local_copy("checkpoints", digest, "bin", lambda: DATA) == path
        assert path.read_bytes() == DATA
    asked: list[int] = []
    local_copy("checkpoints", digest, "bin", lambda: asked.append(1) or DATA)
    assert not asked
    with pytest.raises(DamagedFile):
        local_copy("checkpoints", "0" * 64, "bin", lambda: DATA)
    assert [p.name for p in path.parent.iterdir()] == [path.name]


def test_a_block_that_raises_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "new" / "state.bin"
    with replacing(path) as file:
        file.write(b"old")
    with suppress(KeyboardInterrupt), replacing(path) as file:
        file.write(b"half of the ne")
        raise KeyboardInterrupt
    assert path.read_bytes() == b"old"
    with replacing(path, keep_first=True) as file:
        file.write(b"second")
    assert path.read_bytes() == b"old"
    assert list(path.parent.iterdir()) == [path]


def _file(data: bytes) -> Any:
    from django.core.files.base import ContentFile

    return ContentFile(data)


@pytest.mark.parametrize("refused", ["delete", "size"])
def test_a_storage_that_does_not_do_everything_still_keeps_what_is_saved(
    settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, refused: str
) -> None:
    storage = Remote(tmp_path)
    settings.PRODGEN = {"STORAGE": lambda: storage}
    name = save_content("pictures", DATA, "bin")
    overwrite(storage, name, DATA[:99])

    def no(_name: str) -> Any:
        raise NotImplementedError if refused == "size" else PermissionError

    monkeypatch.setattr(storage, refused, no)
    for data in (DATA, b"another"):
        assert read_file(save_content("pictures", data, "bin")) == data


@pytest.mark.parametrize(("error", "told"), [(RuntimeError("403"), OSError), (SoftTimeLimitExceeded(), None)])
def test_a_storages_own_error_at_a_write_is_an_os_error(
    settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception, told: Any
) -> None:
    """But the end of a task's time is told as that."""
    storage = Remote(tmp_path)
    settings.PRODGEN = {"STORAGE": lambda: storage}

    def refuses(*_args: Any) -> str:
        raise error

    monkeypatch.setattr(storage, "_save", refuses)
    for write in (lambda: save_content("pictures", DATA, "bin"), lambda: save_bytes(storage, "a.bin", DATA)):
        with pytest.raises(told or type(error)):
            write()


def test_a_file_that_a_sweep_has_just_taken_is_written_again(
    settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    storage = Remote(tmp_path)
    settings.PRODGEN = {"STORAGE": lambda: storage}
    save_content("pictures", DATA, "bin")

    def gone(_name: str) -> Any:
        raise RuntimeError("404")

    monkeypatch.setattr(storage, "get_modified_time", gone)
    assert read_file(save_content("pictures", DATA, "bin")) == DATA
    assert storage.saved == 2
