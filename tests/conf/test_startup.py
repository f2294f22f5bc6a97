"""A wrong setting does not keep the commands from starting that tell of it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("[]", ["PRODGEN must be a dict, not a list."]),
        (
            "{'STORAGE': 'nope', 'RECIPES': {'own': 5}}",
            ["PRODGEN['STORAGE'] is 'nope'", "'staticfiles'", "PRODGEN['RECIPES']['own'] is 5"],
        ),
        (
            "{'STORAGE': 'os.getcwd', 'RECIPES': {'own': 'os.getcwd'}}",
            ["PRODGEN['STORAGE'] is 'os.getcwd'", "PRODGEN['RECIPES']['own'] is 'os.getcwd'"],
        ),
    ],
)
def test_check_tells_of_it_without_a_traceback(tmp_path: Path, given: str, told: list[str]) -> None:
    (tmp_path / "wrong_settings.py").write_text(f"from tests.settings import *\nPRODGEN = {given}\n")
    environment = {
        **os.environ,
        "PYTHONPATH": f"{tmp_path}{os.pathsep}{ROOT}",
        "DJANGO_SETTINGS_MODULE": "wrong_settings",
        "PRODGEN_TEST_FOLDER": str(tmp_path),
    }
    done = subprocess.run(
        [sys.executable, "-m", "django", "check"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    for text in told:
        assert text in done.stderr
