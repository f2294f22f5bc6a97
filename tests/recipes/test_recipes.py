"""The built-in recipes on the example shop's photographs, from product to stored picture."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from functools import partial
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from django.core.exceptions import ValidationError
from oscar.core.loading import get_model

from prodgen_django.gan import train
from prodgen_django.gan.config import PRESETS
from prodgen_django.imagefile import encode_image, encoding, load_image, make_rendition, read_source_type
from prodgen_django.jobs import JobStateError, create_job, finish_early
from prodgen_django.jobs.run import run_batch, run_here
from prodgen_django.models import Checkpoint, CutOutCorrection, Job
from prodgen_django.pictures.renditions import render
from prodgen_django.recipes import get_recipe
from prodgen_django.storage import read_file, save_content
from tests.clock import Ticking

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _shop(settings: Any, tmp_path: Any, remembered_cutouts: None) -> None:
    settings.PRODGEN = {
        "CATALOG": "tests.recipes.catalog.FolderCatalog",
        "RETRY_SECONDS": 0,
        "WORK_DIR": str(tmp_path),
        "DEVICE": "cpu",
    }


def product(title: str) -> Any:
    kind, _made = get_model("catalogue", "ProductClass").objects.get_or_create(name="Thing")
    return get_model("catalogue", "Product").objects.create(
        structure="standalone", title=title, product_class=kind
    )


def finished(kind: str, products: list[Any], **options: Any) -> Job:
    job = create_job(kind, products=products, options=options)
    run_here(job.pk)
    job.refresh_from_db()
    return job


def content(image: Any) -> bytes:
    with image.file.open("rb") as file:
        return file.read()


def test_display_pictures_are_staged_certified_and_measured(db: None) -> None:
    job = finished(
        "display", [product("meadow-mug")], styles=["white", "oak-morning"], size=1000, candidates=2
    )
    assert job.state == Job.State.SUCCEEDED, job.items.get().error
    white, *oak = job.images.order_by("slot")
    assert [image.recipe["style"] for image in (white, *oak)] == ["white", "oak-morning", "oak-morning"]
    assert oak[0].sha256 != oak[1].sha256
    for image in (white, *oak):
        assert image.scores["fidelity"]["passed"], image.scores["fidelity"]["failures"]
        assert image.scores["channels"]["web"]["passed"], image.blockers
        assert image.blockers == []
        assert load_image(content(image)).shape == (1000, 1000, 3)
        assert read_source_type(content(image)) == "compositeCapture"
        assert image.palette
        assert image.tags
        assert image.sources
    corner = load_image(content(white))[:20, :20]
    assert corner.min() == 255


def test_the_second_of_two_on_a_set_is_made_again_in_its_own_light(db: None) -> None:
    mug = product("meadow-mug")
    options = {"styles": ["oak-morning"], "size": 1000, "photo": "first"}
    first, second = finished("display", [mug], **options, candidates=2).images.order_by("slot")
    assert (first.recipe["variation"], second.recipe["variation"]) == (0, 1)
    # As a mended outline has it made (`pictures.corrections`).
    again = create_job(
        "display",
        products=[mug],
        options={**options, "variation": second.recipe["variation"]},
        seed=second.seed,
    )
    run_here(again.pk)
    assert again.images.get().sha256 == second.sha256


@pytest.mark.slow
def test_a_staged_photo_of_another_product_is_emptied_for_this_one(db: None) -> None:
    mug = product("meadow-mug")
    product("anello-vase")
    product("corda-vase")
    job = create_job(
        "display",
        products=[mug],
        photos={mug.pk: ["meadow-mug-1.jpg"]},
        options={"styles": ["own-photos"], "size": 1000, "candidates": 2},
    )
    run_here(job.pk)
    images = list(job.images.order_by("slot"))
    assert len(images) == 2, job.items.get().error
    assert len({image.recipe["scene"] for image in images}) == 2
    for image in images:
        assert not image.recipe["scene"].startswith("meadow-mug")
        assert image.sources == ["meadow-mug-1.jpg", image.recipe["scene"]]
        assert image.scores["fidelity"]["passed"], image.scores["fidelity"]["failures"]
        assert image.scores["fidelity"]["composed_exact"]
        assert read_source_type(content(image)) == "compositeWithTrainedAlgorithmicMedia"
    # Made again by itself, as after its outline was mended, it stands in the same photo.
    again = create_job(
        "display",
        products=[mug],
        photos={mug.pk: ["meadow-mug-1.jpg"]},
        options={"styles": ["own-photos"], "size": 1000, "scene": images[1].recipe["scene"]},
        seed=images[1].seed,
    )
    run_here(again.pk)
    assert again.images.get().recipe["scene"] == images[1].recipe["scene"]
    assert again.images.get().sha256 == images[1].sha256


def test_without_a_staged_photo_the_other_backdrops_are_made(db: None) -> None:
    mug = product("meadow-mug")
    photos = {mug.pk: ["meadow-mug-1.jpg"]}
    some = create_job(
        "display", products=[mug], photos=photos, options={"styles": ["white", "own-photos"], "size": 1000}
    )
    run_here(some.pk)
    assert some.images.get().recipe["style"] == "white"
    assert any("staged photo" in sentence for sentence in some.items.get().report["sentences"])
    none = create_job("display", products=[mug], photos=photos, options={"styles": ["own-photos"]})
    run_here(none.pk)
    assert none.items.get().error_code == "no_scene"


def test_an_outline_that_a_person_drew_is_used(db: None) -> None:
    mug, ref = product("meadow-mug"), "meadow-mug-1.jpg"
    drawn = np.zeros((500, 500), np.uint8)
    drawn[200:300, 200:300] = 255
    data = encode_image(drawn, format="png", source_type=None)
    CutOutCorrection.objects.create(photo=ref, mask=save_content("cutouts", data, "png"))
    job = create_job("display", products=[mug], photos={mug.pk: [ref]}, options={"size": 1000})
    run_here(job.pk)
    image = job.images.get()
    assert image.scores["cut_out"]["corrected"]
    assert not image.scores["cut_out"]["poor"]
    kept = load_image(read_file(image.scores["cut_out"]["mask"]))[..., 0] > 127
    assert 0.02 < kept.mean() < 0.06  # the drawn square, not the mug


def test_what_is_stored_is_signed_where_a_key_is_set(db: None, settings: Any) -> None:
    pytest.importorskip("c2pa")
    from prodgen_django.studio.credentials import read_credentials

    settings.PRODGEN = settings.PRODGEN | {"C2PA": "self-signed", "RENDITION_WIDTHS": [320]}
    mug, ref = product("meadow-mug"), "meadow-mug-1.jpg"
    job = create_job("display", products=[mug], photos={mug.pk: [ref]}, options={"size": 1000})
    run_here(job.pk)
    image = job.images.get()
    found = read_credentials(content(image), "jpeg")
    assert found is not None
    assert found.valid
    assert found.photographs == (ref,)
    assert image.provenance["signed"]
    assert image.sha256 == hashlib.sha256(content(image)).hexdigest()
    image.state = "approved"
    image.save()
    for smaller in render(image.pk):
        data = read_file(smaller["name"])
        signed = read_credentials(data, smaller["format"])
        assert signed is not None
        assert signed.valid
        assert read_source_type(data) == "compositeCapture"


def test_product_without_photos_and_photo_that_is_gone_fail_in_words(db: None) -> None:
    job = create_job(
        "display",
        products=[bare := product("nothing-here"), lost := product("lost")],
        photos={lost.pk: ["no-such.jpg"]},
    )
    run_here(job.pk)
    errors = dict(job.items.values_list("product_id", "error"))
    assert "has no photos" in errors[bare.pk]
    assert errors[lost.pk] == "The photo no-such.jpg is gone."
    assert set(job.items.values_list("attempts", flat=True)) == {1}


def test_broken_photo_leaves_a_product_its_others(db: None) -> None:
    mug = product("meadow-mug")
    job = create_job(
        "display", products=[mug], photos={mug.pk: ["gone.jpg", "meadow-mug-1.jpg"]}, options={"size": 1000}
    )
    run_here(job.pk)
    assert job.images.get().sources == ["meadow-mug-1.jpg"]


def test_close_ups_are_stitched_to_one_picture(db: None) -> None:
    job = finished("stitch", [product("atlas-kilim")], mode="planar")
    item = job.items.get()
    assert item.state == "done", item.error
    image = job.images.get()
    assert len(image.sources) == 6
    assert image.width * image.height > 1_000_000
    assert read_source_type(content(image)) == "compositeCapture"


def test_products_are_laid_out_together(db: None) -> None:
    products = [product(title) for title in ("meadow-mug", "reed-cup", "corda-vase", "dune-vase")]
    job = finished("stitch", products, mode="grid", together=True, columns=2, width=800, captions=True)
    item = job.items.get()
    assert item.state == "done", item.error
    assert item.options["names"] == ["meadow-mug", "reed-cup", "corda-vase", "dune-vase"]
    assert job.images.get().width == 800
    with pytest.raises(ValidationError, match="do not overlap"):
        create_job("stitch", products=products, options={"mode": "planar", "together": True})


def test_a_picture_too_long_for_its_format_gets_another_and_says_so(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(encoding._MAX_SIDE, "webp", 900)
    shown = [product(title) for title in ("meadow-mug", "reed-cup", "corda-vase", "dune-vase")]
    job = finished("stitch", shown, mode="column", together=True, width=400, format="webp")
    item = job.items.get()
    assert item.state == "done", item.error
    assert job.images.get().file.name.endswith((".jpg", ".jpeg"))
    assert any("WEBP" in sentence for sentence in item.report["sentences"])


def test_a_copy_fits_its_format(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(encoding._MAX_SIDE, "webp", 300)
    copy = load_image(
        make_rendition(np.zeros((1000, 100, 3), np.uint8), 90, "webp", source_type="compositeCapture")
    )
    assert copy.shape[0] == 300


def test_photos_that_do_not_overlap_are_refused_with_advice(db: None) -> None:
    shown = product("meadow-mug")
    job = create_job(
        "stitch", products=[shown], photos={shown.pk: ["meadow-mug-1.jpg", "heron-desk-lamp-1.jpg"]}
    )
    run_here(job.pk)
    item = job.items.get()
    assert item.state == "failed"
    assert item.error_code in ("no_overlap", "ambiguous", "too_few_features")
    assert "Photograph" in item.error or "grid" in item.error


def test_concept_pictures_say_what_they_are(db: None) -> None:
    real = [product(name) for name in ("some-shoe", "reed-cup", "meadow-mug")]
    job = finished("concept", real[:1], count=2)
    item = job.items.get()
    assert item.state == "done", item.error
    assert Checkpoint.objects.get().is_active
    for image in job.images.all():
        assert image.recipe["label"] == "shoes"
        assert read_source_type(content(image)) == "trainedAlgorithmicMedia"
        assert "concept" in image.tags
        assert image.checkpoint.is_active
        nearest = image.provenance["nearest"]
        assert {n["product"] for n in nearest} == {p.pk for p in real if p.title != "some-shoe"}
        assert [n["distance"] for n in nearest] == sorted(n["distance"] for n in nearest)
    job = finished("concept", [product("some-shoe")], subject="teapot")
    assert "It knows" in job.items.get().error


CUPS = (
    "meadow-mug", "reed-cup", "corda-vase", "dune-vase", "anello-vase", "prisma-vase", "clara-carafe", "brook-jug",
    "lido-espresso", "ember-tea-bowl",
)  # fmt: skip


@pytest.fixture
def small_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """The preset of the form's default, of a size at which a step and a judgement cost nothing."""
    small = replace(PRESETS["cpu-64"], widths=(16, 16, 16, 16), batch=8, evaluate_samples=16)
    monkeypatch.setitem(PRESETS, "cpu-64", small)


