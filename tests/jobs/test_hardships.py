"""What no database takes, and a database that goes away: neither costs an item more than it must."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from django.db import IntegrityError, OperationalError, connection, connections

from prodgen_django.clean import clean_text
from prodgen_django.errands.run import ask_for_renditions, run_errand
from prodgen_django.jobs import connection as lost
from prodgen_django.jobs import create_job, run
from prodgen_django.jobs.run import run_here
from prodgen_django.models import Errand, GeneratedImage, Job
from prodgen_django.pictures import renditions
from prodgen_django.recipes import ItemFailed
from tests.jobs.recipes import Deed

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.django_db(transaction=True)

#: Texts that some database or driver refuses.
BAD = {"nul": "a\0b", "half a pair": "smile \ud83d", "both": "\udcff\0", "long": "x" * 100_000}


@pytest.fixture
def work(products: list[Any], monkeypatch: pytest.MonkeyPatch) -> Callable[..., Job]:
    """Runs a job of three products whose items suffer `deed`, and returns it."""

    def make(deed: Callable[..., Any], count: int = 3) -> Job:
        monkeypatch.setattr(Deed, "do", staticmethod(deed), raising=False)
        job = create_job("deed", products=products[:count])
        run_here(job.pk)
        return Job.objects.get(pk=job.pk)

    return make


def told(job: Job) -> list[tuple[str, int, int]]:
    """State, attempts and pictures of each item."""
    return [(item.state, item.attempts, item.images.count()) for item in job.items.order_by("position")]


# -- texts


@pytest.mark.parametrize("text", BAD.values(), ids=BAD)
def test_an_exceptions_text_is_told_whatever_is_in_it(work: Any, text: str) -> None:
    def raises(item: Any, _bench: Any) -> None:
        if item.title == "Thing 1":
            raise OSError(f"cannot read {text}")

    job = work(raises)
    assert told(job) == [("done", 1, 1), ("failed", 3, 0), ("done", 1, 1)]
    assert "3 times" in job.items.get(title="Thing 1").error


@pytest.mark.parametrize("text", BAD.values(), ids=BAD)
def test_a_refusal_a_report_and_a_pictures_facts_too(work: Any, text: str) -> None:
    def does(item: Any, bench: Any) -> dict[str, Any]:
        bench.progress(item, 0.5, text)
        bench.log(sentence=text, curve=[{"loss": float("nan")}])
        if item.title == "Thing 1":
            raise_failed(text)
        return {
            "report": {text: [text, {"n": float("inf")}]}, "title": text, "scores": {"words": text, "n": float("nan")},
            "tags": (text,), "provenance": {text: text}, "sources": (text,),
            "blockers": ({"code": "x", "message": text},),
        }  # fmt: skip

    def raise_failed(text: str) -> None:
        raise ItemFailed("code", text)

    job = work(does, count=1)
    image = job.images.get()
    assert told(job) == [("done", 1, 1)]
    assert image.scores["n"] is None
    assert job.log["curve"] == [{"loss": None}]
    clean_title = clean_text(text, 255)
    assert image.title == clean_title


# -- the connection


def cut_connections() -> None:
    """Let the server end every connection of this database but the one that asks for it."""
    import psycopg

    options = connections["default"].get_connection_params()
    keep = {key: options[key] for key in ("dbname", "user", "host") if key in options}
    with psycopg.connect(**keep, autocommit=True) as other:
        other.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


@pytest.mark.skipif(connection.vendor != "postgresql", reason="only a server can end a connection")
@pytest.mark.parametrize("where", ["before the result", "in the work", "at a progress", "at a log"])
def test_a_connection_that_the_server_ends_costs_no_attempt(work: Any, where: str) -> None:
    cuts: list[str] = []

    def does(item: Any, bench: Any) -> None:
        if cuts or item.title != "Thing 1":
            return
        cuts.append(item.title)
        cut_connections()
        if where == "in the work":
            Job.objects.count()
        elif where == "at a progress":
            bench._written = 0.0
            bench.progress(item, 0.5)
        elif where == "at a log":
            bench.log(seen="this")

    job = work(does)
    assert cuts == ["Thing 1"]
    assert told(job) == [("done", 1, 1)] * 3
    assert job.state == "succeeded"
    if where == "at a log":
        assert job.log["seen"] == "this"


@pytest.fixture
def away(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """A connection that is found dead; each entry that is put in is one try at which it is still away."""
    missing: list[int] = []
    wrapper = connections["default"]
    connect = wrapper.ensure_connection

    def ensure() -> None:
        if missing:
            missing.pop()
            raise OperationalError("connection refused")
        connect()

    monkeypatch.setattr(wrapper, "is_usable", lambda: False)
    monkeypatch.setattr(wrapper, "ensure_connection", ensure)
    monkeypatch.setattr(lost, "PAUSE_SECONDS", 0)
    return missing


@pytest.fixture
def break_store(away: list[int], monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Let so many writes of results fail, after they were made or before; the database is then away for three tries."""

    def make(times: int, *, after: bool = False) -> None:
        left, store = [times], run.store

        def broken(*args: Any, **more: Any) -> Any:
            if left[0] > 0:
                left[0] -= 1
                if after:
                    store(*args, **more)
                away.extend([1, 1, 1])
                raise OperationalError("server closed the connection unexpectedly")
            return store(*args, **more)

        monkeypatch.setattr(run, "store", broken)

    return make


