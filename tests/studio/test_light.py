"""Light from the scene generator: what falls on an empty room, a product's shadow, and the training behind both."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prodgen_django.gan.checkpoint import CheckpointError
from prodgen_django.gan.running import TrainResult
from prodgen_django.studio import STYLES, stage
from prodgen_django.studio.light.__main__ import main
from prodgen_django.studio.light.direct import direct_light
from prodgen_django.studio.light.geometry import Light, laid_silhouette
from prodgen_django.studio.light.lighting import SCENE_WEIGHTS, empty_light, shadow_left
from prodgen_django.studio.light.openings import OPENINGS, Card
from prodgen_django.studio.light.pairs import HELD_OUT, KINDS, Pairs, from_byte, to_byte
from prodgen_django.studio.light.room import Room
from prodgen_django.studio.light.scene_training import SCENE, SceneRun
from prodgen_django.studio.light.styled import scene_planes

SIDE = 256
ROOM = Room.of_picture((SIDE, SIDE), ground=0.82, edge=0.6)


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
    key_left, sky_left = shadow_left(product, alpha, ROOM, light)
    assert key_left.shape == sky_left.shape == alpha.shape
    assert key_left.dtype == sky_left.dtype == np.float32
    assert 0 <= min(key_left.min(), sky_left.min()) <= max(key_left.max(), sky_left.max()) <= 1
    return (1 - key_left) * (alpha < 0.02)


# -- the room ----------------------------------------------------------------------------------------------


@given(
    ground=st.floats(0.7, 0.95), above=st.floats(0.05, 0.25), fill=st.floats(0.5, 0.9),
    shape=st.sampled_from([(200, 200), (200, 320), (240, 160)]),
)  # fmt: skip
def test_a_room_is_what_its_picture_says(ground, above, fill, shape):
    seen = Room.of_picture(shape, ground, ground - above, fill=fill).seen(shape)
    height, width = shape
    row = min(height - 1, round(ground * height - 0.5))
    left, right = seen.places[row, 0], seen.places[row, -1]
    # The product stands in the middle of the ground line, and two units high it takes `fill` of the height.
    assert (left + right)[0] / 2 == pytest.approx(0, abs=0.01)
    assert (right - left)[0] == pytest.approx(2 / fill * (width - 1) / height, rel=0.02)
    # One pixel of the ground line is a good deal of floor.
    assert left[1:] == pytest.approx([0, 0], abs=4 * 2 / fill / height)
    # Wall and floor are told apart, and the floor lies in front.
    assert set(np.unique(seen.floor)) <= {0.0, 1.0}
    assert seen.places[seen.floor == 1][:, 2] == pytest.approx(0, abs=1e-4)


@given(ground=st.floats(0.8, 0.95), edge=st.floats(0.5, 0.7), bend=st.floats(0, 0.2))
def test_floor_and_wall_meet_where_the_style_says(ground, edge, bend):
    shape = (400, 300)
    floor = Room.of_picture(shape, ground, edge, bend).seen(shape).floor[:, 150]
    assert (np.diff(floor) >= -1e-5).all()
    ends = np.flatnonzero((floor > 0.02) & (floor < 0.98))
    if bend > 0.02:
        assert ends[0] / 400 == pytest.approx(edge - bend / 2, abs=0.02)
        assert ends[-1] / 400 == pytest.approx(edge + bend / 2, abs=0.06)
    elif bend == 0:
        assert len(ends) == 0
        assert np.argmax(floor == 1) / 400 == pytest.approx(edge, abs=0.01)


@given(right=st.floats(-1.2, 1.2), up=st.floats(0.1, 0.5), softness=st.floats(0.01, 0.4))
def test_a_lamp_alone_gives_its_whole_light_to_the_foot(right, up, softness):
    room = Room.of_picture((240, 240), 0.8, 0.5)
    own = direct_light(room.seen((240, 240)), Light(right, up, softness).lamp())
    assert own[191:193, 118:122] == pytest.approx(1, abs=0.06)


@given(
    right=st.floats(-0.8, 0.8), up=st.floats(0.15, 0.5), share=st.floats(0.15, 0.6), turn=st.floats(-0.5, 0.5)
)
def test_a_card_before_the_lamp_darkens_what_lies_behind_it(right, up, share, turn):
    light = Light(right, up, 0.02)
    square = np.array([(-0.4, -0.4), (0.4, -0.4), (0.4, 0.4), (-0.4, 0.4)])
    seen = Room.of_picture((160, 160), 0.75, 0.3).seen((160, 160))
    bare = direct_light(seen, light.lamp())
    past = direct_light(seen, light.lamp(), [Card(share, turn, (square,), closed=False)])
    dark = (past < 0.5 * bare) & (bare > 0.05)
    # The ray from the lamp through the card's middle ends in its shadow.
    lamp = 9 * np.array(light.lamp().toward)
    middle = lamp * share + (0, 0, 0.6)
    reached = lamp + (middle - lamp) * lamp[2] / (lamp[2] - middle[2])
    apart = np.hypot(*(seen.places[..., :2] - reached[:2]).transpose(2, 0, 1)) + 9 * (seen.floor == 0)
    if apart.min() < 0.1:
        assert dark.ravel()[apart.argmin()]
    # Beside the shadow nothing is taken, and a wall with a hole there leaves nothing else.
    far = (apart > 5) & (seen.floor == 1)
    assert past[far] == pytest.approx(bare[far], abs=1e-3)
    walls = [square * 100 + shift for shift in ((-40.4, 0), (40.4, 0), (0, -40.4), (0, 40.4))]
    holed = direct_light(seen, light.lamp(), [Card(share, turn, tuple(walls), closed=True)])
    assert holed[far].max(initial=0) < 0.05


@pytest.mark.parametrize("kind", sorted(OPENINGS))
def test_a_larger_lamp_makes_a_softer_pattern(kind):
    seen = Room.of_picture((200, 200), 0.8, 0.5).seen((200, 200))

    def steepest(softness: float) -> float:
        cards = OPENINGS[kind](np.random.default_rng(3))
        own = direct_light(seen, Light(0.5, 0.2, softness).lamp(), cards)
        return float(np.quantile(np.abs(np.diff(own, axis=1)), 0.998))

    assert steepest(0.02) > 1.5 * steepest(0.15)


# -- shadows -----------------------------------------------------------------------------------------------


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
    key_left, _ = shadow_left(np.zeros((SIDE, SIDE, 3), np.uint8), nothing, ROOM, Light(0.4, 0.2))
    assert key_left.mean() > 0.97


# -- scenes ------------------------------------------------------------------------------------------------


@settings(max_examples=12)
@given(
    kind=st.sampled_from(sorted(OPENINGS)), seed=st.integers(0, 99), shape=st.sampled_from([(90, 90), (60, 100)]),
    right=st.floats(-0.8, 0.8), up=st.floats(0.1, 0.4),
)  # fmt: skip
def test_walls_give_back_light_to_what_the_lamp_does_not_reach(kind, seed, shape, right, up):
    room, light = Room.of_picture(shape, 0.8, 0.6), Light(right, up, 0.04)
    cards = OPENINGS[kind](np.random.default_rng(seed))
    own = direct_light(room.seen(shape), light.lamp(), cards)
    key, sky = empty_light(room, light, cards, shape)
    assert key.shape == sky.shape == shape
    assert np.isfinite(key).all()
    assert min(key.min(), sky.min()) >= 0
    # It follows the lamp's own light; sky comes everywhere.
    assert np.abs(key - own).mean() < 0.25
    assert 0.4 < sky.mean() < 1.6


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
    """The light and the drawn room are one room: the sky's light has its corner where the style says."""
    for name in LIT:
        style = STYLES[name]
        if style.bend:
            continue
        _, sky = scene_planes(style, 0, (256, 256))
        corner = int(np.abs(np.diff(sky[20:-20, 40:-40].mean(1), 2)).argmax()) + 21
        assert corner / len(sky) == pytest.approx(style.edge, abs=0.025), name