def test_training_goes_on_in_slices_and_registers_a_model(
    db: None, settings: Any, monkeypatch: pytest.MonkeyPatch, small_network: None
) -> None:
    clock = Ticking(2.0)
    monkeypatch.setattr("prodgen_django.gan.train", partial(train, clock=clock))
    monkeypatch.setattr("prodgen_django.recipes.train.time", SimpleNamespace(monotonic=clock))
    settings.PRODGEN = {**settings.PRODGEN, "TRAIN_SLICE_SECONDS": 10}
    options = {"minutes": 0.5, "name": "Cups"}
    job = create_job("train", products=[product(name) for name in CUPS], options=options)
    slices = 0
    while run_batch(job.pk):
        slices += 1
    job.refresh_from_db()
    item = job.items.get()
    assert item.state == "done", item.error
    assert slices > 1
    assert item.attempts == 1
    checkpoint = job.checkpoints.get()
    assert checkpoint.name == "Cups"
    assert checkpoint.card["task"] == "concept"
    assert job.log["curve"]
    assert job.log["data"]["offered"] == len(item.photos)
    assert "Cups" in item.report["sentences"][0]


def test_a_training_that_is_ended_early_keeps_the_best(db: None, small_network: None) -> None:
    job = create_job(
        "train", products=[product(name) for name in CUPS], options={"minutes": 600, "name": "Early"}
    )
    finish_early(job)
    run_here(job.pk)
    item = job.items.get()
    assert item.state == "done", item.error
    assert job.checkpoints.get().name == "Early"
    assert any("ended early" in sentence for sentence in item.report["sentences"])
    with pytest.raises(JobStateError):
        finish_early(job)
    other = create_job("display", products=[product("reed-cup")])
    with pytest.raises(JobStateError):
        finish_early(other)


