"""What the example shop's ordinary jobs make, for a panel of judges.

A shop of its own is set up in a folder. Beside its catalogue it sells what other demo shops show
(../shared/data/demo-catalogues) and garments (garments-256/test); pose, size, photograph and backdrop are the app's own
choice.
"""

from __future__ import annotations

import csv
import os
import re
from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.studio.matting import DATA
from benchmarks.studio.shown import Shown
from benchmarks.studio.tiles import mosaic
from prodgen_django.imagefile import load_image

GARMENTS = 20
GRID = 4  # products a grid
FORMATS = ("hero", "hero_phone", "meta_square", "meta_story", "iab_leaderboard")


class Shop:
    """A shop in `folder`, which is filled when it is first asked for something."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder.resolve()

    @cached_property
    def admin(self) -> Any:
        os.environ["PRODGEN_DEMO_DIR"] = str(self.folder)
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "example_shop.settings")
        import django

        django.setup()
        from django.contrib.auth import get_user_model
        from django.core.management import call_command

        call_command("migrate", verbosity=0)
        call_command("load_shop", "--no-index", verbosity=0)
        return get_user_model().objects.filter(is_superuser=True).first()

    # -- kinds

    def display(self) -> Iterator[Shown]:
        """Every product of the demo shop before the set that flatters it."""
        yield from self._made("display", self._own(), {"styles": ["auto"], "size": 1000})

    def catalogues(self) -> Iterator[Shown]:
        """Packshots of other demo shops, the same way."""
        photos = [
            (_title(path.stem), path, "Home > Other shops")
            for path in sorted((DATA / "demo-catalogues").glob("*.webp"))
        ]
        yield from self._made(
            "display", self._stocked(photos), {"styles": ["auto"], "size": 1000}, "catalogues"
        )

    def garments(self) -> Iterator[Shown]:
        """Small photographs of clothes, as people take them."""
        folder = DATA / "garments-256"
        with (folder / "manifest.csv").open(newline="") as file:
            rows = [row for row in csv.DictReader(file) if row["split"] == "test"]
        step = max(1, len(rows) // GARMENTS)
        photos = [
            (f"{row['class']} {number}", folder / row["file"], f"Clothes > {row['class']}")
            for number, row in enumerate(rows[::step][:GARMENTS])
        ]
        yield from self._made(
            "display", self._stocked(photos), {"styles": ["auto"], "size": 1000}, "garments"
        )

    def grids(self) -> Iterator[Shown]:
        """Products of the demo shop side by side, on one ground."""
        from prodgen_django.jobs import create_job

        products = self._own()
        for number, mode in enumerate(("grid", "row", "column", "strip") * 2):
            some = products[number * GRID : (number + 1) * GRID]
            job = create_job(
                "stitch", products=some, options={"mode": mode, "together": True}, created_by=self.admin
            )
            yield from self._pictures(job, "grids")

    def stitches(self) -> Iterator[Shown]:
        """Wide products from their close-ups."""
        self.admin  # noqa: B018  (sets the shop up)
        from example_shop.catalogue import load_catalogue
        from example_shop.tour import wide_products
        from prodgen_django.jobs import create_job

        wide = wide_products(load_catalogue())
        job = create_job(
            "stitch",
            products=[product for product, _refs in wide],
            photos={product.pk: refs for product, refs in wide},
            options={"mode": "planar"},
            created_by=self.admin,
        )
        yield from self._pictures(job, "stitches")

    def campaigns(self) -> Iterator[Shown]:
        """An offer for every third product of the demo shop, in five formats."""
        from prodgen_django.jobs import create_job

        for product in self._own()[::6]:
            job = create_job(
                "campaign",
                products=[product],
                options={
                    "headline": "New this week",
                    "subline": product.get_title(),
                    "call": "See it",
                    "formats": list(FORMATS),
                    "variations": 1,
                },
                created_by=self.admin,
            )
            yield from self._pictures(job, "campaigns")

    # -- products

    def _own(self) -> list[Any]:
        self.admin  # noqa: B018
        from oscar.core.loading import get_model

        return list(get_model("catalogue", "Product").objects.filter(upc__startswith="ES-").order_by("pk"))

    def _stocked(self, photos: Sequence[tuple[str, Path, str]]) -> list[Any]:
        """Products of (title, photograph, breadcrumbs), put on the shelves once."""
        self.admin  # noqa: B018
        from django.core.files import File
        from oscar.core.loading import get_class, get_model

        breadcrumbs = get_class("catalogue.categories", "create_from_breadcrumbs")
        product_class = get_model("catalogue", "ProductClass").objects.get(slug="homeware")
        model, images = get_model("catalogue", "Product"), get_model("catalogue", "ProductImage")
        found = []
        for title, path, category in photos:
            product, is_new = model.objects.get_or_create(
                upc=f"panel-{path.stem}"[:64], defaults={"title": title, "product_class": product_class}
            )
            if is_new:
                product.categories.add(breadcrumbs(category))
                with path.open("rb") as file:
                    images(product=product, code=path.stem[:60]).original.save(
                        path.name, File(file), save=True
                    )
            found.append(product)
        return found

    # -- jobs

    def _made(
        self, kind: str, products: list[Any], options: dict[str, Any], name: str = ""
    ) -> Iterator[Shown]:
        from prodgen_django.jobs import create_job

        job = create_job(kind, products=products, options=options, created_by=self.admin, seed=3)
        yield from self._pictures(job, name or kind)

    def _pictures(self, job: Any, kind: str) -> Iterator[Shown]:
        from prodgen_django.jobs.run import run_here

        run_here(job.pk)
        images = job.images.order_by("item_id", "slot")
        for item in job.items.filter(state="failed"):
            print(f"{kind}: {item}: {item.error}", flush=True)
        for _item, made in groupby(images, key=lambda image: (image.item_id, image.slot)):
            image = next(iter(made))
            with image.file.open("rb") as file:
                picture = load_image(file, background=(255, 255, 255))
            cut = image.scores.get("cut_out") or {}
            poor = bool(cut.get("poor")) or bool(image.blockers)
            yield Shown(kind, str(image), _photo_of(image), picture, float(cut.get("confidence", 1)), poor)


def _photo_of(image: Any) -> np.ndarray:
    """The photographs that a picture was made of, beside each other."""
    from prodgen_django.catalog import get_catalog

    found = []
    for ref in list(image.sources)[:9]:
        with get_catalog().open_photo(ref) as file:
            found.append(load_image(file, background=(255, 255, 255)))
    return (
        found[0]
        if len(found) == 1
        else mosaic(found, 500, 1 if len(found) < 2 else 2 if len(found) < 5 else 3)
    )


def _title(stem: str) -> str:
    return re.sub(r"^(spree|eshop)-", "", stem).replace("-", " ")
