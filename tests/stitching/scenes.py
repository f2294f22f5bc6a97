"""Scenes drawn from noise, and a camera that photographs parts of them: truth without any file."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt


def cloth(seed: int, width: int = 1100, height: int = 800) -> npt.NDArray[np.uint8]:
    """A printed cloth: blots of many sizes on a woven ground, nowhere the same twice."""
    rng = np.random.default_rng(seed)
    picture = np.zeros((height, width, 3), np.float32)
    for sigma in (2, 6, 18, 50):
        noise = cv2.GaussianBlur(rng.normal(size=(height, width, 3)).astype(np.float32), (0, 0), sigma)
        picture += noise / noise.std() * 14 * sigma**0.3
    for _ in range(90):
        at = (int(rng.integers(width)), int(rng.integers(height)))
        colour = tuple(float(c) for c in rng.uniform(-70, 70, 3))
        mark = np.zeros_like(picture)
        axes = (int(rng.integers(8, 45)), int(rng.integers(6, 30)))
        cv2.ellipse(mark, at, axes, float(rng.uniform(0, 180)), 0, 360, colour, -1)
        picture += mark
    return np.clip(picture + 128, 5, 250).astype(np.uint8)


@dataclass
class Shot:
    """A photograph and where its pixels lie in the scene."""

    image: npt.NDArray[np.uint8]
    truth: npt.NDArray[np.float64]


def shoot(
    scene: npt.NDArray[np.uint8],
    centre: tuple[float, float],
    size: tuple[int, int] = (440, 420),
    turn: float = 0.0,
    zoom: float = 1.0,
    tilt: float = 0.0,
    gain: float = 1.0,
    gamma: float = 1.0,
    vignette: float = 0.0,
    noise: float = 1.5,
    seed: int = 0,
) -> Shot:
    """Photograph the part around `centre`; `turn` in degrees, `tilt` is the perspective across it."""
    width, height = size
    angle = np.deg2rad(turn)
    c, s = np.cos(angle) * zoom, np.sin(angle) * zoom
    back = np.array([[1, 0, -width / 2], [0, 1, -height / 2], [tilt / width, 0, 1 - tilt / 2]])
    truth = np.array([[c, -s, centre[0]], [s, c, centre[1]], [0, 0, 1]]) @ back
    flags = cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP
    seen = cv2.warpPerspective(scene, truth, size, flags=flags, borderMode=cv2.BORDER_REFLECT101)
    light = (seen.astype(np.float64) / 255) ** gamma * gain
    y, x = np.mgrid[:height, :width]
    light *= (1 - vignette * ((x / width - 0.5) ** 2 + (y / height - 0.5) ** 2) * 2)[..., None]
    light += np.random.default_rng(seed).normal(0, noise / 255, light.shape)
    return Shot((np.clip(light, 0, 1) * 255 + 0.5).astype(np.uint8), truth / truth[2, 2])


def packshot(
    seed: int,
    size: tuple[int, int] = (300, 360),
    ground: float = 236,
    where: tuple[float, float] = (0.5, 0.5),
) -> npt.NDArray[np.uint8]:
    """A dark product on a sweep whose light falls off."""
    rng = np.random.default_rng(seed)
    width, height = size
    y, x = np.mgrid[:height, :width]
    fall = ground - 16 * (y / height) ** 2 - 6 * (x / width)
    picture = np.repeat(fall[..., None], 3, 2)
    colour = rng.uniform(20, 160, 3)
    axes = (int(width * rng.uniform(0.15, 0.25)), int(height * rng.uniform(0.15, 0.3)))
    mask = np.zeros((height, width), np.uint8)
    cv2.ellipse(mask, (int(width * where[0]), int(height * where[1])), axes, 0, 0, 360, 1, -1)
    picture[mask > 0] = colour
    return np.clip(picture, 0, 255).astype(np.uint8)


def misplacement(shots: list[Shot], transforms: list[npt.NDArray[np.float64] | None]) -> float:
    """Mean distance, in pixels, between where result and truth put points of one picture in the next."""
    errors = []
    grid = np.array([[x, y, 1.0] for x in (80, 220, 360) for y in (80, 200, 340)])
    first = transforms[0]
    assert first is not None
    for shot, transform in zip(shots[1:], transforms[1:], strict=True):
        assert transform is not None
        found = grid @ (np.linalg.inv(transform) @ first).T
        true = grid @ (np.linalg.inv(shot.truth) @ shots[0].truth).T
        errors.append(np.linalg.norm(found[:, :2] / found[:, 2:] - true[:, :2] / true[:, 2:], axis=1).mean())
    return float(np.mean(errors))
