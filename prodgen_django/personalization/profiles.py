"""Keeping tastes up to date, and forgetting them. All of it runs off the request."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.apps import apps
from django.contrib.auth import get_user_model
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from prodgen_django.catalog import get_catalog
from prodgen_django.conf import settings
from prodgen_django.personalization.consent import consenting
from prodgen_django.personalization.events import expire
from prodgen_django.personalization.identity import user_keys
from prodgen_django.personalization.models import (
    Exposure,
    ProductTraits,
    ProfilingConsent,
    TasteProfile,
    TasteSegment,
)
from prodgen_django.personalization.segments import refresh_segments
from prodgen_django.personalization.taste import decayed, get_sources, make_taste
from prodgen_django.personalization.upsert import upsert

_CHUNK = 500


@dataclass(frozen=True)
class Refreshed:
    """What a refresh did."""

    products: int = 0
    profiles: int = 0
    #: Profiles past their retention or without consent, and exposures past theirs.
    expired: int = 0
    #: Taste segments found; 0 where there are too few profiles.
    segments: int = 0


def refresh(users: Iterable[Any] | None = None) -> Refreshed:
    """Bring product traits and customers' profiles up to date, and drop profiles past their retention.

    `users`: keys of the customers to look at; None: everybody of whom something became known within the
    retention. Only of those whose consent is stored (`consent`) a profile is made; one that is there without it is
    erased. A shop that has no consent hook has no consent either.
    """
    products = refresh_traits()
    since = timezone.now() - timedelta(days=settings.TASTE_RETENTION_DAYS)
    if users is None:
        users = {user for source in get_sources() for user in source.active_users(since)}
    agreed = consenting(set(users)) if settings.CONSENT is not None else {}
    profiles = sum(refresh_profile(user, row.forgotten_at) for user, row in agreed.items())
    segments = refresh_segments()
    return Refreshed(products, profiles, expire_profiles() + expire(), segments)


def expire_profiles() -> int:
    """Erase profiles past ``TASTE_RETENTION_DAYS``, and those without a stored yes; returns how many."""
    since = timezone.now() - timedelta(days=settings.TASTE_RETENTION_DAYS)
    stale = TasteProfile.objects.filter(updated_at__lt=since)
    refused = TasteProfile.objects.exclude(user__prodgen_consent__given=True)
    gone = {*stale.values_list("pk", flat=True), *refused.values_list("pk", flat=True)}
    TasteProfile.objects.filter(pk__in=gone).delete()
    return len(gone)


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
        rows = [
            ProductTraits(product_id=pk, traits=features, updated_at=timezone.now())
            for pk, features in found.items()
        ]
        upsert(ProductTraits, rows, key="product", fields=["traits", "updated_at"])


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


def forget(user_id: Any) -> dict[str, int]:
    """Erase all that we keep of a customer, for good; ``{model: rows erased}``.

    Profile, place in a segment, exposures and what came of them go. What stays is one row that says no: by it nobody
    profiles the customer again, from old history or new, until they say yes, and then nothing from before counts.
    What the shop itself keeps (orders, views) is the shop's.
    """
    with transaction.atomic():
        ProfilingConsent.objects.update_or_create(
            user_id=user_id, defaults={"given": False, "at": timezone.now(), "forgotten_at": timezone.now()}
        )
        before = remembers(user_id)
        TasteProfile.objects.filter(user_id=user_id).delete()
        Exposure.objects.filter(Q(user_id=user_id) | Q(visitor__in=user_keys(user_id))).delete()
    return before


def remembers(user_id: Any) -> dict[str, int]:
    """What we still keep of a customer: ``{model: rows}``, empty after `forget`.

    Looks at every model that points at a customer, so that one that comes to it later is not overlooked.
    """
    found = {}
    for model in apps.get_app_config("prodgen_django").get_models():
        # The no itself has to stay, and who made a job or reviewed a picture is staff's own work and no taste.
        fields = [
            field.name
            for field in model._meta.fields
            if field.related_model is get_user_model() and field.name not in ("created_by", "by")
        ]
        if not fields or model is ProfilingConsent or model._meta.proxy:
            continue
        who = Q(*((name, user_id) for name in fields), _connector=Q.OR)
        if model is Exposure:
            who |= Q(visitor__in=user_keys(user_id))
        rows = model._default_manager.filter(who)
        if count := rows.count():
            found[model._meta.label] = count
        if model is TasteProfile and (placed := rows.filter(segment__isnull=False).count()):
            found[TasteSegment._meta.label] = placed
    return found
