"""The light generator's adversarial training: what falls on an empty scene, bare, through a window, blinds or leaves.

The catalogue generator's networks, shown where the floor is and where the light comes from. It makes two planes, the
lamp's light and the sky's, as `pairs.coded` writes them; which colours they take on is no matter of the network's.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any

import cv2
import numpy as np
import torch
from torch import Tensor

from prodgen_django.gan import metrics as figures
from prodgen_django.gan.adversary import Given
from prodgen_django.gan.config import GanConfig
from prodgen_django.gan.extractor import Extractor
from prodgen_django.gan.running import Run
from prodgen_django.gan.sampling import autocast, picture_grid
from prodgen_django.studio.color import Float, Pixels

from .geometry import GUIDES, Light, guide_planes
from .pairs import KINDS, Pairs, coded, decoded, from_byte
from .shadow_training import LAMP

__all__ = ["SCENE", "SceneRun"]

_LEAST_CROP = 0.72


class SceneRun(Run[Pairs]):
    """A generator of (luck, kind of opening, guides)."""

    name = "scene"
    task = "scene"
    figure = "kid"

    def draw(self, count: int, rng: torch.Generator) -> tuple[Tensor, Given]:
        chance = np.random.default_rng(int(torch.randint(2**62, (1,), generator=rng)))
        drawn = [_example(self.train_set, self.config.resolution, chance) for _ in range(count)]
        return self._tensors(drawn)

    def generate(self, generator: Callable[..., Tensor], given: Given, rng: torch.Generator) -> Tensor:
        z = torch.randn(len(given[0]), self.config.latent, generator=rng).to(self.device)
        return generator(z, *given)

    def score(self, discriminator: Callable[..., Tensor], images: Tensor, given: Given) -> Tensor:
        # Guides are the same on both sides: loud ones would drown the difference.
        return discriminator(images, given[0], 0.3 * given[1])

    def measure(self) -> dict[str, Any]:
        """The GAN's figures on scenes of held-out families, seen as grey pictures; and `guided`, how much better each
        generated light fits its own guides' true light than another's (1: no better)."""
        real, given = self._held
        made = self._generated(given, self.config.seed + 1)
        generated = self.extractor(_seen(made))[0]
        found = figures.judge(generated, self._train_features, self._held_features, self.extractor)
        away = (made - real).abs().mean((1, 2, 3))
        # The next of the same kind: what its own guides are worth beyond the kind.
        other = torch.cat([_turned(real[given[0] == k]) for k in range(len(KINDS))])
        mine = torch.cat([made[given[0] == k] for k in range(len(KINDS))])
        return found | {"guided": float(away.mean() / (mine - other).abs().mean())}

    def verdict(self, metrics: dict[str, Any]) -> str | None:
        return figures.verdict(metrics)

    def contents(self) -> tuple[dict[str, Tensor], dict[str, Any]]:
        return {f"generator.{k}": v.half() for k, v in self.adversary.average.state_dict().items()}, {}

    def sample_grid(self) -> Pixels:
        """Held-out scenes in rows, a kind each: the true light, then three of the generator's."""
        real, given = self._held
        rows: list[Pixels] = []
        for kind in range(len(KINDS)):
            at = (given[0] == kind).nonzero().flatten()[:2]
            one = tuple(x[at] for x in given)
            shown = [real[at], *(self._generated(one, 100 + n) for n in range(3))]
            rows.append(_seen(torch.stack(shown, 1).flatten(0, 1)))
        return picture_grid(np.concatenate(rows), columns=8)

    @cached_property
    def extractor(self) -> Extractor:
        return Extractor.load(device=str(self.device))

    @cached_property
    def _held(self) -> tuple[Tensor, Given]:
        chance = np.random.default_rng(self.config.seed)
        count = self.config.evaluate_samples
        return self._tensors(
            [_example(self.held_out, self.config.resolution, chance, n) for n in range(count)]
        )

    @cached_property
    def _held_features(self) -> np.ndarray[Any, Any]:
        return self.extractor(_seen(self._held[0]))[0]

    @cached_property
    def _train_features(self) -> np.ndarray[Any, Any]:
        chance = np.random.default_rng(self.config.seed)
        drawn = [_example(self.train_set, self.config.resolution, chance, n) for n in range(800)]
        return self.extractor(_seen(self._tensors(drawn)[0]))[0]

    @torch.inference_mode()
    def _generated(self, given: Given, seed: int) -> Tensor:
        z = torch.randn(len(given[0]), self.config.latent, generator=torch.Generator().manual_seed(seed))
        parts = []
        for start in range(0, len(z), 16):
            chunk = [x[start : start + 16] for x in (z.to(self.device), *given)]
            with autocast(self.config, self.device):
                parts.append(self.adversary.average(*chunk).float())
        return torch.cat(parts).clamp(-3, 3)

    def _tensors(self, drawn: list[tuple[Float, int, Float]]) -> tuple[Tensor, Given]:
        real, guides = (torch.from_numpy(np.stack([row[i] for row in drawn])).to(self.device) for i in (0, 2))
        labels = torch.tensor([row[1] for row in drawn]).to(self.device)
        return real.contiguous(memory_format=torch.channels_last), (labels, guides)


