"""A brand's font is copied to the worker's machine by whichever worker comes first, while others ask for it."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.files.base import ContentFile
from PIL import ImageFont

from prodgen_django.recipes import ItemFailed
from prodgen_django.recipes.campaign_brief import _fonts
from prodgen_django.storage import get_storage

ROOT = Path(__file__).resolve().parents[2]
ROUNDS, WORKERS = 12, 3

#: A worker that waits for each round's start, asks for the round's font, and says what came of it.
WORKER = """
import sys, time
from pathlib import Path
from types import SimpleNamespace
import django
django.setup()
from PIL import ImageFont
from prodgen_django.recipes.campaign_brief import _fonts
folder, rounds = Path(sys.argv[1]), int(sys.argv[2])
print("ready", flush=True)
for line in sys.stdin:
    kit = SimpleNamespace(pk=int(line), headline_font=f"prodgen/brand/font-{int(line)}.ttf")
    try:
        (path,) = _fonts(kit, "headline_font")
        print("ok", Path(path).stat().st_size, ImageFont.truetype(path, 20).getname()[0], flush=True)
    except Exception as error:
        print("failed", type(error).__name__, error, flush=True)
"""


def font_bytes(number: int) -> bytes:
    """A font that differs from the others, and is as large as those of Chinese and Japanese are."""
    spec = find_spec("font_manrope")
    assert spec
    assert spec.submodule_search_locations
    path = Path(spec.submodule_search_locations[0]) / "files" / "Manrope-ExtraBold.ttf"
    return path.read_bytes() + bytes([number]) * 12_000_000


@pytest.mark.worker
def test_first_calls_of_several_workers_all_succeed(tmp_path: Path) -> None:
    brand = tmp_path / "media" / "prodgen" / "brand"
    brand.mkdir(parents=True)
    for number in range(ROUNDS):
        (brand / f"font-{number}.ttf").write_bytes(font_bytes(number))
    env = {**os.environ, "PRODGEN_TEST_FOLDER": str(tmp_path), "DJANGO_SETTINGS_MODULE": "tests.settings"}
    env["XDG_CACHE_HOME"] = str(tmp_path / "cache")
    command = [sys.executable, "-c", WORKER, str(tmp_path), str(ROUNDS)]
    pipes: Any = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    workers = [subprocess.Popen(command, cwd=ROOT, env=env, **pipes) for _ in range(WORKERS)]
    try:
        assert [worker.stdout.readline() for worker in workers] == ["ready\n"] * WORKERS  # type: ignore[union-attr]
        for number in range(ROUNDS):
            for worker in workers:
                worker.stdin.write(f"{number}\n")  # type: ignore[union-attr]
                worker.stdin.flush()  # type: ignore[union-attr]
            said = [worker.stdout.readline() for worker in workers]  # type: ignore[union-attr]
            assert said == [f"ok {len(font_bytes(number))} Manrope\n"] * WORKERS
    finally:
        for worker in workers:
            worker.communicate(timeout=30)


@pytest.fixture
def kit(settings: Any, tmp_path: Path) -> SimpleNamespace:
    settings.PRODGEN = {"WORK_DIR": str(tmp_path)}
    name = get_storage().save("prodgen/brand/letters.ttf", ContentFile(font_bytes(1)))
    return SimpleNamespace(pk=1, headline_font=name)


def test_a_copy_that_was_cut_is_made_again(kit: Any) -> None:
    (path,) = _fonts(kit, "headline_font")
    for damage in (b"", font_bytes(1)[:5000]):
        Path(path).write_bytes(damage)
        assert _fonts(kit, "headline_font") == (path,)
        assert ImageFont.truetype(path, 20).getname()[0] == "Manrope"


def test_another_font_under_the_same_name_is_taken(kit: Any) -> None:
    (before,) = _fonts(kit, "headline_font")
    storage = get_storage()
    storage.delete(kit.headline_font)
    assert storage.save(kit.headline_font, ContentFile(font_bytes(2))) == kit.headline_font
    (after,) = _fonts(kit, "headline_font")
    assert Path(after).read_bytes() == font_bytes(2)
    assert Path(before).read_bytes() == font_bytes(1)  # somebody may still draw with it


def test_what_is_no_font_is_told(kit: Any) -> None:
    kit.headline_font = get_storage().save("prodgen/brand/no.ttf", ContentFile(b"no font"))
    with pytest.raises(ItemFailed, match="cannot be used"):
        _fonts(kit, "headline_font")
    kit.headline_font = "prodgen/brand/gone.ttf"
    with pytest.raises(ItemFailed, match="cannot be used"):
        _fonts(kit, "headline_font")
