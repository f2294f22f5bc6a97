"""What only a worker can know of its settings fails a job once too, with the setting's name."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from prodgen_django.jobs import create_job
from prodgen_django.jobs.run import run_here
from tests.recipes.test_recipes import product

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _shop(settings: Any, tmp_path: Path, remembered_cutouts: None) -> None:
    settings.PRODGEN = {"CATALOG": "tests.recipes.catalog.FolderCatalog", "WORK_DIR": str(tmp_path)}


def error_of(kind: str, title: str, **options: Any) -> str:
    job = create_job(kind, products=[product(title)], options=options)
    run_here(job.pk)
    item = job.items.get()
    assert (item.state, item.error_code, item.attempts) == ("failed", "misconfigured", 1)
    return item.error


def test_device_that_this_machine_has_not(settings: Any) -> None:
    settings.PRODGEN = {**settings.PRODGEN, "DEVICE": "cuda:63"}
    error = error_of("concept", "some-shoe", count=1)
    assert "PRODGEN['DEVICE'] is 'cuda:63', which torch cannot use on this machine" in error


def test_key_that_is_not_there(settings: Any, tmp_path: Path) -> None:
    pytest.importorskip("c2pa")
    settings.PRODGEN = {
        **settings.PRODGEN,
        "C2PA": {"certificate": str(tmp_path / "none.pem"), "key": str(tmp_path / "none.key")},
    }
    error = error_of("display", "meadow-mug", size=1000)
    assert "PRODGEN['C2PA']['certificate'] names a file that cannot be read" in error


def test_signing_without_its_package(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "c2pa", None)
    settings.PRODGEN = {**settings.PRODGEN, "C2PA": "self-signed"}
    assert "pip install 'prodgen-django[c2pa]'" in error_of("display", "meadow-mug", size=1000)
