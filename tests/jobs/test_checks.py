"""What is set wrongly is said at start-up; a web process starts without an engine."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from celery import Celery
from django.core.checks import run_checks
from kombu import Queue

from prodgen_django.broker import celery_settings

ROOT = Path(__file__).resolve().parents[2]


def ids() -> set[str]:
    return {
        str(message.id).removeprefix("prodgen_django.") for message in run_checks(tags=["prodgen_django"])
    }


def test_defaults_are_right(settings: Any) -> None:
    settings.PRODGEN = {}
    assert ids() == set()


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"LEASE_SECONDS": 20, "HEARTBEAT_SECONDS": 15}, "E005"),
        ({"TASK_SOFT_TIME_LIMIT": 700}, "W002"),
        ({"TRAIN_SLICE_SECONDS": 600}, "W003"),
    ],
)
def test_settings_that_do_not_go_together(settings: Any, given: dict[str, Any], expected: str) -> None:
    settings.PRODGEN = given
    assert ids() == {expected}


def test_consent_without_what_it_needs_is_named(settings: Any) -> None:
    settings.PRODGEN = {"CONSENT": "example_shop.consent.has_consented"}
    assert ids() == set()
    settings.MIDDLEWARE = [name for name in settings.MIDDLEWARE if "prodgen_django" not in name]
    settings.ROOT_URLCONF = "django.contrib.auth.urls"
    assert ids() == {"W006", "W007"}


def test_web_process_starts_without_an_engine() -> None:
    code = (
        "import sys, django; django.setup();"
        "from django.urls import get_resolver; get_resolver().url_patterns;"
        "found = sorted({'torch', 'cv2', 'scipy'} & set(sys.modules)); sys.exit(', '.join(found) or 0)"
    )
    env = {**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings"}
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=env, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


def test_embedded_broker_makes_its_folders(tmp_path: Path) -> None:
    made = celery_settings(folder=tmp_path)
    assert made["CELERY_BROKER_URL"] == "filesystem://"
    options = made["CELERY_BROKER_TRANSPORT_OPTIONS"]
    for name in ("data_folder_in", "data_folder_out", "control_folder"):
        assert Path(options[name]).is_dir()
    with pytest.raises(ValueError, match="folder"):
        celery_settings()


def test_each_kind_of_message_has_its_queue() -> None:
    """By the routes too, for a shop that sends a task by its name."""
    app = Celery("routes", set_as_current=False)
    app.conf.update(celery_settings("redis://somewhere/0", namespace=""))

    def queue(task: str) -> str:
        return app.amqp.router.route({}, task)["queue"].name

    for task in ("prodgen.preview", "prodgen.run_errand", "prodgen.sweep", "prodgen.events"):
        assert queue(task) == "prodgen-quick"
    for task in ("prodgen.run_job", "prodgen.learn", "prodgen.taste"):
        assert queue(task) == "prodgen"


def test_a_queue_that_is_missing_and_not_created_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    app = Celery("queues", set_as_current=False)
    app.conf.update(task_queues=[Queue("prodgen"), Queue("prodgen-gpu")], task_create_missing_queues=False)
    monkeypatch.setattr("celery.current_app", app)
    (message,) = run_checks(tags=["prodgen_django"])
    assert (message.id, "prodgen-quick" in message.msg) == ("prodgen_django.W005", True)


def test_a_child_that_hoards_memory_is_replaced() -> None:
    assert celery_settings("redis://x/0", namespace="")["worker_max_memory_per_child"] == 2_500_000
    assert celery_settings("redis://x/0", child_memory=9)["CELERY_WORKER_MAX_MEMORY_PER_CHILD"] == 9


def test_redis_waits_longer_than_any_task_takes() -> None:
    made = celery_settings("redis://somewhere/0", namespace="", time_limit=900)
    assert made["broker_transport_options"]["visibility_timeout"] > 900
    assert "worker_pool_start_method" not in made
    assert (
        celery_settings("redis://somewhere/0", namespace="", spawn=True)["worker_pool_start_method"]
        == "spawn"
    )
