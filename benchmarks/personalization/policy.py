"""The shipped policy behind the plug-in interface of an off-policy bench (select, update, probs).

Nothing here decides: contexts and candidates become the vectors of `prodgen_django.personalization.policy`, events are
kept until a batch is full, as the Celery task keeps them until it runs.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from prodgen_django.personalization.policy.model import Policy as Learnt
from prodgen_django.personalization.policy.model import Shape, Sums, choose

BATCH = 200
#: As ``PRODGEN["POLICY_EXPLORE"]``.
EXPLORE = 0.01


class Policy:
    """``context``: {"features": [floats], …}; ``candidates``: [{"id", "product", "features": [floats]}, …]."""

    def __init__(self, seed: int = 0, explore: float = EXPLORE) -> None:
        self._random = random.Random(seed)
        self._explore = explore
        self._sums: Sums | None = None
        self._learnt: Learnt | None = None
        self._waiting: list[tuple[list[float], list[float], float]] = []

    def select(self, context: Mapping[str, Any], candidates: Sequence[Mapping[str, Any]]) -> int:
        return self._choice(context, candidates)[0]

    def probs(self, context: Mapping[str, Any], candidates: Sequence[Mapping[str, Any]]) -> np.ndarray:
        return np.array(self._choice(context, candidates)[1])

    def update(
        self, context: Mapping[str, Any], candidates: Sequence[Mapping[str, Any]], index: int, reward: float
    ) -> None:
        sums = self._sums or self._new(context, candidates)
        axes = sums.shape.axes
        taste, style = context["features"], candidates[index]["features"]
        self._waiting.append((_padded(taste, axes), _padded(style, axes), reward))
        if len(self._waiting) >= BATCH:
            tastes, styles, rewards = (np.array(part, float) for part in zip(*self._waiting, strict=True))
            self._sums = sums.learn(tastes, styles, rewards)
            self._learnt = self._sums.policy()
            self._waiting.clear()

    def _choice(
        self, context: Mapping[str, Any], candidates: Sequence[Mapping[str, Any]]
    ) -> tuple[int, tuple[float, ...]]:
        self._sums = self._sums or self._new(context, candidates)
        self._learnt = self._learnt or self._sums.policy()
        axes = self._sums.shape.axes
        worth = self._learnt.worth(_padded(context["features"], axes))
        styles = np.array([_padded(one["features"], axes) for one in candidates])
        return choose((styles @ worth).tolist(), self._explore, self._random.getrandbits(60))

    def _new(self, context: Mapping[str, Any], candidates: Sequence[Mapping[str, Any]]) -> Sums:
        # The bench does not say that the numbers of a taste and a style mean the same: nothing is believed of m.
        axes = max(len(context["features"]), len(candidates[0]["features"]))
        return Sums.new(Shape(axes, axes, 0.0))


def _padded(values: Sequence[float], length: int) -> list[float]:
    return [*values, *[0.0] * (length - len(values))]
