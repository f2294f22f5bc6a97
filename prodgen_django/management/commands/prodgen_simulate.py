"""A month of made-up visitors, so that a demonstration has a report.

Everything runs as it does for real visitors: the policy chooses among the shop's published pictures, a tenth is held
out, and each night a new version is learnt. Only the visitors are invented: what they like, and how often they click,
are assumptions (`World`). Every row is marked as simulated; pages for real visitors never read any of them.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from django.utils import timezone

from prodgen_django.conf import settings
from prodgen_django.models import Exposure, GeneratedImage, PolicyVersion
from prodgen_django.personalization.log.versions import learn_from, write_version
from prodgen_django.personalization.policy.features import AXES, picture_vector, taste_vector
from prodgen_django.personalization.policy.model import Policy, Sums, choose, is_held_out, seed_of

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


class Command(BaseCommand):
    help = "Writes made-up traffic, every row marked as simulated, in the place of what was simulated before."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--days", type=int, default=30)
        parser.add_argument("--visitors", type=int, default=300, help="visitors a day")
        parser.add_argument("--seed", type=int, default=1)
        parser.add_argument("--clear", action="store_true", help="only drop what was simulated")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["clear"]:
            self.stdout.write(f"{clear()} simulated exposures dropped")
            return
        done = simulate(days=options["days"], visitors=options["visitors"], seed=options["seed"])
        if not done.exposures:
            raise CommandError("No product has two published pictures: there is nothing to choose among.")
        self.stdout.write(
            f"{done.exposures} simulated exposures of {done.visitors} visitors, {done.clicks} clicks, "
            f"{done.versions} policy versions"
        )


@dataclass(frozen=True)
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
    images: tuple[int, ...]
    #: Of each picture its style, and how much it appeals to everybody: (k, axes), (k,).
    styles: np.ndarray
    appeal: np.ndarray


def clear() -> int:
    """Drop every simulated exposure and version; returns how many exposures there were."""
    with transaction.atomic():
        count = Exposure.objects.filter(is_simulated=True).delete()[0]
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
    until = (until or timezone.now()).replace(minute=0, second=0, microsecond=0)
    styles = {
        image: tuple(style)
        for product in products
        for image, style in zip(product.images, product.styles.tolist(), strict=True)
    }
    sums, done = Sums.new(), Simulated()
    for day in range(days):
        start = until - timedelta(days=days - day)
        policy = sums.policy(f"s{day}")
        rows = [row for _ in range(visitors) for row in _visit(rng, world, products, policy, start)]
        sums = learn_from(sums, rows, styles)
        with transaction.atomic():
            version = PolicyVersion.objects.create(
                number=day + 1, sums={}, policy="", is_simulated=True, created_at=start + timedelta(days=1)
            )
            write_version(version, sums, rows)
            for row in rows:
                row.learnt_in = version
            Exposure.objects.bulk_create(rows, batch_size=2000)
        done = Simulated(
            done.exposures + len(rows), done.clicks + version.clicks, done.visitors + visitors, day + 1
        )
    return done


def _products(rng: np.random.Generator, world: World) -> list[_Product]:
    """The shop's products with a choice of published pictures, the last one published first, as on a page."""
    pictures: dict[Any, dict[int, tuple[float, ...]]] = {}
    rows = GeneratedImage.objects.filter(state=GeneratedImage.State.PUBLISHED, product__isnull=False)
    for pk, product, tags, palette in rows.order_by("-published_at", "-pk").values_list(
        "pk", "product_id", "tags", "palette"
    ):
        pictures.setdefault(product, {})[pk] = picture_vector(tuple(tags), tuple(palette))
    effects, found = rng.normal(0, world.style_sd, len(AXES)), []
    for product, styles in sorted(pictures.items(), key=lambda item: str(item[0])):
        if len(styles) > 1:
            vectors = np.array(list(styles.values()))
            base = np.log(world.rate / (1 - world.rate)) + rng.normal(0, 0.3)
            appeal = base + vectors @ effects + rng.normal(0, world.picture_sd, len(vectors))
            found.append(_Product(product, tuple(styles), vectors, appeal))
    return found


def _visit(
    rng: np.random.Generator, world: World, products: Sequence[_Product], policy: Policy, day: datetime
) -> Iterator[Exposure]:
    """What one visitor was shown and did."""
    visitor = uuid.UUID(bytes=rng.bytes(16)).hex
    taste = {} if rng.random() < UNKNOWN else TASTES[rng.integers(len(TASTES))]
    held, vector = is_held_out(visitor, settings.HOLDOUT), taste_vector(taste)
    popular = 1.0 / np.arange(1, len(products) + 1) ** 0.8
    count = min(len(products), 1 + rng.poisson(1.5))
    # More of them in the evening.
    at = day + timedelta(hours=24 * float(rng.beta(4, 2.5)))
    for place, number in enumerate(
        rng.choice(len(products), count, replace=False, p=popular / popular.sum())
    ):
        product = products[number]
        scores = (product.styles @ policy.worth(vector)).tolist()
        explore = 1.0 if held else settings.POLICY_EXPLORE
        shown, shares = choose(scores, explore, seed_of(visitor, product.pk))
        odds = product.appeal[shown] + world.match * (product.styles[shown] @ vector)
        clicked = bool(rng.random() < 1 / (1 + np.exp(-odds)))
        basket = clicked and rng.random() < world.basket
        ordered = basket and rng.random() < world.order
        yield Exposure(
            token=uuid.UUID(bytes=rng.bytes(16)).hex,
            visitor=visitor,
            product_id=product.pk,
            image_id=product.images[shown],
            candidates=list(product.images),
            propensity=round(shares[shown], 6),
            propensities=[round(value, 6) for value in shares],
            policy_version=policy.version,
            is_holdout=held,
            context=taste,
            position=place,
            is_simulated=True,
            shown_at=at,
            clicked_at=at + timedelta(seconds=20) if clicked else None,
            basket_at=at + timedelta(minutes=4) if basket else None,
            ordered_at=at + timedelta(minutes=15) if ordered else None,
        )
