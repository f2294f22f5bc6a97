"""Fit from how high a product was photographed, on rendered scenes whose camera is known (`render` keeps it).

    python -m training.cutouts.train_view OUT.safetensors DATA LAYERS --looks 6

Ridge regression; its weight is chosen by leaving families out, and families that were kept apart judge.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
import torch

from prodgen_django.gan.checkpoint import write_checkpoint
from prodgen_django.studio.view import pooled

from .compose import Composer, Material
from .material import layered, shelves

RIDGES = (3.0, 10.0, 30.0, 100.0, 300.0, 1000.0)


def looked_at(data: Path, folder: Path, looks: int, apart: bool) -> tuple[np.ndarray, np.ndarray, list[str]]:
    """Features, elevations and families of every scene on `looks` grounds."""
    grounds = shelves(data / "grocery-phone", apart)
    features, degrees, families = [], [], []
    for number, item in enumerate(layered(folder, apart)):
        card = json.loads(item.path.with_suffix(".json").read_text())
        make = Composer(Material(layered=[item], grounds=grounds), 448, {"layered": 1.0})
        for look in range(looks):
            picture = make(np.random.default_rng((11, number, look)))
            features.append(pooled(picture.image, picture.product))
            degrees.append(card["elevation"])
            families.append(card["family"])
    return np.array(features), np.array(degrees), families


def fitted(x: np.ndarray, y: np.ndarray, ridge: float) -> np.ndarray:
    """Weights of standardised features and, last, the offset."""
    gram = x.T @ x + ridge * np.eye(x.shape[1])
    return np.append(np.linalg.solve(gram, x.T @ (y - y.mean())), y.mean())


def errors(weights: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    return np.abs(np.clip(x @ weights[:-1] + weights[-1], 0, 90) - y)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("out", type=Path)
    parser.add_argument("data", type=Path)
    parser.add_argument("layers", type=Path)
    parser.add_argument("--looks", type=int, default=6)
    options = parser.parse_args()
    x, y, families = looked_at(options.data, options.layers, options.looks, apart=False)
    mean, scale = x.mean(0), x.std(0) + 1e-3
    x = (x - mean) / scale
    names = np.array(families)
    left_out = {
        ridge: np.concatenate(
            [
                errors(fitted(x[names != f], y[names != f], ridge), x[names == f], y[names == f])
                for f in set(families)
            ]
        ).mean()
        for ridge in RIDGES
    }
    ridge = min(left_out, key=lambda one: left_out[one])
    weights = fitted(x, y, ridge)
    far_x, far_y, _ = looked_at(options.data, options.layers, options.looks, apart=True)
    judged = errors(weights, (far_x - mean) / scale, far_y)
    figures = {
        "scenes": len(y) // options.looks,
        "ridge": ridge,
        "mean_error_families_left_out": round(float(left_out[ridge]), 2),
        "kept_apart": len(far_y) // options.looks,
        "mean_error_kept_apart": round(float(judged.mean()), 2),
        "of_always_the_mean": round(float(np.abs(far_y - y.mean()).mean()), 2),
    }
    tensors = {
        name: torch.from_numpy(np.asarray(value, np.float32))
        for name, value in (("weights", weights), ("mean", mean), ("scale", scale))
    }
    card = {
        "task": "view",
        "licence": "BSD-3-Clause",
        "validation": figures,
        "command": f"python -m training.cutouts.train_view {options.out.name} DATA LAYERS --looks {options.looks}",
    }
    write_checkpoint(options.out, tensors, card)
    print(figures)


if __name__ == "__main__":
    main()
