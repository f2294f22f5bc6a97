"""A picture whose file is damaged goes nowhere, is told so in words, and holds nothing else up."""

from __future__ import annotations

import io
from typing import Any

import pytest
from django.core.files.storage import Storage
from django.core.management import CommandError, call_command
from django.urls import reverse

from prodgen_django.catalog import CatalogError, get_catalog
from prodgen_django.jobs import create_job
from prodgen_django.jobs.run import run_here
from prodgen_django.models import GeneratedImage, Job
from prodgen_django.pictures import review
from prodgen_django.pictures.renditions import render
from prodgen_django.storage import get_storage, read_file
from tests.admin.conftest import finish
from tests.admin.test_packs import contents, keep, white_packshot
from tests.files.storages import KINDS, overwrite

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("broker")]

#: What may have become of a file: gone, or these bytes instead of its own.
DAMAGE = {"empty": b"", "cut": None, "another's": b"\xff\xd8 another file", "gone": "gone"}


@pytest.fixture(params=KINDS)
def storage(request: pytest.FixtureRequest, settings: Any, tmp_path: Any) -> Storage:
    made: Storage = KINDS[request.param](tmp_path / "stored")
    settings.PRODGEN = {"STORAGE": lambda: made, "WORK_DIR": str(tmp_path / "work")}
    return made


@pytest.fixture
def pictures(make_products: Any) -> list[GeneratedImage]:
    """Three candidates; the file of the second will be damaged."""
    return finish(create_job("display", products=make_products(3), draft=True))


def damage(image: GeneratedImage, how: str) -> None:
    storage, name = get_storage(), str(image.file)
    data = DAMAGE[how]
    if data == "gone":
        storage.delete(name)
    else:
        overwrite(storage, name, read_file(name)[:-20] if data is None else data)  # type: ignore[arg-type]


def states(pictures: list[GeneratedImage]) -> list[str]:
    return [GeneratedImage.objects.get(pk=image.pk).state for image in pictures]


@pytest.mark.parametrize("how", DAMAGE)
def test_it_is_neither_approved_nor_published(
    storage: Storage, pictures: list[GeneratedImage], admin_user: Any, how: str
) -> None:
    good, bad, other = pictures
    damage(bad, how)
    result = review.apply("approve", pictures, admin_user)
    assert (result.done, [image for image, _why in result.refused]) == (2, [bad])
    assert "make it again" in result.refused[0][1]
    assert states(pictures) == ["approved", "pending", "approved"]
    damage(other, how)
    result = review.apply("publish", [good, other], admin_user)
    assert (result.done, [image for image, _why in result.refused]) == (1, [other])
    assert states([good, other]) == ["published", "approved"]


@pytest.mark.parametrize("how", DAMAGE)
def test_undo_is_no_way_round(pictures: list[GeneratedImage], admin_user: Any, how: str) -> None:
    first, second, third = pictures
    review.approve(first, admin_user)
    review.reject(first, admin_user)
    review.approve(second, admin_user)
    review.publish(second, admin_user)
    review.unpublish(second, admin_user)
    review.approve(third, admin_user)
    review.publish(third, admin_user)
    for image in pictures:
        damage(image, how)
    for image in (first, second):
        with pytest.raises(review.ReviewError, match="make it again"):
            review.undo(image, admin_user)
    # What is damaged can still be taken out of the shop.
    review.undo(third, admin_user)
    assert states(pictures) == ["rejected", "approved", "approved"]


def test_a_storage_that_does_not_answer_is_no_damage(
    pictures: list[GeneratedImage], admin_user: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_args: Any, **_more: Any) -> None:
        raise TimeoutError("no answer")

    with monkeypatch.context() as patched:
        patched.setattr(type(get_storage()), "open", away)
        with pytest.raises(review.ReviewError, match="try again later"):
            review.approve(pictures[0], admin_user)
    review.approve(pictures[0], admin_user)


def test_a_catalogue_takes_no_damaged_file_nor_a_copy_that_was_cut(
    pictures: list[GeneratedImage], monkeypatch: pytest.MonkeyPatch
) -> None:
    import os

    catalog, (first, second, _third) = get_catalog(), pictures
    damage(first, "cut")
    with pytest.raises(CatalogError, match="make it again"):
        catalog.publish(first)

    def full(*_args: Any) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full)
        with pytest.raises(CatalogError, match="could not be copied"):
            catalog.publish(second)
    assert not catalog.image_model.objects.filter(code__startswith="prodgen-").exists()


