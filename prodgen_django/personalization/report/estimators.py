"""What another policy would have earned, judged on the log of the one that ran.

Three estimators over the same arrays, one entry an event:

- IPS: each reward weighted by target / logging propensity. Unbiased, noisy.
- SNIPS (Swaminathan & Joachims, NIPS 2015): IPS divided by the mean weight. Slightly biased, much less noisy.
- DR, doubly robust (Dudík et al., ICML 2011): a model's forecast plus the weighted error of the forecast. Right where
  either the propensities or the model is.

NumPy only.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
#: Fewer effective events than this make no estimate, only a number.
FEWEST = 50


@dataclass(frozen=True)
class Estimate:
    """A policy's mean reward an event, with an interval of 95 %."""

    value: float
    low: float
    high: float
    #: Events that carry the estimate: Kish's effective number (Σw)²/Σw².
    effective: float
    events: int

    @property
    def is_enough(self) -> bool:
        return self.effective >= FEWEST


@dataclass(frozen=True)
class Log:
    """Events as arrays of equal length.

    `rewards`: 0/1 or any number. `logging`: the propensity of what was shown, in (0, 1]. `target`: the probability
    with which the policy to judge would have shown it. `forecast_shown`, `forecast_target`: a model's mean reward of
    what was shown, and of what the policy to judge would show (its own probabilities averaged over all candidates).
    `clusters`: events of one visitor, whose rewards go together, have the same number; None: every event by itself.
    Raises ValueError for arrays of other lengths, and for something shown with a propensity of 0.
    """

    rewards: ArrayLike
    logging: ArrayLike
    target: ArrayLike
    forecast_shown: ArrayLike | None = None
    forecast_target: ArrayLike | None = None
    clusters: ArrayLike | None = None

    def __post_init__(self) -> None:
        count = len(np.asarray(self.rewards))
        for name in ("logging", "target", "forecast_shown", "forecast_target", "clusters"):
            value = getattr(self, name)
            if value is not None and len(np.asarray(value)) != count:
                raise ValueError(f"{name} has {len(np.asarray(value))} entries, rewards {count}")
        if count and np.asarray(self.logging).min() <= 0:
            raise ValueError("what was shown had a propensity above 0")

    def array(self, name: str) -> Floats:
        return np.asarray(getattr(self, name), dtype=float)

    @property
    def weights(self) -> Floats:
        return self.array("target") / self.array("logging")


def ips(log: Log) -> Estimate:
    """Inverse propensity scoring."""
    return _ratio(log, log.array("rewards") * log.weights, np.ones(len(log.weights)))


def snips(log: Log) -> Estimate:
    """Self-normalised inverse propensity scoring."""
    return _ratio(log, log.array("rewards") * log.weights, log.weights)


def doubly_robust(log: Log) -> Estimate:
    """Doubly robust. Raises ValueError where the log has no forecasts."""
    if log.forecast_shown is None or log.forecast_target is None:
        raise ValueError("doubly robust estimates need forecasts")
    errors = log.array("rewards") - log.array("forecast_shown")
    return _ratio(log, log.array("forecast_target") + log.weights * errors, np.ones(len(log.weights)))


def estimate_all(log: Log) -> dict[str, Estimate]:
    """Every estimate that the log allows."""
    found = {"ips": ips(log), "snips": snips(log)}
    if log.forecast_shown is not None and log.forecast_target is not None:
        found["dr"] = doubly_robust(log)
    return found


def _ratio(log: Log, numerator: Floats, denominator: Floats) -> Estimate:
    """Σ numerator / Σ denominator with the interval of the linearised ratio (delta method), by clusters."""
    total, weights = denominator.sum(), log.weights
    if not len(numerator) or not total:
        return Estimate(float("nan"), float("nan"), float("nan"), 0.0, len(numerator))
    value = numerator.sum() / total
    residuals = (numerator - value * denominator) / total
    if log.clusters is not None:
        _keys, places = np.unique(np.asarray(log.clusters), return_inverse=True)
        residuals = np.bincount(places, weights=residuals)
    count = len(residuals)
    error = np.sqrt((residuals**2).sum() * count / (count - 1)) if count > 1 else float("inf")
    squares = float((weights**2).sum())
    effective = float(weights.sum() ** 2 / squares) if squares else 0.0
    low, high = value - 1.96 * error, value + 1.96 * error
    return Estimate(float(value), float(low), float(high), effective, len(numerator))
