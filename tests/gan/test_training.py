"""A training run as its caller sees it: budgets, progress, stop, kill, resume, what it leaves behind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import numpy as np
import pytest
from safetensors.torch import load_file

from prodgen_django.gan import CheckpointError, GanConfig, PhotoDataset, Sampler, train
from tests.clock import Ticking

from .conftest import drawn_photos


def weights(path: Path) -> dict[str, np.ndarray]:
    return {k: v.float().numpy() for k, v in load_file(path).items()}


def same(a: Path, b: Path) -> bool:
    ours, theirs = weights(a), weights(b)
    return ours.keys() == theirs.keys() and all(np.array_equal(ours[k], theirs[k]) for k in ours)


def test_a_run_leaves_a_checkpoint_a_card_and_its_history(config, dataset, tmp_path):
    result = train(config, dataset, tmp_path, card={"licence": "CC0-1.0"})
    assert result.stopped_reason == "finished"
    assert result.finished
    assert result.resumed_from is None
    assert result.images == 64
    assert result.checkpoint.suffix == ".safetensors"
    card = json.loads(result.checkpoint.with_suffix(".json").read_text(encoding="utf-8"))
    assert card == result.card
    assert card["licence"] == "CC0-1.0"
    assert card["labels"] == ["bar", "disc"]
    assert card["metrics"]["extractor"].startswith("shop-clf-")
    assert [h["images"] for h in result.history] == [32, 64]
    assert card["metrics"]["kid"] == min(
        h["kid"] for h in result.history if card["offerable"] is False or h["images"] == card["images"]
    )
    assert not [p for p in tmp_path.iterdir() if p.name.startswith(".")]


def test_training_learns(dataset, tmp_path):
    """Half a minute's work in miniature: the figure that counts falls well below that of the first look."""
    config = GanConfig(
        resolution=16, widths=(32, 32), latent=16, embedding=8, batch=16, images=3200, evaluate_every=320,
        evaluate_samples=64, holdout=0.2, ema_images=200, learning_rate=(2e-3, 5e-4), precision="float32",
    )  # fmt: skip
    result = train(config, dataset, tmp_path)
    assert result.history[-1]["kid"] < 0.5 * result.history[0]["kid"]


def test_the_same_seed_gives_the_same_weights_and_another_seed_others(config, dataset, tmp_path):
    one = train(config, dataset, tmp_path / "1")
    two = train(config, dataset, tmp_path / "2")
    other = train(GanConfig.from_dict(config.to_dict() | {"seed": 1}), dataset, tmp_path / "3")
    assert one.card["weights_sha256"] == two.card["weights_sha256"] != other.card["weights_sha256"]


def test_stopped_by_the_watcher_and_resumed_equals_never_stopped(config, dataset, tmp_path, monkeypatch):
    monkeypatch.setattr("prodgen_django.gan.running._PROGRESS_SECONDS", 0.0)
    train(config, dataset, tmp_path / "whole")
    stops = iter([True, True, False])
    first = train(config, dataset, tmp_path / "cut", on_progress=lambda p: next(stops, False))
    assert first.stopped_reason == "stopped"
    assert not first.finished
    assert first.checkpoint.exists()
    assert first.images == 24
    second = train(config, dataset, tmp_path / "cut")
    assert second.resumed_from == 3
    assert second.finished
    assert same(tmp_path / "whole" / "state.safetensors", tmp_path / "cut" / "state.safetensors")


def test_a_watcher_that_raises_loses_nothing(config, dataset, tmp_path, monkeypatch):
    monkeypatch.setattr("prodgen_django.gan.running._PROGRESS_SECONDS", 0.0)

    def watcher(progress):
        if progress.step == 5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(config, dataset, tmp_path / "cut", on_progress=watcher)
    assert train(config, dataset, tmp_path / "cut").resumed_from == 5
    train(config, dataset, tmp_path / "whole")
    assert same(tmp_path / "whole" / "state.safetensors", tmp_path / "cut" / "state.safetensors")


SCRIPT = """
import sys, torch
torch.set_num_threads(1)
from prodgen_django.gan import GanConfig, train, running
from tests.gan.test_training import small_run
running._PROGRESS_SECONDS = 0.0
running._STATE_SECONDS = float(sys.argv[2])
config, dataset = small_run()
train(config, dataset, sys.argv[1], on_progress=lambda p: print(p.step, flush=True))
print("done", flush=True)
"""


