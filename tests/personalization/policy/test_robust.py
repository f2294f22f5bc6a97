"""One address that clicks a picture ten thousand times moves hardly what is learnt of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prodgen_django.conf import KEYS
from prodgen_django.management.commands.prodgen_simulate import TASTES
from prodgen_django.personalization.policy.features import picture_vector, taste_vector
from prodgen_django.personalization.policy.model import Sums
from prodgen_django.personalization.policy.robust import Allowance, weights

STYLES = [picture_vector(tags, ()) for tags in (("warm", "wood"), ("dark", "elegant"), ("light", "marble"))]
PRODUCTS = 6
#: A small shop: showings a day, of which one in twenty is clicked.
DAYS, SHOWINGS = 7, 300


class Showing(NamedTuple):
    taste: tuple[float, ...]
    product: int
    #: The place of the picture shown in `STYLES`.
    place: int
    clicked: bool
    source: str


Days = list[list[Showing]]


def honest(seed: int) -> Days:
    """Days of visitors, each of an address of their own, who like all pictures alike."""
    rng = np.random.default_rng(seed)

    def showing(number: int) -> Showing:
        taste = taste_vector(TASTES[rng.integers(len(TASTES))])
        product, place = int(rng.integers(PRODUCTS)), int(rng.integers(3))
        return Showing(taste, product, place, bool(rng.random() < 0.05), f"home {number}")

    return [[showing(number) for number in range(SHOWINGS)] for _day in range(DAYS)]


def flood(
    clicks: int, *, days: Sequence[int] = range(DAYS), of_all: bool = False, bounds: bool = True
) -> Days:
    """What is counted of one address that clicks on the first picture of one product, or of all, on some days."""
    bound = Allowance(KEYS["ADDRESS_SHOWINGS"].default, KEYS["ADDRESS_PRODUCT_SHOWINGS"].default)
    found: Days = [[] for _day in range(DAYS)]
    for day in days:
        for click in range(clicks):
            product = click % PRODUCTS if of_all else 0
            if not bounds or bound.take("flood", product):
                found[day].append(Showing(taste_vector({}), product, 0, True, "flood" if bounds else ""))
    return found


def together(*traffic: Days) -> Days:
    return [[showing for part in parts for showing in part] for parts in zip(*traffic, strict=True)]


def lead(days: Days) -> float:
    """By how much the first picture's expected clicks exceed the others', over all tastes, when all of it is learnt."""
    sums = Sums.new()
    for showings in days:
        tastes, products, places, clicked, sources = zip(*showings, strict=True)
        styles = np.array([STYLES[place] for place in places])
        sums = sums.learn(np.array(tastes), styles, np.array(clicked, float), sources, products)
    policy = sums.policy()
    scores = np.array([np.array(STYLES) @ policy.worth(taste_vector(taste)) for taste in ({}, *TASTES)])
    return float((scores[:, 0] - scores[:, 1:].mean(1)).mean())


@pytest.fixture(scope="module")
def quiet() -> tuple[Days, float]:
    days = honest(1)
    return days, lead(days)


@pytest.mark.parametrize("way", ["in a day", "every day", "a style"])
def test_ten_thousand_clicks_of_one_address_move_a_picture_by_less_than_a_fifth(
    quiet: tuple[Days, float], way: str
) -> None:
    days, before = quiet
    more = {"in a day": {"days": [3]}, "every day": {}, "a style": {"of_all": True}}[way]
    assert abs(lead(together(days, flood(10_000, **more))) - before) < 0.2  # type: ignore[arg-type]


def test_without_bounds_a_hundred_a_day_move_it_by_half(quiet: tuple[Days, float]) -> None:
    days, before = quiet
    assert lead(together(days, flood(100, bounds=False))) - before > 0.5


def test_what_as_many_addresses_do_is_believed(quiet: tuple[Days, float]) -> None:
    """The tests above can tell: these clicks are fewer than ten thousand."""
    days, before = quiet
    fans = [
        [Showing(taste_vector({}), 0, 0, True, f"fan {n} {day}") for n in range(20)] for day in range(DAYS)
    ]
    assert lead(together(days, fans)) - before > 0.5


def test_addresses_are_bounded_by_the_day_and_by_the_product() -> None:
    bound = Allowance(most=6, most_of_product=2)
    taken = [bound.take("a", product) for product in (1, 1, 1, 2, 2, 3, 3, 4)]
    assert taken == [True, True, False, True, True, True, True, False]
    assert bound.take("b", 1)
    assert all(bound.take("", 1) for _time in range(100))


@given(
    st.lists(
        st.tuples(st.sampled_from(["", "a", "b"]), st.integers(0, 2), st.booleans()), min_size=1, max_size=60
    )
)
def test_nobody_counts_more_than_once_and_no_address_more_than_chance_allows(
    events: list[tuple[str, int, bool]],
) -> None:
    sources = [source for source, _product, _click in events]
    rewards = np.array([click for _source, _product, click in events], float)
    found = weights(sources, [product for _source, product, _click in events], rewards, 0.05)
    assert ((found > 0) & (found <= 1)).all()
    for place, source in enumerate(sources):
        if sources.count(source) == 1 or not source:
            assert found[place] == 1
