"""lightweight-gan (1.2.1, MIT) beside the peers of `compare.py`: the same photographs, processor time and judge.

    python benchmarks/gan/lightweight.py prepare ../shared/data/garments-256 runs/lightweight
    ENV/bin/python benchmarks/gan/lightweight.py train runs/lightweight --seconds 1800 --judgements 8
    python benchmarks/gan/lightweight.py judge ../shared/data/garments-256 runs/lightweight --json figures.json

It asks for torchvision and a CUDA device, so that `train` belongs into an environment of its own (`pip install
lightweight-gan`). Without a device it is told that there is one and everything stays on the processor; the package
itself is not changed. The trainer's own settings, so without attention, for everything but the batch: 16,
where its command takes 10 times 4, since the time allows few steps. Several times it draws pictures with the generator
and with its average; the judge takes those that are best beside the validation photographs and measures them beside
the test photographs, as `compare.py` does.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

_SIDE = 64
_BATCH = 16
_DRAWN = 200  # pictures a judgement: `compare.py` measures by 186


def prepare(data: Path, out: Path) -> None:
    """The training photographs, fitted as every peer sees them, as PNG files."""
    from PIL import Image

    from prodgen_django.gan import PhotoDataset

    (out / "photos").mkdir(parents=True, exist_ok=True)
    for number, image in enumerate(PhotoDataset.from_folder(data / "train", _SIDE).images):
        Image.fromarray(image).save(out / "photos" / f"{number:05}.png")


def train(out: Path, seconds: float, seed: int, judgements: int) -> None:
    """Trains for so many processor seconds and writes `drawn-N.npz` so often: uint8 n×64×64×3 of both generators."""
    import torch

    torch.set_num_threads(1)
    torch.manual_seed(seed)
    peer = _peer()
    trainer = peer.Trainer(
        name="garments",
        base_dir=str(out),
        image_size=_SIDE,
        batch_size=_BATCH,
        num_workers=0,
        use_aim=False,
        save_every=10**9,
        evaluate_every=10**9,
    )
    # The sheet that it draws at every hundredth step would be paid for by nobody else.
    trainer.evaluate = lambda *_args, **_options: None
    trainer.set_data_src(str(out / "photos"))
    start = time.process_time()
    done = 0
    while done < judgements:
        trainer.train()
        spent = time.process_time() - start
        if spent >= seconds * (done + 1) / judgements:
            done += 1
            pictures = {name: _drawn(net, trainer, seed) for name, net in _generators(trainer).items()}
            np.savez_compressed(out / f"drawn-{done}.npz", **pictures)
            row = {"seconds": round(spent, 1), "steps": trainer.steps, "images": trainer.steps * _BATCH}
            (out / f"drawn-{done}.json").write_text(json.dumps(row), encoding="utf-8")
            print(json.dumps(row), flush=True)
            start = time.process_time() - spent  # drawing is not training


def judge(data: Path, out: Path) -> dict[str, Any]:
    """The best of what was drawn, by the validation photographs, measured on the test photographs."""
    sys.path.insert(0, str(Path(__file__).parent))
    from compare import load

    from prodgen_django.gan import metrics as figures
    from prodgen_django.gan.extractor import Extractor

    extractor = Extractor.load()
    parts = load(data, _SIDE, grey=False)
    features = {name: extractor(part.images)[0] for name, part in parts.items()}
    tried = []
    for path in sorted(out.glob("drawn-*.npz")):
        with np.load(path) as drawn:
            for name in drawn.files:
                pictures = drawn[name][: len(parts["validation"])]
                kid = figures.judge(
                    extractor(pictures)[0], features["train"], features["validation"], extractor
                )
                tried.append((kid["kid"], path, name))
    best, path, name = min(tried)
    with np.load(path) as drawn:
        pictures = drawn[name][: len(parts["test"])]
    told = json.loads(path.with_suffix(".json").read_text())
    last = json.loads((out / f"drawn-{len(tried) // 2}.json").read_text())
    return {
        "peer": "lightweight-gan",
        "budget": last["seconds"],
        "images": last["images"],
        "images_per_cpu_second": round(last["images"] / last["seconds"], 1),
        "chosen_at_images": told["images"],
        "generator": name,
        "validation_kid": round(best, 4),
        **figures.judge(extractor(pictures)[0], features["train"], features["test"], extractor),
    }


def _peer() -> Any:
    """The package; without a CUDA device with a `torch` whose devices are the processor."""
    import torch

    if torch.cuda.is_available():
        from lightweight_gan import lightweight_gan

        return lightweight_gan

    class OnTheProcessor:
        def __getattr__(self, name: str) -> Any:
            return getattr(torch, name)

        @staticmethod
        def device(_name: str) -> torch.device:
            return torch.device("cpu")

    there = torch.cuda.is_available
    torch.cuda.is_available = lambda: True
    try:
        from lightweight_gan import lightweight_gan
    finally:
        torch.cuda.is_available = there
    torch.Tensor.cuda = lambda self, *_args, **_options: self  # type: ignore[method-assign,assignment]
    torch.nn.Module.cuda = lambda self, *_args, **_options: self  # type: ignore[method-assign,assignment]
    lightweight_gan.torch = OnTheProcessor()
    return lightweight_gan


def _generators(trainer: Any) -> dict[str, Any]:
    return {"last": trainer.GAN.G, "average": trainer.GAN.GE}


def _drawn(generator: Any, trainer: Any, seed: int) -> np.ndarray:
    import torch

    random = torch.Generator().manual_seed(seed + 1)
    training = generator.training
    generator.eval()
    device = next(generator.parameters()).device
    found = []
    with torch.no_grad():
        for first in range(0, _DRAWN, 50):
            latents = torch.randn(min(50, _DRAWN - first), trainer.latent_dim, generator=random)
            found.append(generator(latents.to(device)).clamp(0, 1).mul(255).round().byte().cpu())
    generator.train(training)
    return torch.cat(found).permute(0, 2, 3, 1).numpy()


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("command", choices=["prepare", "train", "judge"])
    parser.add_argument(
        "folders", type=Path, nargs="+", help="the photographs (not for train), then the work folder"
    )
    parser.add_argument("--seconds", type=float, default=1800, help="processor seconds of training")
    parser.add_argument("--judgements", type=int, default=8, help="how often pictures are drawn")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", type=Path, help="where to write the figures")
    arguments = parser.parse_args()
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    if arguments.command == "prepare":
        prepare(*arguments.folders)
    elif arguments.command == "train":
        train(arguments.folders[-1], arguments.seconds, arguments.seed, arguments.judgements)
    else:
        row = judge(*arguments.folders)
        print(json.dumps(row, indent=1))
        if arguments.json:
            arguments.json.write_text(json.dumps(row, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
