"""What one address may move of what is learnt: a bound on what is counted, and weights for what is nobody's taste.

A program that clicks makes itself a new visitor for each click, so visitors bound nothing; an address costs more. Two
bounds hold together. Of one address and day at most so many showings are counted, and of one product a few while a
visitor's choice stands (`Allowance`): the cut-off does not ask what came of them, so what is left is no less true. And
among what is counted, an address whose visitors all do the same, far from what others do, counts as far as chance
allows (`weights`): Huber's weights (Ann. Math. Statist. 1964), by address and by address and product instead of by
single events, which have no outliers.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

from prodgen_django.personalization.policy.features import FloatArray

#: Deviations by which the clicks of an address may differ from what is expected before they count less.
TOLERANCE = 3.0


@dataclass
class Allowance:
    """How much of each address is counted already, by the address's name ("" is never bounded)."""

    #: Most showings of an address in a day, and of one product as long as the address keeps its name.
    most: int
    most_of_product: int
    _counts: Counter[Hashable] = field(default_factory=Counter)

    def note(self, source: str, product: Hashable, count: int = 1, today: int = 1) -> None:
        """So many showings of a product are counted, so many of them today."""
        self._counts[source] += today
        self._counts[source, product] += count

    def take(self, source: str, product: Hashable) -> bool:
        """Whether one more is counted, which is noted where it is."""
        if not source:
            return True
        if self._counts[source] >= self.most or self._counts[source, product] >= self.most_of_product:
            return False
        self.note(source, product)
        return True


def weights(
    sources: Sequence[str], products: Sequence[Hashable], rewards: FloatArray, rate: float
) -> FloatArray:
    """How much each event counts, in (0, 1]: 1 for one whose address is not known, or does as others do.

    `rewards`: what came of each event, (n,), 0 or 1; `rate`: how often something is expected to.
    """
    found = np.ones(len(sources))
    if not any(sources):
        return found
    of_product = [source and (source, product) for source, product in zip(sources, products, strict=True)]
    for keys in (list(sources), of_product):
        places = _places(keys)
        total = np.bincount(places, rewards - rate)
        # One more than the variance: a single click is no flood, however unlikely it was.
        bound = TOLERANCE * np.sqrt(np.bincount(places) * rate * (1 - rate) + 1.0)
        weight = np.minimum(1.0, bound / np.maximum(np.abs(total), 1e-9))[places]
        found = np.where([bool(key) for key in keys], np.minimum(found, weight), found)
    return found


def _places(keys: Iterable[Hashable]) -> np.ndarray:
    """The same whole number for the same key."""
    known: dict[Hashable, int] = {}
    return np.array([known.setdefault(key, len(known)) for key in keys])
