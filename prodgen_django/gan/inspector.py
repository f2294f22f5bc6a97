"""Does a generated picture look like what it was asked to be?

A linear discriminant in the extractor's feature space, fitted on the very photos that a generator learnt
from, so that it knows a shop's own labels whatever the extractor was trained on.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

__all__ = ["Inspector"]


class Inspector:
    """`classify(features)` gives the probability of each label."""

    def __init__(self, weight: NDArray[np.float32], bias: NDArray[np.float32]) -> None:
        self.weight, self.bias = weight, bias  # (classes, features), (classes,)

    @classmethod
    def fit(
        cls, features: NDArray[Any], targets: NDArray[Any], classes: int, shrinkage: float = 0.2
    ) -> Inspector:
        """Class means under one shared covariance, shrunk towards a sphere so that few photos suffice."""
        width = features.shape[1]
        overall = features.mean(0)
        means = np.stack(
            [features[targets == c].mean(0) if (targets == c).any() else overall for c in range(classes)]
        ).astype(np.float64)
        inside = features.astype(np.float64) - means[targets]
        covariance = inside.T @ inside / max(1, len(features) - 1)
        covariance = (1 - shrinkage) * covariance + shrinkage * (
            np.trace(covariance) / width + 1e-6
        ) * np.eye(width)
        weight = np.linalg.solve(covariance, means.T).T
        bias = -0.5 * (weight * means).sum(1)
        return cls(weight.astype(np.float32), bias.astype(np.float32))

    def classify(self, features: NDArray[Any]) -> NDArray[np.float32]:
        """float N×D → probabilities float32 N×classes."""
        logits = features @ self.weight.T + self.bias
        logits -= logits.max(axis=1, keepdims=True)
        values = np.exp(logits)
        return values / values.sum(axis=1, keepdims=True)

    def tensors(self) -> dict[str, Tensor]:
        """For a checkpoint."""
        return {
            "inspector.weight": torch.from_numpy(self.weight),
            "inspector.bias": torch.from_numpy(self.bias),
        }
