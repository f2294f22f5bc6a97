"""The fidelity certificate: the product in the picture is the product in the photograph, and by how much not.

Measured inside the product's mask, between the photograph after the one stated resampling and the picture.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from .color import Float, Pixels, ciede2000, to_lab

THRESHOLDS: dict[str, float] = {
    "mean_delta_e": 1.0,  # below what an eye sees; JPEG at quality 90 stays well under it
    "p99_delta_e": 5.0,
    "local_delta_e": 4.0,  # the worst neighbourhood: one small changed word is found here
    "ssim": 0.98,
    "local_ssim": 0.75,
    "edge_agreement": 0.97,
}
"""The limits under which a picture passes: at most for colour differences, at least for the likenesses."""

_OPAQUE = 1 - 1 / 512
_WINDOW = 11


@dataclass(frozen=True, slots=True)
class Fidelity:
    """How true a picture is to its photograph inside the product's mask.

    `max_delta_e`, `mean_delta_e`, `p99_delta_e`: CIEDE2000 by pixel; `local_delta_e`: the largest mean
    over an 11-pixel neighbourhood. `ssim` and `local_ssim`: mean and lowest structural similarity of
    lightness, 1 is equal.
    `edge_agreement`: correlation of the gradients, 1 is equal. `exact`: every opaque pixel is bit for
    bit the same.
    `failures` names each limit that was broken. `pixels`: how many were compared.
    """

    max_delta_e: float
    mean_delta_e: float
    p99_delta_e: float
    local_delta_e: float
    ssim: float
    local_ssim: float
    edge_agreement: float
    exact: bool
    pixels: int
    passed: bool
    failures: tuple[str, ...] = ()
    thresholds: dict[str, float] = field(default_factory=lambda: dict(THRESHOLDS))

    def as_dict(self) -> dict[str, Any]:
        """The certificate as plain JSON values."""
        values = asdict(self)
        values["failures"] = list(self.failures)
        return values


def resample(photo: npt.NDArray[Any], size: tuple[int, int]) -> npt.NDArray[Any]:
    """The one resampling that a product photograph goes through: the whole frame to `size` (width, height).

    Area averaging where it gets smaller, Lanczos (8×8) where it gets larger, nothing where it stays.
    """
    height, width = photo.shape[:2]
    if (width, height) == size:
        return photo
    smaller = size[0] <= width and size[1] <= height
    return cv2.resize(photo, size, interpolation=cv2.INTER_AREA if smaller else cv2.INTER_LANCZOS4)


def resampled_size(photo: npt.NDArray[Any], transform: npt.NDArray[np.float64]) -> tuple[int, int]:
    """The whole photograph's width and height on the canvas under `transform`."""
    return round(photo.shape[1] * transform[0, 0]), round(photo.shape[0] * transform[1, 1])


def onto_canvas(
    layer: npt.NDArray[Any], transform: npt.NDArray[np.float64], shape: tuple[int, int], fill: float = 0
) -> npt.NDArray[Any]:
    """Lay `layer` (the photograph or its alpha, H×W×3 or H×W) on a canvas of `shape` (height, width).

    `transform`: 3×3, photograph pixels to canvas pixels, pixel centres at whole numbers, as `stage` makes it:
    a scale and a shift by whole canvas pixels. What lies outside the photograph is `fill`.
    """
    width, height = resampled_size(layer, transform)
    scaled = resample(layer, (width, height))
    left = round(transform[0, 2] + 0.5 - 0.5 * transform[0, 0])
    top = round(transform[1, 2] + 0.5 - 0.5 * transform[1, 1])
    canvas = np.full(shape + layer.shape[2:], fill, layer.dtype)
    x0, y0 = max(left, 0), max(top, 0)
    x1, y1 = min(left + width, shape[1]), min(top + height, shape[0])
    if x1 > x0 and y1 > y0:
        canvas[y0:y1, x0:x1] = scaled[y0 - top : y1 - top, x0 - left : x1 - left]
    return canvas


