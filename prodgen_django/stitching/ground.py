"""The light of a bundle: one ground for all pictures, how each is brought to it, and what was done to which."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from .learned import Correction, harmonise
from .options import Image, StitchOptions
from .subject import Subject, background

Array = npt.NDArray[np.float32]
Colour = npt.NDArray[np.float64]

RANGE, CAST = 1.6, 1.4
"""What light can do to a backdrop: a factor in brightness, and one channel against another. Beyond, it is
another backdrop, and what would turn it into the common one would dye the product."""
DARK = (30.0, 70.0)
"""(from, over): a dark ground says little about the light on the product, below 30 nothing."""
APART = 8.0
"""Grey levels from which two backgrounds are seen to differ."""


@dataclass
class Lighting:
    """What is done to one picture's light.

    Attributes:
        rule: `background` (its plain ground becomes the common one), `brightness` (a scene comes part of the
            way to the common brightness), `own` (another backdrop: left as it is) or `off`.
        ground: the common RGB.
        gain: RGB factors at the picture's middle.
        trust: how much of the ground's gain the product gets, 0 to 1.
        bounded: whether the rule would have gone further than its bounds allow.
        correction: the network's, where one was asked.
        apart: grey levels by which a plain background still differs from the common one.
    """

    rule: str
    ground: Colour
    gain: Colour = field(default_factory=lambda: np.ones(3))
    trust: float = 1.0
    bounded: bool = False
    correction: Correction | None = None
    apart: float = 0.0

    def apply(self, image: Image, subject: Subject) -> Array:
        """The picture (RGB uint8, at any size) under the common light: float32, at most 255."""
        pixels = image.astype(np.float32)
        if self.rule == "background":
            behind = background(subject.field, image.shape[1], image.shape[0])
            wanted = self.ground.astype(np.float32)
            gain = np.clip(wanted / np.maximum(behind, 8), 1 / RANGE, RANGE)
            if self.trust < 1:
                away = np.abs(pixels - behind).max(2)
                gain = gain**self.trust
                pixels *= gain
                # Where the picture is its ground, that becomes the common one all the same.
                pixels += np.clip(1 - away / 24, 0, 1)[..., None] * (wanted - behind * gain)
            else:
                pixels *= gain
        elif self.rule == "brightness":
            pixels *= self.gain.astype(np.float32)
        if self.correction is not None:
            pixels = self.correction.apply(pixels, image)
        return np.asarray(np.clip(pixels, 0, 255), np.float32)

    @property
    def report(self) -> dict[str, Any]:
        return {
            "rule": self.rule,
            "gain": [round(float(g), 3) for g in self.gain],
            "bounded": self.bounded,
            "network": self.correction is not None,
            "apart": round(self.apart, 1),
        }


def alike(colour: Colour, other: Colour) -> bool:
    """Whether light alone can make one ground of the other (the 12 levels are for near-black)."""
    ratio = (other + 12) / (colour + 12)
    return bool(ratio.min() >= 1 / RANGE and ratio.max() <= RANGE and ratio.max() / ratio.min() <= CAST)


def common_ground(found: Sequence[Subject], options: StitchOptions) -> Colour:
    """The caller's colour, else the middle one of the largest group of plain grounds that are alike (near
    white becomes white), else white where that group is no majority."""
    if options.background != "auto":
        return np.array(options.background, np.float64)
    plain = [s.colour for s in found if s.plain]
    groups = [[other for other in plain if alike(colour, other)] for colour in plain]
    largest = max(groups, key=len, default=[])
    if not largest or len(largest) * 2 < len(found):
        return np.full(3, 255.0)
    colour = np.median(np.stack(largest), 0)
    return np.full(3, 255.0) if colour.min() > 243 else np.asarray(colour, np.float64)


def lighting(
    images: Sequence[Image], found: Sequence[Subject], columns: int, options: StitchOptions
) -> list[Lighting]:
    """What is to be done to each picture; `columns` pictures stand in a row."""
    ground = common_ground(found, options)
    if not options.harmonise:
        return [Lighting("off", ground, apart=_apart(s, s.colour, ground)) for s in found]
    levels = [brightness(image) for image in images]
    level = float(np.median(levels))
    lights = [_rule(s, own, level, ground) for s, own in zip(found, levels, strict=True)]
    if (network := options.network()) is not None:
        lit = [_small(image, s, light) for image, s, light in zip(images, found, lights, strict=True)]
        for light, correction in zip(lights, harmonise(lit, columns, network), strict=True):
            if light.rule != "background":  # a plain ground is the common one already
                light.correction = correction
    return lights


def _rule(subject: Subject, own: float, level: float, ground: Colour) -> Lighting:
    if not subject.plain:
        wanted = (level / own) ** 0.4
        gain = float(np.clip(wanted, 0.87, 1.15))
        return Lighting("brightness", ground, np.full(3, gain), bounded=bool(abs(gain - wanted) > 1e-9))
    if not alike(subject.colour, ground):
        return Lighting("own", ground, apart=_apart(subject, subject.colour, ground))
    behind = background(subject.field, 33, 33).astype(np.float64)
    ratio: Colour = ground / np.maximum(behind, 8)
    gains = np.clip(ratio, 1 / RANGE, RANGE)
    trust = float(np.clip((subject.colour.max() - DARK[0]) / DARK[1], 0, 1))
    return Lighting(
        "background",
        ground,
        gains[16, 16] ** trust,
        trust,
        bool((gains != ratio).mean() > 0.02),
        apart=_apart(subject, np.median((behind * gains).reshape(-1, 3), 0), ground) if trust == 1 else 0.0,
    )


def _apart(subject: Subject, colour: Colour, ground: Colour) -> float:
    return float(np.abs(colour - ground).max()) if subject.plain else 0.0


def _small(image: Image, subject: Subject, light: Lighting, side: int = 192) -> Image:
    scale = min(1.0, side / max(image.shape[:2]))
    size = (max(8, round(image.shape[1] * scale)), max(8, round(image.shape[0] * scale)))
    small = np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)
    return np.asarray(np.round(light.apply(small, subject)), np.uint8)


def brightness(image: Image) -> float:
    """Geometric mean of the grey levels."""
    return float(np.exp(np.log(np.maximum(image[::8, ::8].mean(2), 4)).mean()))


def warnings(found: Sequence[Subject], lights: Sequence[Lighting], mode: str) -> list[str]:
    """Sentences about the pictures whose background stays apart from the others'."""
    said = []
    if other := [n for n, light in enumerate(lights, 1) if light.apart > APART and light.rule != "off"]:
        said.append(
            f"Picture {_listed(other)} stands on another background and keeps it, as no light explains the "
            "difference. Photograph it on the same ground as the others, or cut it out."
        )
    busy = [n for n, s in enumerate(found, 1) if not s.plain]
    if busy and len(busy) * 2 < len(found) and mode != "column":  # a column shows scenes between packshots
        said.append(
            f"The background of picture {_listed(busy)} is not plain and stays as it is. Photograph it on the "
            "same ground as the others, or cut it out."
        )
    return said


def _listed(numbers: Sequence[int]) -> str:
    return ", ".join(str(n) for n in numbers)