def test_light_that_a_network_made_is_said_to_be(vase, alpha):
    lit, drawn = (
        stage(vase[0], alpha, name, size=(320, 320)).source_type for name in ("window-light", "oak")
    )
    assert (lit, drawn) == ("compositeWithTrainedAlgorithmicMedia", "compositeCapture")


def test_a_wide_picture_shows_the_same_room_and_not_a_stretched_one():
    square, wide = (scene_planes(STYLES["blinds"], 1, shape)[0] for shape in ((240, 240), (240, 400)))
    middle = wide[:, 80:320]
    assert np.abs(square - middle).mean() < 0.06


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
            key=(0.8 + 0.3 * y).astype(np.float16), sky=np.full((64, 64), 1, np.float16),
            key_left=left.astype(np.float16), sky_left=np.ones((64, 64), np.float16),
            patterns=np.stack([0.9 * pane + 0.2 * y, 0.9 * pane.T + 0.2 * column]).astype(np.float16),
            direct=np.stack([to_byte(plane.astype(np.float32)) for plane in (np.ones((64, 64)), pane, pane.T)]),
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


def trained(pairs: Pairs, folder: Path, images: int, **changes) -> TrainResult:
    small = {"widths": (8, 12), "resolution": 64, "batch": 4, "evaluate_every": 10_000, "evaluate_samples": 8}
    config = replace(SCENE, **{**small, "ema_images": 64, "adversarial_from": 0.0, **changes})
    return SceneRun(config, pairs, folder, None, images, None, "cpu", {}).train(None, True)


