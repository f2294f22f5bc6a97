"""The rendered sets: their light adds up, their geometry follows the crop, and what ships is whole."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from prodgen_django.imagefile import encode_image
from prodgen_django.studio import sets

SHIPPED = [(name, view) for name in sets.names() for view in sets.views(name)]
SIDE = 160
CAMERA = [[200.0, 80.0, 0.0, 96.0], [0.0, 40.0, -200.0, 153.6], [0.0, 1.0, 0.0, 1.2]]


def linear(level: int) -> float:
    return float(((level / 255 + 0.055) / 1.055) ** 2.4)


@pytest.fixture
def room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A small set of two lights, one even and one that grows from left to right."""
    folder = tmp_path / "room"
    folder.mkdir()
    even = np.full((SIDE, SIDE, 3), 128, np.uint8)
    slope = np.repeat(np.linspace(40, 220, SIDE).astype(np.uint8)[None, :, None], SIDE, 0).repeat(3, 2)
    for name, picture in (("fill", even), ("window", slope)):
        data = encode_image(np.ascontiguousarray(picture), format="png", source_type="algorithmicMedia")
        (folder / f"table.{name}.png").write_bytes(data)
    camera = np.array(CAMERA)
    light = {"azimuth": -50, "elevation": 30, "softness": 0.1, "colour": "#ffffff", "weight": 0.5}
    card = {
        "name": "room",
        "view": "table",
        "label": "Room",
        "size": [SIDE, SIDE],
        "mood": ["calm"],
        "season": ["winter"],
        "materials": ["oak"],
        "goods": [],
        "suits": "stands on a table",
        "mean": "#808080",
        "colours": ["#808080"] * 3,
        "camera": {"height": 0.4, "elevation": 11, "focal": 70, "field": 28.8, "matrix": CAMERA},
        "horizon": 0.25,
        "ground": np.linalg.inv(camera[:, [0, 1, 3]]).tolist(),
        "wall": {
            "away": 1.0,
            "plane": np.linalg.inv(
                np.stack([camera[:, 0], camera[:, 2], camera[:, 1] + camera[:, 3]], 1)
            ).tolist(),
        },
        "place": {"x": 0.5, "y": 0.8, "pixels_per_metre": 200 / 1.2, "tallest": 0.66},
        "lights": {name: {**light, "file": f"table.{name}.png"} for name in ("fill", "window")},
    }
    (folder / "table.json").write_text(json.dumps(card))
    monkeypatch.setattr(sets, "FOLDER", tmp_path)
    sets.card.cache_clear()
    sets._index.cache_clear()
    yield "room"
    sets.card.cache_clear()
    sets._index.cache_clear()


def test_light_is_mixed_in_linear_light(room: str) -> None:
    size = (SIDE, SIDE)
    fill = sets.lit(room, "table", {"fill": 1}, size)
    window = sets.lit(room, "table", {"window": 1}, size)
    assert fill.dtype == np.float32
    assert fill.shape == (SIDE, SIDE, 3)
    assert fill.mean() == pytest.approx(linear(128), rel=1e-4)
    both = sets.lit(room, "table", {"fill": 0.5, "window": 2.0}, size)
    np.testing.assert_allclose(both, 0.5 * fill + 2 * window, atol=1e-5)
    assert both.max() > 1, "nothing is cut off at white"
    np.testing.assert_allclose(sets.lit(room, "table", None, size), 0.5 * fill + 0.5 * window, atol=1e-5)
    assert sets.lit(room, "table", {}, size).max() == 0


