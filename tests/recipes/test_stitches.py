"""Close-ups of a rug become a product picture: whole, straight, alone on one ground or on its own floor."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import pytest

from prodgen_django.imagefile import load_image
from prodgen_django.jobs import create_job
from prodgen_django.jobs.preview import preview_status, request_preview, run_preview
from prodgen_django.models import GeneratedImage, JobItem
from prodgen_django.storage import read_file
from tests.recipes import catalog
from tests.recipes.test_recipes import content, finished, product

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.django_db(transaction=True)

WIDE, HIGH = 1200, 900  # of the floor
RUG = np.array([[150, 110], [1060, 140], [1040, 780], [130, 750]], np.float32)  # lies a little aslant
FLOOR = (196, 186, 172)


def floor_with_rug() -> np.ndarray:
    """uint8 900×1200×3: a rug with a border and scattered figures on a plain floor."""
    rng = np.random.default_rng(4)
    rug = np.full((640, 910, 3), (150, 52, 44), np.uint8)
    for _n in range(420):
        x, y = (int(v) for v in rng.integers((20, 20), (890, 620)))
        colour = tuple(int(v) for v in rng.integers(20, 220, 3))
        cv2.ellipse(rug, (x, y), tuple(int(v) for v in rng.integers(5, 22, 2)), x, 0, 360, colour, -1)
    cv2.rectangle(rug, (0, 0), (909, 639), (34, 50, 82), 26)
    corners = np.float32([[0, 0], [910, 0], [910, 640], [0, 640]])
    laid = cv2.getPerspectiveTransform(corners, RUG)
    there = cv2.warpPerspective(np.ones((640, 910), np.float32), laid, (WIDE, HIGH))[..., None]
    photo = np.array(FLOOR) * (1 - there) + cv2.warpPerspective(rug, laid, (WIDE, HIGH)) * there
    return np.clip(cv2.GaussianBlur(photo, (0, 0), 0.7) + rng.normal(0, 2, photo.shape), 0, 255).astype(
        np.uint8
    )


def closeups(folder: Path, name: str, rows: list[slice]) -> None:
    whole = floor_with_rug()
    columns = [slice(0, 700), slice(500, WIDE)]
    parts = [whole[row, column] for row in rows for column in columns]
    for number, part in enumerate(parts, 1):
        bgr = np.ascontiguousarray(part[..., ::-1])
        cv2.imwrite(str(folder / f"{name}-c{number}.jpg"), bgr, [cv2.IMWRITE_JPEG_QUALITY, 95])


@pytest.fixture(autouse=True)
def _shop(settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.PRODGEN = {
        "CATALOG": "tests.recipes.catalog.FolderCatalog",
        "WORK_DIR": str(tmp_path),
        "DEVICE": "cpu",
    }
    monkeypatch.setattr(catalog, "FOLDER", tmp_path)
    closeups(tmp_path, "whole-rug", [slice(0, 560), slice(340, HIGH)])
    closeups(tmp_path, "half-rug", [slice(0, 560)])


def made(title: str, **options: Any) -> tuple[GeneratedImage, JobItem]:
    job = finished("stitch", [product(title)], mode="planar", format="png", **options)
    item = job.items.get()
    assert item.state == "done", item.error
    return job.images.get(), item


def rim(picture: np.ndarray) -> np.ndarray:
    return np.concatenate([picture[0], picture[-1], picture[:, 0], picture[:, -1]])


def test_the_rug_lies_whole_and_straight_on_one_ground_with_its_certificate() -> None:
    image, item = made("whole-rug")
    assert image.scores["fidelity"]["passed"], image.scores["fidelity"]["failures"]
    assert image.blockers == []
    assert len(image.sources) == 4
    picture = load_image(content(image))
    assert rim(picture).min() == 255
    rug = np.abs(picture.astype(int) - 255).max(2) > 40
    rows, columns = np.flatnonzero(rug.any(1)), np.flatnonzero(rug.any(0))
    # As large as it was photographed, of the proportions that it has, with straight sides and nothing of the floor.
    assert np.ptp(columns) == pytest.approx(910, rel=0.03)
    assert np.ptp(columns) / np.ptp(rows) == pytest.approx(910 / 640, rel=0.03)
    left = rug[rows[40] : rows[-40]].argmax(1)
    assert np.ptp(left) <= 5
    assert rug[rows[0] : rows[-1], columns[0] : columns[-1]].mean() > 0.985
    floor = np.abs(picture.astype(int) - FLOOR).max(2) < 14
    assert floor.mean() < 0.004
    # All four sides of the border are there.
    border = np.abs(picture.astype(int) - (34, 50, 82)).max(2) < 45
    for side in (rug[:, columns[0] + 8], rug[:, columns[-1] - 8], rug[rows[0] + 8], rug[rows[-1] - 8]):
        assert side.any()
    for strip in (border[:, columns[0] + 9], border[:, columns[-1] - 9]):
        assert strip.sum() > 0.8 * np.ptp(rows)
    assert not [said for said in item.report["sentences"] if "not show all" in said]


def test_it_keeps_its_own_floor_where_that_is_asked_for() -> None:
    image, item = made("whole-rug", cut_out=False)
    picture = load_image(content(image))
    assert np.abs(np.median(rim(picture), axis=0) - FLOOR).max() < 8
    assert item.report["crop"] == "straight"
    border = np.abs(picture.astype(int) - (34, 50, 82)).max(2) < 45
    columns = np.flatnonzero(border.sum(0) > 0.3 * picture.shape[0])
    first = border[:, columns[0] : columns[-1]].argmax(1)
    assert np.ptp(first[picture.shape[0] // 4 : 3 * picture.shape[0] // 4]) <= 6


def test_a_rug_of_which_an_end_was_not_photographed_is_not_cut_off_unsaid() -> None:
    image, item = made("half-rug")
    assert any("do not show all" in said for said in item.report["sentences"]), item.report["sentences"]
    assert "fidelity" not in image.scores


def test_a_crop_that_is_asked_for_is_what_is_made() -> None:
    image, _item = made("whole-rug", crop="rectangle")
    assert (image.width, image.height) == (pytest.approx(WIDE, rel=0.03), pytest.approx(HIGH, rel=0.03))


def test_the_preview_is_the_picture_in_small(broker: Any) -> None:
    job = create_job("stitch", products=[product("whole-rug")], options={"mode": "planar"}, draft=True)
    token = request_preview(job, job.items.get(), job.options)
    assert run_preview(job.pk, token)
    job.refresh_from_db()
    status = preview_status(job)
    assert status["state"] == "done", status
    picture = load_image(read_file(status["name"]))
    assert np.median(rim(picture)) == 255
    rug = np.abs(picture.astype(int) - 255).max(2) > 40
    rows, columns = np.flatnonzero(rug.any(1)), np.flatnonzero(rug.any(0))
    assert np.ptp(columns) / np.ptp(rows) == pytest.approx(910 / 640, rel=0.05)
    assert rug[rows[0] : rows[-1], columns[0] : columns[-1]].mean() > 0.97
