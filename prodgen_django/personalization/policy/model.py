"""The policy: one linear model of which style suits which taste, shared by all products, and the choice by it.

    sums = Sums.new().learn(tastes, styles, rewards, …)          off the request
    policy = sums.policy("7")                                    what a page reads
    worth = policy.worth(taste)                                  once a page
    place, shares = choose([style @ worth for …], explore, seed_of(visitor, product))

How much more often than average a picture is expected to be clicked is

    score = f·(a + Mᵀu) + m·(u·f)        f: the picture's style, u: the visitor's taste (`features`)

which is a Bayesian linear regression of clicks (ridge, as LinUCB's; Li et al., WWW 2010), on the scale of the shop's
click rate. Because a, M and m are shared, a new picture is judged by what its styles did elsewhere; before anything is
known m is believed to be `MATCH`, so that a shop begins with the picture that fits the taste. What has been learnt is
sums over exposures: neither their order nor the size of a batch matters.

The best picture is shown, but for a small share of choices that are uniform, so that every propensity is known, none is
0, and any other policy can be judged on the log. Those, the comparison group and the visitors' different tastes are
exploring enough: a bonus for what is not known (LinUCB) earned no more (docs/explanation/learning.md).
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from prodgen_django.personalization.policy.features import AXES, STYLE_AXES, FloatArray
from prodgen_django.personalization.policy.robust import weights

#: What is believed beforehand of m, and the deviations of m, a and M: 0.4 is 40 % more or fewer clicks.
MATCH, MATCH_SD, MAIN_SD, CROSS_SD = 0.6, 0.3, 0.4, 0.6
#: Of the clicks of a picture without any style. Nothing is believed of it.
CONSTANT_SD = 10.0
#: The shop's click rate before anything is known, and how many exposures that is worth.
RATE, RATE_EXPOSURES = 0.02, 50.0
#: Rounds in which the shop's rate and the weights of addresses are judged by each other.
ROBUST_ROUNDS = 4


@dataclass(frozen=True)
class Shape:
    """How many numbers describe a taste and a picture, and how many of the first are crossed with each other."""

    axes: int = len(AXES)
    crossed: int = len(STYLE_AXES)
    #: The prior mean of m; 0 where taste and picture do not mean the same, number by number.
    match: float = MATCH

    @property
    def size(self) -> int:
        """a, M, m and a constant."""
        return self.axes + self.crossed**2 + 2

    def prior(self) -> tuple[FloatArray, FloatArray]:
        """Means and standard deviations, (size,) each."""
        mean, deviation = np.zeros(self.size), np.full(self.size, CROSS_SD)
        deviation[: self.axes], deviation[-2:] = MAIN_SD, (MATCH_SD, CONSTANT_SD)
        mean[-2] = self.match
        return mean, deviation

    def features(self, tastes: FloatArray, styles: FloatArray) -> FloatArray:
        """What the weights are multiplied with: tastes (n, axes) and styles (n, axes) to (n, size)."""
        cross = tastes[:, : self.crossed, None] * styles[:, None, : self.crossed]
        match = (tastes * styles).sum(1, keepdims=True)
        return np.hstack((styles, cross.reshape(len(styles), -1), match, np.ones_like(match)))


@dataclass(frozen=True)
class Policy:
    """What pages choose by. A version never changes: learning makes the next one."""

    version: str
    shape: Shape
    #: a, M row by row, m and the constant: (size,).
    weights: FloatArray
    #: Clicks an exposure of the shop, in (0, 1).
    rate: float

    @property
    def cross(self) -> FloatArray:
        """M: (crossed, crossed), tastes by styles."""
        crossed = self.shape.crossed
        return self.weights[self.shape.axes : -2].reshape(crossed, crossed)

    def worth(self, taste: Sequence[float] = ()) -> FloatArray:
        """What each number of a style is worth to a taste, (axes,) each; scores are ``styles @ worth``."""
        worth = self.weights[: self.shape.axes].copy()
        if any(taste):
            u = np.asarray(taste)
            worth += self.weights[-2] * u
            worth[: self.shape.crossed] += u[: self.shape.crossed] @ self.cross
        return worth

    def rates(self, scores: FloatArray) -> FloatArray:
        """The click rates that scores stand for, in [0, 1]."""
        return np.clip(self.rate * (1.0 + self.weights[-1] + scores), 0.0, 1.0)

    def to_json(self) -> dict[str, Any]:
        shape = [self.shape.axes, self.shape.crossed, self.shape.match]
        return {"version": self.version, "shape": shape, "weights": _pack(self.weights), "rate": self.rate}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Policy:
        """Raises KeyError, TypeError or ValueError for anything but what `to_json` wrote of today's axes."""
        weights = _unpack(data["weights"])
        if Shape(*data["shape"]) != Shape() or len(weights) != Shape().size:
            raise ValueError("learnt on other axes")
        return cls(str(data["version"]), Shape(), weights, float(data["rate"]))


