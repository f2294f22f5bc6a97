"""How good are generated pictures? Figures for small sets of photographs, in plain numpy.

All take features, float N×D, of one named extractor (`extractor.py`). Lower is better for KID and FD, higher
for the rest. KID is unbiased and so the one to choose by; FD only compares runs of the same N, beside its
real-against-real floor; precision alone deceives (a speckle can have .84), coverage and recall show collapse.

- KID: Binkowski et al., "Demystifying MMD GANs" (arXiv 1801.01401)
- FD: Heusel et al., "GANs trained by a two time-scale update rule" (arXiv 1706.08500), on our own features
- precision, recall: Kynkäänniemi et al. (arXiv 1904.06991); density, coverage: Naeem et al. (arXiv
2002.09797)
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from prodgen_django.gan.extractor import Extractor

__all__ = [
    "COPYING_BELOW", "SPREAD_BELOW", "fd", "judge", "kid", "nearest_distances", "nearest_neighbour_ratio",
    "prdc", "spread", "verdict",
]  # fmt: skip

Features = NDArray[np.floating[Any]]

#: A generator whose pictures lie closer to its training photos than held-out photos do is copying.
COPYING_BELOW = 0.9
#: Pictures that differ from each other less than half as much as photos do: collapsed.
SPREAD_BELOW = 0.5
_COVERAGE_BELOW = 0.05


def kid(real: Features, generated: Features) -> float:
    """Kernel distance: unbiased squared MMD with the kernel (x·y / D + 1)³. About 0 for two sets of one
    kind."""
    x, y = real.astype(np.float64), generated.astype(np.float64)
    if len(x) < 2 or len(y) < 2:
        raise ValueError("KID needs at least two pictures on either side")
    width = x.shape[1]

    def kernel(a: Features, b: Features) -> Features:
        return (a @ b.T / width + 1) ** 3

    xx, yy = kernel(x, x), kernel(y, y)
    within_x = (xx.sum() - np.trace(xx)) / (len(x) * (len(x) - 1))
    within_y = (yy.sum() - np.trace(yy)) / (len(y) * (len(y) - 1))
    return float(within_x + within_y - 2 * kernel(x, y).mean())


def fd(real: Features, generated: Features) -> float:
    """Fréchet distance of two Gaussians fitted to the features. Biased by N: compare at equal N only."""
    x, y = real.astype(np.float64), generated.astype(np.float64)
    if len(x) < 2 or len(y) < 2:
        raise ValueError("FD needs at least two pictures on either side")
    cov_x, cov_y = np.cov(x, rowvar=False), np.cov(y, rowvar=False)
    values, vectors = np.linalg.eigh(np.atleast_2d(cov_x))
    root = vectors * np.sqrt(np.clip(values, 0, None)) @ vectors.T
    inner = np.linalg.eigvalsh(root @ np.atleast_2d(cov_y) @ root)
    cross = np.sqrt(np.clip(inner, 0, None)).sum()
    return float(((x.mean(0) - y.mean(0)) ** 2).sum() + np.trace(np.atleast_2d(cov_x + cov_y)) - 2 * cross)


def _distances(a: Features, b: Features) -> NDArray[np.float64]:
    """Euclidean distances, N×M."""
    a, b = a.astype(np.float64), b.astype(np.float64)
    squared = (a**2).sum(1)[:, None] + (b**2).sum(1)[None] - 2 * a @ b.T
    return np.sqrt(np.clip(squared, 0, None))


def prdc(real: Features, generated: Features, k: int = 5) -> dict[str, float]:
    """Precision, recall, density and coverage with balls that reach to the k-th nearest neighbour."""
    k = min(k, len(real) - 1, len(generated) - 1)
    if k < 1:
        raise ValueError("precision and recall need at least two pictures on either side")
    real_radius = np.sort(_distances(real, real), axis=1)[:, k]  # column 0 is the picture itself
    generated_radius = np.sort(_distances(generated, generated), axis=1)[:, k]
    between = _distances(real, generated)  # (real, generated)
    inside = between < real_radius[:, None]
    return {
        "precision": float(inside.any(axis=0).mean()),
        "recall": float((between < generated_radius[None]).any(axis=1).mean()),
        "density": float(inside.sum(axis=0).mean() / k),
        "coverage": float(inside.any(axis=1).mean()),
    }


def nearest_distances(queries: Features, references: Features) -> NDArray[np.float64]:
    """Distance of each query to its nearest reference, (N,)."""
    return _distances(queries, references).min(axis=1)


def nearest_neighbour_ratio(generated: Features, train: Features, held_out: Features) -> float:
    """Median distance generated → train over held-out → train. 1: as new as new photos; well under 1:
    copying."""
    ours, theirs = nearest_distances(generated, train), nearest_distances(held_out, train)
    return float(np.median(ours) / max(float(np.median(theirs)), 1e-9))


def spread(generated: Features, real: Features) -> float:
    """Mean distance among generated pictures over mean distance among photos. Near 0: one picture again and
    again."""

    def mean_distance(x: Features) -> float:
        return float(_distances(x, x).sum() / (len(x) * (len(x) - 1)))

    return mean_distance(generated) / max(mean_distance(real), 1e-9)


def judge(
    generated: Features, train: Features, held_out: Features, extractor: Extractor | str
) -> dict[str, Any]:
    """All figures at once, against held-out photos, with the floor that real training photos reach there.

    Floors use as many training photos as there are generated pictures (or all), evenly picked.
    """
    pick = np.linspace(0, len(train) - 1, min(len(train), len(generated))).astype(int)
    real = train[pick]
    return {
        "kid": kid(held_out, generated),
        "kid_floor": kid(held_out, real),
        "fd": fd(held_out, generated),
        "fd_floor": fd(held_out, real),
        **prdc(held_out, generated),
        "coverage_floor": prdc(held_out, real)["coverage"],
        "nn_ratio": nearest_neighbour_ratio(generated, train, held_out),
        "spread": spread(generated, train[pick]),
        "generated": len(generated),
        "held_out": len(held_out),
        "extractor": extractor if isinstance(extractor, str) else extractor.name,
    }


def verdict(metrics: dict[str, Any]) -> str | None:
    """Why a generator must not be offered to anybody, in words; None where nothing speaks against it."""
    if not all(np.isfinite(v) for v in metrics.values() if isinstance(v, float)):
        return "The figures are not finite: the training diverged."
    if metrics["nn_ratio"] < COPYING_BELOW:
        return (
            f"It copies its training photos: nearest-neighbour ratio {metrics['nn_ratio']:.2f}, "
            f"at least {COPYING_BELOW} is needed."
        )
    if metrics["spread"] < SPREAD_BELOW or metrics["coverage"] < _COVERAGE_BELOW:
        return (
            f"It has collapsed to few pictures: spread {metrics['spread']:.2f} of the photos' (at least "
            f"{SPREAD_BELOW}), coverage {metrics['coverage']:.2f} (at least {_COVERAGE_BELOW})."
        )
    return None
