"""Where products stand in their pictures, and how large a strip shows them."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from prodgen_django.stitching import stitch

from .scenes import packshot


def test_a_shadow_apart_from_the_product_does_not_move_it() -> None:
    bare = packshot(3, ground=240)
    shaded = bare.astype(np.float32)
    soft = np.zeros(bare.shape[:2], np.float32)
    cv2.ellipse(soft, (150, 335), (80, 6), 0, 0, 360, 1, -1)
    shaded *= (1 - 0.4 * cv2.GaussianBlur(soft, (0, 0), 7))[..., None]
    transforms = [stitch([im], "grid").transforms[0] for im in (bare, shaded.astype(np.uint8))]
    np.testing.assert_allclose(transforms[0], transforms[1], atol=1.5)


class TestStrips:
    def test_rows_are_filled_evenly(self) -> None:
        cells = stitch([packshot(k) for k in range(8)], "strip").report["cells"]
        assert len({left for left, _, _, _ in cells}) == 4

    def test_unlike_products_are_neither_giants_nor_dwarfs(self) -> None:
        wide, tall = (np.full((300, 300, 3), 245, np.uint8) for _ in range(2))
        wide[130:170, 40:260] = (20, 60, 120)
        tall[30:270, 120:180] = (120, 60, 20)
        image = stitch([wide, tall], "strip").image.astype(int)
        left, right = ((half < 200).any(2).sum() for half in (image[:, :300], image[:, 300:]))
        assert left == pytest.approx(right, rel=0.1)

    def test_a_turning_product_keeps_its_height(self) -> None:
        frames = []
        for width in (200, 120, 40):
            frame = np.full((300, 300, 3), 245, np.uint8)
            frame[60:250, 150 - width // 2 : 150 + width // 2] = (20, 60, 120)
            frames.append(frame)
        image = stitch(frames, "strip").image.astype(int)
        rows = [(part < 200).any(2).any(1).sum() for part in np.split(image, 3, axis=1)]
        assert np.ptp(rows) <= 2
