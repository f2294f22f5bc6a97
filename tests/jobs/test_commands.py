"""The same jobs from a terminal."""

from __future__ import annotations

from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from prodgen_django.models import GeneratedImage, Job

pytestmark = pytest.mark.django_db(transaction=True)


def run(name: str, *words: str, **options: Any) -> tuple[str, str, str]:
    """Standard output, error output and the command's complaint."""
    out, err, complaint = StringIO(), StringIO(), ""
    try:
        call_command(name, *words, stdout=out, stderr=err, **options)
    except CommandError as error:
        complaint = str(error)
    return out.getvalue(), err.getvalue(), complaint


def test_generate_prints_a_line_a_picture(products: list[Any]) -> None:
    out, _err, complaint = run("prodgen_generate", "Thing 1", str(products[3].pk), kind="paint", inline=True)
    assert complaint == ""
    names = [image.file.name for image in GeneratedImage.objects.all()]
    assert len(names) == 2
    assert all(name in out for name in names)
    assert "24×24  Thing 1" in out


def test_failed_item_is_told_and_fails_the_command(products: list[Any]) -> None:
    _out, err, complaint = run(
        "prodgen_generate", "all", "--option", "mood=Thing 2", kind="paint", inline=True
    )
    assert "Thing 2: Thing 2 cannot be painted." in err
    assert complaint == "1 of 6 failed"
    assert GeneratedImage.objects.count() == 5


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "Name the products"),
        (["No such thing"], "no such product: No such thing"),
        (["all", "-o", "pictures=99"], "pictures"),
        (["all", "-o", "pictures"], "NAME=VALUE"),
        (["all", "--kind", "nonsense"], "nonsense"),
    ],
)
def test_wrong_call_is_refused_in_words(products: list[Any], words: list[str], said: str) -> None:
    options = {} if "--kind" in words else {"kind": "paint"}
    _out, _err, complaint = run("prodgen_generate", *words, **options)
    assert said in complaint
    assert not Job.objects.exists()


def test_waiting_ends_when_asked_to(products: list[Any]) -> None:
    _out, _err, complaint = run("prodgen_generate", "all", kind="paint", wait=True, timeout=0.2)
    assert "goes on without us" in complaint
    assert Job.objects.get().state == Job.State.QUEUED


def test_sweep_tells_what_it_found(products: list[Any]) -> None:
    run("prodgen_generate", "all", kind="paint")
    Job.objects.get().items.update(state="done")
    out, _err, _complaint = run("prodgen_sweep")
    assert "finished 1" in out
    assert Job.objects.get().state == Job.State.SUCCEEDED


def test_export_without_an_approved_picture_says_so(products: list[Any], tmp_path: Any) -> None:
    _out, _err, complaint = run("prodgen_export", "web", str(tmp_path))
    assert "approved" in complaint
