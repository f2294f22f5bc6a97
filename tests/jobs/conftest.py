"""A shop with some products, and the painting recipe."""

from __future__ import annotations

from typing import Any

import pytest
from oscar.core.loading import get_model

PATHS = {"paint": "tests.jobs.recipes.Paint", "deed": "tests.jobs.recipes.Deed"}


@pytest.fixture(autouse=True)
def _machine(settings: Any, tmp_path: Any) -> None:
    settings.PRODGEN = {"RECIPES": PATHS, "RETRY_SECONDS": 0, "WORK_DIR": str(tmp_path)}


@pytest.fixture
def products(db: None) -> list[Any]:
    """Six products without photos."""
    model, kind = get_model("catalogue", "Product"), get_model("catalogue", "ProductClass")
    product_class = kind.objects.create(name="Thing", track_stock=False)
    return [
        model.objects.create(structure="standalone", title=f"Thing {n}", product_class=product_class)
        for n in range(6)
    ]
