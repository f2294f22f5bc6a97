"""Holes are filled from what surrounds them; nothing else changes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.numpy import load_file

from prodgen_django.gan import (
    CheckpointError,
    GanConfig,
    PhotoDataset,
    Sampler,
    inpaint,
    train,
    train_inpainter,
)
from prodgen_django.gan.holes import product_hole, random_hole
from prodgen_django.imagefile import load_image


@settings(max_examples=20)
@given(seed=st.integers(0, 999), height=st.integers(12, 90), width=st.integers(12, 90))
def test_every_pixel_outside_the_mask_stays(seed, height, width):
    rng = np.random.default_rng(seed)
    image = rng.integers(0, 256, (height, width, 3)).astype(np.uint8)
    mask = rng.random((height, width)) < 0.3
    mask[0, 0] = False
    filled = inpaint(image, mask, working_side=48)
    assert np.array_equal(filled[~mask], image[~mask])
    assert filled.dtype == np.uint8


@pytest.mark.parametrize("side", [120, 1500])
def test_a_red_thing_on_a_slanting_light_vanishes(side):
    light = np.linspace(90, 200, side)[None, :, None]
    truth = np.broadcast_to(light * (1.0, 0.9, 0.8), (side, side, 3)).astype(np.uint8)
    image, mask = truth.copy(), np.zeros((side, side), bool)
    hole = slice(side * 2 // 5, side * 3 // 5)
    image[hole, hole] = (255, 0, 0)
    mask[hole, hole] = True
    error = np.abs(inpaint(image, mask).astype(int) - truth).max()
    assert error < 25


def test_what_cannot_be_filled_is_said():
    image = np.zeros((20, 20, 3), np.uint8)
    with pytest.raises(ValueError, match="whole picture"):
        inpaint(image, np.ones((20, 20), bool))
    with pytest.raises(ValueError, match="mask is"):
        inpaint(image, np.ones((10, 20), bool))
    assert np.array_equal(inpaint(image, np.zeros((20, 20), bool)), image)


@settings(max_examples=40)
@given(seed=st.integers(0, 9999), side=st.sampled_from([32, 64, 128]))
def test_holes_to_learn_on_leave_something_to_go_on_from(seed, side):
    for draw in (random_hole, product_hole):
        hole = draw(side, np.random.default_rng(seed))
        assert hole.shape == (side, side)
        assert hole.dtype == bool
        assert 0.04 < hole.mean() < 0.45
        assert np.array_equal(hole, draw(side, np.random.default_rng(seed)))


@pytest.fixture(scope="module")
def striped() -> PhotoDataset:
    """Slanting stripes: what a membrane cannot continue and a net can learn to."""
    photos = []
    rows, columns = np.mgrid[:64, :64]
    for seed in range(40):
        rng = np.random.default_rng(seed)
        wave = np.sin((columns + rng.uniform(-0.5, 0.5) * rows) / rng.uniform(2, 4) + rng.uniform(0, 7))
        photos.append(128 + wave[..., None] * rng.uniform(40, 100, 3))
    images = np.stack(photos).clip(0, 255).astype(np.uint8)
    return PhotoDataset(images, np.zeros(40, int), ["cloth"], [f"{i}.png" for i in range(40)])


def small(**values) -> GanConfig:
    small = {
        "resolution": 32, "widths": (16, 16, 16), "batch": 8, "images": 800, "holdout": 0.2,
        "evaluate_every": 400, "evaluate_samples": 8, "precision": "float32", "ema_images": 100,
    }  # fmt: skip
    return GanConfig.preset("inpaint-128", **small | values)


def test_a_trained_inpainter_beats_the_membrane_on_photos_it_has_not_seen(striped, tmp_path):
    result = train_inpainter(small(), striped, tmp_path, card={"licence": "CC0-1.0"})
    assert result.finished
    assert result.card["task"] == "inpaint"
    assert result.card["offerable"]
    assert result.best_metrics["rms"] < 0.95 * result.best_metrics["rms_membrane"]
    image = striped.images[0]
    mask = np.zeros((64, 64), bool)
    mask[20:44, 24:40] = True
    filled = inpaint(image, mask, result.checkpoint)
    assert np.array_equal(filled[~mask], image[~mask])
    assert not np.array_equal(filled, inpaint(image, mask, trained=False))
    with pytest.raises(CheckpointError, match="'inpaint'"):
        Sampler.load(result.checkpoint)


def test_an_inpainter_resumes_exactly_where_it_was_stopped(striped, tmp_path, monkeypatch):
    """Also across the step at which the discriminator joins."""
    monkeypatch.setattr("prodgen_django.gan.running._PROGRESS_SECONDS", 0.0)
    config = small(images=96, evaluate_every=96, adversarial_from=0.3)
    seen = []

    def stop_at_seven(progress):
        seen.append(progress)
        return progress.step != 7

    assert not train_inpainter(config, striped, tmp_path / "cut", on_progress=stop_at_seven).finished
    assert "discriminator" in seen[-1].losses
    assert "discriminator" not in seen[0].losses
    assert seen[0].sample_grid.shape == (6 * 32, 4 * 32, 3)
    train_inpainter(config, striped, tmp_path / "cut")
    train_inpainter(config, striped, tmp_path / "whole")
    states = [load_file(tmp_path / run / "state.safetensors") for run in ("cut", "whole")]
    assert all(np.array_equal(states[0][k], states[1][k]) for k in states[1])


def test_what_is_no_inpainter_is_refused(striped, tmp_path, dataset, config):
    with pytest.raises(ValueError, match="'fill'"):
        train_inpainter(config, striped, tmp_path)
    with pytest.raises(ValueError, match="at least as large"):
        train_inpainter(small(resolution=128, widths=(16, 16)), striped, tmp_path)
    concept = train(config, dataset, tmp_path)
    with pytest.raises(CheckpointError, match="concept"):
        inpaint(striped.images[0], np.eye(64, dtype=bool), concept.checkpoint)


@pytest.mark.data
def test_the_shipped_inpainter_beats_opencv_on_photos_that_no_choice_has_seen(shared_data):
    import cv2

    files = sorted((shared_data / "garments-256" / "test").rglob("*.jpg"))[::37]
    squares = np.zeros(3)
    for number, file in enumerate(files):
        photo = cv2.resize(load_image(file.read_bytes())[..., :3], (256, 256), interpolation=cv2.INTER_AREA)
        hole = product_hole(256, np.random.default_rng(number))
        peers = [
            cv2.inpaint(photo, hole.astype(np.uint8), 5, way) for way in (cv2.INPAINT_TELEA, cv2.INPAINT_NS)
        ]
        made = [inpaint(photo, hole), *peers]
        squares += [((x.astype(float) - photo)[hole] ** 2).mean() for x in made]
    assert squares[0] ** 0.5 < 0.9 * squares[1:].min() ** 0.5
