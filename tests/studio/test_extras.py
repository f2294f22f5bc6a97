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


@pytest.fixture(scope="session")
def tiny_painter(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A diffusion model of Stable Diffusion's form with a few random weights."""
    diffusers = pytest.importorskip("diffusers")
    torch = pytest.importorskip("torch")
    from transformers import CLIPTextConfig, CLIPTextModel, CLIPTokenizer

    torch.manual_seed(0)
    letters = "abcdefghijklmnopqrstuvwxyz"
    words = ["<|startoftext|>", "<|endoftext|>", *letters, *(f"{letter}</w>" for letter in letters)]
    text = CLIPTextConfig(
        hidden_size=16, intermediate_size=16, num_attention_heads=2, num_hidden_layers=1, vocab_size=len(words),
        bos_token_id=0, eos_token_id=1, pad_token_id=1,
    )  # fmt: skip
    pipeline = diffusers.StableDiffusionInpaintPipeline(
        vae=diffusers.AutoencoderKL(
            block_out_channels=[16, 16], down_block_types=["DownEncoderBlock2D"] * 2,
            up_block_types=["UpDecoderBlock2D"] * 2, latent_channels=4, norm_num_groups=8,
        ),
        unet=diffusers.UNet2DConditionModel(
            block_out_channels=(16, 32), layers_per_block=1, sample_size=16, in_channels=9, out_channels=4,
            down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
            up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
            cross_attention_dim=16, norm_num_groups=8, attention_head_dim=4,
        ),
        text_encoder=CLIPTextModel(text),
        tokenizer=CLIPTokenizer(vocab={word: n for n, word in enumerate(words)}, merges=[], model_max_length=77),
        scheduler=diffusers.DDIMScheduler(steps_offset=1, clip_sample=False),
        safety_checker=None, feature_extractor=None, requires_safety_checker=False,
    )  # fmt: skip
    folder = tmp_path_factory.mktemp("painter")
    pipeline.save_pretrained(folder, safe_serialization=True)
    return folder


def test_a_diffusion_model_paints_about_the_product_and_not_on_it(
    tiny_painter: Path, vase: tuple[np.ndarray, np.ndarray], alpha: np.ndarray
) -> None:
    from prodgen_django.studio import stage
    from prodgen_django.studio.diffusion import SOURCE_TYPE, paint_surroundings

    options = {"model": str(tiny_painter), "steps": 3, "side": 64}
    place: dict[str, Any] = {"size": (320, 320), "fill": 0.6, "ground": 0.82}
    bare = stage(vase[0], alpha, np.full((320, 320, 3), 200, np.uint8), shadow=False, **place)
    steps: list[float] = []
    painted = paint_surroundings(bare.image, bare.mask, "an oak table", options, seed=1, on_step=steps.append)
    assert steps == pytest.approx([1 / 3, 2 / 3, 1])
    again = paint_surroundings(bare.image, bare.mask, "an oak table", options, seed=1)
    other = paint_surroundings(bare.image, bare.mask, "an oak table", options, seed=2)
    assert (painted == again).all()
    assert (painted != other).any()
    assert np.ptp(painted[bare.mask < 0.1].astype(int)) > 20  # the bare canvas is gone
    staged = stage(vase[0], alpha, painted, backdrop_source=SOURCE_TYPE, **place)
    assert staged.fidelity.exact
    assert staged.fidelity.passed
    assert staged.source_type == "compositeWithTrainedAlgorithmicMedia"


def test_a_diffusion_model_that_is_not_there_is_told(tmp_path: Path) -> None:
    pytest.importorskip("diffusers")
    from prodgen_django.studio.diffusion import DiffusionUnavailable, paint_surroundings

    picture, mask = np.zeros((64, 64, 3), np.uint8), np.eye(64, dtype=np.float32)
    with pytest.raises(DiffusionUnavailable, match="no diffusion model"):
        paint_surroundings(picture, mask, "an oak table", {"model": str(tmp_path)})
    (tmp_path / "model_index.json").write_text("{}")
    with pytest.raises(DiffusionUnavailable, match="could not be loaded"):
        paint_surroundings(picture, mask, "an oak table", {"model": str(tmp_path)})
