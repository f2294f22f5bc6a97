"""The shipped policy behind the plug-in interface of an off-policy bench (select, update, probs).

Nothing here decides: contexts and candidates become the vectors of `prodgen_django.personalization.policy`, events are
kept until a batch is full, as the Celery task keeps them until it runs.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from prodgen_django.personalization.learning import Event, Record, update
from prodgen_django.personalization.policy import Arm, Choice, PolicyState, choose
from prodgen_django.personalization.space import Space

BATCH = 200
_NEW = Record()


class Policy:
    """``context``: {"features": [floats], …}; ``candidates``: [{"id", "product", "features": [floats]}, …]."""

    def __init__(self, seed: int = 0, **options: Any) -> None:
        self._random = random.Random(seed)
        self._options = {"seed": seed, **options}
        self._state: PolicyState | None = None
        self._records: dict[int, Record] = {}
        self._waiting: list[Event] = []

    def select(self, context: Mapping[str, Any], candidates: Sequence[Mapping[str, Any]]) -> int:
        return self._choice(context, candidates).index

    def probs(self, context: Mapping[str, Any], candidates: Sequence[Mapping[str, Any]]) -> np.ndarray:
        return np.array(self._choice(context, candidates).propensities)

    def update(
        self, context: Mapping[str, Any], candidates: Sequence[Mapping[str, Any]], index: int, reward: float
    ) -> None:
        self._state = self._state or self._new(context, candidates)
        self._waiting.append(Event(context["features"], self._arms(candidates), index, reward))
        if len(self._waiting) >= BATCH:
            self._state = update(self._state, self._waiting, self._records)
            self._waiting.clear()

    def _choice(self, context: Mapping[str, Any], candidates: Sequence[Mapping[str, Any]]) -> Choice:
        self._state = self._state or self._new(context, candidates)
        return choose(self._state, context["features"], self._arms(candidates), self._random.getrandbits(60))

    def _new(self, context: Mapping[str, Any], candidates: Sequence[Mapping[str, Any]]) -> PolicyState:
        # The bench does not say that the numbers of a taste and a style mean the same: no editorial prior.
        space = Space(len(context["features"]), len(candidates[0]["features"]))
        return PolicyState.new(space, **self._options)

    def _arms(self, candidates: Sequence[Mapping[str, Any]]) -> list[Arm]:
        arms = []
        for candidate in candidates:
            record = self._records.get(candidate["id"], _NEW)
            arms.append(Arm(candidate["id"], candidate["features"], record.surplus, record.information))
        return arms
