"""The example shop: SQLite and an embedded broker by default, everything else by environment variables.

PRODGEN_DEMO_DIR    where database, media, messages and search index are kept (default ``var``)
DATABASE_URL        postgres://user:password@host:port/name, or sqlite:///path
CELERY_BROKER_URL   redis://…, amqp://… (default: folders below PRODGEN_DEMO_DIR, no server at all)
CACHE_URL           redis://… (default: memory of the process)
DJANGO_DEBUG        0 for anything but a demonstration; then set SECRET_KEY and ALLOWED_HOSTS too
"""

from __future__ import annotations

import os
from importlib.util import find_spec
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured
from django.urls import reverse_lazy
from oscar import INSTALLED_APPS as OSCAR_APPS
from oscar.defaults import *  # noqa: F403

from example_shop.addresses import cache_from, database_from
from prodgen_django.broker import celery_settings

BASE_DIR = Path(__file__).resolve().parent.parent
DEMO_DIR = Path(os.environ.get("PRODGEN_DEMO_DIR") or BASE_DIR / "var")
for _name in ("media", "search"):
    (DEMO_DIR / _name).mkdir(parents=True, exist_ok=True)

DEBUG = os.environ.get("DJANGO_DEBUG", "1") not in ("", "0", "false", "no")
SECRET_KEY = os.environ.get(
    "SECRET_KEY", "only-for-the-demonstration-never-for-a-shop-that-sells" if DEBUG else ""
)
if not SECRET_KEY:
    raise ImproperlyConfigured("Set SECRET_KEY when DJANGO_DEBUG is 0.")
ALLOWED_HOSTS = [
    host for host in os.environ.get("ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]").split(",") if host
]

# -- apps: ours last, so that they find Oscar's admin and dashboard ready to be added to

INSTALLED_APPS = [
    "example_shop.apps.ExampleShopConfig",
    # Before staticfiles' own runserver, so that the demonstration serves files as a deployment does.
    "whitenoise.runserver_nostatic",
    *OSCAR_APPS,
    "easy_thumbnails",
    "prodgen_django",
    "prodgen_django.contrib.oscar",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "oscar.apps.basket.middleware.BasketMiddleware",
    "prodgen_django.personalization.middleware.PersonalizationMiddleware",
    "prodgen_django.contrib.oscar.middleware.HistoryCookieMiddleware",
    "django.contrib.flatpages.middleware.FlatpageFallbackMiddleware",
]

ROOT_URLCONF = "example_shop.urls"
WSGI_APPLICATION = "example_shop.wsgi.application"
SITE_ID = 1
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        # Before the apps' own, so that the shop's pages extend Oscar's of the same name.
        "DIRS": [BASE_DIR / "example_shop" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.debug",
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.template.context_processors.i18n",
                "django.contrib.messages.context_processors.messages",
                "oscar.apps.search.context_processors.search_form",
                "oscar.apps.checkout.context_processors.checkout",
                "oscar.apps.communication.notifications.context_processors.notifications",
                "oscar.core.context_processors.metadata",
                "example_shop.context_processors.shop",
            ],
        },
    }
]

# -- where things are kept

DATABASES = {
    "default": database_from(os.environ.get("DATABASE_URL") or f"sqlite:///{DEMO_DIR / 'shop.sqlite3'}")
}
# An order that fails half-way leaves nothing behind, as Oscar advises.
DATABASES["default"]["ATOMIC_REQUESTS"] = True
CACHES = {"default": cache_from(os.environ.get("CACHE_URL", ""))}

MEDIA_ROOT = DEMO_DIR / "media"
MEDIA_URL = "/media/"
STATIC_URL = "/static/"
STATIC_ROOT = DEMO_DIR / "static"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedStaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = DEBUG
WHITENOISE_AUTOREFRESH = DEBUG

HAYSTACK_CONNECTIONS = {
    "default": {
        # Haystack's simple engine would leave Oscar's categories empty.
        "ENGINE": "haystack.backends.whoosh_backend.WhooshEngine",
        "PATH": str(DEMO_DIR / "search"),
        "INCLUDE_SPELLING": True,
    }
}

# -- people

AUTHENTICATION_BACKENDS = [
    "oscar.apps.customer.auth_backends.EmailBackend",
    "django.contrib.auth.backends.ModelBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 9}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = reverse_lazy("customer:login")
LOGIN_REDIRECT_URL = reverse_lazy("home")
EMAIL_BACKEND = (
    "django.core.mail.backends.console.EmailBackend"
    if DEBUG
    else ("django.core.mail.backends.smtp.EmailBackend")
)

LANGUAGE_CODE = "en-gb"
LANGUAGES = [("en-gb", "English")]
TIME_ZONE = "UTC"
USE_TZ = True

# -- safety

X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_SAMESITE = "Lax"
if not DEBUG:
    SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = True
    OSCAR_BASKET_COOKIE_SECURE = OSCAR_RECENTLY_VIEWED_COOKIE_SECURE = True
    SECURE_SSL_REDIRECT = os.environ.get("SECURE_SSL_REDIRECT", "1") == "1"
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_HSTS_SECONDS = int(os.environ.get("SECURE_HSTS_SECONDS", 60 * 60 * 24 * 30))
    SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = True
    CSRF_TRUSTED_ORIGINS = [f"https://{host}" for host in ALLOWED_HOSTS if host != "*"]

# -- Oscar

OSCAR_SHOP_NAME = "Alder & Loom"
OSCAR_SHOP_TAGLINE = "Things for a quiet home"
OSCAR_HOMEPAGE = reverse_lazy("home")
OSCAR_DEFAULT_CURRENCY = "GBP"
OSCAR_FROM_EMAIL = "hello@alder-and-loom.example"
OSCAR_THUMBNAILER = "prodgen_django.contrib.oscar.thumbnails.MarkedThumbnails"
OSCAR_DELETE_IMAGE_FILES = True
OSCAR_ALLOW_ANON_CHECKOUT = True
OSCAR_PRODUCTS_PER_PAGE = 24
OSCAR_INITIAL_ORDER_STATUS = "Pending"
OSCAR_INITIAL_LINE_STATUS = "Pending"
OSCAR_ORDER_STATUS_PIPELINE = {
    "Pending": ("Being packed", "Cancelled"),
    "Being packed": ("Sent", "Cancelled"),
    "Sent": (),
    "Cancelled": (),
}
# Stars without a single review say nothing, and cost a query a card.
OSCAR_HIDDEN_FEATURES = ["reviews"]
THUMBNAIL_DEBUG = False
THUMBNAIL_QUALITY = 88

# -- the image studio

PRODGEN = {
    # Nobody is profiled who has not said yes on the shop's banner.
    "CONSENT": "example_shop.consent.has_consented",
    # A folder of the demonstration's own, so that nothing is written outside of it.
    "WORK_DIR": str(DEMO_DIR / "work"),
    # Signed by a key of the demonstration's own, which no viewer trusts: a shop sets its own.
    "C2PA": "self-signed" if find_spec("c2pa") else None,
}

# -- Celery: folders instead of a server, until CELERY_BROKER_URL says otherwise

globals().update(celery_settings(os.environ.get("CELERY_BROKER_URL"), folder=DEMO_DIR))
CELERY_TASK_SOFT_TIME_LIMIT, CELERY_TASK_TIME_LIMIT = 540, 600

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"format": "{asctime} {levelname:<7} {name}: {message}", "style": "{"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "plain"}},
    "root": {"handlers": ["console"], "level": "WARNING"},
    "loggers": {"prodgen_django": {"level": "INFO"}},
}
