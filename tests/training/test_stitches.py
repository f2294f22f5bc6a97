"""How the match verifier is taught: pairs whose truth is known, and weights that stitching reads without torch."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from prodgen_django.common.weights import weights_sha256
from prodgen_django.gan.checkpoint import write_checkpoint, write_tensors
from prodgen_django.stitching.verifier import logit, shipped
from tests.stitching.scenes import cloth
from training.stitches.network import Verifier
from training.stitches.pairs import PairMaker
from training.stitches.photos import PhotoStore
from training.stitches.train import train


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder as a shop would give it: photographs and a packshot with an alpha channel."""
    folder = tmp_path_factory.mktemp("photos")
    for seed in range(6):
        cv2.imwrite(str(folder / f"{seed}.jpg"), cv2.resize(cloth(seed), (330, 240)))
    goods = np.dstack([cloth(9, 200, 200), np.zeros((200, 200), np.uint8)])
    cv2.circle(goods[..., 3:].copy(), (100, 100), 60, 255, -1)
    goods[40:160, 40:160, 3] = 255
    cv2.imwrite(str(folder / "goods.png"), goods)
    return folder


def arrays(net: torch.nn.Module) -> dict[str, np.ndarray]:
    return {name: value.detach().numpy() for name, value in net.state_dict().items()}


def test_numpy_does_the_same_arithmetic() -> None:
    torch.manual_seed(0)
    net = Verifier()
    for parameter in net.parameters():
        torch.nn.init.normal_(parameter, 0, 0.1)
    assert sum(p.numel() for p in net.parameters()) == pytest.approx(50e3, rel=0.1)
    patches, scalars = torch.randn(1, 5, 3, 64, 64), torch.rand(1, 10)
    with torch.no_grad():
        theirs = float(net(patches, torch.ones(1, 5, dtype=torch.bool), scalars))
    assert logit(patches[0].numpy(), scalars[0].numpy(), arrays(net)) == pytest.approx(theirs, abs=1e-3)


def test_examples_hold_true_and_false_matches_of_one_and_of_two_scenes(photos: Path) -> None:
    maker = PairMaker(PhotoStore([photos]), seed=1)
    made = [maker.make() for _ in range(30)]
    assert 5 < sum(e.true for e in made) < 25
    assert all(not e.true for e in made if e.kind in ("stranger", "apart", "twin"))
    assert all(e.patches.shape[1:] == (3, 64, 64) and np.isfinite(e.scalars).all() for e in made)


def test_training_writes_weights_that_stitching_reads(photos: Path, tmp_path: Path) -> None:
    out = tmp_path / "verifier.safetensors"
    card = train([photos], out, examples=40, epochs=2, echo=lambda line: None)
    weights = shipped(out)
    assert weights is not None
    assert weights_sha256(weights) == card["weights_sha256"]


def test_a_folder_without_photographs_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no photographs"):
        PhotoStore([tmp_path])


def test_weights_of_another_network_or_changed_ones_have_no_say(tmp_path: Path) -> None:
    net = Verifier()
    write_checkpoint(tmp_path / "own.safetensors", net.state_dict(), {"task": "verifier"})
    write_checkpoint(tmp_path / "other.safetensors", net.state_dict(), {"task": "extractor"})
    changed = {"task": "verifier", "weights_sha256": "0" * 64}
    write_tensors(tmp_path / "changed.safetensors", net.state_dict(), changed)
    (tmp_path / "damaged.safetensors").write_bytes(b"not weights")
    assert shipped(tmp_path / "own.safetensors") is not None
    for name in ("other", "changed", "damaged", "missing"):
        assert shipped(tmp_path / f"{name}.safetensors") is None, name
