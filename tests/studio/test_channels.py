"""Rules of channels that are measured on the file: lettering where it is forbidden, and numbers from memory."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from prodgen_django.imagefile import encode_image, load_image
from prodgen_django.studio import CHANNELS, ExportError, certify, check_channel, export_for_channel, stage
from prodgen_django.studio.visible_label import with_label


def written(image: np.ndarray, text: str, place: tuple[int, int], size: int) -> np.ndarray:
    picture = Image.fromarray(image)
    ImageDraw.Draw(picture).text(place, text, fill=(180, 30, 40), font=ImageFont.load_default(size))
    return np.asarray(picture)


def result(image: np.ndarray, channel: str, rule: str) -> object:
    data = encode_image(image, source_type="compositeCapture", quality=92)
    return next(r for r in check_channel(data, channel).results if r.rule == rule)


@pytest.mark.parametrize("size", [18, 40])
@pytest.mark.parametrize("channel", ["amazon_main", "google_merchant", "ebay", "meta_catalogue"])
def test_lettering_beside_a_product_on_white_is_found(
    channel: str, size: int, vase: tuple[np.ndarray, np.ndarray], alpha: np.ndarray
) -> None:
    clean = stage(vase[0], alpha, "white", size=(800, 800), max_upscale=3).image
    assert result(clean, channel, "text").passed  # type: ignore[attr-defined]
    found = result(written(clean, "Now 20% off", (10, 30), size), channel, "text")
    assert not found.passed  # type: ignore[attr-defined]
    assert found.hard  # type: ignore[attr-defined]
    left, top, right, bottom = found.measured[0]  # type: ignore[attr-defined]
    assert 0 <= left < 60
    assert 20 <= top < bottom < 100
    assert right < 330


def test_print_on_the_product_is_not_lettering_beside_it(
    vase: tuple[np.ndarray, np.ndarray], alpha: np.ndarray
) -> None:
    # The vase carries a word; on a pale cover the print stands on near-white.
    cover = np.full((800, 800, 3), 255, np.uint8)
    cv2.rectangle(cover, (200, 100), (600, 700), (170, 170, 170), 2)
    cover = written(cover, "A WHITE BOOK", (240, 300), 44)
    for image in (stage(vase[0], alpha, "white", size=(800, 800), max_upscale=3).image, cover):
        assert result(image, "google_merchant", "text").passed  # type: ignore[attr-defined]


def test_in_a_scene_it_is_advice(vase: tuple[np.ndarray, np.ndarray], alpha: np.ndarray) -> None:
    scene = written(
        stage(vase[0], alpha, "cream", size=(800, 800), max_upscale=3).image, "SALE TODAY", (40, 40), 60
    )
    found = result(scene, "ebay", "scene_text")
    assert not found.passed  # type: ignore[attr-defined]
    assert not found.hard  # type: ignore[attr-defined]


def test_numbers_from_memory_are_advice_and_say_so() -> None:
    rules = [rule for channel in CHANNELS.values() for rule in channel.rules if rule.source == "memory"]
    assert rules
    assert not any(rule.hard for rule in rules)
    tall = encode_image(np.full((1600, 750, 3), 200, np.uint8), source_type="digitalCapture")
    report = check_channel(tall, "taobao_detail")
    assert report.passed
    (advice,) = [r for r in report.advice if r.rule == "height"]
    assert "from memory" in advice.message


def test_a_visible_label_is_beside_the_product_and_seen_by_channels(
    vase: tuple[np.ndarray, np.ndarray], alpha: np.ndarray
) -> None:
    staged = stage(vase[0], alpha, "white", size=(800, 800), max_upscale=3)
    labelled = with_label(staged.image, staged.mask, "Composed picture")
    assert labelled is not None
    changed = (labelled != staged.image).any(2)
    assert changed[400:, 400:].sum() == changed.sum() > 500  # below on the right
    assert certify(vase[0], alpha, labelled, staged.transform).exact
    report = check_channel(encode_image(labelled, source_type="compositeCapture", quality=92), "amazon_main")
    assert not report.passed
    # Where the product is in that corner another one is taken; where it is in all, none.
    mask = staged.mask.copy()
    mask[700:, 700:] = 1
    other = with_label(staged.image, mask, "Composed picture")
    assert other is not None
    assert (other != staged.image).any(2)[600:, :400].any()
    assert with_label(staged.image, np.ones_like(mask), "Composed picture") is None


@pytest.mark.parametrize("channel", ["instagram_story", "instagram_reel"])
def test_a_tall_picture_keeps_the_product_clear_of_the_platforms_buttons(
    channel: str, vase: tuple[np.ndarray, np.ndarray], alpha: np.ndarray
) -> None:
    wanted = CHANNELS[channel]
    zone = next(rule.limit for rule in wanted.rules if rule.name == "safe_zone")
    packshot = stage(vase[0], alpha, "white", size=(1200, 1200), max_upscale=3)
    made = export_for_channel(packshot.image, channel, source_type="compositeCapture")
    pixels = load_image(made.data)
    rows, columns = np.nonzero(pixels.min(2) < 240)
    height, width = pixels.shape[:2]
    assert height / width == pytest.approx(16 / 9, rel=0.01)
    assert rows.min() / height >= zone[0]
    assert 1 - (rows.max() + 1) / height >= zone[2]
    assert columns.min() / width >= zone[3]
    assert 1 - (columns.max() + 1) / width >= zone[1]


def test_a_scene_whose_product_would_lie_under_the_buttons_is_refused(
    vase: tuple[np.ndarray, np.ndarray], alpha: np.ndarray
) -> None:
    scene = stage(vase[0], alpha, "oak-morning", size=(1200, 1200), fill=0.5, max_upscale=3)
    story = export_for_channel(
        scene.image, "instagram_story", source_type="compositeCapture", mask=scene.mask
    )
    assert next(r for r in story.report.results if r.rule == "safe_zone").passed
    with pytest.raises(ExportError, match=r"under the platform's own buttons: \d+\.\d% .* at the bottom"):
        export_for_channel(scene.image, "instagram_reel", source_type="compositeCapture", mask=scene.mask)