def small_run() -> tuple[GanConfig, PhotoDataset]:
    config = GanConfig(
        resolution=16, widths=(16, 16), latent=8, embedding=8, batch=8, images=240, evaluate_every=80,
        evaluate_samples=16, holdout=0.2, augment_images=100, augment_target=-2.0, ema_images=32,
    )  # fmt: skip
    return config, PhotoDataset.from_photos(drawn_photos(60), 16)


@pytest.mark.slow
def test_killed_at_any_step_and_resumed_equals_never_killed(tmp_path):
    """kill -9 at random steps until one process gets through; augmentation is on, so its state counts as
    well."""
    rng = np.random.default_rng(0)
    script = tmp_path / "run.py"
    script.write_text(textwrap.dedent(SCRIPT), encoding="utf-8")
    root = Path(__file__).resolve().parents[2]
    environment = os.environ | {"PYTHONPATH": str(root), "OMP_NUM_THREADS": "1"}

    def start() -> subprocess.Popen[str]:
        command = [sys.executable, str(script), str(tmp_path / "killed"), "0.02"]
        return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=root, env=environment)

    kills = 0
    for _start in range(8):
        with start() as process:
            assert process.stdout is not None
            last = int(rng.integers(2, 9))
            for lines, line in enumerate(process.stdout, start=1):
                if line.strip() == "done":
                    break
                if lines == last and kills < 3:
                    process.send_signal(signal.SIGKILL)
                    kills += 1
                    break
        if process.returncode == 0:
            break
    assert process.returncode == 0
    assert kills == 3
    config, dataset = small_run()
    train(config, dataset, tmp_path / "whole")
    assert same(tmp_path / "whole" / "state.safetensors", tmp_path / "killed" / "state.safetensors")
    assert same(tmp_path / "whole" / "checkpoint.safetensors", tmp_path / "killed" / "checkpoint.safetensors")
    Sampler.load(tmp_path / "killed" / "checkpoint.safetensors").sample(1)


def test_a_budget_of_seconds_ends_the_run_and_its_schedule(config, dataset, tmp_path):
    result = train(
        GanConfig.from_dict(config.to_dict() | {"images": 10**7}),
        dataset,
        tmp_path,
        budget_seconds=1.5,
        clock=Ticking(0.25),
    )
    assert result.stopped_reason == "finished"
    assert 1.5 <= result.seconds <= 2
    assert result.images == 6 * config.batch


def test_progress_tells_what_an_admin_wants_to_see(config, dataset, tmp_path, monkeypatch):
    monkeypatch.setattr("prodgen_django.gan.running._PROGRESS_SECONDS", 0.0)
    seen = []
    train(config, dataset, tmp_path, on_progress=seen.append)
    assert [p.images for p in seen[:-1]] == list(range(8, 65, 8))
    fractions = [p.fraction for p in seen]
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1
    assert {"generator", "discriminator"} <= seen[-1].losses.keys()
    assert "kid" in seen[-1].metrics
    assert seen[0].sample_grid is not None
    assert seen[0].sample_grid.shape == (2 * 16, 6 * 16, 3)
    assert seen[0].sample_grid.dtype == np.uint8


def test_another_run_in_the_folder_is_not_continued(config, dataset, tmp_path):
    train(config, dataset, tmp_path)
    with pytest.raises(CheckpointError, match="another configuration"):
        train(GanConfig.from_dict(config.to_dict() | {"latent": 9}), dataset, tmp_path)
    with pytest.raises(CheckpointError, match="other photos"):
        train(config, PhotoDataset.from_photos(drawn_photos(30), 16), tmp_path)
    assert train(config, dataset, tmp_path, resume=False).resumed_from is None


def test_a_finished_run_is_not_trained_again(config, dataset, tmp_path):
    first = train(config, dataset, tmp_path)
    again = train(config, dataset, tmp_path)
    assert (again.images, again.card) == (first.images, first.card)


