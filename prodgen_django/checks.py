"""System checks: what is set wrongly is said at start-up, with what to do about it (docs/reference/settings.md).

Whether a value is one that its key takes, the schema in conf.py says; here stands what it cannot know: the settings
beside each other, the shop's apps, Celery, this machine's letters.
"""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.conf import settings as django_settings
from django.core.checks import CheckMessage, Error, Warning, register  # noqa: A004
from django.core.exceptions import ImproperlyConfigured
from django.urls import NoReverseMatch, reverse

from prodgen_django.broker import QUEUES
from prodgen_django.conf import KEYS, product_model, settings
from prodgen_django.schema import nearest


@register("prodgen_django")
def check_settings(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """What ``PRODGEN`` says, key by key and one beside another."""
    if not settings.is_sound():
        return [Error(fault.text, id="prodgen_django.E001") for fault in settings.faults()]
    found: list[CheckMessage] = [
        Warning(
            f"PRODGEN has an unknown key {key!r}.",
            hint=nearest(key, tuple(KEYS)) or "docs/reference/settings.md lists all keys.",
            id="prodgen_django.W001",
        )
        for key in sorted(settings.given() - KEYS.keys())
    ]
    found += [
        Error(fault.text, hint=fault.hint or None, id="prodgen_django.E002") for fault in settings.faults()
    ]
    # Of the defaults only the catalog is for every shop; the others are for shops on Oscar alone.
    named = settings.import_faults(settings.given() | {"CATALOG"})
    told = [fault.text for fault in named] + _storage()
    found += [Error(text, id="prodgen_django.E003") for text in dict.fromkeys(told)]
    return found + _consent() + _times()


@register("prodgen_django")
def check_shop(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """What the settings say beside the shop's apps and Celery."""
    found: list[CheckMessage] = []
    try:
        apps.get_model(product_model())
    except (LookupError, ValueError):
        found.append(
            Error(
                f"PRODGEN_PRODUCT_MODEL names {product_model()!r}, which is no installed model.",
                hint='Set it to "app_label.Model" of the shop\'s products before the first migrate.',
                id="prodgen_django.E006",
            )
        )
    names = [config.name for config in apps.get_app_configs()]
    oscar = next((n for n, name in enumerate(names) if name.startswith("oscar.apps.catalogue")), -1)
    ours = names.index("prodgen_django") if "prodgen_django" in names else len(names)
    plugged = "prodgen_django.contrib.oscar" in names
    if plugged and min(ours, names.index("prodgen_django.contrib.oscar")) < oscar:
        found.append(
            Error(
                "prodgen_django is listed before Oscar, so its actions cannot be added to Oscar's admin.",
                hint="List prodgen_django and prodgen_django.contrib.oscar last in INSTALLED_APPS.",
                id="prodgen_django.E007",
            )
        )
    return found + _celery()


def _storage() -> list[str]:
    """Why the storage that is named cannot be made; a wrong name is told with the others."""
    from prodgen_django.storage import get_storage

    if not settings.is_sound("STORAGE"):
        return []
    try:
        get_storage()
    except ImproperlyConfigured as fault:
        return [str(fault)]
    return []


def _consent() -> list[CheckMessage]:
    found: list[CheckMessage] = []
    if not settings.is_sound("CONSENT") or settings.CONSENT is None:
        return found
    if (
        "prodgen_django.personalization.middleware.PersonalizationMiddleware"
        not in django_settings.MIDDLEWARE
    ):
        found.append(
            Warning(
                "PRODGEN['CONSENT'] is set, but PersonalizationMiddleware is not in MIDDLEWARE: no anonymous "
                "visitor is known again, and a shared cache could give one visitor's page to another.",
                hint="Add prodgen_django.personalization.middleware.PersonalizationMiddleware.",
                id="prodgen_django.W006",
            )
        )
    try:
        reverse("prodgen:events")
    except NoReverseMatch:
        found.append(
            Warning(
                "PRODGEN['CONSENT'] is set, but prodgen_django.urls is not among the shop's addresses, so "
                "nothing is learnt from what visitors do.",
                hint='path("prodgen/", include("prodgen_django.urls"))',
                id="prodgen_django.W007",
            )
        )
    except Exception:  # noqa: BLE001, S110  (a URLconf that cannot be imported is told by Django's own check)
        pass
    return found


def _times() -> list[CheckMessage]:
    found: list[CheckMessage] = []
    if not settings.is_sound(
        "LEASE_SECONDS", "HEARTBEAT_SECONDS", "TASK_SOFT_TIME_LIMIT", "TASK_TIME_LIMIT", "TRAIN_SLICE_SECONDS"
    ):
        return found
    if settings.LEASE_SECONDS < 2 * settings.HEARTBEAT_SECONDS:
        found.append(
            Error(
                "PRODGEN['LEASE_SECONDS'] is less than two heartbeats, so one late heartbeat loses the work.",
                hint="Make it at least three times HEARTBEAT_SECONDS.",
                id="prodgen_django.E005",
            )
        )
    if settings.TASK_SOFT_TIME_LIMIT >= settings.TASK_TIME_LIMIT:
        found.append(
            Warning(
                "PRODGEN['TASK_SOFT_TIME_LIMIT'] is not below TASK_TIME_LIMIT: what takes too long is killed "
                "before it can say so.",
                id="prodgen_django.W002",
            )
        )
    if settings.TRAIN_SLICE_SECONDS >= settings.TASK_SOFT_TIME_LIMIT:
        found.append(
            Warning(
                "PRODGEN['TRAIN_SLICE_SECONDS'] is not below TASK_SOFT_TIME_LIMIT: training would be stopped "
                "as taking too long.",
                id="prodgen_django.W003",
            )
        )
    return found


def _celery() -> list[CheckMessage]:
    from celery import current_app

    try:
        conf = current_app.conf
        options = dict(conf.broker_transport_options or {})
        url = str(conf.broker_url or "")
        queues = {getattr(queue, "name", queue) for queue in conf.task_queues or ()}
        creates = bool(conf.task_create_missing_queues)
    except Exception:  # noqa: BLE001  (Celery's settings are checked by Celery)
        return []
    found: list[CheckMessage] = []
    patience = options.get("visibility_timeout", 3600)
    is_redis = url.startswith(("redis", "sentinel"))
    if is_redis and settings.is_sound("TASK_TIME_LIMIT") and patience <= settings.TASK_TIME_LIMIT:
        found.append(
            Warning(
                f"Redis hands a message to a second worker after {patience} s, but a task may take "
                f"{settings.TASK_TIME_LIMIT} s.",
                hint="Raise visibility_timeout in broker_transport_options above TASK_TIME_LIMIT.",
                id="prodgen_django.W004",
            )
        )
    missing = set(QUEUES) - queues
    if queues and missing and not creates:
        found.append(
            Warning(
                f"Celery's task_queues lack {', '.join(sorted(missing))}, and missing ones are not created.",
                hint="Add them, or set task_create_missing_queues.",
                id="prodgen_django.W005",
            )
        )
    return found


@register("prodgen_django")
def check_letters(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Letters for the shop's languages, where it says which it has."""
    from django.conf import global_settings

    from prodgen_django.recipes.campaign_fonts import languages_without_letters

    if django_settings.LANGUAGES == global_settings.LANGUAGES:
        return []
    lacking = languages_without_letters(tag for tag, _name in django_settings.LANGUAGES)
    return [
        Warning(
            f"This machine has no letters for campaign pictures in {tag!r}.",
            hint=f"Install them where the workers run (Debian: {package}), or give the brand kit a font that has them.",
            id="prodgen_django.W008",
        )
        for tag, package in lacking.items()
    ]
