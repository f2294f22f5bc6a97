"""The shadow network's training: the GAN's own run, without a discriminator; judged on families it never saw.

The figure is the root mean square error of the light multiplier inside the shadow, beside those of no shadow, of a
blurred ellipse and of the drawn shadow (`shadow.standing`), whose softness and depth are fitted on the training scenes.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any

import cv2
import numpy as np
import torch
from torch import Tensor, nn

from prodgen_django.gan.adversary import Given
from prodgen_django.gan.config import GanConfig
from prodgen_django.gan.running import Run
from prodgen_django.gan.sampling import autocast, picture_grid
from prodgen_django.studio.color import Float, Pixels
from prodgen_django.studio.shadow import standing

from .geometry import shadow_planes
from .pairs import Pairs, from_byte
from .shadow_net import ShadowNet

__all__ = ["LAMP", "ShadowRun", "multiplier", "shadow_error"]

LAMP = 0.7
"""The lamp's part of the light at the product's foot; the rest comes from the sky."""

_SHADOW = 0.97  # where less is left, there is a shadow


def multiplier(key_left: Float, sky_left: Float, key: Float | float = 1.0, sky: Float | float = 1.0) -> Float:
    """What is left of lamp and sky together, by how much each gives to a place."""
    lamp, rest = LAMP * key, (1 - LAMP) * sky
    return np.asarray((lamp * key_left + rest * sky_left) / np.maximum(lamp + rest, 1e-6), np.float32)


class ShadowRun(Run[Pairs]):
    """A network of planes."""

    name = "shadow"
    task = "shadow"
    figure = "rmse"

    def networks(self) -> tuple[nn.Module, nn.Module]:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(self.config.seed)
            # Nobody judges: an optimizer wants something to hold all the same.
            return ShadowNet(self.config), nn.Linear(1, 1)

    def draw(self, count: int, rng: torch.Generator) -> tuple[Tensor, Given]:
        chance = np.random.default_rng(int(torch.randint(2**62, (1,), generator=rng)))
        planes, truth, weight = [], [], []
        for index in chance.integers(0, len(self.train_set), count):
            p, t, w = _example(self.train_set, int(index), bool(chance.random() < 0.5))
            planes.append(p)
            truth.append(t)
            weight.append(w)
        return self._tensor(truth), (self._tensor(planes), self._tensor(weight))

    def generate(self, generator: Callable[..., Tensor], given: Given, rng: torch.Generator) -> Tensor:
        return generator(given[0])

    def score(self, discriminator: Callable[..., Tensor], images: Tensor, given: Given) -> Tensor:
        raise NotImplementedError("there is one true shadow: no discriminator is asked")

    def distance(self, made: Tensor, real: Tensor, given: Given) -> Tensor:
        """Absolute and squared error of the shares where the product hides nothing and there is light to take."""
        weight = given[1]
        error = made.sigmoid() - real
        return ((error.abs() + 2 * error.square()) * weight).sum() / weight.sum().clamp_min(1)

    def measure(self) -> dict[str, Any]:
        held = self.held_out
        picked = np.linspace(0, len(held) - 1, min(self.config.evaluate_samples, len(held))).astype(int)
        made = self._made(picked)
        errors: dict[str, list[tuple[float, int]]] = {"rmse": [], "drawn": [], "ellipse": [], "none": []}
        for index, left in zip(picked, made, strict=True):
            guesses = {
                "rmse": left,
                "drawn": drawn(held, int(index), *self.fitted),
                "ellipse": ellipse(held, int(index)),
                "none": np.ones_like(left),
            }
            for name, guess in guesses.items():
                errors[name].append(shadow_error(held, int(index), guess))
        told = {name: _root(pairs) for name, pairs in errors.items()}
        best = min(told["drawn"], told["ellipse"], told["none"])
        return {**told, "over_best": told["rmse"] / best, "held_out": len(picked)}

    def verdict(self, metrics: dict[str, Any]) -> str | None:
        if not np.isfinite(metrics["rmse"]):
            return "The figures are not finite: the training diverged."
        if metrics["over_best"] > 0.7:
            return f"Its error is {metrics['over_best']:.2f} of a drawn shadow's: 0.70 is the most."
        return None

    def contents(self) -> tuple[dict[str, Tensor], dict[str, Any]]:
        halves = {f"generator.{k}": v.half() for k, v in self.adversary.average.state_dict().items()}
        return halves, {"drawn": dict(zip(("softness", "depth"), self.fitted, strict=True))}

    def sample_grid(self) -> Pixels:
        """Rows of a held-out product, the true light, the network's, the drawn one's."""
        held = self.held_out
        picked = np.linspace(0, len(held) - 1, min(8, len(held))).astype(int)
        cells: list[Pixels] = []
        for index, left in zip(picked, self._made(picked), strict=True):
            true = held.left[index].transpose(2, 0, 1).astype(np.float32) / 255
            guesses = (np.ones_like(true), true, left, drawn(held, int(index), *self.fitted))
            cells += [composed(held, int(index), guess) for guess in guesses]
        return picture_grid(np.stack(cells), columns=4)

    @cached_property
    def fitted(self) -> tuple[float, float]:
        """Softness and depth with which the drawn shadow errs least on training scenes."""
        data = self.train_set
        picked = np.linspace(0, len(data) - 1, min(40, len(data))).astype(int)

        def error(softness: float, depth: float) -> float:
            return _root([shadow_error(data, int(i), drawn(data, int(i), softness, depth)) for i in picked])

        tried = [(error(s, d), s, d) for s in (0.4, 0.7, 1.0, 1.5) for d in (0.5, 0.75, 1.0, 1.35)]
        return min(tried)[1:]

    @torch.inference_mode()
    def _made(self, picked: np.ndarray[Any, Any]) -> list[Float]:
        out: list[Float] = []
        for start in range(0, len(picked), 8):
            planes = [_example(self.held_out, int(i), False)[0] for i in picked[start : start + 8]]
            with autocast(self.config, self.device):
                left = self.adversary.average(self._tensor(planes)).float().sigmoid()
            out += list(left.cpu().numpy())
        return out

    def _tensor(self, planes: list[Float]) -> Tensor:
        return torch.from_numpy(np.stack(planes)).to(self.device)


def _example(data: Pairs, index: int, mirrored: bool) -> tuple[Float, Float, Float]:
    """Planes, the true shares (2×S×S), and how much each counts."""
    product, floor, left, key = data.product[index], data.floor[index], data.left[index], data.key[index]
    light = data.light(index)
    if mirrored:
        product, floor, left, key = (np.ascontiguousarray(x[:, ::-1]) for x in (product, floor, left, key))
        light = light.mirrored()
    alpha = product[..., 3].astype(np.float32) / 255
    planes = shadow_planes(product[..., :3], alpha, floor.astype(np.float32) / 255, light)
    free = 1 - alpha
    weight = np.stack([free * (key > 5), free])  # light of 0.02 and less is none
    return planes, left.transpose(2, 0, 1).astype(np.float32) / 255, weight.astype(np.float32)


def drawn(data: Pairs, index: int, softness: float, depth: float) -> Float:
    """The drawn shadow's guess of the multiplier, as shares of lamp and sky."""
    alpha = data.product[index, ..., 3].astype(np.float32) / 255
    light = data.light(index)
    left = 1 - np.clip(standing(alpha, (light.right, light.up), softness) * depth, 0, 1)
    return np.stack([left, left])


