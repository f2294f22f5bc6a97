"""What goods are called in six languages, how they are shown, how large they are."""

from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prodgen_django.studio.goods import GOODS, POSES, good_of


@pytest.mark.parametrize(
    ("texts", "pose", "size"),
    [
        (["Tidal mug", "Mugs & cups"], "table", 11),
        (["Old town, large map", "Posters & prints"], "wall", 70),
        (["Oak coffee table"], "floor", 120),
        (["Observatory floor lamp", "Lamps"], "floor", 150),
        (["Kaffeetasse «Morgen»"], "table", 11),
        (["Jarrón azul"], "table", 28),
        (["Badteppich 60 × 90"], "lies", 200),
        (["T-shirt, white"], "hangs", 72),
        (["Théière en fonte"], "table", 26),
        (["Poltrona Elba"], "floor", 90),
        (["Ritratto", "Quadri"], None, None),
        (["Model X-200"], None, None),
        ([], None, None),
    ],
)
def test_a_title_and_its_categories_say_what_it_is(texts: list[str], pose: str, size: float) -> None:
    good = good_of(texts)
    assert (good and good.pose, good and good.size) == (pose, size)


def test_the_title_says_more_than_the_category() -> None:
    assert good_of(["Reading lamp", "Chairs"]).names[0] == "lamp"  # type: ignore[union-attr]


def test_no_name_means_two_things() -> None:
    names = [name for good in GOODS for name in good.names]
    assert len(names) == len(set(names)), {name for name in names if names.count(name) > 1}
    assert {good.pose for good in GOODS} == set(POSES)


@given(st.lists(st.text(max_size=40), max_size=3))
def test_any_text_is_taken(texts: list[str]) -> None:
    good_of(texts)


def test_a_web_process_reads_it_without_numpy() -> None:
    code = (
        "import sys; from prodgen_django.studio.goods import good_of; good_of(['mug']); "
        "assert not {'numpy', 'cv2', 'torch'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
