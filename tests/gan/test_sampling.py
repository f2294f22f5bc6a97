"""Pictures from a checkpoint: same seed, same picture; labels honoured; files that do not fit are refused."""

from __future__ import annotations

import json
import pickle

import numpy as np
import pytest
import torch

from prodgen_django.gan import CheckpointError, GanConfig, PhotoDataset, Sampler, train
from prodgen_django.gan.checkpoint import read_checkpoint, write_checkpoint, write_tensors
from prodgen_django.gan.networks import build

from .conftest import drawn_photos


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory):
    """Trained for a few seconds: the two labels have become different."""
    torch.set_num_threads(1)
    config = GanConfig(
        resolution=16, widths=(24, 24), latent=8, embedding=8, batch=16, images=3200, evaluate_every=3200,
        evaluate_samples=32, holdout=0.2, ema_images=100, learning_rate=(2e-3, 5e-4),
    )  # fmt: skip
    folder = tmp_path_factory.mktemp("run")
    return train(config, PhotoDataset.from_photos(drawn_photos(60), 16), folder).checkpoint


@pytest.fixture
def sampler(checkpoint):
    return Sampler.load(checkpoint, device="cpu")


def near(a, b) -> bool:
    """Equal up to the last bit of rounding, which may differ with the size of a batch."""
    return int(np.abs(a.astype(int) - b.astype(int)).max()) <= 2


def test_the_same_seed_gives_the_same_pictures(sampler, checkpoint):
    pictures = sampler.sample(5, seed=3)
    assert pictures.shape == (5, 16, 16, 3)
    assert pictures.dtype == np.uint8
    assert np.array_equal(pictures, Sampler.load(checkpoint).sample(5, seed=3))
    assert not np.array_equal(pictures, sampler.sample(5, seed=4))
    assert near(sampler.sample(40, seed=3)[:5], pictures)
    assert sampler.sample(0).shape == (0, 16, 16, 3)


def test_the_callers_own_randomness_is_left_alone(sampler):
    torch.manual_seed(5)
    before = torch.get_rng_state()
    sampler.sample(3)
    build(sampler.config, 2)
    assert torch.equal(before, torch.get_rng_state())


def test_a_label_is_honoured(sampler):
    bars, discs = sampler.sample(40, "bar", seed=1), sampler.sample(40, "disc", seed=1)
    features = [sampler.extractor(p)[0] for p in (bars, discs)]
    right = sum((sampler.inspector.classify(f).argmax(1) == i).sum() for i, f in enumerate(features))
    assert right / 80 > 0.65
    with pytest.raises(ValueError, match=r"unknown label 'hat'; this generator knows 'bar', 'disc'"):
        sampler.sample(1, "hat")


def test_truncation_takes_variety_away(sampler):
    def variety(truncation):
        return sampler.sample(32, "disc", seed=1, truncation=truncation).astype(float).std(axis=0).mean()

    assert variety(0.0) < 1e-6 < variety(0.3) < variety(1.0)
    with pytest.raises(ValueError, match="truncation"):
        sampler.sample(1, truncation=1.5)


def test_selection_says_how_many_passed(sampler):
    chosen = sampler.sample_selected(6, "disc", seed=2, oversample=5)
    assert chosen.tried == 30
    assert 0 <= chosen.pass_rate <= 1
    assert len(chosen.images) == min(6, round(chosen.pass_rate * 30))
    assert (np.diff(chosen.scores) <= 0).all()
    assert (chosen.agreement >= 0.5).all()
    seen, _ = sampler.extractor(chosen.images)
    np.testing.assert_allclose(chosen.features, seen, atol=1e-4)
    everything = sampler.sample_selected(3, min_agreement=0.0)
    assert everything.pass_rate == 1
    assert len(everything.images) == 3
    assert len(sampler.sample_selected(3, min_agreement=1.1).images) == 0


def test_a_strip_goes_from_one_picture_to_another_in_small_steps(sampler):
    strip = sampler.interpolate(9, "disc", seed=4).astype(float)
    whole = np.abs(strip[-1] - strip[0]).mean()
    assert whole > 0
    assert np.abs(np.diff(strip, axis=0)).mean(axis=(1, 2, 3)).max() < whole
    assert near(strip[:1], sampler.sample(2, "disc", seed=4)[:1])
    assert sampler.interpolate(4, "disc", label_to="bar").shape == (4, 16, 16, 3)


def test_the_nearest_photo_of_a_photo_is_itself(sampler):
    dataset = PhotoDataset.from_photos(drawn_photos(30), 16)
    found = sampler.nearest(dataset.images[7:9], dataset, k=2)
    assert [line[0].key for line in found] == dataset.keys[7:9]
    assert found[0][0].distance == pytest.approx(0, abs=1e-2)
    assert found[0][1].distance > found[0][0].distance


def test_it_says_what_it_is(sampler, checkpoint):
    assert sampler.labels == ["bar", "disc"]
    assert sampler.resolution == 16
    assert len(sampler.weights_sha256) == 64
    assert sampler.card["config"] == sampler.config.to_dict()


# -- files


