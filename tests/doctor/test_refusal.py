"""A worker that could only fail does not start, and its last line is the command that mends it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
START = ("-m", "celery", "-A", "tests.settings:celery_app", "worker", "-Q", "prodgen", "--pool", "solo")
BROKEN = {
    "cv2.py": "raise ImportError('libGL.so.1: cannot open shared object file: No such file or directory')",
    "sitecustomize.py": "import sys; sys.modules['torch'] = None",
}


@pytest.mark.worker
@pytest.mark.parametrize(
    ("file", "told", "mended_by"),
    [
        ("cv2.py", "cv2 cannot be imported: ImportError: libGL.so.1", "apt install libgl1"),
        ("sitecustomize.py", "torch is not installed", "-m pip install torch"),
    ],
)
def test_worker_refuses_to_start(tmp_path: Path, file: str, told: str, mended_by: str) -> None:
    (tmp_path / file).write_text(BROKEN[file])
    environment = {
        **os.environ,
        "PYTHONPATH": f"{tmp_path}{os.pathsep}{ROOT}",
        "DJANGO_SETTINGS_MODULE": "tests.settings",
        "PRODGEN_TEST_FOLDER": str(tmp_path),
    }
    done = subprocess.run(
        [sys.executable, *START], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    last = done.stderr.strip().splitlines()[-1]
    assert "this worker could not do any work" in last
    assert told in last
    assert mended_by in last
