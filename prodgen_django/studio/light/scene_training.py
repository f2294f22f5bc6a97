"""The scene generator's adversarial training, judged on families of things that it never saw.

It learns from rendered pairs: the light on an empty scene and what a product leaves of it, met as they are, while the
discriminator looks at the picture that both make. Its figures are root mean square errors, beside those of light and
shadow as they are drawn without a network; it is offered only where it errs by 30 % less than the best of them.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any

import cv2
import numpy as np
import torch
from torch import Tensor, nn

from prodgen_django.gan import metrics as figures_of
from prodgen_django.gan.adversary import Given
from prodgen_django.gan.config import GanConfig
from prodgen_django.gan.extractor import Extractor
from prodgen_django.gan.running import Run
from prodgen_django.gan.sampling import autocast, picture_grid
from prodgen_django.studio.color import Float, Pixels

from . import figures
from .geometry import condition
from .pairs import Pairs, coded, decoded, from_byte
from .scene_net import SceneJudge, SceneNet, as_picture

__all__ = ["SCENE", "SceneRun"]

_MOST = 0.7  # of the best simple guess's error, for light and for shadow
_LEAST_CROP = 0.75
_EMPTY = 0.15  # of the scenes are shown without their product


_Example = tuple[Float, Float, Float]


class SceneRun(Run[Pairs]):
    """A generator of (condition, how much the shares of each pixel count)."""

    name = "scene"
    task = "scene"
    figure = "kid"  # among those that err little enough to be offered

    def networks(self) -> tuple[nn.Module, nn.Module]:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(self.config.seed)
            return SceneNet(self.config), SceneJudge(self.config)

    def draw(self, count: int, rng: torch.Generator) -> tuple[Tensor, Given]:
        chance = np.random.default_rng(int(torch.randint(2**62, (1,), generator=rng)))
        drawn = [
            _Part.by_chance(self.train_set, chance).example(self.config.resolution) for _ in range(count)
        ]
        return self._tensors(drawn)

    def generate(self, generator: Callable[..., Tensor], given: Given, rng: torch.Generator) -> Tensor:
        return generator(given[0])

    def score(self, discriminator: Callable[..., Tensor], images: Tensor, given: Given) -> Tensor:
        return discriminator(images, given[0])

    def distance(self, made: Tensor, real: Tensor, given: Given) -> Tensor:
        """Of the logarithms of light everywhere, and of the shares where the product hides nothing and there is light
        to take: there a large error counts more than many small ones."""
        weight = given[1]
        light = (made[:, :2] - real[:, :2]).abs().mean()
        error = made[:, 2:] - real[:, 2:]
        left = ((error.abs() + 2 * error.square()) * weight).sum() / weight.sum().clamp_min(1)
        return light + 2 * left

    def measure(self) -> dict[str, Any]:
        """`light` and `shadow`: errors beside the best simple guess's, `error` both as shares of it. `kid`: how
        far the pictures are from the rendered ones of the same scenes, less what these are from themselves (0: alike),
        `kid_drawn` the same of drawn light."""
        light: dict[str, list[figures.Sum]] = {"light": [], "light_drawn": []}
        shadow: dict[str, list[figures.Sum]] = {"shadow": [], "drawn": [], "ellipse": [], "none": []}
        data, drawn = self.held_out, self.drawn
        for (index, opening), scene in zip(self._picked, self._made, strict=True):
            light["light"].append(figures.light_error(data, index, opening, decoded(scene[:2])))
            guess = drawn.light(data, index, opening)
            light["light_drawn"].append(figures.light_error(data, index, opening, guess))
            if opening:
                continue
            guesses = {
                "shadow": scene[2:],
                "drawn": drawn.left(data, index),
                "ellipse": figures.ellipse(data, index),
                "none": np.ones_like(scene[2:]),
            }
            for name, left in guesses.items():
                shadow[name].append(figures.shadow_error(data, index, left))
        told = {name: figures.root(sums) for name, sums in (light | shadow).items()}
        told["light_over_drawn"] = told["light"] / max(told["light_drawn"], 1e-6)
        told["shadow_over_best"] = told["shadow"] / max(
            min(told["drawn"], told["ellipse"], told["none"]), 1e-6
        )
        told["error"] = (told["light_over_drawn"] + told["shadow_over_best"]) / 2
        told["kid"] = self._kid(self._made)
        return {**told, "kid_drawn": self._kid_drawn, "held_out": len(self._picked)}

    def verdict(self, metrics: dict[str, Any]) -> str | None:
        if not np.isfinite(metrics["error"]):
            return "The figures are not finite: the training diverged."
        for name in ("light_over_drawn", "shadow_over_best"):
            if metrics[name] > _MOST:
                what = name.split("_")[0]
                return (
                    f"The {what}'s error is {metrics[name]:.2f} of the drawn one's: {_MOST:.2f} is the most."
                )
        return None

    def contents(self) -> tuple[dict[str, Tensor], dict[str, Any]]:
        halves = {f"generator.{k}": v.half() for k, v in self.adversary.average.state_dict().items()}
        d = self.drawn
        return halves, {"drawn": {name: round(getattr(d, name), 4) for name in d.__slots__}}

    def sample_grid(self) -> Pixels:
        """Held-out scenes, two a row: rendered, made by the network, drawn."""
        picked = np.linspace(0, len(self._picked) - 1, min(12, len(self._picked))).astype(int)
        cells: list[Pixels] = []
        made = self._generated(picked)
        for at, scene in zip(picked, made, strict=True):
            index, opening = self._picked[int(at)]
            shown = np.stack([self._real[at], scene, self._guess(index, opening)])
            cells += list(_pictures(shown, self._held[int(at)][1]))
        return picture_grid(np.stack(cells), columns=6)

    @cached_property
    def drawn(self) -> figures.Drawn:
        """Fitted on the scenes that are learnt from."""
        return figures.Drawn.fitted(self.train_set)

    @cached_property
    def extractor(self) -> Extractor:
        return Extractor.load(device=str(self.device))

    @cached_property
    def _picked(self) -> list[tuple[int, int]]:
        """Held-out scenes and openings, evenly picked."""
        all_of = [(i, o) for i in range(len(self.held_out)) for o in range(3)]
        count = min(self.config.evaluate_samples, len(all_of))
        return [all_of[i] for i in np.linspace(0, len(all_of) - 1, count).astype(int)]

    @cached_property
    def _held(self) -> list[_Example]:
        return [_Part(self.held_out, i, o).example(self.held_out.side) for i, o in self._picked]

    @property
    def _real(self) -> list[Float]:
        return [row[0] for row in self._held]

    @property
    def _made(self) -> list[Float]:
        return self._generated(np.arange(len(self._picked)))

    @torch.inference_mode()
    def _generated(self, picked: np.ndarray[Any, Any]) -> list[Float]:
        """4×S×S each, by the averaged generator."""
        out: list[Float] = []
        for start in range(0, len(picked), 8):
            planes = np.stack([self._held[int(at)][1] for at in picked[start : start + 8]])
            with autocast(self.config, self.device):
                made = self.adversary.average(torch.from_numpy(planes).to(self.device)).float()
            out += list(made.cpu().numpy())
        return out

    def _guess(self, index: int, opening: int) -> Float:
        light = coded(*self.drawn.light(self.held_out, index, opening))
        return np.concatenate([light, self.drawn.left(self.held_out, index)])

    def _kid(self, scenes: list[Float]) -> float:
        real = self._real_features
        return figures_of.kid(real, self._features(scenes)) - figures_of.kid(real, real)

    def _features(self, scenes: list[Float]) -> np.ndarray[Any, Any]:
        told = (row[1] for row in self._held)
        seen = [_pictures(scene[None], planes) for scene, planes in zip(scenes, told, strict=True)]
        return self.extractor(np.concatenate(seen))[0]

    @cached_property
    def _real_features(self) -> np.ndarray[Any, Any]:
        return self._features(self._real)

    @cached_property
    def _kid_drawn(self) -> float:
        return self._kid([self._guess(i, o) for i, o in self._picked])

    def _tensors(self, drawn: list[_Example]) -> tuple[Tensor, Given]:
        real, planes, weight = (
            torch.from_numpy(np.stack(x)).to(self.device) for x in zip(*drawn, strict=True)
        )
        return real, (planes, weight)


class _Part:
    """A part of a scene, mirrored or not, through one of its openings, with its product or without."""

    def __init__(
        self, data: Pairs, index: int, opening: int, crop: tuple[slice, slice] = (slice(None), slice(None)),
        mirrored: bool = False, empty: bool = False,
    ) -> None:  # fmt: skip
        self.data, self.index, self.opening = data, index, opening
        self.crop, self.mirrored, self.empty = crop, mirrored, empty

    @classmethod
    def by_chance(cls, data: Pairs, chance: np.random.Generator) -> _Part:
        """Any; the crop leaves the product whole."""
        index, opening = int(chance.integers(len(data))), int(chance.integers(3))
        crop = _window(data.product[index, ..., 3], chance)
        return cls(data, index, opening, crop, bool(chance.random() < 0.5), bool(chance.random() < _EMPTY))

    def example(self, side: int) -> _Example:
        """The scene (4×S×S), what the network is told, and how much the shares of each pixel count (2×S×S)."""
        data, i = self.data, self.index
        product = self._sized(data.product[i], side)
        light = data.light(i).mirrored() if self.mirrored else data.light(i)
        key_byte = self._sized(data.key[i, self.opening], side)
        key, sky = from_byte(key_byte), from_byte(self._sized(data.sky[i], side))
        left = self._sized(data.left[i], side).astype(np.float32).transpose(2, 0, 1) / 255
        if self.empty:
            product, left = np.zeros_like(product), np.ones_like(left)
        alpha = product[..., 3].astype(np.float32) / 255
        floor = self._sized(data.floor[i], side).astype(np.float32) / 255
        direct = from_byte(self._sized(data.direct[i, self.opening], side))
        planes = condition(product[..., :3], alpha, floor, light, direct)
        free = 1 - alpha
        weight = np.stack([free * (key_byte > 5), free])  # light of 0.02 and less is none
        return np.concatenate([coded(key, sky), left]), planes, weight.astype(np.float32)

    def _sized(self, plane: Pixels, side: int) -> Pixels:
        part = plane[self.crop]
        part = part[:, ::-1] if self.mirrored else part
        if part.shape[:2] == (side, side):
            return np.ascontiguousarray(part)
        way = cv2.INTER_AREA if len(part) > side else cv2.INTER_LINEAR
        return np.asarray(cv2.resize(np.ascontiguousarray(part), (side, side), interpolation=way), np.uint8)


def _window(alpha: Pixels, chance: np.random.Generator) -> tuple[slice, slice]:
    """A square part of a picture that holds all of the product."""
    side = len(alpha)
    size = round(side * float(chance.uniform(_LEAST_CROP, 1)))
    ways = []
    for axis in (1, 0):
        there = np.flatnonzero((alpha > 0).any(axis))
        first, last = (int(there[0]), int(there[-1]) + 1) if len(there) else (0, 0)
        size = max(size, last - first)
        ways.append((first, last))
    starts = [int(chance.integers(max(0, last - size), min(first, side - size) + 1)) for first, last in ways]
    return slice(starts[0], starts[0] + size), slice(starts[1], starts[1] + size)


def _pictures(scenes: Float, planes: Float) -> Pixels:
    """Scenes N×4×S×S of one condition as grey pictures, uint8 N×S×S×3."""
    grey = as_picture(torch.from_numpy(scenes), torch.from_numpy(planes)[None]).numpy()[:, 0]
    return np.repeat(np.rint(grey.clip(-1, 1) * 127.5 + 127.5).astype(np.uint8)[..., None], 3, -1)


SCENE = GanConfig(
    name="scene-256",
    architecture="fill",
    resolution=256,
    widths=(24, 48, 64, 96, 128),
    conditional=False,
    batch=8,
    images=60_000,
    learning_rate=(4e-4, 3e-5),
    beta1=0.5,
    beta2=(0.99, 0.99),
    gamma=(1.0, 1.0),
    ema_images=2_000,
    adversarial=0.03,
    adversarial_from=0.4,
    reconstruction=1.0,
    balance=0.0,
    augment_max=0.0,
    evaluate_every=4_000,
    evaluate_samples=300,
)
