"""Made-up visitors for a demonstration: a month of exposures, clicks, baskets and orders, and what is learnt of them.

Everything runs as it does for real visitors: the shipped policy chooses among the shop's published pictures, a tenth is
held out, and each night a new version is learnt. Only the visitors are invented: what they like, and how often they
click, are assumptions (`World`). Every row is marked as simulated; pages for real visitors never read any of them.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from django.db import transaction
from django.utils import timezone

from prodgen_django.models import Exposure, GeneratedImage, PolicyVersion
from prodgen_django.personalization.features import AXES, picture_vector, taste_vector
from prodgen_django.personalization.learning import Event, Record, update
from prodgen_django.personalization.policies import prior, write_version
from prodgen_django.personalization.policy import Arm, Choice, PolicyState, choose_page, is_held_out, seed_of

#: What invented visitors like, one of these each; a quarter is not known to like anything.
TASTES: tuple[dict[str, float], ...] = (
    {"tag:warm": 0.8, "tag:wood": 0.7, "tag:natural": 0.4},
    {"tag:urban": 0.8, "tag:neutral": 0.6, "tag:muted": 0.5},
    {"tag:dark": 0.7, "tag:elegant": 0.7},
    {"tag:light": 0.8, "tag:cool": 0.6, "tag:marble": 0.5},
    {"tag:natural": 0.8, "tag:outdoor": 0.6, "tag:light": 0.4},
    {"tag:vivid": 0.7, "tag:pastel": 0.6, "tag:modern": 0.5},
)
UNKNOWN = 0.25


@dataclass
class World:
    """What is assumed of invented visitors, on the scale of log odds."""

    rate: float = 0.045
    #: How much a picture that meets a visitor's taste entirely is worth; a style in common about triples the clicks.
    match: float = 1.4
    style_sd: float = 0.1
    picture_sd: float = 0.1
    #: Of those who click: who puts it into the basket, and of these who orders.
    basket: float = 0.22
    order: float = 0.4

    def effects(self, rng: np.random.Generator) -> np.ndarray:
        return rng.normal(0, self.style_sd, len(AXES))


@dataclass(frozen=True)
class Simulated:
    """What was written."""

    exposures: int = 0
    clicks: int = 0
    visitors: int = 0
    versions: int = 0


@dataclass(frozen=True)
class _Product:
    pk: Any
    arms: tuple[Arm, ...]
    base: float
    own: np.ndarray


def clear() -> int:
    """Drop every simulated exposure and version; returns how many exposures there were."""
    with transaction.atomic():
        gone = Exposure.objects.filter(is_simulated=True)
        count = gone.count()
        gone.delete()
        PolicyVersion.objects.filter(is_simulated=True).delete()
    return count


def simulate(
    *,
    days: int = 30,
    visitors: int = 300,
    seed: int = 1,
    world: World | None = None,
    until: datetime | None = None,
) -> Simulated:
    """Write ``days`` of made-up traffic, ``visitors`` a day, in the place of what was simulated before."""
    rng, world = np.random.default_rng(seed), world or World()
    products = _products(rng, world)
    clear()
    if not products:
        return Simulated()
    effects = world.effects(rng)
    until = (until or timezone.now()).replace(minute=0, second=0, microsecond=0)
    state, records = prior(), dict[int, Record]()
    done = Simulated()
    for day in range(days):
        start = until - timedelta(days=days - day)
        rows, events = [], []
        for exposure, event in _day(rng, world, products, effects, state, records, start, visitors):
            rows.append(exposure)
            events.append(event)
        state = update(state, events, records)
        clicks = int(sum(event.reward for event in events))
        with transaction.atomic():
            version = PolicyVersion.objects.create(
                number=day + 1, state={}, ensemble="", is_simulated=True, created_at=start + timedelta(days=1)
            )
            write_version(version, state, impressions=len(events), clicks=clicks)
            for row in rows:
                row.learnt_in = version
            Exposure.objects.bulk_create(rows, batch_size=2000)
        done = Simulated(
            done.exposures + len(rows), done.clicks + clicks, done.visitors + visitors, done.versions + 1
        )
    return done


def _products(rng: np.random.Generator, world: World) -> list[_Product]:
    """The shop's products with a choice of published pictures, the last one published first, as on a page."""
    pictures: dict[Any, list[Any]] = {}
    rows = GeneratedImage.objects.filter(state=GeneratedImage.State.PUBLISHED, product__isnull=False)
    for pk, product, tags, palette in rows.order_by("-published_at", "-pk").values_list(
        "pk", "product_id", "tags", "palette"
    ):
        pictures.setdefault(product, []).append(Arm(pk, picture_vector(tuple(tags), tuple(palette))))
    found = []
    for product, arms in sorted(pictures.items(), key=lambda item: str(item[0])):
        if len(arms) > 1:
            base = np.log(world.rate / (1 - world.rate)) + rng.normal(0, 0.3)
            found.append(_Product(product, tuple(arms), base, rng.normal(0, world.picture_sd, len(arms))))
    return found


