"""Labels on what repeats: the same one in both pictures decides, and the result says so; others do not."""

from __future__ import annotations

from typing import Any

import pytest

from prodgen_django.stitching import StitchError, stitch

from .labels import SHEETS, labelled
from .repeats import pair
from .scenes import misplacement


def outcome(kind: str, labels: str, seed: int) -> tuple[str, list[Any]]:
    """`right`, `wrong` or the refusal's code, and the warnings about repeats."""
    made = labelled(kind, labels, seed)
    try:
        result = stitch([shot.image for shot in made.shots])
    except StitchError as refused:
        return refused.code, []
    told = [w for w in result.report["warnings"] if "repeats" in w]
    return "right" if misplacement(made.shots, result.transforms) < 4 else "wrong", told


@pytest.mark.parametrize("kind", SHEETS)
def test_the_same_label_in_both_pictures_decides_and_is_told(kind: str) -> None:
    said, told = outcome(kind, "both", 0)
    assert said == "right"
    assert len(told) == 1
    assert "pictures 1 and 2" in told[0]


@pytest.mark.parametrize(
    ("kind", "seed"), [("checker", 6), ("half-drop", 2), ("houndstooth", 0), ("text", 0)]
)
def test_cards_with_other_numbers_are_not_laid_on_one_another(kind: str, seed: int) -> None:
    assert outcome(kind, "different", seed)[0] == "ambiguous"


@pytest.mark.parametrize(
    ("kind", "seed"), [("checker", 4), ("half-drop", 4), ("houndstooth", 2), ("text", 1)]
)
def test_two_labels_that_look_alike_are_told_or_refused(kind: str, seed: int) -> None:
    """Of short repeats the search for rivals used to look at the smallest overlaps alone, and found none (text)."""
    said, told = outcome(kind, "alike", seed)
    assert told or said == "ambiguous"


@pytest.mark.parametrize(
    ("kind", "seed"), [("checker", 0), ("half-drop", 9), ("houndstooth", 6), ("text", 7)]
)
def test_one_of_a_row_of_labels_decides_nothing(kind: str, seed: int) -> None:
    assert outcome(kind, "row", seed)[0] == "ambiguous"


@pytest.mark.parametrize("kind", SHEETS)
def test_a_label_that_one_picture_shows_decides_nothing(kind: str) -> None:
    assert outcome(kind, "one", 1)[0] in ("ambiguous", "no_overlap")


def test_of_what_does_not_repeat_nothing_is_said() -> None:
    made = pair("dots", 1, repeats=False, overlap=0.4, label=True)
    result = stitch([shot.image for shot in made.shots])
    assert not [w for w in result.report["warnings"] if "repeats" in w]
