"""The one settings dict, ``PRODGEN``, and its defaults.

``from prodgen_django.conf import settings`` then ``settings.LEASE_SECONDS``. Values are read from Django's settings at
each access, so that ``override_settings`` works in tests without any cache to clear. Unknown keys are reported by a
system check (``prodgen_django.W001``), never ignored in silence.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings as django_settings
from django.utils.module_loading import import_string

#: Every key, with the value that holds where a shop says nothing. Each has a row in docs/reference/settings.md.
DEFAULTS: dict[str, Any] = {
    # How products are read and pictures put back (a subclass of prodgen_django.catalog.Catalog).
    "CATALOG": "prodgen_django.contrib.oscar.catalog.OscarCatalog",
    # Where pictures and checkpoints are kept: an alias of STORAGES, or the dotted path of a callable or Storage class.
    "STORAGE": "default",
    # Folder prefix inside that storage.
    "STORAGE_PREFIX": "prodgen",
    # Recipes beside the built-in ones: {"kind": "dotted.path.RecipeClass"}.
    "RECIPES": {},
    # Torch device for workers: "auto", "cpu", "cuda", "cuda:1".
    "DEVICE": "auto",
    # -- the job machine
    "LEASE_SECONDS": 60,
    "HEARTBEAT_SECONDS": 15,
    "MAX_ATTEMPTS": 3,
    "BATCH_SIZE": 8,
    "SWEEP_SECONDS": 60,
    # How long an item waits after an error before it is tried again.
    "RETRY_SECONDS": 10,
    # A queued item whose wake-up is older than this is published again by the sweeper.
    "REPUBLISH_SECONDS": 120,
    "TASK_SOFT_TIME_LIMIT": 540,
    "TASK_TIME_LIMIT": 600,
    # A training job works in slices of this length, so that no message outlives a broker's patience.
    "TRAIN_SLICE_SECONDS": 300,
    # A folder on the worker's machine for unfinished long work; None: the user's cache folder.
    "WORK_DIR": None,
    # Most products one job takes.
    "MAX_PRODUCTS": 10_000,
    # -- bytes and pixels let in
    "MAX_IMAGE_PIXELS": 52_000_000,
    "MAX_IMAGE_BYTES": 40 * 1024 * 1024,
    # -- pictures made
    "DISPLAY_SIZE": (1600, 1600),
    "FORMAT": "jpeg",
    "QUALITY": 90,
    # Signed Content Credentials (C2PA) in every file: None; "self-signed"; or {"certificate": path, "key": path,
    # "algorithm": "es256", "time_authority": url or None}. Needs the extra c2pa.
    "C2PA": None,
    # Which network or method finds the product: "own", or {"rembg": {"model": name, "path": file or None}}.
    "MATTING": "own",
    # A large diffusion model that paints backdrops: None, or {"model": folder or name, "steps": 30, "guidance": 7.0,
    # "side": 1024, "avoid": words, "dtype": "auto"}. Needs the extra diffusion.
    "DIFFUSION": None,
    # The channels whose rules every display picture is measured against.
    "CHANNELS": ["web"],
    # Widths and formats of the renditions made at approval, for <picture>.
    "RENDITION_WIDTHS": [320, 640, 1200],
    "RENDITION_FORMATS": ["avif", "webp", "jpeg"],
    # What {% personalized_image product size="…" %} may name: the largest width in CSS pixels.
    "SIZES": {"thumb": 160, "card": 320, "large": 640, "zoom": 1200},
    # True: a published picture is put before the product's other images, so that Oscar's own lists show it as well.
    "PUBLISH_FIRST": False,
    # -- personalisation
    # request -> bool, dotted path; None: nobody has consented, everybody gets the non-personal choice.
    "CONSENT": None,
    # Objects that know what a visitor has liked (dotted paths of TasteSource classes).
    "TASTE_SOURCES": ["prodgen_django.contrib.oscar.taste.OscarTaste"],
    "TASTE_HALF_LIFE_DAYS": 30,
    "TASTE_RETENTION_DAYS": 365,
    # How the learnt policy chooses: "thompson", "ucb" (LinUCB) or "greedy" (the posterior mean; no exploration).
    "POLICY_MODE": "thompson",
    # Share of choices made uniformly, so that every other policy can be judged on the log.
    "POLICY_EXPLORE": 0.01,
    # How long an exposure may wait for its click before it is learnt from.
    "LEARN_AFTER_SECONDS": 3600,
    # What a visitor has been shown of a product stays for so long.
    "STABLE_DAYS": 7,
    # Share of visitors who are shown pictures at random, so that it is known whether choosing helps.
    "HOLDOUT": 0.1,
    # "page": pages are made for their visitor; "script": they come out of a shared cache, and a script asks.
    "CHOOSE_IN": "page",
    # Where events wait for the database: a folder, redis://…, or the path of a class; None: a folder of this machine.
    "EVENT_BUFFER": None,
    # Most reports of one visitor in a minute; ten times as many of one address.
    "EVENT_RATE": 120,
    # Proxies whose X-Forwarded-For is believed, as addresses or networks.
    "TRUSTED_PROXIES": ["127.0.0.0/8", "::1", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"],
    # Most showings of one address in a day that are counted and learnt from; and of one product within STABLE_DAYS.
    "ADDRESS_SHOWINGS": 1000,
    "ADDRESS_PRODUCT_SHOWINGS": 5,
    "EVENT_RETENTION_DAYS": 180,
    # A basket or an order is put down to what was shown within so many days before.
    "ATTRIBUTION_DAYS": 30,
}


def product_model() -> str:
    """The shop's product model as ``app_label.Model``.

    A setting of its own, beside ``PRODGEN``, because the migrations read it once, as they do ``AUTH_USER_MODEL``.
    """
    return getattr(django_settings, "PRODGEN_PRODUCT_MODEL", "catalogue.Product")


class Settings:
    """Attribute access to ``PRODGEN`` with defaults."""

    def __getattr__(self, name: str) -> Any:
        if name not in DEFAULTS:
            raise AttributeError(f"PRODGEN has no key {name!r}")
        return getattr(django_settings, "PRODGEN", {}).get(name, DEFAULTS[name])

    def imported(self, name: str) -> Any:
        """The value of a key, imported where it is a dotted path."""
        value = getattr(self, name)
        return import_string(value) if isinstance(value, str) else value


settings = Settings()
