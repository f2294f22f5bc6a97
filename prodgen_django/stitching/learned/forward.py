"""SeamLight without torch: the same arithmetic with NumPy, so that stitching neither imports nor loads torch
(which costs more time and memory than the stitch itself)."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from .grids import BIAS, GAIN, LIFT, PREFERENCE

Array = npt.NDArray[np.float32]
Weights = Mapping[str, Array]


def conv(x: Array, weights: Weights, name: str, stride: int = 1) -> Array:
    """C × H × W with zero padding as the kernel's size asks (none for the 4×4 patches)."""
    kernel, bias = weights[f"{name}.weight"], weights[f"{name}.bias"]
    out, _, size, _ = kernel.shape
    if size == 1:
        return np.asarray(
            (kernel[:, :, 0, 0] @ x.reshape(len(x), -1)).reshape(out, *x.shape[1:]) + bias[:, None, None]
        )
    pad = 1 if size == 3 else 0
    padded = np.pad(x, ((0, 0), (pad, pad), (pad, pad))) if pad else x
    windows = np.lib.stride_tricks.sliding_window_view(padded, (size, size), (1, 2))[:, ::stride, ::stride]
    height, width = windows.shape[1:3]
    columns = windows.transpose(0, 3, 4, 1, 2).reshape(-1, height * width)
    product = kernel.reshape(out, -1) @ columns
    return np.asarray(product.reshape(out, height, width) + bias[:, None, None])


def relu(x: Array) -> Array:
    return np.maximum(x, 0)


def block(x: Array, weights: Weights, name: str) -> Array:
    inner = relu(conv(relu(x), weights, f"{name}.narrow"))
    return x + conv(relu(conv(inner, weights, f"{name}.mix")), weights, f"{name}.widen")


def double(x: Array) -> Array:
    return x.repeat(2, 1).repeat(2, 2)


def seam_light(view: Array, weights: Weights) -> tuple[Array, Array]:
    """One view (14 × 128 × 128 float32) to its grids (9 × 8 × 8) and log preference (128 × 128), bounded."""
    fine = conv(view, weights, "patch", 4)
    for number in range(2):
        fine = block(fine, weights, f"fine.{number}")
    middle = conv(relu(fine), weights, "down1", 2)
    for number in range(2):
        middle = block(middle, weights, f"middle.{number}")
    coarse = conv(relu(middle), weights, "down2", 2)
    for number in range(2):
        coarse = block(coarse, weights, f"coarse.{number}")
    whole = relu(coarse).mean((1, 2), keepdims=True)
    whole = conv(relu(conv(whole, weights, "whole.0")), weights, "whole.1")
    coarse = block(coarse + whole, weights, "last")
    grids = conv(relu(coarse), weights, "grids")
    middle = block(middle + double(conv(relu(coarse), weights, "up2")), weights, "join2")
    fine = block(fine + double(conv(relu(middle), weights, "up1")), weights, "join1")
    cells = conv(relu(fine), weights, "preference")  # 16 × 32 × 32, 4×4 pixels of each cell
    side = cells.shape[1] * 4
    preference = cells.reshape(4, 4, cells.shape[1], -1).transpose(2, 0, 3, 1).reshape(side, -1)
    bounds = np.repeat(np.array([GAIN, BIAS, LIFT], np.float32), 3)[:, None, None]
    return (
        np.asarray(bounds * np.tanh(grids / bounds), np.float32),
        np.asarray(PREFERENCE * np.tanh(preference / PREFERENCE), np.float32),
    )
