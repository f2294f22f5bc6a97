"""Packs for sales channels: made by a job, fetched from its page, or written by the command."""

from __future__ import annotations

import csv
import hashlib
import io
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse

from prodgen_django.imagefile import encode_image, load_image, read_source_type
from prodgen_django.jobs import create_job
from prodgen_django.jobs.create import queue_job, update_draft
from prodgen_django.jobs.run import run_here
from prodgen_django.models import GeneratedImage, Job
from prodgen_django.storage import save_content
from prodgen_django.studio import CHANNELS, check_channel
from prodgen_django.studio.repair import Repair
from tests.admin.conftest import finish
from tests.conftest import Broker


@pytest.fixture(autouse=True)
def _no_broker(broker: Broker) -> None:
    """Nothing is published anywhere."""


def white_packshot(hue: int) -> bytes:
    pixels = np.full((900, 900, 3), 255, np.uint8)
    cv2.ellipse(pixels, (450, 450), (380, 300), 0, 0, 360, (hue, 60, 90), -1)
    return encode_image(pixels, format="png", source_type="compositeCapture")


def scene() -> bytes:
    pixels = np.full((900, 900, 3), (120, 150, 170), np.uint8)
    cv2.circle(pixels, (450, 450), 200, (90, 40, 40), -1)
    return encode_image(pixels, source_type="compositeCapture")


@pytest.fixture
def approved(make_products: Any) -> list[GeneratedImage]:
    """Thing 0 with two packshots, Thing 1 with a scene, Thing 2 with a packshot that nobody has approved."""
    job = create_job("display", products=make_products(3), draft=True)
    images = finish(job)
    images += [GeneratedImage.objects.create(**{**_fields(images[0]), "slot": 1})]
    files = [white_packshot(200), scene(), white_packshot(40), white_packshot(120)]
    for image, data, state in zip(
        images, files, ["approved", "approved", "pending", "published"], strict=True
    ):
        keep(image, data, "png")
        image.state = state
        image.width = image.height = 900
        image.save()
    return images


def keep(image: GeneratedImage, data: bytes, extension: str) -> None:
    """Let the (unsaved) row name these bytes."""
    image.file, image.sha256 = save_content("pictures", data, extension), hashlib.sha256(data).hexdigest()


def _fields(image: GeneratedImage) -> dict[str, Any]:
    names = ("job", "item", "product_id", "title", "kind", "file", "sha256", "width", "height", "scores")
    return {name: getattr(image, name) for name in names}


def contents(data: bytes) -> tuple[dict[str, bytes], list[dict[str, str]]]:
    with zipfile.ZipFile(io.BytesIO(data)) as pack:
        files = {name: pack.read(name) for name in pack.namelist()}
    return files, list(csv.DictReader(io.StringIO(files.pop("report.csv").decode())))


@pytest.mark.django_db(transaction=True)
def test_chosen_pictures_become_a_pack(owner: Any, approved: list[GeneratedImage]) -> None:
    address = reverse("admin:prodgen_django_generatedimage_changelist")
    keys = [image.pk for image in approved]
    reply = owner.post(address, {"action": "export_pictures", "_selected_action": keys})
    job = Job.objects.latest("pk")
    assert reply.url == reverse("admin:prodgen_job_options", args=[job.pk])
    assert job.items.count() == 2  # nothing of Thing 2 is approved
    assert owner.get(reverse("admin:prodgen_job_pack", args=[job.pk])).status_code == 404
    queue_job(update_draft(job, {"channels": ["amazon_main", "ebay"]}))
    run_here(job.pk)
    assert (
        reverse("admin:prodgen_job_pack", args=[job.pk]) in owner.get(job.get_absolute_url()).content.decode()
    )
    data = b"".join(owner.get(reverse("admin:prodgen_job_pack", args=[job.pk])).streaming_content)
    files, report = contents(data)
    assert set(files) == {
        "amazon_main/T0.jpg",
        "amazon_main/T0-2.jpg",
        "ebay/T0.jpg",
        "ebay/T0-2.jpg",
        "ebay/T1.jpg",
    }
    for name, content in files.items():
        assert check_channel(content, name.split("/")[0]).passed
        assert read_source_type(content) == "compositeCapture"
    (refused,) = [row for row in report if row["refused"]]
    assert (refused["channel"], refused["product"]) == ("amazon_main", "Thing 1")
    assert "pure white" in refused["refused"]


