"""A photo is read in one place and cut out in one place, whatever is made of it."""

from __future__ import annotations

from pathlib import Path
from typing import IO, Any

import numpy as np
import pytest
from django.core.files.base import ContentFile
from oscar.core.loading import get_model
from PIL import Image

from prodgen_django.catalog import Photo
from prodgen_django.imagefile import encode_image, load_image
from prodgen_django.jobs import create_job
from prodgen_django.jobs.preview import preview_status, request_preview, run_preview
from prodgen_django.jobs.run import run_here
from prodgen_django.models import BrandKit, CutOutCorrection, Job
from prodgen_django.recipes import ItemFailed
from prodgen_django.recipes.campaign_brief import brand_of
from prodgen_django.recipes.photos import load_photo, load_upload
from prodgen_django.storage import read_file, save_content
from tests.imagefile.making import CASES, file
from tests.recipes.catalog import FolderCatalog

pytestmark = pytest.mark.django_db(transaction=True)


class CaseCatalog(FolderCatalog):
    """Photos of the shop, and beside them whatever a test has written into its own folder."""

    folder = CASES

    def photos(self, product: Any) -> list[Photo]:
        return [Photo(ref=path.name) for path in sorted(self.folder.glob(f"{product.title}*"))]

    def open_photo(self, ref: str) -> IO[bytes]:
        own = self.folder / ref
        return own.open("rb") if own.is_file() else super().open_photo(ref)


