"""The page's choice and its query once more, on PostgreSQL, whose types are not SQLite's."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent


def test_choices_hold_on_postgresql_too():
    host = os.environ.get("PGHOST", "127.0.0.1")
    with socket.socket() as probe:
        if not host.startswith("/") and probe.connect_ex((host, int(os.environ.get("PGPORT", "5432")))):
            (pytest.fail if os.environ.get("CI") else pytest.skip)("PostgreSQL is missing")
    # A pytest of its own: a process has one default database.
    env = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST")}
    env["PRODGEN_TEST_POSTGRES"] = f"prodgen_pages_{os.getpid()}"
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist"]
    done = subprocess.run(
        [*command, str(HERE / "test_choice.py"), str(HERE / "test_statement.py")],
        cwd=HERE.parents[1], env=env, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-2000:]
