"""Which photos a job makes straight, and how: by the product's name and the job's options."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import pytest

from prodgen_django.recipes.base import WorkItem
from prodgen_django.recipes.straight import straight_of
from prodgen_django.studio import CutOut
from prodgen_django.studio.goods import good_of

SLANTED = np.array([[130, 90], [480, 130], [420, 520], [60, 430]])


def item(title: str, **options: Any) -> WorkItem:
    return WorkItem(1, None, title, "", ("photo",), options, 1, 1)


def made_straight(title: str, found: CutOut, **options: Any) -> Any:
    """By the pose that a product's name says."""
    good = good_of([title])
    return straight_of(item(title, **options), found, good.pose if good else None)


def cut(hole: bool = False, **known: Any) -> CutOut:
    alpha = cv2.fillPoly(np.zeros((600, 600), np.float32), [SLANTED], 1)
    if hole:
        alpha[200:300, 200:350] = 0
    return CutOut(alpha, 0.9, (), **known)


@pytest.mark.parametrize(
    ("title", "rectified"),
    [
        ("Azrou berber rug", True),
        ("Old town, map: poster", True),
        ("Cookery book", True),
        ("Oak stool", False),
    ],
)
def test_what_is_flat_by_its_name_is_rectified(title: str, rectified: bool) -> None:
    straight = made_straight(title, cut())
    assert straight is not None
    assert straight.rectified is rectified


def test_a_title_with_sizes_says_the_proportions() -> None:
    square, oblong = (made_straight(title, cut()) for title in ("Rug 150 × 150 cm", "Rug 150 × 160 cm"))
    assert square is not None
    assert oblong is not None
    assert square.size[0] / square.size[1] == pytest.approx(1, abs=0.02)
    assert max(oblong.size) / min(oblong.size) == pytest.approx(160 / 150, abs=0.02)


def test_the_options_can_leave_every_photo_as_it_is() -> None:
    assert made_straight("Azrou berber rug", cut(), straighten=False) is None


def test_a_flat_things_hole_is_closed_but_never_one_that_a_person_drew() -> None:
    rug, stool = "Azrou berber rug", "Oak stool"
    assert made_straight(rug, cut(hole=True)).alpha[250, 275] == 1
    for known in ({"corrected": True}, {"brought": True}):
        assert made_straight(rug, cut(hole=True, **known)).alpha[250, 275] == 0
    assert made_straight(stool, cut(hole=True)).alpha[250, 275] == 0
