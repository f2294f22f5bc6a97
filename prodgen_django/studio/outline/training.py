"""Trains the outline network: `python -m prodgen_django.studio.outline.training OUT.safetensors FOLDER …`.

FOLDER holds photographs, with a `manifest.csv` where they have splits. First they label themselves, then the network
learns from pairs made of them. Everything goes on where it stopped, the rate follows the budget of CPU seconds, and
usable weights are written at every check, so that a run may be ended at any time.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import cv2
import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn

from prodgen_django.gan.checkpoint import write_checkpoint
from prodgen_django.gan.sampling import bfloat16_pays
from prodgen_django.gan.state import load_state, save_state

from .material import Material, gather, true_cutouts, true_scenes
from .net import SIDE, OutlineNet, Outliner
from .pairs import PairMaker

__all__ = ["Budget", "between", "evaluate", "outline_loss", "train_outline"]

_RATE = 2e-3
_WARM_UP = 100  # steps
_COOL_DOWN = 0.4  # share of the budget over which the rate falls to nothing
_KEEP_EVERY = 100
_MEMORY = 0.995
_CHECKED = 96  # pairs


@dataclass(frozen=True, slots=True)
class Budget:
    """A run ends after `steps`, or after `cpu_seconds` of training where those are fewer."""

    steps: int = 1_000_000
    cpu_seconds: float = float("inf")

    def spent(self, step: int, seconds: float) -> float:
        """The share of the budget that is gone, 0 to 1."""
        return min(1.0, max(step / self.steps, seconds / self.cpu_seconds))


def train_outline(
    material: Material,
    work: Path,
    budget: Budget,
    batch: int = 16,
    seed: int = 0,
    side: int = SIDE,
    on_step: Callable[[int, float, float], None] | None = None,
    on_check: Callable[[nn.Module, int, float], None] | None = None,
    check_every: float = 300,
    start: OutlineNet | None = None,
    rate: float = _RATE,
) -> tuple[OutlineNet, float]:
    """The averaged network when the budget is spent, and the CPU seconds that it took. `start` is learnt on.
    `rate`: the highest learning rate of AdamW.

    `work`: a folder for the state, from which an interrupted run goes on: the batches are the same as without the
    interruption. `on_step` is told step, loss and CPU seconds; `on_check` gets the averaged network every
    `check_every` CPU seconds and at the end.
    """
    torch.manual_seed(seed)
    make = PairMaker(material, side)
    net = OutlineNet()
    if start is not None:
        net.grow_from(start)
    net = net.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    average = torch.optim.swa_utils.AveragedModel(net, avg_fn=_averaged, use_buffers=True)
    optimizer = torch.optim.AdamW(net.parameters(), lr=rate, weight_decay=0.02)
    identity = {"material": material.fingerprint(), "batch": batch, "seed": seed, "side": side}
    modules, optimizers = {"net": net, "average": average}, {"optimizer": optimizer}
    work.mkdir(parents=True, exist_ok=True)
    state, step, spent = work / "state.safetensors", 0, 0.0
    if state.exists():
        kept = load_state(state, modules, optimizers, identity)
        step, spent = kept["step"], kept["cpu_seconds"]
    checked, before = spent, spent
    started = time.process_time()
    # bfloat16 takes fourteen times as long on a CPU that has no instructions for it.
    fast = bfloat16_pays(torch.device("cpu"))
    ahead = ThreadPoolExecutor(1)  # OpenCV and torch work without the interpreter's lock
    coming = ahead.submit(_batch, make, batch, (seed, step))
    net.train()
    while budget.spent(step, spent) < 1:
        for group in optimizer.param_groups:
            group["lr"] = rate * _share_of_rate(step, budget.spent(step, spent))
        x, y = coming.result()
        coming = ahead.submit(_batch, make, batch, (seed, step + 1))
        with torch.autocast("cpu", torch.bfloat16, enabled=fast):
            logits = net(x)
        loss = outline_loss(logits.float(), y)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        optimizer.step()
        average.update_parameters(net)
        step += 1
        spent = before + time.process_time() - started
        if on_step is not None:
            on_step(step, loss.item(), spent)
        if step % _KEEP_EVERY == 0 or budget.spent(step, spent) >= 1:
            save_state(state, modules, optimizers, identity, {"step": step, "cpu_seconds": spent})
        if on_check is not None and (spent - checked >= check_every or budget.spent(step, spent) >= 1):
            checked = spent
            on_check(average.module, step, spent)
    ahead.shutdown(cancel_futures=True)
    return cast(OutlineNet, average.module).eval(), spent


def _averaged(kept: Tensor, new: Tensor, seen: Tensor | int) -> Tensor:
    """A long memory that at first forgets fast, or the untrained weights would stay in it for hundreds of steps."""
    return kept + (new - kept) * (1 - min(_MEMORY, (1 + float(seen)) / (10 + float(seen))))


def outline_loss(logits: Tensor, truth: Tensor) -> Tensor:
    """Cross-entropy, heavier along the outline, and the share of the union that is missed."""
    near = _highest(truth) + _highest(-truth)  # 1 where the highest and the lowest about a pixel differ
    by_pixel = F.binary_cross_entropy_with_logits(logits, truth, reduction="none") * (1 + 2 * near)
    surety = logits.sigmoid()
    both = (surety * truth).sum((1, 2, 3))
    union = (surety + truth - surety * truth).sum((1, 2, 3))
    return by_pixel.mean() + 0.5 * (1 - (both + 1) / (union + 1)).mean()


def _highest(x: Tensor) -> Tensor:
    """The highest of 9×9 pixels, one direction after the other: a tenth of the whole step otherwise."""
    return F.max_pool2d(F.max_pool2d(x, (9, 1), 1, (4, 0)), (1, 9), 1, (0, 4))


@torch.inference_mode()
def evaluate(net: nn.Module, make: PairMaker, seed: int = 1, count: int = _CHECKED) -> tuple[float, float]:
    """Mean IoU over `count` pairs, and the share at 0.95 or more."""
    training = net.training
    net.eval()
    found: list[float] = []
    for first in range(0, count, 16):
        x, y = _batch(make, min(16, count - first), (seed, first))
        mine, truth = (net(x) > 0).flatten(1), (y > 0.5).flatten(1)
        union = (mine | truth).sum(1).clamp_min(1)
        found += ((mine & truth).sum(1) / union).tolist()
    net.train(training)
    return float(np.mean(found)), float((np.array(found) >= 0.95).mean())


def _halved(net: nn.Module) -> dict[str, Tensor]:
    """Weights as float16. A running variance stays as it is: it may be larger than a float16 can be."""
    learnt = {name for name, _ in net.named_parameters()}
    return {name: v.half() if name in learnt else v for name, v in net.state_dict().items()}


def between(start: nn.Module, learnt: nn.Module, keep: float) -> OutlineNet:
    """Weights between the two networks, `keep` (0 to 1) of the way from the learnt one back to its start: what only
    the start knew is not lost to the last lessons. Source: Wortsman et al. 2022, "Robust fine-tuning of zero-shot
    models"."""
    net = OutlineNet()
    net.grow_from(cast(OutlineNet, start))
    first, last = net.state_dict(), learnt.state_dict()
    net.load_state_dict(
        {
            name: last[name].lerp(first[name], keep) if first[name].is_floating_point() else last[name]
            for name in first
        }
    )
    return net.eval()


