"""Grids, rows, columns and strips through the ordinary job: one ground, certificates, doubts that review sees."""

from __future__ import annotations

from pathlib import Path
from typing import IO, Any

import cv2
import numpy as np
import pytest
from oscar.core.loading import get_model

from prodgen_django.catalog import Photo
from prodgen_django.imagefile import encode_image, load_image
from prodgen_django.jobs import create_job
from prodgen_django.jobs.run import run_here
from prodgen_django.models import CutOutCorrection, Job
from prodgen_django.pictures import review
from prodgen_django.recipes import ItemFailed, outlines
from prodgen_django.storage import save_content
from prodgen_django.studio import CutOut
from prodgen_django.studio.resampling import onto_canvas
from tests.recipes.catalog import FolderCatalog

pytestmark = pytest.mark.django_db(transaction=True)

CREAM, TEAL = (240, 230, 208), (40, 120, 130)


class DrawnCatalog(FolderCatalog):
    """Photos that a test has drawn, and how tall it says the products are."""

    folder = Path()
    heights: dict[str, float] = {}

    def photos(self, product: Any) -> list[Photo]:
        return [Photo(ref=path.name) for path in sorted(self.folder.glob(f"{product.title}*"))]

    def open_photo(self, ref: str) -> IO[bytes]:
        return (self.folder / ref).open("rb")

    def height_cm(self, product: Any) -> float | None:
        return self.heights.get(product.title)


