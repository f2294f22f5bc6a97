"""The one settings dict, ``PRODGEN``: every key with its kind, default and meaning.

``from prodgen_django.conf import settings`` then ``settings.LEASE_SECONDS``. The dict is read and judged once; a key
whose value is wrong raises ImproperlyConfigured where it is used, and `faults` lists all for the system checks. The
tables of docs/reference/settings.md are made from this file: ``python -m tests.conf.reference``.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings as django_settings
from django.core.signals import setting_changed
from django.dispatch import receiver

from prodgen_django.schema import (
    DictOf,
    Dotted,
    Either,
    Folder,
    Key,
    ListOf,
    Network,
    Nothing,
    Number,
    OneOf,
    Reader,
    StorageName,
    Switch,
    Text,
    Whole,
)
from prodgen_django.schema.records import C2PA, DIFFUSION, MATTING

#: Formats of pictures, as `imagefile` names them (a test compares).
FORMATS = OneOf("jpeg", "png", "webp", "avif")

# A year and a century: what is longer is never meant, and dates do not reach so far.
YEAR, CENTURY = 31_536_000, 36_500
SECONDS, DAYS, SHARE = Number(0, YEAR, above=True), Number(0, CENTURY, above=True), Number(0, 1)
# What a database's whole numbers hold.
MANY = 2_147_483_647
PIXELS = Whole(16, 16_383)


class Shop:
    """The shop"""

    CATALOG = Key(
        Dotted("prodgen_django.catalog.Catalog"),
        "prodgen_django.contrib.oscar.catalog.OscarCatalog",
        "How products are read and pictures put back.",
    )
    STORAGE = Key(StorageName(), "default", "Where pictures and models are kept.")
    STORAGE_PREFIX = Key(
        Text(
            r"(?!.*\.\.)(?!\s)[^/\\\x00-\x1f\x7f\ud800-\udfff][^\\\x00-\x1f\x7f\ud800-\udfff]*(?<![/\s])",
            "a folder's name, without / before or after",
        ),
        "prodgen",
        "Folder inside that storage, of this shop's database alone: files in it that no row names are deleted after a "
        "day.",
    )
    RECIPES = Key(
        DictOf(Dotted("prodgen_django.recipes.Recipe"), "kind"), {}, "Kinds of job beside the built-in ones."
    )
    MAX_PRODUCTS = Key(Whole(1, MANY), 10_000, "Most products one job takes.")


class Workers:
    """Workers"""

    DEVICE = Key(
        Text(
            r"auto|(cpu|cuda|mps|xpu)(:\d+)?",
            "'auto', 'cpu', 'cuda', 'mps', 'xpu' or one of several, as 'cuda:1'",
        ),
        "auto",
        "Torch device of generators, diffusion and stitching. Without a GPU, OpenCV stitches on the CPU; what a GPU's "
        "memory does not hold is stitched there too.",
    )
    LEASE_SECONDS = Key(
        SECONDS, 60, "After so long without a heartbeat a worker's items are given to another."
    )
    HEARTBEAT_SECONDS = Key(
        SECONDS, 15, "How often a working worker extends its lease. At most half of the lease."
    )
    MAX_ATTEMPTS = Key(
        Whole(1, 1000), 3, "An item that has cost so many attempts fails, with the reason in words."
    )
    BATCH_SIZE = Key(Whole(1, 10_000), 8, "Most items claimed together, where the recipe does not say.")
    SWEEP_SECONDS = Key(
        Number(0, YEAR),
        60,
        "How often each worker looks for what was left lying; 0: only beat or the command does.",
    )
    RETRY_SECONDS = Key(
        Number(0, YEAR), 10, "How long an item waits after an error before it is tried again."
    )
    REPUBLISH_SECONDS = Key(SECONDS, 120, "A wake-up that has waited longer is published again.")
    TASK_SOFT_TIME_LIMIT = Key(SECONDS, 540, "Seconds after which a batch is stopped and says so.")
    TASK_TIME_LIMIT = Key(SECONDS, 600, "Seconds after which a batch that did not hear that is killed.")
    TRAIN_SLICE_SECONDS = Key(
        SECONDS,
        300,
        "Training works in slices of this length, so that no message outlives a broker's patience.",
    )
    WORK_DIR = Key(
        Either(Nothing(), Folder()),
        None,
        "Folder on the worker's machine for unfinished training and fetched models; `None`: the user's cache folder.",
    )


class Pictures:
    """Pictures"""

    MAX_IMAGE_PIXELS = Key(
        Whole(1, MANY),
        52_000_000,
        "Larger photos are refused before they are decoded. Phones of 50 megapixels write up to 51.4.",
    )
    MAX_IMAGE_BYTES = Key(Whole(1, MANY), 40 * 1024 * 1024, "Larger files are refused.")
    DISPLAY_SIZE = Key(
        ListOf(Whole(64, 16_383), length=2),
        (1600, 1600),
        "Size offered first for display pictures, in pixels.",
    )
    FORMAT = Key(FORMATS, "jpeg", "Format of pictures where a job does not say.")
    QUALITY = Key(Whole(1, 100), 90, "Of JPEG and WebP.")
    CHANNELS = Key(
        ListOf(OneOf(at="prodgen_django.studio.channels.CHANNELS")),
        ["web"],
        "Channels whose rules each display picture is measured against. A hard rule of the first, the shop's own "
        "pages, that is broken stands against publishing.",
    )
    MATTING = Key(
        Either(OneOf("own"), MATTING), "own", "What finds the product. Our inspector judges either."
    )
    DIFFUSION = Key(
        Either(Nothing(), DIFFUSION),
        None,
        "A large diffusion model that paints what surrounds the product (extra `diffusion`). With it display pictures "
        "offer the backdrop `diffusion` and the option `scene_words`.",
    )
    C2PA = Key(
        Either(Nothing(), OneOf("self-signed"), C2PA),
        None,
        "Signed Content Credentials in every file (extra `c2pa`), about 3.4 kB each: the shop's own certificate, or "
        '`"self-signed"`, a key that each machine makes for itself, for trying out.',
    )
    RENDITION_WIDTHS = Key(ListOf(PIXELS), [320, 640, 1200], "Widths made at approval.")
    RENDITION_FORMATS = Key(ListOf(FORMATS), ["avif", "webp", "jpeg"], "Formats made at approval.")
    SIZES = Key(
        DictOf(Whole(1, MANY)),
        {"thumb": 160, "card": 320, "large": 640, "zoom": 1200},
        "What `size=` in a tag may name: the largest width in CSS pixels.",
    )
    PUBLISH_FIRST = Key(
        Switch(),
        False,
        "Whether a published picture comes before the shop's own photos, in Oscar's lists too.",
    )


class Personalisation:
    """Personalisation"""

    CONSENT = Key(
        Either(Nothing(), Dotted(what="a function `request -> bool`")),
        None,
        "Whether a visitor has agreed. `None`: nobody has, everybody gets the non-personal choice.",
    )
    TASTE_SOURCES = Key(
        ListOf(Dotted("prodgen_django.personalization.TasteSource")),
        ["prodgen_django.contrib.oscar.taste.OscarTaste"],
        "What knows what a visitor has liked.",
    )
    TASTE_HALF_LIFE_DAYS = Key(DAYS, 30, "After so long a sign of taste counts half.")
    TASTE_RETENTION_DAYS = Key(
        DAYS,
        365,
        "Older profiles are erased; a stored consent that was not confirmed for so long no longer counts.",
    )
    STABLE_DAYS = Key(Whole(1, CENTURY), 7, "What a visitor has been shown of a product stays for so long.")
    HOLDOUT = Key(
        SHARE,
        0.1,
        "Share of consenting visitors who are shown any of the pictures, each as often as the others: without it "
        "nobody can say what choosing is worth.",
    )
    CHOOSE_IN = Key(
        OneOf("page", "script"),
        "page",
        '`"script"`: pages come out of a shared cache, and a script asks for the choices.',
    )
    EVENT_BUFFER = Key(
        Either(
            Nothing(),
            Text(r"(rediss?|unix)://\S+", "an address redis://…"),
            Dotted(what="a buffer's class"),
            Folder(),
        ),
        None,
        "Where events wait for the database. `None`: a folder of this machine.",
    )
    EVENT_RATE = Key(
        Whole(1, MANY),
        120,
        "Most reports of one visitor in a minute; ten times as many of one public address.",
    )
    TRUSTED_PROXIES = Key(
        ListOf(Network()),
        ["127.0.0.0/8", "::1", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"],
        "Addresses or networks of the proxies whose `X-Forwarded-For` is believed: the visitor is the last address in "
        "it that is none of these.",
    )
    ADDRESS_SHOWINGS = Key(
        Whole(1, MANY), 1000, "Most showings of one address (of IPv6: one /64) in a day that are counted."
    )
    ADDRESS_PRODUCT_SHOWINGS = Key(
        Whole(1, MANY),
        5,
        "Most showings of one product to visitors of one address within `STABLE_DAYS` that are counted.",
    )
    EVENT_RETENTION_DAYS = Key(DAYS, 180, "Older exposures are erased.")
    ATTRIBUTION_DAYS = Key(
        DAYS, 30, "A basket or an order is put down to what was shown within so many days before."
    )
    POLICY_EXPLORE = Key(
        SHARE, 0.01, "Share of choices made uniformly, so that any other policy can be judged on the log."
    )
    LEARN_AFTER_SECONDS = Key(
        Number(0, YEAR), 3600, "How long an exposure may wait for its click before it is learnt from."
    )


GROUPS = (Shop, Workers, Pictures, Personalisation)
#: Every key by name, in the reference's order.
KEYS: dict[str, Key[Any]] = {
    name: key for group in GROUPS for name, key in vars(group).items() if isinstance(key, Key)
}
#: What the job machine needs in every job, whatever its recipe reads.
MACHINE = tuple(name for name in KEYS if name in vars(Workers))


class Settings(Reader, Shop, Workers, Pictures, Personalisation):
    """``PRODGEN`` as attributes, defaults filled in."""


def product_model() -> str:
    """The shop's product model as ``app_label.Model``.

    A setting of its own, beside ``PRODGEN``, because the migrations read it once, as they do ``AUTH_USER_MODEL``.
    """
    return getattr(django_settings, "PRODGEN_PRODUCT_MODEL", "catalogue.Product")


settings = Settings(KEYS)


@receiver(setting_changed, dispatch_uid="prodgen-settings")
def _forget_settings(*, setting: str, **_kwargs: Any) -> None:
    if setting in ("PRODGEN", "STORAGES"):
        settings.reread()
