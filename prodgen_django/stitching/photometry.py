"""Stage 7: one light for all: gain, white balance, gamma and vignette of every picture, solved over the
whole graph."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np
import numpy.typing as npt

from .canvas import Warp, enlarge_nodes
from .options import Image

Array = npt.NDArray[np.float32]


@dataclass
class Small:
    """A picture drawn over its box at the small canvas' size."""

    warp: Warp
    box: tuple[int, int, int, int]
    pixels: Image
    mask: npt.NDArray[np.uint8]
    nodes: Array
    """Squared distance from the picture's centre, on a grid of nodes (see `Warp.radius`)."""

    @cached_property
    def radius(self) -> Array:
        return enlarge_nodes(self.nodes, (self.mask.shape[1], self.mask.shape[0]))


@dataclass
class Light:
    """How one picture's light differs: corrected = exp((1 + gamma) · log(value) - gain + vignette · r(1 +
    0.15 r))."""

    gain: npt.NDArray[np.float64]
    """Per channel, natural logarithm."""
    gamma: float = 0.0
    vignette: float = 0.0

    @property
    def identity(self) -> bool:
        return bool(np.abs(self.gain).max() < 1e-3 and abs(self.gamma) < 1e-3 and abs(self.vignette) < 1e-3)

    def apply(self, pixels: Image, radius: Array) -> Array:
        """Corrected float32 picture in 0..255 (not clipped above); `radius` is a grid of nodes over it."""
        out = cv2.LUT(pixels, self.table())
        field = self.field(radius)
        if field is not None:
            full = enlarge_nodes(field, (pixels.shape[1], pixels.shape[0]))
            cv2.multiply(out, cv2.merge([full, full, full]), out)
        return np.asarray(out, np.float32)

    def field(self, radius: Array) -> Array | None:
        """What the vignette took, as a factor at every node; None where it took nothing."""
        if abs(self.vignette) < 1e-3:
            return None
        return np.asarray(np.exp(np.float32(self.vignette) * _bend(radius)), np.float32)

    def table(self) -> Array:
        """1 × 256 × 3: what each value of each channel becomes, before the vignette."""
        level = np.maximum(np.arange(256, dtype=np.float64), 0.25) / 255
        table = np.exp((1 + self.gamma) * np.log(level)[:, None] - self.gain) * 255
        table[0] = 0
        return np.asarray(table.astype(np.float32)[None], np.float32)


def _bend(radius: Array) -> Array:
    # log(1 - v r) is -v r (1 + v r / 2 + ...): the second term at a common v of 0.3.
    return np.asarray(radius * (1 + 0.15 * radius), np.float32)


def draw_small(images: Sequence[Image], warps: Sequence[Warp], shrink: float) -> list[Small]:
    drawn = []
    for warp in warps:
        box = warp.box_at(shrink)
        pixels, mask = warp.draw(warp.source(images[warp.index], shrink), box, shrink, cubic=False)
        if mask is None:
            mask = np.full(pixels.shape[:2], 255, np.uint8)
        drawn.append(Small(warp, box, pixels, mask, warp.radius(box, shrink)))
    return drawn


def overlap(a: Small, b: Small) -> tuple[tuple[slice, slice], tuple[slice, slice]] | None:
    """The common box, as slices into both, or None."""
    left, top = max(a.box[0], b.box[0]), max(a.box[1], b.box[1])
    right, bottom = min(a.box[2], b.box[2]), min(a.box[3], b.box[3])
    if right - left < 2 or bottom - top < 2:
        return None

    def cut(s: Small) -> tuple[slice, slice]:
        return slice(top - s.box[1], bottom - s.box[1]), slice(left - s.box[0], right - s.box[0])

    return cut(a), cut(b)


