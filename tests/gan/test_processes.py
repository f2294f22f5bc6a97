"""Two processes under accelerate take the very steps of one process that works in two parts."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from prodgen_django.gan import GanConfig, Sampler, train

from .test_training import same, small_run

SCRIPT = """
import sys, torch
torch.set_num_threads(1)
from prodgen_django.gan import GanConfig, train
from tests.gan.test_training import small_run
config, dataset = small_run()
told = []
result = train(config, dataset, sys.argv[1], budget_images=int(sys.argv[2]), on_progress=told.append, device="cpu")
# In one write, or the lines of two processes mix.
sys.stdout.write(f"{result.stopped_reason} {result.images} {len(told)} {result.card['processes']}\\n")
"""


def launch(folder: Path, images: int, tmp_path: Path) -> str:
    script = tmp_path / "two.py"
    script.write_text(SCRIPT, encoding="utf-8")
    root = Path(__file__).resolve().parents[2]
    # What `accelerate launch` starts on GPUs; on a CPU torchrun sets the same variables without MPI.
    command = [
        sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc_per_node", "2",
        str(script), str(folder), str(images),
    ]  # fmt: skip
    environment = os.environ | {"PYTHONPATH": str(root), "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, capture_output=True, text=True, cwd=root, env=environment, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


@pytest.mark.slow
def test_two_processes_take_the_same_steps_as_two_parts_also_after_a_restart(tmp_path):
    pytest.importorskip("accelerate")
    config, dataset = small_run()
    said = launch(tmp_path / "two", 80, tmp_path)
    assert sorted(line.split()[:2] for line in said.splitlines() if line.startswith("finished")) == [
        ["finished", "80"], ["finished", "80"],
    ]  # fmt: skip
    told = sorted(int(line.split()[2]) for line in said.splitlines() if line.startswith("finished"))
    assert told[0] == 0 < told[1]  # one process alone tells, measures and writes
    parts = GanConfig.from_dict(config.to_dict() | {"accumulate": 2})
    train(parts, dataset, tmp_path / "one", budget_images=80)
    assert same(tmp_path / "one" / "state.safetensors", tmp_path / "two" / "state.safetensors")
    Sampler.load(tmp_path / "two" / "checkpoint.safetensors").sample(1)

    launch(tmp_path / "two", 160, tmp_path)
    train(parts, dataset, tmp_path / "one", budget_images=160)
    assert same(tmp_path / "one" / "state.safetensors", tmp_path / "two" / "state.safetensors")
