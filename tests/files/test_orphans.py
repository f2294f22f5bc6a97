"""Files that nobody needs are cleared away; what a row names, or a writer has just written, never is."""

from __future__ import annotations

import io
import os
import time
import uuid
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import Storage
from django.core.management import CommandError, call_command
from django.utils import timezone

from prodgen_django import orphans
from prodgen_django.jobs.lease import take_turn
from prodgen_django.models import (
    BrandKit,
    Checkpoint,
    CutOutCorrection,
    GeneratedImage,
    Job,
    JobItem,
    Turn,
)
from prodgen_django.orphans import sweep_daily, sweep_files, sweep_folders
from prodgen_django.storage import cache_folder, save_content
from tests.files.storages import Unlisted, files_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def all_old(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if two days had passed."""
    now = timezone.now() + timedelta(days=2)
    monkeypatch.setattr(orphans.timezone, "now", lambda: now)


def stored(folder: str, number: int = 0) -> str:
    return save_content(folder, f"{folder} {number}".encode(), "bin")


@pytest.fixture
def named(storage: Storage) -> set[str]:
    """Files that rows name in every way there is."""
    job = Job.objects.create(
        kind="train",
        log={"grids": [{"name": stored("training")}], "preview": {"name": stored("previews")}},
        options={"of the shop's own": {"deep": [[stored("deep")]]}},
    )
    item = JobItem.objects.create(
        job=job, report={"files": [{"name": stored("exports")}]}, photos=[stored("photos")]
    )
    image = GeneratedImage.objects.create(
        job=job, item=item, kind="display", sha256="0", width=1, height=1, thumbnail=stored("thumbnails"),
        file=stored("pictures"), renditions=[{"name": stored("renditions", n)} for n in range(9)],
        scores={"cut_out": {"mask": stored("masks")}}, recipe={"layers": stored("layers")},
        provenance={"steps": [{"file": stored("steps")}]},
    )  # fmt: skip
    Checkpoint.objects.create(task="concept", name="one", file=stored("checkpoints"), sha256="1")
    CutOutCorrection.objects.create(photo="1", mask=stored("cutouts"))
    kit = BrandKit(name="Brand")
    kit.logo.save("logo.png", ContentFile(b"a logo"))
    # As a thumbnailer of the shop does, beside the file it was made of.
    derived = storage.save(f"{image.file.name}.80x80_q85.jpg", ContentFile(b"small"))
    return {*files_of(storage)} | {derived}


@pytest.mark.usefixtures("all_old")
def test_what_no_row_names_is_counted_then_deleted(storage: Storage, named: set[str]) -> None:
    lost = stored("pictures", 9)
    left = {stored("pictures", n) for n in range(1, 4)} | {
        storage.save("prodgen/pictures/ab/.0123.part", ContentFile(b"half")),
        storage.save("prodgen/brand/old-logo.png", ContentFile(b"an old logo")),
        storage.save(f"{lost}.80x80_q85.jpg", ContentFile(b"small")),
        lost,
    }
    elsewhere = storage.save("images/products/mug.jpg", ContentFile(b"the shop's own"))
    dry = sweep_files(dry_run=True)
    assert (set(dry.orphans), dry.deleted, dry.refused) == (left, 0, "")
    assert dry.files == len(named) + len(left)
    assert dry.bytes == sum(len(files_of(storage)[name]) for name in left)
    assert set(files_of(storage)) == named | left | {elsewhere}
    swept = sweep_files()
    assert (set(swept.orphans), swept.deleted, swept.bytes) == (left, len(left), dry.bytes)
    assert set(files_of(storage)) == named | {elsewhere}
    assert sweep_files().orphans == []


def test_what_is_young_stays(storage: Storage, named: set[str]) -> None:
    left = stored("pictures", 1)
    assert sweep_files().orphans == []
    assert left in files_of(storage)


@pytest.mark.usefixtures("all_old")
def test_a_row_that_appears_while_the_sweep_looks_keeps_its_file(
    storage: Storage, named: set[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    name, lost = stored("pictures", 1), stored("pictures", 2)
    listed = orphans._files_below

    def then_a_row(*args: Any) -> Any:
        yield from listed(*args)
        CutOutCorrection.objects.create(photo="2", mask=name)

    monkeypatch.setattr(orphans, "_files_below", then_a_row)
    assert sweep_files().orphans == [lost]
    assert name in files_of(storage)


@pytest.mark.parametrize("storage", ["folder", "remote"], indirect=True)
def test_an_old_orphan_that_a_worker_makes_again_is_young(
    storage: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The sweep has found it; before it deletes, a retry saves the same bytes, and its row will come later."""
    name = stored("pictures", 1)
    path, ago = tmp_path / "stored" / name, time.time() - 3 * 86400
    os.utime(path, (ago, ago))
    again: list[str] = []
    names = orphans._Names.of_rows

    def meanwhile() -> Any:
        if again or not found:
            found.append(1)
        else:
            again.append(stored("pictures", 1))
        return names()

    found: list[int] = []
    monkeypatch.setattr(orphans._Names, "of_rows", meanwhile)
    assert sweep_files().deleted == (0 if again == [name] else 1)
    assert files_of(storage)[again[0]] == b"pictures 1"


def test_what_cannot_be_swept_is_told(settings: Any, tmp_path: Path, capsys: Any) -> None:
    unlisted = Unlisted(tmp_path)
    settings.PRODGEN = {"STORAGE": lambda: unlisted, "WORK_DIR": str(tmp_path / "work")}
    name = stored("pictures")
    assert "cannot list" in sweep_files().refused
    call_command("prodgen_sweep", "--files")
    told = capsys.readouterr()
    assert "cannot list" in told.err
    assert "orphans 0" in told.out
    assert unlisted.exists(name)


@pytest.mark.usefixtures("all_old")
def test_with_another_database_nothing_is_deleted_unless_a_person_says_so(
    storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(orphans, "SUSPICIOUS", 5)
    left = {stored("pictures", n) for n in range(6)}
    found = sweep_files(watched=False)
    assert (len(found.orphans), found.deleted) == (6, 0)
    assert "right database" in found.refused
    assert set(files_of(storage)) == left
    assert sweep_files().deleted == 6


@pytest.mark.usefixtures("all_old")
def test_the_command_lists_and_deletes(storage: Storage) -> None:
    name = stored("pictures")
    out = io.StringIO()
    call_command("prodgen_sweep", "--files", "--dry-run", stdout=out)
    assert out.getvalue().splitlines() == [name, "files 1, orphans 1, bytes 10, deleted 0, folders 0"]
    call_command("prodgen_sweep", "--files", stdout=(out := io.StringIO()))
    assert out.getvalue() == "files 1, orphans 1, bytes 10, deleted 1, folders 0\n"
    assert files_of(storage) == {}
    with pytest.raises(CommandError, match="--files"):
        call_command("prodgen_sweep", "--dry-run")


@pytest.mark.usefixtures("all_old")
@pytest.mark.parametrize("storage", ["folder"], indirect=True)
def test_workers_do_it_once_a_day_for_the_whole_shop(
    storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(orphans, "_swept_at", float("-inf"))
    stored("pictures", 1)
    sweep_daily()
    assert files_of(storage) == {}
    name = stored("pictures", 2)
    sweep_daily()
    assert name in files_of(storage)
    assert not take_turn("files", 3600)
    Turn.objects.update(taken_at=timezone.now() - timedelta(days=4))
    sweep_daily()
    assert files_of(storage) == {}


# -- this machine's own


def folder(name: str, *, days: float = 0) -> Path:
    path = cache_folder() / name
    (path / "run").mkdir(parents=True)
    (path / "run" / "state.safetensors").write_bytes(b"weights")
    ago = time.time() - days * 86400
    for one in (path / "run" / "state.safetensors", path / "run", path):
        os.utime(one, (ago, ago))
    return path


@pytest.mark.parametrize("storage", ["folder"], indirect=True)
def test_folders_of_jobs_that_are_over_go(storage: Storage) -> None:
    long_ago, just_now = timezone.now() - timedelta(days=2), timezone.now()
    states = {
        "over": ("succeeded", long_ago), "failed": ("failed", long_ago), "cancelled": ("cancelled", long_ago),
        "just over": ("failed", just_now), "running": ("running", None), "queued": ("queued", None),
    }  # fmt: skip
    folders = {}
    for name, (state, finished) in states.items():
        job = Job.objects.create(kind="train", state=state, finished_at=finished)
        folders[name] = folder(str(job.uuid), days=40)
    folders["another shop's"] = folder(str(uuid.uuid4()), days=3)
    folders["nobody's"] = folder(str(uuid.uuid4()), days=40)
    folders["not ours"] = folder("events-1234", days=400)
    for name, days in (
        ("previews/cut-1.npz", 2),
        ("previews/cut-2.npz", 0),
        ("fonts/a.ttf", 3),
        ("fonts/.b.part", 2),
    ):
        path = cache_folder() / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"kept")
        os.utime(path, (time.time() - days * 86400,) * 2)
    assert sweep_folders(dry_run=True) == 6
    assert all(path.exists() for path in folders.values())
    assert sweep_folders() == 6
    assert {name for name, path in folders.items() if not path.exists()} == {
        "over",
        "failed",
        "cancelled",
        "nobody's",
    }
    kept = [*(cache_folder() / "fonts").iterdir(), *(cache_folder() / "previews").iterdir()]
    assert [path.name for path in kept] == ["a.ttf", "cut-2.npz"]
    assert sweep_folders() == 0


@pytest.mark.usefixtures("all_old")
@pytest.mark.parametrize("prefix", ["бренд", "杯/bilder", "a_b%c", 'q"uote', "shop's"])
@pytest.mark.parametrize("storage", ["folder"], indirect=True)
def test_a_prefix_in_any_letters(storage: Storage, settings: Any, prefix: str) -> None:
    """Databases keep the letters of JSON as they are or as escapes."""
    settings.PRODGEN = {**settings.PRODGEN, "STORAGE_PREFIX": prefix}
    Job.objects.create(
        kind="train", log={"grids": [{"name": stored("training")}]}, options={"a": stored("x")}
    )
    lost = stored("lost")
    assert sweep_files().orphans == [lost]


@pytest.mark.usefixtures("all_old", "named")
@pytest.mark.parametrize("storage", ["remote"], indirect=True)
def test_a_file_whose_age_is_not_told_stays_and_stops_nothing(
    storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    lost, odd = stored("lost"), stored("odd")
    told = storage.get_modified_time

    def age(name: str) -> Any:
        if name == odd:
            raise RuntimeError("404")  # as a bucket says it of a file that another sweeper has just deleted
        return told(name)

    monkeypatch.setattr(storage, "get_modified_time", age)
    assert sweep_files().orphans == [lost]