def _share_of_rate(step: int, spent: float) -> float:
    return min(1.0, (step + 1) / _WARM_UP, (1 - spent) / _COOL_DOWN)


def _batch(make: PairMaker, batch: int, seed: tuple[int, int]) -> tuple[Tensor, Tensor]:
    pairs = [make(np.random.default_rng((*seed, number))) for number in range(batch)]
    x = torch.from_numpy(np.stack([pair.image for pair in pairs])).permute(0, 3, 1, 2).float() / 127.5 - 1
    y = torch.from_numpy(np.stack([pair.alpha for pair in pairs]))[:, None]
    return x.contiguous(memory_format=torch.channels_last), y


def main() -> None:
    """Labels, trains and writes the weights with their card."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("photographs", type=Path, help="a folder of photographs with a manifest.csv")
    parser.add_argument("--packshots", type=Path, help="a folder of true cut-outs (rgba/, mask/)")
    parser.add_argument("--hold-out", type=int, default=3, help="every so many-th packshot is never taught")
    parser.add_argument(
        "--scenes", type=Path, help="photographs with true outlines (photo/, mask/; catalogue.furnished)"
    )
    parser.add_argument("--start", type=Path, help="weights to learn on from")
    parser.add_argument("--work", type=Path, required=True, help="where labels and state are kept")
    parser.add_argument("--most", type=int, default=700, help="photographs asked to label themselves")
    parser.add_argument("--grounds", type=int, default=1200, help="photographs whose rims are grounds")
    parser.add_argument("--cpu-seconds", type=float, default=3000, help="for the training itself")
    parser.add_argument("--check-every", type=float, default=240, help="CPU seconds between checks")
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--rate", type=float, default=_RATE, help="highest learning rate")
    parser.add_argument("--keep", type=float, default=0.0, help="share of the start in what is written")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--data-name", default="", help="what the photographs are called on the card")
    parser.add_argument("--licence", default="", help="licence of the photographs and so of the weights")
    arguments = parser.parse_args()
    cv2.setNumThreads(1)
    torch.set_num_threads(1)
    products = true_cutouts(arguments.packshots, arguments.hold_out) if arguments.packshots else []
    cache = arguments.work / "labels"
    # A check asks about what is not taught: other photographs, other grounds, every fifth of the cut-outs.
    shown = [item for number, item in enumerate(products) if number % 5]
    scenes = true_scenes(arguments.scenes) if arguments.scenes else []
    material = gather(
        arguments.photographs,
        "train",
        cache,
        arguments.most,
        arguments.grounds,
        shown,
        arguments.seed,
        scenes,
    )
    apart = gather(arguments.photographs, "validation", cache, 80, 80, products[::5], arguments.seed)
    counts = {"labelled": len(material.labelled), "cut_outs": len(shown), "grounds": len(material.grounds)}
    counts |= {"scenes": len(scenes)} if scenes else {}
    start = Outliner.load(arguments.start) if arguments.start else None
    print(counts, flush=True)
    card = {
        "task": "outline",
        "config": {"input": SIDE, "depths": OutlineNet().depths},
        "data": {
            "name": arguments.data_name,
            **counts,
            "fingerprint": material.fingerprint(),
        },
        "licence": arguments.licence,
        "command": "python -m prodgen_django.studio.outline.training"
        f" {arguments.out.name} {arguments.photographs.name}"
        + (f" --packshots {arguments.packshots.name}" if arguments.packshots else "")
        + (f" --scenes {arguments.scenes.name}" if arguments.scenes else "")
        + (f" --start {arguments.start.name}" if arguments.start else "")
        + f" --hold-out {arguments.hold_out} --most {arguments.most} --grounds {arguments.grounds}"
        f" --cpu-seconds {arguments.cpu_seconds:.0f} --batch {arguments.batch} --rate {arguments.rate:g}"
        + (f" --keep {arguments.keep:g}" if start else "")
        + f" --seed {arguments.seed}",
        "seed": arguments.seed,
    }
    if start is not None:
        card["start"] = {
            key: start.card.get(key) for key in ("weights_sha256", "command", "cpu_seconds", "start")
        }
    losses: list[float] = []
    check = PairMaker(apart, SIDE) if apart.labelled else None

    def told(step: int, loss: float, spent: float) -> None:
        losses.append(loss)
        if step % 100 == 0:
            print(f"step {step}, {spent:.0f} CPU s: loss {np.mean(losses[-100:]):.4f}", flush=True)

    def checked(net: nn.Module, step: int, spent: float) -> None:
        if start is not None and arguments.keep:
            net = between(start.net, net, arguments.keep)
        score = evaluate(net, check) if check is not None else None
        kept = {**card, "cpu_seconds": round(spent), "steps": step, "validation": score}
        kept = write_checkpoint(arguments.out, _halved(net), kept)
        told_of = "" if score is None else f"IoU {score[0]:.4f}, at 0.95 or more {score[1]:.3f}, "
        print(
            f"step {step}, {spent:.0f} CPU s: {told_of}weights {kept['weights_sha256'][:12]}",
            flush=True,
        )

    train_outline(
        material,
        arguments.work,
        Budget(cpu_seconds=arguments.cpu_seconds),
        arguments.batch,
        arguments.seed,
        on_step=told,
        on_check=checked,
        check_every=arguments.check_every,
        start=start.net if start is not None else None,
        rate=arguments.rate,
    )


if __name__ == "__main__":
    main()
