"""What is asked for beyond the join: painted corners, pictures that meet despite parallax, a GPU, many pictures."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from prodgen_django.stitching import StitchError, slices, stitch
from prodgen_django.stitching.bands import correction
from prodgen_django.stitching.graph import shared_words

from .scenes import Shot, cloth, packshot, shoot


@pytest.fixture(scope="module")
def scene() -> np.ndarray:
    return cloth(1)


@pytest.fixture(scope="module")
def pair(scene: np.ndarray) -> list[Shot]:
    return [
        shoot(scene, (330, 380), gain=1.05, vignette=0.2, seed=1),
        shoot(scene, (600, 430), turn=6, zoom=1.05, tilt=0.08, gain=0.85, seed=2),
    ]


def test_painted_corners_are_marked_as_generated(pair: list[Shot]) -> None:
    images = [s.image for s in pair]
    result = stitch(images, crop="inpaint")
    whole = stitch(images, crop="none")
    rectangle = stitch(images, crop="rectangle")
    assert result.mask.all()
    assert result.generated is not None
    assert 0 < result.generated.mean() < 0.12
    assert result.source_type == "compositeWithTrainedAlgorithmicMedia"
    assert result.report["generated_share"] == pytest.approx(result.generated.mean(), abs=1e-3)
    assert any("painted by a trained model" in w for w in result.report["warnings"])
    assert rectangle.image.size < result.image.size <= whole.image.size
    # Photographed pixels stay what they were.
    shift = (result.transforms[0] @ np.linalg.inv(whole.transforms[0]))[:2, 2].round().astype(int)
    height, width = result.image.shape[:2]
    same = whole.image[-shift[1] : height - shift[1], -shift[0] : width - shift[0]]
    np.testing.assert_array_equal(result.image[~result.generated], same[~result.generated])
    assert rectangle.generated is None
    assert rectangle.source_type == "compositeCapture"


def test_near_and_far_things_meet(scene: np.ndarray) -> None:
    # The second camera stood elsewhere: the middle band of the scene moved by nine pixels against the rest.
    y = np.mgrid[: scene.shape[0], : scene.shape[1]][0].astype(np.float32)
    moved = 9 * np.exp(-(((y - 400) / 120) ** 2))
    x = np.mgrid[: scene.shape[0], : scene.shape[1]][1].astype(np.float32)
    other = cv2.remap(scene, x + moved, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT101)
    images = [shoot(scene, (330, 400), seed=1).image, shoot(other, (560, 400), seed=2).image]
    result = stitch(images)
    checks = result.report["checks"]
    assert checks["parallax_difference_after"] < 0.7 * checks["parallax_difference_before"]
    assert "parallax_difference_before" not in stitch(images, parallax=False).report["checks"]


def test_pictures_that_agree_are_not_bent(pair: list[Shot]) -> None:
    assert "parallax_difference_before" not in stitch([s.image for s in pair]).report["checks"]


def test_torch_gives_the_same_picture(pair: list[Shot]) -> None:
    images = [s.image for s in pair]
    one, other = stitch(images, crop="none"), stitch(images, crop="none", device="cpu")
    assert one.image.shape == other.image.shape
    assert (one.mask != other.mask).mean() < 0.002
    both = one.mask & other.mask
    apart = np.abs(one.image[both].astype(int) - other.image[both])
    assert np.percentile(apart, 99) <= 1
    assert apart.mean() < 0.4
    for a, b in zip(one.transforms, other.transforms, strict=True):
        np.testing.assert_allclose(a, b, atol=1e-3)


def test_coarse_bands_hide_a_step_and_leave_agreement_alone() -> None:
    from prodgen_django.stitching.canvas import Warp
    from prodgen_django.stitching.relit import depth
    from prodgen_django.stitching.small import Small

    def small(left: int, level: float) -> tuple[Small, np.ndarray]:
        pixels = np.full((60, 100, 3), level, np.uint8)
        mask = np.full((60, 100), 255, np.uint8)
        warp = Warp(0, (100, 60), (left, 0, left + 100, 60), np.eye(3))
        return Small(
            warp, (left, 0, left + 100, 60), pixels, mask, np.zeros((4, 4), np.float32)
        ), pixels.astype(np.float32)

    def blend(step: float) -> tuple[np.ndarray, np.ndarray | None]:
        (a, lit_a), (b, lit_b) = small(0, 100), small(60, 100 + step)
        maps = [np.zeros((60, 100), np.float32) for _ in range(2)]
        maps[0][:, :80], maps[1][:, 20:] = 1, 1
        added = correction([a, b], [lit_a, lit_b], [depth(a), depth(b)], maps, (60, 160))
        plain = np.zeros((60, 160), np.float32)
        plain[:, :80], plain[:, 80:] = 100, 100 + step
        return plain, added

    plain, added = blend(30)
    assert added is not None
    mixed = plain + added[..., 0]
    assert np.abs(np.diff(mixed, axis=1)).max() < 6  # it was 30
    np.testing.assert_allclose(mixed[:, [2, 157]], plain[:, [2, 157]], atol=2)
    assert blend(0)[1] is None


def test_a_turntable_is_recognised() -> None:
    frames = [packshot(3, (120, 150), where=(0.5 + 0.01 * (k % 3), 0.5)) for k in range(24)]
    result = stitch(frames)
    assert result.report["mode"] == "strip"
    assert "24 frames" in result.report["why"]
    with pytest.raises(
        StitchError
    ):  # 23 of the same are no turn; they share one picture's content or nothing
        stitch([packshot(k, (120, 150)) for k in range(5)])


def test_a_long_picture_is_cut_between_its_photos(scene: np.ndarray) -> None:
    details = [shoot(scene, (300 + 40 * k, 380), (500, 420), seed=k).image for k in range(6)]
    result = stitch(details, mode="column")
    parts = slices(result)
    assert result.image.shape[1] == 750
    assert len(parts) > 1
    assert sum(len(p) for p in parts) == len(result.image)
    edges = {top for _, top, _, _ in result.report["cells"]} | {len(result.image)}
    assert all(bottom in edges for _, bottom in result.report["slices"])


def test_neighbours_of_many_pictures_are_found_without_comparing_all() -> None:
    rng = np.random.default_rng(0)
    # Forty pictures in a row: each shares a third of its features, slightly changed, with the next.
    pool = rng.normal(size=(41 * 40, 64)).astype(np.float32)
    pictures = [
        pool[40 * k : 40 * k + 60] + rng.normal(0, 0.1, (60, 64)).astype(np.float32) for k in range(40)
    ]
    votes = shared_words(pictures)
    assert (votes == votes.T).all()
    for k in range(39):
        assert k + 1 in np.argsort(-votes[k])[:3]
