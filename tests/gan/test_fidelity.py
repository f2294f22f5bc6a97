"""Our figures against torch-fidelity 0.4.0 on the same features of the same pictures."""

from __future__ import annotations

import importlib.util
import os
import sys
import types
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from prodgen_django.gan import metrics
from prodgen_django.gan.extractor import Extractor

from .conftest import drawn_photo

#: Where `make install` puts the package: a folder of its own, because it brings a top-level package named `tests`.
FOLDER = Path(__file__).parents[2] / ".venv" / "torch-fidelity"


@pytest.fixture
def torch_fidelity(monkeypatch):
    """The package imports torchvision (for its own networks, which we do not use); where that is not installed, empty
    modules stand in."""
    # Last on the path, so that its `tests` never hides ours.
    monkeypatch.setattr(sys, "path", [*sys.path, str(FOLDER)])
    if importlib.util.find_spec("torch_fidelity") is None:
        if os.environ.get("CI"):
            pytest.fail("torch-fidelity is not installed; `make install` puts it into .venv/torch-fidelity")
        pytest.skip("torch-fidelity is not installed")
    try:
        import torchvision  # noqa: F401
    except Exception:  # noqa: BLE001 - also a torchvision that does not fit our torch
        for name in ("torchvision", "torchvision.transforms", "torchvision.transforms.functional",
                     "torchvision.datasets", "torchvision.models", "torchvision.utils"):  # fmt: skip
            module = types.ModuleType(name)
            module.__getattr__ = lambda key: type(key, (), {})  # type: ignore[method-assign]
            module.__path__ = []
            monkeypatch.setitem(sys.modules, name, module)
            if "." in name:
                setattr(sys.modules[name.rpartition(".")[0]], name.rpartition(".")[2], module)
    import torch_fidelity

    return torch_fidelity


class Pictures(torch.utils.data.Dataset):
    def __init__(self, pictures: np.ndarray) -> None:
        self.pictures = torch.from_numpy(pictures).permute(0, 3, 1, 2).contiguous()

    def __len__(self) -> int:
        return len(self.pictures)

    def __getitem__(self, index: int) -> torch.Tensor:
        return self.pictures[index]


def test_kid_fd_precision_and_recall_agree_with_torch_fidelity(torch_fidelity):
    from torch_fidelity.feature_extractor_base import FeatureExtractorBase
    from torch_fidelity.registry import register_feature_extractor

    ours = Extractor.load()

    class ShopExtractor(FeatureExtractorBase):
        """The shipped extractor, as torch-fidelity wants one."""

        def __init__(self, name, features_list, **kwargs) -> None:
            super().__init__(name, features_list)
            self.holder = nn.Linear(1, 1)

        @staticmethod
        def get_provided_features_list():
            return ("features",)

        @staticmethod
        def get_default_feature_layer_for_metric(metric):
            return "features"

        @staticmethod
        def can_be_compiled():
            return False

        @staticmethod
        def get_dummy_input_for_compile():
            return torch.zeros(1, 3, 64, 64, dtype=torch.uint8)

        def forward(self, x):
            return (torch.from_numpy(ours(x.permute(0, 2, 3, 1).contiguous().numpy())[0]),)

    register_feature_extractor(ours.name, ShopExtractor)
    rng = np.random.default_rng(0)
    one = np.stack([drawn_photo(rng, "disc", 64) for _ in range(60)])
    two = np.stack([drawn_photo(rng, "bar" if i % 2 else "disc", 64) for i in range(60)])
    theirs = torch_fidelity.calculate_metrics(
        input1=Pictures(two), input2=Pictures(one), feature_extractor=ours.name, cuda=False, fid=True, kid=True,
        prc=True, prc_neighborhood=5, kid_subset_size=60, kid_subsets=1, cache=False, verbose=False,
        batch_size=30, save_cpu_ram=True,
    )  # fmt: skip
    real, generated = ours(one)[0], ours(two)[0]
    assert metrics.kid(real, generated) == pytest.approx(
        theirs["kernel_inception_distance_mean"], rel=1e-4, abs=1e-6
    )
    assert metrics.fd(real, generated) == pytest.approx(theirs["frechet_inception_distance"], rel=1e-3)
    found = metrics.prdc(real, generated)
    assert found["precision"] == pytest.approx(theirs["precision"], abs=1e-6)
    assert found["recall"] == pytest.approx(theirs["recall"], abs=1e-6)
