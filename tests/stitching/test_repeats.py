"""What repeats fits in several places: it is stitched where something decides, else refused, never laid on itself."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from prodgen_django.stitching import StitchError, stitch

from .repeats import KINDS, Pair, pair
from .scenes import cloth, misplacement, shoot

SEEDS = (1, 2, 3)


def verdict(made: Pair) -> str:
    try:
        result = stitch([shot.image for shot in made.shots])
    except StitchError as refused:
        return refused.code
    return "right" if misplacement(made.shots, result.transforms) < 4 else "wrong"


@pytest.mark.parametrize("kind", KINDS)
def test_a_repeat_is_placed_rightly_or_refused(kind: str) -> None:
    said = [verdict(pair(kind, seed)) for seed in SEEDS]
    assert "wrong" not in said
    assert "ambiguous" in said


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_without_a_repeat_is_stitched(kind: str) -> None:
    assert [verdict(pair(kind, seed, repeats=False, overlap=0.4)) for seed in (1, 3)] == ["right"] * 2


@pytest.mark.parametrize("kind", KINDS)
def test_a_label_in_both_pictures_decides(kind: str) -> None:
    said = [verdict(pair(kind, seed, overlap=0.5, label=True)) for seed in SEEDS]
    assert "wrong" not in said
    assert "right" in said


def test_a_label_that_only_one_picture_shows_decides_nothing() -> None:
    made = pair("dots", 4, overlap=0.4)
    first = made.shots[0].image
    cv2.rectangle(first, (30, 140), (80, 180), (240, 240, 240), -1)
    assert verdict(made) != "wrong"


def test_the_refusal_says_what_to_do() -> None:
    made = pair("gingham", 3)
    with pytest.raises(StitchError) as refused:
        stitch([shot.image for shot in made.shots])
    assert "repeats" in refused.value.message
    assert "label" in refused.value.message
    assert all("several places" in reason for reason in refused.value.details["reasons"].values())


def test_a_picture_that_fits_in_several_places_is_no_stranger() -> None:
    """It belongs to the others, nobody knows where: it is not left out in silence."""
    dots = [shot.image for shot in pair("dots", 6, size=(440, 420), overlap=0.5).shots]
    scene = cloth(1)
    scene[:420, :440] = dots[0]  # the cloth ends in the dots that the other picture shows as well
    shots = [shoot(scene, (220 + 190 * k, 210), seed=k).image for k in range(4)]
    with pytest.raises(StitchError) as refused:
        stitch([*shots, dots[1]])
    assert refused.value.code in ("ambiguous", "no_overlap")
    assert "5" in refused.value.message


CASES = ("stitch_floral250_cloth_ov300", "stitch_floral250_print_only_ov300", "stitch_floral_label")


@pytest.mark.data
@pytest.mark.parametrize("name", CASES)
def test_prints_that_were_laid_on_themselves(shared_data: Path, name: str) -> None:
    images = [cv2.imread(str(shared_data / "cases" / f"{name}_{k}.jpg")) for k in (0, 1)]
    try:
        result = stitch([np.ascontiguousarray(image[..., ::-1]) for image in images])
    except StitchError as error:
        code = error.code
    else:
        middle = np.array([[[400.0, 350.0]]])
        there, here = (cv2.perspectiveTransform(middle, t)[0, 0] for t in result.transforms[::-1])
        code = "right" if np.linalg.norm(there - here - [500, 0]) < 12 else "wrong"
    # Of the three only the last shows something that stands once.
    assert code == ("right" if name.endswith("label") else "ambiguous")