@dataclass(frozen=True)
class Sums:
    """All that has been learnt, as sums over exposures."""

    shape: Shape
    #: Σ x xᵀ (size, size), Σ x and Σ reward·x (size,) over the exposures' features x.
    squares: FloatArray
    total: FloatArray
    gain: FloatArray
    exposures: float = 0.0
    clicks: float = 0.0

    @classmethod
    def new(cls, shape: Shape | None = None) -> Sums:
        """Nothing learnt yet."""
        shape = shape or Shape()
        return cls(shape, np.zeros((shape.size, shape.size)), np.zeros(shape.size), np.zeros(shape.size))

    def rate(self, clicks: float = 0.0, exposures: float = 0.0) -> float:
        """Clicks an exposure, with more of them counted in."""
        seen = self.exposures + exposures + RATE_EXPOSURES
        return (self.clicks + clicks + RATE * RATE_EXPOSURES) / seen

    def learn(
        self,
        tastes: FloatArray,
        styles: FloatArray,
        rewards: FloatArray,
        sources: Sequence[str] = (),
        products: Sequence[Hashable] = (),
    ) -> Sums:
        """The sums with n exposures in them.

        `tastes` and `styles`: (n, axes) each, of the visitors and of the pictures shown; `rewards`: (n,), 0 or 1.
        `sources` and `products`: the names of the addresses that reported them ("" for one that is not known), and of
        what; events of one address that differ from all others by more than chance allows count less (`robust`).
        """
        if not len(rewards):
            return self
        counts: FloatArray = np.ones(len(rewards))
        for _round in range(ROBUST_ROUNDS if any(sources) else 0):
            rate = self.rate(float(rewards @ counts), float(counts.sum()))
            counts = weights(sources, products, rewards, rate)
        x = self.shape.features(np.asarray(tastes, float), np.asarray(styles, float))
        return Sums(
            self.shape,
            self.squares + (x * counts[:, None]).T @ x,
            self.total + counts @ x,
            self.gain + (counts * rewards) @ x,
            self.exposures + float(counts.sum()),
            self.clicks + float(counts @ rewards),
        )

    def policy(self, version: str = "0") -> Policy:
        """The posterior mean: of clicks relative to the shop's rate, whose variance is about 1 / rate."""
        mean, deviation = self.shape.prior()
        rate, precision = self.rate(), deviation**-2
        known = np.diag(precision) + rate * self.squares
        learnt = np.linalg.solve(known, precision * mean + self.gain - rate * self.total)
        return Policy(version, self.shape, learnt, rate)

    def to_json(self) -> dict[str, Any]:
        """Without loss: packed doubles."""
        upper = self.squares[np.triu_indices(self.shape.size)]
        return {
            "shape": [self.shape.axes, self.shape.crossed, self.shape.match],
            "squares": _pack(upper),
            "total": _pack(self.total),
            "gain": _pack(self.gain),
            "exposures": self.exposures,
            "clicks": self.clicks,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Sums:
        """Raises KeyError, TypeError or ValueError for anything but what `to_json` wrote of today's axes."""
        new = cls.new()
        if Shape(*data["shape"]) != new.shape:
            raise ValueError("learnt on other axes")
        new.squares[np.triu_indices(new.shape.size)] = _unpack(data["squares"])
        squares = new.squares + np.triu(new.squares, 1).T
        total, gain = _unpack(data["total"]), _unpack(data["gain"])
        return cls(new.shape, squares, total, gain, float(data["exposures"]), float(data["clicks"]))


def shares(scores: Sequence[float], explore: float) -> tuple[float, ...]:
    """The probability of each candidate: those of the best score share ``1 - explore``, all of them ``explore``."""
    best = max(scores) - 1e-9
    ties = sum(score >= best for score in scores)
    even = explore / len(scores)
    return tuple([even + (1.0 - explore) / ties if score >= best else even for score in scores])


def choose(scores: Sequence[float], explore: float, seed: int) -> tuple[int, tuple[float, ...]]:
    """The place of the candidate that a seed draws, and the probability of each. `explore`: 1 for pure chance."""
    probabilities = shares(scores, explore)
    left = seed / 2**60
    for place, probability in enumerate(probabilities):
        left -= probability
        if left < 0:
            return place, probabilities
    return max(range(len(scores)), key=probabilities.__getitem__), probabilities  # rounding


def seed_of(visitor: str, key: Hashable, epoch: Hashable = "") -> int:
    """The number that decides for a visitor and a product or place: 60 bits, the same whenever it is asked."""
    digest = hashlib.blake2b(f"{visitor}|{key}|{epoch}".encode(), digest_size=8).digest()
    return int.from_bytes(digest) >> 4


def is_held_out(visitor: str, share: float = 0.1) -> bool:
    """Whether a visitor belongs to the random comparison group, for whom nothing is chosen by taste."""
    digest = hashlib.blake2b(f"hold-out||{visitor}".encode(), digest_size=8).digest()
    return int.from_bytes(digest) < share * 2**64


def _pack(values: FloatArray) -> str:
    return base64.b64encode(values.astype("<f8").tobytes()).decode()


def _unpack(text: str) -> FloatArray:
    return np.frombuffer(base64.b64decode(text), dtype="<f8")