def test_photos_can_be_checked_before_anything_trains(db: None) -> None:
    """A photo that is there twice is shown beside the one that it repeats."""
    twice = product("reed-cup")
    job = create_job("train", products=[product(name) for name in CUPS], options={"check_only": True})
    item = job.items.get()
    job.items.update(
        photos=[*item.photos, item.photos[0], "no such photo"],
        options={**item.options, "labels": [*item.options["labels"], "", ""], "titles": [
            *item.options["titles"], twice.title, "Gone"
        ]},
    )  # fmt: skip
    run_here(job.pk)
    job.refresh_from_db()
    item.refresh_from_db()
    assert item.state == "done", item.error
    assert not job.checkpoints.exists()
    assert "curve" not in job.log
    data = job.log["data"]
    assert data["reasons"]["unreadable"] == 1
    assert data["reasons"]["duplicate"] >= 1
    assert data["offered"] == data["kept"] + len(data["rejected"])
    repeated = next(photo for photo in data["rejected"] if photo["reason"] == "duplicate")
    assert repeated["thumbnail"].endswith(".jpg")
    assert repeated["other"].endswith(".jpg")
    assert "the same picture as" in repeated["detail"]
    assert "Nothing was trained" in item.report["sentences"][0]


def test_renditions_keep_the_origin(db: None) -> None:
    image = finished("display", [product("reed-cup")], size=1000).images.get()
    assert render(image.pk) == []
    type(image).objects.filter(pk=image.pk).update(state="approved")
    made = render(image.pk)
    assert render(image.pk) == made
    assert {(entry["format"], entry["width"]) for entry in made} == {
        (name, width) for name in ("avif", "webp", "jpeg") for width in (320, 640, 1000)
    }
    for entry in made:
        with image.file.storage.open(entry["name"]) as file:
            assert read_source_type(file.read()) == "compositeCapture"


