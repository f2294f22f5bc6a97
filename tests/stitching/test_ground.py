"""Where products stand in their pictures, how large a strip shows them, and which network for light a stitch asks."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from prodgen_django.stitching import StitchError, stitch

from .scenes import cloth, packshot


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


class TestWeights:
    @pytest.fixture
    def weights(self, tmp_path: Path) -> Path:
        torch = pytest.importorskip("torch")
        from prodgen_django.gan.checkpoint import write_checkpoint
        from prodgen_django.stitching.learned.network import SeamLight

        torch.manual_seed(1)
        net = SeamLight()
        for parameter in net.parameters():
            torch.nn.init.normal_(parameter, 0, 0.08)
        path = tmp_path / "light.safetensors"
        write_checkpoint(path, net.state_dict(), {"task": "seam"})
        return path

    def test_a_network_can_be_chosen_and_switched_off(self, weights: Path) -> None:
        scene = cloth(2, 560, 320)
        images = [scene[:, :340].copy(), (scene[:, 200:] * 0.8).astype(np.uint8)]
        with_it, without, off = (
            stitch(images, "planar", **options)
            for options in ({"weights": weights}, {}, {"weights": weights, "learned": False})
        )
        assert not np.array_equal(with_it.image, without.image)
        np.testing.assert_array_equal(off.image, without.image)
        assert used(with_it.report)
        assert not used(without.report)
        assert not used(off.report)

    @pytest.mark.parametrize("content", [None, b"not weights"])
    def test_a_file_that_is_none_is_refused(self, content: bytes | None, tmp_path: Path) -> None:
        path = tmp_path / "light.safetensors"
        if content is not None:
            path.write_bytes(content)
        with pytest.raises(StitchError, match=r"light\.safetensors") as refused:
            stitch([cloth(1, 60, 60)] * 2, "row", weights=path)
        assert refused.value.code == "bad_input"


def used(report: dict) -> bool:
    return bool(report["light"]["network"])