def ellipse(data: Pairs, index: int) -> Float:
    """A blurred ellipse under the product, as many shops paste it."""
    alpha = data.product[index, ..., 3]
    rows, columns = np.flatnonzero((alpha > 127).any(1)), np.flatnonzero((alpha > 127).any(0))
    plane = np.zeros(alpha.shape, np.float32)
    if len(rows):
        width = len(columns)
        middle = (int(columns.mean()), int(rows[-1]))
        cv2.ellipse(
            plane, middle, (max(1, round(0.5 * width)), max(1, round(0.09 * width))), 0, 0, 360, 1.0, -1
        )
        plane = cv2.GaussianBlur(plane, (0, 0), max(0.8, 0.04 * width)) * 0.5
    return np.stack([1 - plane, 1 - plane])


def shadow_error(data: Pairs, index: int, guess: Float) -> tuple[float, int]:
    """Sum of squared errors of the multiplier inside the true shadow and the guessed one, beside the product, and the
    number of pixels."""
    key, sky = from_byte(data.key[index]), from_byte(data.sky[index])
    left = data.left[index].astype(np.float32) / 255
    true = multiplier(left[..., 0], left[..., 1], key, sky)
    mine = multiplier(guess[0], guess[1], key, sky)
    inside = ((true < _SHADOW) | (mine < _SHADOW)) & (data.product[index, ..., 3] < 3)
    return float(np.square(true - mine)[inside].sum()), int(
        (true < _SHADOW)[data.product[index, ..., 3] < 3].sum()
    )


def composed(data: Pairs, index: int, left: Float) -> Pixels:
    """The scene as it would look in grey, uint8 S×S×3."""
    key, sky = from_byte(data.key[index]), from_byte(data.sky[index])
    light = 0.5 * (LAMP * key * left[0] + (1 - LAMP) * sky * left[1])
    ground = np.clip(light, 0, 1) ** (1 / 2.2) * 255
    product = data.product[index].astype(np.float32)
    share = product[..., 3:] / 255
    return np.rint(product[..., :3] * share + ground[..., None] * (1 - share)).astype(np.uint8)


def _root(pairs: list[tuple[float, int]]) -> float:
    """Root mean square, all pixels of all scenes alike."""
    total, count = np.array(pairs, np.float64).sum(0)
    return float(np.sqrt(total / max(count, 1)))


SHADOW = GanConfig(
    name="shadow-256",
    architecture="fill",
    resolution=256,
    widths=(24, 48, 64, 96, 128),
    conditional=False,
    batch=8,
    images=60_000,
    learning_rate=(1e-3, 5e-5),
    beta1=0.9,
    beta2=(0.99, 0.99),
    ema_images=2_000,
    adversarial=0.0,
    reconstruction=1.0,
    balance=0.0,
    augment_max=0.0,
    evaluate_every=4_000,
    evaluate_samples=120,
)
