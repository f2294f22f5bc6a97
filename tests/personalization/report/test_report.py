"""The report finds what is there, says so when nothing can be said, and keeps made-up visitors apart."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.test import override_settings
from django.utils import timezone
from oscar.test.factories import create_product

from prodgen_django.management.commands.prodgen_simulate import World, clear, simulate
from prodgen_django.models import Exposure, GeneratedImage, PolicyVersion
from prodgen_django.personalization.log import kept, versions
from prodgen_django.personalization.report.comparison import PICTURES_ALPHA, Row, winners
from prodgen_django.personalization.report.evidence import Evidence
from prodgen_django.personalization.report.report import make_report

LOOKS = (
    (["dark", "warm", "wood", "elegant"], ["#5a3825"]),
    (["medium", "neutral", "muted", "urban"], ["#9a9a98"]),
    (["light", "cool", "marble", "elegant"], ["#e8e8ea"]),
)


@pytest.fixture
def shop(db):
    """Five products with three published pictures each."""
    kept.forget_cache()
    for number in range(5):
        product = create_product(title=f"Vase {number}")
        for tags, palette in LOOKS:
            GeneratedImage.objects.create(
                product=product, kind="display", file=f"{uuid.uuid4().hex}.jpg", sha256="0", width=8, height=8,
                tags=tags, palette=palette, state=GeneratedImage.State.PUBLISHED, published_at=timezone.now(),
            )  # fmt: skip
    return list(GeneratedImage.objects.order_by("pk"))


def test_a_month_of_made_up_visitors_is_reported_as_such(shop):
    done = simulate(days=8, visitors=100, seed=3)
    assert Exposure.objects.count() == Exposure.objects.filter(is_simulated=True).count() == done.exposures
    assert PolicyVersion.objects.filter(is_simulated=True).count() == done.versions == 8
    assert versions.policy_rows().count() == 0, "no page for real visitors chooses by made-up ones"
    report = make_report(simulated=True)
    assert report.exposures == done.exposures
    assert report.personal.visitors + report.held.visitors == done.visitors
    assert not report.suspicious
    assert report.personal.did["followed"] >= report.personal.did["basket"] >= report.personal.did["ordered"]
    assert sum(row.followed for rows in report.pictures.values() for row in rows) == done.clicks
    assert sum(row.shown for rows in report.pictures.values() for row in rows) == done.exposures
    assert sum(day.exposures for day in report.days) == done.exposures
    assert report.days[-1].verdict == report.main.verdict
    # The taste was made to matter, and the policy to find that out.
    assert report.beliefs["warm", "warm"] > 0.3
    real = make_report(simulated=False)
    assert real.exposures == 0
    assert not real.is_enough


def test_the_same_seed_makes_the_same_month_and_takes_the_place_of_the_last(shop):
    moment = timezone.now()
    first = simulate(days=3, visitors=40, until=moment)
    rows = list(Exposure.objects.order_by("pk").values_list("visitor", "image", "shown_at", "clicked_at"))
    assert simulate(days=3, visitors=40, until=moment) == first
    assert (
        list(Exposure.objects.order_by("pk").values_list("visitor", "image", "shown_at", "clicked_at"))
        == rows
    )
    assert clear() == first.exposures
    assert not PolicyVersion.objects.exists()


def test_a_shop_without_a_choice_of_pictures_has_nothing_to_simulate(db):
    with pytest.raises(CommandError, match="nothing to choose"):
        call_command("prodgen_simulate")


def test_where_pictures_matter_the_later_half_shows_which_policy_is_better(shop):
    simulate(days=10, visitors=150, seed=1, world=World(rate=0.06, match=2.5))
    judged = {policy.name: policy.best for policy in make_report(simulated=True).judgement.policies}
    assert judged["As learnt"].value > 1.2 * judged["Any picture"].value
    assert judged["As learnt"].is_enough


def exposure(pictures, place=0, *, visitor=None, held=False, hours=2, **values):
    at = timezone.now() - timedelta(hours=hours)
    keys = [picture.pk for picture in pictures]
    return Exposure(
        token=uuid.uuid4().hex, visitor=visitor or uuid.uuid4().hex, product_id=pictures[place].product_id,
        image=pictures[place], candidates=keys, propensity=1 / len(keys), propensities=[1 / len(keys)] * len(keys),
        is_holdout=held, shown_at=at, **values,
    )  # fmt: skip


def test_it_says_how_many_exposures_are_missing(shop):
    now = timezone.now()
    Exposure.objects.bulk_create(
        [
            exposure(shop[:3], n % 3, held=n % 10 == 0, clicked_at=now if n % 30 == 1 else None)
            for n in range(600)
        ]
    )
    main = make_report().main
    assert not main.verdict.is_decided
    # A click in thirty exposures, and some two thousand clicks until 20 % would show.
    assert 20_000 < main.missing < 200_000
    assert make_report().outcomes[2].missing > main.missing


def test_a_visitor_counts_once_and_where_they_were_first(shop):
    now = timezone.now()
    Exposure.objects.bulk_create(
        [
            exposure(shop[:3], visitor="a", clicked_at=now),
            exposure(shop[3:6], visitor="a", clicked_at=now, hours=1),
            # Drawn again on signing in.
            exposure(shop[:3], visitor="b", held=True, hours=5),
            exposure(shop[3:6], visitor="b", clicked_at=now, hours=1),
            # A product with one picture is no choice.
            exposure(shop[6:7], visitor="c", clicked_at=now),
        ]
    )
    report = make_report()
    assert (report.personal.visitors, report.personal.did["followed"]) == (1, 1)
    assert (report.held.visitors, report.held.did["followed"]) == (1, 1)


def test_a_hold_out_that_is_no_tenth_is_not_trusted(shop):
    rows = [exposure(shop[:3], held=n % 2 == 0) for n in range(400)]
    Exposure.objects.bulk_create(rows)
    assert make_report().suspicious
    with override_settings(PRODGEN={"HOLDOUT": 0.5}):
        assert not make_report().suspicious


def test_a_picture_that_everybody_prefers_is_found(shop):
    now = timezone.now()
    rng = np.random.default_rng(0)
    rows = []
    for _ in range(2500):
        place = int(rng.integers(3))
        rate = (0.06, 0.06, 0.16)[place]
        rows.append(exposure(shop[:3], place, clicked_at=now if rng.random() < rate else None))
    Exposure.objects.bulk_create(rows)
    report = make_report()
    found = {row.key: row for row in report.pictures[shop[0].product_id]}
    assert [found[picture.pk].winner for picture in shop[:3]] == [0, 0, 1] or found[shop[2].pk].winner == 1
    assert found[shop[2].pk].verdict.low > 1
    styles = {row.key: row.winner for row in report.styles}
    assert styles["light"] == 1  # only the third one is light


def test_in_null_worlds_no_picture_wins_however_often_one_looks():
    """Twelve products of three pictures that are all the same; somebody looks fifteen times."""
    rng = np.random.default_rng(11)
    runs, false = 100, 0
    for _ in range(runs):
        evidence = [[Evidence() for _ in range(3)] for _ in range(12)]
        shares = rng.dirichlet(np.ones(3), 12) * 0.94 + 0.02
        for _look in range(15):
            for product in range(12):
                # Given a click, the picture was drawn with its propensity; then the policy changes its mind.
                hits = rng.multinomial(6, shares[product])
                for place, one in enumerate(evidence[product]):
                    one.add(True, float(shares[product, place]), int(hits[place]))
                    one.add(False, float(shares[product, place]), int(6 - hits[place]))
                shares[product] = 0.7 * shares[product] + 0.3 * (hits + 0.1) / (hits + 0.1).sum()
            rows = [Row(None, 0, 0, one.verdict(PICTURES_ALPHA)) for group in evidence for one in group]
            if any(row.winner for row in winners(rows, PICTURES_ALPHA)):
                false += 1
                break
    assert false / runs <= 0.05
    assert replace(rows[0], winner=1).winner == 1