@pytest.mark.django_db(transaction=True)
def test_the_command_writes_folders_and_packs(approved: list[GeneratedImage], tmp_path: Path) -> None:
    call_command("prodgen_export", "ebay", str(tmp_path / "out"), stdout=io.StringIO())
    names = {str(path.relative_to(tmp_path / "out")) for path in (tmp_path / "out").rglob("*.jpg")}
    assert names == {"ebay/T0.jpg", "ebay/T0-2.jpg", "ebay/T1.jpg"}
    with pytest.raises(CommandError, match="1 of 6 cannot be exported"):
        call_command(
            "prodgen_export",
            "amazon_main,ebay",
            str(tmp_path / "all.zip"),
            stdout=io.StringIO(),
            stderr=io.StringIO(),
        )
    files, report = contents((tmp_path / "all.zip").read_bytes())
    assert len(files) == 5
    assert len(report) == 6
    with pytest.raises(CommandError, match="no channel 'nowhere'"):
        call_command("prodgen_export", "nowhere", str(tmp_path / "x"), stdout=io.StringIO())


@pytest.mark.django_db(transaction=True)
def test_a_long_picture_is_sliced_and_a_formula_in_a_title_is_only_text(
    approved: list[GeneratedImage], tmp_path: Path
) -> None:
    tall = np.random.default_rng(0).integers(60, 200, (4000, 800, 3), np.uint8)
    tall = cv2.GaussianBlur(tall, (0, 0), 9)
    image = approved[0]
    keep(image, encode_image(tall, source_type="compositeCapture"), "jpg")
    image.title, image.height = "=HYPERLINK(1)", 4000
    image.save()
    call_command("prodgen_export", "taobao_detail", str(tmp_path / "t.zip"), stdout=io.StringIO())
    files, report = contents((tmp_path / "t.zip").read_bytes())
    heights = [load_image(files[f"taobao_detail/T0{end}.jpg"]).shape[:2] for end in ("", "-2", "-3")]
    assert heights == [(1500, 750), (1500, 750), (750, 750)]
    assert any(row["product"] == "'=HYPERLINK(1)" for row in report)


@pytest.mark.django_db(transaction=True)
def test_a_channel_that_takes_no_repaired_photo_gets_none(
    approved: list[GeneratedImage], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    strict = replace(CHANNELS["ebay"], takes_repaired=False)
    monkeypatch.setitem(CHANNELS, "ebay", strict)
    repair = Repair(gains=(0.9, 1.0, 1.2)).as_dict()
    repaired, untouched = approved[0], approved[1]
    for image, what in ((repaired, repair), (untouched, None)):
        image.recipe = {**image.recipe, "repair": what}
        image.save()
    with pytest.raises(CommandError, match="cannot be exported"):
        call_command(
            "prodgen_export",
            "ebay,web",
            str(tmp_path / "all.zip"),
            stdout=io.StringIO(),
            stderr=io.StringIO(),
        )
    files, report = contents((tmp_path / "all.zip").read_bytes())
    (refused,) = [row for row in report if row["refused"]]
    assert (refused["channel"], refused["product"]) == ("ebay", "Thing 0")
    assert "light was repaired" in refused["refused"]
    # Its other picture and the other channel are served.
    assert len([name for name in files if name.startswith("ebay/")]) == 2
    assert len([name for name in files if name.startswith("web/")]) == 3
