"""Teach the cut-out network, in pieces that resume.

    python -m training.cutouts.train OUT.safetensors DATA LAYERS --work FOLDER --cpu-seconds 5400 --piece 1200

Run again it goes on from where it stopped, with whatever `render` has added meanwhile; the rate falls to nothing at
`--cpu-seconds`. What it prints goes into the log of trainings.
"""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn

from prodgen_django.gan.checkpoint import read_checkpoint, write_checkpoint
from prodgen_django.studio.matting.network import PRODUCT, CutOutNet

from . import backbone
from .compose import Composer, Picture
from .material import gather
from .pieces import Pieces, arguments, half, halved

SIDES = (256, 320, 384, 512, 640)
"""Sides of pictures. A training begins with the three smallest and ends with the three largest."""
PIXELS = 12 * 320 * 320  # of a batch
RATE, RATE_BACKBONE = 1.2e-3, 3e-4
MEMORY = 0.998  # of the averaged weights, a step
FROZEN = 2  # stages of the backbone that stay as they are
CHECKED = 64


class Batch(NamedTuple):
    """`photo`: (B, 3, n, n) in [-1, 1]; `truth` and `known`: (B, 3, n, n), what each plane should say and whether it is
    known."""

    photo: Tensor
    truth: Tensor
    known: Tensor


def batch_of(pictures: Sequence[Picture]) -> Batch:
    photo = torch.from_numpy(np.stack([p.image for p in pictures])).permute(0, 3, 1, 2).float() / 127.5 - 1
    planes = [(p.product, p.shadow, p.things) for p in pictures]
    nothing = np.zeros_like(planes[0][0])
    truth = np.stack([[nothing if plane is None else plane for plane in each] for each in planes])
    known = np.stack([[np.full_like(nothing, plane is not None) for plane in each] for each in planes])
    return Batch(
        photo.contiguous(memory_format=torch.channels_last), torch.from_numpy(truth), torch.from_numpy(known)
    )


def loss_of(logits: Tensor, batch: Batch) -> Tensor:
    """Cross-entropy, heavier along the product's outline, and the share of the product's union that is missed."""
    product = batch.truth[:, PRODUCT : PRODUCT + 1]
    near = _near(product)  # 1 where the highest and the lowest about a pixel differ
    weight = batch.known * torch.cat(
        [1 + 3 * near, torch.full_like(near, 0.3), torch.full_like(near, 0.3)], 1
    )
    by_pixel = F.binary_cross_entropy_with_logits(logits, batch.truth, reduction="none")
    probability, truth = logits[:, PRODUCT].sigmoid(), batch.truth[:, PRODUCT]
    both = (probability * truth).sum((1, 2))
    union = (probability + truth - probability * truth).sum((1, 2))
    return (by_pixel * weight).mean((2, 3)).sum(1).mean() + (1 - (both + 1) / (union + 1)).mean()


def _near(product: Tensor) -> Tensor:
    """How far product and ground lie beside each other, looked at in squares of 8 pixels and their neighbours."""
    highest, lowest = (F.max_pool2d(sign * product, 8, 4, 4) for sign in (1, -1))
    return F.interpolate(highest + lowest, size=product.shape[-2:])


@torch.inference_mode()
def evaluate(net: CutOutNet, make: Composer, count: int = CHECKED) -> tuple[float, float]:
    """Mean IoU of the product over `count` pictures, and the share at 0.95 or more."""
    found: list[float] = []
    for first in range(0, count, 8):
        batch = batch_of(
            [make(np.random.default_rng((1, number))) for number in range(first, min(first + 8, count))]
        )
        mine, truth = (
            (net(batch.photo)[:, PRODUCT] > 0).flatten(1),
            (batch.truth[:, PRODUCT] > 0.5).flatten(1),
        )
        found += ((mine & truth).sum(1) / (mine | truth).sum(1).clamp_min(1)).tolist()
    return float(np.mean(found)), float((np.array(found) >= 0.95).mean())


def read(path: Path, net: nn.Module | None = None) -> Any:
    """`net`, a cut-out network where none is given, with the weights of a file."""
    net = net or CutOutNet()
    net.load_state_dict({name: value.float() for name, value in read_checkpoint(path)[0].items()})
    return net.to(memory_format=torch.channels_last)  # type: ignore[call-overload]


