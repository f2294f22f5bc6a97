"""Adversarial losses and the two gradient penalties.

- Paired relativistic loss: Jolicoeur-Martineau, "The relativistic discriminator" (arXiv 1807.00734); with R1
and R2 it
  converges locally and keeps modes: Huang, Gokaslan, Kuleshov, Tompkin, "The GAN is dead; long live the GAN!"
  (R3GAN, arXiv 2501.05441).
- R1, R2: Mescheder, Geiger, Nowozin, "Which training methods for GANs do actually converge?" (arXiv
1801.04406).
- Binary cross-entropy, non-saturating: Goodfellow et al. (arXiv 1406.2661), the article's own.

Scores are float tensors of shape (B,); row i of `real` and of `fake` are of one class.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor

__all__ = ["discriminator_loss", "generator_loss", "gradient_penalty"]


def discriminator_loss(kind: str, real: Tensor, fake: Tensor) -> Tensor:
    """Scalar to be lowered by the discriminator. `kind`: relativistic or bce."""
    if kind == "relativistic":
        return F.softplus(fake - real).mean()
    return F.softplus(-real).mean() + F.softplus(fake).mean()


def generator_loss(kind: str, real: Tensor, fake: Tensor) -> Tensor:
    """Scalar to be lowered by the generator."""
    if kind == "relativistic":
        return F.softplus(real - fake).mean()
    return F.softplus(-fake).mean()


def gradient_penalty(images: Tensor, scores: Tensor) -> Tensor:
    """Zero-centred penalty ½·‖∂score/∂image‖², a scalar. R1 on real images, R2 on generated ones.

    `images` (B, C, H, W) must have required gradients before `scores` (B,) were computed.
    """
    (gradient,) = torch.autograd.grad(scores.sum(), images, create_graph=True)
    return 0.5 * gradient.float().square().sum(dim=(1, 2, 3)).mean()