def certify(
    source: Pixels,
    alpha: Float,
    staged_image: Pixels,
    transform: npt.NDArray[np.float64],
    *,
    thresholds: dict[str, float] | None = None,
) -> Fidelity:
    """Compare a picture with the photograph that its product came from.

    `source`: uint8 H×W×3; `alpha`: float32 H×W in [0, 1], the product in it; `staged_image`: uint8 h×w×3;
    `transform`: 3×3, source pixels to picture pixels, as `stage` returns it. `thresholds` replaces some of
    `THRESHOLDS`. A product with no opaque pixel fails, as nothing could be proved of it.
    """
    limits = THRESHOLDS | (thresholds or {})
    shape = staged_image.shape[:2]
    wanted = onto_canvas(source, transform, shape)
    inside = onto_canvas(alpha.astype(np.float32), transform, shape) >= _OPAQUE
    if not inside.any():
        nothing = ("no opaque pixel of the product",)
        return Fidelity(100, 100, 100, 100, 0, 0, 0, False, 0, False, nothing, limits)
    rows, columns = np.flatnonzero(inside.any(1)), np.flatnonzero(inside.any(0))
    box = (slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1))
    inside, wanted, found = inside[box], wanted[box], staged_image[box]
    exact = bool((wanted[inside] == found[inside]).all())
    count = int(inside.sum())
    if exact:
        return Fidelity(0.0, 0.0, 0.0, 0.0, 1.0, 1.0, 1.0, True, count, True, (), limits)
    # What lies outside the mask must have no say in any window: it is made alike in both.
    found = np.where(inside[..., None], found, wanted)
    difference = ciede2000(to_lab(wanted), to_lab(found))
    values = difference[inside]
    weight = inside.astype(np.float32)
    share = np.maximum(cv2.blur(weight, (_WINDOW, _WINDOW)), 1e-6)
    local = cv2.blur(difference * weight, (_WINDOW, _WINDOW)) / share
    deep = inside & (share > 0.5)
    if not deep.any():
        deep = inside
    similarity = _ssim(to_lab(wanted)[..., 0], to_lab(found)[..., 0])
    measured = {
        "mean_delta_e": float(values.mean()),
        "p99_delta_e": float(np.percentile(values, 99)),
        "local_delta_e": float(local[deep].max()),
        "ssim": float(similarity[inside].mean()),
        "local_ssim": float(cv2.blur(similarity, (_WINDOW, _WINDOW))[deep].min()),
        "edge_agreement": _edge_agreement(wanted, found, inside),
    }
    failures = tuple(
        f"{name} is {value:.3f}, limit {limits[name]:g}"
        for name, value in measured.items()
        if (value > limits[name] if name.endswith("delta_e") else value < limits[name])
    )
    return Fidelity(
        max_delta_e=float(values.max()), **measured, exact=False, pixels=count, passed=not failures,
        failures=failures, thresholds=limits,
    )  # fmt: skip


def _ssim(first: Float, second: Float) -> Float:
    """The map of structural similarity of two lightness planes (0 to 100). Source: Wang et al. 2004."""
    c1, c2 = 1.0, 9.0  # (0.01 * 100)², (0.03 * 100)²

    def mean(plane: Float) -> Float:
        return cv2.GaussianBlur(plane, (_WINDOW, _WINDOW), 1.5)

    m1, m2 = mean(first), mean(second)
    v1, v2, cov = mean(first**2) - m1**2, mean(second**2) - m2**2, mean(first * second) - m1 * m2
    return ((2 * m1 * m2 + c1) * (2 * cov + c2)) / ((m1**2 + m2**2 + c1) * (v1 + v2 + c2))


def _edge_agreement(wanted: Pixels, found: Pixels, inside: npt.NDArray[np.bool_]) -> float:
    """Correlation of the two lightness gradients inside the mask, both directions together."""
    first, second = (
        np.concatenate(
            [cv2.Sobel(to_lab(p)[..., 0], cv2.CV_32F, dx, 1 - dx)[inside] for dx in (0, 1)]
        ).astype(np.float64)
        for p in (wanted, found)
    )
    energy = np.sqrt((first**2).sum() * (second**2).sum())
    # A plain product has no edges: its noise must not be asked to agree.
    floor = 4.0 * len(first)
    return float(((first * second).sum() + floor) / (energy + floor))
