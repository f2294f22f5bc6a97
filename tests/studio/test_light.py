"""Light from trained networks: a product's shadow, what falls on an empty scene, and the trainings behind both."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prodgen_django.gan.checkpoint import CheckpointError
from prodgen_django.gan.running import TrainResult
from prodgen_django.studio import STYLES, stage
from prodgen_django.studio.light import Light, floor_below, scene_light, shadow_left
from prodgen_django.studio.light.__main__ import main
from prodgen_django.studio.light.geometry import laid_silhouette
from prodgen_django.studio.light.lighting import SHADOW_WEIGHTS
from prodgen_django.studio.light.pairs import HELD_OUT, KINDS, Pairs, from_byte, to_byte
from prodgen_django.studio.light.scene_training import SCENE, SceneRun
from prodgen_django.studio.light.shadow_training import SHADOW, ShadowRun
from prodgen_django.studio.light.styled import scene_planes

SIDE = 256


@pytest.fixture(scope="module")
def bottle() -> tuple[np.ndarray, np.ndarray]:
    """A brown bottle: uint8 256×256×3 and its alpha."""
    alpha = np.zeros((SIDE, SIDE), np.float32)
    cv2.rectangle(alpha, (108, 90), (148, 210), 1.0, -1)
    cv2.rectangle(alpha, (120, 50), (136, 95), 1.0, -1)
    alpha = cv2.GaussianBlur(alpha, (0, 0), 0.8)
    product = np.zeros((SIDE, SIDE, 3), np.uint8)
    product[:] = (96, 60, 30)
    return product, alpha


def taken(bottle: tuple[np.ndarray, np.ndarray], light: Light) -> np.ndarray:
    product, alpha = bottle
    key_left, sky_left = shadow_left(product, alpha, floor_below(alpha.shape, 0.6), light)
    assert key_left.shape == sky_left.shape == alpha.shape
    assert key_left.dtype == sky_left.dtype == np.float32
    assert 0 <= min(key_left.min(), sky_left.min()) <= max(key_left.max(), sky_left.max()) <= 1
    return (1 - key_left) * (alpha < 0.02)


@given(
    right=st.floats(-1.5, 1.5), up=st.floats(0.1, 0.9) | st.floats(-0.6, -0.1), height=st.integers(20, 60),
    foot=st.tuples(st.integers(110, 146), st.integers(120, 150)),
)  # fmt: skip
def test_a_post_throws_its_shadow_where_the_light_says(right, up, height, foot):
    x, y = foot
    alpha = np.zeros((SIDE, SIDE), np.float32)
    alpha[y - height : y + 1, x - 1 : x + 2] = 1
    laid = laid_silhouette(alpha, Light(right, up))
    rows, columns = np.nonzero(laid > 0.5)
    tip = (columns[rows.argmin()], rows.min()) if up > 0 else (columns[rows.argmax()], rows.max())
    # The outermost row may lie a pixel short of the tip, which a flat shadow covers by many columns.
    assert tip[0] == pytest.approx(x + right * height, abs=4 + abs(right / up))
    assert tip[1] == pytest.approx(y - up * height, abs=2)


def test_a_shadow_falls_away_from_the_lamp(bottle):
    to_the_right = taken(bottle, Light(0.7, 0.2, 0.05))
    to_the_left = taken(bottle, Light(-0.7, 0.2, 0.05))
    right, left = np.s_[150:215, 152:], np.s_[150:215, :104]
    assert to_the_right[right].sum() > 3 * to_the_right[left].sum()
    assert to_the_left[left].sum() > 3 * to_the_left[right].sum()


def test_a_shadow_is_near_its_product_and_nowhere_else(bottle):
    shadow = taken(bottle, Light(0.4, 0.15, 0.1))
    assert shadow[200:216, 100:170].max() > 0.5
    assert shadow[:40].max() < 0.1
    assert shadow[:, :30].max() < 0.1


def test_a_larger_lamp_makes_a_softer_shadow(bottle):
    def steepest(softness: float) -> float:
        shadow = taken(bottle, Light(0.9, 0.2, softness))[:, 156:]
        return float(np.abs(np.diff(shadow, axis=0)).max())

    assert steepest(0.02) > 1.3 * steepest(0.4)


def test_without_a_product_there_is_no_shadow():
    nothing = np.zeros((SIDE, SIDE), np.float32)
    key_left, _ = shadow_left(
        np.zeros((SIDE, SIDE, 3), np.uint8), nothing, floor_below(nothing.shape, 0.6), Light(0.4, 0.2)
    )
    assert key_left.mean() > 0.97


LIT = sorted(name for name, style in STYLES.items() if style.opening)


@pytest.mark.parametrize("name", LIT)
def test_the_light_of_a_scene_is_the_seeds_own(name):
    first, again = (STYLES[name].render((200, 160), 1) for _ in range(2))
    others = [STYLES[name].render((200, 160), seed) for seed in range(2, 6)]
    assert first.shape == (160, 200, 3)
    assert (first == again).all()
    differences = [np.abs(first.astype(int) - other).mean() for other in others]
    # Another seed is another window; a bare lamp has none, only the plaster differs.
    assert max(differences) > (0.5 if STYLES[name].opening == "bare" else 4)


def test_blinds_lie_across_the_light_and_a_bare_lamp_lights_evenly():
    def unevenness(name: str) -> float:
        grey = STYLES[name].render((256, 256), 3)[:160].astype(np.float32).mean(-1)
        return float(np.abs(np.diff(cv2.GaussianBlur(grey, (0, 0), 3), axis=0)).mean())

    assert unevenness("blinds") > 3 * unevenness("daylight")


def test_the_floor_of_a_lit_scene_meets_its_wall_at_the_edge():
    """The rendered light and the drawn room are one room: the sky's light has its corner where the style says."""
    for name in LIT:
        style = STYLES[name]
        if style.bend:
            continue
        _, sky = scene_planes(style, 0)
        corner = int(np.abs(np.diff(sky[:, 40:-40].mean(1), 2)).argmax()) + 1
        assert corner / len(sky) == pytest.approx(style.edge, abs=0.025), name