def _day(
    rng: np.random.Generator,
    world: World,
    products: Sequence[_Product],
    effects: np.ndarray,
    state: PolicyState,
    records: dict[int, Record],
    start: datetime,
    visitors: int,
) -> Iterator[tuple[Exposure, Event]]:
    ensemble, version = state.ensemble(), f"s{state.version}" if state.version else ""
    new = Record()
    known = {
        product.pk: tuple(
            Arm(arm.id, arm.style, records.get(arm.id, new).surplus, records.get(arm.id, new).information)
            for arm in product.arms
        )
        for product in products
    }
    weights = 1.0 / np.arange(1, len(products) + 1) ** 0.8
    weights /= weights.sum()
    for _visitor in range(visitors):
        visitor = uuid.UUID(bytes=rng.bytes(16)).hex
        taste = {} if rng.random() < UNKNOWN else TASTES[rng.integers(len(TASTES))]
        held = is_held_out(visitor, 0.1)
        vector = taste_vector(taste)
        count = min(len(products), 1 + rng.poisson(1.5))
        seen = [products[i] for i in rng.choice(len(products), count, replace=False, p=weights)]
        seeds = [seed_of(visitor, product.pk) for product in seen]
        if held:
            choices = [
                Choice(seed % len(p.arms), (1 / len(p.arms),) * len(p.arms))
                for seed, p in zip(seeds, seen, strict=True)
            ]
        else:
            choices = choose_page(
                ensemble, vector, [(s, known[p.pk]) for s, p in zip(seeds, seen, strict=True)]
            )
        # More of them in the evening.
        at = start + timedelta(hours=24 * float(rng.beta(4, 2.5)))
        for place, (product, choice) in enumerate(zip(seen, choices, strict=True)):
            style = np.array(product.arms[choice.index].style)
            odds = (
                product.base
                + style @ effects
                + product.own[choice.index]
                + world.match * (style @ np.array(vector))
            )
            clicked = bool(rng.random() < 1 / (1 + np.exp(-odds)))
            basket = clicked and rng.random() < world.basket
            ordered = basket and rng.random() < world.order
            exposure = Exposure(
                token=uuid.UUID(bytes=rng.bytes(16)).hex,
                visitor=visitor,
                product_id=product.pk,
                image_id=product.arms[choice.index].id,
                candidates=[arm.id for arm in product.arms],
                propensity=round(choice.propensity, 6),
                propensities=[round(value, 6) for value in choice.propensities],
                policy_version="" if held else version,
                is_holdout=held,
                context=taste,
                position=place,
                is_simulated=True,
                shown_at=at,
                clicked_at=at + timedelta(seconds=20) if clicked else None,
                basket_at=at + timedelta(minutes=4) if basket else None,
                ordered_at=at + timedelta(minutes=15) if ordered else None,
            )
            yield exposure, Event(vector, product.arms, choice.index, float(clicked))
