"""The policy learns what suits whom, says how likely each choice was, and chooses the same again."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.personalization.policy import Policy as BenchPolicy
from prodgen_django.personalization.policy.features import AXES, colour_axis, picture_vector, taste_vector
from prodgen_django.personalization.policy.model import (
    Policy,
    Shape,
    Sums,
    choose,
    is_held_out,
    seed_of,
    shares,
)

WARM = picture_vector(("light", "warm", "wood"), ("#c08040",))
COOL = picture_vector(("light", "cool", "marble"), ("#4080c0",))
LIKES_WARM = taste_vector({"tag:warm": 0.7, "tag:wood": 0.5})
LIKES_COOL = taste_vector({"tag:cool": 0.7, "tag:marble": 0.5})
NOTHING = taste_vector({})
SMALL = Shape(4, 4, 0.0)


def world(
    seed: int, count: int, effect: Any, rate: float = 0.05
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Tastes, styles and clicks of a uniform policy; `effect(tastes, styles)` is by how much more is clicked."""
    rng = np.random.default_rng(seed)
    tastes = np.eye(4)[rng.integers(2, size=count)]
    styles = (rng.random((count, 4)) < 0.5).astype(float)
    clicks = rng.random(count) < rate * (1 + effect(tastes, styles))
    return tastes, styles, clicks.astype(float)


def chosen(
    policy: Policy, taste: Any, *pictures: Any, explore: float = 0.0, visitors: int = 300
) -> list[int]:
    scores = (np.array(pictures) @ policy.worth(taste)).tolist()
    return [choose(scores, explore, seed_of(f"v{number}", 7))[0] for number in range(visitors)]


def test_before_anything_is_learnt_the_picture_that_fits_is_shown() -> None:
    policy = Sums.new().policy()
    for taste, wanted in ((LIKES_WARM, 0), (LIKES_COOL, 1)):
        assert set(chosen(policy, taste, WARM, COOL)) == {wanted}
    # Nobody's taste: both are looked at.
    assert 100 < sum(chosen(policy, NOTHING, WARM, COOL)) < 200


def test_it_learns_which_taste_likes_which_style() -> None:
    # The first taste likes the first style, and the second one hates it.
    sums = Sums.new(SMALL).learn(*world(0, 12_000, lambda u, f: 0.8 * f[:, 0] * (u[:, 0] - u[:, 1])))
    policy = sums.policy()
    with_it, without = np.eye(4)[0], np.zeros(4)
    for taste, wanted in (((1.0, 0, 0, 0), 0), ((0, 1.0, 0, 0), 1)):
        assert set(chosen(policy, taste, with_it, without)) == {wanted}, (
            "new pictures are judged by their style"
        )
    scores = np.array([with_it, without]) @ policy.worth((1.0, 0, 0, 0))
    expected = policy.rates(scores)
    assert expected[0] / expected[1] == pytest.approx(1.8, rel=0.15)


def test_neither_order_nor_size_of_batches_matters() -> None:
    tastes, styles, clicks = world(3, 3000, lambda u, f: 0.5 * f[:, 1])
    whole = Sums.new(SMALL).learn(tastes, styles, clicks).policy()
    many, turned = Sums.new(SMALL), slice(None, None, -1)
    for start in range(0, 3000, 100):
        part = slice(start, start + 100)
        many = many.learn(tastes[turned][part], styles[turned][part], clicks[turned][part])
    np.testing.assert_allclose(many.policy().weights, whole.weights, atol=1e-9)
    assert many.policy().rate == pytest.approx(whole.rate)
    assert Sums.new(SMALL).learn(tastes[:0], styles[:0], clicks[:0]).exposures == 0


@settings(max_examples=100)
@given(
    st.lists(st.sampled_from([0.0, 0.1, 0.5]) | st.floats(-3, 3), min_size=1, max_size=8),
    st.floats(0, 1),
    st.integers(0, 2**60 - 1),
)
def test_propensities_are_a_distribution_that_leaves_nothing_out(
    scores: list[float], explore: float, seed: int
) -> None:
    place, probabilities = choose(scores, explore, seed)
    assert probabilities == shares(scores, explore)
    assert sum(probabilities) == pytest.approx(1)
    assert min(probabilities) >= explore / len(scores) - 1e-12
    assert probabilities[place] > 0
    assert max(probabilities) == probabilities[scores.index(max(scores))]


