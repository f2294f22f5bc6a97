"""Learning from what visitors did: a batch of events makes the next state of the policy. Off the request; NumPy only.

Each batch is a few Newton steps on a Bayesian logistic regression whose prior is the posterior so far (Laplace's
approximation, carried on; Chapelle & Li, NIPS 2011). Three things keep the shared part honest:

- a product's own rate is an offset, and the mean style of a product's pictures has coefficients of its own beside
  those of the picture shown (the within-between model; Mundlak, Econometrica 1978): that visitors of a warm taste click
  on wooden things is no credit to warm pictures. What is the same for all pictures of a product cancels when one of
  them is chosen, so pages never see these coefficients;
- what the shared part leaves unexplained goes to each picture's own residual, whose prior keeps it small;
- rates are scaled by what the model expected of the pictures shown, so that showing better pictures does not look like
  a better product.

Events of one address that differ from all others by more than chance allows count less (`robust`).
"""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from prodgen_django.personalization import robust
from prodgen_django.personalization.policy import Arm, PolicyState
from prodgen_django.personalization.space import FloatArray, Vector

#: How far products' rates differ, as the shape of a gamma distribution: 6 is a deviation of about 40 %.
PRODUCT_SHAPE = 6.0
NEWTON_STEPS = 3
ROBUST_STEPS = 4


@dataclass(frozen=True)
class Event:
    """That a visitor was shown one of several pictures of a product, and whether they clicked."""

    taste: Vector
    #: All pictures that could have been shown.
    arms: Sequence[Arm]
    index: int
    reward: float
    #: The address's name; "" where it is not known.
    source: str = ""


@dataclass(frozen=True)
class Record:
    """What is kept of one picture: counts, and the posterior of its residual."""

    impressions: int = 0
    clicks: float = 0.0
    #: Impressions weighted by exp(η), as `PolicyState.expected`.
    expected: float = 0.0
    information: float = 0.0
    surplus: float = 0.0


def update(state: PolicyState, events: Sequence[Event], records: MutableMapping[int, Record]) -> PolicyState:
    """The next state, one version on. `records`: by `Arm.id`; changed in place for the pictures that were shown.

    Surplus and information of the events' arms are not read: the records are the truth.
    """
    if not events:
        return state
    chosen = [event.arms[event.index].id for event in events]
    rewards = np.array([event.reward for event in events], dtype=float)
    x = _features(state, events)
    own = _residuals(events, records)
    offsets, weights = _offsets(state, events, records, x, own, rewards)
    mean, precision, rates = _newton(state, x, rewards, offsets + own, weights)
    # exp(η), which a product's and the shop's rates are freed of.
    relative = np.exp(np.clip(x @ mean + own, -3, 3))
    for key, reward, rate, scale, weight in zip(chosen, rewards, rates, relative, weights, strict=True):
        _note(records, key, float(reward), float(rate), float(scale), float(weight), state.space.picture_sd)
    return replace(
        state,
        mean=mean,
        precision=precision,
        version=state.version + 1,
        impressions=state.impressions + len(events),
        clicks=state.clicks + round(float(rewards @ weights)),
        expected=state.expected + float(relative @ weights),
        _cache={},
    )


_NEW = Record()


def _features(state: PolicyState, events: Sequence[Event]) -> FloatArray:
    """Features of what was shown, then of the mean of what could have been: (events, 2 size)."""
    tastes = np.array([event.taste for event in events], dtype=float)
    shown = np.array([event.arms[event.index].style for event in events], dtype=float)
    means = np.array([np.array([arm.style for arm in event.arms]).mean(0) for event in events])
    return np.hstack((state.space.features(tastes, shown), state.space.features(tastes, means)))


def _residuals(events: Sequence[Event], records: Mapping[int, Record]) -> FloatArray:
    """The residual of each picture shown, against the mean of its product's candidates."""
    found = []
    for event in events:
        each = [records[arm.id].surplus if arm.id in records else 0.0 for arm in event.arms]
        found.append(each[event.index] - sum(each) / len(each))
    return np.array(found)


def _offsets(
    state: PolicyState,
    events: Sequence[Event],
    records: Mapping[int, Record],
    x: FloatArray,
    own: FloatArray,
    rewards: FloatArray,
) -> tuple[FloatArray, FloatArray]:
    """The log of each event's product's rate, and how much the event counts: each is judged by the other, in turns."""
    weights: FloatArray = np.ones(len(events))
    offsets = np.log(_base_rates(state, events, records, weights))
    sources = [event.source for event in events]
    if any(sources):
        products = [frozenset(arm.id for arm in event.arms) for event in events]
        for _step in range(ROBUST_STEPS):
            rates = _rates(offsets + own + x @ state.mean)
            weights = robust.weights(sources, products, rewards - rates, rates * (1 - rates))
            offsets = np.log(_base_rates(state, events, records, weights))
    return offsets, weights


def _base_rates(
    state: PolicyState, events: Sequence[Event], records: Mapping[int, Record], weights: FloatArray
) -> FloatArray:
    """Each event's product's click rate, freed of what its pictures add: its own clicks, shrunk towards the shop's."""
    # The batch itself counts too, so that a shop's first and largest batch is not judged by a guess.
    clicks = sum(event.reward * weight for event, weight in zip(events, weights, strict=True))
    shop = (state.clicks + clicks + 1.0) / (state.expected + float(weights.sum()) + 50.0)
    batch: dict[int, tuple[float, float]] = {}
    for event, weight in zip(events, weights, strict=True):
        key = event.arms[event.index].id
        had = batch.get(key, (0.0, 0.0))
        batch[key] = (had[0] + event.reward * weight, had[1] + weight)
    found = []
    for event in events:
        own, expected = PRODUCT_SHAPE, PRODUCT_SHAPE / shop
        for arm in event.arms:
            record, (new, seen) = records.get(arm.id, _NEW), batch.get(arm.id, (0.0, 0.0))
            own += record.clicks + new
            expected += record.expected + seen
        found.append(own / expected)
    return np.clip(found, 1e-6, 0.9)


def _newton(
    state: PolicyState, x: FloatArray, y: FloatArray, offsets: FloatArray, weights: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Mean and precision after the batch, and the rates that the new mean expects."""
    prior_mean, prior, mean = state.mean, state.precision, state.mean
    precision = prior
    for _step in range(NEWTON_STEPS):
        rates = _rates(offsets + x @ mean)
        precision = prior + (x * (weights * rates * (1 - rates))[:, None]).T @ x
        gradient = x.T @ (weights * (y - rates)) - prior @ (mean - prior_mean)
        mean = mean + np.linalg.solve(precision, gradient)
    precision = (precision + precision.T) / 2
    return mean, precision, _rates(offsets + x @ mean)


def _rates(log_odds: FloatArray) -> FloatArray:
    return np.asarray(1.0 / (1.0 + np.exp(-np.clip(log_odds, -20, 20))))


def _note(
    records: MutableMapping[int, Record],
    key: int,
    reward: float,
    rate: float,
    scale: float,
    weight: float,
    sd: float,
) -> None:
    old = records.get(key, _NEW)
    information = old.information + weight * rate * (1 - rate)
    gain = weight * (reward - rate) / (sd**-2 + information) if sd else 0.0
    records[key] = Record(
        old.impressions + 1,
        old.clicks + weight * reward,
        old.expected + weight * scale,
        information,
        old.surplus + gain,
    )