def test_gradient_accumulation_comes_near_the_undivided_batch(config, dataset, tmp_path):
    """Not to the bit: luck is drawn part by part. But as many images, and both learn from whole batches."""
    parts = train(GanConfig.from_dict(config.to_dict() | {"accumulate": 4}), dataset, tmp_path)
    assert (parts.images, parts.history[-1]["step"]) == (64, 8)


def test_what_cannot_be_trained_is_said_before_anything_starts(config, dataset, tmp_path):
    with pytest.raises(ValueError, match="16 px, the configuration wants 64"):
        train(GanConfig.preset("cpu-64"), dataset, tmp_path)
    with pytest.raises(ValueError, match="too few"):
        train(config, PhotoDataset.from_photos(drawn_photos(2), 16), tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_diverging_run_keeps_what_was_good(config, dataset, tmp_path, monkeypatch):
    from prodgen_django.gan import adversary

    real_loss = adversary.generator_loss

    def explode(kind, real, fake):
        loss = real_loss(kind, real, fake)
        explode.calls += 1
        return loss * float("nan") if explode.calls > 5 else loss

    explode.calls = 0
    monkeypatch.setattr(adversary, "generator_loss", explode)
    result = train(config, dataset, tmp_path)
    assert result.stopped_reason == "diverged"
    assert result.card["images"] == 32
    assert np.isfinite(Sampler.load(result.checkpoint).generator.head.weight.numpy()).all()


def test_a_generator_that_copies_is_marked_as_not_to_be_offered(config, dataset, tmp_path, monkeypatch):
    """The alarm is wired to the card: a generator that hands out its training photos is caught."""
    train_photos = dataset.split(config.holdout)[0].images

    def copies(generator, z, labels, config, device, batch=32):
        return train_photos[np.arange(len(z)) % len(train_photos)]

    monkeypatch.setattr("prodgen_django.gan.judging.render", copies)
    result = train(config, dataset, tmp_path)
    assert result.card["offerable"] is False
    assert "copies" in result.card["not_offerable_because"]


def test_a_run_that_collapses_raises_an_alarm_ends_and_keeps_what_was_good(
    config, dataset, tmp_path, monkeypatch
):
    """The first judgement finds nothing; from then on every picture is the same one."""
    monkeypatch.setattr("prodgen_django.gan.running._PROGRESS_SECONDS", 0.0)
    train_photos = dataset.split(config.holdout)[0].images
    held_out = dataset.split(config.holdout)[1].images
    calls = []

    def collapsing(generator, z, labels, config, device, batch=32):
        calls.append(len(z))
        good = held_out[np.arange(len(z)) % len(held_out)]
        return good if len(calls) == 1 else np.repeat(train_photos[:1], len(z), axis=0)

    monkeypatch.setattr("prodgen_django.gan.judging.render", collapsing)
    seen = []
    long = GanConfig.from_dict(config.to_dict() | {"images": 640, "evaluate_every": 16})
    result = train(long, dataset, tmp_path, on_progress=seen.append)
    assert result.stopped_reason == "collapsed"
    assert result.finished
    assert (result.images, result.card["images"], result.card["offerable"]) == (64, 16, True)
    assert seen[0].alarm is None
    assert seen[-1].alarm
    assert seen[-1].best["images"] == 16


def test_the_articles_example_trains(tmp_path):
    """28×28 grey, dense, binary cross-entropy, Adam, batch 128: two of its hundred epochs."""
    config = GanConfig.preset("article-28", epochs=2, evaluate_samples=32)
    assert (config.channels, config.loss, config.batch) == (1, "bce", 128)
    assert GanConfig.preset("article-28").epochs == 100
    dataset = PhotoDataset.from_photos(drawn_photos(150), 28)
    result = train(config, dataset, tmp_path)
    pictures = Sampler.load(result.checkpoint).sample(4, seed=1)
    assert pictures.shape == (4, 28, 28, 3)
    assert (pictures[..., 0] == pictures[..., 1]).all()


def test_a_dcgan_trains_for_comparison(tmp_path):
    config = GanConfig.preset("dcgan-64", images=64, evaluate_samples=16, evaluate_every=64)
    result = train(config, PhotoDataset.from_photos(drawn_photos(40, side=64), 64), tmp_path)
    assert Sampler.load(result.checkpoint).sample(2).shape == (2, 64, 64, 3)