@pytest.mark.parametrize("explore", [0.1, 1.0])
def test_propensities_are_the_frequencies_of_choices(explore: float) -> None:
    scores, n = [0.1, 0.4, 0.4, -1.0], 6000
    expected = np.array(shares(scores, explore))
    counts = np.bincount(
        [choose(scores, explore, seed_of(f"visitor {i}", "p"))[0] for i in range(n)], minlength=4
    )
    # Five standard errors of a frequency.
    assert np.all(abs(counts / n - expected) < 5 * np.sqrt(expected * (1 - expected) / n) + 1e-9)


def test_versions_survive_json_and_choose_the_same() -> None:
    rng = np.random.default_rng(6)
    tastes, styles = rng.random((2, 500, len(AXES)))
    sums = Sums.new().learn(tastes, styles, (rng.random(500) < 0.1).astype(float))
    again = Sums.from_json(json.loads(json.dumps(sums.to_json())))
    np.testing.assert_array_equal(again.squares, sums.squares)
    policy = sums.policy("7")
    served = Policy.from_json(json.loads(json.dumps(policy.to_json())))
    assert served.version == "7"
    np.testing.assert_array_equal(served.worth(tastes[0]), again.policy().worth(tastes[0]))


@pytest.mark.parametrize("kind", [Policy, Sums])
def test_what_was_learnt_on_other_axes_is_refused(kind: Any) -> None:
    for made in ({}, {"shape": [3, 3, 0.6]}, {"shape": None, "weights": "", "squares": ""}):
        with pytest.raises((KeyError, TypeError, ValueError)):
            kind.from_json(made)


def test_the_comparison_group_has_its_share_and_is_always_the_same() -> None:
    held = [v for v in map(str, range(20_000)) if is_held_out(v, 0.1)]
    assert 1800 < len(held) < 2200
    assert all(is_held_out(v, 0.1) for v in held)
    # Who is held out at 5 % is held out at 10 % too, so a shop can change the share without reshuffling.
    assert {v for v in map(str, range(20_000)) if is_held_out(v, 0.05)} < set(held)
    assert not any(is_held_out(str(i), 0.0) for i in range(1000))


@settings(max_examples=100)
@given(
    st.dictionaries(st.text(max_size=20), st.floats(-5, 5) | st.just(float("1e9")), max_size=8),
    st.lists(st.text(max_size=9), max_size=5).map(tuple),
    st.lists(st.text(max_size=9), max_size=5).map(tuple),
)
def test_any_taste_and_any_picture_become_numbers_in_bounds(
    taste: dict[str, float], tags: tuple[str, ...], palette: tuple[str, ...]
) -> None:
    for vector in (taste_vector(taste), picture_vector(tags, palette)):
        assert len(vector) == len(AXES)
        assert all(0 <= value <= 1 for value in vector)


@pytest.mark.parametrize(
    ("colour", "family"),
    [("#c04030", "red"), ("#c08040", "orange"), ("#e8d020", "yellow"), ("#408040", "green"),
     ("#4080c0", "blue"), ("#8040a0", "purple"), ("#808080", "grey"), ("#101214", "grey"), ("beige", None)],
)  # fmt: skip
def test_colours_have_families(colour: str, family: str | None) -> None:
    place = colour_axis(colour)
    assert (AXES[place] if place is not None else None) == family


def test_the_bench_plugs_the_same_policy_in() -> None:
    policy = BenchPolicy()
    candidates = [{"id": k, "product": 0, "features": list(np.eye(3)[k])} for k in range(3)]
    rng = np.random.default_rng(0)
    for t in range(3000):
        context = {"features": [1.0, 0.0], "anonymous": False, "t": t}
        index = policy.select(context, candidates)
        policy.update(context, candidates, index, int(rng.random() < (0.05, 0.05, 0.2)[index]))
    assert policy.probs(context, candidates)[2] > 0.9
    assert policy.probs(context, candidates).sum() == pytest.approx(1)
