"""Whose taste may be kept, and forgetting it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.apps import apps
from django.contrib.auth import get_user_model
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from prodgen_django.conf import settings
from prodgen_django.personalization.log.names import user_keys
from prodgen_django.personalization.models import Exposure, ProfilingConsent, TasteProfile


def consenting(user_ids: set[Any]) -> dict[Any, ProfilingConsent]:
    """Of these customers those whose yes is stored and was confirmed within the retention."""
    since = timezone.now() - timedelta(days=settings.TASTE_RETENTION_DAYS)
    rows = ProfilingConsent.objects.filter(user_id__in=user_ids, given=True, at__gte=since)
    return {row.user_id: row for row in rows}


def forget(user_id: Any) -> dict[str, int]:
    """Erase all that we keep of a customer, for good; ``{model: rows erased}``.

    Profile, exposures and what came of them go. What stays is one row that says no: by it nobody
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
    return found
