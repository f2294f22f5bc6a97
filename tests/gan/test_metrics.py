"""The figures agree with what one can work out by hand or in another way."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prodgen_django.gan import metrics
from prodgen_django.gan.extractor import Extractor
from prodgen_django.gan.inspector import Inspector


def gauss(n: int, mean: float = 0.0, width: int = 4, scale: float = 1.0, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(mean, scale, (n, width))


def test_kid_is_the_unbiased_double_sum():
    x, y = gauss(7, seed=1), gauss(5, 0.5, seed=2)

    def k(a, b):
        return (float(a @ b) / 4 + 1) ** 3

    xx = np.mean([k(x[i], x[j]) for i in range(7) for j in range(7) if i != j])
    yy = np.mean([k(y[i], y[j]) for i in range(5) for j in range(5) if i != j])
    xy = np.mean([k(a, b) for a in x for b in y])
    assert metrics.kid(x, y) == pytest.approx(xx + yy - 2 * xy)


def test_kid_of_one_distribution_is_zero_on_average_at_any_size():
    values = [metrics.kid(gauss(20, seed=2 * i), gauss(20, seed=2 * i + 1)) for i in range(300)]
    assert abs(np.mean(values)) < 3 * np.std(values) / np.sqrt(300)


def test_fd_of_two_gaussians_has_a_closed_form():
    """For diagonal covariances it is |m1 - m2|² + Σ (s1 - s2)²; 200,000 draws come near it."""
    rng = np.random.default_rng(0)
    x = rng.normal([0, 0, 0], [1, 2, 0.5], (200_000, 3))
    y = rng.normal([1, 0, -1], [2, 2, 1.0], (200_000, 3))
    assert metrics.fd(x, y) == pytest.approx(2 + 1 + 0 + 0.25, rel=0.02)
    assert metrics.fd(x, x) == pytest.approx(0, abs=1e-6)


def test_fd_agrees_with_the_matrix_square_root():
    from scipy.linalg import sqrtm

    x, y = gauss(50, seed=3), gauss(60, 0.3, scale=1.5, seed=4)
    a, b = np.cov(x, rowvar=False), np.cov(y, rowvar=False)
    expected = ((x.mean(0) - y.mean(0)) ** 2).sum() + np.trace(a + b - 2 * sqrtm(a @ b).real)
    assert metrics.fd(x, y) == pytest.approx(expected)


def test_precision_recall_density_coverage_by_hand():
    """Reals at 0, 1, 2, 10 on a line, k = 1: radii 1, 1, 1, 8. Generated 0.5, 1.5 and 100: radii 1, 1,
    98.5."""
    real, generated = np.array([[0.0], [1], [2], [10]]), np.array([[0.5], [1.5], [100]])
    found = metrics.prdc(real, generated, k=1)
    # 0.5 lies in the balls of 0 and 1; 1.5 in those of 1 and 2; 100 in none (10 reaches to 18, from 2).
    assert found["precision"] == pytest.approx(2 / 3)
    assert found["density"] == pytest.approx((2 + 2 + 0) / 3)
    assert found["coverage"] == pytest.approx(3 / 4)  # 10's ball is empty: 8.5 > 8
    # Reals in generated balls: 0, 1 (of 0.5), 1, 2 (of 1.5), and 2, 10 of 100's ball of radius 98.5.
    assert found["recall"] == 1.0


def test_collapse_shows_in_coverage_recall_and_spread_but_not_in_precision():
    real = gauss(300, width=8)
    same = np.repeat(real[:1], 300, axis=0) + gauss(300, width=8, scale=0.01, seed=1)
    found = metrics.judge(same, real[:200], real[200:], "test")
    assert found["precision"] > 0.9
    assert found["coverage"] < 0.1
    assert found["spread"] < 0.05
    assert "few pictures" in (metrics.verdict(found) or "") or "copies" in (metrics.verdict(found) or "")


def test_copies_are_caught_and_honest_pictures_are_not():
    real = gauss(400, width=16)
    train, held = real[:300], real[300:]
    copies = train[:100] + gauss(100, width=16, scale=0.02, seed=1)
    honest = gauss(100, width=16, seed=7)
    found = metrics.judge(copies, train, held, "test")
    assert found["nn_ratio"] < 0.2
    assert "copies" in str(metrics.verdict(found))
    found = metrics.judge(honest, train, held, "test")
    assert found["nn_ratio"] == pytest.approx(1, abs=0.1)
    assert metrics.verdict(found) is None
    assert found["extractor"] == "test"


def test_figures_that_are_not_numbers_are_never_offered():
    assert "diverged" in str(
        metrics.verdict({"kid": float("nan"), "nn_ratio": 1.0, "spread": 1.0, "coverage": 1.0})
    )


@settings(max_examples=30)
@given(shift=st.floats(0.5, 5), seed=st.integers(0, 50))
def test_further_away_is_worse(shift, seed):
    real = gauss(60, seed=seed)
    near, far = gauss(60, shift, seed=seed + 1), gauss(60, 2 * shift, seed=seed + 1)
    assert metrics.kid(real, far) > metrics.kid(real, near)
    assert metrics.fd(real, far) > metrics.fd(real, near)


def test_the_inspector_tells_labels_apart_also_from_few_photos():
    rng = np.random.default_rng(0)
    centres = rng.normal(0, 3, (3, 64))
    targets = np.repeat(np.arange(3), 5)
    inspector = Inspector.fit(centres[targets] + rng.normal(0, 1, (15, 64)), targets, 3)
    fresh = np.repeat(np.arange(3), 50)
    probabilities = inspector.classify(centres[fresh] + rng.normal(0, 1, (150, 64)))
    assert (probabilities.argmax(1) == fresh).mean() > 0.95
    assert np.allclose(probabilities.sum(1), 1, atol=1e-5)


def test_the_shipped_extractor_names_itself_by_its_weights():
    extractor = Extractor.load()
    assert extractor.name == f"shop-clf-{extractor.weights_sha256[:12]}"
    pictures = np.random.default_rng(0).integers(0, 256, (3, 40, 40, 3)).astype(np.uint8)
    features, probabilities = extractor(pictures)
    assert features.shape == (3, 192)
    assert probabilities.shape == (3, len(extractor.labels))
    alone, _ = extractor(pictures[:1])
    assert np.allclose(alone, features[:1], atol=1e-3)


@pytest.mark.data
def test_the_shipped_extractor_reaches_the_accuracy_on_its_card(shared_data):
    from prodgen_django.gan import PhotoDataset

    extractor = Extractor.load()
    test = PhotoDataset.from_folder(shared_data / "garments-256" / "test", 64)
    guesses = extractor(test.images)[1].argmax(1)
    found = float((guesses == test.targets).mean())
    assert found == pytest.approx(extractor.card["metrics"]["test_accuracy"], abs=0.01)
    assert found > 0.7
