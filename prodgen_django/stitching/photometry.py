"""Stage 7: one light for all: gain, white balance, gamma and vignette of every picture, solved over the
whole graph."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from prodgen_django.common.arrays import Floats, Image, Matrix

from .canvas import enlarge_nodes
from .small import Small, overlap


@dataclass
class Light:
    """How one picture's light differs: corrected = exp((1 + gamma) · log(value) - gain + vignette · r(1 +
    0.15 r))."""

    gain: Matrix
    """Per channel, natural logarithm."""
    gamma: float = 0.0
    vignette: float = 0.0

    @property
    def identity(self) -> bool:
        return bool(np.abs(self.gain).max() < 1e-3 and abs(self.gamma) < 1e-3 and abs(self.vignette) < 1e-3)

    def apply(self, pixels: Image, radius: Floats) -> Floats:
        """Corrected float32 picture in 0..255 (not clipped above); `radius` is a grid of nodes over it."""
        out = cv2.LUT(pixels, self.table())
        field = self.field(radius)
        if field is not None:
            full = enlarge_nodes(field, (pixels.shape[1], pixels.shape[0]))
            cv2.multiply(out, cv2.merge([full, full, full]), out)
        return np.asarray(out, np.float32)

    def field(self, radius: Floats) -> Floats | None:
        """What the vignette took, as a factor at every node; None where it took nothing."""
        if abs(self.vignette) < 1e-3:
            return None
        return np.asarray(np.exp(np.float32(self.vignette) * falloff(radius)), np.float32)

    def table(self) -> Floats:
        """1 × 256 × 3: what each value of each channel becomes, before the vignette."""
        level = np.maximum(np.arange(256, dtype=np.float64), 0.25) / 255
        table = np.exp((1 + self.gamma) * np.log(level)[:, None] - self.gain) * 255
        table[0] = 0
        return np.asarray(table.astype(np.float32)[None], np.float32)


def falloff(radius: Floats) -> Floats:
    """What a vignette of 1 takes at a squared distance from the centre, as a logarithm."""
    # log(1 - v r) is -v r (1 + v r / 2 + ...): the second term at a common v of 0.3.
    return np.asarray(radius * (1 + 0.15 * radius), np.float32)


@dataclass
class Samples:
    """What two overlapping pictures show at the same places (K of them)."""

    first: int
    second: int
    """Their numbers."""
    a: Floats
    b: Floats
    """K×3 logarithms of the values, as parts of white."""
    radius_a: Floats
    radius_b: Floats
    """K squared distances from either picture's centre."""
    weight: Floats
    """K: less where the picture is steep, so that half a pixel of misplacement counts little."""


PER = 5
"""Unknowns a picture: gamma, three gains, vignette. One more for all: the common vignette."""
ROUNDS = 5
"""Of reweighting: the first two forgive more, since the start is no light at all."""


def solve(smalls: Sequence[Small], seed: int = 0, samples: int = 700) -> tuple[list[Light], dict[str, float]]:
    """Robust least squares over the samples of all overlaps.

    In logarithms every effect is linear: a camera that saw light L wrote log I = γ(log L) + log gain - v·r,
    so both sides of an overlap give one linear equation a channel and sample. Priors hold what the overlaps
    cannot tell.
    """
    rng = np.random.default_rng(seed)
    count = len(smalls)
    pairs = [
        found
        for i in range(count)
        for j in range(i + 1, count)
        if (found := _sampled(smalls, i, j, rng, samples)) is not None
    ]
    lights = [Light(np.zeros(3)) for _ in smalls]
    if not pairs:
        return lights, {}
    theta: Matrix = np.zeros(PER * count + 1)
    differences = []
    for round_ in range(ROUNDS):
        normal, right, typical = _equations(pairs, theta, forgiving=6.0 if round_ < 2 else 2.5)
        differences.append(typical)
        _hold(normal, count)
        theta = np.asarray(np.linalg.solve(normal, right), np.float64)
    for k, light in enumerate(lights):
        row = PER * k
        light.gamma = float(np.clip(theta[row], -0.6, 0.9))
        light.gain = np.clip(theta[row + 1 : row + 4], -1.5, 1.5)
        light.vignette = float(np.clip(theta[row + 4], -0.3, 0.9))
    _keep_the_whole(smalls, lights)
    before, after = differences[0], differences[-1]
    return lights, {"light_difference_before": round(before, 4), "light_difference_after": round(after, 4)}


