"""The shop's own staged photos, found again as backdrops for other products.

What is known of a photo is worked out once and kept in the worker's cache, by the photo's reference.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _now

from prodgen_django.atomicfile import replacing
from prodgen_django.recipes.base import ItemFailed
from prodgen_django.recipes.outlines import outline_of
from prodgen_django.recipes.photos import photo_of
from prodgen_django.storage import cache_folder

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np

    from prodgen_django.recipes.base import Workbench, WorkItem
    from prodgen_django.studio import CutOut
    from prodgen_django.studio.own_scenes import OwnScene, SceneCard

#: Products whose photos are looked through, the newest by primary key; those of the same category come first.
MOST_PRODUCTS = 300
#: Photos looked at for one product: each costs a cut-out, once.
MOST_PHOTOS = 60
#: With so many scenes the search ends, once the whole category has been looked at.
ENOUGH = 8


class NoScene(ItemFailed):
    """The shop has no staged photo that would do."""

    def __init__(self) -> None:
        message = _now("No staged photo of another product was found whose product could be taken out of it.")
        super().__init__("no_scene", message)


def suiting_scenes(item: WorkItem, bench: Workbench, photo: np.ndarray, cut: CutOut) -> list[str]:
    """References of the staged photos that suit a product best, best first. Raises NoScene where there are none.

    By likeness of category, colour and shape (`studio.own_scenes.unlikeness`). The same catalogue gives the same list.
    """
    from prodgen_django.studio.own_scenes import product_card, unlikeness

    product = product_card(photo, cut.alpha)
    cards = _Cards()
    found: list[tuple[float, str]] = []
    for looked, (ref, same_category) in enumerate(_photos(item)):
        if looked >= MOST_PHOTOS or (not same_category and len(found) >= ENOUGH):
            break
        if ref not in cards:
            bench.progress(item, 0.5, _now("Looking at the shop's staged photos"))
        card = cards.of(ref, bench)
        if card is not None:
            found.append((unlikeness(product, card, same_category=same_category), ref))
    cards.keep()
    if not found:
        raise NoScene
    return [ref for _unlikeness, ref in sorted(found)]


def own_scene(
    ref: str, bench: Workbench, photo: np.ndarray, cut: CutOut, size: tuple[int, int], seed: int
) -> OwnScene:
    """The staged photo `ref` without its product, for the product that `cut` found in `photo`."""
    from prodgen_django.studio.own_scenes import product_card, scene_card, without_product

    staged, own = photo_of(bench, ref)
    alpha = outline_of(ref, staged, own).alpha
    card = scene_card(staged, alpha)
    if card is None:
        raise NoScene
    shape = product_card(photo, cut.alpha).shape
    return without_product(staged, alpha, card, size, shape, seed)


def _photos(item: WorkItem) -> Iterator[tuple[str, bool]]:
    """The photos of the shop's other products, and whether they are of the item's category; those first."""
    from prodgen_django.catalog import get_catalog

    catalog = get_catalog()
    products = [
        product
        for product in catalog.products().order_by("-pk")[:MOST_PRODUCTS]
        if item.product is None or product.pk != item.product.pk
    ]
    photos = catalog.photos_for(products)
    alike = {
        product.pk: bool(item.category) and catalog.category(product) == item.category for product in products
    }
    for wanted in (True, False):
        for product in products:
            if alike[product.pk] is wanted:
                for photo in photos.get(product.pk, ()):
                    if photo.ref not in item.photos:
                        yield photo.ref, wanted


class _Cards:
    """What is known of the shop's photos: a card, or None for one that is no scene."""

    def __init__(self) -> None:
        from prodgen_django.studio.own_scenes import SceneCard

        self._file = cache_folder() / "scenes" / "cards.json"
        self._new = False
        self._known: dict[str, SceneCard | None] = {}
        try:
            stored = json.loads(self._file.read_text(encoding="utf-8"))
            self._known = {ref: SceneCard.of_dict(card) if card else None for ref, card in stored.items()}
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            pass  # none yet, or of an older version: they are worked out again

    def __contains__(self, ref: str) -> bool:
        return ref in self._known

    def of(self, ref: str, bench: Workbench) -> SceneCard | None:
        if ref not in self._known:
            self._known[ref] = _look_at(ref, bench)
            self._new = True
        return self._known[ref]

    def keep(self) -> None:
        if not self._new:
            return
        cards = {ref: card.as_dict() if card else None for ref, card in self._known.items()}
        with replacing(self._file) as file:
            file.write(json.dumps(cards).encode())


def _look_at(ref: str, bench: Workbench) -> SceneCard | None:
    from prodgen_django.studio.own_scenes import is_staged, scene_card

    try:
        photo, own = photo_of(bench, ref, 640)
        # What was cut out before has no scene about it.
        if own is not None or not is_staged(photo):
            return None
        cut = outline_of(ref, photo)
    except ItemFailed:
        return None
    # What is wrongly cut out would stay in the scene.
    return None if cut.poor else scene_card(photo, cut.alpha)
