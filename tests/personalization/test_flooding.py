"""One address that clicks a picture ten thousand times moves hardly what is learnt of it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prodgen_django.conf import KEYS
from prodgen_django.personalization.features import picture_vector, taste_vector
from prodgen_django.personalization.learning import Event, Record, update
from prodgen_django.personalization.policies import prior
from prodgen_django.personalization.policy import Arm, PolicyState, choose_page
from prodgen_django.personalization.robust import Allowance, weights
from prodgen_django.personalization.simulation import TASTES

STYLES = [("warm", "wood"), ("dark", "elegant"), ("light", "marble")]
PRODUCTS = [
    tuple(Arm(10 * product + place, picture_vector(tags, ())) for place, tags in enumerate(STYLES))
    for product in range(6)
]
#: A small shop: showings a day, of which one in twenty is clicked.
DAYS, SHOWINGS = 7, 300
TARGET = PRODUCTS[0]


def honest(seed: int) -> list[list[Event]]:
    """Days of visitors, each of an address of their own, who like all pictures alike."""
    rng = np.random.default_rng(seed)

    def event(number: int) -> Event:
        taste = taste_vector(TASTES[rng.integers(len(TASTES))])
        arms = PRODUCTS[rng.integers(len(PRODUCTS))]
        return Event(taste, arms, int(rng.integers(3)), float(rng.random() < 0.05), f"home {number}")

    return [[event(number) for number in range(SHOWINGS)] for _day in range(DAYS)]


def flood(clicks: int, *, days: Sequence[int] = range(DAYS), of_all: bool = False) -> list[list[Event]]:
    """What is counted of one address that clicks on the first picture of one product, or of all, on some days."""
    bound = Allowance(KEYS["ADDRESS_SHOWINGS"].default, KEYS["ADDRESS_PRODUCT_SHOWINGS"].default)
    found: list[list[Event]] = [[] for _day in range(DAYS)]
    for day in days:
        for click in range(clicks):
            arms = PRODUCTS[click % len(PRODUCTS)] if of_all else TARGET
            if bound.take("flood", arms[0].id):
                found[day].append(Event(taste_vector({}), arms, 0, 1.0, "flood"))
    return found


def together(*traffic: Sequence[Sequence[Event]]) -> list[list[Event]]:
    return [[event for part in parts for event in part] for parts in zip(*traffic, strict=True)]


def share(days: Sequence[Sequence[Event]]) -> float:
    """With which probability the target is shown, over all tastes, when all of it is learnt."""
    state: PolicyState = prior()
    records: dict[int, Record] = {}
    for events in days:
        state = update(state, events, records)
    known = [
        Arm(a.id, a.style, r.surplus, r.information) for a in TARGET if (r := records.get(a.id, Record()))
    ]
    ensemble = state.ensemble()
    found = [
        choose_page(ensemble, taste_vector(taste), [(0, known)])[0].propensities[0] for taste in ({}, *TASTES)
    ]
    return float(np.mean(found))


@pytest.fixture(scope="module")
def quiet() -> tuple[list[list[Event]], float]:
    days = honest(1)
    return days, share(days)


@pytest.mark.parametrize("way", ["in a day", "every day", "a style"])
def test_ten_thousand_clicks_of_one_address_move_the_choice_by_at_most_a_twentieth(
    quiet: tuple[list[list[Event]], float], way: str
) -> None:
    days, before = quiet
    more = {"in a day": {"days": [3]}, "every day": {}, "a style": {"of_all": True}}[way]
    assert abs(share(together(days, flood(10_000, **more))) - before) <= 0.05  # type: ignore[arg-type]


def test_what_as_many_addresses_do_is_believed(quiet: tuple[list[list[Event]], float]) -> None:
    """The test above can tell: these clicks are fewer."""
    days, before = quiet
    fans = [
        [Event(taste_vector({}), TARGET, 0, 1.0, f"fan {n} {day}") for n in range(20)] for day in range(DAYS)
    ]
    assert share(together(days, fans)) - before > 0.3


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
    surplus = np.array([click - 0.05 for _source, _product, click in events])
    found = weights(
        sources, [product for _source, product, _click in events], surplus, np.full(len(events), 0.0475)
    )
    assert ((found > 0) & (found <= 1)).all()
    for place, source in enumerate(sources):
        if sources.count(source) == 1 or not source:
            assert found[place] == 1


def test_the_simulator_tells_how_far_a_flood_moves_the_choice(db: None) -> None:
    import io
    import re
    import uuid

    from django.core.management import call_command
    from django.utils import timezone
    from oscar.test.factories import create_product

    from prodgen_django.models import GeneratedImage

    product = create_product(title="Vase")
    for tags in STYLES:
        GeneratedImage.objects.create(
            product=product, kind="display", state="published", file=f"{uuid.uuid4().hex}.jpg", sha256="0", width=8,
            height=8, tags=list(tags), published_at=timezone.now(),
        )  # fmt: skip
    out = io.StringIO()
    call_command("prodgen_simulate", days=2, visitors=60, flood=1000, stdout=out)
    before, after = map(float, re.findall(r"0\.\d{3}|1\.000", out.getvalue().splitlines()[-1]))
    # Sixty visitors a day and one product: a shop as small as this is moved further than the others here.
    assert 0 <= after - before <= 0.3
