"""What is missing on one side of a product that is alike on both: given back, and nothing else."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prodgen_django.imagefile import load_image
from prodgen_django.studio import cut_out_report
from prodgen_django.studio.outline.symmetry import completed

Mask = np.ndarray


def _bottle() -> Mask:
    """A body 90 px wide with a neck and a cap, upright in 400×400."""
    mask = np.zeros((400, 400), np.uint8)
    cv2.rectangle(mask, (155, 150), (245, 340), 1, -1)
    cv2.fillConvexPoly(mask, np.array([[155, 150], [180, 110], [220, 110], [245, 150]]), 1)
    cv2.rectangle(mask, (178, 80), (222, 112), 1, -1)
    return mask == 1


def _turned(mask: Mask, degrees: float, dx: float, dy: float, mirrored: bool) -> Mask:
    matrix = cv2.getRotationMatrix2D((200, 210), degrees, 0.9)
    matrix[:, 2] += dx, dy
    found = cv2.warpAffine(mask.astype(np.uint8), matrix, (400, 400), flags=cv2.INTER_NEAREST) == 1
    return found[:, ::-1] if mirrored else found


def _seen(mask: Mask, doubted: Mask | None = None) -> np.ndarray:
    """As a network sees it that looks at 128 px and is not sure about what is `doubted`."""
    sure = mask * 0.96 + 0.02 + (0.3 * doubted if doubted is not None else 0.0)
    small = cv2.resize(sure.astype(np.float32), (128, 128), interpolation=cv2.INTER_AREA)
    return cv2.resize(small, (400, 400), interpolation=cv2.INTER_LINEAR)


def _overlap(first: Mask, second: Mask) -> float:
    return float((first & second).sum() / (first | second).sum())


@given(
    degrees=st.floats(-180, 180),
    dx=st.floats(-30, 30),
    dy=st.floats(-20, 20),
    mirrored=st.booleans(),
    top=st.integers(165, 200),
    deep=st.integers(30, 42),
)
def test_a_label_that_the_network_missed_is_given_back(
    degrees: float, dx: float, dy: float, mirrored: bool, top: int, deep: int
) -> None:
    bitten = _bottle()
    bitten[top : top + 110, 246 - deep :] = False
    whole, bitten = (_turned(mask, degrees, dx, dy, mirrored) for mask in (_bottle(), bitten))
    seen = _seen(bitten, doubted=whole & ~bitten)
    found = completed(seen)
    assert _overlap(found > 0.5, whole) > 0.96
    assert (found >= seen).all()
    assert found.max() <= 1


def test_what_only_one_side_has_is_not_copied_to_the_other() -> None:
    body = np.zeros((400, 400), np.uint8)
    cv2.rectangle(body, (120, 100), (260, 320), 1, -1)
    cv2.ellipse(body, (265, 210), (60, 70), 0, 0, 360, 1, 14)  # a mug's handle
    seen = _seen(body == 1)
    assert (completed(seen) == seen).all()


def test_ground_that_the_network_is_sure_of_stays_ground() -> None:
    """Under one sleeve is more room than under the other."""
    bitten = _bottle()
    bitten[200:240, 205:] = False
    seen = _seen(bitten)
    assert (completed(seen) == seen).all()
    doubted = _seen(bitten, doubted=_bottle() & ~bitten)
    assert (completed(doubted) > 0.5).sum() > (doubted > 0.5).sum()


def test_what_is_seen_through_a_handle_stays_open() -> None:
    basket = np.zeros((400, 400), np.uint8)
    cv2.ellipse(basket, (200, 200), (110, 140), 0, 0, 360, 1, -1)
    whole = basket == 1
    cv2.ellipse(basket, (260, 190), (30, 40), 0, 0, 360, 0, -1)
    seen = _seen(basket == 1, doubted=whole & (basket == 0))
    assert (completed(seen) == seen).all()


def test_what_both_sides_lack_stays_open() -> None:
    stool = np.zeros((400, 400), np.uint8)
    cv2.rectangle(stool, (100, 120), (300, 170), 1, -1)
    for left in (100, 270):
        cv2.rectangle(stool, (left, 170), (left + 30, 340), 1, -1)
    seen = _seen(stool == 1)
    assert (completed(seen) == seen).all()


@given(st.integers(0, 2**32 - 1))
def test_whatever_is_seen_nothing_is_taken_away(seed: int) -> None:
    rng = np.random.default_rng(seed)
    small = rng.random((int(rng.integers(2, 9)), int(rng.integers(2, 9)))).astype(np.float32)
    seen = np.clip(cv2.resize(small, (160, 120), interpolation=cv2.INTER_CUBIC), 0, 1)
    found = completed(seen)
    assert found.shape == seen.shape
    assert (found >= seen).all()
    for empty in (np.zeros((50, 40), np.float32), np.ones((50, 40), np.float32)):
        assert (completed(empty) == empty).all()


@pytest.mark.data
@pytest.mark.parametrize("name", ["apple", "banana", "carrot"])
def test_a_bottle_with_a_grey_label_is_cut_out_of_a_grey_cloth(shared_data: Path, name: str) -> None:
    """Half of the label has the cloth's colour: without the other half of the bottle it is lost (IoU 0.74)."""
    folder = shared_data / "packshots-640"
    truth = load_image(folder / "mask" / f"saleor-{name}-drink.png")[..., :1] / 255.0
    own = load_image(folder / "rgba" / f"saleor-{name}-drink.png", background=(128, 128, 128))
    noise = np.random.default_rng(1)
    folds = cv2.GaussianBlur(noise.normal(0, 1, (640, 640)), (0, 0), sigmaX=8, sigmaY=30)[..., None]
    cloth = np.array([205.0, 203.0, 200.0]) + 9 * folds / folds.std() + noise.normal(0, 1.5, (640, 640, 1))
    photo = np.clip(own * truth + cloth * (1 - truth), 0, 255).astype(np.uint8)
    cut = cut_out_report(photo)
    assert _overlap(cut.alpha >= 0.5, truth[..., 0] > 0.5) > 0.98
    assert not cut.poor
