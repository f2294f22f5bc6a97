"""The certificate: whatever is done to a product is found out, and honest files of real photographs pass."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

from prodgen_django.imagefile import encode_image, load_image
from prodgen_django.studio import certify, stage, thresholds_for

Box = tuple[int, int, int, int]


def _recolour(image: np.ndarray, box: Box) -> np.ndarray:
    lab = cv2.cvtColor(image, cv2.COLOR_RGB2LAB).astype(int)
    lab[..., 1] = np.clip(lab[..., 1] + 8, 0, 255)
    return cv2.cvtColor(lab.astype(np.uint8), cv2.COLOR_LAB2RGB)


def _hue(image: np.ndarray, box: Box) -> np.ndarray:
    hsv = cv2.cvtColor(image, cv2.COLOR_RGB2HSV)
    hsv[..., 0] = (hsv[..., 0].astype(int) + 6) % 180
    return cv2.cvtColor(hsv, cv2.COLOR_HSV2RGB)


def _brighter(image: np.ndarray, box: Box) -> np.ndarray:
    return np.clip(image * 1.06, 0, 255).astype(np.uint8)


def _brighter_somewhere(image: np.ndarray, box: Box) -> np.ndarray:
    top, bottom, left, right = box
    y, x = np.mgrid[0 : image.shape[0], 0 : image.shape[1]]
    away = ((x - (left + right) / 2) / (right - left)) ** 2 + ((y - (top + bottom) / 2) / (bottom - top)) ** 2
    light = np.exp(-64 * away)[..., None]
    return np.clip(image * (1 + 0.18 * light) + 12 * light, 0, 255).astype(np.uint8)


def _blur(image: np.ndarray, box: Box) -> np.ndarray:
    return cv2.GaussianBlur(image, (0, 0), 1.6)


def _sharpen(image: np.ndarray, box: Box) -> np.ndarray:
    return cv2.addWeighted(image, 2.2, cv2.GaussianBlur(image, (0, 0), 2), -1.2, 0)


def _smooth(image: np.ndarray, box: Box) -> np.ndarray:
    return cv2.medianBlur(image, 7)


def _warp(image: np.ndarray, box: Box) -> np.ndarray:
    y, x = np.mgrid[0 : image.shape[0], 0 : image.shape[1]].astype(np.float32)
    return cv2.remap(image, x + 3 * np.sin(y / 20), y, cv2.INTER_LINEAR)


def _scale(image: np.ndarray, box: Box) -> np.ndarray:
    top, bottom, left, right = box
    matrix = cv2.getRotationMatrix2D(((left + right) / 2, (top + bottom) / 2), 0, 1.02)
    return cv2.warpAffine(image, matrix, image.shape[1::-1])


def _shift(image: np.ndarray, box: Box) -> np.ndarray:
    return np.roll(image, 2, 1)


def _mirror(image: np.ndarray, box: Box) -> np.ndarray:
    return np.ascontiguousarray(image[:, ::-1])


def _paint(image: np.ndarray, box: Box) -> np.ndarray:
    middle = ((box[2] + box[3]) // 2, (box[0] + box[1]) // 2)
    other = tuple(int(value) for value in (image[middle[1], middle[0]].astype(int) + 90) % 256)
    return cv2.circle(image.copy(), middle, max(6, (box[3] - box[2]) // 60), other, -1)


def _text(image: np.ndarray, box: Box) -> np.ndarray:
    middle = ((box[2] + box[3]) // 2, (box[0] + box[1]) // 2)
    return cv2.putText(image.copy(), "8", middle, 0, 0.7, (200, 30, 90), 2, cv2.LINE_AA)


def _logo(image: np.ndarray, box: Box) -> np.ndarray:
    top, bottom, left, right = box
    region = np.zeros(image.shape[:2], np.uint8)
    height, width = bottom - top, right - left
    region[
        top + int(0.35 * height) : top + int(0.6 * height), left + int(0.3 * width) : left + int(0.7 * width)
    ] = 1
    return cv2.inpaint(image, region, 5, cv2.INPAINT_TELEA)


def _crush(image: np.ndarray, box: Box) -> np.ndarray:
    return load_image(encode_image(image, format="jpeg", source_type=None, quality=12))


ALTERATIONS = {
    "recolour": _recolour, "hue": _hue, "brighter": _brighter, "brighter somewhere": _brighter_somewhere,
    "blur": _blur, "sharpen": _sharpen, "smooth": _smooth, "warp": _warp, "scale": _scale, "shift": _shift,
    "mirror": _mirror, "paint over": _paint, "text changed": _text, "logo removed": _logo, "crush": _crush,
}  # fmt: skip
FORMATS = [("jpeg", 90), ("webp", 86), ("avif", 75)]


def box_of(mask: np.ndarray) -> Box:
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    return int(rows[0]), int(rows[-1]), int(columns[0]), int(columns[-1])


def read_back(image: np.ndarray, kind: str = "jpeg", quality: int | None = 90) -> np.ndarray:
    return load_image(encode_image(image, format=kind, source_type="compositeCapture", quality=quality))


@pytest.mark.parametrize("how", ALTERATIONS)
def test_each_alteration_is_caught_even_in_the_file(how: str, vase: tuple, alpha: np.ndarray) -> None:
    staged = stage(vase[0], alpha, "cream", size=(600, 600))
    changed = ALTERATIONS[how](staged.image, box_of(staged.mask == 1))
    assert not certify(vase[0], alpha, changed, staged.transform).passed
    found = certify(vase[0], alpha, read_back(changed), staged.transform)
    assert not found.passed
    assert found.failures


@pytest.mark.parametrize(("kind", "quality"), [*FORMATS, ("png", None)])
def test_honest_files_pass(kind: str, quality: int | None, vase: tuple, alpha: np.ndarray) -> None:
    staged = stage(vase[0], alpha, "oak-morning", size=(600, 600))
    assert staged.fidelity.exact
    limits = thresholds_for(kind)
    found = certify(
        vase[0], alpha, read_back(staged.image, kind, quality), staged.transform, thresholds=limits
    )
    assert found.passed, found.failures
    assert found.exact == (kind == "png")
    assert found.max_delta_e >= found.mean_delta_e


def test_a_picture_larger_than_a_band_is_measured_as_one(vase: tuple, alpha: np.ndarray) -> None:
    staged = stage(vase[0], alpha, "white", size=(2600, 2600), max_upscale=9)
    assert np.flatnonzero((staged.mask == 1).any(1)).size > 2048
    changed = staged.image.copy()
    top, _, left, right = box_of(staged.mask == 1)
    for row in (top + 1010, top + 1036):  # on both sides of where two bands meet
        once = changed.copy()
        cv2.circle(once, ((left + right) // 2, row), 8, (10, 200, 30), -1)
        assert not certify(vase[0], alpha, once, staged.transform).passed
    assert certify(vase[0], alpha, read_back(changed), staged.transform).passed


def photographs(shared_data: Path) -> Iterator[tuple[str, np.ndarray, np.ndarray]]:
    """Real photographs, at most 800 px, each with the product's true mask."""
    folder = shared_data / "garment-masks"
    for row in csv.DictReader((folder / "index.csv").read_text().splitlines()):
        mask = load_image(folder / f"{row['name']}.mask.png")[..., 0]
        yield row["name"], load_image(folder / f"{row['name']}.jpg"), mask
    for path in sorted((shared_data / "packshots-640" / "mask").glob("*.png"))[::3]:
        white = load_image(shared_data / "packshots-640" / "white" / f"{path.stem}.jpg")
        yield path.stem, white, load_image(path)[..., 0]


@pytest.mark.data
@pytest.mark.slow
def test_honest_files_of_real_photographs_pass_and_altered_ones_do_not(shared_data: Path) -> None:
    for number, (name, photo, mask) in enumerate(photographs(shared_data)):
        scale = min(1.0, 800 / max(photo.shape[:2]))
        photo = cv2.resize(photo, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        inside = cv2.resize(mask, photo.shape[1::-1], interpolation=cv2.INTER_NEAREST) > 127
        true = inside.astype(np.float32)
        for kind, quality in FORMATS if number % 6 == 0 else FORMATS[:1]:
            stored = read_back(photo, kind, quality)
            found = certify(photo, true, stored, np.eye(3), thresholds=thresholds_for(kind))
            assert found.passed, (name, kind, found.failures)
        if number % 12 == 0:
            for how, alter in ALTERATIONS.items():
                changed = alter(photo, box_of(inside))
                # A spot beside the product, a turn of the hue of black: nothing was done to the product.
                if np.abs(changed.astype(int) - photo)[inside].max() <= 6:
                    continue
                found = certify(photo, true, read_back(changed), np.eye(3))
                assert not found.passed, (name, how, found.as_dict())
