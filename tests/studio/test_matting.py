"""Cut-outs through the public face: what is found, what is left, and when a person must look."""

from __future__ import annotations

import json
from dataclasses import replace

import cv2
import numpy as np
import pytest

from benchmarks.studio.structures import FAMILIES, pictured
from prodgen_django.studio import cut_out, cut_out_by_hand, cut_out_report
from prodgen_django.studio.matting import enlarged, judged, refine, shrink
from prodgen_django.studio.matting.inspector import Judgement, places
from prodgen_django.studio.matting.looking import Part, padded, part_about


def iou(first: np.ndarray, second: np.ndarray) -> float:
    return float((first & second).sum() / max((first | second).sum(), 1))


def sweep(size: int = 480, level: int = 236) -> np.ndarray:
    """Pale paper under soft light: float h×w×3."""
    y, x = np.mgrid[0:size, 0:size] / size
    return (level * (1 - 0.12 * y - 0.06 * x))[..., None] * np.array([1, 0.985, 0.95])


def shaded(mask: np.ndarray, colour: tuple[float, float, float]) -> np.ndarray:
    """A round thing's colour under light from the left: float h×w×3."""
    depth = cv2.GaussianBlur(mask.astype(np.float32), (0, 0), 25)
    x = np.linspace(0.12, -0.12, mask.shape[1])
    return (0.55 + 0.45 * depth + x)[..., None] * np.array(colour)


def photo_of(*things: tuple[np.ndarray, tuple[float, float, float]], shadow: bool = True) -> np.ndarray:
    """Products on a sweep with a soft shadow to their right: uint8 480×480×3."""
    image = sweep()
    for mask, _colour in things:
        if shadow:
            moved = np.roll(np.roll(mask.astype(np.float32), 14, 1), 8, 0)
            image *= 1 - 0.45 * cv2.GaussianBlur(moved, (0, 0), 9)[..., None]
    for mask, colour in things:
        soft = cv2.GaussianBlur(mask.astype(np.float32), (0, 0), 0.7)[..., None]
        image = image * (1 - soft) + shaded(mask, colour) * soft
    return np.clip(image + np.random.default_rng(0).normal(0, 1, image.shape), 0, 255).astype(np.uint8)


