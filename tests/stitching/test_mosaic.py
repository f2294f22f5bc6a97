"""Overlapping close-ups become one picture: placed to a fraction of a pixel, in any order, in one light."""

from __future__ import annotations

import json
from itertools import permutations
from pathlib import Path

import cv2
import numpy as np
import pytest

from prodgen_django.imagefile import load_image
from prodgen_django.stitching import StitchError, stitch

from .scenes import Shot, cloth, misplacement, packshot, shoot


@pytest.fixture(scope="module")
def scene() -> np.ndarray:
    return cloth(1)


@pytest.fixture(scope="module")
def pair(scene: np.ndarray) -> list[Shot]:
    return [shoot(scene, (330, 380), seed=1), shoot(scene, (620, 410), turn=4, zoom=1.05, tilt=0.08, seed=2)]


def test_two_close_ups_are_placed_to_a_tenth_of_a_pixel(pair: list[Shot]) -> None:
    result = stitch([s.image for s in pair])
    assert result.report["mode"] == "planar"
    assert misplacement(pair, result.transforms) < 0.15
    assert result.image.dtype == np.uint8
    assert result.image.shape[:2] == result.mask.shape
    assert result.mask.dtype == bool
    json.dumps(result.report)


@pytest.mark.parametrize(
    ("name", "second"),
    [
        ("turned and closer", {"turn": 150, "zoom": 0.7, "noise": 5}),
        ("little overlap", {"centre": (700, 380)}),
        ("dark and flat", {"gain": 0.55, "gamma": 1.25, "vignette": 0.4, "noise": 4}),
    ],
)
def test_hard_pairs(scene: np.ndarray, name: str, second: dict) -> None:
    options = {"centre": (600, 400), "seed": 5} | second
    shots = [shoot(scene, (330, 380), seed=4), shoot(scene, **options)]
    result = stitch([s.image for s in shots])
    assert misplacement(shots, result.transforms) < 0.8, name


def test_the_order_of_the_list_does_not_matter(scene: np.ndarray) -> None:
    shots = [shoot(scene, (300 + 220 * k, 390), turn=2 * k, seed=k) for k in range(3)]
    pictures = []
    for order in permutations(range(3)):
        result = stitch([shots[i].image for i in order])
        assert misplacement([shots[i] for i in order], result.transforms) < 0.3
        pictures.append(result.image)
    assert all(np.array_equal(pictures[0], p) for p in pictures[1:])


def test_a_grid_of_nine_uses_every_picture(scene: np.ndarray) -> None:
    spots = [(x, y) for y in (200, 400, 600) for x in (270, 550, 830)]
    shots = [shoot(scene, at, (400, 320), turn=(-1) ** k, seed=k) for k, at in enumerate(spots)]
    result = stitch([s.image for s in shots])
    assert [i["used"] for i in result.report["inputs"]] == [True] * 9
    assert misplacement(shots, result.transforms) < 0.3


def test_light_is_brought_together(scene: np.ndarray) -> None:
    shots = [
        shoot(scene, (330, 380), gain=1.1, vignette=0.3, seed=1),
        shoot(scene, (590, 390), gain=0.7, gamma=1.15, vignette=0.3, seed=2),
    ]
    result = stitch([s.image for s in shots], crop="none")
    plain = stitch([s.image for s in shots], crop="none", harmonise=False)

    def error(r) -> float:
        flags = 2 | 16  # cubic, inverse map
        import cv2

        size = (r.image.shape[1], r.image.shape[0])
        true = cv2.warpPerspective(scene, shots[0].truth @ np.linalg.inv(r.transforms[0]), size, flags=flags)
        a, b = r.image[r.mask].astype(float), true[r.mask].astype(float)
        fitted = [np.polyval(np.polyfit(a[:, c], b[:, c], 1), a[:, c]) - b[:, c] for c in range(3)]
        return float(np.sqrt(np.mean(np.square(fitted))))

    assert error(result) < 0.6 * error(plain)
    checks = result.report["checks"]
    assert checks["light_difference_after"] < 0.3 * checks["light_difference_before"]
    # Bringing light together is not a licence to brighten or flatten the whole picture.
    before = np.mean([s.image.mean() for s in shots])
    assert abs(result.image[result.mask].mean() - before) < 15


