"""What may happen to a worker, a message or a broker: every job ends once, with every picture once."""

from __future__ import annotations

import signal
from typing import Any

import pytest

from tests.services.faults import POINTS
from tests.services.sites import Site, Worker, eventually

pytestmark = [pytest.mark.services, pytest.mark.worker, pytest.mark.slow]

#: Items of a job and pictures of an item, unless a test says otherwise.
ITEMS, PICTURES = 3, 2


def start(site: Site, **options: Any) -> int:
    return site.call("create", count=ITEMS, pictures=PICTURES, **options)


def assert_complete(found: dict[str, Any], failed: tuple[str, ...] = ()) -> None:
    """Every item over, every picture of a finished one there exactly once, none of a failed one."""
    wanted = {item["title"]: "failed" if item["title"] in failed else "done" for item in found["items"]}
    assert {item["title"]: item["state"] for item in found["items"]} == wanted
    done = [title for title, state in wanted.items() if state == "done"]
    assert found["images"] == [[title, slot, True] for title in done for slot in range(PICTURES)]
    assert found["state"] == ("partly_failed" if failed else "succeeded")


@pytest.mark.parametrize("who", ["child", "parent"])
@pytest.mark.parametrize("point", POINTS)
def test_kill_9(site: Site, point: str, who: str) -> None:
    site.arm(point, who)
    job = start(site)
    assert_complete(site.finished(job))
    assert site.fired(point)


def test_frozen_past_its_lease(site: Site) -> None:
    job = start(site, mood="hold")
    eventually((site.folder / "holding").exists, what="work")
    site.worker.signal(signal.SIGSTOP)
    (site.folder / "release").touch()
    site.other.ensure()
    found = eventually(lambda: _over(site, job), what="the other worker's end")
    assert_complete(found)
    site.worker.signal(signal.SIGCONT)
    later = start(site)
    assert_complete(site.finished(later))
    assert site.call("look", job_id=job) == found


def test_broker_restart_in_mid_task(site: Site) -> None:
    job = start(site, mood="hold")
    eventually((site.folder / "holding").exists, what="work")
    site.restart_broker()
    (site.folder / "release").touch()
    assert_complete(site.finished(job))


def test_poison_item_fails_alone(site: Site) -> None:
    found = site.finished(start(site, mood="poison:Thing 1"), 60)
    assert_complete(found, failed=("Thing 1",))
    poison = found["items"][1]
    assert poison["attempts"] == 3
    assert poison["error_code"] == "worker_lost"
    assert "3 times" in poison["error"]


def test_soft_time_limit_fails_in_words(site: Site) -> None:
    found = site.finished(start(site, mood="endless:Thing 1"), 60)
    assert_complete(found, failed=("Thing 1",))
    assert found["items"][1]["error_code"] == "time_limit"


def test_hard_time_limit_of_deaf_work(site: Site) -> None:
    found = site.finished(start(site, mood="deaf:Thing 1"), 60)
    assert_complete(found, failed=("Thing 1",))
    assert found["items"][1]["error_code"] == "time_limit"


def test_lost_message(site: Site) -> None:
    site.worker.stop()
    job = start(site)
    site.call("purge")
    assert_complete(site.finished(job))


def test_doubled_message(site: Site) -> None:
    site.worker.stop()
    job = start(site)
    site.call("double", job_id=job, times=5)
    site.other.ensure()
    assert_complete(site.finished(job))
    attempts = {item["attempts"] for item in site.call("look", job_id=job)["items"]}
    assert attempts == {1}


def test_lanes_of_dead_parents_are_taken_again(site: Site) -> None:
    """Three of four workers lose their parent and are started anew, and no message is left that would wake them: the
    fourth does not go on alone.
    """
    more = [Worker(site, f"lane{number}").ensure() for number in range(3)]
    job = site.call("create", count=600, pictures=1, mood="slow")

    def lanes() -> int:
        """How many of today's workers have items in hand."""
        busy = site.call("busy")
        return sum(not set(busy).isdisjoint(worker.children()) for worker in (site.worker, *more))

    try:
        eventually(lambda: lanes() == 4, 90, "work of all four")
        for worker in more:
            worker.kill_parent()
        site.call("purge")
        for worker in more:
            worker.ensure()
        eventually(lambda: all(worker.children() for worker in more), 90, "the start of the new ones")
        # Twice the longest, for a busy machine.
        eventually(lambda: lanes() == 4, 2 * site.call("seconds"), "work of all four again")
        assert site.call("look", job_id=job)["state"] == "running"
    finally:
        site.call("cancel", job_id=job)
        site.finished(job)
        for worker in more:
            worker.stop()


def test_cancel_in_mid_task(site: Site) -> None:
    job = start(site, mood="hold")
    eventually((site.folder / "holding").exists, what="work")
    site.call("cancel", job_id=job)
    (site.folder / "release").touch()
    found = site.finished(job)
    assert found["state"] == "cancelled"
    assert {item["state"] for item in found["items"]} <= {"done", "cancelled"}
    done = [item["title"] for item in found["items"] if item["state"] == "done"]
    assert found["images"] == [[title, slot, True] for title in done for slot in range(PICTURES)]


def _over(site: Site, job: int) -> dict[str, Any] | None:
    found = site.call("look", job_id=job)
    return found if found["state"] not in ("queued", "running") else None
