"""Events wait where requests put them, and each is handed out until it has been written."""

from __future__ import annotations

import multiprocessing
import os
import socket
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from prodgen_django.personalization.log.buffer import ABANDONED_SECONDS, FileBuffer, RedisBuffer


def _push_many(folder: str, process: int, count: int) -> None:
    buffer = FileBuffer(Path(folder))
    for number in range(count):
        assert buffer.push({"process": process, "number": number})


def taken(buffer: Any) -> list[Any]:
    return [event for batch in buffer.take() for event in batch]


def test_processes_that_write_while_others_read_lose_nothing(tmp_path: Path) -> None:
    context = multiprocessing.get_context("fork")
    writers = [context.Process(target=_push_many, args=(str(tmp_path), n, 300)) for n in range(3)]
    for writer in writers:
        writer.start()
    buffer, found = FileBuffer(tmp_path), []
    while any(writer.is_alive() for writer in writers):
        found += taken(buffer)
    for writer in writers:
        writer.join()
        assert writer.exitcode == 0
    found += taken(buffer)
    assert sorted((event["process"], event["number"]) for event in found) == [
        (process, number) for process in range(3) for number in range(300)
    ]
    assert buffer.waiting() == 0


def test_what_a_killed_worker_took_is_handed_out_again(tmp_path: Path) -> None:
    buffer = FileBuffer(tmp_path)
    buffer.push({"n": 1})
    next(buffer.take())  # and then the worker is gone
    assert taken(buffer) == []
    (left,) = tmp_path.glob("taken-*.jsonl")
    old = int(time.time()) - ABANDONED_SECONDS - 1
    left.rename(tmp_path / f"taken-{old}-x.jsonl")
    assert taken(buffer) == [{"n": 1}]
    assert taken(buffer) == []


def test_a_line_cut_short_costs_itself_alone(tmp_path: Path) -> None:
    buffer = FileBuffer(tmp_path)
    buffer.push({"n": 1})
    with buffer.path.open("a") as file:
        file.write('{"n": \n')
    buffer.push({"n": 2})
    assert taken(buffer) == [{"n": 1}, {"n": 2}]


def test_a_folder_that_cannot_be_written_to_fails_no_request(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert not FileBuffer(tmp_path / "file").push({"n": 1})


def test_a_redis_that_is_away_fails_no_request_and_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    buffer = RedisBuffer(f"redis://127.0.0.1:{port}/0")
    asked, ask, clock = [], buffer._client.rpush, SimpleNamespace(now=0.0)
    monkeypatch.setattr(buffer._client, "rpush", lambda *words: (asked.append(words), ask(*words))[1])
    monkeypatch.setattr(
        "prodgen_django.personalization.log.buffer.time",
        SimpleNamespace(monotonic=lambda: clock.now, time=time.time),
    )
    assert not any(buffer.push({"n": n}) for n in range(1000))
    assert len(asked) == 1
    clock.now += 3600
    assert not buffer.push({"n": 1})
    assert len(asked) == 2


@pytest.mark.services
def test_redis_hands_out_what_was_not_acknowledged(monkeypatch: pytest.MonkeyPatch) -> None:
    redis = pytest.importorskip("redis")
    url = os.environ.get("PRODGEN_TEST_REDIS", "redis://127.0.0.1:6379/12")
    client = redis.Redis.from_url(url)
    try:
        client.ping()
    except redis.RedisError:
        if os.environ.get("CI"):
            pytest.fail(f"no Redis at {url}")
        pytest.skip(f"no Redis at {url}")
    monkeypatch.setattr(RedisBuffer, "KEY", f"prodgen:events:test:{os.getpid()}".replace(":", "-"))
    monkeypatch.setattr(RedisBuffer, "BATCH", 2)
    buffer = RedisBuffer(url)
    for number in range(5):
        assert buffer.push({"n": number})
    assert buffer.waiting() == 5
    batches = buffer.take()
    assert [event["n"] for event in next(batches)] == [0, 1]
    assert [event["n"] for event in next(batches)] == [2, 3]  # asking again acknowledges the first two
    batches.close()
    monkeypatch.setattr("prodgen_django.personalization.log.buffer.ABANDONED_SECONDS", -1)
    assert [event["n"] for event in taken(buffer)] == [2, 3, 4]
    assert taken(buffer) == []
    assert list(client.scan_iter(f"{buffer.KEY}*")) == []