def solve(smalls: Sequence[Small], seed: int = 0, samples: int = 700) -> tuple[list[Light], dict[str, float]]:
    """Robust least squares over the samples of all overlaps.

    In logarithms every effect is linear: a camera that saw light L wrote log I = γ(log L) + log gain - v·r,
    so both sides of an overlap give one linear equation a channel and sample. Priors hold what the overlaps
    cannot tell.
    """
    rng = np.random.default_rng(seed)
    count = len(smalls)
    rows: list[tuple[int, int, Array, Array, Array, Array, Array]] = []
    for i in range(count):
        for j in range(i + 1, count):
            cut = overlap(smalls[i], smalls[j])
            if cut is None:
                continue
            ci, cj = cut
            mask = (
                cv2.erode(np.minimum(smalls[i].mask[ci], smalls[j].mask[cj]), np.ones((3, 3), np.uint8)) > 0
            )
            a = cv2.blur(smalls[i].pixels[ci], (3, 3)).astype(np.float32)
            b = cv2.blur(smalls[j].pixels[cj], (3, 3)).astype(np.float32)
            # Where colours clip, the channels no longer say anything about light.
            mask &= np.minimum.reduce(cv2.split(np.minimum(a, b))) > 6
            mask &= np.maximum.reduce(cv2.split(np.maximum(a, b))) < 249
            ys, xs = np.nonzero(mask)
            if len(ys) < 30:
                continue
            pick = np.sort(rng.choice(len(ys), min(samples, len(ys)), replace=False))
            at = ys[pick], xs[pick]
            luma = cv2.transform(a, np.full((1, 3), 1 / 3, np.float32))
            slope = np.abs(cv2.Sobel(luma, cv2.CV_32F, 1, 0)) + np.abs(cv2.Sobel(luma, cv2.CV_32F, 0, 1))
            weight = 1 / (1 + (slope[at] / (8 + 0.15 * luma[at])) ** 2)
            rows.append(
                (
                    i,
                    j,
                    np.log(a[at] / 255),
                    np.log(b[at] / 255),
                    smalls[i].radius[ci][at],
                    smalls[j].radius[cj][at],
                    weight,
                )
            )
    lights = [Light(np.zeros(3)) for _ in smalls]
    if not rows:
        return lights, {}
    per = 5  # gamma, three gains, vignette
    size = per * count + 1  # and the common vignette
    sigma, correlated = 0.02, 12.0
    theta: npt.NDArray[np.float64] = np.zeros(size)
    before = after = 0.0
    for round_ in range(5):
        normal, right = np.zeros((size, size)), np.zeros(size)
        differences, weights = [], []
        for i, j, y1, y2, r1, r2, base in rows:
            for c in range(3):
                design = np.stack(
                    [y1[:, c], -np.ones(len(y1)), _bend(r1), -y2[:, c], np.ones(len(y1)), -_bend(r2)], 1
                )
                index = [per * i, per * i + 1 + c, per * i + 4, per * j, per * j + 1 + c, per * j + 4]
                known = (y1[:, c] - y2[:, c]).astype(np.float64)
                residual = known + design @ theta[index]
                # Noise in a logarithm grows as values fall.
                spread = sigma * (1 + 0.15 / np.exp(0.5 * (y1[:, c] + y2[:, c])))
                scale = 2.5 if round_ > 1 else 6.0
                w = base / spread**2 / correlated / (1 + (residual / (scale * spread)) ** 2)
                normal[np.ix_(index, index)] += design.T @ (design * w[:, None])
                right[index] -= design.T @ (w * known)
                differences.append(residual)
                weights.append(w)
        every, all_weights = np.concatenate(differences), np.concatenate(weights)
        typical = float(np.sqrt((all_weights * every**2).sum() / all_weights.sum()))
        before = typical if round_ == 0 else before
        after = typical
        for k in range(count):
            row = per * k
            normal[row, row] += 1 / 0.2**2
            gains = slice(row + 1, row + 4)
            normal[gains, gains] += np.eye(3) / 0.5**2 + (np.eye(3) - 1 / 3) / 0.12**2
            normal[row + 4, row + 4] += 1 / 0.12**2
            normal[row + 4, -1] -= 1 / 0.12**2
            normal[-1, row + 4] -= 1 / 0.12**2
            normal[-1, -1] += 1 / 0.12**2
        normal[-1, -1] += 1 / 0.15**2
        # Flattening all pictures alike would shrink every difference: the mean gamma has to stay.
        gammas = np.arange(count) * per
        normal[np.ix_(gammas, gammas)] += 1e6 / count
        theta = np.asarray(np.linalg.solve(normal, right), np.float64)
    for k, light in enumerate(lights):
        row = per * k
        light.gamma = float(np.clip(theta[row], -0.6, 0.9))
        light.gain = np.clip(theta[row + 1 : row + 4], -1.5, 1.5)
        light.vignette = float(np.clip(theta[row + 4], -0.3, 0.9))
    # Nor may the whole set become lighter or change its cast: the mean correction over all pictures is none.
    shifts = [_mean_correction(s, light) for s, light in zip(smalls, lights, strict=True)]
    common = np.mean(shifts, 0)
    for light in lights:
        light.gain = light.gain + common
    for _ in range(6):  # 5 % darker at a time, while the brighter pictures would lose their highlights
        if np.mean([_clipped(s, light) for s, light in zip(smalls, lights, strict=True)]) < 0.01:
            break
        for light in lights:
            light.gain = light.gain + 0.05
    return lights, {"light_difference_before": round(before, 4), "light_difference_after": round(after, 4)}


def _mean_correction(small: Small, light: Light) -> npt.NDArray[np.float64]:
    """Mean change of the logarithm of each channel by a correction, over the pixels that do not clip."""
    step = max(1, int(np.sqrt(small.mask.size / 2000)))
    pixels, mask = small.pixels[::step, ::step], small.mask[::step, ::step] > 0
    radius = small.radius[::step, ::step]
    mask &= (pixels.min(2) > 6) & (pixels.max(2) < 250)
    if not mask.any():
        return np.zeros(3)
    level = np.log(pixels[mask].astype(np.float64) / 255)
    change = light.gamma * level - light.gain + (light.vignette * _bend(radius[mask]))[:, None]
    return np.asarray(change.mean(0), np.float64)


def _clipped(small: Small, light: Light) -> float:
    """The share of pixels that a correction newly drives above white."""
    step = max(1, int(np.sqrt(small.mask.size / 4000)))
    pixels = np.ascontiguousarray(small.pixels[::step, ::step])
    corrected = light.apply(pixels, small.nodes)
    lost = (corrected.max(2) > 258) & (pixels.max(2) < 250) & (small.mask[::step, ::step] > 0)
    return float(lost.mean())
