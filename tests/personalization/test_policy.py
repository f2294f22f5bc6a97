"""The policy learns what suits whom, says how likely each choice was, and chooses the same again."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.personalization.policy import Policy
from prodgen_django.personalization.features import (
    AXES,
    SHOP_SPACE,
    colour_axis,
    picture_vector,
    shop_prior,
    taste_vector,
)
from prodgen_django.personalization.learning import Event, Record, update
from prodgen_django.personalization.policy import (
    Arm,
    Ensemble,
    PolicyState,
    Space,
    choose,
    choose_page,
    is_held_out,
    seed_of,
)

WARM = picture_vector(("light", "warm", "wood"), ("#c08040",))
COOL = picture_vector(("light", "cool", "marble"), ("#4080c0",))
LIKES_WARM = taste_vector({"tag:warm": 0.7, "tag:wood": 0.5})
LIKES_COOL = taste_vector({"tag:cool": 0.7, "tag:marble": 0.5})
NOTHING = taste_vector({})


def world(seed, events, effect, n_products=20, rate=0.05):
    """Events under a uniform policy; `effect(taste, style)` is added to the log odds."""
    rng = np.random.default_rng(seed)
    styles = (rng.random((n_products, 3, 4)) < 0.5).astype(float)
    found = []
    for _ in range(events):
        product, index = rng.integers(n_products), rng.integers(3)
        taste = np.eye(2)[rng.integers(2)]
        arms = [Arm(int(product * 3 + k), tuple(styles[product, k])) for k in range(3)]
        odds = np.log(rate / (1 - rate)) + effect(taste, styles[product, index])
        found.append(Event(tuple(taste), arms, int(index), float(rng.random() < 1 / (1 + np.exp(-odds)))))
    return found


def as_in_a_shop(n_taste, n_style):
    """Believed beforehand as in a shop, on fewer axes."""
    return replace(SHOP_SPACE, n_taste=n_taste, n_style=n_style, crossed=None, aligned=False)


def learnt(events, space=None, batch=500):
    """The state after events, and the pictures' records."""
    state, records = PolicyState.new(space or Space(2, 4)), {}
    for start in range(0, len(events), batch):
        state = update(state, events[start : start + batch], records)
    return state, records


def test_before_anything_is_learnt_the_picture_that_fits_is_shown():
    arms = [Arm(1, WARM), Arm(2, COOL)]
    for taste, wanted in ((LIKES_WARM, 0), (LIKES_COOL, 1)):
        shown = [choose(shop_prior(), taste, arms, seed_of(f"v{i}", 7)).index for i in range(300)]
        assert shown.count(wanted) > 270
    # Nobody's taste: both are looked at.
    shown = [choose(shop_prior(), NOTHING, arms, seed_of(f"v{i}", 7)).index for i in range(300)]
    assert 60 < sum(shown) < 240


def test_it_learns_which_taste_likes_which_style():
    # The first taste likes the first style and the second one hates it.
    state, _ = learnt(world(0, 12_000, lambda u, f: 0.8 * f[0] * (u[0] - u[1])))
    arms = [Arm(9001, (1.0, 0, 0, 0)), Arm(9002, (0, 0, 0, 0))]
    for taste, wanted in (((1.0, 0.0), 0), ((0.0, 1.0), 1)):
        shown = [choose(state, taste, arms, seed_of(f"v{i}", 1)).index for i in range(200)]
        assert shown.count(wanted) > 150, "pictures that nobody has seen yet are judged by their style"


def test_what_visitors_look_for_is_no_credit_to_the_pictures():
    """Each taste clicks four times as often on half of the products, whose pictures nearly all share a style."""
    rng = np.random.default_rng(1)
    styles = (rng.random((40, 2, 3)) < 0.5).astype(float)
    styles[:20, :, 0], styles[20:, :, 0] = 1, 0
    # The pictures of one product in five differ, so that what a style does by itself can be told: nothing.
    styles[::5, 0, 0] = 1 - styles[::5, 0, 0]
    events = []
    for _ in range(12_000):
        product, index, kind = rng.integers(40), rng.integers(2), rng.integers(2)
        arms = [Arm(int(product * 2 + k), tuple(styles[product, k])) for k in range(2)]
        rate = 0.12 if (product < 20) == (kind == 1) else 0.03
        events.append(Event(tuple(np.eye(2)[kind]), arms, int(index), float(rng.random() < rate)))
    state, _ = learnt(events, as_in_a_shop(2, 3))
    # Taste 1 × style 0, and taste 0 × style 0: of the picture shown, and of the product.
    credit, product_credit = state.mean[6] - state.mean[3], state.mean[15] - state.mean[12]
    assert product_credit > 1.4 * credit > 0
    assert credit < 0.5 * np.log(4)


