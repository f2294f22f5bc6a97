"""`stitch_many`: one answer a set, in order, whatever becomes of the others."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from prodgen_django.stitching import StitchError, StitchResult, stitch, stitch_many

from .scenes import cloth

Set = list[np.ndarray]


@pytest.fixture(scope="module")
def sets() -> list[Set]:
    """A pair, one picture too few, another pair, and two that share nothing."""
    scene, other = cloth(4, 640, 420), cloth(9, 640, 420)

    def pair(canvas: np.ndarray) -> Set:
        return [canvas[20:340, 10:350].copy(), canvas[40:360, 200:540].copy()]

    return [pair(scene), [scene[:300, :300].copy()], pair(other), [scene[:200, :200], other[200:400, :200]]]


@pytest.mark.parametrize("workers", [1, 3])
def test_a_refused_set_stands_in_its_place_and_stops_no_other(sets: list[Set], workers: int) -> None:
    answers = list(stitch_many(sets, "planar", workers=workers))
    assert [type(a) for a in answers] == [StitchResult, StitchError, StitchResult, StitchError]
    assert isinstance(answers[1], StitchError)
    assert answers[1].code == "bad_input"
    for images, answer in zip(sets, answers, strict=True):
        if isinstance(answer, StitchResult):
            alone = stitch(images, "planar")
            np.testing.assert_array_equal(answer.image, alone.image)


@pytest.mark.parametrize("workers", [1, 2])
def test_sets_are_read_only_as_they_are_needed(sets: list[Set], workers: int) -> None:
    read: list[int] = []

    def source() -> Iterator[Set]:
        for number in range(20):
            read.append(number)
            yield sets[0]

    answers = stitch_many(source(), "row", workers=workers, width=200)
    for taken in range(1, 4):
        assert isinstance(next(answers), StitchResult)
        assert len(read) <= taken + workers - 1
    del answers
    assert len(read) < 20


def test_on_a_device_one_set_follows_the_other(sets: list[Set]) -> None:
    pytest.importorskip("torch")
    threads = set()
    answers = list(
        stitch_many(
            [sets[0], sets[2]],
            "planar",
            device="cpu",
            on_progress=lambda *_: threads.add(threading.get_ident()),
        )
    )
    assert all(isinstance(a, StitchResult) for a in answers)
    assert threads == {threading.get_ident()}


def test_what_a_callback_raises_ends_it(sets: list[Set]) -> None:
    class Enough(Exception):
        pass

    def stop(stage: str, fraction: float) -> None:
        raise Enough

    with pytest.raises(Enough):
        list(stitch_many([sets[0]] * 3, "planar", workers=2, on_progress=stop))


def test_every_set_explains_itself_in_a_folder_of_its_own(sets: list[Set], tmp_path: Path) -> None:
    list(stitch_many([sets[0], sets[2]], "planar", explain_dir=tmp_path, workers=2))
    made = {p.name: len(list(p.iterdir())) for p in tmp_path.iterdir()}
    assert set(made) == {"000", "001"}
    assert min(made.values()) > 3


@pytest.mark.parametrize(
    ("mode", "options"), [("sideways", {}), ("grid", {"colour": 1}), ("grid", {"workers": 0})]
)
def test_what_is_wrong_for_every_set_is_said_at_once(mode: str, options: dict) -> None:
    with pytest.raises(StitchError) as refused:
        stitch_many([], mode, **options)
    assert refused.value.code == "bad_input"
