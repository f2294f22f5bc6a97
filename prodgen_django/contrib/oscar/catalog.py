"""Oscar's products and photographs behind our catalog protocol."""

from __future__ import annotations

import posixpath
from contextlib import suppress
from functools import lru_cache
from math import inf
from typing import IO, TYPE_CHECKING, Any

from django.apps import apps
from django.core.checks import Error
from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import F, Max, Min, prefetch_related_objects
from django.utils.text import slugify
from django.utils.translation import gettext as _

from prodgen_django.catalog import Catalog, CatalogError, Category, Photo, product_key
from prodgen_django.conf import settings
from prodgen_django.contrib.oscar.promotions import OscarPromotions
from prodgen_django.keys import key_of
from prodgen_django.storage import DamagedFile, read_picture, save_bytes

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from django.core.checks import CheckMessage
    from django.db.models import QuerySet

    from prodgen_django.models import GeneratedImage

#: How the `code` of a product image starts that is a copy of one of our pictures.
CODE_PREFIX = "prodgen-"
#: How a reference to a product image starts, ours or the shop's.
REF_PREFIX = "productimage:"


#: Attributes that say how large a product is, in centimetres.
SIZE_CODES = ("height_cm", "width_cm", "length_cm", "depth_cm", "diameter_cm")


class OscarCatalog(OscarPromotions, Catalog):
    """Reads a product's images, and publishes a picture as one more of them."""

    @property
    def image_model(self) -> Any:
        return apps.get_model("catalogue", "ProductImage")

    def check(self) -> list[CheckMessage]:
        try:
            pictured = self.image_model._meta.get_field("product").related_model
        except LookupError:
            pictured = None
        if pictured is not None and issubclass(self.model, pictured):
            return []
        return [
            Error(
                f"PRODGEN['CATALOG'] reads Oscar's products, but this shop's are {self.model._meta.label}.",
                hint="Write a catalog class for them and name it in PRODGEN['CATALOG']: docs/how-to/without-oscar.md.",
                id="prodgen_django.E020",
            )
        ]

    def find(self, word: str) -> Any | None:
        """As of any catalog, with a query for each; a code is a UPC or a partner's SKU."""
        if not word or "\0" in word:
            return None
        key, products = product_key(word), self.products()
        names: list[tuple[str, Any]] = [] if key is None else [("pk", key)]
        names += [("upc", word), ("stockrecords__partner_sku", word), ("title", word)]
        for name, value in names:
            if (found := products.filter(**{name: value}).order_by("pk").first()) is not None:
                return found
        return None

    def title(self, product: Any) -> str:
        return str(product.get_title())

    def prepare(self, products: Sequence[Any]) -> None:
        prefetch_related_objects(products, "parent__categories", "categories")

    def code(self, product: Any) -> str:
        return product.upc or ""

    def height_cm(self, product: Any) -> float | None:
        """The product's attribute ``height_cm``, a number or a text that is one."""
        return _number(getattr(product.attr, "height_cm", None))

    def category(self, product: Any) -> str:
        owner = product.parent if product.is_child else product
        first = next(iter(owner.categories.all()), None)
        return str(first.name) if first else ""

    def categories(self, product: Any) -> Sequence[Category]:
        return self.categories_for([product])[product.pk]

    def categories_for(self, products: Sequence[Any]) -> dict[Any, Sequence[Category]]:
        """As `categories`, with one query for the categories above those of any number of products."""
        prefetch_related_objects(products, "parent__categories", "categories")
        own = {
            product.pk: list((product.parent if product.is_child else product).categories.all())
            for product in products
        }
        paths = {
            category.path[: category.steplen * depth]
            for categories in own.values()
            for category in categories
            for depth in range(1, category.depth + 1)
        }
        model = apps.get_model("catalogue", "Category")
        known = {
            row.path: Category(str(row.pk), str(row.name)) for row in model.objects.filter(path__in=paths)
        }
        found: dict[Any, Sequence[Category]] = {}
        for pk, categories in own.items():
            upwards = [
                category.path[: category.steplen * depth]
                for category in categories
                for depth in range(category.depth, 0, -1)
            ]
            found[pk] = [known[path] for path in dict.fromkeys(upwards) if path in known]
        return found

    def longest_cm(self, product: Any) -> float | None:
        return self.longest_cm_for([product])[product.pk]

    def longest_cm_for(self, products: Sequence[Any]) -> dict[Any, float | None]:
        """The largest of the product's attributes of `SIZE_CODES`, its parent's where it has none; with one query."""
        owners = {product.pk for product in products} | {p.parent_id for p in products if p.parent_id}
        model = apps.get_model("catalogue", "ProductAttributeValue")
        sizes: dict[Any, float] = {}
        for part in _parts(sorted(owners), 1000):
            rows = model.objects.filter(product_id__in=part, attribute__code__in=SIZE_CODES)
            for pk, *values in rows.values_list("product_id", "value_float", "value_integer", "value_text"):
                for value in values:
                    if (size := _number(value)) is not None:
                        sizes[pk] = max(size, sizes.get(pk, 0.0))
        return {product.pk: sizes.get(product.pk, sizes.get(product.parent_id)) for product in products}

    def url(self, product: Any) -> str:
        return str(product.get_absolute_url())

    # -- the shop's own photographs

    def photos(self, product: Any) -> Sequence[Photo]:
        own = _photos(product.images.all())
        if not own and product.is_child and product.parent_id:
            own = _photos(product.parent.images.all())
        return own

    def photos_for(self, products: Sequence[Any]) -> dict[Any, Sequence[Photo]]:
        """As `photos`, for any number of products with one query for every thousand."""
        owners = {product.pk for product in products}
        owners |= {product.parent_id for product in products if product.parent_id}
        found: dict[Any, list[Any]] = {}
        for part in _parts(sorted(owners), 1000):
            for image in self.image_model.objects.filter(product_id__in=part).order_by("display_order", "pk"):
                found.setdefault(image.product_id, []).append(image)
        photos = {pk: _photos(images) for pk, images in found.items()}
        return {
            product.pk: photos.get(product.pk)
            or (photos.get(product.parent_id, []) if product.is_child else [])
            for product in products
        }

    def open_photo(self, ref: str) -> IO[bytes]:
        image = self._image(ref)
        if image is None or not image.original:
            raise CatalogError(_("The photo is no longer in the shop."))
        try:
            # Through the storage and never by path: an object store has none.
            return image.original.storage.open(image.original.name, "rb")
        except (OSError, ValueError) as error:
            raise CatalogError(
                _("The file of photo “%s” cannot be read.") % posixpath.basename(image.original.name)
            ) from error

    def photo_url(self, ref: str) -> str:
        image = self._image(ref)
        return str(image.original.url) if image is not None and image.original else ""

    def photo_urls(self, refs: Collection[str]) -> dict[str, str]:
        """As `photo_url`, for any number of photos with one query for every thousand."""
        named = {
            ref: key_of(self.image_model, ref.partition(":")[2]) for ref in refs if ref.startswith(REF_PREFIX)
        }
        keys = {ref: key for ref, key in named.items() if key is not None}
        found: dict[Any, str] = {}
        for part in _parts(sorted(set(keys.values())), 1000):
            for image in self.image_model.objects.filter(pk__in=part).only("original"):
                found[image.pk] = str(image.original.url) if image.original else ""
        return {ref: found.get(keys.get(ref), "") for ref in refs}

    def _image(self, ref: str) -> Any:
        prefix, _colon, pk = ref.partition(":")
        key = key_of(self.image_model, pk) if f"{prefix}:" == REF_PREFIX else None
        return None if key is None else self.image_model.objects.filter(pk=key).first()

    # -- what stands in the shop where nothing of ours is published

    own_picture_columns = ("product_id", "original", "caption", "display_order")

    def own_pictures(self, product_ids: Collection[Any]) -> QuerySet[Any]:
        return self.image_model.objects.filter(product_id__in=product_ids)

    def own_picture_url(self, name: str) -> str:
        return str(self.image_model._meta.get_field("original").storage.url(name))

    def missing_picture_url(self) -> str:
        return _missing_picture_url()

    # -- publishing

    def publish(self, image: GeneratedImage, *, first: bool | None = None) -> str:
        """Add a copy of the picture's file to its product's images and return its reference.

        `first` puts it before all others, so that it is what Oscar itself shows in lists; None takes
        ``PRODGEN["PUBLISH_FIRST"]``. The bytes are copied and the file is never shared: with
        ``OSCAR_DELETE_IMAGE_FILES`` Oscar deletes the file together with the row.
        Raises CatalogError where there is no product, the file is gone or damaged, or the storage takes no copy.
        """
        if image.product_id is None:
            raise CatalogError(_("The picture belongs to no product, so there is nowhere to publish it."))
        code = f"{CODE_PREFIX}{image.uuid}"
        first = settings.PUBLISH_FIRST if first is None else first
        with transaction.atomic():
            owner = self._lock_owner(image.product_id)
            images = self.image_model.objects.filter(product=owner).order_by()
            there = self.image_model.objects.filter(code=code).first()
            if there is not None:
                return f"{REF_PREFIX}{there.pk}"
            row = self.image_model(product=owner, code=code, caption=self._caption(image, owner))
            if first:
                images.update(display_order=F("display_order") + 1)
                row.display_order = 0
            else:
                last = images.aggregate(last=Max("display_order"))["last"]
                row.display_order = 0 if last is None else last + 1
            self._copy(image, row)
            try:
                with transaction.atomic():
                    row.save()
            except Exception:
                # No row points at the copy: leave no orphan behind.
                with suppress(Exception):  # what is told is why the row was not written
                    row.original.storage.delete(row.original.name)
                raise
        return f"{REF_PREFIX}{row.pk}"

    def _copy(self, image: GeneratedImage, row: Any) -> None:
        """Write the picture's bytes where the shop keeps its own, and let the row name them."""
        field = self.image_model._meta.get_field("original")
        name = field.generate_filename(row, self._file_name(image, row.product))
        try:
            # The name is this picture's alone: what lies there was left by a worker that died before its row stood.
            if field.storage.exists(name) and not self.image_model.objects.filter(original=name).exists():
                field.storage.delete(name)
            row.original = save_bytes(field.storage, name, read_picture(image), field.max_length)
        except DamagedFile as error:
            raise CatalogError(error.message) from error
        except OSError as error:
            message = _("The picture could not be copied to the shop's images (%(why)s); try again later.")
            raise CatalogError(message % {"why": error}) from error

    def withdraw(self, reference: str) -> None:
        """Take our copy away again; the other images keep, or get back, the places they had."""
        with transaction.atomic():
            row = self._image(reference)
            # A reference to one of the shop's own photographs is never followed to a delete.
            if row is None or not (row.code or "").startswith(CODE_PREFIX):
                return
            self._lock_owner(row.product_id)
            storage, name = row.original.storage, row.original.name
            # Not row.delete(): Oscar renumbers the other images there, whatever places they had.
            self.image_model.objects.filter(pk=row.pk).delete()
            others = self.image_model.objects.filter(product_id=row.product_id).order_by()
            first = others.aggregate(first=Min("display_order"))["first"]
            if row.display_order == 0 and first:
                others.update(display_order=F("display_order") - 1)
            # The picture is out of the shop, whatever the storage says to that.
            transaction.on_commit(lambda: storage.delete(name), robust=True)

    def _lock_owner(self, product_id: Any) -> Any:
        """The product whose images ours joins, locked, so that two publishers do not take the same place."""
        model: Any = self.model
        product = model._default_manager.select_for_update().filter(pk=product_id).first()
        if product is None:
            raise CatalogError(_("The product is no longer in the shop."))
        if product.is_child and product.parent_id and not product.images.exists():
            # A variant without images of its own shows its parent's; one image of its own would hide them
            # all.
            product = model._default_manager.select_for_update().get(pk=product.parent_id)
        return product

    @staticmethod
    def _caption(image: GeneratedImage, product: Any) -> str:
        return (image.title or str(product.get_title()))[:200]

    @staticmethod
    def _file_name(image: GeneratedImage, product: Any) -> str:
        extension = posixpath.splitext(str(image.file.name))[1] or ".jpg"
        return f"{slugify(product.get_title())[:60] or 'product'}-{image.uuid.hex[:8]}{extension}"


def _photos(images: Iterable[Any]) -> list[Photo]:
    """The shop's own, in display order. Filtered here and not in SQL, so that prefetched images serve."""
    own = [i for i in images if i.original and not (i.code or "").startswith(CODE_PREFIX)]
    own.sort(key=lambda i: (i.display_order, i.pk))
    return [
        Photo(f"{REF_PREFIX}{i.pk}", name=posixpath.basename(i.original.name), caption=i.caption) for i in own
    ]


def _parts(keys: list[Any], size: int) -> Iterable[list[Any]]:
    for start in range(0, len(keys), size):
        yield keys[start : start + size]


@lru_cache(maxsize=1)
def _missing_picture_url() -> str:
    # Asked once a process: Oscar links its placeholder into MEDIA_ROOT when this object is made.
    from oscar.apps.catalogue.abstract_models import MissingProductImage

    return str(default_storage.url(MissingProductImage().name))


def _number(value: Any) -> float | None:
    """A positive number, or a text that is one."""
    try:
        number = float(value or 0)
    except (TypeError, ValueError):
        return None
    return number if 0 < number < inf else None