def test_what_styles_do_not_explain_is_put_down_to_the_picture():
    rng = np.random.default_rng(2)
    events = []
    for _ in range(20_000):
        index = int(rng.integers(2))
        arms = [Arm(1, (1.0, 0, 0, 0)), Arm(2, (1.0, 0, 0, 0))]
        events.append(Event((1.0, 0.0), arms, index, float(rng.random() < (0.05, 0.08)[index])))
    state, records = learnt(events)
    assert 0.3 < records[2].surplus - records[1].surplus < 0.65  # log(8 / 5) = 0.47
    known = [Arm(k, (1.0, 0, 0, 0), records[k].surplus, records[k].information) for k in (1, 2)]
    shown = [choose(state, (1.0, 0.0), known, seed_of(f"v{i}", 1)).index for i in range(200)]
    assert sum(shown) > 150


def test_the_order_of_a_batch_does_not_matter_and_its_size_hardly():
    events = world(3, 3000, lambda u, f: 0.5 * f[1])
    space = as_in_a_shop(2, 4)
    one, _ = learnt(events, space, batch=3000)
    turned, _ = learnt(events[::-1], space, batch=3000)
    many, _ = learnt(events, space, batch=100)
    np.testing.assert_allclose(one.mean, turned.mean, atol=1e-9)
    shared = slice(one.space.size)
    assert abs(one.mean - many.mean)[shared].max() < 0.05


@pytest.mark.parametrize("mode", ["thompson", "ucb", "greedy"])
def test_propensities_are_the_frequencies_of_choices(mode):
    state, _records = learnt(world(4, 4000, lambda u, f: 0.5 * f[0]))
    state = state.with_options(mode=mode, explore=0.1)
    arms = [Arm(100 + k, tuple(np.eye(4)[k]), 0.05 * k, 3.0) for k in range(3)]
    expected = np.array(choose(state, (1.0, 0.5), arms, 0).propensities)
    assert expected.sum() == pytest.approx(1)
    assert expected.min() >= 0.1 / 3 - 1e-12
    n = 6000
    counts = np.bincount(
        [choose(state, (1.0, 0.5), arms, seed_of(f"visitor {i}", "p")).index for i in range(n)], minlength=3
    )
    # Five standard errors of a frequency.
    assert np.all(abs(counts / n - expected) < 5 * np.sqrt(expected * (1 - expected) / n) + 1e-9)


def test_a_whole_page_is_chosen_as_each_of_its_products_alone():
    state, _ = learnt(world(5, 1000, lambda u, f: f[2]))
    rng = np.random.default_rng(0)
    products = [
        (seed_of("me", p), [Arm(p * 10 + k, tuple(rng.random(4))) for k in range(1 + p % 5)])
        for p in range(20)
    ]
    assert choose_page(state, (0.3, 0.9), products) == [
        choose(state, (0.3, 0.9), arms, seed) for seed, arms in products
    ]
    assert choose_page(state, (0.3, 0.9), []) == []


def test_versions_survive_json_and_choose_the_same():
    state, _ = learnt(world(6, 1000, lambda u, f: f[2]))
    arms = [Arm(k, tuple(np.eye(4)[k])) for k in range(4)]
    again = PolicyState.from_json(json.loads(json.dumps(state.to_json())))
    served = Ensemble.from_json(json.loads(json.dumps(state.ensemble().to_json())))
    np.testing.assert_array_equal(again.precision, state.precision)
    for i in range(50):
        seed = seed_of(f"v{i}", 3)
        assert choose(state, (1, 0), arms, seed) == choose(again, (1, 0), arms, seed)
        assert choose(state, (1, 0), arms, seed) == choose(served, (1, 0), arms, seed)


def test_the_hold_out_has_its_share_and_is_always_the_same():
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
def test_any_taste_and_any_picture_become_numbers_in_bounds(taste, tags, palette):
    for vector in (taste_vector(taste), picture_vector(tags, palette)):
        assert len(vector) == len(AXES)
        assert all(0 <= value <= 1 for value in vector)


@pytest.mark.parametrize(
    ("colour", "family"),
    [("#c04030", "red"), ("#c08040", "orange"), ("#e8d020", "yellow"), ("#408040", "green"),
     ("#4080c0", "blue"), ("#8040a0", "purple"), ("#808080", "grey"), ("#101214", "grey"), ("beige", None)],
)  # fmt: skip
def test_colours_have_families(colour, family):
    place = colour_axis(colour)
    assert (AXES[place] if place is not None else None) == family


def test_the_bench_plugs_the_same_policy_in():
    policy = Policy()
    candidates = [{"id": k, "product": 0, "features": list(np.eye(3)[k])} for k in range(3)]
    rng = np.random.default_rng(0)
    for t in range(3000):
        context = {"features": [1.0, 0.0], "anonymous": False, "t": t}
        index = policy.select(context, candidates)
        policy.update(context, candidates, index, int(rng.random() < (0.05, 0.05, 0.2)[index]))
    assert policy.probs(context, candidates)[2] > 0.6
    assert policy.probs(context, candidates).sum() == pytest.approx(1)


def test_a_new_picture_starts_with_an_empty_record():
    records: dict[int, Record] = {}
    state = update(PolicyState.new(Space(1, 1)), [Event((1.0,), [Arm(5, (1.0,))], 0, 1.0)], records)
    assert (state.version, state.impressions, state.clicks) == (1, 1, 1)
    assert records[5].impressions == 1
    assert update(state, [], records) is state
