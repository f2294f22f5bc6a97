"""The image-conditioned generator that draws into a membrane, and its discriminator.

Generator: a U-Net that returns the membrane while it is untrained. Discriminator: of patches. `inpainting_training.py`
trains them.
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

from prodgen_django.gan.checkpoint import read_generator
from prodgen_django.gan.config import GanConfig
from prodgen_django.gan.unet import PatchNet, UNet

__all__ = ["FillNet", "HoleNet", "Inpainter"]


class FillNet(UNet):
    """(membrane (B, 3, H, W) in [-1, 1], hole (B, 1, H, W) 0 or 1) → filled (B, 3, H, W); sides divide by
    2 to the number of widths."""

    def __init__(self, config: GanConfig, classes: int = 1) -> None:
        super().__init__(config.widths, 4, 3)

    def forward(self, smooth: Tensor, hole: Tensor) -> Tensor:  # type: ignore[override]
        return smooth + super().forward(torch.cat([smooth, hole], 1)) * hole


class HoleNet(PatchNet):
    """(picture (B, 3, H, W), hole (B, 1, H, W)) → one score a picture (B,)."""

    def __init__(self, config: GanConfig, classes: int = 1) -> None:
        super().__init__(config.widths[0], 4)

    def forward(self, x: Tensor, hole: Tensor) -> Tensor:  # type: ignore[override]
        return super().forward(torch.cat([x, hole], 1))


class Inpainter:
    """Loaded weights, called with a membrane."""

    def __init__(self, net: nn.Module, config: GanConfig, card: dict[str, Any]) -> None:
        self.net = net.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.step, self.card = 2 ** len(config.widths), card

    @classmethod
    def load(cls, path: str | Path) -> Inpainter:
        """Weights that `train_inpainter` wrote; raises `CheckpointError` for any other file."""
        return _load(Path(path))

    @torch.inference_mode()
    def __call__(self, smooth: NDArray[np.float32], hole: NDArray[np.bool_]) -> NDArray[np.float32]:
        """float32 H×W×3 in 0..255 as `membrane` gives it → the same with the hole drawn."""
        height, width = hole.shape
        pad = (0, -width % self.step, 0, -height % self.step)
        x = torch.from_numpy(smooth).permute(2, 0, 1)[None] / 127.5 - 1
        m = torch.from_numpy(hole)[None, None].float()
        x, m = F.pad(x, pad, mode="replicate"), F.pad(m, pad)
        filled = self.net(x, m)[0, :, :height, :width]
        return ((filled.permute(1, 2, 0) + 1) * 127.5).contiguous().numpy()


@lru_cache(maxsize=2)
def _load(path: Path) -> Inpainter:
    net, config, card = read_generator(path, "inpaint", FillNet)
    return Inpainter(net, config, card)