def test_pickled_weights_are_never_opened(tmp_path):
    class Trap:
        def __reduce__(self):
            return (pytest.fail, ("the pickle was opened",))

    for name, data in (
        ("a.safetensors", pickle.dumps(Trap())),
        ("b.safetensors", b""),
        ("c.safetensors", b"\x08" * 99),
    ):
        (tmp_path / name).write_bytes(data)
        with pytest.raises(CheckpointError) as caught:
            Sampler.load(tmp_path / name)
        assert caught.value.code == "not_safetensors"
    torch.save({"generator": torch.zeros(1)}, tmp_path / "d.safetensors")
    with pytest.raises(CheckpointError):
        Sampler.load(tmp_path / "d.safetensors")
    with pytest.raises(CheckpointError, match="no file"):
        Sampler.load(tmp_path / "none.safetensors")


def test_weights_that_are_no_numbers_are_not_written(checkpoint, tmp_path):
    tensors, card = read_checkpoint(checkpoint)
    name = next(name for name, tensor in tensors.items() if tensor.is_floating_point())
    large = {**tensors, name: torch.full_like(tensors[name], 1e5, dtype=torch.float32).half()}
    with pytest.raises(CheckpointError, match=name) as caught:
        write_checkpoint(tmp_path / "overflown.safetensors", large, card)
    assert caught.value.code == "not_finite"
    assert not list(tmp_path.iterdir())


def test_a_card_that_does_not_fit_its_weights_is_refused(checkpoint, tmp_path):
    tensors, card = read_checkpoint(checkpoint)
    other = {k: v + 1 for k, v in tensors.items()}
    write_tensors(tmp_path / "swapped.safetensors", other, card)
    with pytest.raises(CheckpointError, match="other weights"):
        Sampler.load(tmp_path / "swapped.safetensors")

    write_checkpoint(tmp_path / "beside.safetensors", tensors, card)
    lie = json.loads((tmp_path / "beside.json").read_text(encoding="utf-8")) | {"weights_sha256": "0" * 64}
    (tmp_path / "beside.json").write_text(json.dumps(lie), encoding="utf-8")
    with pytest.raises(CheckpointError, match="does not fit"):
        Sampler.load(tmp_path / "beside.safetensors")

    config = card["config"] | {"latent": 9}
    write_checkpoint(tmp_path / "shape.safetensors", tensors, card | {"config": config})
    with pytest.raises(CheckpointError, match="do not fit"):
        Sampler.load(tmp_path / "shape.safetensors")

    write_checkpoint(tmp_path / "key.safetensors", tensors, card | {"config": card["config"] | {"typo": 1}})
    with pytest.raises(CheckpointError, match="typo"):
        Sampler.load(tmp_path / "key.safetensors")

    write_checkpoint(tmp_path / "task.safetensors", tensors, card | {"task": "seam"})
    with pytest.raises(CheckpointError, match="seam"):
        Sampler.load(tmp_path / "task.safetensors")


def test_a_file_cut_short_is_refused(checkpoint, tmp_path):
    data = checkpoint.read_bytes()
    (tmp_path / "half.safetensors").write_bytes(data[: len(data) // 2])
    with pytest.raises(CheckpointError):
        Sampler.load(tmp_path / "half.safetensors")


def test_the_file_alone_suffices(checkpoint, tmp_path):
    """A shop's storage keeps one file a checkpoint; the JSON beside it is for people."""
    (tmp_path / "alone.safetensors").write_bytes(checkpoint.read_bytes())
    assert np.array_equal(
        Sampler.load(tmp_path / "alone.safetensors").sample(2), Sampler.load(checkpoint).sample(2)
    )


# -- configurations


@pytest.mark.parametrize("preset", ["article-28", "cpu-64", "gpu-128", "gpu-256", "gpu-512"])
def test_presets_make_pictures_of_their_size(preset):
    config = GanConfig.preset(preset)
    generator, discriminator = build(config, 3)
    with torch.no_grad():
        x = generator(torch.randn(2, config.latent), torch.tensor([0, 2]))
        assert x.shape == (2, config.channels, config.resolution, config.resolution)
        assert discriminator(x, torch.tensor([0, 2])).shape == (2,)
    assert GanConfig.from_dict(json.loads(json.dumps(config.to_dict()))) == config


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"resolution": 65}, "make 64 px, not 65"), ({"architecture": "vae"}, "architecture"),
        ({"images": None}, "length"), ({"batch": 6, "accumulate": 4}, "multiple"),
        ({"learning_rate": (0, 1)}, "learning rates"), ({"channels": 4}, "channels"),
        ({"holdout": 0.0}, "holdout"), ({"balance": 2}, "balance"),
    ],
)  # fmt: skip
def test_a_value_that_cannot_work_is_named(values, words):
    with pytest.raises(ValueError, match=words):
        GanConfig(**values)
    with pytest.raises(ValueError, match="unknown preset"):
        GanConfig.preset("cpu-65")
    with pytest.raises(ValueError, match="typo"):
        GanConfig.from_dict({"typo": 1})


def test_without_a_choice_the_discriminator_is_not_asked(sampler, monkeypatch):
    """It costs as much as the generator."""
    monkeypatch.setattr(sampler.discriminator, "forward", None)
    found = sampler.sample_selected(6, "disc", seed=2, oversample=1, min_agreement=0.0)
    assert found.tried == len(found.images) == 6
    assert (found.scores == 0).all()
