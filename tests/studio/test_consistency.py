"""A category that looks as if one person had photographed it, and the pictures in it that do not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from prodgen_django.studio import Look, common_look, measure_look, outliers, stage

USUAL = Look(fill=0.74, across=0.5, down=0.55, light=90, green=0, warm=3, shadow=20)


def category(*others: Look) -> dict[int, Look]:
    alike = [replace(USUAL, fill=USUAL.fill + k * 0.004, shadow=20 + 3 * k) for k in range(-3, 4)]
    return dict(enumerate([*alike, *others]))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"fill": 0.5}, "another size"),
        ({"across": 0.62}, "left or right"),
        ({"down": 0.4}, "higher or lower"),
        ({"warm": 14}, "warmer"),
        ({"light": 40}, "lighter or darker"),
        ({"shadow": 170}, "falls another way"),
        ({"shadow": None}, "no shadow"),
    ],
)
def test_each_thing_that_stands_out_is_named(change: dict[str, float | None], said: str) -> None:
    found = outliers(category(replace(USUAL, **change)))  # type: ignore[arg-type]
    assert set(found) == {7}
    assert any(said in sentence for sentence in found[7])


def test_what_is_alike_or_too_few_has_no_outliers() -> None:
    assert outliers(category()) == {}
    assert outliers({1: USUAL, 2: replace(USUAL, fill=0.2), 3: USUAL}) == {}
    assert common_look({1: USUAL}) is None
    # A turn across 0 degrees is a small one.
    assert outliers({k: replace(USUAL, shadow=angle) for k, angle in enumerate((355, 358, 2, 5, 1))}) == {}


def test_the_look_is_what_was_asked_for(vase: tuple[np.ndarray, np.ndarray], alpha: np.ndarray) -> None:
    small, large = (stage(vase[0], alpha, "cream", size=(400, 400), fill=fill).look for fill in (0.4, 0.6))
    assert large.fill == pytest.approx(0.6, abs=0.02)
    assert small.fill == pytest.approx(0.4, abs=0.02)
    white = stage(vase[0], alpha, "white", size=(400, 400)).look
    assert (white.light, white.shadow) == (100, None)
    assert large.shadow is not None
    dark = stage(vase[0], alpha, "#22252b", size=(400, 400)).look
    assert dark.light < large.light - 20
    image = np.full((100, 100, 3), 200, np.uint8)
    mask = np.zeros((100, 100), np.float32)
    mask[30:70, 40:60] = 1
    taken = np.zeros((100, 100), np.float32)
    taken[60:75, 60:95] = 0.5  # to the right and a little down
    assert measure_look(image, mask, taken).shadow == pytest.approx(30, abs=20)
    with pytest.raises(ValueError, match="no product"):
        measure_look(image, np.zeros((100, 100), np.float32))