def _sampled(
    smalls: Sequence[Small], i: int, j: int, rng: np.random.Generator, samples: int
) -> Samples | None:
    """Samples of the overlap of pictures i and j; None where they have next to none."""
    cut = overlap(smalls[i], smalls[j])
    if cut is None:
        return None
    ci, cj = cut
    mask = cv2.erode(np.minimum(smalls[i].mask[ci], smalls[j].mask[cj]), np.ones((3, 3), np.uint8)) > 0
    a = cv2.blur(smalls[i].pixels[ci], (3, 3)).astype(np.float32)
    b = cv2.blur(smalls[j].pixels[cj], (3, 3)).astype(np.float32)
    # Where colours clip, the channels no longer say anything about light.
    mask &= np.minimum.reduce(cv2.split(np.minimum(a, b))) > 6
    mask &= np.maximum.reduce(cv2.split(np.maximum(a, b))) < 249
    ys, xs = np.nonzero(mask)
    if len(ys) < 30:
        return None
    pick = np.sort(rng.choice(len(ys), min(samples, len(ys)), replace=False))
    at = ys[pick], xs[pick]
    luma = cv2.transform(a, np.full((1, 3), 1 / 3, np.float32))
    slope = np.abs(cv2.Sobel(luma, cv2.CV_32F, 1, 0)) + np.abs(cv2.Sobel(luma, cv2.CV_32F, 0, 1))
    weight = 1 / (1 + (slope[at] / (8 + 0.15 * luma[at])) ** 2)
    radii = smalls[i].radius[ci][at], smalls[j].radius[cj][at]
    return Samples(i, j, np.log(a[at] / 255), np.log(b[at] / 255), *radii, weight)


def _equations(pairs: Sequence[Samples], theta: Matrix, forgiving: float) -> tuple[Matrix, Matrix, float]:
    """The normal equations at `theta`, with Cauchy weights, and the typical difference there. A residual of `forgiving`
    times the noise counts half."""
    sigma, correlated = 0.02, 12.0
    normal, right = np.zeros((len(theta), len(theta))), np.zeros(len(theta))
    differences, weights = [], []
    for pair in pairs:
        y1, y2, r1, r2 = pair.a, pair.b, pair.radius_a, pair.radius_b
        one, other = PER * pair.first, PER * pair.second
        for c in range(3):
            design = np.stack(
                [y1[:, c], -np.ones(len(y1)), falloff(r1), -y2[:, c], np.ones(len(y1)), -falloff(r2)], 1
            )
            index = [one, one + 1 + c, one + 4, other, other + 1 + c, other + 4]
            known = (y1[:, c] - y2[:, c]).astype(np.float64)
            residual = known + design @ theta[index]
            # Noise in a logarithm grows as values fall.
            spread = sigma * (1 + 0.15 / np.exp(0.5 * (y1[:, c] + y2[:, c])))
            w = pair.weight / spread**2 / correlated / (1 + (residual / (forgiving * spread)) ** 2)
            normal[np.ix_(index, index)] += design.T @ (design * w[:, None])
            right[index] -= design.T @ (w * known)
            differences.append(residual)
            weights.append(w)
    every, all_weights = np.concatenate(differences), np.concatenate(weights)
    return normal, right, float(np.sqrt((all_weights * every**2).sum() / all_weights.sum()))


def _hold(normal: Matrix, count: int) -> None:
    """Add the priors: how far from none each effect is likely to be, as standard deviations."""
    gamma, gain, cast, vignette, common = 0.2, 0.5, 0.12, 0.12, 0.15
    for k in range(count):
        row = PER * k
        normal[row, row] += 1 / gamma**2
        gains = slice(row + 1, row + 4)
        normal[gains, gains] += np.eye(3) / gain**2 + (np.eye(3) - 1 / 3) / cast**2
        normal[row + 4, row + 4] += 1 / vignette**2
        normal[row + 4, -1] -= 1 / vignette**2
        normal[-1, row + 4] -= 1 / vignette**2
        normal[-1, -1] += 1 / vignette**2
    normal[-1, -1] += 1 / common**2
    # Flattening all pictures alike would shrink every difference: the mean gamma has to stay.
    gammas = np.arange(count) * PER
    normal[np.ix_(gammas, gammas)] += 1e6 / count


def _keep_the_whole(smalls: Sequence[Small], lights: Sequence[Light]) -> None:
    """The whole set may not become lighter or change its cast: the mean correction over all pictures is none; nor may
    the brighter ones lose their highlights."""
    shifts = [_mean_correction(s, light) for s, light in zip(smalls, lights, strict=True)]
    common = np.mean(shifts, 0)
    for light in lights:
        light.gain = light.gain + common
    for _ in range(6):  # 5 % darker at a time
        if np.mean([_clipped(s, light) for s, light in zip(smalls, lights, strict=True)]) < 0.01:
            break
        for light in lights:
            light.gain = light.gain + 0.05


def _mean_correction(small: Small, light: Light) -> Matrix:
    """Mean change of the logarithm of each channel by a correction, over the pixels that do not clip."""
    step = max(1, int(np.sqrt(small.mask.size / 2000)))
    pixels, mask = small.pixels[::step, ::step], small.mask[::step, ::step] > 0
    radius = small.radius[::step, ::step]
    mask &= (pixels.min(2) > 6) & (pixels.max(2) < 250)
    if not mask.any():
        return np.zeros(3)
    level = np.log(pixels[mask].astype(np.float64) / 255)
    change = light.gamma * level - light.gain + (light.vignette * falloff(radius[mask]))[:, None]
    return np.asarray(change.mean(0), np.float64)


def _clipped(small: Small, light: Light) -> float:
    """The share of pixels that a correction newly drives above white."""
    step = max(1, int(np.sqrt(small.mask.size / 4000)))
    pixels = np.ascontiguousarray(small.pixels[::step, ::step])
    corrected = light.apply(pixels, small.nodes)
    lost = (corrected.max(2) > 258) & (pixels.max(2) < 250) & (small.mask[::step, ::step] > 0)
    return float(lost.mean())