@pytest.mark.parametrize("size", [(160, 160), (400, 200), (90, 150), (33, 61)])
def test_geometry_follows_the_canvas(room: str, size: tuple[int, int]) -> None:
    card = sets.card(room, "table").fitted(size)
    assert sets.lit(room, "table", None, size).shape == (size[1], size[0], 3)
    foot = np.array(card.camera) @ [0, 0, 0, 1]
    np.testing.assert_allclose(
        foot[:2] / foot[2] / size, card.place, atol=0.012, err_msg="the foot stands where the camera sees it"
    )
    for point in ([0.1, 0.2, 0.0, 1.0], [-0.2, 0.5, 0.0, 1.0]):
        pixel = np.array(card.camera) @ point
        metres = np.array(card.ground) @ (pixel / pixel[2])
        np.testing.assert_allclose(metres[:2] / metres[2], point[:2], atol=1e-6)
    pixel = np.array(card.camera) @ [0.3, card.wall_away, 0.4, 1.0]
    metres = np.array(card.wall) @ (pixel / pixel[2])
    np.testing.assert_allclose(metres[:2] / metres[2], [0.3, 0.4], atol=1e-6)
    beside = np.array(card.camera) @ [0.1, 0, 0, 1.0]
    across = beside[0] / beside[2] - foot[0] / foot[2]
    assert across == pytest.approx(0.1 * card.pixels_per_metre, rel=1e-6)
    assert card.place[1] - card.tallest >= 0, "the tallest product is not cut off above"


def test_what_is_shown_is_what_the_card_says(room: str) -> None:
    """A column of the sloping light is found again where the card's geometry puts it."""
    whole = sets.lit(room, "table", {"window": 1}, (SIDE, SIDE))
    left, _, wide, _ = sets.card(room, "table").window((80, 160))
    narrow = sets.lit(room, "table", {"window": 1}, (80, 160))
    assert wide == 80
    np.testing.assert_allclose(narrow[0], whole[0, left : left + wide], atol=1e-5)


def test_what_there_is_not(room: str) -> None:
    for wrong in (("none", "table"), (room, "wall")):
        with pytest.raises(KeyError):
            sets.card(*wrong)
    with pytest.raises(KeyError):
        sets.lit(room, "table", {"moon": 1}, (50, 50))
    for weight in (-0.1, float("nan")):
        with pytest.raises(ValueError, match="weight"):
            sets.lit(room, "table", {"fill": weight}, (50, 50))
    with pytest.raises(ValueError, match="canvas"):
        sets.lit(room, "table", None, (0, 50))


def test_sets_are_listed_without_numpy_and_opencv() -> None:
    code = """
import sys
for heavy in ("numpy", "cv2", "torch", "PIL", "django"):
    sys.modules[heavy] = None
from prodgen_django.studio import sets
for name in sets.names():
    for view in sets.views(name):
        card = sets.card(name, view)
        assert card.words and card.label and card.weights
        assert card.fitted((1200, 628)).size == (1200, 628)
"""
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


@pytest.mark.parametrize(("name", "view"), SHIPPED)
def test_shipped_views_are_whole(name: str, view: sets.SetView) -> None:
    card = sets.card(name, view)
    assert (card.name, card.view) == (name, view)
    assert set(card.lights) == {"key-left", "key-right", "window", "fill"}
    picture = sets.lit(name, view, None, (200, 200))
    assert picture.shape == (200, 200, 3)
    assert np.isfinite(picture).all()
    top = float(np.quantile(picture.max(-1), 0.97))
    assert 0.2 < top < 1.05, "the default light exposes it well"
    for light in card.lights:
        assert sets.lit(name, view, {light: 1.0}, (64, 64)).max() > 0.3, "every light uses its file's range"
    foot = np.array(card.camera) @ [0, 0, 0, 1]
    np.testing.assert_allclose(foot[:2] / foot[2] / card.size, card.place, atol=1e-6)
    if card.ground is not None:
        back = np.array(card.ground) @ (foot / foot[2])
        np.testing.assert_allclose(back[:2] / back[2], 0, atol=1e-6)


def test_all_of_them_are_small() -> None:
    assert sum(path.stat().st_size for path in sets.FOLDER.rglob("*") if path.is_file()) < 15_000_000
