"""Empty corners: nothing that was photographed is cut off for them, and what a smear would show is left plain."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
import pytest

from prodgen_django.stitching import stitch
from prodgen_django.stitching.crop import extend

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
    assert 0.05 < 1 - result.mask.mean() < 0.2
    assert (result.image[~result.mask] == 255).all(1).mean() > 0.7  # all but slivers
    assert any("left plain" in sentence for sentence in result.report["warnings"])


def flat(turn: float, zoom: float) -> list[np.ndarray]:
    scene = cloth(12)
    return [shoot(scene, (330, 330)).image, shoot(scene, (560, 460), turn=turn, zoom=zoom).image]


@pytest.mark.parametrize(
    "images",
    [
        pytest.param(lambda: flat(24, 1.2), id="something flat, photographed askew"),
        pytest.param(lambda: flat(2, 1.0), id="something flat, by a steady hand"),
        pytest.param(lambda: [turned(0), turned(10, 9)], id="a camera that turned"),
        pytest.param(lambda: [turned(0), turned(14, 2), turned(28, -2)], id="a camera that turned further"),
    ],
)
def test_nothing_that_was_photographed_is_cut_off(images: Callable[[], list[np.ndarray]]) -> None:
    shots = images()
    whole, result = stitch(shots, crop="none"), stitch(shots)
    assert result.mask.sum() >= 0.98 * whole.mask.sum()
    assert result.report["crop"] in ("extend", "rectangle", "none")


def test_plain_corners_take_the_colour_that_was_asked_for() -> None:
    result = stitch(flat(24, 1.2), background=(250, 240, 230))
    assert result.report["crop"] == "extend"
    assert (result.image[~result.mask] == (250, 240, 230)).all(1).mean() > 0.8
    assert any("left plain" in sentence for sentence in result.report["warnings"])


def test_a_rectangle_has_to_be_asked_for() -> None:
    whole, cut = stitch(flat(24, 1.2)), stitch(flat(24, 1.2), crop="rectangle")
    assert cut.mask.all()
    assert cut.mask.sum() < 0.9 * whole.mask.sum()


def test_a_smooth_wall_goes_on_into_the_corners_without_a_step() -> None:
    scene = cloth(12)
    height, width = scene.shape[:2]
    y, x = np.mgrid[:height, :width]
    wall = np.stack([90 + 80 * x / width, 120 + 60 * y / height, 150 - 40 * x / width], 2)
    print_ = np.clip((150 - np.hypot(x - width / 2, y - height / 2)) / 30, 0, 1)[..., None]
    scene = (scene * print_ + wall * (1 - print_)).astype(np.uint8)
    shots = [
        shoot(scene, (width / 2 - 60, height / 2 - 35)),
        shoot(scene, (width / 2 + 60, height / 2 + 35), turn=10, zoom=1.1),
    ]
    result = stitch([s.image for s in shots])
    assert result.report["crop"] == "extend"
    assert 0.05 < 1 - result.mask.mean() < 0.2
    rim = cv2.dilate((~result.mask).astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    step = np.abs(np.diff(cv2.blur(result.image, (5, 5)).astype(int), axis=1)).max(2)
    assert np.percentile(step[rim[:, 1:]], 99) < 8
    sentence = next(s for s in result.report["warnings"] if "continues the colours" in s)
    assert "left plain" not in sentence


def test_a_frame_around_the_photographs_does_not_bleed_into_the_corners() -> None:
    image = np.full((80, 120, 3), (40, 80, 160), np.uint8)
    mask = np.ones((80, 120), bool)
    mask[:20, :50] = False
    image[20:22, :52] = image[:22, 50:52] = 255
    image[~mask] = 0
    painted = extend(image, mask)
    np.testing.assert_allclose(painted[:20, :50].reshape(-1, 3), np.full((1000, 3), (40, 80, 160)), atol=1)
