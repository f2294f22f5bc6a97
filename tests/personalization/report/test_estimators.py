"""Estimates of a policy that never ran, held against worlds in which the truth is known, and against a real log."""

from __future__ import annotations

import csv
import gzip
import json

import numpy as np
import pytest

from prodgen_django.personalization.report.estimators import Log, doubly_robust, estimate_all, ips, snips


class World:
    """Two kinds of visitors, four pictures, known click rates."""

    def __init__(self, seed=0):
        rng = np.random.default_rng(seed)
        self.rates = rng.uniform(0.02, 0.25, (2, 4))
        self.logging = rng.dirichlet(np.full(4, 3.0), 2) * 0.92 + 0.02
        # Would show each kind what it likes best nine times of ten.
        self.target = np.full((2, 4), 0.1 / 3)
        self.target[[0, 1], self.rates.argmax(1)] = 0.9
        self.truth = float((self.target * self.rates).sum(1).mean())

    def log(self, seed, n=4000, logging=None, said=None, forecast=None):
        rng = np.random.default_rng(seed)
        logging = self.logging if logging is None else logging
        said = logging if said is None else said
        kind = rng.integers(0, 2, n)
        shown = (rng.random(n)[:, None] > logging[kind].cumsum(1)).sum(1).clip(max=3)
        rewards = (rng.random(n) < self.rates[kind, shown]).astype(float)
        model = self.rates if forecast is None else forecast
        return Log(
            rewards, said[kind, shown], self.target[kind, shown],
            model[kind, shown], (self.target * model).sum(1)[kind],
        )  # fmt: skip


UNIFORM = np.full((2, 4), 0.25)


def spread_of(world, estimator, **options):
    """Mean estimate, and how often the interval holds the truth, over 200 logs."""
    found = [estimator(world.log(seed, **options)) for seed in range(200)]
    covered = np.mean([e.low <= world.truth <= e.high for e in found])
    return np.mean([e.value for e in found]), covered


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("estimator", [ips, snips, doubly_robust])
def test_the_truth_is_met_on_the_log_of_another_policy(estimator, seed):
    world = World(seed)
    mean, covered = spread_of(world, estimator)
    assert mean == pytest.approx(world.truth, rel=0.02)
    assert covered >= 0.90


def test_doubly_robust_survives_either_error_and_ips_does_not():
    world = World(2)
    wrong = np.full((2, 4), 0.1)
    mean, _ = spread_of(world, doubly_robust, forecast=wrong)
    assert mean == pytest.approx(world.truth, rel=0.02)
    mean, _ = spread_of(world, doubly_robust, said=UNIFORM)
    assert mean == pytest.approx(world.truth, rel=0.02)
    mean, _ = spread_of(world, ips, said=UNIFORM)
    assert mean != pytest.approx(world.truth, rel=0.05)


def test_a_good_forecast_narrows_the_interval():
    world = World(0)
    log = world.log(0)
    widths = {name: e.high - e.low for name, e in estimate_all(log).items()}
    assert widths["dr"] < widths["ips"]


def test_visitors_who_come_often_widen_the_interval():
    rng = np.random.default_rng(0)
    once = (rng.random(500) < 0.2).astype(float)
    rewards, visitors = np.repeat(once, 8), np.repeat(np.arange(500), 8)
    half = np.full(4000, 0.5)
    alone, together = snips(Log(rewards, half, half)), snips(Log(rewards, half, half, clusters=visitors))
    assert alone.value == together.value == pytest.approx(once.mean())
    assert (together.high - together.low) / (alone.high - alone.low) == pytest.approx(8**0.5, rel=0.01)


def test_nothing_matched_is_no_estimate():
    nothing = snips(Log([0.0, 1.0], [0.5, 0.5], [0.0, 0.0]))
    assert np.isnan(nothing.value)
    assert not nothing.is_enough
    assert not ips(Log([0.0, 1.0], [0.5, 0.5], [1.0, 0.0])).is_enough
    assert set(estimate_all(Log([], [], []))) == {"ips", "snips"}


def test_impossible_logs_are_refused():
    with pytest.raises(ValueError, match="above 0"):
        Log([1.0], [0.0], [1.0])
    with pytest.raises(ValueError, match="2 entries"):
        Log([1.0], [0.5, 0.5], [1.0])
    with pytest.raises(ValueError, match="forecasts"):
        doubly_robust(Log([1.0], [0.5], [1.0]))


@pytest.mark.data
def test_the_open_bandit_log_gives_what_others_found_on_it(shared_data):
    """Values of ../shared/facts/personalization-reliability.md 1c, which came from other code."""
    folder = shared_data / "open-bandit"
    items = len(json.loads((folder / "items-men.json").read_text()))

    def rows(name):
        with gzip.open(folder / f"{name}-men.csv.gz", "rt") as file:
            found = list(csv.DictReader(file))
        return tuple(
            np.array([kind(row[key]) for row in found])
            for key, kind in (("item", int), ("click", float), ("propensity", float))
        )

    item, click, propensity = rows("random")
    same = estimate_all(Log(click, propensity, propensity))
    assert 100 * same["ips"].value == pytest.approx(0.46, abs=0.005)
    assert 100 * same["snips"].low == pytest.approx(0.33, abs=0.01)
    assert 100 * same["snips"].high == pytest.approx(0.60, abs=0.01)
    # The policy that always shows item 0, with forecasts from the other log.
    there, clicked, _ = rows("bts")
    counts, clicks = np.bincount(there, minlength=items), np.bincount(there, clicked, items)
    forecast = (clicks + 200 * clicked.mean()) / (counts + 200)
    always = (item == 0).astype(float)
    log = Log(click, propensity, always, forecast[item], np.full(len(item), forecast[0]))
    found = estimate_all(log)
    # On a uniform log SNIPS is replay: four clicks of 272 events that matched.
    assert found["snips"].effective == pytest.approx(272)
    assert 100 * found["snips"].value == pytest.approx(100 * 4 / 272)
    assert 100 * found["snips"].value == pytest.approx(1.47, abs=0.005)
    assert 100 * found["dr"].value == pytest.approx(1.41, abs=0.01)
    # Four clicks decide nothing.
    assert found["snips"].low < same["snips"].value
