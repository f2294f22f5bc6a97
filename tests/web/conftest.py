"""A product with two pictures to choose from, and visitors whose browsers tell what they saw and clicked."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client, override_settings
from django.urls import reverse
from django.utils import timezone
from oscar.test.factories import create_product

from prodgen_django.models import GeneratedImage
from prodgen_django.personalization.log import buffer, kept
from prodgen_django.personalization.serve.page import read_record

SETTINGS = {"CONSENT": "tests.web.cached_site.consents", "HOLDOUT": 0}


def publish(product: Any, *names: str) -> list[GeneratedImage]:
    return [
        GeneratedImage.objects.create(
            product=product, kind="display", state="published", file=f"prodgen/{name}-{uuid.uuid4().hex}.jpg",
            tags=[name], width=1000, height=1000, sha256=name, published_at=timezone.now(),
        )
        for name in names
    ]  # fmt: skip


@pytest.fixture
def site(db: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The product."""
    monkeypatch.setattr(buffer, "cache_folder", lambda: tmp_path)
    cache.clear()
    kept.forget_cache()
    product = create_product(title="Mug")
    publish(product, "wood", "marble")
    with override_settings(
        ROOT_URLCONF="tests.web.cached_site", CACHE_MIDDLEWARE_SECONDS=600, PRODGEN=SETTINGS
    ):
        yield product
    cache.clear()
    kept.forget_cache()


class Shopper:
    """A visitor whose browser runs the page's script, as far as the test client can."""

    def __init__(self, *, agrees: bool = True, **more: Any) -> None:
        self.client = Client(headers={"user-agent": "Mozilla/5.0 Firefox/140.0"}, **more)
        if agrees:
            self.client.cookies["consent"] = "yes"

    def see(self, view: str = "/uncached/", **what: list[int]) -> dict[str, Any]:
        """Look at a page and tell what came into view (all of it, where nothing else is said); its record."""
        found = re.search(r'data-prodgen-page="([^"]+)"', self.client.get(view).content.decode())
        if not found:
            return {}
        record = read_record(found.group(1))
        self.tell(found.group(1), **(what or {"seen": list(range(len(record["i"])))}))
        return record

    def tell(self, page: str, **what: list[int]) -> int:
        body = json.dumps({"page": page, **what})
        return self.client.post(reverse("prodgen:events"), body, content_type="text/plain").status_code
