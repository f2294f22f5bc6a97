"""A picture goes into Oscar as a copy, once, in its place, and can be taken back as if it had never been
there."""

from __future__ import annotations

import hashlib
import uuid
from pathlib import Path

import numpy as np
import pytest
from django.contrib import admin
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage
from django.db import connection
from django.test.utils import CaptureQueriesContext
from oscar.core.loading import get_class, get_model
from oscar.core.thumbnails import EasyThumbnails
from oscar.test.factories import create_product

from prodgen_django import signals
from prodgen_django.catalog import CatalogError
from prodgen_django.contrib.oscar.catalog import OscarCatalog
from prodgen_django.contrib.oscar.thumbnails import MarkedThumbnails
from prodgen_django.imagefile import encode_image, read_source_type
from prodgen_django.models import GeneratedImage
from prodgen_django.pictures import review
from prodgen_django.storage import save_content

pytestmark = pytest.mark.django_db
Image = get_model("catalogue", "ProductImage")
catalog = OscarCatalog()


def bytes_of(source_type="compositeCapture", fmt="jpeg"):
    return encode_image(np.full((60, 80, 3), 200, np.uint8), format=fmt, source_type=source_type)


def picture_of(product):
    data = bytes_of()
    return GeneratedImage.objects.create(
        product=product, kind="display", file=save_content("pictures", data, "jpg"),
        sha256=hashlib.sha256(data).hexdigest(), width=80, height=60, title="Mug",
    )  # fmt: skip


def photo_of(product, order):
    image = Image(product=product, display_order=order)
    image.original.save(f"{uuid.uuid4().hex}.jpg", ContentFile(bytes_of("digitalCapture")))
    return image


def orders(product):
    return dict(Image.objects.filter(product=product).values_list("pk", "display_order"))


def test_categories_come_from_the_nearest_to_the_widest():
    from oscar.apps.catalogue.categories import create_from_breadcrumbs

    mugs, gifts = create_from_breadcrumbs("Home > Kitchen > Mugs"), create_from_breadcrumbs("Gifts")
    mug = create_product(title="Mug")
    mug.categories.add(mugs)
    mug.categories.add(gifts)
    child = create_product(title="Blue", structure="child", parent=mug)
    mug.structure = "parent"
    mug.save()
    for product in (mug, child):
        names = [category.name for category in catalog.categories(product)]
        assert set(names) == {"Mugs", "Kitchen", "Home", "Gifts"}
        assert names.index("Mugs") < names.index("Kitchen") < names.index("Home")
    assert catalog.categories(create_product(title="None")) == []
    many = [create_product(title=f"Mug {n}") for n in range(5)]
    for product in many:
        product.categories.add(mugs)
    counts = []
    for some in (many[:1], many):
        fresh = list(type(mug).objects.filter(pk__in=[one.pk for one in some]).select_related("parent"))
        with CaptureQueriesContext(connection) as captured:
            catalog.categories_for(fresh)
        counts.append(len(captured))
    assert counts[0] == counts[1]


def test_the_largest_of_its_measures_is_a_products_size():
    both = create_product(attributes={"height_cm": "26", "width_cm": "31.5", "colour": "99"})
    assert catalog.longest_cm(both) == 31.5
    assert catalog.longest_cm(create_product(attributes={"height_cm": "about 20"})) is None
    parent = create_product(attributes={"length_cm": "200"}, structure="parent")
    child = create_product(title="Red", structure="child", parent=parent)
    assert catalog.longest_cm_for([parent, child]) == {parent.pk: 200.0, child.pk: 200.0}


@pytest.mark.parametrize(
    ("told", "height"),
    [("26", 26.0), ("12.5", 12.5), ("about 20", None), ("-3", None), ("nan", None), ("", None)],
)
def test_an_attribute_tells_how_tall_a_product_is(told, height):
    product = create_product(attributes={"height_cm": told} if told else None)
    assert catalog.height_cm(product) == height


@pytest.mark.parametrize("first", [False, True])
@pytest.mark.parametrize("places", [(), (0, 1), (0, 0, 3), (2, 5)])
def test_publish_and_withdraw_leave_the_shop_as_it_was(first, places, django_capture_on_commit_callbacks):
    product = create_product()
    for place in places:
        photo_of(product, place)
    before, picture = orders(product), picture_of(product)
    with django_capture_on_commit_callbacks(execute=True):
        ref = catalog.publish(picture, first=first)
        assert catalog.publish(picture, first=first) == ref
    copy = Image.objects.get(code=f"prodgen-{picture.uuid}")
    assert copy.original.name != picture.file.name
    assert (copy == product.primary_image()) is (first or not places)
    storage, name = copy.original.storage, copy.original.name
    with django_capture_on_commit_callbacks(execute=True):
        catalog.withdraw(ref)
        catalog.withdraw(ref)
    assert orders(product) == before
    assert not storage.exists(name)
    assert picture.file.storage.exists(picture.file.name)


