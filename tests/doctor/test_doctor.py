"""``prodgen_doctor`` finds what does not work before a job does, and says what to do."""

from __future__ import annotations

import io
import json
import shutil
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from celery import Celery
from django.core.files.storage import InMemoryStorage
from django.core.management import CommandError, call_command
from django.db import OperationalError

from prodgen_django.broker import QUEUES
from prodgen_django.doctor import bounded, engines, installation, queues
from prodgen_django.jobs.worker import forget, tell
from prodgen_django.models import Checkpoint
from prodgen_django.storage import save_content

pytestmark = pytest.mark.django_db


class Forgetful(InMemoryStorage):
    """Takes files and gives others back."""

    def _open(self, name: str, mode: str = "rb") -> Any:
        return io.BytesIO(b"something else")


class Undying(InMemoryStorage):
    def delete(self, name: str) -> None:
        """Deletes nothing."""


class Full(InMemoryStorage):
    def _save(self, name: str, content: Any) -> str:
        raise OSError(28, "No space left on device")


class Silent(InMemoryStorage):
    def _save(self, name: str, content: Any) -> str:
        time.sleep(60)
        raise AssertionError("nobody waited")


def yes(request: Any) -> bool:
    return True


def breaks(request: Any) -> bool:
    return request.shop.agreed


def doctor(**options: Any) -> tuple[list[dict[str, str]], bool]:
    """The command's findings, and whether it ended with status 0."""
    out = io.StringIO()
    try:
        call_command("prodgen_doctor", json=True, stdout=out, **options)
    except CommandError:
        return json.loads(out.getvalue()), False
    return json.loads(out.getvalue()), True


def of(findings: list[dict[str, str]], part: str) -> list[tuple[str, str, str]]:
    return [(f["state"], f["text"], f["advice"]) for f in findings if f["part"] == part]


