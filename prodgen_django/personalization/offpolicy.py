"""What other policies would have earned on the shop's own log.

The log is cut in two by time. Policies are judged on the later part as they had learnt by its beginning, and so is the
model behind the doubly robust estimate: nobody is judged on what they have learnt from.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

import numpy as np
from django.utils.translation import gettext as _

from prodgen_django.personalization.estimators import Estimate, Log, estimate_all
from prodgen_django.personalization.features import taste_vector
from prodgen_django.personalization.models import Exposure, PolicyVersion
from prodgen_django.personalization.policies import picture_styles, prior, reward_of, state_of, taste_of
from prodgen_django.personalization.policy import PolicyState, propensities_of
from prodgen_django.personalization.space import FloatArray

if TYPE_CHECKING:
    from django.db.models import QuerySet

#: Exposures looked at, the newest; a bound on the report's time.
MOST = 10_000


@dataclass(frozen=True)
class Judged:
    """A policy and its estimates by estimator ("replay", "ips", "snips", "dr")."""

    name: str
    about: str
    estimates: dict[str, Estimate] = field(default_factory=dict)

    @property
    def best(self) -> Estimate | None:
        """The estimate to go by: doubly robust, else self-normalised."""
        return self.estimates.get("dr") or self.estimates.get("snips")


@dataclass(frozen=True)
class Judgement:
    """All policies over the same exposures."""

    policies: list[Judged]
    events: int
    since: datetime | None
    #: What the log itself earned.
    earned: float


@dataclass(frozen=True)
class _Events:
    """Exposures of k candidates each, as arrays."""

    tastes: FloatArray
    styles: FloatArray
    shown: FloatArray
    logged: FloatArray
    rewards: FloatArray
    visitors: list[str]


def judge(exposures: QuerySet[Exposure], *, simulated: bool = False) -> Judgement:
    """Judge today's choices of policy on the later half of ``exposures``."""
    rows = exposures.exclude(image=None).order_by("-shown_at", "-pk")
    newest = list(rows[:MOST])
    if not newest:
        return Judgement([], 0, None, float("nan"))
    state, since = _state_at(newest[len(newest) // 2].shown_at, simulated)
    groups = _grouped([row for row in newest if row.shown_at >= since])
    events = sum(len(group.rewards) for group in groups)
    rewards = np.concatenate([group.rewards for group in groups]) if groups else np.zeros(0)
    policies = [
        Judged(name, about, estimate_all(_log(groups, probabilities, state)) if events else {})
        for name, about, probabilities in _policies(state)
    ]
    return Judgement(policies, events, since, float(rewards.mean()) if events else float("nan"))


Probabilities = Callable[[_Events], FloatArray]


def _policies(state: PolicyState) -> list[tuple[str, str, Probabilities]]:
    def always_first(events: _Events) -> FloatArray:
        found = np.zeros(events.styles.shape[:2])
        found[:, 0] = 1.0
        return found

    def uniform(events: _Events) -> FloatArray:
        return np.full(events.styles.shape[:2], 1.0 / events.styles.shape[1])

    def of(state: PolicyState) -> Probabilities:
        ensemble = state.ensemble()
        return lambda events: propensities_of(ensemble, events.tastes, events.styles)

    return [
        (_("Any picture"), _("Each as often as the others."), uniform),
        (_("The last one published"), _("What visitors see who have not consented."), always_first),
        (
            _("Fit to taste, nothing learnt"),
            _("Where every shop begins."),
            of(prior().with_options(mode="greedy", explore=0.0)),
        ),
        (
            _("Learnt, Thompson sampling"),
            _("As it is set by default."),
            of(state.with_options(mode="thompson")),
        ),
        (_("Learnt, LinUCB"), _("POLICY_MODE “ucb”."), of(state.with_options(mode="ucb"))),
        (
            _("Learnt, no exploring"),
            _("POLICY_MODE “greedy”: earns most today, learns least for tomorrow."),
            of(state.with_options(mode="greedy", explore=0.0)),
        ),
    ]


def _state_at(moment: datetime, simulated: bool) -> tuple[PolicyState, datetime]:
    """What had been learnt by a moment, and the time from which on it has not seen anything."""
    row = (
        PolicyVersion.objects.filter(is_simulated=simulated, created_at__lte=moment)
        .order_by("-number")
        .first()
    )
    return (state_of(row), moment) if row else (prior(), moment)


def _grouped(rows: Sequence[Exposure]) -> list[_Events]:
    """Exposures with a choice, grouped by the number of candidates."""
    styles = picture_styles({key for row in rows for key in row.candidates if isinstance(key, int)})
    groups: dict[int, list[tuple[Exposure, int]]] = {}
    for row in rows:
        keys = row.candidates
        # Where a candidate is gone, what the policy would have made of it cannot be known.
        if len(keys) > 1 and all(key in styles for key in keys) and row.image_id in keys:
            groups.setdefault(len(keys), []).append((row, keys.index(row.image_id)))
    return [
        _Events(
            np.array([taste_vector(taste_of(row.context)) for row, _place in group]),
            np.array([[styles[key] for key in row.candidates] for row, _place in group]),
            np.array([place for _row, place in group]),
            np.array([row.propensity for row, _place in group]),
            np.array([reward_of(row) for row, _place in group]),
            [row.visitor for row, _place in group],
        )
        for _count, group in sorted(groups.items())
    ]


def _log(groups: Sequence[_Events], probabilities: Probabilities, state: PolicyState) -> Log:
    targets, shown, forecasts = [], [], []
    for group in groups:
        places = np.arange(len(group.shown)), group.shown.astype(int)
        target, forecast = probabilities(group), _forecast(group, state)
        targets.append(target[places])
        shown.append(forecast[places])
        forecasts.append((target * forecast).sum(1))
    visitors = [visitor for group in groups for visitor in group.visitors]
    numbers = {visitor: number for number, visitor in enumerate(dict.fromkeys(visitors))}
    return Log(
        np.concatenate([group.rewards for group in groups]),
        np.concatenate([group.logged for group in groups]),
        np.concatenate(targets),
        np.concatenate(shown),
        np.concatenate(forecasts),
        np.array([numbers[visitor] for visitor in visitors]),
    )


def _forecast(group: _Events, state: PolicyState) -> FloatArray:
    """The rate that a state expects of each candidate: (n, k)."""
    count, k, width = group.styles.shape
    tastes = np.repeat(group.tastes, k, axis=0)
    own = state.space.features(tastes, group.styles.reshape(-1, width))
    product = state.space.features(tastes, np.repeat(group.styles.mean(1), k, axis=0))
    odds = np.log(state.base_rate / (1 - state.base_rate)) + np.hstack((own, product)) @ state.mean
    return np.asarray(1.0 / (1.0 + np.exp(-np.clip(odds, -20, 20)))).reshape(count, k)
