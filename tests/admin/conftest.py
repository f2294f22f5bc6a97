"""Staff with chosen permissions, products with photos, and jobs as workers leave them behind."""

from __future__ import annotations

from hashlib import sha256
from io import BytesIO
from typing import TYPE_CHECKING, Any

import pytest
from django.contrib.auth.models import Permission
from django.core.files.base import ContentFile
from django.db import connection, reset_queries
from django.test import Client
from django.test.utils import CaptureQueriesContext
from oscar.core.loading import get_model
from PIL import Image

from prodgen_django.jobs import create_job
from prodgen_django.models import GeneratedImage, Job, JobItem
from prodgen_django.storage import save_content

if TYPE_CHECKING:
    from collections.abc import Callable

Product = get_model("catalogue", "Product")
ProductImage = get_model("catalogue", "ProductImage")


def queries(client: Client, address: str) -> list[str]:
    """The queries that a page takes, once everything that is cached by process is in the cache."""
    client.get(address)
    # The log has an end; a full one would hide what comes.
    reset_queries()
    with CaptureQueriesContext(connection) as captured:
        assert client.get(address).status_code == 200
    return [query["sql"] for query in captured.captured_queries]


def jpeg(colour: str = "#c08040", size: tuple[int, int] = (64, 48)) -> bytes:
    out = BytesIO()
    Image.new("RGB", size, colour).save(out, "JPEG")
    return out.getvalue()


@pytest.fixture
def staff(db: None, django_user_model: Any) -> Callable[..., Client]:
    """A signed-in member of staff who has just the permissions that are named (codenames of any app)."""

    def make(*codenames: str, superuser: bool = False) -> Client:
        name = "-".join(codenames) or "nobody"
        user = django_user_model.objects.create_user(
            name[:150], f"{len(name)}@example.com", "secret", is_staff=True, is_superuser=superuser
        )
        user.user_permissions.set(Permission.objects.filter(codename__in=codenames))
        client = Client()
        client.force_login(user, "django.contrib.auth.backends.ModelBackend")
        client.user = user  # type: ignore[attr-defined]
        return client

    return make


@pytest.fixture
def owner(staff: Callable[..., Client]) -> Client:
    return staff(superuser=True)


@pytest.fixture
def make_products(db: None) -> Callable[..., list[Any]]:
    """Products named "Thing 0", "Thing 1" …; `photos` rows each, all of one small file."""

    def make(count: int, photos: int = 1) -> list[Any]:
        kind, _made = get_model("catalogue", "ProductClass").objects.get_or_create(name="Things")
        products = [
            Product(title=f"Thing {n}", slug=f"thing-{n}", upc=f"T{n}", product_class=kind)
            for n in range(count)
        ]
        Product.objects.bulk_create(products)
        if photos and products:
            first = ProductImage(product=products[0], display_order=0)
            first.original.save("thing.jpg", ContentFile(jpeg()), save=False)
            rows = [
                ProductImage(product=product, display_order=n, original=first.original.name)
                for product in products
                for n in range(photos)
            ]
            ProductImage.objects.bulk_create(rows)
        return products

    return make


@pytest.fixture
def draft(make_products: Callable[..., list[Any]]) -> Job:
    return create_job("display", products=make_products(3), draft=True)


def finish(job: Job, pictures: int = 1, **values: Any) -> list[GeneratedImage]:
    """Leave a job as a worker does that has made `pictures` of each item."""
    images = []
    for item in job.items.all():
        for slot in range(pictures):
            data = jpeg(f"#{(item.pk * 37 + slot * 11) % 0xFFFFFF:06x}")
            fields = {
                "job": job,
                "item": item,
                "slot": slot,
                "product_id": item.product_id,
                "title": item.title,
                "kind": job.kind,
                "sources": item.photos[:1],
                "file": save_content("pictures", data, "jpg"),
                "thumbnail": save_content("thumbnails", data, "jpg"),
                "sha256": sha256(data).hexdigest(),
                "width": 64,
                "height": 48,
                "scores": {
                    "fidelity": {"passed": True, "exact": True, "mean_delta_e": 0.0},
                    "cut_out": {"confidence": 0.93, "reasons": [], "poor": False},
                },
                **values,
            }
            images.append(GeneratedImage.objects.create(**fields))
    job.items.update(state=JobItem.State.DONE, progress=1.0)
    Job.objects.filter(pk=job.pk).update(state=Job.State.SUCCEEDED)
    job.refresh_from_db()
    return images


@pytest.fixture
def reviewed_job(draft: Job) -> Job:
    """A finished job of three products with two pictures each, all waiting for review."""
    finish(draft, pictures=2)
    return draft