@pytest.fixture(autouse=True)
def _no_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Importing torch in a process of its own takes seconds, so one test does; the others have it at hand."""
    monkeypatch.setattr(engines, "_run", lambda code, *arguments: ("1.0", ""))


@pytest.fixture
def workers() -> None:
    """A worker for each queue that a shop needs."""
    for queue in QUEUES:
        tell(f"{queue}@here", 1, [queue], 1, 0)


def test_all_is_well(workers: Any) -> None:
    findings, status = doctor()
    assert [f for f in findings if f["state"] == "fault"] == []
    assert status
    parts = {f["part"] for f in findings}
    assert parts >= {
        "settings",
        "database",
        "migrations",
        "storage",
        "letters",
        "consent",
        "broker",
        "workers",
    }
    assert parts >= {"engines", "weights", "thumbnails"}
    # In words too, a line each with the advice below.
    out = io.StringIO()
    call_command("prodgen_doctor", stdout=out)
    assert "ok      database: " in out.getvalue()


def test_wrong_setting_is_one_fault_and_the_rest_is_still_examined(workers: Any, settings: Any) -> None:
    settings.PRODGEN = {"CHANNELS": ["webb"]}
    findings, status = doctor()
    ((state, text, advice),) = of(findings, "settings")
    assert (state, status) == ("fault", False)
    assert "PRODGEN['CHANNELS'][0] is 'webb'" in text
    assert advice == "Did you mean 'web'?"
    assert of(findings, "storage")[0][0] == "ok"


def test_settings_that_are_no_dict_are_told(workers: Any, settings: Any) -> None:
    settings.PRODGEN = []
    findings, status = doctor()
    assert of(findings, "settings") == [("fault", "PRODGEN must be a dict, not a list.", "")]
    assert not status
    # Once, whatever it stops.
    faults = [(f["part"], f["text"]) for f in findings if f["state"] == "fault"]
    assert faults == [("settings", "PRODGEN must be a dict, not a list.")]


def test_storage_that_is_named_wrongly_is_told_once(workers: Any, settings: Any) -> None:
    settings.PRODGEN = {"STORAGE": "nope"}
    findings, status = doctor()
    (told,) = [f for f in findings if f["state"] == "fault"]
    assert (told["part"], status) == ("settings", False)
    assert told["advice"].startswith("The aliases are 'default', 'staticfiles'.")


@pytest.mark.parametrize(
    ("storage", "told"),
    [
        ("Forgetful", "what was read is not what was written"),
        ("Undying", "what was deleted is still there"),
        ("Full", "No space left on device"),
        ("Silent", "no answer within 0.2 s"),
    ],
)
def test_storage_that_does_not_keep_files(workers: Any, settings: Any, storage: str, told: str) -> None:
    settings.PRODGEN = {"STORAGE": f"tests.doctor.test_doctor.{storage}"}
    findings, status = doctor(seconds=0.2 if storage == "Silent" else 60)
    ((state, text, advice),) = of(findings, "storage")
    assert (state, status) == ("fault", False)
    assert told in text
    assert "write, read and delete" in advice


def test_languages_without_letters_are_named(
    workers: Any, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.LANGUAGES = [("en-gb", "English"), ("th", "Thai")]
    monkeypatch.setattr(
        "prodgen_django.recipes.campaign_fonts.languages_without_letters",
        lambda tags: {"th": "fonts-thai-tlwg"} if "th" in tags else {},
    )
    findings, status = doctor()
    ((state, text, advice),) = of(findings, "letters")
    assert (state, status) == ("warning", True)
    assert "'th'" in text
    assert "apt install fonts-thai-tlwg" in advice


def test_database_that_does_not_answer(workers: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> Any:
        raise OperationalError("connection refused")

    away = SimpleNamespace(vendor="postgresql", cursor=refuse)
    monkeypatch.setattr(installation, "connections", {"default": away})
    findings, status = doctor()
    ((state, text, advice),) = of(findings, "database")
    assert (state, status) == ("fault", False)
    assert "'default' does not answer: connection refused" in text
    assert "DATABASES['default']" in advice
    assert of(findings, "migrations") == []


def test_storage_is_left_as_it_was(workers: Any, settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path
    doctor()
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


@pytest.mark.parametrize(
    ("hook", "state", "told"),
    [
        ("yes", "warning", "says yes for a stranger"),
        ("breaks", "warning", "failed for a stranger's first request: AttributeError"),
    ],
)
def test_consent_hook_that_is_not_to_be_trusted(
    workers: Any, settings: Any, hook: str, state: str, told: str
) -> None:
    settings.PRODGEN = {"CONSENT": f"tests.doctor.test_doctor.{hook}"}
    found = of(doctor()[0], "consent")
    assert [entry[0] for entry in found] == [state]
    assert told in found[0][1]


def test_queue_without_a_worker_is_named_with_the_command(workers: Any) -> None:
    forget("prodgen-gpu@here", 1)
    findings, status = doctor()
    faults = [entry for entry in of(findings, "workers") if entry[0] == "fault"]
    assert faults == [
        (
            "fault",
            "No worker serves the queue prodgen-gpu.",
            "Start one: celery -A tests worker -Q prodgen-gpu",
        )
    ]
    assert not status


def test_queue_of_the_shops_own_recipe_needs_a_worker_too(
    settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.PRODGEN = {"RECIPES": {"paint": "tests.jobs.recipes.Paint"}}
    monkeypatch.setattr("tests.jobs.recipes.Paint.queue", "paint-shop")
    assert queues.queues_needed() == {*QUEUES, "paint-shop"}
    settings.PRODGEN = {"RECIPES": {"paint": "nowhere.Paint"}}
    assert queues.queues_needed() >= set(QUEUES)


def test_without_any_worker_every_queue_is_named() -> None:
    findings, _status = doctor()
    assert [state for state, _text, _advice in of(findings, "workers")] == ["fault"] * len(QUEUES)


@pytest.fixture
def mute_server() -> Iterator[int]:
    """The port of a server that accepts and never answers."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen(8)
        yield server.getsockname()[1]


@pytest.mark.parametrize("scheme", ["redis", "amqp"])
def test_broker_that_never_answers_is_waited_for_so_long(
    workers: Any, mute_server: int, monkeypatch: pytest.MonkeyPatch, scheme: str
) -> None:
    other = Celery("other", broker=f"{scheme}://127.0.0.1:{mute_server}/1", set_as_current=False)
    monkeypatch.setattr("celery.current_app", other)
    ((state, text, advice),) = of(doctor(seconds=0.3)[0], "broker")
    assert state == "fault"
    assert "no answer within 0.3 s" in text or "timed out" in text.lower()
    assert "Jobs wait safely" in advice