def test_oscar_deleting_its_row_leaves_our_file(settings):
    assert settings.OSCAR_DELETE_IMAGE_FILES
    product = create_product()
    picture = picture_of(product)
    catalog.publish(picture)
    Image.objects.get(product=product).delete()
    assert picture.file.storage.exists(picture.file.name)


def test_our_own_pictures_are_no_photos_and_photos_are_never_withdrawn():
    product = create_product()
    photo = photo_of(product, 0)
    catalog.publish(picture_of(product))
    assert [p.ref for p in catalog.photos(product)] == [f"productimage:{photo.pk}"]
    assert catalog.photos_for([product]) == {product.pk: catalog.photos(product)}
    catalog.withdraw(f"productimage:{photo.pk}")
    assert Image.objects.filter(pk=photo.pk).exists()


def test_a_variant_uses_and_extends_its_parents_images():
    parent = create_product(structure="parent")
    child = create_product(structure="child", parent=parent)
    photo = photo_of(parent, 0)
    assert [p.ref for p in catalog.photos(child)] == [f"productimage:{photo.pk}"]
    assert [p.ref for p in catalog.photos_for([child])[child.pk]] == [f"productimage:{photo.pk}"]
    catalog.publish(picture_of(child))
    assert Image.objects.filter(product=parent).count() == 2


@pytest.mark.parametrize("ref", ["productimage:999999", "productimage:x", "other:1", ""])
def test_a_photo_that_is_gone_is_said_in_words(ref):
    with pytest.raises(CatalogError, match="no longer in the shop"):
        catalog.open_photo(ref)


def test_a_missing_file_is_said_in_words():
    photo = photo_of(create_product(), 0)
    photo.original.storage.delete(photo.original.name)
    with pytest.raises(CatalogError, match="cannot be read"):
        catalog.open_photo(f"productimage:{photo.pk}")


@pytest.mark.parametrize("fmt", ["jpeg", "png", "webp"])
def test_thumbnails_keep_the_mark(fmt):
    image = Image(product=create_product())
    image.original.save(f"{uuid.uuid4().hex}.{fmt}", ContentFile(bytes_of("trainedAlgorithmicMedia", fmt)))
    thumbnail = MarkedThumbnails().generate_thumbnail(image.original, size="40x40")
    with thumbnail.storage.open(thumbnail.name) as file:
        assert read_source_type(file.read()) == "trainedAlgorithmicMedia"


def test_admin_and_dashboard_offer_the_actions():
    actions = admin.site.get_model_admin(get_model("catalogue", "Product")).actions
    assert {"prodgen_display", "prodgen_stitch"} <= {getattr(a, "__name__", a) for a in actions}
    view = get_class("dashboard.catalogue.views", "ProductBulkActionConfirmView")
    assert {"prodgen_display", "prodgen_stitch"} <= set(view.intermediate_actions)


def test_commands_find_a_product_by_key_upc_sku_or_title(db):
    from oscar.test.factories import create_stockrecord

    first, other = create_product(title="Vase", upc="4006381333931"), create_product(title="Jug")
    create_stockrecord(other, partner_sku="JUG-7")
    catalog = OscarCatalog()
    assert catalog.find(str(first.pk)) == catalog.find("4006381333931") == catalog.find("Vase") == first
    assert catalog.find("JUG-7") == catalog.find("Jug") == other
    for word in ("", "nothing", "\0", "9" * 5000, "0"):
        assert catalog.find(word) is None


def test_a_copy_that_a_dead_worker_left_is_not_left_for_ever(monkeypatch, settings):
    picture, folder = picture_of(create_product()), Path(settings.MEDIA_ROOT)
    there = set(folder.rglob("*.jpg"))
    with monkeypatch.context() as dies:
        dies.setattr(Image, "save", lambda *_args, **_more: 1 / 0)
        dies.setattr(FileSystemStorage, "delete", lambda *_args: None)  # nor does it tidy up
        with pytest.raises(ZeroDivisionError):
            catalog.publish(picture)
    assert len(set(folder.rglob("*.jpg")) - there) == 1
    catalog.publish(picture)
    new = set(folder.rglob("*.jpg")) - there
    assert [str(path.relative_to(folder)) for path in new] == [Image.objects.get().original.name]


def test_a_storage_that_deletes_nothing_keeps_no_picture_in_the_shop(
    monkeypatch, settings, django_capture_on_commit_callbacks
):
    picture, told = picture_of(create_product()), []
    review.approve(picture, review.SYSTEM)
    review.publish(picture, review.SYSTEM)

    def hear(**_facts):
        told.append(1)

    def refuses(*_args):
        raise OSError("no")

    # Oscar deletes thumbnails before the row is gone; when that fails nothing has happened yet.
    monkeypatch.setattr(EasyThumbnails, "delete_thumbnails", lambda *_args: None)
    signals.image_withdrawn.connect(hear)
    monkeypatch.setattr(FileSystemStorage, "delete", refuses)
    with django_capture_on_commit_callbacks(execute=True):
        review.unpublish(picture, review.SYSTEM)
    assert told
    assert not Image.objects.exists()