def _example(
    data: Pairs, side: int, chance: np.random.Generator, kind: int | None = None
) -> tuple[Float, int, Float]:
    """Light (2×S×S, coded), its kind and guides, of a part of a scene; kinds are equally frequent."""
    wanted = int(chance.integers(len(KINDS))) if kind is None else kind % len(KINDS)
    index, light, floor = _scene(data, wanted, chance)
    crop = _window(data.side, chance)
    planes = np.stack([light[crop], data.sky[index][crop], floor[crop]], -1)
    planes = cv2.resize(planes, (side, side), interpolation=cv2.INTER_AREA).astype(np.float32) / 255
    lamp: Light = data.light(index)
    if chance.random() < 0.5:
        planes, lamp = np.ascontiguousarray(planes[:, ::-1]), lamp.mirrored()
    key, sky = from_byte(planes[..., 0] * 255), from_byte(planes[..., 1] * 255)
    return coded(key, sky), wanted, guide_planes(planes[..., 2], lamp)


def _scene(data: Pairs, kind: int, chance: np.random.Generator) -> tuple[int, Pixels, Pixels]:
    """A scene that has light of this kind: its index, the lamp's light, its floor."""
    if kind == 0:
        index = int(chance.integers(len(data)))
        return index, data.key[index], data.floor[index]
    rows, places = np.nonzero(data.kinds == kind)
    at = int(chance.integers(len(rows)))
    return int(rows[at]), data.patterns[rows[at], places[at]], data.floor[rows[at]]


def _window(side: int, chance: np.random.Generator) -> tuple[slice, slice]:
    size = round(side * float(chance.uniform(_LEAST_CROP, 1)))
    top, left = chance.integers(0, side - size + 1, 2)
    return slice(top, top + size), slice(left, left + size)


def _turned(x: Tensor) -> Tensor:
    return x.roll(1, 0)


def _seen(light: Tensor) -> Pixels:
    """As grey pictures, uint8 N×S×S×3: a ground of half albedo under lamp and sky."""
    key, sky = decoded(light.transpose(0, 1).cpu().numpy())
    grey = 0.5 * (LAMP * key + (1 - LAMP) * sky)
    pixels = np.rint(np.clip(grey, 0, 1) ** (1 / 2.2) * 255).astype(np.uint8)
    return np.repeat(pixels[..., None], 3, -1)


SCENE = GanConfig(
    name="scene-64",
    resolution=64,  # light has no fine detail: it is enlarged to whatever the picture wants
    channels=2,
    guides=GUIDES,
    widths=(128, 128, 96, 48),
    images=120_000,
    # Faster, the generator outruns the discriminator from the start: its scores stayed flat for 30,000 images.
    learning_rate=(3e-4, 5e-5),
    gamma=(0.3, 0.1),
    ema_images=3_000,
    flip=False,
    balance=0.0,
    augment_max=0.0,
    evaluate_every=6_000,
    evaluate_samples=256,
)
