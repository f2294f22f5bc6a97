"""What needs an extra: another network for the cut-out, signed credentials, a diffusion model."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from prodgen_django.imagefile import encode_image, load_image, read_source_type


@pytest.fixture
def red_is_product(tmp_path: Path) -> Path:
    """A network of one layer, in the format of U²-Net: the redder, the surer."""
    onnx = pytest.importorskip("onnx")
    from onnx import TensorProto, helper

    shape = [1, 3, 320, 320]
    weight = np.array([2.0, -2.0, -2.0], np.float32).reshape(1, 3, 1, 1)
    graph = helper.make_graph(
        [helper.make_node("Conv", ["x", "w"], ["r"]), helper.make_node("Sigmoid", ["r"], ["y"])],
        "red",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, 1, 320, 320])],
        [helper.make_tensor("w", TensorProto.FLOAT, weight.shape, weight.ravel())],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    onnx.save(model, tmp_path / "red.onnx")
    return tmp_path / "red.onnx"


def test_a_network_of_rembg_finds_the_product(
    red_is_product: Path, vase: tuple[np.ndarray, np.ndarray]
) -> None:
    pytest.importorskip("rembg")
    from prodgen_django.studio.rembg_backend import rembg_cut_out

    photo, truth = vase
    cut = rembg_cut_out(photo, {"path": red_is_product})
    found = cut.alpha >= 0.5
    # The pale letters on the vase are not red; all else is found, and refined to the photograph's own edges.
    assert (found & truth).sum() / (found | truth).sum() > 0.93
    assert not cut.poor, cut.reasons
    grey = np.full((200, 200, 3), 128, np.uint8)
    assert rembg_cut_out(grey, {"path": red_is_product}).poor


def test_a_network_that_is_not_there_is_told(tmp_path: Path, vase: tuple[np.ndarray, np.ndarray]) -> None:
    pytest.importorskip("rembg")
    from prodgen_django.studio.rembg_backend import MattingUnavailable, rembg_cut_out

    with pytest.raises(MattingUnavailable, match=r"no model at missing\.onnx"):
        rembg_cut_out(vase[0], {"path": tmp_path / "missing.onnx"})
    (tmp_path / "broken.onnx").write_bytes(b"no network")
    with pytest.raises(MattingUnavailable, match="could not be loaded"):
        rembg_cut_out(vase[0], {"path": tmp_path / "broken.onnx"})


@pytest.mark.parametrize("kind", ["jpeg", "png", "webp", "avif"])
def test_credentials_are_read_back_and_break_with_the_picture(
    kind: str, vase: tuple[np.ndarray, Any]
) -> None:
    pytest.importorskip("c2pa")
    from prodgen_django.studio.credentials import read_credentials, self_signed, sign_image

    plain = encode_image(vase[0], format=kind, source_type="compositeCapture")
    assert read_credentials(plain, kind) is None
    signer = self_signed("Example shop")
    data = sign_image(plain, kind, signer, source_type="compositeCapture", title="Vase", parts=["vase.jpg"])
    assert (load_image(data) == load_image(plain)).all()
    assert read_source_type(data) == "compositeCapture"
    assert len(data) - len(plain) < 6000
    found = read_credentials(data, kind)
    assert found is not None
    assert (found.valid, found.trusted, found.signer) == (True, False, "Example shop")
    assert found.source_types == ("compositeCapture",)
    assert found.photographs == ("vase.jpg",)
    at = data.index(plain[len(plain) // 2 : len(plain) // 2 + 64])  # in the pixels' own bytes
    forged = read_credentials(data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :], kind)
    assert forged is not None
    assert not forged.valid


def test_a_key_that_does_not_fit_is_refused(vase: tuple[np.ndarray, Any]) -> None:
    pytest.importorskip("c2pa")
    from prodgen_django.studio.credentials import CredentialsError, Signer, self_signed, sign_image

    first, second = self_signed("One"), self_signed("Two")
    data = encode_image(vase[0], source_type="compositeCapture")
    with pytest.raises(CredentialsError):
        sign_image(data, "jpeg", Signer(first.certificates, second.key), source_type="compositeCapture")
    with pytest.raises(CredentialsError):
        sign_image(data, "jpeg", Signer("no certificate", "no key"), source_type="compositeCapture")
