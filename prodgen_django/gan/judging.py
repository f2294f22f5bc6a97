"""Measures a generator in training on photographs that no step has seen."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from prodgen_django.gan import metrics
from prodgen_django.gan.config import GanConfig
from prodgen_django.gan.dataset import PhotoDataset
from prodgen_django.gan.extractor import Extractor
from prodgen_django.gan.inspector import Inspector
from prodgen_django.gan.sampling import render

__all__ = ["Judge"]

_MOST = 4_000  # photos whose features are kept, evenly picked


class Judge:
    """Features of the photos are worked out once; every judgement then draws the same luck, so that they
    compare."""

    def __init__(
        self, config: GanConfig, train: PhotoDataset, held_out: PhotoDataset, extractor: Extractor
    ) -> None:
        self.config, self.extractor = config, extractor
        self.train_features, targets = self._features(train)
        self.held_features, self.held_targets = self._features(held_out)
        self.inspector = Inspector.fit(self.train_features, targets, len(train.labels))

    def _features(self, data: PhotoDataset) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        pick = np.linspace(0, len(data) - 1, min(len(data), _MOST)).astype(int)
        images = data.images[pick]
        if self.config.channels == 1:  # a grey generator is judged against grey photos
            grey = np.rint(images @ np.array([0.299, 0.587, 0.114])).astype(np.uint8)
            images = np.repeat(grey[..., None], 3, axis=3)
        return self.extractor(images)[0], data.targets[pick]

    def __call__(self, generator: nn.Module, device: torch.device, samples: int, seed: int) -> dict[str, Any]:
        """All of `metrics.judge`, and `class_agreement`: how often the inspector sees the label that was
        asked for.

        Labels are as frequent as among the held-out photos, so that like is compared with like.
        """
        rng = torch.Generator().manual_seed(seed)
        targets = torch.from_numpy(self.held_targets)
        labels = targets[torch.randint(len(targets), (samples,), generator=rng)]
        z = torch.randn(samples, self.config.latent, generator=rng)
        generated, _ = self.extractor(render(generator, z, labels, self.config, device))
        found = metrics.judge(generated, self.train_features, self.held_features, self.extractor)
        guesses = self.inspector.classify(generated).argmax(1)
        return found | {"class_agreement": float((guesses == labels.numpy()).mean())}
