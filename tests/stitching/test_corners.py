"""Empty corners: a scene is cropped, something flat is not cut into, nothing black is left beside a sky."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from prodgen_django.stitching import stitch
from prodgen_django.stitching.corners import what_is_shown
from prodgen_django.stitching.crop import extend, nearly_full

from .scenes import cloth, shoot


def turned(
    yaw: float, pitch: float = 0.0, focal: float = 500.0, size: tuple[int, int] = (440, 330)
) -> np.ndarray:
    """A far, flat backdrop seen by a camera that turned on the spot (degrees)."""
    lens = np.array([[focal, 0, size[0] / 2], [0, focal, size[1] / 2], [0, 0, 1]])
    turn = cv2.Rodrigues(np.deg2rad([pitch, yaw, 0.0]))[0]
    far = np.array([[focal, 0, 800.0], [0, focal, 500.0], [0, 0, 1]])
    back = far @ turn @ np.linalg.inv(lens)
    flags = cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP
    return cv2.warpPerspective(cloth(11, 1600, 1000), back, size, flags=flags)


def test_a_camera_that_turned_leaves_no_black_corner() -> None:
    result = stitch([turned(0), turned(10, 9)])
    assert result.report["mode"] == "planar"
    assert result.report["crop"] == "extend"
    assert 0 < 1 - result.mask.mean() < 0.15
    assert result.image[~result.mask].mean(1).min() > 20
    # What continues does so without a step.
    rim = cv2.dilate((~result.mask).astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    step = np.abs(np.diff(cv2.blur(result.image, (5, 5)).astype(int), axis=1)).max(2)
    assert np.median(step[rim[:, 1:]]) < 8
    assert any("was not photographed" in sentence for sentence in result.report["warnings"])


def test_a_flat_product_is_hardly_cut_into_and_has_no_black_corners() -> None:
    scene = cloth(12)
    shots = [shoot(scene, (330, 330)), shoot(scene, (560, 460), turn=24, zoom=1.2)]
    images = [s.image for s in shots]
    whole, result = stitch(images, crop="none"), stitch(images)
    assert result.report["crop"] == "extend"
    assert result.mask.sum() >= 0.94 * whole.mask.sum()
    # What was not photographed is no black hole, and is told apart from what was.
    assert 0 < 1 - result.mask.mean() < 0.5
    assert np.percentile(result.image[~result.mask].max(1), 1) > 30
    assert any("was not photographed" in sentence for sentence in result.report["warnings"])


@pytest.mark.parametrize(
    ("curved", "apart", "misturn", "scene"),
    [
        (True, 0.0, 9.0, "panorama"),
        (False, 0.04, 1.2, "depth"),
        (False, 0.04, 1.5, "flat"),  # a fold on cloth is no landscape
        (False, 0.0, 1.01, "turned"),
        (False, 0.0, 1.2, "flat"),
    ],
)
def test_what_is_shown(curved: bool, apart: float, misturn: float, scene: str) -> None:
    assert what_is_shown(curved, apart, misturn) == scene


def test_a_frame_around_the_photographs_does_not_bleed_into_the_corners() -> None:
    image = np.full((80, 120, 3), (40, 80, 160), np.uint8)
    mask = np.ones((80, 120), bool)
    mask[:20, :50] = False
    image[20:22, :52] = image[:22, 50:52] = 255
    image[~mask] = 0
    painted = extend(image, mask)
    np.testing.assert_allclose(painted[:20, :50].reshape(-1, 3), np.full((1000, 3), (40, 80, 160)), atol=1)


def test_cropping_stops_before_it_costs_too_much() -> None:
    mask = np.zeros((300, 300), bool)
    mask[:, 100:200] = mask[100:200] = True  # a cross: no crop of it is nearly full and keeps much
    left, top, right, bottom = nearly_full(mask, 0.03, keep=0.9)
    assert mask[top:bottom, left:right].sum() >= 0.9 * mask.sum()
