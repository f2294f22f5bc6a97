"""The demo shop's catalogue: what it sells, and photographs made by ``training.photographs``; free to use (CC0)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Literal

HERE = Path(__file__).parent


@dataclass(frozen=True)
class PhotoSpec:
    """One photograph: a neat one (``studio``), one as a small seller takes it, or a close-up of a part."""

    path: Path
    role: Literal["studio", "seller", "closeup"]


@dataclass(frozen=True)
class ProductSpec:
    """One product as the shop loads it; ``photos`` are in the order of the product page.

    ``closeup_grid`` is (rows, columns) of a wide product's overlapping close-ups, which are taken row by row from the
    top left; None for the others.
    """

    upc: str
    slug: str
    title: str
    category: str
    price: Decimal
    colours: tuple[str, ...]
    style: tuple[str, ...]
    material: str
    description: str
    photos: tuple[PhotoSpec, ...]
    closeup_grid: tuple[int, int] | None

    @property
    def whole_photos(self) -> tuple[PhotoSpec, ...]:
        """The photographs that show the whole product."""
        return tuple(photo for photo in self.photos if photo.role != "closeup")

    @property
    def closeups(self) -> tuple[PhotoSpec, ...]:
        """The overlapping close-ups, empty for most products."""
        return tuple(photo for photo in self.photos if photo.role == "closeup")


def load_catalogue() -> list[ProductSpec]:
    """Every product of the catalogue, in the order of the shop."""
    rows = json.loads((HERE / "catalogue.json").read_text(encoding="utf-8"))
    return [
        ProductSpec(
            upc=row["upc"],
            slug=row["slug"],
            title=row["title"],
            category=row["category"],
            price=Decimal(row["price"]),
            colours=tuple(row["colours"]),
            style=tuple(row["style"]),
            material=row["material"],
            description=row["description"],
            photos=tuple(PhotoSpec(HERE / photo["file"], photo["role"]) for photo in row["photos"]),
            closeup_grid=tuple(row["closeup_grid"]) if row["closeup_grid"] else None,
        )
        for row in rows
    ]
