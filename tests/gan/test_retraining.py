"""Every shipped checkpoint can be trained again by one command that survives being stopped."""

from __future__ import annotations

import json

import numpy as np
import pytest

from prodgen_django.gan import PhotoDataset, Sampler
from prodgen_django.gan.__main__ import main as gan
from prodgen_django.gan.checkpoint import read_checkpoint
from prodgen_django.imagefile import encode_image
from training import all as everything

from .conftest import drawn_photo


@pytest.fixture
def photographs(tmp_path):
    """A data folder like the shared one, with two kinds of drawn things."""
    rng = np.random.default_rng(0)
    for part, count in (("train", 24), ("validation", 8), ("test", 8)):
        for label in ("disc", "bar"):
            folder = tmp_path / "data" / "garments-256" / part / label
            folder.mkdir(parents=True)
            for number in range(count):
                picture = drawn_photo(rng, label, 96)
                (folder / f"{number}.png").write_bytes(encode_image(picture, format="png", source_type=None))
    return tmp_path / "data"


def test_a_stopped_call_is_gone_on_with_and_what_is_done_is_not_done_again(photographs, tmp_path, capfd):
    out = tmp_path / "runs"
    call = [str(photographs), "--out", str(out), "--only", "extractor", "--share", "0.05"]  # two epochs
    assert everything.main([*call, "--piece", "0.01"]) == everything.MORE_TO_DO
    assert not (out / "extractor" / "done.json").exists()
    assert everything.main(call) == 0
    _tensors, card = read_checkpoint(out / "extractor" / "extractor.safetensors")
    assert card["task"] == "extractor"
    assert card["licence"] == "CC0-1.0"
    assert "--epochs 2" in card["command"]
    assert json.loads((out / "extractor" / "done.json").read_text())["offerable"] is True
    capfd.readouterr()
    assert everything.main(call) == 0
    said = capfd.readouterr().out
    assert "done before" in said
    assert '"test_accuracy": 0.8113' in said, "the shipped card's figures stand beside the new one's"


@pytest.mark.slow
def test_the_generators_sheets_are_drawn_after_it(photographs, tmp_path):
    out = tmp_path / "runs"
    call = [str(photographs), "--out", str(out), "--only", "garments", "--share", "0.001"]
    assert everything.main(call) == 0
    assert Sampler.load(out / "garments" / "checkpoint.safetensors").labels == ["bar", "disc"]
    assert (out / "garments" / "sheet.png").stat().st_size
    assert (out / "garments" / "neighbours.jpg").stat().st_size


def test_an_extractor_goes_on_after_an_epoch_as_if_never_stopped(photographs, tmp_path, monkeypatch):
    from training import extractor as module

    data = PhotoDataset.from_folder(photographs / "garments-256" / "train", 64)
    whole, _accuracies, _seconds = module.train_extractor(data, data, epochs=3, batch=8)
    state = tmp_path / "state.safetensors"
    save = module.save_state

    def save_and_die(*arguments):
        save(*arguments)
        raise KeyboardInterrupt

    monkeypatch.setattr(module, "save_state", save_and_die)
    with pytest.raises(KeyboardInterrupt):
        module.train_extractor(data, data, epochs=3, batch=8, state=state)
    monkeypatch.setattr(module, "save_state", save)
    resumed, accuracies, _seconds = module.train_extractor(data, data, epochs=3, batch=8, state=state)
    assert len(accuracies) == 3
    for name, value in whole.state_dict().items():
        np.testing.assert_allclose(resumed.state_dict()[name].numpy(), value.numpy(), rtol=1e-4, atol=1e-5)


def test_packed_photographs_train_without_the_folder_they_came_from(photographs, tmp_path, capsys):
    folder = photographs / "garments-256"
    for part in ("train", "validation"):
        assert gan(["pack", str(folder / part), str(tmp_path / "packs" / part), "--size", "64"]) == 0
    before = PhotoDataset.from_folder(folder / "train", 64)
    packed = PhotoDataset.from_pack(tmp_path / "packs" / "train", 64)
    assert packed.fingerprint() == before.fingerprint()
    with pytest.raises(ValueError, match="no usable pack of 128 px"):
        PhotoDataset.from_pack(tmp_path / "packs" / "train", 128)
    call = ["train", str(tmp_path / "packs" / "train"), str(tmp_path / "run"), "--preset", "article-28"]
    # Its own size is not among the packs: a pack has no photographs to make it of.
    with pytest.raises(ValueError, match="no pictures"):
        gan([*call, "--images", "64"])
    validation = ["--validation", str(tmp_path / "packs" / "validation")]
    assert gan([*call[:-1], "cpu-64", *validation, "--images", "64", "--threads", "1"]) in (0, 3)
    assert (tmp_path / "run" / "checkpoint.safetensors").exists()
    pixels = next((tmp_path / "packs" / "train").glob("64-*.u8"))
    pixels.write_bytes(pixels.read_bytes()[:-1] + b"\0")
    with pytest.raises(ValueError, match="its pixels have changed"):
        PhotoDataset.from_pack(tmp_path / "packs" / "train", 64)
