"""The catalog protocol: the only way in which the app touches a shop's products.

A shop on Oscar uses ``prodgen_django.contrib.oscar``; any other shop writes one subclass and names it in
``PRODGEN["CATALOG"]``.
"""

from __future__ import annotations

import abc
from dataclasses import dataclass
from functools import lru_cache
from typing import IO, TYPE_CHECKING, Any

from django.apps import apps
from django.db.models import Q

from prodgen_django.campaigns.terms import Price, Promotion, format_price
from prodgen_django.conf import product_model, settings

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from django.core.checks import CheckMessage
    from django.db.models import Model, QuerySet

    from prodgen_django.models import GeneratedImage


class CatalogError(Exception):
    """A product or photo cannot be had; the message is for the shop admin."""


@dataclass(frozen=True)
class Photo:
    """One of the shop's own photographs of a product.

    ``ref`` is a stable string by which ``open_photo`` finds the bytes again, also in another process and after the
    product's photos were reordered.
    """

    ref: str
    name: str = ""
    caption: str = ""


@dataclass(frozen=True)
class Category:
    """A category of the shop: ``key`` is stable, ``name`` is for people."""

    key: str
    name: str


class Catalog(abc.ABC):
    """Reads products and photographs, and puts approved pictures back."""

    @property
    def model(self) -> type[Model]:
        return apps.get_model(product_model())

    def check(self) -> Sequence[CheckMessage]:
        """For ``manage.py check``: what stands against this catalog in this shop."""
        return ()

    def products(self) -> QuerySet[Any]:
        """The products that pictures can be made for."""
        return self.model._default_manager.all()

    def find(self, word: str) -> Any | None:
        """The product that has this key, this `code` or exactly this `title`, tried in that order; else None.

        Commands find products by it. It looks at all products one by one: override it where the database can tell.
        """
        from prodgen_django.catalog.keys import product_key

        key = product_key(word)
        found = None if key is None else self.products().filter(pk=key).first()
        if found is None and word:  # of no code there are many
            for product in self.products().iterator():
                if self.code(product) == word:
                    return product
                if found is None and self.title(product) == word:
                    found = product
        return found

    @abc.abstractmethod
    def title(self, product: Any) -> str:
        """The name a person knows the product by."""

    def prepare(self, products: Sequence[Any]) -> None:  # noqa: B027  (most shops need none)
        """Fetch at once what `title`, `category` and `photos` will read of each of these; override it to save
        queries.
        """

    def code(self, product: Any) -> str:
        """The product's own number (UPC, SKU), by which exported files are named and commands find it, or ``""``."""
        return ""

    def category(self, product: Any) -> str:
        """The name of the product's main category, or ``""``."""
        return ""

    def categories(self, product: Any) -> Sequence[Category]:
        """The product's categories, the nearest first and the widest last: what the shop says of one of them holds for
        the product where nothing nearer is said.
        """
        name = self.category(product)
        return [Category(name, name)] if name else []

    def categories_for(self, products: Sequence[Any]) -> dict[Any, Sequence[Category]]:
        """`categories` of many products by key; override it to save queries."""
        return {product.pk: self.categories(product) for product in products}

    def longest_cm(self, product: Any) -> float | None:
        """The longer side of the product as its photos show it, in centimetres; None where the shop does not say."""
        return None

    def longest_cm_for(self, products: Sequence[Any]) -> dict[Any, float | None]:
        """`longest_cm` of many products by key; override it to save queries."""
        return {product.pk: self.longest_cm(product) for product in products}

    def height_cm(self, product: Any) -> float | None:
        """How tall the product is as its photos show it, in centimetres; None where the shop does not say.

        Layouts of products that all say so show them as large beside each other as they are.
        """
        return None

    def url(self, product: Any) -> str:
        """The product's page in the shop, or ``""``."""
        return ""

    @abc.abstractmethod
    def photos(self, product: Any) -> Sequence[Photo]:
        """The shop's own photographs in display order; never pictures that we made."""

    def photos_for(self, products: Sequence[Any]) -> dict[Any, Sequence[Photo]]:
        """``{product.pk: photos}`` for many products; override it to save queries."""
        return {product.pk: self.photos(product) for product in products}

    @abc.abstractmethod
    def open_photo(self, ref: str) -> IO[bytes]:
        """The photo's bytes, opened for reading. Raises CatalogError where it is gone."""

    def photo_url(self, ref: str) -> str:
        """Where a browser finds the photo, for the admin's pages; ``""`` where there is no such address."""
        return ""

    def photo_urls(self, refs: Collection[str]) -> dict[str, str]:
        """`photo_url` of many photos by reference; override it to save queries."""
        return {ref: self.photo_url(ref) for ref in refs}

    @abc.abstractmethod
    def publish(self, image: GeneratedImage) -> str:
        """Copy an approved picture to the product's own and return a reference to it.

        Must be idempotent (the same picture published twice is there once) and must copy the bytes: a shop may delete
        a file together with its row.
        """

    @abc.abstractmethod
    def withdraw(self, reference: str) -> None:
        """Take a published picture back; one that is already gone is no error."""

    # -- what a campaign says

    def price(self, product: Any) -> Price | None:
        """What a customer pays for one piece; None where it has no price."""
        return None

    def format_price(self, price: Price, language: str) -> str:
        """A price as the shop's pages write it in a language."""
        return format_price(price, language)

    def promotion(self, source: str) -> Promotion | None:
        """The promotion that ``Campaign.source`` names; None where there is none of that name (any more)."""
        return None

    def running_promotions(self) -> Q:
        """A condition on ``Campaign``: it advertises no promotion, or one that runs at this moment.

        It becomes part of a page's query, so that a picture disappears together with its promotion.
        """
        return Q(source="")

    # -- what a page shows where nothing of ours is published

    #: The columns of `own_pictures` that hold the product's key, the file's name, the caption and the place.
    own_picture_columns: tuple[str, str, str, str] = ("product_id", "file", "caption", "position")

    def own_pictures(self, product_ids: Collection[Any]) -> QuerySet[Any] | None:
        """The shop's own pictures of these products, unevaluated: a page reads them with one query.

        None where pictures are no rows of their own.
        """
        return None

    def own_picture_url(self, name: str) -> str:
        """Where a browser finds a file that `own_pictures` named."""
        return ""

    def missing_picture_url(self) -> str:
        """The shop's placeholder, or ``""`` where it shows none."""
        return ""


@lru_cache(maxsize=8)
def _catalog(path: Any) -> Catalog:
    return settings.imported("CATALOG")()


def get_catalog() -> Catalog:
    """The shop's catalog, one instance a process. Raises ImproperlyConfigured where the setting names none."""
    return _catalog(settings.CATALOG)