def test_a_training_goes_on_where_it_was_stopped(rendered, tmp_path):
    pairs = Pairs.load(rendered)
    first = trained(pairs, tmp_path, 16)
    again = trained(pairs, tmp_path, 16)
    assert first.resumed_from is None
    assert again.resumed_from == 4
    assert again.card["weights_sha256"] == first.card["weights_sha256"]
    assert first.card["task"] == "scene"
    assert first.card["data"]["held_out_families"] == sorted(HELD_OUT)
    with pytest.raises(CheckpointError):
        trained(pairs.subset(np.arange(20)), tmp_path, 16)
    # Its own file can be used, and nothing else can be taken for it.
    light = Light(0.4, 0.2)
    key, _ = empty_light(ROOM, light, (), (64, 48), first.checkpoint)
    assert key.shape == (64, 48)
    with pytest.raises(CheckpointError):
        empty_light(ROOM, light, (), (64, 48), SCENE_WEIGHTS.with_name("inpaint.safetensors"))


def test_the_judge_has_its_say(rendered, tmp_path):
    """The same steps with and without a discriminator end in other weights, and its losses are told."""
    pairs = Pairs.load(rendered)
    judged = trained(pairs, tmp_path / "judged", 12)
    alone = trained(pairs, tmp_path / "alone", 12, adversarial=0.0)
    assert judged.card["weights_sha256"] != alone.card["weights_sha256"]
    assert judged.card["parameters"]["discriminator"] > 0
    assert {"discriminator", "generator"} <= judged.history[-1]["losses"].keys()
    assert "discriminator" not in alone.history[-1]["losses"]
    assert np.isfinite([judged.best_metrics[name] for name in ("light", "shadow", "error", "kid")]).all()


def test_a_generator_no_better_than_drawn_light_is_not_offered(rendered, tmp_path):
    result = trained(Pairs.load(rendered), tmp_path, 8)
    assert not result.card["offerable"]
    assert "drawn" in result.card["not_offerable_because"]


def test_the_shipped_generator_is_much_better_than_drawn_light_and_shadow():
    card = json.loads(SCENE_WEIGHTS.with_suffix(".json").read_text())
    figures = card["metrics"]
    assert figures["light"] <= 0.7 * figures["light_drawn"]
    assert figures["shadow"] <= 0.7 * min(figures["drawn"], figures["ellipse"], figures["none"])
    assert figures["held_out"] >= 200
    assert card["config"]["resolution"] == 256
    assert card["config"]["adversarial"] > 0