def test_rendered_light_is_no_generated_picture(vase, alpha):
    assert stage(vase[0], alpha, "window-light", size=(320, 320)).source_type == "compositeCapture"


def test_another_seed_is_another_window(vase, alpha):
    images = [stage(vase[0], alpha, "blinds", size=(320, 320), seed=seed) for seed in (1, 2)]
    outside = images[0].mask == 0
    assert np.abs(images[0].image.astype(int) - images[1].image)[outside].mean() > 2


def test_every_lit_style_says_through_what():
    assert {style.opening for style in STYLES.values()} == {"", *KINDS}


# -- learning ----------------------------------------------------------------------------------------------


@given(st.lists(st.floats(0, 100), min_size=1, max_size=30))
def test_light_survives_being_kept_as_bytes(values):
    light = np.array(values, np.float32)
    again = from_byte(to_byte(light))
    few = light < 20
    assert np.abs(again - light)[few] == pytest.approx(0, abs=1.2)
    assert np.abs(again - light)[light < 2] == pytest.approx(0, abs=0.02)


@pytest.fixture(scope="module")
def rendered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Scenes as the renderer writes them, drawn here: a post on a floor and the shadow that it throws."""
    folder = tmp_path_factory.mktemp("pairs")
    rng = np.random.default_rng(0)
    for number in range(24):
        right, up = rng.uniform(-1, 1), rng.uniform(0.2, 0.6)
        alpha = np.zeros((64, 64), np.float32)
        x, height = int(rng.integers(20, 44)), int(rng.integers(14, 30))
        alpha[50 - height : 51, x - 6 : x + 7] = 1
        left = 1 - 0.9 * laid_silhouette(alpha, Light(right, up)) * (1 - alpha)
        y, column = np.mgrid[0:64, 0:64] / 64
        pane = (column % 0.25 < 0.12).astype(np.float16)
        np.savez(
            folder / f"{number:05}.npz",
            product=np.dstack([np.full((64, 64, 3), 90), alpha * 255]).astype(np.uint8),
            key=np.full((64, 64), 1, np.float16), sky=np.full((64, 64), 1, np.float16),
            key_left=left.astype(np.float16), sky_left=np.ones((64, 64), np.float16),
            patterns=np.stack([pane, pane.T]),
            kinds=np.array(["blinds", "leaves"] if number % 3 == 0 else ["window", "blinds"]),
            floor=(255 * (y > 0.5)).astype(np.uint8), throw=np.array([right, up], np.float32),
            softness=np.float32(0.03), pitch=np.float32(0.2), family=np.array("jug" if number % 4 == 0 else "mug"),
        )  # fmt: skip
    return folder


def test_families_that_judge_are_never_taught(rendered, tmp_path):
    assert main(["pack", str(rendered), str(tmp_path / "pairs.npz")]) == 0
    pairs = Pairs.load(tmp_path / "pairs.npz")
    assert len(pairs) == 24
    assert pairs.fingerprint() == Pairs.load(rendered).fingerprint()
    train, held = pairs.split()
    assert set(held.families) == {"jug"} <= HELD_OUT
    assert not set(train.families) & HELD_OUT
    assert len(train) + len(held) == 24


def trained(kind: str, pairs: Pairs, folder: Path, images: int, **changes) -> TrainResult:
    run, config = (ShadowRun, SHADOW) if kind == "shadow" else (SceneRun, SCENE)
    config = replace(config, evaluate_samples=8, ema_images=64, **changes)
    return run(config, pairs, folder, None, images, None, "cpu", {}).train(None, True)


def test_a_shadow_training_goes_on_where_it_was_stopped(rendered, tmp_path):
    pairs = Pairs.load(rendered)
    small = {
        "widths": (8, 12),
        "resolution": 64,
        "batch": 4,
        "evaluate_every": 10_000,
        "learning_rate": (5e-4, 1e-4),
    }
    first = trained("shadow", pairs, tmp_path, 16, **small)
    again = trained("shadow", pairs, tmp_path, 16, **small)
    assert first.resumed_from is None
    assert again.resumed_from == 4
    assert again.card["weights_sha256"] == first.card["weights_sha256"]
    assert first.card["task"] == "shadow"
    assert first.card["data"]["held_out_families"] == sorted(HELD_OUT)
    with pytest.raises(CheckpointError):
        trained("shadow", pairs.subset(np.arange(20)), tmp_path, 16, **small)
    # Its own file can be used, and nothing else can be taken for it.
    product, alpha = np.zeros((64, 64, 3), np.uint8), np.zeros((64, 64), np.float32)
    floor = floor_below((64, 64), 0.5)
    shadow_left(product, alpha, floor, Light(0.4, 0.2), first.checkpoint)
    with pytest.raises(CheckpointError):
        scene_light("window", floor, Light(0.4, 0.2), (64, 64), first.checkpoint)


def test_a_shadow_no_better_than_a_drawn_one_is_not_offered(rendered, tmp_path):
    few = {"widths": (8, 12), "resolution": 64, "batch": 4, "evaluate_every": 10_000}
    result = trained("shadow", Pairs.load(rendered), tmp_path, 8, **few)
    assert not result.card["offerable"]
    assert "drawn" in result.card["not_offerable_because"]


def test_the_light_generator_trains_against_its_judge(rendered, tmp_path):
    few = {"widths": (16, 16, 8), "resolution": 32, "batch": 4, "evaluate_every": 10_000}
    result = trained("scene", Pairs.load(rendered), tmp_path, 32, **few)
    assert result.card["task"] == "scene"
    assert result.card["labels"] == list(KINDS)
    assert np.isfinite(
        [result.best_metrics[name] for name in ("kid", "coverage", "guided", "nn_ratio")]
    ).all()
    floor = floor_below((64, 64), 0.5)
    key, _ = scene_light("leaves", floor, Light(0.4, 0.2), (64, 48), result.checkpoint)
    assert key.shape == (48, 64)
    with pytest.raises(CheckpointError):
        shadow_left(
            np.zeros((64, 64, 3), np.uint8),
            np.zeros((64, 64), np.float32),
            floor,
            Light(0.4, 0.2),
            result.checkpoint,
        )


def test_the_shipped_shadow_is_much_better_than_a_drawn_one():
    figures = json.loads(SHADOW_WEIGHTS.with_suffix(".json").read_text())["metrics"]
    assert figures["rmse"] <= 0.7 * min(figures["drawn"], figures["ellipse"], figures["none"])
    assert figures["held_out"] >= 50


def test_photographs_are_no_planes_of_light():
    with pytest.raises(ValueError, match="guides"):
        replace(SHADOW, guides=2)
