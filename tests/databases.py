"""The databases that tests run on: a file, or a server of this machine where one answers."""

from __future__ import annotations

import os
import socket
from pathlib import Path
from typing import Any

import pytest

PORTS = {"postgres": ("PGHOST", "PGPORT", 5432), "mariadb": ("MARIADB_HOST", "MARIADB_PORT", 3306)}


def database(kind: str, file: Path, name: str = "") -> dict[str, Any]:
    """An entry of DATABASES; pytest makes ``test_`` + its name anew."""
    name = name or f"prodgen_{os.getpid()}"
    if kind == "postgres":
        return {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": name,
            "HOST": os.environ.get("PGHOST", "127.0.0.1"),
            "PORT": os.environ.get("PGPORT", "5432"),
            "USER": os.environ.get("PGUSER", "postgres"),
            "ATOMIC_REQUESTS": True,
        }
    if kind == "mariadb":
        import pymysql

        pymysql.install_as_MySQLdb()
        return {
            "ENGINE": "django.db.backends.mysql",
            "NAME": name,
            "HOST": os.environ.get("MARIADB_HOST", "127.0.0.1"),
            "PORT": os.environ.get("MARIADB_PORT", "3306"),
            "USER": os.environ.get("MARIADB_USER", "root"),
            "PASSWORD": os.environ.get("MARIADB_PASSWORD", ""),
            "ATOMIC_REQUESTS": True,
            "TEST": {"CHARSET": "utf8mb4", "COLLATION": "utf8mb4_unicode_ci"},
        }
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": file,
        "ATOMIC_REQUESTS": True,
        "OPTIONS": {"timeout": 20, "transaction_mode": "IMMEDIATE"},
    }


def require(kind: str) -> None:
    """Skip the test where the server is missing; under CI that would hide a hole, so there it fails."""
    if kind not in PORTS:
        return
    host, port, usual = PORTS[kind]
    where = os.environ.get(host, "127.0.0.1")
    if where.startswith("/"):  # a socket's folder
        return
    with socket.socket() as probe:
        probe.settimeout(1)
        if probe.connect_ex((where, int(os.environ.get(port, usual)))):
            (pytest.fail if os.environ.get("CI") else pytest.skip)(f"{kind} is missing")