def test_identical_pictures_are_used_once_and_named(pair: list[Shot]) -> None:
    a, b = (s.image for s in pair)
    result = stitch([a, b, a.copy()])
    assert [i["used"] for i in result.report["inputs"]] == [True, True, True]
    twin = next(i for i in result.report["inputs"] if "duplicate_of" in i)
    assert {twin["index"], twin["duplicate_of"]} == {0, 2}
    np.testing.assert_array_equal(result.transforms[0], result.transforms[2])
    with pytest.raises(StitchError) as refused:
        stitch([a, a.copy()])
    assert refused.value.code == "bad_input"


def test_a_turning_camera_becomes_a_panorama() -> None:
    wide = cloth(9, 2600, 900)
    focal, size = 420.0, (420, 480)
    shots = []
    import cv2

    for k in range(5):
        yaw = np.deg2rad(26) * (k - 2)
        y, x = np.mgrid[: size[1], : size[0]].astype(np.float64)
        ray = np.stack([x - size[0] / 2, y - size[1] / 2, np.full_like(x, focal)], -1)
        around = np.arctan2(ray[..., 0], ray[..., 2]) + yaw
        up = ray[..., 1] / np.hypot(ray[..., 0], ray[..., 2])
        mx = (around * 700 + 1300).astype(np.float32)
        my = (up * 700 + 450).astype(np.float32)
        shots.append(cv2.remap(wide, mx, my, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT101))
    result = stitch(shots)
    assert result.report["mode"] == "panorama"
    assert "turned on the spot" in result.report["why"]
    assert result.report["model"]["focal_px"] == pytest.approx(focal, rel=0.05)
    assert all(t is not None for t in result.transforms)


