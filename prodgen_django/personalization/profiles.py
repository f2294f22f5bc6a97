"""Keeping tastes up to date, and forgetting them. All of it runs off the request."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from prodgen_django.catalog import get_catalog
from prodgen_django.conf import settings
from prodgen_django.personalization.models import ProductTraits, TasteProfile
from prodgen_django.personalization.taste import decayed, get_sources, make_taste

_CHUNK = 500


@dataclass(frozen=True)
class Refreshed:
    """What a refresh did."""

    products: int = 0
    profiles: int = 0
    expired: int = 0


def refresh(users: Iterable[Any] | None = None) -> Refreshed:
    """Bring product traits and customers' profiles up to date, and drop profiles past their retention.

    `users`: keys of the customers to look at; None: everybody of whom something became known within the
    retention. A shop that has no consent hook has no consent either: nobody's profile is made there.
    """
    products = refresh_traits()
    since = timezone.now() - timedelta(days=settings.TASTE_RETENTION_DAYS)
    if settings.CONSENT is None:
        users = ()
    elif users is None:
        users = {user for source in get_sources() for user in source.active_users(since)}
    profiles = sum(refresh_profile(user) for user in users)
    expired, _each = TasteProfile.objects.filter(updated_at__lt=since).delete()
    return Refreshed(products, profiles, expired)


def refresh_traits(product_ids: Iterable[Any] | None = None) -> int:
    """Write down what liking each product says; returns how many products were looked at."""
    products = get_catalog().products().order_by("pk")
    if product_ids is not None:
        products = products.filter(pk__in=list(product_ids))
    seen, last = 0, None
    while True:
        part = list((products.filter(pk__gt=last) if last is not None else products)[:_CHUNK])
        if not part:
            return seen
        seen, last = seen + len(part), part[-1].pk
        found: dict[Any, dict[str, float]] = {}
        for source in get_sources():
            for pk, features in source.traits(part).items():
                found.setdefault(pk, {}).update(features)
        ProductTraits.objects.bulk_create(
            [
                ProductTraits(product_id=pk, traits=features, updated_at=timezone.now())
                for pk, features in found.items()
            ],
            update_conflicts=True,
            unique_fields=["product"],
            update_fields=["traits", "updated_at"],
        )


def refresh_profile(user_id: Any) -> bool:
    """Make one customer's profile from what they did within the retention; whether there is one now."""
    now = timezone.now()
    since = now - timedelta(days=settings.TASTE_RETENTION_DAYS)
    signals = [signal for source in get_sources() for signal in source.history(user_id, since)]
    traits = dict(
        ProductTraits.objects.filter(product_id__in={s.product_id for s in signals}).values_list(
            "product_id", "traits"
        )
    )
    likes = [(decayed(s, now), traits[s.product_id]) for s in signals if traits.get(s.product_id)]
    weights = make_taste(likes)
    with transaction.atomic():
        if not weights:
            TasteProfile.objects.filter(user_id=user_id).delete()
            return False
        TasteProfile.objects.update_or_create(
            user_id=user_id, defaults={"weights": weights, "signals": len(likes)}
        )
    return True


def forget(user_id: Any) -> dict[str, int]:
    """Erase all that we keep of a customer; ``{model: rows erased}``. What the shop itself keeps is the
    shop's."""
    with transaction.atomic():
        _total, each = TasteProfile.objects.filter(user_id=user_id).delete()
    return {label: count for label, count in each.items() if count}


def remembers(user_id: Any) -> dict[str, int]:
    """What we still keep of a customer: ``{model: rows}``, empty after `forget`. Looks at every model with a
    user."""
    from django.apps import apps
    from django.contrib.auth import get_user_model

    found = {}
    for model in apps.get_app_config("prodgen_django").get_models():
        for field in model._meta.fields:
            # Who made a job or reviewed a picture is staff's own work and no taste: kept as the record it is.
            if field.related_model is get_user_model() and field.name not in ("created_by", "by"):
                rows = model._default_manager.filter(**{field.name: user_id}).count()
                if rows:
                    found[model._meta.label] = rows
    return found
