"""Whether something is clicked more than something else, said so that looking every day does not make it wrong.

The question is always the same: of two ways to serve a visitor, one is drawn with a known probability p (that of not
being in the comparison group, or a picture's propensity). Given that somebody clicked, the first way was the one with
probability

    q = p·ρ / (p·ρ + 1 − p),

where ρ is the ratio of the two click rates. So each click is a coin whose bias under "no difference" is known
exactly, whatever the visitors are like, and however the policy has changed its propensities meanwhile. Betting on
that coin with a mixture over ρ gives a confidence sequence: by Ville's inequality the true ρ leaves it, at any time at
all, with a probability of at most α (Robbins 1970; Waudby-Smith & Ramdas, JRSS-B 2024). Only clicks say anything;
impressions that nobody followed are counted to tell how many more are needed.

Sums over clicks; needs NumPy, knows no Django.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

#: Ratios looked at: from a seventh to seven times, in steps of 1 %.
_LOG_RATIOS = np.arange(-2.0, 2.0001, 0.01)
#: What differences are worth betting on: mostly up to 40 % either way.
_PRIOR_SD = 0.35


@dataclass(frozen=True)
class Verdict:
    """What the clicks so far say of ρ, the ratio of two click rates."""

    #: The likeliest ratio; None before the first click.
    ratio: float | None
    #: Bounds that hold at any time with probability 1 − α.
    low: float
    high: float
    clicks: int
    #: Against ρ = 1: by how much a fair bet has grown. 1/α and more is a decision.
    wealth: float
    alpha: float

    @property
    def is_decided(self) -> bool:
        """Whether "no difference" is ruled out."""
        return not self.low <= 1.0 <= self.high

    @property
    def winner(self) -> int:
        """1: the first way is better; −1: the second one; 0: not known."""
        return 0 if not self.is_decided else (1 if self.low > 1 else -1)


class Evidence:
    """Collects clicks and says what they prove. The order in which they come does not matter, to the last digit."""

    def __init__(self) -> None:
        #: Clicks by (whether on the first way, the probability with which that one had been drawn).
        self.counts: Counter[tuple[bool, float]] = Counter()

    @property
    def clicks(self) -> int:
        """Clicks that say something."""
        return sum(self.counts.values())

    def add(self, is_first: bool, probability: float, count: int = 1) -> None:
        """``count`` clicks on the first (or other) way, which had been drawn with a probability in (0, 1)."""
        probability = round(probability, 4)
        # Where there was no choice, a click says nothing of it.
        if 0.0 < probability < 1.0 and count:
            self.counts[is_first, probability] += count

    def add_all(self, clicks: Iterable[tuple[bool, float]]) -> Evidence:
        """Clicks as pairs (whether on the first way, its probability)."""
        for is_first, probability in clicks:
            self.add(is_first, probability)
        return self

    def log_likelihood(self) -> NDArray[np.float64]:
        """The log of each ratio's likelihood against "no difference", for all ratios looked at."""
        # Always summed in one order: a sum of floats depends on it, and two reports of the same clicks must agree.
        rows = sorted(
            (probability, is_first, count) for (is_first, probability), count in self.counts.items()
        )
        if not rows:
            return np.zeros_like(_LOG_RATIOS)
        probability, is_first, count = np.array(rows, np.float64).T
        # log q − log p, and log(1 − q) − log(1 − p): the gain of a bet on ρ against ρ = 1.
        scale = np.log1p(probability[:, None] * np.expm1(_LOG_RATIOS))
        return (is_first @ count) * _LOG_RATIOS - count @ scale

    def verdict(self, alpha: float = 0.05) -> Verdict:
        """What is known with probability 1 − ``alpha``; for several questions divide ``alpha`` by their number."""
        likelihood = self.log_likelihood()
        weights = -0.5 * (_LOG_RATIOS / _PRIOR_SD) ** 2
        mixture = _log_sum(weights + likelihood) - _log_sum(weights)
        inside = np.flatnonzero(mixture - likelihood < math.log(1.0 / alpha))
        # Bounds at the edge of what is looked at are none.
        low = math.exp(_LOG_RATIOS[inside[0]]) if inside[0] > 0 else 0.0
        high = math.exp(_LOG_RATIOS[inside[-1]]) if inside[-1] < len(_LOG_RATIOS) - 1 else math.inf
        ratio = math.exp(_LOG_RATIOS[int(np.argmax(likelihood))]) if self.clicks else None
        return Verdict(ratio, low, high, self.clicks, math.exp(min(700.0, mixture)), alpha)


def clicks_needed(ratio: float, probability: float, alpha: float = 0.05) -> int:
    """How many clicks (those of both ways together) it takes, as a rule, until a true ``ratio`` is told from 1.

    The bet grows by Kullback and Leibler's divergence a click; it has to reach 1/α and pay for having spread over many
    ratios, which costs half the logarithm of the number of clicks.
    """
    if ratio <= 0 or abs(ratio - 1) < 1e-9:
        raise ValueError("a ratio of 1 cannot be told from 1")
    first = probability * ratio / (probability * ratio + 1 - probability)
    growth = first * math.log(first / probability) + (1 - first) * math.log((1 - first) / (1 - probability))
    spread = max(first * (1 - first), 1e-9) * _PRIOR_SD**2
    clicks = math.log(1 / alpha) / growth
    for _round in range(20):
        clicks = (math.log(1 / alpha) + 0.5 * math.log1p(clicks * spread)) / growth
    return math.ceil(clicks)


def _log_sum(values: NDArray[np.float64]) -> float:
    top = float(values.max())
    return top + math.log(float(np.exp(values - top).sum()))