@pytest.fixture(autouse=True)
def _shop(settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(DrawnCatalog, "folder", tmp_path)
    monkeypatch.setattr(DrawnCatalog, "heights", {})
    settings.PRODGEN = {
        "CATALOG": "tests.recipes.test_layouts.DrawnCatalog",
        "RETRY_SECONDS": 0,
        "WORK_DIR": str(tmp_path / "work"),
        "DEVICE": "cpu",
    }


def drawn(colour: tuple[int, int, int], ground: tuple[int, int, int]) -> tuple[np.ndarray, np.ndarray]:
    """A standing body before a coloured sweep: uint8 300×300×3, and its alpha, float32."""
    alpha = np.zeros((300, 300), np.float32)
    cv2.rectangle(alpha, (100, 70), (199, 249), 1, -1)
    alpha = cv2.GaussianBlur(alpha, (0, 0), 0.8)
    # Shaded as a round body is: of one flat colour a JPEG's rounding is the same everywhere.
    round_body = (np.array(colour) * np.linspace(0.75, 1.05, 300)[None, :, None]).repeat(300, 0)
    noise = np.random.default_rng(sum(colour)).normal(0, 4, (300, 300, 3))
    mixed = (round_body + noise) * alpha[..., None] + np.array(ground) * (1 - alpha[..., None])
    return np.clip(mixed, 0, 255).astype(np.uint8), alpha


def product(title: str, pixels: np.ndarray) -> Any:
    kind, _made = get_model("catalogue", "ProductClass").objects.get_or_create(name="Thing")
    (DrawnCatalog.folder / f"{title}.png").write_bytes(encode_image(pixels, format="png", source_type=None))
    return get_model("catalogue", "Product").objects.create(
        structure="standalone", title=title, product_class=kind
    )


def brought(title: str, colour: tuple[int, int, int], ground: tuple[int, int, int]) -> Any:
    """A product whose photo's file has its outline."""
    photo, alpha = drawn(colour, ground)
    return product(title, np.dstack([photo, np.rint(alpha * 255).astype(np.uint8)]))


def finished(products: list[Any], **options: Any) -> Job:
    job = create_job("stitch", products=products, options={"together": True, "format": "png", **options})
    run_here(job.pk)
    job.refresh_from_db()
    assert job.state == Job.State.SUCCEEDED, job.items.get().error
    return job


def pixels(image: Any) -> np.ndarray:
    with image.file.open("rb") as file:
        return load_image(file.read())


@pytest.mark.parametrize("mode", ["grid", "row"])
def test_a_cream_vase_beside_others_stays_cream_and_is_certified(mode: str) -> None:
    vase = brought("vase", CREAM, (244, 226, 180))
    others = [brought(f"mug{k}", TEAL, (205, 216, 240)) for k in range(2)]
    job = finished([vase, *others], mode=mode, captions=True)
    image = job.images.get()
    report = job.items.get().report
    photo, alpha = drawn(CREAM, (244, 226, 180))
    made = pixels(image)
    transform = np.array(report["transforms"][0])
    inside = onto_canvas(alpha, transform, made.shape[:2]) >= 1
    assert (made[inside] == onto_canvas(photo, transform, made.shape[:2])[inside]).all()
    assert image.scores["fidelity"]["passed"]
    assert image.scores["fidelity"]["composed_exact"]
    assert [one["photo"] for one in image.scores["fidelity_by_product"]] == image.sources
    assert image.scores["cut_out"]["brought"]
    assert image.blockers == []


def test_a_lossy_file_is_certified_as_it_is_stored_and_a_long_one_file_by_file() -> None:
    products = [brought(f"mug{k}", TEAL, (205, 216, 240)) for k in range(5)]
    job = finished(products, mode="column", slices=True, format="jpeg")
    images = list(job.images.order_by("slot"))
    assert len(images) > 1
    assert sum(len(image.sources) for image in images) == 5
    for image in images:
        assert len(image.scores["fidelity_by_product"]) == len(image.sources)
        assert image.scores["fidelity"]["passed"], image.scores["fidelity"]["failures"]
        assert not image.scores["fidelity"]["exact"]
        assert image.scores["fidelity"]["composed_exact"]


def test_what_compression_spoils_is_not_published(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.PRODGEN = {**settings.PRODGEN, "QUALITY": 10}
    monkeypatch.setattr("prodgen_django.recipes.certificates.GENTLER", ())
    image = finished([brought("mug", TEAL, (200, 210, 220))], mode="row", format="jpeg").images.get()
    assert [blocker["code"] for blocker in image.blockers] == ["fidelity"]
    assert "mug does not look as in its photo" in image.blockers[0]["message"]


def test_the_least_sure_cut_out_speaks_for_all(monkeypatch: pytest.MonkeyPatch) -> None:
    sure, doubtful = drawn(CREAM, (200, 210, 220)), drawn(TEAL, (150, 160, 150))
    place = (0.1, 0.2, 0.4, 0.5, "missing")

    def found(photo: np.ndarray, box: object = None) -> CutOut:
        if (photo[0, 0] == sure[0][0, 0]).all():
            return CutOut(sure[1], 0.98, ())
        return CutOut(doubtful[1], 0.2, ("The handle may be missing.",), places=(place,))

    monkeypatch.setattr(outlines, "found_outline", found)
    job = finished([product("sure", sure[0]), product("doubtful", doubtful[0])], mode="row")
    image = job.images.get()
    cut = image.scores["cut_out"]
    assert cut["poor"]
    assert cut["photo"] == "doubtful.png"
    assert cut["places"] == [list(place)]
    assert "doubtful: The handle may be missing." in image.scores["notes"]
    assert image.scores["fidelity"]["passed"]
    other = finished([product("other", sure[0])], mode="row").images.get()
    result = review.apply("approve", [image, other], review.SYSTEM)
    assert [refused.pk for refused, _why in result.refused] == [image.pk]


def test_a_photo_in_which_nothing_is_found_or_that_cuts_its_product_stays_whole(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    photo, alpha = drawn(TEAL, (200, 180, 150))
    cropped, part = photo[:, 150:].copy(), alpha[:, 150:].copy()

    def found(seen: np.ndarray, box: object = None) -> CutOut:
        if seen.shape == cropped.shape:
            return CutOut(part, 0.95, ())
        raise ItemFailed("no_product", "Nothing stands out.")

    monkeypatch.setattr(outlines, "found_outline", found)
    products = [brought("mug", CREAM, (90, 90, 90)), product("scene", photo), product("detail", cropped)]
    job = finished(products, mode="grid")
    image, report = job.images.get(), job.items.get().report
    assert report["whole"] == [False, True, True]
    assert image.scores["cut_out"]["photo"] == "mug.png"
    notes = " ".join(image.scores["notes"])
    assert "scene is shown as its whole photo: no product was found in it." in notes
    assert "detail is shown as its whole photo: its edge cuts the product off." in notes
    made = pixels(image)
    transform = np.array(report["transforms"][1])
    wanted = onto_canvas(photo, transform, made.shape[:2])
    left, top, wide, tall = report["cells"][1]
    middle = np.s_[top + tall // 4 : top + 3 * tall // 4, left + wide // 4 : left + 3 * wide // 4]
    np.testing.assert_allclose(made[middle].astype(int), wanted[middle], atol=1)


def test_a_drawn_outline_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    photo, alpha = drawn(TEAL, (200, 180, 150))
    monkeypatch.setattr(
        "prodgen_django.studio.cut_out_by_hand",
        lambda seen, mask, own=None: CutOut(alpha, 1.0, (), corrected=True),
    )
    mask = np.repeat(((alpha > 0.5) * np.uint8(255))[..., None], 3, 2)
    name = save_content("cutouts", encode_image(mask, format="png", source_type=None), "png")
    CutOutCorrection.objects.create(photo="mug.png", mask=name)
    image = finished([product("mug", photo)], mode="row").images.get()
    assert image.scores["cut_out"]["corrected"]


def test_products_are_as_large_beside_each_other_as_the_catalogue_says(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(DrawnCatalog, "heights", {"lamp": 120.0, "mug": 40.0})
    products = [brought("lamp", TEAL, (220, 220, 220)), brought("mug", TEAL, (220, 220, 220))]
    for wanted, ratio in ((True, 3.0), (False, 1.0)):
        report = finished(products, mode="row", true_sizes=wanted).items.get().report
        assert report["true_sizes"] == wanted
        scales = [matrix[0][0] for matrix in report["transforms"]]
        assert scales[0] / scales[1] == pytest.approx(ratio, abs=0.05)


def test_photos_can_stand_side_by_side_as_they_are() -> None:
    grounds = [(244, 226, 180), (120, 140, 180)]
    products = [product(f"scene{k}", drawn(TEAL, ground)[0]) for k, ground in enumerate(grounds)]
    image = finished(products, mode="row", cut_out=False).images.get()
    made = pixels(image)
    for ground in grounds:
        assert (np.abs(made.astype(int) - ground).max(2) <= 1).mean() > 0.1
    assert "fidelity" not in image.scores
