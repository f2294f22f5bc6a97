"""A winner is announced only where there is one, however often one looks; and it is found where there is one."""

from __future__ import annotations

import numpy as np
import pytest

from prodgen_django.personalization.report.evidence import Evidence, clicks_needed


def ever_decided(rng, share, rates, looks=60, visitors=400, alpha=0.05):
    """Whether anybody who looks after each batch of visitors ever sees a decision; and the last verdict."""
    evidence, decided = Evidence(), 0
    for _ in range(looks):
        first = rng.binomial(visitors, share)
        evidence.add(True, share, int(rng.binomial(first, rates[0])))
        evidence.add(False, share, int(rng.binomial(visitors - first, rates[1])))
        verdict = evidence.verdict(alpha)
        decided = decided or verdict.winner
    return decided, verdict


@pytest.mark.parametrize("share", [0.9, 0.5])
def test_peeking_in_null_worlds_finds_a_winner_in_at_most_five_of_a_hundred(share):
    rng = np.random.default_rng(7)
    runs = 300
    false = sum(bool(ever_decided(rng, share, (0.03, 0.03))[0]) for _ in range(runs))
    assert false / runs <= 0.05


def test_changing_propensities_do_not_make_winners_either():
    """A policy that runs after whatever was clicked last, in a world where nothing matters."""
    rng = np.random.default_rng(3)
    false = 0
    for _ in range(200):
        evidence, p = Evidence(), 0.5
        for _click in range(250):
            first = bool(rng.random() < p)
            evidence.add(first, p)
            p = float(np.clip(0.7 * p + 0.3 * (0.95 if first else 0.05), 0.05, 0.95))
            if evidence.clicks % 10 == 0 and evidence.verdict().is_decided:
                false += 1
                break
    assert false / 200 <= 0.05


def test_a_real_uplift_is_found_and_its_interval_holds_it():
    rng = np.random.default_rng(1)
    found = [ever_decided(rng, 0.9, (0.045, 0.03), looks=200) for _ in range(20)]
    assert sum(decided == 1 for decided, _ in found) >= 16
    assert sum(verdict.low <= 1.5 <= verdict.high for _, verdict in found) >= 18
    assert not any(decided == -1 for decided, _ in found)


def test_a_loss_is_called_a_loss():
    decided, verdict = ever_decided(np.random.default_rng(2), 0.5, (0.02, 0.04), looks=100)
    assert decided == verdict.winner == -1
    assert verdict.high < 1


def test_the_promised_number_of_clicks_is_about_right():
    """With as many clicks as asked for, about half of the runs have decided; with three times as many, nearly all."""
    rng = np.random.default_rng(5)
    ratio, share = 1.4, 0.9
    need = clicks_needed(ratio, share)
    q = share * ratio / (share * ratio + 1 - share)
    early = late = 0
    for _ in range(100):
        first = rng.random(3 * need) < q
        for stop in (need, 3 * need):
            evidence = Evidence()
            evidence.add(True, share, int(first[:stop].sum()))
            evidence.add(False, share, int(stop - first[:stop].sum()))
            if evidence.verdict().winner == 1:
                early, late = early + (stop == need), late + (stop != need)
    assert 25 <= early <= 80
    assert late >= 90
    assert clicks_needed(1.1, share) > clicks_needed(1.4, share)
    with pytest.raises(ValueError):
        clicks_needed(1.0, 0.9)


def test_without_a_choice_a_click_says_nothing():
    evidence = Evidence().add_all([(True, 1.0)] * 50)
    assert evidence.clicks == 0
    verdict = evidence.verdict()
    assert (verdict.ratio, verdict.low, verdict.high, verdict.is_decided) == (None, 0.0, float("inf"), False)


def test_the_order_of_clicks_changes_no_digit_of_what_they_prove():
    """One by one, all at once, or in whatever order a database gives them: two reports of the same clicks agree."""
    clicks = [(i % 3 == 0, (0.5, 0.8, 0.123)[i % 3] if i % 2 else 0.8) for i in range(60)]
    one = Evidence()
    for is_first, probability in reversed(clicks):
        one.add(is_first, probability)
    assert one.verdict() == Evidence().add_all(clicks).verdict()
    assert one.clicks == 60
