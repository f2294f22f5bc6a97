"""The scene generator: light on a scene's ground, and what the product before it takes of that light.

A conditional GAN (pix2pix, arXiv 1611.07004): a U-Net that is shown the product, where the light would carry its
silhouette, and the lamp's own light as it is drawn; it adds what walls and floor send on, and finds depth, penumbra and
contact of the shadow. There is no luck in it: openings differ, and the product stays as it is.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn

from prodgen_django.gan.checkpoint import read_generator
from prodgen_django.gan.config import GanConfig
from prodgen_django.gan.unet import PatchNet, UNet
from prodgen_django.studio.color import Float

from .geometry import ALPHA, DIRECT, FLOOR, OWN, SCENE_PLANES

__all__ = ["LAMP", "SceneJudge", "SceneMaker", "SceneNet", "as_picture"]

LAMP = 0.7
"""The lamp's part of the light at the product's foot; the rest comes from the sky."""

_SKY = 0.24  # of 1, as `pairs.coded` writes it


class SceneNet(UNet):
    """(B, SCENE_PLANES, H, W) → (B, 4, H, W): light of the lamp and of the sky on the empty scene, as `pairs.coded`
    writes them, and the shares of both, 0 to 1, that the product leaves. Sides divide by 2 to the number of widths."""

    def __init__(self, config: GanConfig) -> None:
        super().__init__(config.widths, SCENE_PLANES, 4)

    def forward(self, planes: Tensor) -> Tensor:
        key, sky, left = super().forward(planes).split((1, 1, 2), 1)
        return torch.cat([planes[:, DIRECT] + key, sky + _SKY, torch.sigmoid(left + 3)], 1)


class SceneJudge(nn.Module):
    """Scenes (B, 4, H, W) as `SceneNet` makes them, with its planes → a score each (B,); higher looks more rendered. It
    sees the picture that they make, near and from afar."""

    def __init__(self, config: GanConfig) -> None:
        super().__init__()
        self.near, self.far = (PatchNet(config.widths[0], 6) for _ in range(2))

    def forward(self, scene: Tensor, planes: Tensor) -> Tensor:
        told = planes[:, [ALPHA, FLOOR, DIRECT.start]] * planes.new_tensor([1, 1, 0.5])[:, None, None]
        seen = torch.cat([as_picture(scene, planes), scene[:, :2] / 2, told], 1)
        return self.near(seen) + self.far(F.avg_pool2d(seen, 2))


def as_picture(scene: Tensor, planes: Tensor) -> Tensor:
    """The product in its scene, grey as paper of half albedo: (B, 1, H, W) in [-1, 1]."""
    key, sky = (scene[:, i : i + 1].clamp(-3, 3) for i in (0, 1))
    key, sky = (
        ((key - 0.6).exp() - 0.05).clamp_min(0),
        ((sky / 5).exp() - 0.05).clamp_min(0),
    )  # as `pairs.decoded`
    light = LAMP * key * scene[:, 2:3] + (1 - LAMP) * sky * scene[:, 3:4]
    ground = (0.5 * light).clamp(1e-4, 1) ** (1 / 2.2) * 2 - 1
    alpha = planes[:, ALPHA : ALPHA + 1] / 2 + 0.5
    return ground * (1 - alpha) + planes[:, OWN].mean(1, keepdim=True)


class SceneMaker:
    """Loaded weights, called with planes."""

    def __init__(self, net: nn.Module, config: GanConfig, card: dict[str, Any]) -> None:
        self.net = net.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.step, self.card = 2 ** len(config.widths), card

    @classmethod
    def load(cls, path: str | Path) -> SceneMaker:
        """Weights that the training wrote; raises `CheckpointError` for any other file."""
        return _load(Path(path))

    @torch.inference_mode()
    def __call__(self, planes: Float, rim: int = 0) -> Float:
        """float32 SCENE_PLANES×h×w → 4×h×w, as `SceneNet`. `rim`: pixels by which the scene is first carried on beyond
        its borders: light at the very border is truer then, shadows are not."""
        height, width = planes.shape[1:]
        pad = (rim, rim + -(width + 2 * rim) % self.step, rim, rim + -(height + 2 * rim) % self.step)
        x = F.pad(torch.from_numpy(planes)[None], pad, mode="replicate")
        return np.ascontiguousarray(self.net(x)[0, :, rim : rim + height, rim : rim + width].numpy())


@lru_cache(maxsize=2)
def _load(path: Path) -> SceneMaker:
    net, config, card = read_generator(path, "scene", SceneNet)
    return SceneMaker(net, config, card)