def test_broker_whose_transport_there_is_not(workers: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    app = Celery("shop", broker="nonsense://x", set_as_current=False)
    monkeypatch.setattr("celery.current_app", app)
    findings, status = doctor()
    ((state, text, advice),) = of(findings, "broker")
    assert (state, status) == ("fault", False)
    assert "No such transport: nonsense" in text
    assert "broker_url" in text
    assert "install what its transport needs" in advice


def test_process_without_the_shops_celery_app(workers: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("celery.current_app", Celery(set_as_current=False))
    ((state, _text, advice),) = of(doctor()[0], "broker")
    assert state == "fault"
    assert "__init__.py" in advice


def test_packages_weights_are_as_the_list_says() -> None:
    assert engines.damaged_weights() == [], (
        "after training anew: cd prodgen_django/checkpoints && sha256sum *.safetensors > SHA256SUMS"
    )
    listed = {line.split()[1] for line in (engines.WEIGHTS / engines.SUMS).read_text().splitlines()}
    assert listed == {path.name for path in engines.WEIGHTS.glob("*.safetensors")}


def test_damaged_and_missing_weights_are_named(tmp_path: Path) -> None:
    shutil.copytree(engines.WEIGHTS, tmp_path / "w")
    folder = tmp_path / "w"
    cut = folder / "cutout.safetensors"
    cut.write_bytes(cut.read_bytes()[:-1])
    (folder / "edge.safetensors").unlink()
    (folder / "inpaint.safetensors").write_text("version https://git-lfs.github.com/spec/v1\n")
    told = engines.damaged_weights(folder)
    assert [name for name in ("cutout", "edge", "inpaint") if any(name in line for line in told)] == [
        "cutout",
        "edge",
        "inpaint",
    ]
    assert len(told) == 3
    assert engines.damaged_weights(tmp_path)[0].startswith("The list of the package's weights cannot be read")


def test_active_model_whose_file_was_changed(workers: Any) -> None:
    name = save_content("checkpoints", b"other bytes", "safetensors")
    Checkpoint.objects.create(task="garment", name="mine", file=name, sha256="0" * 64, is_active=True)
    ((state, text, _advice),) = of(doctor()[0], "models")
    assert (state, text) == ("fault", "The file of the model “mine” has been changed.")


def test_files_that_the_settings_name_are_looked_for(workers: Any, settings: Any, tmp_path: Path) -> None:
    settings.PRODGEN = {
        "MATTING": {"rembg": {"path": str(tmp_path / "own.onnx")}},
        "C2PA": {"certificate": str(tmp_path / "c.pem"), "key": str(tmp_path / "k.pem")},
        "DIFFUSION": {"model": "a/name"},
    }
    found = of(doctor()[0], "extras")
    assert any("own.onnx" in text for _state, text, _advice in found)
    for state, text, advice in found:
        # Where an extra is not installed, that is said first.
        assert state == "ok" or "not on this machine" in text or "pip install" in advice


def test_thumbnailer_that_makes_none(workers: Any, settings: Any) -> None:
    settings.OSCAR_THUMBNAILER = "oscar.core.thumbnails.SorlThumbnail"
    ((state, text, advice),) = of(doctor()[0], "thumbnails")
    assert state == "fault"
    assert "SorlThumbnail" in text
    assert "INSTALLED_APPS" in advice


def test_library_that_cannot_be_imported(workers: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = "ImportError: libGL.so.1: cannot open shared object file"
    monkeypatch.setattr(engines, "_run", lambda code, *rest: ("", broken) if "cv2" in code else ("2.9.0", ""))
    findings, status = doctor()
    assert of(findings, "engines")[1][:2] == ("fault", f"cv2 cannot be imported: {broken}")
    assert "apt install libgl1" in of(findings, "engines")[1][2]
    assert not status


def test_device_that_torch_has_not(workers: Any, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.PRODGEN = {"DEVICE": "cuda:7"}
    monkeypatch.setattr(
        engines, "_run", lambda code, *rest: ("", "no CUDA GPUs are available") if rest else ("2.9.0", "")
    )
    ((state, text, _advice),) = of(doctor()[0], "device")
    assert (state, "'cuda:7'" in text) == ("fault", True)


def test_what_is_bounded_gives_its_result_or_its_error() -> None:
    assert bounded(lambda: 7, 60) == 7
    with pytest.raises(ZeroDivisionError):
        bounded(lambda: 1 // 0, 60)


def test_worker_of_other_queues_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    from prodgen_django.doctor.worker import refuse_to_fail

    monkeypatch.setattr(engines, "unfit", lambda: "torch is not installed.")

    def worker(*names: str) -> Any:
        return SimpleNamespace(
            app=SimpleNamespace(amqp=SimpleNamespace(queues=SimpleNamespace(consume_from=names)))
        )

    refuse_to_fail(sender=worker("emails", "celery"))
    with pytest.raises(SystemExit, match=r"could not do any work\. torch is not installed"):
        refuse_to_fail(sender=worker("emails", "prodgen"))


def test_worker_with_damaged_weights_is_unfit(monkeypatch: pytest.MonkeyPatch) -> None:
    assert engines.unfit() == ""
    monkeypatch.setattr(engines, "damaged_weights", lambda: ["The weights cutout.safetensors are damaged."])
    told = engines.unfit()
    assert told.startswith("The weights cutout.safetensors are damaged.")
    assert "pip install --force-reinstall" in told
