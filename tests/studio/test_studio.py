"""Cut out, stage, certify, check: what a shop does with a photograph."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from prodgen_django.imagefile import encode_image, load_image
from prodgen_django.studio import (
    CHANNELS,
    ExportError,
    StagingError,
    check_channel,
    combined_source_type,
    cut_out,
    cut_out_by_hand,
    cut_out_report,
    export_for_channel,
    palette,
    photo_quality,
    stage,
)


def iou(first: np.ndarray, second: np.ndarray) -> float:
    return float((first & second).sum() / (first | second).sum())


def test_a_product_on_paper_is_cut_out(vase: tuple[np.ndarray, np.ndarray]) -> None:
    photo, truth = vase
    cut = cut_out_report(photo)
    assert cut.alpha.dtype == np.float32
    assert iou(cut.alpha >= 0.5, truth) > 0.98
    assert not cut.poor
    assert (cut.alpha == cut_out(photo)).all()


def test_where_nothing_stands_out_a_person_must_look() -> None:
    flat = np.full((200, 200, 3), 128, np.uint8)
    assert cut_out_report(flat).poor
    noise = np.random.default_rng(0).integers(0, 255, (200, 200, 3), np.uint8)
    cut = cut_out_report(noise)
    assert cut.poor
    assert cut.reasons


@pytest.mark.data
def test_the_dark_rim_of_a_blue_frame_belongs_to_it(shared_data: Path) -> None:
    """No mixture of blue and sand is dark; a matte that only asks how blue a pixel is thins the frame."""
    folder = shared_data / "packshots-640"
    truth = load_image(folder / "mask" / "saleor-sunnies-dark.png")[..., :1] / 255.0
    own = load_image(folder / "rgba" / "saleor-sunnies-dark.png", background=(128, 128, 128))
    clouds = cv2.GaussianBlur(np.random.default_rng(0).normal(0, 1, (640, 640)), (0, 0), 6)[..., None]
    ground = np.array([205.0, 185.0, 160.0]) + 120 * clouds
    photo = np.clip(own * truth + ground * (1 - truth), 0, 255).astype(np.uint8)
    frame = truth[..., 0] > 0.5
    assert iou(cut_out_by_hand(photo, frame).alpha >= 0.5, frame) > 0.98


@pytest.mark.data
@pytest.mark.slow
def test_phone_photographs_of_clothes_are_cut_out(shared_data: Path) -> None:
    folder = shared_data / "garment-masks"
    scores = []
    for row in list(csv.DictReader((folder / "index.csv").read_text().splitlines()))[::3]:
        truth = load_image(folder / f"{row['name']}.mask.png")[..., 0] > 127
        scores.append(iou(cut_out(load_image(folder / f"{row['name']}.jpg")) >= 0.5, truth))
    assert np.mean(scores) > 0.95


@pytest.mark.parametrize("style", ["white", "grey", "transparent", "#2f4a3c", "oak-morning"])
def test_no_backdrop_alters_the_product(style: str, vase: tuple, alpha: np.ndarray) -> None:
    photo, _ = vase
    staged = stage(photo, alpha, style, size=(320, 320), seed=5)
    again = stage(photo, alpha, style, size=(320, 320), seed=5)
    assert (staged.image == again.image).all()
    assert staged.fidelity.exact
    assert staged.fidelity.passed
    assert staged.source_type == "compositeCapture"
    json.dumps(staged.as_dict())
    # Independently of the certificate: the opaque pixels are one resampling of the photograph.
    sx, x0 = staged.transform[0, 0], staged.transform[0, 2]
    sy, y0 = staged.transform[1, 1], staged.transform[1, 2]
    whole = cv2.resize(photo, (round(400 * sx), round(480 * sy)), interpolation=cv2.INTER_AREA)
    ys, xs = np.nonzero(staged.mask == 1)
    left, top = round(x0 + 0.5 - 0.5 * sx), round(y0 + 0.5 - 0.5 * sy)
    assert (staged.image[ys, xs] == whole[ys - top, xs - left]).all()


def test_white_is_pure_and_full(vase: tuple, alpha: np.ndarray) -> None:
    staged = stage(vase[0], alpha, "white", size=(600, 600), max_upscale=3)
    assert (staged.image[staged.mask == 0] == 255).all()
    rows = np.flatnonzero((staged.mask > 0.5).any(1))
    assert 0.86 < (rows[-1] - rows[0] + 1) / 600 < 0.9


def test_the_canvas_is_no_larger_than_the_photograph_carries(vase: tuple, alpha: np.ndarray) -> None:
    staged = stage(vase[0], alpha, "white", size=(2400, 1800))
    assert staged.scale == pytest.approx(1.3, abs=0.01)
    height, width = staged.image.shape[:2]
    assert width < 2400
    assert width / height == pytest.approx(4 / 3, abs=0.01)
    assert f"{width} × {height} pixels, not 2400 × 1800" in staged.notes[0]
    rows = np.flatnonzero((staged.mask > 0.5).any(1))
    assert 0.86 < (rows[-1] - rows[0] + 1) / height < 0.9, (
        "it fills the smaller canvas as it would the larger one"
    )
    assert not stage(vase[0], alpha, "white", size=(400, 400)).notes


def test_without_a_ground_the_product_alone_is_opaque(vase: tuple, alpha: np.ndarray) -> None:
    staged = stage(vase[0], alpha, "transparent", size=(400, 400))
    pixels = staged.pixels
    assert pixels.shape == (400, 400, 4)
    assert ((pixels[..., 3] == 255) == (staged.mask >= 254.5 / 255)).all()
    assert not pixels[:10, :10, 3].any()
    assert (staged.image == pixels[..., :3]).all()
    assert stage(vase[0], alpha, "white", size=(400, 400)).pixels.shape[2] == 3


@pytest.mark.parametrize("pose", ["table", "lies", "wall", "hangs"])
def test_a_shadow_falls_on_every_ground_but_white(pose: str, vase: tuple, alpha: np.ndarray) -> None:
    grey, bare = (stage(vase[0], alpha, "grey", pose=pose, size=(400, 400), shadow=s) for s in (None, False))
    darker = bare.image.astype(int).mean(2) - grey.image.astype(int).mean(2)
    assert darker.max() > 15
    assert darker[grey.mask > 0.999].max() == 0
    assert (
        stage(vase[0], alpha, "white", pose=pose, size=(400, 400)).image[grey.mask == 0] >= 250
    ).mean() > 0.7


def test_what_cannot_be_staged_is_told(vase: tuple, alpha: np.ndarray) -> None:
    with pytest.raises(StagingError) as caught:
        stage(vase[0], np.zeros_like(alpha))
    assert caught.value.code == "empty_cut_out"
    for options in ({"backdrop": "nowhere"}, {"size": (10, 10)}, {"fill": 3}, {"pose": "flies"}):
        with pytest.raises((LookupError, ValueError)):
            stage(vase[0], alpha, **options)


def white_packshot(vase: tuple, alpha: np.ndarray) -> np.ndarray:
    return stage(vase[0], alpha, "white", size=(800, 800), max_upscale=3).image


def broken(image: np.ndarray, rule: str) -> bytes:
    options: dict = {"format": "jpeg", "source_type": "compositeCapture"}
    if rule == "white_background":
        image = np.minimum(image, 250)
    if rule == "fill":
        image = cv2.copyMakeBorder(image, 300, 300, 300, 300, cv2.BORDER_CONSTANT, value=(255,) * 3)
    if rule == "border":
        image = cv2.rectangle(image.copy(), (4, 4), (795, 795), (0, 0, 0), 4)
    if rule == "whole_product":
        image = np.ascontiguousarray(image[:, 360:])
    if rule == "longest_side":
        image = cv2.resize(image, (400, 400), interpolation=cv2.INTER_AREA)
    if rule == "format":
        options["format"] = "webp"
    if rule == "source_type":
        options["source_type"] = "trainedAlgorithmicMedia"
    return encode_image(image, **options)


@pytest.mark.parametrize(
    "rule", ["white_background", "fill", "border", "whole_product", "longest_side", "format", "source_type"]
)
def test_each_broken_rule_of_a_main_picture_is_named(rule: str, vase: tuple, alpha: np.ndarray) -> None:
    image = white_packshot(vase, alpha)
    good = encode_image(image, format="jpeg", source_type="compositeCapture", quality=92)
    report = check_channel(good, "amazon_main")
    assert report.passed, [r.message for r in report.failures]
    found = check_channel(broken(image, rule), "amazon_main")
    assert not found.passed
    assert rule in {r.rule for r in found.failures}
    json.dumps(found.as_dict())


def test_what_is_no_picture_passes_no_channel() -> None:
    report = check_channel(b"nothing", "ebay")
    assert not report.passed
    assert report.results[0].rule == "readable"
    with pytest.raises(LookupError):
        check_channel(b"nothing", "no such channel")


@pytest.mark.parametrize("channel", CHANNELS)
def test_an_export_of_a_packshot_passes_its_channel(channel: str, vase: tuple, alpha: np.ndarray) -> None:
    exported = export_for_channel(
        white_packshot(vase, alpha), channel, source_type="compositeCapture"
    ) if channel != "meta_link" else export_for_channel(
        stage(vase[0], alpha, "white", size=(1600, 1600), max_upscale=4).image, channel,
        source_type="compositeCapture",
    )  # fmt: skip
    assert exported.report.passed
    assert check_channel(exported.data, channel).passed


def test_a_scene_gets_no_white_ground_by_export(vase: tuple, alpha: np.ndarray) -> None:
    staged = stage(vase[0], alpha, "oak-morning", size=(800, 800))
    with pytest.raises(ExportError) as caught:
        export_for_channel(staged.image, "amazon_main", source_type=staged.source_type, mask=staged.mask)
    assert "white_background" in {r.rule for r in caught.value.report.failures}


def test_a_trained_part_is_never_talked_away() -> None:
    assert combined_source_type(["digitalCapture", "algorithmicMedia"]) == "compositeCapture"
    mixed = combined_source_type(["digitalCapture", "trainedAlgorithmicMedia"])
    assert mixed == "compositeWithTrainedAlgorithmicMedia"
    assert combined_source_type([mixed, "digitalCapture"]) == mixed
    assert combined_source_type(["trainedAlgorithmicMedia"] * 2) == "trainedAlgorithmicMedia"


def test_the_palette_is_what_is_seen(vase: tuple, alpha: np.ndarray) -> None:
    two = np.zeros((40, 40, 3), np.uint8)
    two[:, :25] = (200, 30, 30)
    two[:, 25:] = (20, 30, 180)
    assert palette(two) == ["#c81e1e", "#141eb4"]
    first = palette(vase[0], alpha)[0]
    assert int(first[1:3], 16) > 2 * int(first[5:7], 16)


def test_a_blurred_photograph_scores_lower(vase: tuple) -> None:
    sharp, soft = photo_quality(vase[0]), photo_quality(cv2.GaussianBlur(vase[0], (0, 0), 4))
    assert soft.sharpness < sharp.sharpness


def test_backdrops_and_channels_are_listed_without_numpy_or_opencv() -> None:
    code = (
        "import sys; from prodgen_django.studio import backdrops, CHANNELS; "
        "assert {'white', 'oak-morning'} <= {one.name for one in backdrops()} and len(CHANNELS) >= 8; "
        "assert not {'numpy', 'cv2', 'torch'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
