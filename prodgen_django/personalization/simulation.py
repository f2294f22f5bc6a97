"""Made-up visitors for a demonstration: a month of exposures, clicks, baskets and orders, and what is learnt of them.

Everything runs as it does for real visitors: the shipped policy chooses among the shop's published pictures, a tenth is
held out, and each night a new version is learnt. Only the visitors are invented: what they like, and how often they
click, are assumptions (`World`). Every row is marked as simulated; pages for real visitors never read any of them.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from django.db import transaction
from django.utils import timezone

from prodgen_django.conf import settings
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
    #: With which probability a flooded picture would be shown at the end, over all tastes: had there been no flood, and
    #: with it.
    shares: tuple[float, float] = (0.0, 0.0)


@dataclass(frozen=True)
class Flood:
    """One address that clicks on one picture, the last published of the first product, as a new visitor each time."""

    #: Showings a day, each of which it clicks.
    clicks: int


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
    flood: Flood | None = None,
) -> Simulated:
    """Write ``days`` of made-up traffic, ``visitors`` a day, in the place of what was simulated before.

    Beside the policy that chooses, a second one learns from the same visitors and a `flood`, within the bounds that
    hold for real addresses, so that what differs at the end is the flood's doing alone. It leaves no rows.
    """
    rng, world = np.random.default_rng(seed), world or World()
    products = _products(rng, world)
    clear()
    if not products:
        return Simulated()
    effects = world.effects(rng)
    until = (until or timezone.now()).replace(minute=0, second=0, microsecond=0)
    state, records = prior(), dict[int, Record]()
    flooded, flooded_records = prior(), dict[int, Record]()
    floods = _floods(flood, products[0], days) if flood is not None else []
    done = Simulated()
    for day in range(days):
        start = until - timedelta(days=days - day)
        rows, events = [], []
        for exposure, event in _day(rng, world, products, effects, state, records, start, visitors):
            rows.append(exposure)
            events.append(event)
        state = update(state, events, records)
        if flood is not None:
            flooded = update(flooded, [*events, *floods[day]], flooded_records)
        clicks = sum(row.clicked_at is not None for row in rows)
        with transaction.atomic():
            version = PolicyVersion.objects.create(
                number=day + 1, state={}, ensemble="", is_simulated=True, created_at=start + timedelta(days=1)
            )
            write_version(version, state, impressions=len(rows), clicks=clicks)
            for row in rows:
                row.learnt_in = version
            Exposure.objects.bulk_create(rows, batch_size=2000)
        done = Simulated(
            done.exposures + len(rows), done.clicks + clicks, done.visitors + visitors, done.versions + 1
        )
    if flood is not None:
        shares = _share(state, records, products[0]), _share(flooded, flooded_records, products[0])
        done = replace(done, shares=shares)
    return done


def _floods(flood: Flood, product: _Product, days: int) -> list[list[Event]]:
    """What is counted of a flood, day by day."""
    found = []
    for day in range(days):
        source = f"flood-{day // settings.STABLE_DAYS}"
        if day % settings.STABLE_DAYS == 0:
            counted = 0
        click = Event(taste_vector({}), product.arms, 0, 1.0, source)
        room = min(flood.clicks, settings.ADDRESS_SHOWINGS, settings.ADDRESS_PRODUCT_SHOWINGS - counted)
        found.append([click] * room)
        counted += room
    return found


def _share(state: PolicyState, records: dict[int, Record], product: _Product) -> float:
    """The probability of the flooded picture, over visitors of all tastes."""
    ensemble, vectors = state.ensemble(), [taste_vector(taste) for taste in TASTES]
    arms = _known(product, records)
    shares = [choose_page(ensemble, vector, [(0, arms)])[0].propensities[0] for vector in vectors]
    unknown = choose_page(ensemble, taste_vector({}), [(0, arms)])[0].propensities[0]
    return UNKNOWN * unknown + (1 - UNKNOWN) * sum(shares) / len(shares)


def _known(product: _Product, records: dict[int, Record]) -> tuple[Arm, ...]:
    """The product's pictures with what has been learnt of each."""
    found = ((arm, records.get(arm.id, Record())) for arm in product.arms)
    return tuple(Arm(arm.id, arm.style, record.surplus, record.information) for arm, record in found)


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
    known = {product.pk: _known(product, records) for product in products}
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
