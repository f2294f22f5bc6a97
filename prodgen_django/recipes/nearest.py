"""Which real products look most like a picture: by the features of the extractor that judges the generator.

Features of the shop's photos are worked out once and kept in the worker's cache, by the extractor's name and the
photo's reference.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _now

from prodgen_django.atomicfile import replacing
from prodgen_django.recipes.base import ItemFailed
from prodgen_django.storage import cache_folder

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import numpy as np

    from prodgen_django.gan.extractor import Extractor
    from prodgen_django.recipes.base import Workbench, WorkItem

#: Products that are looked through, the newest by primary key: each costs a decoding, once.
MOST_PRODUCTS = 2_000
#: How many are named beside a picture.
NAMED = 3


class NearestProducts:
    """The first photo of each of the shop's products, as features."""

    def __init__(self, products: Sequence[tuple[Any, str, str]], features: np.ndarray) -> None:
        self.products, self.features = products, features  # (pk, title, photo's ref), float32 N×D

    @classmethod
    def of_shop(cls, extractor: Extractor, item: WorkItem, bench: Workbench) -> NearestProducts:
        """Photos that cannot be read are left out."""
        import numpy as np

        from prodgen_django.catalog import get_catalog

        catalog = get_catalog()
        products = list(catalog.products().order_by("-pk")[:MOST_PRODUCTS])
        photos = catalog.photos_for(products)
        first = [
            (product.pk, catalog.title(product), photos[product.pk][0].ref)
            for product in products
            if photos.get(product.pk)
        ]
        cache = cache_folder() / "nearest" / f"{extractor.name}.npz"
        known = _read(cache)
        missing = [ref for _pk, _title, ref in first if ref not in known]
        for number, ref in enumerate(missing):
            bench.progress(
                item, 0.0, _now("Looking at product %(number)d of %(count)d")
                % {"number": number + 1, "count": len(missing)},
            )  # fmt: skip
            try:
                known[ref] = features_of(bench.load_photo(ref), extractor)
            except ItemFailed:
                known[ref] = np.full(0, 0, np.float32)
        if missing:
            _write(cache, known)
        kept = [entry for entry in first if len(known[entry[2]])]
        stacked = (
            np.stack([known[ref] for _pk, _title, ref in kept]) if kept else np.zeros((0, 1), np.float32)
        )
        return cls(kept, stacked)

    def to(self, features: np.ndarray) -> list[dict[str, Any]]:
        """The nearest products of one picture's features, nearest first, as JSON takes it."""
        import numpy as np

        if not self.products:
            return []
        distance = np.linalg.norm(self.features - features, axis=1)
        return [
            {
                "product": self.products[i][0], "title": self.products[i][1], "photo": self.products[i][2],
                "distance": round(float(distance[i]), 2),
            }
            for i in np.argsort(distance, kind="stable")[:NAMED]
        ]  # fmt: skip


def features_of(pixels: np.ndarray, extractor: Extractor) -> np.ndarray:
    """float32 (D,), of a photo brought to a square as for training."""
    from prodgen_django.gan.preparation import fit_square, flatten

    return extractor(fit_square(flatten(pixels), 64)[None])[0][0]


def _read(path: Path) -> dict[str, np.ndarray]:
    import zipfile

    import numpy as np

    try:
        with np.load(path, allow_pickle=False) as file:
            offsets = np.concatenate([[0], np.cumsum(file["lengths"])])
            return {
                str(ref): file["values"][start:end]
                for ref, start, end in zip(file["refs"], offsets[:-1], offsets[1:], strict=True)
            }
    except (OSError, KeyError, ValueError, EOFError, zipfile.BadZipFile):
        return {}


def _write(path: Path, known: dict[str, np.ndarray]) -> None:
    import numpy as np

    with replacing(path) as file:
        np.savez(
            file,
            refs=np.array(list(known)),
            lengths=np.array([len(v) for v in known.values()]),
            values=np.concatenate(list(known.values())),
        )
