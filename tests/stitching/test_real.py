"""The photographs that stand beside the project: what a person would see to be wrong is caught here."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from prodgen_django.stitching import StitchError, stitch

pytestmark = pytest.mark.data

#: Small enough to run in a test, and each hard in its own way: a page whose lettering prints twice under an affine
#: map, a wide river that a plane would make a bow-tie, exposures apart, a stranger among four, near and far things.
SETS = {"newspaper": 4, "boat": 6, "exposure": 2, "weir_outlier": 3, "railtracks": 2}


def load(folder: Path) -> tuple[list[np.ndarray], dict[str, Any]]:
    meta = json.loads((folder / "meta.json").read_text())
    pictures = [cv2.imread(str(folder / name)) for name in meta["images"]]
    return [np.ascontiguousarray(p[..., ::-1]) for p in pictures if p is not None], meta


@pytest.fixture(scope="module")
def real(shared_data: Path) -> Path:
    return shared_data / "stitching" / "real"


@pytest.mark.parametrize(("name", "used"), SETS.items())
def test_real_sets_are_stitched_whole(real: Path, name: str, used: int) -> None:
    images, _ = load(real / name)
    result = stitch(images)
    assert sum(i["used"] for i in result.report["inputs"]) == used
    for entry in result.report["inputs"]:
        assert entry["used"] or entry["reason"]
    # Every used picture is found where its transform says: structure, not light, is compared.
    for image, transform in zip(images, result.transforms, strict=True):
        if transform is None or result.report["mode"] == "panorama":
            continue
        size = (image.shape[1], image.shape[0])
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        back = cv2.warpPerspective(result.image, transform, size, flags=flags)
        seen = (
            cv2.warpPerspective(result.mask.astype(np.uint8), transform, size, flags=cv2.WARP_INVERSE_MAP) > 0
        )
        assert seen.mean() > 0.5
        a, b = (_structure(p) for p in (image, back))
        assert np.corrcoef(a[seen], b[seen])[0, 1] > 0.8


def _structure(picture: np.ndarray) -> np.ndarray:
    grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY).astype(np.float32)
    return cv2.GaussianBlur(grey, (0, 0), 1.5) - cv2.GaussianBlur(grey, (0, 0), 12)


def test_what_light_cannot_explain_leaves_no_edge_in_the_sky(real: Path) -> None:
    images, _ = load(real / "exposure")
    result = stitch(images, crop="none")
    # The upper third is sky; its steps from column to column, wires aside, stay small.
    sky = cv2.GaussianBlur(result.image[100:190].astype(np.float32), (0, 0), 2.0)
    inside = cv2.erode(result.mask[100:190].astype(np.uint8), np.ones((9, 9), np.uint8)) > 0
    step = np.abs(np.diff(sky, axis=1)).max(2)[inside[:, 1:]]
    assert np.percentile(step, 99) < 6


def test_river_becomes_a_panorama_and_says_why(real: Path) -> None:
    images, _ = load(real / "boat")
    result = stitch(images)
    assert result.report["mode"] == "panorama"
    assert "turned on the spot" in result.report["why"]
    assert result.image.shape[1] < 3 * images[0].shape[1]  # a plane would be a bow-tie many times as wide
    assert result.image.shape[0] > 0.7 * images[0].shape[0]


@pytest.mark.parametrize("name", ["exposure", "hill", "railtracks", "scottsdale", "weir"])
def test_scenes_have_no_black_corners_and_lose_nothing(real: Path, name: str) -> None:
    images, _ = load(real / name)
    result = stitch(images)
    assert result.report["crop"] in ("rectangle", "extend")
    assert result.image[~result.mask].mean() > 20 if not result.mask.all() else True
    # A plane would draw scottsdale as a bow-tie, ten times as large at its ends.
    assert (result.report["mode"] == "panorama") == (name == "scottsdale")
    height, width = result.mask.shape
    for image, transform in zip(images, result.transforms, strict=True):
        if transform is None or result.report["mode"] == "panorama":
            continue
        rows, columns = image.shape[:2]
        corners = np.array([[[0, 0], [columns, 0], [columns, rows], [0, rows]]], np.float64)
        placed = cv2.perspectiveTransform(corners, transform)[0]
        assert (placed > -0.03 * max(height, width)).all()
        assert (placed < np.array([width, height]) + 0.03 * max(height, width)).all()


def test_strangers_are_refused(real: Path) -> None:
    for folder in sorted(real.glob("neg_*"))[:2]:
        with pytest.raises(StitchError) as refused:
            stitch(load(folder)[0])
        assert refused.value.code in ("no_overlap", "ambiguous", "too_few_features")


def test_an_overlap_with_few_corners_is_aligned_by_all_its_pixels(real: Path) -> None:
    """Noise, JPEG and glossy paper leave a few dozen points to follow; the whole overlap still agrees."""
    images, meta = load(real.parent / "synthetic" / "extreme_09")
    result = stitch(images)
    first, second = (np.array(g) for g in meta["G"])
    truth = np.linalg.inv(second) @ first
    placed = [t for t in result.transforms if t is not None]
    found = np.linalg.inv(placed[1]) @ placed[0]
    width, height = meta["size"][0]
    grid = np.stack(np.meshgrid(np.arange(0.0, width, 20), np.arange(0.0, height, 20)), -1).reshape(-1, 1, 2)
    there, here = (cv2.perspectiveTransform(grid, m).reshape(-1, 2) for m in (truth, found))
    shared = ((there >= 0) & (there < meta["size"][1])).all(1)
    assert shared.sum() > 50
    assert np.median(np.linalg.norm(there - here, axis=1)[shared]) < 4
    assert "correlation" in result.report["edges"][0]
