"""The fidelity certificate: the product in the picture is the product in the photograph, and by how much not.

Measured inside the product's mask, between the photograph after the one stated resampling and the picture, as it
was composed (then every pixel must be the photograph's own) and as it was read back from the file that is stored.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from .color import Float, Pixels, ciede2000, to_lab
from .resampling import Matrix, onto_canvas, stretched

THRESHOLDS: dict[str, float] = {
    "seen_delta_e": 0.4,  # of a photograph brightened by 3 % it is about 0.7
    "local_delta_e": 2.0,  # the worst neighbourhood: one small changed word is found here
    "ssim": 0.97,
    "local_ssim": 0.9,
    "edge_agreement": 0.975,
    "stretch": 3.0,  # rectified from a low view; further, nobody knows the thing again
}
"""The limits under which a picture passes: at most for colour differences, at least for the likenesses.

They fit a JPEG of quality 88 or more, which keeps its colours at full resolution, and every lossless file.
"""

LOSSY_THRESHOLDS: dict[str, dict[str, float]] = {
    "webp": {
        "seen_delta_e": 1.0,
        "local_delta_e": 4.2,
        "ssim": 0.92,
        "local_ssim": 0.82,
        "edge_agreement": 0.87,
    },
    "avif": {
        "seen_delta_e": 1.8,
        "local_delta_e": 5.2,
        "ssim": 0.96,
        "local_ssim": 0.84,
        "edge_agreement": 0.93,
    },
}
"""Limits for files that keep colours at half the resolution: honest compression alone comes near them."""

_DIFFERENCES = ("mean_delta_e", "seen_delta_e", "local_delta_e")
_LIKENESSES = ("ssim", "local_ssim", "edge_agreement")
_OPAQUE = 1 - 1 / 512
_WINDOW = 11
_EYE = 3.5  # pixels: finer differences of colour are averaged by the eye, as in S-CIELAB
_BAND = 1024  # rows compared at a time, so that a picture of 50 megapixels takes no gigabytes
_REACH = 16  # rows of its neighbours that a band needs: more than any window reaches


@dataclass(frozen=True, slots=True)
class Fidelity:
    """How true a picture is to its photograph inside the product's mask.

    `max_delta_e`, `mean_delta_e`: CIEDE2000 by pixel. `seen_delta_e`, `local_delta_e`: mean and largest CIEDE2000
    after the averaging that an eye does (Gaussian of 3.5 px, as in S-CIELAB; Zhang and Wandell 1996): noise that
    compression rearranges is averaged out, a change of colour is not. `ssim` and `local_ssim`: mean and lowest
    structural similarity of lightness, 1 is equal. `edge_agreement`: correlation of the gradients, 1 is equal.
    `exact`: every opaque pixel is bit for bit the same. `stretch`: how much longer the stated resampling makes one
    direction than another, 1 where it scales, turns and shifts only.
    `failures` names each limit that was broken. `pixels`: how many were compared.
    """

    max_delta_e: float
    mean_delta_e: float
    seen_delta_e: float
    local_delta_e: float
    ssim: float
    local_ssim: float
    edge_agreement: float
    exact: bool
    pixels: int
    passed: bool
    stretch: float = 1.0
    failures: tuple[str, ...] = ()
    thresholds: dict[str, float] = field(default_factory=lambda: dict(THRESHOLDS))

    def as_dict(self) -> dict[str, Any]:
        """The certificate as plain JSON values."""
        values = asdict(self)
        values["failures"] = list(self.failures)
        return values


def thresholds_for(file_format: str) -> dict[str, float]:
    """The limits for a picture that was read back from a file of that format ("jpeg", "png", "webp", "avif")."""
    return THRESHOLDS | LOSSY_THRESHOLDS.get(file_format, {})


def certify(
    source: Pixels,
    alpha: Float,
    staged_image: Pixels,
    transform: Matrix,
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
        return Fidelity(100, 100, 100, 100, 0, 0, 0, False, 0, False, failures=nothing, thresholds=limits)
    stretch = stretched(transform, source.shape)
    rows, columns = np.flatnonzero(inside.any(1)), np.flatnonzero(inside.any(0))
    box = (slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1))
    inside, wanted, found = inside[box], wanted[box], staged_image[box]
    exact = bool((wanted[inside] == found[inside]).all())
    count = int(inside.sum())
    if exact:
        measured = dict.fromkeys(_DIFFERENCES, 0.0) | dict.fromkeys(_LIKENESSES, 1.0) | {"stretch": stretch}
        failures = _broken(measured, limits)
        return Fidelity(
            0.0,
            **measured,
            exact=True,
            pixels=count,
            passed=not failures,
            failures=failures,
            thresholds=limits,
        )
    tally = _Tally()
    for top in range(0, len(inside), _BAND):
        first, last = max(0, top - _REACH), min(len(inside), top + _BAND + _REACH)
        band, core = slice(first, last), slice(top - first, min(top + _BAND, len(inside)) - first)
        _compare(wanted[band], found[band], inside[band], core, tally)
    measured = {
        "mean_delta_e": tally.delta / count,
        "seen_delta_e": tally.seen / count,
        "local_delta_e": tally.worst_seen,
        "ssim": tally.ssim / count,
        "local_ssim": tally.worst_ssim,
        "edge_agreement": tally.edges(count),
        "stretch": stretch,
    }
    failures = _broken(measured, limits)
    return Fidelity(
        max_delta_e=tally.worst, **measured, exact=False, pixels=count, passed=not failures,
        failures=failures, thresholds=limits,
    )  # fmt: skip


def _broken(measured: dict[str, float], limits: dict[str, float]) -> tuple[str, ...]:
    """Each limit that what was measured breaks, in words."""
    return tuple(
        f"{name} is {measured[name]:.3f}, limit {limit:g}"
        for name, limit in limits.items()
        if (measured[name] < limit if name in _LIKENESSES else measured[name] > limit)
    )


@dataclass(slots=True)
class _Tally:
    """What the bands add up to."""

    delta: float = 0.0
    worst: float = 0.0
    seen: float = 0.0
    worst_seen: float = 0.0
    ssim: float = 0.0
    worst_ssim: float = 1.0
    both: float = 0.0  # of the gradients: sums of products
    first: float = 0.0
    second: float = 0.0

    def edges(self, count: int) -> float:
        """Correlation of the two lightness gradients, both directions together."""
        energy = float(np.sqrt(self.first * self.second))
        # A plain product has no edges: its noise must not be asked to agree.
        floor = 8.0 * count
        return (self.both + floor) / (energy + floor)


def _compare(
    wanted: Pixels, found: Pixels, inside: npt.NDArray[np.bool_], core: slice, tally: _Tally
) -> None:
    """Add what the rows `core` of a band show; the rows about them are only seen by the windows."""
    mine = np.zeros_like(inside)
    mine[core] = inside[core]
    if not mine.any():
        return
    # What lies outside the mask must have no say in any window: it is made alike in both.
    found = np.where(inside[..., None], found, wanted)
    first, second = to_lab(wanted), to_lab(found)
    difference = ciede2000(first, second)[mine]
    tally.delta += float(difference.sum(dtype=np.float64))
    tally.worst = max(tally.worst, float(difference.max()))
    weight = inside.astype(np.float32)
    share = np.maximum(cv2.GaussianBlur(weight, (0, 0), _EYE), 1e-6)
    seen = ciede2000(*(_as_seen(lab, weight, share) for lab in (first, second)))
    tally.seen += float(seen[mine].sum(dtype=np.float64))
    # Where little of the product is about, single pixels would speak for a neighbourhood.
    deep = mine & (share > 0.5)
    if not deep.any():
        deep = mine
    tally.worst_seen = max(tally.worst_seen, float(seen[deep].max()))
    similarity = _ssim(first[..., 0], second[..., 0])
    tally.ssim += float(similarity[mine].sum(dtype=np.float64))
    tally.worst_ssim = min(tally.worst_ssim, float(cv2.blur(similarity, (_WINDOW, _WINDOW))[deep].min()))
    for dx in (0, 1):
        g, h = (
            cv2.Sobel(lab[..., 0], cv2.CV_32F, dx, 1 - dx)[mine].astype(np.float64) for lab in (first, second)
        )
        tally.both += float((g * h).sum())
        tally.first += float((g * g).sum())
        tally.second += float((h * h).sum())


def _as_seen(lab: Float, weight: Float, share: Float) -> Float:
    return cv2.GaussianBlur(lab * weight[..., None], (0, 0), _EYE) / share[..., None]


def _ssim(first: Float, second: Float) -> Float:
    """The map of structural similarity of two lightness planes (0 to 100). Source: Wang et al. 2004."""
    c1, c2 = 1.0, 9.0  # (0.01 * 100)², (0.03 * 100)²

    def mean(plane: Float) -> Float:
        return cv2.GaussianBlur(plane, (_WINDOW, _WINDOW), 1.5)

    m1, m2 = mean(first), mean(second)
    v1, v2, cov = mean(first**2) - m1**2, mean(second**2) - m2**2, mean(first * second) - m1 * m2
    return ((2 * m1 * m2 + c1) * (2 * cov + c2)) / ((m1**2 + m2**2 + c1) * (v1 + v2 + c2))