class TestRefusals:
    def test_strangers(self) -> None:
        with pytest.raises(StitchError) as refused:
            stitch([shoot(cloth(s), (500, 400)).image for s in (1, 2)])
        assert refused.value.code == "no_overlap"
        assert "overlap" in refused.value.message or "shares about a third" in refused.value.message
        json.dumps(refused.value.details)

    def test_parts_of_one_cloth_that_do_not_meet(self, scene: np.ndarray) -> None:
        with pytest.raises(StitchError):
            stitch([shoot(scene, (230, 380), (400, 400)).image, shoot(scene, (880, 390), (400, 400)).image])

    def test_featureless(self) -> None:
        flat = [np.full((300, 400, 3), 200 + k, np.uint8) for k in range(2)]
        with pytest.raises(StitchError) as refused:
            stitch(flat)
        assert refused.value.code == "too_few_features"
        assert "Photograph" in refused.value.message

    def test_different_products_on_the_same_sweep(self) -> None:
        with pytest.raises(StitchError):
            stitch([packshot(s) for s in (3, 4)])

    def test_one_stranger_among_four_is_left_out_by_name(self, scene: np.ndarray) -> None:
        shots = [shoot(scene, (300 + 230 * k, 390), seed=k).image for k in range(3)]
        stranger = shoot(cloth(8), (500, 400)).image
        pictures = [shots[0], stranger, *shots[1:]]
        result = stitch(pictures)
        assert [i["used"] for i in result.report["inputs"]] == [True, False, True, True]
        assert result.transforms[1] is None
        assert any("Picture 2" in w for w in result.report["warnings"])
        with pytest.raises(StitchError) as refused:
            stitch(pictures, on_partial="error")
        assert "Picture 2" in refused.value.message

    def test_three_of_five_are_no_clear_majority(self, scene: np.ndarray) -> None:
        """A wall beside the product shows next to nothing: that it is a stranger nobody can say."""
        shots = [shoot(scene, (300 + 230 * k, 390), seed=k).image for k in range(3)]
        wall = np.full((420, 440, 3), 225, np.uint8)
        wall[250:] = 205
        pictures = [*shots, wall, wall[:, ::-1] - 9]
        with pytest.raises(StitchError) as refused:
            stitch(pictures)
        assert refused.value.code == "too_few_features"
        assert "Picture 4, 5" in refused.value.message
        result = stitch(pictures, on_partial="largest")
        assert [t is None for t in result.transforms] == [False] * 3 + [True] * 2
        for number, entry in enumerate(result.report["inputs"][3:], 4):
            assert f"Picture {number} was left out: {entry['reason']}." in result.report["warnings"]

    def test_two_separate_pairs_need_a_person(self, scene: np.ndarray) -> None:
        other = cloth(5)
        pictures = [shoot(s, (330 + 250 * k, 390), seed=k).image for s in (scene, other) for k in range(2)]
        with pytest.raises(StitchError):
            stitch(pictures)
        kept = stitch(pictures, on_partial="largest")
        assert sum(i["used"] for i in kept.report["inputs"]) == 2

    def test_the_cap_is_checked_before_the_canvas_exists(
        self, pair: list[Shot], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        from prodgen_django.stitching import blending

        monkeypatch.setattr(blending, "compose", lambda *a: pytest.fail("something was painted"))
        with pytest.raises(StitchError) as refused:
            stitch([s.image for s in pair], max_pixels=10_000)
        assert refused.value.code == "too_large"

    @pytest.mark.parametrize(
        "images",
        [
            [],
            [np.zeros((50, 50, 3), np.uint8)],
            [np.zeros((50, 50), np.uint8)] * 2,
            [np.zeros((50, 50, 3), np.float32)] * 2,
            [np.zeros((50, 50, 4), np.uint8)] * 2,
            [np.zeros((0, 0, 3), np.uint8)] * 2,
            "pictures",
        ],
    )
    def test_bad_input(self, images: object) -> None:
        with pytest.raises(StitchError) as refused:
            stitch(images)  # type: ignore[arg-type]
        assert refused.value.code == "bad_input"

    def test_unknown_words(self, pair: list[Shot]) -> None:
        for arguments in ({"mode": "circle"}, {"colour": 3}, {"crop": "round"}, {"on_partial": "guess"}):
            with pytest.raises(StitchError) as refused:
                stitch([s.image for s in pair], **arguments)
            assert refused.value.code == "bad_input"


class TestCrop:
    def test_rectangle_has_no_empty_pixel(self, pair: list[Shot]) -> None:
        result = stitch([s.image for s in pair], crop="rectangle")
        assert result.mask.all()
        assert misplacement(pair, result.transforms) < 0.15

    def test_fill_paints_the_chosen_colour(self, pair: list[Shot]) -> None:
        whole = stitch([s.image for s in pair], crop="none")
        filled = stitch([s.image for s in pair], crop="fill", background=(255, 0, 255))
        assert filled.image.shape == whole.image.shape
        assert filled.mask.all()
        assert (filled.image[~whole.mask] == (255, 0, 255)).mean() > 0.9


def test_progress_runs_to_the_end_and_can_stop_the_work(pair: list[Shot]) -> None:
    seen: list[tuple[str, float]] = []
    stitch([s.image for s in pair], on_progress=lambda stage, f: seen.append((stage, f)))
    fractions = [f for _, f in seen]
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1.0

    class StoppedError(Exception):
        pass

    for stop_at in {s for s, _ in seen} - {"done"}:

        def stop(stage: str, fraction: float, stop_at: str = stop_at) -> None:
            if stage == stop_at:
                raise StoppedError

        with pytest.raises(StoppedError):
            stitch([s.image for s in pair], on_progress=stop)


def test_every_stage_can_be_looked_at(pair: list[Shot], tmp_path: Path) -> None:
    stitch([s.image for s in pair], explain_dir=tmp_path)
    names = sorted(p.name for p in tmp_path.iterdir())
    assert len(names) >= 3
    assert all(load_image(tmp_path / n).shape[2] == 3 for n in names)


def test_the_same_seed_gives_the_same_bytes(pair: list[Shot]) -> None:
    one, two = (stitch([s.image for s in pair], seed=3) for _ in range(2))
    np.testing.assert_array_equal(one.image, two.image)


class TestDistances:
    def test_pictures_from_much_further_away_are_left_out_by_name(self, scene: np.ndarray) -> None:
        near = [shoot(scene, centre) for centre in ((330, 300), (520, 300), (330, 480), (520, 480))]
        far = shoot(scene, (520, 390), (440, 330), zoom=2.3)
        images = [near[0].image, far.image, *(s.image for s in near[1:])]
        result = stitch(images)
        assert [i["used"] for i in result.report["inputs"]] == [True, False, True, True, True]
        assert "further away" in result.report["inputs"][1]["reason"]
        assert any("Picture 2 was left out: it shows the same thing" in s for s in result.report["warnings"])
        with pytest.raises(StitchError, match="Picture 2"):
            stitch(images, on_partial="error")

    def test_one_thing_before_two_grounds_is_not_one_picture(self) -> None:
        product = cloth(21, 300, 260)
        images = []
        for seed, (x, y) in ((31, (90, 70)), (57, (110, 90))):
            ground = cv2.GaussianBlur(cloth(seed, 520, 420), (0, 0), 12)
            ground[y : y + 260, x : x + 300] = product
            images.append(ground)
        with pytest.raises(StitchError, match="different surroundings"):
            stitch(images)
