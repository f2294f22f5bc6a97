"""Keeping tastes up to date, off the request."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connections, router, transaction
from django.utils import timezone

from prodgen_django.catalog import get_catalog
from prodgen_django.conf import settings
from prodgen_django.personalization.log import kept
from prodgen_django.personalization.log.privacy import consenting
from prodgen_django.personalization.log.retention import expire, expire_profiles
from prodgen_django.personalization.log.sources import decayed, get_sources
from prodgen_django.personalization.models import ProductTraits, TasteProfile
from prodgen_django.personalization.policy.taste import make_taste

_CHUNK = 500


@dataclass(frozen=True)
class Refreshed:
    """What a refresh did."""

    products: int = 0
    profiles: int = 0
    #: Profiles past their retention or without consent, and exposures past theirs.
    expired: int = 0


def refresh(users: Iterable[Any] | None = None) -> Refreshed:
    """Bring product traits and customers' profiles up to date, and drop profiles past their retention.

    `users`: keys of the customers to look at; None: everybody of whom something became known within the
    retention. Only of those whose consent is stored a profile is made; one that is there without it is
    erased. A shop that has no consent hook has no consent either.
    """
    products = refresh_traits()
    since = timezone.now() - timedelta(days=settings.TASTE_RETENTION_DAYS)
    if users is None:
        users = {user for source in get_sources() for user in source.active_users(since)}
    agreed = consenting(set(users)) if settings.CONSENT is not None else {}
    profiles = sum(refresh_profile(user, row.forgotten_at) for user, row in agreed.items())
    return Refreshed(products, profiles, expire_profiles() + expire())


def refresh_traits(product_ids: Iterable[Any] | None = None) -> int:
    """Write down what liking each product says; returns how many products were looked at."""
    products = get_catalog().products().order_by("pk")
    if product_ids is not None:
        products = products.filter(pk__in=list(product_ids))
    seen, last = 0, None
    while True:
        part = list((products.filter(pk__gt=last) if last is not None else products)[:_CHUNK])
        if not part:
            kept.forget_cache()
            return seen
        seen, last = seen + len(part), part[-1].pk
        found: dict[Any, dict[str, float]] = {}
        for source in get_sources():
            for pk, features in source.traits(part).items():
                found.setdefault(pk, {}).update(features)
        rows = [
            ProductTraits(product_id=pk, traits=features, updated_at=timezone.now())
            for pk, features in found.items()
        ]
        # MySQL and MariaDB find the key by themselves, and refuse to be told.
        database = connections[router.db_for_write(ProductTraits)]
        told = ["product"] if database.features.supports_update_conflicts_with_target else None
        ProductTraits.objects.bulk_create(
            rows, update_conflicts=True, unique_fields=told, update_fields=["traits", "updated_at"]
        )


def refresh_profile(user_id: Any, forgotten_at: datetime | None = None) -> bool:
    """Make one customer's profile from what they did within the retention; whether there is one now.

    What was before `forgotten_at` is not looked at.
    """
    now = timezone.now()
    since = now - timedelta(days=settings.TASTE_RETENTION_DAYS)
    if forgotten_at is not None:
        since = max(since, forgotten_at)
    signals = [signal for source in get_sources() for signal in source.history(user_id, since)]
    traits: dict[Any, Mapping[str, float]] = dict(
        ProductTraits.objects.filter(product_id__in={s.product_id for s in signals}).values_list(
            "product_id", "traits"
        )
    )
    likes = [(decayed(s, now), traits[s.product_id]) for s in signals if traits.get(s.product_id)]
    for source in get_sources():
        likes += [(decayed(signal, now), features) for signal, features in source.words(user_id, since)]
    weights = make_taste(likes)
    with transaction.atomic():
        if not weights:
            TasteProfile.objects.filter(user_id=user_id).delete()
            return False
        TasteProfile.objects.update_or_create(
            user_id=user_id, defaults={"weights": weights, "signals": len(likes)}
        )
    return True
