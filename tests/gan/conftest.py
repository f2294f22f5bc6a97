"""Small drawn photographs and a configuration that trains in seconds."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from prodgen_django.gan import GanConfig, PhotoDataset


@pytest.fixture(autouse=True)
def _one_thread():
    """The machine is shared, and equal thread counts are what makes two runs equal to the last bit."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def drawn_photo(rng: np.random.Generator, kind: str, side: int = 48) -> np.ndarray:
    """A disc or a bar of one colour on a grained ground: two labels that any eye tells apart."""
    photo = rng.integers(90, 160, 3) + rng.normal(0, 25, (side, side, 1))
    rows, columns = np.mgrid[:side, :side] / side - 0.5
    rows, columns = rows + rng.uniform(-0.1, 0.1), columns + rng.uniform(-0.1, 0.1)
    shape = rows**2 + columns**2 < 0.08 if kind == "disc" else np.abs(columns) < 0.12
    photo[shape] = rng.integers(0, 256, 3)
    return photo.clip(0, 255).astype(np.uint8)


def drawn_photos(count: int, side: int = 48, seed: int = 0):
    """(pixels, label, key) triples, two discs for each bar."""
    rng = np.random.default_rng(seed)
    for i in range(count):
        kind = "bar" if i % 3 == 0 else "disc"
        yield drawn_photo(rng, kind, side), kind, f"{kind}-{i}.png"


@pytest.fixture(scope="session")
def dataset() -> PhotoDataset:
    """60 drawn photos at 16 px."""
    return PhotoDataset.from_photos(drawn_photos(60), 16)


@pytest.fixture
def config() -> GanConfig:
    """16 px, two small stages; eight steps of eight."""
    return GanConfig(
        resolution=16, widths=(16, 16), latent=8, embedding=8, batch=8, images=64, evaluate_every=32,
        evaluate_samples=16, holdout=0.2, augment_images=100, ema_images=32,
    )  # fmt: skip
