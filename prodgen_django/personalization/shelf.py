"""Published pictures that this process has read lately, and how to tell that they are still the published ones.

The page's query brings, instead of the pictures of products that are on the shelf, one row that sums them up (`Mark`).
Where it differs from what the shelf holds, the pictures are read again; so the shelf saves work and never decides.

What liking a product says is kept beside them. It changes once a day and is of nobody in particular, so it is believed
for as long without a mark.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from prodgen_django.personalization.candidate import Candidate

#: How long, in seconds; what is learnt of single pictures changes without their mark.
KEPT_SECONDS = 60.0
#: Products kept in a process: about 10 kB each.
MOST = 2000


class Mark(NamedTuple):
    """What changes when the published pictures of some products do."""

    number: int = 0
    ids: int = 0
    #: Characters of their versions, tags and colours.
    size: int = 0
    low: str = ""
    high: str = ""


class _Entry(NamedTuple):
    until: float
    pictures: Sequence[Candidate]
    mark: Mark


_entries: dict[tuple[str, Any], _Entry] = {}
#: What liking a product says, and until when it is believed.
_traits: dict[tuple[str, Any], tuple[float, Mapping[str, float]]] = {}


def find(using: str, products: Iterable[Any]) -> dict[Any, Sequence[Candidate]]:
    """Of these products those whose pictures are on the shelf."""
    now, found = time.monotonic(), {}
    for product in products:
        entry = _entries.get((using, product))
        if entry is not None and entry.until > now:
            found[product] = entry.pictures
    return found


def mark_of(using: str, products: Iterable[Any]) -> Mark:
    """The mark that the database must give for what the shelf holds of these products."""
    marks = [_entries[using, product].mark for product in products if (using, product) in _entries]
    if not marks:
        return Mark()
    counts, ids, sizes, low, high = zip(*marks, strict=True)
    return Mark(sum(counts), sum(ids), sum(sizes), min(low), max(high))


def keep(using: str, pictures: Mapping[Any, Sequence[tuple[Candidate, str, int]]]) -> None:
    """Put products on the shelf: of each its pictures, with the text of their UUID and their size."""
    if len(_entries) > MOST:
        _entries.clear()
    until = time.monotonic() + KEPT_SECONDS
    for product, found in pictures.items():
        uuids = [text for _picture, text, _size in found]
        candidates = tuple(picture for picture, _text, _size in found)
        mark = Mark(
            len(found),
            sum(picture.id for picture in candidates),
            sum(size for _picture, _text, size in found),
            min(uuids),
            max(uuids),
        )
        _entries[using, product] = _Entry(until, candidates, mark)


def find_traits(using: str, products: Iterable[Any]) -> dict[Any, Mapping[str, float]]:
    """Of these products those of which it is known what liking them says."""
    now, found = time.monotonic(), {}
    for product in products:
        entry = _traits.get((using, product))
        if entry is not None and entry[0] > now:
            found[product] = entry[1]
    return found


def keep_traits(using: str, traits: Mapping[Any, Mapping[str, float]]) -> None:
    """Keep what liking products says."""
    if len(_traits) > MOST:
        _traits.clear()
    until = time.monotonic() + KEPT_SECONDS
    _traits.update({(using, product): (until, features) for product, features in traits.items()})


def clear(products: Collection[Any] | None = None) -> None:
    """Take products off the shelf, or all of them."""
    kept: dict[tuple[str, Any], Any]
    for kept in (_entries, _traits):
        for key in [key for key in kept if products is None or key[1] in products]:
            kept.pop(key, None)


def product_changed(instance: Any = None, **_kwargs: Any) -> None:
    """A product was saved or deleted by this process; with a new one under an old key nothing is known of it."""
    clear((instance.pk,))


def picture_changed(instance: Any = None, image: Any = None, **_kwargs: Any) -> None:
    """A picture was saved, deleted, published or withdrawn by this process."""
    changed = instance if instance is not None else image
    if changed is not None:
        clear((changed.product_id,))