@pytest.fixture(autouse=True)
def _shop(settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("white_mug_rgba.png",):
        (tmp_path / name).write_bytes((CASES / name).read_bytes())
    monkeypatch.setattr(CaseCatalog, "folder", tmp_path)
    settings.PRODGEN = {
        "CATALOG": "tests.recipes.test_photos.CaseCatalog",
        "RETRY_SECONDS": 0,
        "WORK_DIR": str(tmp_path / "work"),
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


def iou(mask: np.ndarray, wanted: np.ndarray) -> float:
    one, other = mask > 127, wanted > 127
    return float((one & other).sum() / (one | other).sum())


MUG = load_image(CASES / "white_mug_rgba.png")


# -- bounds


def test_the_shop_s_bounds_are_the_loader_s(settings: Any, tmp_path: Path) -> None:
    (tmp_path / "noise.png").write_bytes(file(Image.effect_noise((300, 300), 90)))
    assert load_photo("noise.png").shape == (300, 300, 3)
    settings.PRODGEN = {**settings.PRODGEN, "MAX_IMAGE_BYTES": 20_000}
    with pytest.raises(ItemFailed, match=r"larger than 0\.02 MB") as caught:
        load_photo("noise.png")
    assert caught.value.code == "too_many_bytes"
    settings.PRODGEN = {**settings.PRODGEN, "MAX_IMAGE_BYTES": 200_000, "MAX_IMAGE_PIXELS": 80_000}
    with pytest.raises(ItemFailed, match=r"0\.08 megapixels") as caught:
        load_photo("noise.png")
    assert caught.value.code == "too_many_pixels"


def test_bounds_that_a_shop_raises_let_more_in(settings: Any, tmp_path: Path) -> None:
    (tmp_path / "large.png").write_bytes(file(Image.new("1", (9248, 6936))) + bytes(42_000_000))
    with pytest.raises(ItemFailed, match=r"larger than 41\.94 MB"):
        load_photo("large.png")
    settings.PRODGEN = {**settings.PRODGEN, "MAX_IMAGE_BYTES": 60_000_000}
    with pytest.raises(ItemFailed, match="52 megapixels"):
        load_photo("large.png")
    settings.PRODGEN = {**settings.PRODGEN, "MAX_IMAGE_PIXELS": 65_000_000}
    assert load_photo("large.png").shape == (6936, 9248, 3)


def test_every_picture_from_outside_is_bounded(settings: Any) -> None:
    kit = BrandKit.objects.create(name="Alder")
    kit.logo.save("logo.png", ContentFile(file(Image.new("RGB", (300, 300)))))
    settings.PRODGEN = {**settings.PRODGEN, "MAX_IMAGE_PIXELS": 50_000}
    with pytest.raises(ItemFailed, match=r"0\.05 megapixels"):
        brand_of({"brand": str(kit.pk)})
    job = finished("display", [product("white_mug")], size=1000)
    assert job.items.get().error_code == "too_many_pixels"
    job = finished("train", [product("white_mug")], check_only=True)
    assert job.items.get().error_code


class Stream:
    """A network's answer: no way back, and a read that gives what has arrived."""

    def __init__(self, data: bytes) -> None:
        self.data = data

    def read(self, size: int = -1) -> bytes:
        part, self.data = self.data[: min(size, 1000)], self.data[min(size, 1000) :]
        return part


def test_a_photo_that_arrives_in_pieces_is_read_whole() -> None:
    assert (load_upload(Stream((CASES / "white_mug_rgba.png").read_bytes())) == MUG).all()  # type: ignore[arg-type]


# -- the file's own outline


@pytest.mark.slow
def test_a_photo_that_was_cut_out_is_not_cut_out_again() -> None:
    job = finished("display", [product("white_mug")], size=1000, styles=["white", "oak-morning"])
    assert job.state == Job.State.SUCCEEDED, job.items.get().error
    for image in job.images.all():
        cut = image.scores["cut_out"]
        assert cut["brought"]
        assert not cut["poor"]
        kept = load_image(read_file(cut["mask"]))[..., 0]
        assert iou(kept, MUG[..., 3]) > 0.99
        assert image.scores["fidelity"]["passed"], image.scores["fidelity"]["failures"]


@pytest.mark.slow
def test_a_preview_takes_it_too() -> None:
    job = create_job("display", products=[product("white_mug")], draft=True)
    token = request_preview(job, job.items.get(), {"styles": ["oak-morning"], "photo": "best", "size": 1000})
    assert run_preview(job.pk, token)
    job.refresh_from_db()
    shown = load_image(read_file(preview_status(job)["name"])).astype(int)
    # A white mug on oak: found anew on its white ground, next to nothing of it would be there.
    assert (shown.min(-1) > 215).mean() > 0.05


@pytest.mark.slow
def test_a_drawn_outline_counts_more_than_the_file_s_own() -> None:
    drawn = np.where(MUG[..., 3] > 127, 255, 0).astype(np.uint8)
    rows = np.flatnonzero(drawn.any(1))
    middle = int(rows.mean())
    drawn[middle:] = 0
    data = encode_image(drawn, format="png", source_type=None)
    CutOutCorrection.objects.create(photo="white_mug_rgba.png", mask=save_content("cutouts", data, "png"))
    job = finished("display", [product("white_mug")], size=1000)
    cut = job.images.get().scores["cut_out"]
    assert cut["corrected"]
    kept = load_image(read_file(cut["mask"]))[..., 0]
    assert kept[middle + 30 :].max() == 0
    assert (kept[: middle - 30] == MUG[: middle - 30, :, 3]).all()


@pytest.mark.parametrize("mode", ["grid", "row", "column", "strip"])
def test_layouts_stand_on_the_outline_that_a_file_brings(mode: str, tmp_path: Path) -> None:
    # White on nothing, in the corner of its file: by its colour alone it cannot be found.
    corner = np.zeros((400, 400, 4), np.uint8)
    corner[..., :3] = 255
    corner[20:120, 20:140, 3] = 255
    for number in (1, 2):
        (tmp_path / f"corner-{number}.png").write_bytes(file(Image.fromarray(corner)))
    job = finished("stitch", [product("corner")], mode=mode)
    item = job.items.get()
    assert item.state == "done", item.error
    cut = job.images.get().scores["cut_out"]
    assert cut["brought"]
    assert not any("whole photo" in sentence for sentence in item.report["sentences"])


def test_a_file_with_nothing_in_it_is_named(tmp_path: Path) -> None:
    for number in (1, 2):
        (tmp_path / f"empty-{number}.png").write_bytes(file(Image.new("RGBA", (200, 200))))
    item = finished("display", [product("empty")]).items.get()
    assert item.error_code == "no_product"
    assert "No product stands out" in item.error
    item = finished("stitch", [product("empty")], mode="grid").items.get()
    assert any("no product was found" in sentence for sentence in item.report["sentences"])


# -- where it is stitched


class Asked(Exception):
    """What `stitch` was asked for."""


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    monkeypatch.setattr("prodgen_django.recipes.devices._try", lambda name: None)  # as if there were a GPU
    from prodgen_django import stitching

    calls: list[dict[str, Any]] = []

    def stitch(images: Any, mode: str, **options: Any) -> Any:
        import torch

        calls.append(options)
        if options.get("device") == "cuda:1":
            raise torch.OutOfMemoryError
        raise stitching.StitchError("no_overlap", "They share nothing.")

    monkeypatch.setattr(stitching, "stitch", stitch)
    return calls


def stitched(mode: str = "planar") -> None:
    shown = product("meadow-mug")
    photos = {shown.pk: ["meadow-mug-1.jpg", "heron-desk-lamp-1.jpg"]}
    run_here(create_job("stitch", products=[shown], photos=photos, options={"mode": mode}).pk)


@pytest.mark.parametrize(
    ("device", "found"), [("cpu", False), ("auto", False), ("auto", True), ("cuda:0", True)]
)
def test_the_device_that_is_set_stitches(
    device: str, found: bool, settings: Any, asked: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    import torch

    monkeypatch.setattr(torch.cuda, "is_available", lambda: found)
    settings.PRODGEN = {**settings.PRODGEN, "DEVICE": device}
    stitched()
    assert [call.get("device") for call in asked] == [
        None if not found else "cuda" if device == "auto" else device
    ]
    # A layout is no stitch.
    stitched("grid")
    assert len(asked) == 1


def test_what_a_gpu_cannot_hold_is_stitched_on_the_cpu(settings: Any, asked: list[dict[str, Any]]) -> None:
    settings.PRODGEN = {**settings.PRODGEN, "DEVICE": "cuda:1"}
    stitched()
    assert [call.get("device") for call in asked] == ["cuda:1", None]
