"""The light of a bundle: one ground where light explains the difference, and a report of what was done."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from prodgen_django.stitching import StitchError, stitch

from .scenes import cloth, packshot


def on_ground(colour: tuple[int, int, int], light: float = 1.0, seed: int = 0) -> np.ndarray:
    """A pale product with a print in the middle of a plain ground."""
    picture = np.empty((200, 200, 3), np.float32)
    picture[:] = colour
    picture[50:150, 60:140] = (196, 196, 196)
    picture[80:110, 80:120] = cloth(seed, 40, 30)
    return np.clip(picture * light, 0, 255).astype(np.uint8)


def product(result: np.ndarray, number: int, count: int) -> np.ndarray:
    """The colour of the product in the middle of a picture of a row, above its print."""
    width = result.shape[1] / count
    x, y = round((number + 0.5) * width), round(0.3 * result.shape[0])
    return result[y - 3 : y + 4, x - 3 : x + 4].reshape(-1, 3).mean(0)


def test_what_was_done_to_each_pictures_light_is_reported() -> None:
    images = [on_ground((230, 230, 230), light) for light in (1.0, 0.8, 0.9)] + [cloth(5, 200, 200)]
    report = stitch(images, "row").report
    lights = [i["light"] for i in report["inputs"]]
    assert [light["rule"] for light in lights] == ["background"] * 3 + ["brightness"]
    assert [light["gain"][0] for light in lights[:3]] == pytest.approx([0.9, 1.125, 1.0], abs=0.02)
    assert not any(light["network"] or light["bounded"] for light in lights[:3])
    assert max(light["apart"] for light in lights[:3]) < 2
    assert any("picture 4" in sentence for sentence in report["warnings"])


def test_another_backdrop_is_no_other_light_and_dyes_no_product() -> None:
    blue = on_ground((40, 90, 190))
    images = [on_ground((250, 250, 250)), blue, on_ground((244, 246, 248))]
    result = stitch(images, "row", gutter=0)
    lights = [i["light"] for i in result.report["inputs"]]
    assert [light["rule"] for light in lights] == ["background", "own", "background"]
    assert lights[1]["apart"] > 100
    np.testing.assert_allclose(product(result.image, 1, 3), (196, 196, 196), atol=2)
    assert any("Picture 2 stands on another background" in s for s in result.report["warnings"])


def test_a_dark_ground_says_nothing_about_the_light_on_the_product() -> None:
    images = [on_ground((10, 10, 10)), on_ground((22, 22, 22)), on_ground((16, 16, 16))]
    result = stitch(images, "row", gutter=0)
    for number in range(3):
        np.testing.assert_allclose(product(result.image, number, 3), (196, 196, 196), atol=3)
    top = result.image[4].astype(int)
    assert np.ptp(top) <= 3  # and the grounds meet all the same


def test_light_that_is_not_to_be_touched_is_not() -> None:
    images = [on_ground((230, 230, 230), light) for light in (1.0, 0.7)]
    result = stitch(images, "row", harmonise=False)
    assert [i["light"]["rule"] for i in result.report["inputs"]] == ["off", "off"]
    np.testing.assert_allclose(product(result.image, 1, 2), [196 * 0.7] * 3, atol=2)


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
        image = stitch([wide, tall], "strip", harmonise=False).image.astype(int)
        left, right = ((half < 200).any(2).sum() for half in (image[:, :300], image[:, 300:]))
        assert left == pytest.approx(right, rel=0.1)

    def test_a_turning_product_keeps_its_height(self) -> None:
        frames = []
        for width in (200, 120, 40):
            frame = np.full((300, 300, 3), 245, np.uint8)
            frame[60:250, 150 - width // 2 : 150 + width // 2] = (20, 60, 120)
            frames.append(frame)
        image = stitch(frames, "strip", harmonise=False).image.astype(int)
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

    @pytest.mark.parametrize("mode", ["row", "planar"])
    def test_a_network_can_be_chosen_and_switched_off(self, mode: str, weights: Path) -> None:
        scene = cloth(2, 560, 320)
        images = [scene[:, :340].copy(), (scene[:, 200:] * 0.8).astype(np.uint8)]
        with_it, without, off = (
            stitch(images, mode, **options)
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
    if "light" in report:
        return bool(report["light"]["network"])
    return all(i["light"]["network"] for i in report["inputs"])
