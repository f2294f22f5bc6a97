"""How much of the bare forward pass's speed is left when concept pictures go the whole way: job, Celery message,
worker, lease, generation, rejection, ribbon, JPEG with its mark, thumbnail, storage, database.

    python benchmarks/gan/throughput.py --presets cpu-64 gpu-128 gpu-256 --products 8

A shop of its own in a temporary folder (SQLite, the embedded broker), a real worker process with one thread and one
job of `--products` products with 16 pictures each, every attempt kept, so that pictures and forward passes are equal
in number. Everything is counted in processor seconds of the worker, after a first job that loads the model, so that
other load on the machine does not count; the bare pass is the same generator on as many pictures in batches of 16, in a
process like the worker's. Presets other than the shipped checkpoint's are drawn with untrained weights: the work is
the same. `--choose-from 4` counts as the admin's default does: four attempts for each picture that is kept, the
discriminator and the inspector choosing. `--profile` prints where the time goes.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--presets", nargs="+", default=["cpu-64", "gpu-128", "gpu-256"])
    parser.add_argument("--products", type=int, default=8)
    parser.add_argument("--choose-from", type=int, default=1, help="attempts for each picture that is kept")
    parser.add_argument("--json", type=Path)
    parser.add_argument(
        "--profile", action="store_true", help="profile the job in this process, without Celery"
    )
    arguments = parser.parse_args()
    os.environ |= {"OMP_NUM_THREADS": "1", "DJANGO_SETTINGS_MODULE": "example_shop.settings"}
    sys.path.insert(0, str(ROOT))
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        os.environ |= {"PRODGEN_DEMO_DIR": folder, "XDG_CACHE_HOME": folder}
        prepare()
        for preset in arguments.presets:
            rows.append(measure(preset, arguments))
            print(json.dumps(rows[-1]), flush=True)
    if arguments.json:
        arguments.json.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")


def prepare() -> None:
    """The shop's database."""
    import django
    import torch
    from django.core.management import call_command

    torch.set_num_threads(1)
    django.setup()
    call_command("migrate", verbosity=0)


def products(count: int) -> list[Any]:
    from oscar.core.loading import get_model

    kind, _made = get_model("catalogue", "ProductClass").objects.get_or_create(name="Thing")
    model = get_model("catalogue", "Product")
    return [
        model.objects.create(structure="standalone", title=f"Thing {n}", product_class=kind)
        for n in range(count)
    ]


def activate(preset: str) -> Any:
    """The shipped checkpoint, or one of this preset with untrained weights, as the one in use."""
    import torch

    from prodgen_django.gan import GanConfig, Sampler
    from prodgen_django.gan.checkpoint import write_checkpoint
    from prodgen_django.gan.networks import build
    from prodgen_django.models import Checkpoint
    from prodgen_django.pictures.checkpoints import active_checkpoint, local_file, register

    Checkpoint.objects.update(is_active=False)
    if preset == "cpu-64":
        Checkpoint.objects.all().delete()
        return Sampler.load(local_file(active_checkpoint("concept")), device="cpu")
    config = GanConfig.preset(preset)
    generator, discriminator = build(config, 1)
    tensors = {f"generator.{k}": v for k, v in generator.state_dict().items()}
    tensors |= {f"discriminator.{k}": v for k, v in discriminator.state_dict().items()}
    tensors |= {"inspector.weight": torch.zeros(1, 192), "inspector.bias": torch.zeros(1)}
    card = {"task": "concept", "config": config.to_dict(), "labels": ["thing"], "photos_per_label": {}}
    path = Path(os.environ["PRODGEN_DEMO_DIR"]) / f"{preset}.safetensors"
    write_checkpoint(path, tensors, card)
    register(preset, path.read_bytes(), card)
    return Sampler.load(path, device="cpu")


def ask(count: int, choose_from: int) -> Any:
    from prodgen_django.jobs import create_job

    return create_job("concept", products=products(count), options={"count": 16, "choose_from": choose_from})


def bare(sampler: Any, count: int) -> float:
    """Processor seconds of the forward passes alone."""
    import torch

    from prodgen_django.gan.sampling import autocast

    z, labels = torch.randn(16, sampler.config.latent), torch.zeros(16, dtype=torch.long)
    with torch.inference_mode(), autocast(sampler.config, sampler.device):
        sampler.generator(z, labels)
        started = time.process_time()
        for _ in range(count // 16):
            sampler.generator(z, labels)
    return time.process_time() - started


def measure(preset: str, arguments: argparse.Namespace) -> dict[str, Any]:
    import psutil

    sampler = activate(preset)
    count = 16 * arguments.products
    forward = bare(sampler, count)
    if arguments.profile:
        profile(arguments.products, arguments.choose_from)
    worker = subprocess.Popen(
        [sys.executable, "-m", "celery", "-A", "example_shop", "worker", "-P", "solo", "-Q",
         "prodgen,prodgen-gpu", "--loglevel", "WARNING"], cwd=ROOT,
    )  # fmt: skip
    try:
        wait(ask(1, arguments.choose_from))
        process = psutil.Process(worker.pid)
        before = process.cpu_times()
        started = time.monotonic()
        job = ask(arguments.products, arguments.choose_from)
        wait(job)
        after = process.cpu_times()
        wall = time.monotonic() - started
    finally:
        worker.terminate()
        worker.wait()
    made = job.images.count()
    spent = after.user + after.system - before.user - before.system
    return {
        "preset": preset, "choose_from": arguments.choose_from, "pictures": made,
        "bare_cpu_seconds": round(forward, 2), "job_cpu_seconds": round(spent, 2),
        "bare_images_per_cpu_second": round(count / forward, 2), "job_images_per_cpu_second": round(made / spent, 2),
        "ratio": round((made / spent) / (count / forward), 3), "wall_seconds": round(wall, 1),
        "load": round(os.getloadavg()[0], 1),
    }  # fmt: skip


def wait(job: Any) -> None:
    while True:
        job.refresh_from_db()
        if job.is_finished:
            break
        time.sleep(0.5)
    if job.state != "succeeded":
        sys.exit(f"the job ended as {job.state}: {job.items.first().error}")


def profile(count: int, choose_from: int) -> None:
    import cProfile
    import pstats

    from prodgen_django.jobs.run import run_here

    run_here(ask(1, choose_from).pk)
    job = ask(count, choose_from)
    with cProfile.Profile() as found:
        run_here(job.pk)
    pstats.Stats(found).sort_stats("cumulative").print_stats(45)


if __name__ == "__main__":
    main()