def jar(x: int, y: int = 240, wide: int = 70, high: int = 110) -> np.ndarray:
    mask = np.zeros((480, 480), np.uint8)
    cv2.ellipse(mask, (x, y + high // 2), (wide, high // 2 + 10), 0, 0, 360, 1, -1)
    cv2.rectangle(mask, (x - wide + 14, y - high), (x + wide - 14, y + high // 2), 1, -1)
    return mask == 1


class TestWhatIsFound:
    def test_a_shadow_is_no_part_of_the_product(self) -> None:
        mask = jar(220)
        assert iou(cut_out(photo_of((mask, (60, 90, 140)))) >= 0.5, mask) > 0.97

    def test_a_pale_product_on_pale_paper_is_whole(self) -> None:
        mask = jar(240, wide=95)
        assert iou(cut_out(photo_of((mask, (246, 244, 238)))) >= 0.5, mask) > 0.95

    def test_both_of_two_unlike_products_are_found(self) -> None:
        first, second = jar(130), jar(350, 270, 55, 70)
        photo = photo_of((first, (170, 60, 50)), (second, (50, 60, 62)))
        assert iou(cut_out(photo) >= 0.5, first | second) > 0.95

    def test_of_two_products_the_one_in_the_box_is_cut_out(self) -> None:
        first, second = jar(130), jar(350, 270, 55, 70)
        photo = photo_of((first, (170, 60, 50)), (second, (50, 60, 62)))
        found = cut_out_report(photo, (0.56, 0.35, 0.92, 0.88)).alpha
        assert iou(found >= 0.5, second) > 0.93
        assert not found[:, :260].any()

    @pytest.mark.parametrize("family", sorted(FAMILIES))
    def test_things_that_one_sees_through_are_right_or_flagged(self, family: str) -> None:
        for seed in (900, 901):
            photo, truth = pictured(FAMILIES[family], np.random.default_rng(seed))
            cut = cut_out_report(photo)
            assert cut.poor or iou(cut.alpha >= 0.5, truth > 0.5) > 0.9

    def test_a_large_photograph_is_cut_as_the_small_one(self) -> None:
        mask = jar(240)
        photo = photo_of((mask, (60, 90, 140)))
        large = cv2.resize(photo, (2400, 2000), interpolation=cv2.INTER_CUBIC)
        found = cut_out(large)
        assert found.shape == (2000, 2400)
        truth = cv2.resize(mask.astype(np.float32), (2400, 2000)) > 0.5
        assert iou(found >= 0.5, truth) > 0.97

    @pytest.mark.parametrize("shape", [(480, 90), (70, 480), (33, 47)])
    def test_any_shape_is_taken(self, shape: tuple[int, int]) -> None:
        photo = np.full((*shape, 3), 235, np.uint8)
        high, wide = shape
        photo[high // 4 : -high // 4, wide // 4 : -wide // 4] = (150, 40, 30)
        assert cut_out(photo).shape == shape

    def test_what_is_no_photograph_is_refused(self) -> None:
        for wrong in (np.zeros((9, 9), np.uint8), np.zeros((9, 9, 3)), np.zeros((0, 9, 3), np.uint8)):
            with pytest.raises(ValueError, match="photograph"):
                cut_out(wrong)


class TestWhenAPersonMustLook:
    def test_nothing_is_nothing(self) -> None:
        cut = cut_out_report(np.full((200, 200, 3), 128, np.uint8))
        assert cut.poor
        assert cut.reasons
        assert cut.places == ()

    def test_a_faulty_outline_is_told_from_a_right_one(self) -> None:
        """The same photograph: half of the product is gone, or the shadow comes along."""
        mask = jar(220)
        photo = photo_of((mask, (60, 90, 140)))
        right = judged(photo, cv2.GaussianBlur(mask.astype(np.float32), (0, 0), 0.7))
        half, with_shadow = mask.copy(), mask | np.roll(np.roll(mask, 20, 1), 10, 0)
        half[260:] = False
        for wrong in (half, with_shadow):
            assert judged(photo, wrong.astype(np.float32)).confidence < right.confidence

    def test_what_is_stored_is_plain_json(self) -> None:
        cut = cut_out_report(photo_of((jar(220), (60, 90, 140))))
        assert json.loads(json.dumps(cut.as_dict()))["poor"] == cut.poor
        assert set(cut.as_dict()) == {"confidence", "reasons", "poor", "corrected", "brought", "places"}

    def test_a_poor_one_says_why_even_if_no_fault_is_likely(self) -> None:
        found = Judgement(0.5, {"poor": 0.5, "missing": 0.3, "halo": 0.1}, ())
        assert len(found.reasons) == 1
        assert replace(found, confidence=0.9, faults={"poor": 0.1, "missing": 0.2}).reasons == ()

    def test_places_are_shares_of_the_picture(self) -> None:
        maps = np.zeros((2, 48, 48), np.float32)
        maps[0, 0:6, 0:6] = 1
        maps[1, 40:48, 24:48] = 0.9
        largest, other = places(maps, Part(100, 484, 200, 584), (600, 800, 3))
        assert (largest.kind, other.kind) == ("left over", "missing")
        assert (other.left, other.top) == (0.25, round(100 / 600, 3))
        assert largest.right == round(584 / 800, 3)


class TestEdges:
    def test_a_drawn_outline_follows_the_photographs_edge(self) -> None:
        """A person's brush is some pixels off."""
        mask = jar(240)
        photo = photo_of((mask, (60, 90, 140)))
        rough = cv2.dilate(mask.astype(np.uint8), np.ones((7, 7), np.uint8)) == 1
        assert iou(refine(photo, rough) >= 0.5, mask) > iou(rough, mask)
        cut = cut_out_by_hand(photo, mask)
        assert iou(cut.alpha >= 0.5, mask) > 0.97
        assert cut.corrected
        assert not cut.poor

    def test_an_empty_drawing_is_empty(self) -> None:
        assert not refine(photo_of((jar(240), (60, 90, 140))), np.zeros((480, 480), bool)).any()

    def test_far_from_the_outline_an_enlarged_alpha_is_0_or_1(self) -> None:
        mask = jar(240)
        large = cv2.resize(photo_of((mask, (60, 90, 140))), (1440, 1440))
        small = shrink(large, 480)
        alpha = enlarged(large, small, cv2.GaussianBlur(mask.astype(np.float32), (0, 0), 1))
        truth = cv2.resize(mask.astype(np.float32), (1440, 1440)) > 0.5
        far = cv2.distanceTransform(truth.astype(np.uint8), cv2.DIST_L2, 3)
        far += cv2.distanceTransform((~truth).astype(np.uint8), cv2.DIST_L2, 3)
        assert set(np.unique(alpha[far > 30])) == {0.0, 1.0}
        assert iou(alpha >= 0.5, truth) > 0.99


def test_a_picture_is_padded_to_whole_steps() -> None:
    image = np.random.default_rng(0).integers(0, 255, (100, 37, 3), np.uint8)
    small, (high, wide) = padded(image, 96)
    assert (high, wide) == (96, 36)
    assert small.shape == (96, 64, 3)
    assert (small[:, 36:] == small[:, 35:36]).all()


def test_a_box_keeps_within_what_was_drawn() -> None:
    mask = np.zeros((100, 100), bool)
    mask[40:60, 30:50] = True
    inside = Part(35, 90, 20, 95)
    found = part_about(mask, inside)
    assert found is not None
    assert found.top == 35
    assert found.left >= 20
    assert part_about(np.zeros((100, 100), bool), inside) is None