@pytest.mark.parametrize("after", [False, True])
def test_a_result_waits_for_the_database(work: Any, away: list[int], break_store: Any, after: bool) -> None:
    made: list[str] = []
    break_store(1, after=after)
    job = work(lambda item, _bench: made.append(item.title))
    assert told(job) == [("done", 1, 1)] * 3
    assert made == ["Thing 0", "Thing 1", "Thing 2"]  # nothing was made twice
    assert away == []


def test_a_result_that_no_connection_survives_is_not_tried_for_ever(work: Any, break_store: Any) -> None:
    break_store(6)
    job = work(lambda _item, _bench: None, count=1)
    assert told(job) == [("failed", 3, 0)]
    assert "does not take this" in job.items.get().error


def test_a_recipe_that_meets_the_loss_goes_back_untouched(work: Any, away: list[int]) -> None:
    met: list[str] = []

    def does(item: Any, _bench: Any) -> None:
        if len(met) < 5:
            met.append(item.title)
            try:
                raise OperationalError("terminating connection")
            except OperationalError as error:
                raise RuntimeError("the photo could not be looked up") from error

    job = work(does, count=1)
    assert len(met) == 5
    assert told(job) == [("done", 1, 1)]


@pytest.mark.usefixtures("away")
def test_another_error_of_the_database_costs_an_attempt(work: Any) -> None:
    def does(_item: Any, _bench: Any) -> None:
        raise IntegrityError("no such product")

    assert told(work(does, count=1)) == [("failed", 3, 0)]


def test_a_database_that_does_not_come_back_leaves_the_item_to_the_sweeper(
    products: list[Any], away: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    def does(_item: Any, _bench: Any) -> None:
        away.append(1)
        raise OperationalError("terminating connection")

    monkeypatch.setattr(lost, "PATIENCE_SECONDS", 0)
    monkeypatch.setattr(Deed, "do", staticmethod(does), raising=False)
    job = create_job("deed", products=products[:1])
    run.run_batch(job.pk)
    assert told(job) == [("running", 1, 0)]


def test_an_errand_that_meets_the_loss_goes_back_untouched(
    away: list[int], broker: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    image = GeneratedImage.objects.create(kind="paint", sha256="0", width=1, height=1, state="approved")
    ask_for_renditions(image)
    met: list[int] = []

    def breaks(pk: int) -> None:
        met.append(pk)
        if len(met) < 5:
            away.append(1)
            raise OperationalError("terminating connection")

    monkeypatch.setattr(renditions, "render", breaks)
    while run_errand():
        pass
    assert len(met) == 5
    assert not Errand.objects.exists()


# -- the same once more where it matters most


@pytest.mark.slow
@pytest.mark.skipif(connection.vendor == "postgresql", reason="is what this runs")
def test_hardships_on_postgresql() -> None:
    host = os.environ.get("PGHOST", "127.0.0.1")
    with socket.socket() as probe:
        if not host.startswith("/") and probe.connect_ex((host, int(os.environ.get("PGPORT", "5432")))):
            (pytest.fail if os.environ.get("CI") else pytest.skip)("PostgreSQL is missing")
    # A pytest of its own: a process has one default database.
    env = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST")}
    env["PRODGEN_TEST_POSTGRES"] = f"prodgen_hardships_{os.getpid()}"
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", __file__]
    command += ["-k", "server_ends or nul or both or waits"]
    done = subprocess.run(
        command,
        cwd=Path(__file__).parents[2],
        env=env,
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-2000:]
