"""Empty corners: a scene is cropped, something flat hardly cut into, and what a smear would show is left plain."""

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


def test_no_corner_is_black_and_none_shows_a_smear_beside_a_texture() -> None:
    result = stitch([turned(0), turned(10, 9)])
    assert result.report["mode"] == "planar"
    assert 0 < 1 - result.mask.mean() < 0.08  # cut off as far as that goes
    assert (result.image[~result.mask] == 255).all()
    assert any("left plain" in sentence for sentence in result.report["warnings"])


def test_a_flat_product_is_hardly_cut_into_and_keeps_its_plain_corners() -> None:
    scene = cloth(12)
    shots = [shoot(scene, (330, 330)), shoot(scene, (560, 460), turn=24, zoom=1.2)]
    images = [s.image for s in shots]
    whole, result = stitch(images, crop="none"), stitch(images, background=(250, 240, 230))
    assert result.report["crop"] == "extend"
    assert result.mask.sum() >= 0.94 * whole.mask.sum()
    assert (result.image[~result.mask] == (250, 240, 230)).all()
    assert any("left plain" in sentence for sentence in result.report["warnings"])


def test_a_smooth_wall_goes_on_into_the_corners_without_a_step() -> None:
    scene = cloth(12)
    height, width = scene.shape[:2]
    y, x = np.mgrid[:height, :width]
    wall = np.stack([90 + 80 * x / width, 120 + 60 * y / height, 150 - 40 * x / width], 2)
    print_ = np.clip((150 - np.hypot(x - width / 2, y - height / 2)) / 30, 0, 1)[..., None]
    scene = (scene * print_ + wall * (1 - print_)).astype(np.uint8)
    shots = [
        shoot(scene, (width / 2 - 100, height / 2 - 60)),
        shoot(scene, (width / 2 + 100, height / 2 + 60), turn=12, zoom=1.1),
    ]
    result = stitch([s.image for s in shots])
    assert result.report["crop"] == "extend"
    assert 0.05 < 1 - result.mask.mean() < 0.2
    rim = cv2.dilate((~result.mask).astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    step = np.abs(np.diff(cv2.blur(result.image, (5, 5)).astype(int), axis=1)).max(2)
    assert np.percentile(step[rim[:, 1:]], 99) < 8
    sentence = next(s for s in result.report["warnings"] if "continues the colours" in s)
    assert "left plain" not in sentence


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
