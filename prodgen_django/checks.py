"""System checks: what is set wrongly is said at start-up, with what to do about it
(docs/reference/settings.md).
"""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.conf import settings as django_settings
from django.core.checks import CheckMessage, Error, Warning, register  # noqa: A004
from django.core.files.storage import InvalidStorageError, storages
from django.urls import NoReverseMatch, reverse
from django.utils.module_loading import import_string

from prodgen_django.broker import QUEUES
from prodgen_django.conf import DEFAULTS, product_model, settings

DOTTED = ("CATALOG", "CONSENT")
POSITIVE = (
    "LEASE_SECONDS", "HEARTBEAT_SECONDS", "MAX_ATTEMPTS", "BATCH_SIZE", "REPUBLISH_SECONDS", "MAX_PRODUCTS",
    "TASK_SOFT_TIME_LIMIT", "TASK_TIME_LIMIT", "TRAIN_SLICE_SECONDS", "MAX_IMAGE_PIXELS", "MAX_IMAGE_BYTES",
    "TASTE_HALF_LIFE_DAYS", "TASTE_RETENTION_DAYS", "STABLE_DAYS", "EVENT_RATE", "EVENT_RETENTION_DAYS",
    "ATTRIBUTION_DAYS", "ADDRESS_SHOWINGS", "ADDRESS_PRODUCT_SHOWINGS",
)  # fmt: skip


@register("prodgen_django")
def check_settings(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """What ``PRODGEN`` says, taken by itself."""
    given = getattr(django_settings, "PRODGEN", {})
    if not isinstance(given, dict):
        return [Error("PRODGEN is no dictionary.", id="prodgen_django.E001")]
    found: list[CheckMessage] = [
        Warning(
            f"PRODGEN has an unknown key {key!r}.",
            hint=_nearest(key),
            id="prodgen_django.W001",
        )
        for key in sorted(set(given) - set(DEFAULTS), key=str)
    ]
    bad = [key for key in POSITIVE if not _positive(getattr(settings, key))]
    found += [Error(f"PRODGEN[{key!r}] must be a number above 0.", id="prodgen_django.E002") for key in bad]
    return found + _dotted_paths() + _storage() + _studio() + _personalization() + ([] if bad else _times())


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


def _dotted_paths() -> list[CheckMessage]:
    paths = {f"PRODGEN[{key!r}]": getattr(settings, key) for key in DOTTED}
    paths |= {f"PRODGEN['RECIPES'][{kind!r}]": path for kind, path in dict(settings.RECIPES).items()}
    if "TASTE_SOURCES" in getattr(django_settings, "PRODGEN", {}):  # the default is for shops on Oscar alone
        paths |= {f"PRODGEN['TASTE_SOURCES'][{n}]": path for n, path in enumerate(settings.TASTE_SOURCES)}
    found: list[CheckMessage] = []
    for name, path in paths.items():
        if not isinstance(path, str):
            continue
        try:
            import_string(path)
        except Exception as error:  # noqa: BLE001  (whatever a module raises when it is imported)
            found.append(
                Error(f"{name} is {path!r}, which cannot be imported: {error}", id="prodgen_django.E003")
            )
    return found


def _studio() -> list[CheckMessage]:
    """How pictures are cut out and signed; that a file or package is there is the worker's matter."""
    found: list[CheckMessage] = []
    matting = settings.MATTING
    if matting != "own" and not (isinstance(matting, dict) and isinstance(matting.get("rembg"), dict)):
        found.append(
            Error(
                f"PRODGEN['MATTING'] is {matting!r}.",
                hint='"own", or {"rembg": {"model": name, "path": file or None}}.',
                id="prodgen_django.E010",
            )
        )
    painter = settings.DIFFUSION
    if painter is not None and not (isinstance(painter, dict) and painter.get("model")):
        found.append(
            Error(
                f"PRODGEN['DIFFUSION'] is {painter!r}.",
                hint='None, or {"model": a folder of weights or a name that diffusers knows}.',
                id="prodgen_django.E013",
            )
        )
    signed = settings.C2PA
    paths = isinstance(signed, dict) and {"certificate", "key"} <= set(signed)
    if signed not in (None, "self-signed") and not paths:
        found.append(
            Error(
                "PRODGEN['C2PA'] is neither None, \"self-signed\" nor a dictionary with certificate and key.",
                id="prodgen_django.E011",
            )
        )
    return found


def _storage() -> list[CheckMessage]:
    value = settings.STORAGE
    if not isinstance(value, str):
        return []
    try:
        storages[value]
    except InvalidStorageError:
        try:
            import_string(value)
        except ImportError:
            return [
                Error(
                    f"PRODGEN['STORAGE'] is {value!r}: no alias in STORAGES and no import path.",
                    hint=f"The aliases are {', '.join(sorted(django_settings.STORAGES))}.",
                    id="prodgen_django.E004",
                )
            ]
    return []


def _personalization() -> list[CheckMessage]:
    found: list[CheckMessage] = []
    share = settings.HOLDOUT
    if isinstance(share, bool) or not isinstance(share, int | float) or not 0 <= share < 1:
        found.append(
            Error(
                f"PRODGEN['HOLDOUT'] is {share!r}, which is no share of all visitors.",
                hint="A number from 0 to below 1; without a hold-out nobody can say what choosing is worth.",
                id="prodgen_django.E008",
            )
        )
    if settings.CHOOSE_IN not in ("page", "script"):
        found.append(
            Error(
                f"PRODGEN['CHOOSE_IN'] is {settings.CHOOSE_IN!r}.",
                hint='"page" or "script".',
                id="prodgen_django.E009",
            )
        )
    from prodgen_django.personalization.address import read_networks
    from prodgen_django.personalization.policy import MODES

    try:
        read_networks(settings.TRUSTED_PROXIES)
    except (ValueError, TypeError) as error:
        found.append(
            Error(
                f"PRODGEN['TRUSTED_PROXIES'] holds what is no address and no network: {error}",
                hint='A list such as ["127.0.0.1", "10.0.0.0/8", "2001:db8::/32"].',
                id="prodgen_django.E014",
            )
        )
    share = settings.POLICY_EXPLORE
    is_share = isinstance(share, int | float) and not isinstance(share, bool) and 0 <= share <= 1
    if settings.POLICY_MODE not in MODES or not is_share:
        found.append(
            Error(
                f"PRODGEN['POLICY_MODE'] is {settings.POLICY_MODE!r}, PRODGEN['POLICY_EXPLORE'] {share!r}.",
                hint=f"One of {', '.join(MODES)}, and a number from 0 to 1.",
                id="prodgen_django.E012",
            )
        )
    if settings.CONSENT is None:
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
    if url.startswith(("redis", "sentinel")) and patience <= settings.TASK_TIME_LIMIT:
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


def _positive(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and value > 0


def _nearest(key: str) -> str:
    from difflib import get_close_matches

    close = get_close_matches(str(key).upper(), DEFAULTS, n=1)
    return f"Did you mean {close[0]!r}?" if close else "docs/reference/settings.md lists all keys."


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