@pytest.mark.parametrize("how", DAMAGE)
def test_rendering_says_so_on_the_picture_and_takes_it_back(
    storage: Storage, pictures: list[GeneratedImage], admin_user: Any, how: str
) -> None:
    image = pictures[0]
    data = read_file(image.file)
    review.approve(image, admin_user)
    damage(image, how)
    assert render(image.pk) == render(image.pk) == []
    image.refresh_from_db()
    (blocker,) = image.blockers
    assert "make it again" in blocker["message"]
    with pytest.raises(review.ReviewError, match="make it again"):
        review.publish(image, admin_user)
    overwrite(storage, str(image.file), data)
    made = render(image.pk)
    image.refresh_from_db()
    assert image.blockers == []
    assert image.renditions == made != []
    damage_of = made[0]["name"]
    overwrite(storage, damage_of, b"")
    assert render(image.pk) == made
    assert len(read_file(damage_of)) == made[0]["bytes"]


@pytest.mark.parametrize("how", DAMAGE)
def test_an_export_leaves_it_out_and_tells(pictures: list[GeneratedImage], tmp_path: Any, how: str) -> None:
    for hue, image in zip((200, 40, 120), pictures, strict=True):
        keep(image, white_packshot(hue), "png")
        image.state, image.width, image.height = "approved", 900, 900
        image.save()
    damage(pictures[1], how)
    out, err = io.StringIO(), io.StringIO()
    with pytest.raises(CommandError, match="1 of 3 cannot be exported"):
        call_command("prodgen_export", "ebay", str(tmp_path / "x.zip"), stdout=out, stderr=err)
    assert "make it again" in err.getvalue()
    files, report = contents((tmp_path / "x.zip").read_bytes())
    assert set(files) == {"ebay/T0.jpg", "ebay/T2.jpg"}
    (refused,) = [row for row in report if row["refused"]]
    assert refused["product"] == "Thing 1"
    assert "make it again" in refused["refused"]


@pytest.mark.parametrize("how", DAMAGE)
def test_a_pack_is_fetched_without_the_file_that_is_damaged(
    owner: Any, pictures: list[GeneratedImage], how: str
) -> None:
    for hue, image in zip((200, 40, 120), pictures, strict=True):
        keep(image, white_packshot(hue), "png")
        image.state, image.width, image.height = "approved", 900, 900
        image.save()
    products = [image.product for image in pictures]
    job = create_job("export", products=products, options={"channels": ["ebay"]})
    run_here(job.pk)
    job = Job.objects.get(pk=job.pk)
    name = job.items.order_by("position")[1].report["files"][0]["name"]
    storage = get_storage()
    if DAMAGE[how] == "gone":
        storage.delete(name)
    else:
        overwrite(storage, name, DAMAGE[how] or b"half")  # type: ignore[arg-type]
    reply = owner.get(reverse("admin:prodgen_job_pack", args=[job.pk]))
    files, report = contents(b"".join(reply.streaming_content))
    assert set(files) == {"ebay/T0.jpg", "ebay/T2.jpg"}
    (refused,) = [row for row in report if row["refused"]]
    assert (refused["product"], "export it again" in refused["refused"]) == ("Thing 1", True)


def test_an_outline_that_was_drawn_and_is_damaged_is_not_replaced_in_silence(
    pictures: list[GeneratedImage],
) -> None:
    import numpy as np

    from prodgen_django.imagefile import encode_image
    from prodgen_django.models import CutOutCorrection
    from prodgen_django.recipes import ItemFailed
    from prodgen_django.recipes.outlines import outline_of
    from prodgen_django.storage import save_content

    drawing = encode_image(np.full((60, 80, 3), 255, np.uint8), format="png", source_type=None)
    name = save_content("cutouts", drawing, "png")
    CutOutCorrection.objects.create(photo="productimage:1", mask=name)
    overwrite(get_storage(), name, drawing[:40])
    with pytest.raises(ItemFailed, match="draw it again"):
        outline_of("productimage:1", np.full((60, 80, 3), 200, np.uint8))