def beginning() -> CutOutNet:
    net = CutOutNet()
    net.backbone = backbone.pretrained()
    return net.to(memory_format=torch.channels_last)  # type: ignore[call-overload, no-any-return]


def optimizer_of(net: CutOutNet, share: float, keep_backbone: bool) -> torch.optim.Optimizer:
    # Edges and colours are what ImageNet taught them to be; half of the backbone's time would go into them.
    stages = net.backbone.stages if keep_backbone else net.backbone.stages[:FROZEN]
    for part in (net.backbone.stem, *stages):
        part.requires_grad_(False)
    taught = {id(p) for p in net.backbone.parameters()}
    learning = [p for p in net.parameters() if p.requires_grad]
    groups: list[dict[str, Any]] = [
        {"params": [p for p in learning if (id(p) in taught) == inside], "highest": share * rate}
        for inside, rate in ((True, RATE_BACKBONE), (False, RATE))
    ]
    return torch.optim.AdamW([group for group in groups if group["params"]], lr=RATE, weight_decay=0.01)


def averaged(kept: Tensor, new: Tensor, seen: Tensor | int) -> Tensor:
    """A long memory that at first forgets fast, or the untrained weights would stay in it for hundreds of steps."""
    return kept + (new - kept) * (1 - min(MEMORY, (1 + float(seen)) / (10 + float(seen))))


def between(learnt: nn.Module, start: nn.Module, share: float) -> nn.Module:
    """The network `share` of the way back from what it learnt to where it began (Wortsman et al. 2022).

    It loses less of what it knew.
    """
    mixed, begun = deepcopy(learnt), start.state_dict()
    mixed.load_state_dict(
        {name: value + (begun[name] - value) * share for name, value in learnt.state_dict().items()}
    )
    return mixed


def main() -> None:
    parser = arguments(__doc__, "out")
    parser.add_argument("--photographs", type=int, default=350, help="garments asked to label themselves")
    parser.add_argument("--grounds", type=int, default=1000, help="garments whose rims are grounds")
    parser.add_argument("--start", type=Path, help="weights to learn on from, at the three largest sides")
    parser.add_argument(
        "--keep-backbone",
        action="store_true",
        help="as it is, so that an inspector that knows it stays right",
    )
    parser.add_argument(
        "--keep",
        type=float,
        default=0.0,
        help="how far what is written lies on the way back to the start, 0 to 1",
    )
    parser.add_argument("--rate", type=float, default=1.0, help="times the usual rates")
    options = parser.parse_args()
    options.work.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(options.seed)
    where = (options.data, options.layers, options.work / "labels", options.photographs, options.grounds)
    taught, apart = gather(*where), gather(*where[:3], 80, 80, apart=True)
    counts = {k: len(getattr(taught, k)) for k in ("layered", "whole", "packshots", "garments", "grounds")}
    print(counts, {k: len(getattr(apart, k)) for k in counts}, flush=True)
    start = read(options.start) if options.start else None
    net = deepcopy(start) if start else beginning()
    average = torch.optim.swa_utils.AveragedModel(net, avg_fn=averaged)
    pieces = Pieces(
        {"net": net, "average": average},
        optimizer_of(net, options.rate, options.keep_backbone),
        options.work / "state.safetensors",
        {"seed": options.seed},
        options,
    )
    makers, check = {side: Composer(taught, side) for side in SIDES}, Composer(apart, 384)

    def batch(step: int, share: float) -> Batch:
        rng = np.random.default_rng((options.seed, step))
        first = 2 if options.start or share >= 0.7 else 1 if share >= 0.35 else 0
        side = SIDES[first + int(rng.integers(3))]
        count = max(2, PIXELS // side**2)
        return batch_of([makers[side](np.random.default_rng((options.seed, step, n))) for n in range(count)])

    def loss(batch: Batch) -> Tensor:
        average.update_parameters(net)
        with half():
            logits = net(batch.photo)
        return loss_of(logits.float(), batch)

    def kept() -> str:
        score = evaluate(average.module, check)
        card = {"task": "cut-out", "backbone": backbone.SOURCE, "data": counts, "validation": score}
        tensors = halved(average.module if start is None else between(average.module, start, options.keep))
        written = write_checkpoint(options.out, tensors, {**card, **pieces.card()})
        return f"IoU {score[0]:.4f}, {score[1]:.0%} at 0.95: {written['weights_sha256'][:12]}"

    pieces.run(batch, loss, kept)


if __name__ == "__main__":
    main()
