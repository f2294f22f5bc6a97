"""The network whose features every figure here is measured in, and that inspects what is generated.

A small residual classifier, trained from scratch on the shop's kind of photographs by `train_extractor.py`. A
metric under another extractor is another metric, so its name carries the hash of its weights.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812
from numpy.typing import NDArray
from torch import Tensor, nn

from prodgen_django.common.weights import SHIPPED, CheckpointError, read_checkpoint

__all__ = ["SHIPPED_EXTRACTOR", "Extractor", "ExtractorNet"]

SHIPPED_EXTRACTOR = SHIPPED / "extractor.safetensors"

_SIDE = 64  # every picture is brought to this side first


class _Residual(nn.Module):
    def __init__(self, before: int, after: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(before, after, 3, stride, 1, bias=False)
        self.norm1 = nn.BatchNorm2d(after)
        self.conv2 = nn.Conv2d(after, after, 3, 1, 1, bias=False)
        self.norm2 = nn.BatchNorm2d(after)
        plain = stride == 1 and before == after
        self.skip = nn.Identity() if plain else nn.Conv2d(before, after, 1, stride, bias=False)
        nn.init.zeros_(self.norm2.weight)

    def forward(self, x: Tensor) -> Tensor:
        h = self.norm2(self.conv2(F.relu(self.norm1(self.conv1(x)))))
        return F.relu(self.skip(x) + h)


class ExtractorNet(nn.Module):
    """(B, 3, 64, 64) in [-1, 1] → features (B, 192) and class logits (B, classes)."""

    feature_mean: Tensor
    feature_std: Tensor

    def __init__(self, classes: int) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 32, 3, 1, 1, bias=False)
        self.norm = nn.BatchNorm2d(32)
        sizes = [(32, 32, 1), (32, 64, 2), (64, 128, 2), (128, 192, 2)]  # 64, 32, 16, 8 px
        self.blocks = nn.Sequential(*(_Residual(*size) for size in sizes))
        self.head = nn.Linear(192, classes)
        # Features leave standardised, so that no single one rules the distances; filled after training.
        self.register_buffer("feature_mean", torch.zeros(192))
        self.register_buffer("feature_std", torch.ones(192))

    def pooled(self, x: Tensor) -> Tensor:
        h = F.relu(self.norm(self.stem(x)))
        h = F.max_pool2d(h, 2)  # 32 px: the stem's own resolution is not worth its time
        return self.blocks(h).mean(dim=(2, 3))

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        h = self.pooled(x)
        return (h - self.feature_mean) / self.feature_std, self.head(h)


class Extractor:
    """Features and class probabilities of uint8 pictures of any size."""

    def __init__(self, net: ExtractorNet, labels: list[str], sha256: str, card: dict[str, Any]) -> None:
        self.net = net.eval().requires_grad_(False).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.labels, self.weights_sha256, self.card = labels, sha256, card

    @property
    def name(self) -> str:
        """`shop-clf-<first 12 digits of the weights' hash>`: belongs beside every figure."""
        return f"shop-clf-{self.weights_sha256[:12]}"

    @classmethod
    def load(cls, path: str | Path | None = None, device: str = "cpu") -> Extractor:
        """The shipped extractor, or another of the same make. Raises `CheckpointError` for a file that is
        none."""
        return _load(Path(path) if path else SHIPPED_EXTRACTOR, device)

    @torch.inference_mode()
    def __call__(
        self, images: NDArray[np.uint8], batch: int = 64
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """uint8 N×H×W×3 → features float32 N×192 and probabilities float32 N×classes."""
        device = self.net.head.weight.device
        features, probabilities = [], []
        for start in range(0, len(images), batch):
            chunk = torch.from_numpy(np.array(images[start : start + batch])).to(device)
            f, logits = self.net(to_side(chunk))
            features.append(f.float().cpu().numpy())
            probabilities.append(logits.float().softmax(1).cpu().numpy())
        if not features:
            return np.zeros((0, 192), np.float32), np.zeros((0, len(self.labels)), np.float32)
        return np.concatenate(features), np.concatenate(probabilities)


def to_side(images: Tensor) -> Tensor:
    """uint8 (B, H, W, 3) → float (B, 3, 64, 64) in [-1, 1], smoothed before it shrinks."""
    x = images.permute(0, 3, 1, 2).contiguous(memory_format=torch.channels_last).float() / 127.5 - 1
    if x.shape[2:] != (_SIDE, _SIDE):
        x = F.interpolate(x, (_SIDE, _SIDE), mode="bilinear", antialias=True, align_corners=False)
    return x


@lru_cache(maxsize=4)
def _load(path: Path, device: str) -> Extractor:
    tensors, card = read_checkpoint(path, "extractor")
    net = ExtractorNet(len(card["labels"]))
    try:
        net.load_state_dict({name: value.float() for name, value in tensors.items()})
    except RuntimeError as error:
        raise CheckpointError(
            "mismatch", f"the weights in {path.name} are not an extractor's: {error}"
        ) from error
    return Extractor(net.to(device), card["labels"], card["weights_sha256"], card)