def test_every_option_form_accepts_its_own_defaults() -> None:
    for kind in ("display", "concept", "stitch", "train"):
        cleaned = get_recipe(kind).clean_options({})
        assert get_recipe(kind).clean_options(cleaned) == cleaned, kind


@pytest.mark.parametrize("quality", [20, 90])
def test_fine_grooves_are_kept_whatever_the_shops_compression_costs(settings: Any, quality: int) -> None:
    """At 20 the stored file fails its certificate; it is compressed less until it passes."""
    from prodgen_django.recipes.display import stored
    from prodgen_django.studio import stage

    settings.PRODGEN = {**settings.PRODGEN, "QUALITY": quality}
    rng = np.random.default_rng(0)
    photo = np.full((600, 600, 3), 235, np.uint8)
    grooves = 90 + 60 * (np.arange(360) // 3 % 2)
    photo[120:480, 120:480] = np.clip(grooves[:, None] + rng.normal(0, 6, (360, 360, 3)), 0, 255)
    alpha = np.zeros((600, 600), np.float32)
    alpha[120:480, 120:480] = 1
    staged = stage(photo, alpha, "white", size=(640, 640))
    _data, fidelity = stored(staged.image, photo, alpha, staged, "jpeg")
    assert fidelity["passed"], fidelity["failures"]
