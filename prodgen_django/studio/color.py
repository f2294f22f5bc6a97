"""Colours as light and as people see them: linear light, CIE Lab, CIEDE2000, and the palette of a picture."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

Float = npt.NDArray[np.floating[Any]]
Pixels = npt.NDArray[np.uint8]

_PALETTE_SIDE = 160  # a palette of 25,000 pixels is that of the picture
_BINS = 5  # bits a channel, so that like colours count together before clustering


def to_lab(pixels: Pixels) -> Float:
    """sRGB uint8 ...×3 to CIE Lab (D65), float32: L 0 to 100, a and b about -128 to 127."""
    shape = pixels.shape
    flat = np.ascontiguousarray(pixels.reshape(1, -1, 3), dtype=np.float32) / np.float32(255)
    return cv2.cvtColor(flat, cv2.COLOR_RGB2Lab).reshape(shape)


def linear(coded: Float) -> Float:
    """sRGB to linear light, both with white at 1: float32 of the same shape. Source: IEC 61966-2-1."""
    coded = np.asarray(coded, np.float32)
    return np.where(coded <= 0.04045, coded / 12.92, ((coded + 0.055) / 1.055) ** 2.4).astype(np.float32)


def srgb(light: Float) -> Float:
    """Linear light to sRGB, both with white at 1: float32 of the same shape; what is negative becomes 0."""
    x = np.clip(light, 0, None)
    coded = np.where(x <= 0.0031308, 12.92 * x, 1.055 * np.maximum(x, 1e-9) ** (1 / 2.4) - 0.055)
    return coded.astype(np.float32)


def ciede2000(first: Float, second: Float) -> Float:
    """The CIEDE2000 difference of two Lab arrays ...×3; 1 is about what a trained eye just sees.

    Source: Sharma, Wu and Dalal 2005, "The CIEDE2000 color-difference formula".
    """
    l1, a1, b1 = np.moveaxis(first.astype(np.float64), -1, 0)
    l2, a2, b2 = np.moveaxis(second.astype(np.float64), -1, 0)
    c_mean7 = ((np.hypot(a1, b1) + np.hypot(a2, b2)) / 2) ** 7
    g = 0.5 * (1 - np.sqrt(c_mean7 / (c_mean7 + 25.0**7)))
    a1, a2 = (1 + g) * a1, (1 + g) * a2
    c1, c2 = np.hypot(a1, b1), np.hypot(a2, b2)
    h1, h2 = np.degrees(np.arctan2(b1, a1)) % 360, np.degrees(np.arctan2(b2, a2)) % 360
    grey = c1 * c2 == 0
    turn = np.where(grey, 0.0, (h2 - h1 + 180) % 360 - 180)
    d_l, d_c = l2 - l1, c2 - c1
    d_h = 2 * np.sqrt(c1 * c2) * np.sin(np.radians(turn / 2))
    l_mean, c_mean = (l1 + l2) / 2, (c1 + c2) / 2
    h_sum = h1 + h2
    h_mean = np.where(
        np.abs(h1 - h2) <= 180, h_sum / 2, np.where(h_sum < 360, (h_sum + 360) / 2, (h_sum - 360) / 2)
    )
    h_mean = np.where(grey, h_sum, h_mean)
    t = (
        1
        - 0.17 * np.cos(np.radians(h_mean - 30))
        + 0.24 * np.cos(np.radians(2 * h_mean))
        + 0.32 * np.cos(np.radians(3 * h_mean + 6))
        - 0.20 * np.cos(np.radians(4 * h_mean - 63))
    )
    s_l = 1 + 0.015 * (l_mean - 50) ** 2 / np.sqrt(20 + (l_mean - 50) ** 2)
    s_c = 1 + 0.045 * c_mean
    s_h = 1 + 0.015 * c_mean * t
    c7 = c_mean**7
    r_t = -2 * np.sqrt(c7 / (c7 + 25.0**7)) * np.sin(np.radians(60 * np.exp(-(((h_mean - 275) / 25) ** 2))))
    total = (d_l / s_l) ** 2 + (d_c / s_c) ** 2 + (d_h / s_h) ** 2 + r_t * (d_c / s_c) * (d_h / s_h)
    return np.sqrt(np.maximum(total, 0)).astype(np.float32)


def palette(image: Pixels, alpha: Float | None = None, n: int = 5) -> list[str]:
    """The `n` colours (fewer where there are fewer) that a picture is made of, as "#rrggbb", largest first.

    `image`: uint8 H×W×3. `alpha`: float H×W in [0, 1]; where given, only what it covers counts.
    """
    colors, shares = _clusters(image, alpha, n)
    return ["#{:02x}{:02x}{:02x}".format(*color) for color in colors[np.argsort(-shares, kind="stable")]]


def style_tags(image: Pixels, alpha: Float | None = None) -> list[str]:
    """Plain words for the look of a picture: one each of light/medium/dark, warm/neutral/cool,
    vivid/soft/muted.

    Arguments as for `palette`. The words are stable: personalisation keeps tastes under them.
    """
    colors, shares = _clusters(image, alpha, 8)
    lab = to_lab(colors[None])[0]
    lightness = float(lab[:, 0] @ shares)
    chroma = np.hypot(lab[:, 1], lab[:, 2])
    # Warm colours lie towards red and yellow: the axis at 60 degrees of hue. Greys have no say.
    warmth = float((lab[:, 1] * 0.5 + lab[:, 2] * 0.866) @ shares)
    # A small vivid product makes a vivid picture: the strongest third of the colours decides.
    vividness = float(np.sqrt(chroma**2 @ shares))
    return [
        "light" if lightness > 72 else "dark" if lightness < 40 else "medium",
        "warm" if warmth > 5 else "cool" if warmth < -3 else "neutral",
        "vivid" if vividness > 32 else "muted" if vividness < 12 else "soft",
    ]


def _clusters(image: Pixels, alpha: Float | None, n: int) -> tuple[Pixels, npt.NDArray[np.float64]]:
    """Colours uint8 k×3 and their shares, by k-means in Lab over a colour histogram; no random start."""
    scale = min(1.0, _PALETTE_SIDE / max(image.shape[:2]))
    size = (max(1, round(image.shape[1] * scale)), max(1, round(image.shape[0] * scale)))
    small = cv2.resize(image, size, interpolation=cv2.INTER_AREA).reshape(-1, 3)
    weight = np.ones(len(small))
    if alpha is not None:
        weight = cv2.resize(alpha, size, interpolation=cv2.INTER_AREA).reshape(-1).astype(np.float64)
        weight[weight < 0.5] = 0
        if weight.sum() == 0:
            weight[:] = 1
    keys = (small >> (8 - _BINS)).astype(np.int64) @ np.array([1 << 2 * _BINS, 1 << _BINS, 1])
    _, which = np.unique(keys[weight > 0], return_inverse=True)
    used, kept = small[weight > 0].astype(np.float64), weight[weight > 0]
    mass = np.bincount(which, kept)
    mean = np.stack([np.bincount(which, kept * used[:, c]) for c in range(3)], axis=1) / mass[:, None]
    lab = to_lab(np.rint(mean).astype(np.uint8)[None])[0].astype(np.float64)
    centres, shares, nearest = _k_means(lab, mass, n)
    rgb = np.stack(
        [
            np.average(mean[nearest == k], axis=0, weights=mass[nearest == k])
            if (nearest == k).any()
            else mean[0]
            for k in range(len(centres))
        ]
    )
    return np.rint(rgb[shares > 0]).astype(np.uint8), shares[shares > 0]


def palette_centres(
    lab: Float, weight: npt.NDArray[np.float64], n: int
) -> tuple[Float, npt.NDArray[np.float64]]:
    """At most `n` centres (float32 k×3) of Lab colours k×3, with their shares of the weight."""
    keys = (np.floor(lab / 4).astype(np.int64) + 64) @ np.array([1 << 16, 1 << 8, 1])
    _, which = np.unique(keys, return_inverse=True)
    mass = np.bincount(which, weight)
    mean = np.stack([np.bincount(which, weight * lab[:, c]) for c in range(3)], axis=1) / mass[:, None]
    centres, shares, _ = _k_means(mean, mass, n)
    return centres.astype(np.float32), shares


def _k_means(
    lab: npt.NDArray[np.float64], mass: npt.NDArray[Any], n: int
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64], npt.NDArray[np.int64]]:
    # Start at the heaviest colour, then each time at what is far from all and heavy: k-means++ without dice.
    centres = lab[[int(mass.argmax())]]
    far = ((lab - centres[0]) ** 2).sum(1)
    while len(centres) < min(n, len(lab)):
        pick = int((far * np.sqrt(mass)).argmax())
        if far[pick] < 9:  # nothing left that an eye would call another colour
            break
        centres = np.vstack([centres, lab[pick]])
        far = np.minimum(far, ((lab - lab[pick]) ** 2).sum(1))
    nearest = np.full(len(lab), -1)
    for _ in range(12):
        # The squared distances, but for what every centre has in common.
        before, nearest = nearest, ((centres**2).sum(1) - 2 * lab @ centres.T).argmin(1)
        if np.array_equal(before, nearest):
            break
        weight = np.bincount(nearest, mass, minlength=len(centres))
        sums = np.stack(
            [np.bincount(nearest, mass * lab[:, c], minlength=len(centres)) for c in range(3)], axis=1
        )
        # A centre that lost all its colours stays where it is.
        centres = np.where(weight[:, None] > 0, sums / np.maximum(weight, 1e-12)[:, None], centres)
    shares = np.bincount(nearest, mass, minlength=len(centres)) / mass.sum()
    return centres, shares, nearest


def histogram_distance(first: Float, second: Float) -> float:
    """Hellinger distance of two sets of Lab colours: 0 alike, 1 without anything in common."""
    if not len(first) or not len(second):
        return 0.0
    ranges = [(0, 101), (-60, 60), (-60, 60)]
    bins = (12, 12, 12)
    low, high = (0, -59, -59), (100, 59, 59)
    h1, h2 = (np.histogramdd(np.clip(p, low, high), bins, ranges)[0] for p in (first, second))
    h1, h2 = (cv2.GaussianBlur(h.reshape(12, 144), (3, 3), 0.5).ravel() for h in (h1, h2))
    return float(np.sqrt(max(0.0, 1 - np.sqrt(h1 / h1.sum() * (h2 / h2.sum())).sum())))
