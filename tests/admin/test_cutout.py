"""A person mends a cut-out: who may, what is kept, and what is made of it."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING, Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from PIL import Image

from prodgen_django.models import CutOutCorrection, Job
from prodgen_django.storage import read_file
from tests.admin.conftest import jpeg
from tests.conftest import Broker

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.test import Client


@pytest.fixture(autouse=True)
def _no_broker(broker: Broker) -> None:
    """Nothing is published anywhere."""


def drawing(size: tuple[int, int] = (64, 48)) -> bytes:
    picture, out = Image.new("L", size, 0), BytesIO()
    picture.paste(255, (10, 10, 40, 40))
    picture.save(out, "PNG")
    return out.getvalue()


def send(client: Client, image: Any, data: bytes) -> Any:
    address = reverse("admin:prodgen_cutout", args=[image.uuid])
    return client.post(address, {"mask": SimpleUploadedFile("mask.png", data, "image/png")})


def test_a_drawing_is_kept_and_the_picture_staged_again(owner: Client, reviewed_job: Job) -> None:
    image = reviewed_job.images.order_by("pk").first()
    image.recipe, image.seed = {"style": "oak", "size": [1000, 1000], "variation": 2}, 7
    image.save()
    card = owner.get(reverse("admin:prodgen_job_review", args=[reviewed_job.pk])).content.decode()
    address = reverse("admin:prodgen_cutout", args=[image.uuid])
    assert address in card
    assert "Save and stage again" in owner.get(address).content.decode()
    answer = send(owner, image, drawing()).json()
    assert answer["ok"]
    kept = CutOutCorrection.objects.get()
    assert (kept.photo, kept.by) == (image.sources[0], owner.user)  # type: ignore[attr-defined]
    assert read_file(kept.mask) == drawing()
    job = Job.objects.latest("pk")
    assert answer["url"] == job.get_absolute_url()
    item = job.items.get()
    assert (job.state, item.product_id, item.photos) == ("queued", image.product_id, image.sources[:1])
    assert (job.options["styles"], job.options["size"], item.seed) == (["oak-morning"], 1000, 7)
    assert job.options["variation"] == 2, "in the light that it had"
    image.refresh_from_db()
    assert image.state == "rejected"
    assert "mended" in image.events.get().note
    # Drawn again one begins from the last drawing.
    mask = owner.get(reverse("admin:prodgen_cutout_mask", args=[image.uuid]))
    assert mask.content == drawing()


def test_a_box_about_what_is_meant_is_kept_and_the_picture_staged_again(
    owner: Client, reviewed_job: Job
) -> None:
    image = reviewed_job.images.order_by("pk").first()
    address = reverse("admin:prodgen_cutout", args=[image.uuid])
    answer = owner.post(address, {"box": "0.1,0.2,0.8,1.7"}).json()
    assert answer["ok"]
    kept = CutOutCorrection.objects.get()
    assert (kept.photo, kept.mask, kept.box) == (image.sources[0], "", [0.1, 0.2, 0.8, 1.0])
    job = Job.objects.latest("pk")
    assert (job.items.get().photos, answer["url"]) == (image.sources[:1], job.get_absolute_url())
    # A drawing that comes later counts instead.
    assert send(owner, image, drawing()).json()["ok"]
    assert CutOutCorrection.objects.first().mask


@pytest.mark.parametrize("box", ["", "1,2", "a,b,c,d", "nan,0,1,1", "0.5,0.5,0.505,0.9", "0.8,0,0.1,1"])
def test_what_is_no_box_changes_nothing(owner: Client, reviewed_job: Job, box: str) -> None:
    image = reviewed_job.images.first()
    reply = owner.post(reverse("admin:prodgen_cutout", args=[image.uuid]), {"box": box})
    assert reply.status_code == 400
    assert reply.json()["message"]
    assert not CutOutCorrection.objects.exists()


@pytest.mark.parametrize("data", [b"no picture", jpeg(), b""], ids=["nothing", "jpeg", "empty"])
def test_what_is_no_drawing_changes_nothing(owner: Client, reviewed_job: Job, data: bytes) -> None:
    image = reviewed_job.images.first()
    reply = send(owner, image, data)
    assert reply.status_code == 400
    assert reply.json()["message"]
    assert not CutOutCorrection.objects.exists()
    image.refresh_from_db()
    assert image.state == "pending"


def test_only_who_may_generate_draws(staff: Callable[..., Client], reviewed_job: Job) -> None:
    image = reviewed_job.images.first()
    for client, wanted in ((staff("review"), 403), (staff("generate"), 200)):
        assert client.get(reverse("admin:prodgen_cutout", args=[image.uuid])).status_code == wanted
        assert send(client, image, drawing()).status_code == wanted


def test_a_picture_of_several_photos_has_no_outline(owner: Client, reviewed_job: Job) -> None:
    image = reviewed_job.images.first()
    image.kind = "stitch"
    image.save()
    assert owner.get(reverse("admin:prodgen_cutout", args=[image.uuid])).status_code == 404
