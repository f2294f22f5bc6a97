"""Teach the inspector on the networks' own cut-outs, and on the same with faults made on purpose.

    python -m training.cutouts.train_inspector OUT.safetensors CHECKPOINTS DATA LAYERS --work FOLDER --cpu-seconds 1500

CHECKPOINTS: a folder with cutout.safetensors and edge.safetensors. What they make of a picture takes longer than to
learn from it: every picture is looked at once, kept in --work, and met again. At the end the confidence is set so that
on material that was kept apart at most `_WRONG` of the cut-outs called sure are poor; the card says what it came to.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor

from prodgen_django.gan.checkpoint import write_checkpoint
from prodgen_django.studio.color import Float, Pixels
from prodgen_django.studio.matting.inspector import POOR, evidence, with_planes
from prodgen_django.studio.matting.looking import NEAR, WHOLE, Networks, as_tensor, look_with
from prodgen_django.studio.matting.network import FAULTS, EdgeNet, InspectorNet

from .compose import Composer, Picture
from .faults import faulty, maps, verdict
from .material import gather
from .pieces import Pieces, arguments, half, halved
from .train import read

SIDE, VARIANTS = 576, 6  # of each picture that is looked at: as it was found, and with faults
PICTURES, TOGETHER = 6, 2  # pictures a step, and of each how many of its cut-outs
NEW_EVERY = 3  # of so many pictures one is new
KEPT_APART = 400
SIDES = (
    (WHOLE, (256, 384), (512,)),
    (NEAR, (256, 512), (448, 640)),
)  # of both looks, the app's own among them
SHARES = {"layered": 0.5, "whole": 0.16, "packshots": 0.12, "worn": 0.1, "drawn": 0.06, "lines": 0.06}
RATE = 1.5e-3
_WRONG, _LEAST_SURE = 0.02, 0.15


class Case(NamedTuple):
    """A cut-out to judge, all of one side: photo uint8 n×n×3, planes float32 3×n×n, the verdict and both maps."""

    photo: Pixels
    planes: Float
    said: list[float]
    where: Float


def cases(picture: Picture, nets: Networks, rng: np.random.Generator, variants: int) -> Iterator[Case]:
    """The cut-out that the networks make of a picture, and `variants` - 1 with faults."""
    whole, near = (sides[int(rng.integers(len(sides)))] for sides in SIDES)
    looked = look_with(nets, picture.image, whole=whole, near=near)
    shadow = np.zeros_like(picture.product) if picture.shadow is None else picture.shadow
    for number in range(variants):
        if number == 0:
            yield case(picture, looked.alpha, looked.whole, looked.near)
            continue
        base = looked.alpha if rng.random() < 0.4 else picture.product
        alpha = faulty(base, shadow, rng) if rng.random() < 0.65 else base
        if rng.random() < 0.6:  # the networks may be of one mind about what is wrong
            seen = cv2.GaussianBlur(alpha, (0, 0), float(rng.uniform(0.8, 3)))
            yield case(picture, alpha, seen, seen)
        else:
            yield case(picture, alpha, looked.whole, looked.near)


class Shelf:
    """The cut-outs of pictures by their number, made when first asked for and kept in `folder`."""

    def __init__(self, folder: Path, make: Composer, nets: Networks, variants: int, seed: int) -> None:
        self.folder, self.make, self.nets, self.variants, self.seed = folder, make, nets, variants, seed
        folder.mkdir(parents=True, exist_ok=True)

    def __call__(self, number: int) -> list[Case]:
        path = self.folder / f"{number:05}.npz"
        if not path.exists():
            rng = np.random.default_rng((self.seed, number))
            self._keep(path, list(cases(self.make(rng), self.nets, rng, self.variants)))
        with np.load(path) as kept:
            return [
                Case(
                    kept[f"photo{n}"],
                    kept[f"planes{n}"] / np.float32(255),
                    kept["said"][n].tolist(),
                    kept[f"where{n}"] / np.float32(255),
                )
                for n in range(len(kept["said"]))
            ]

    @staticmethod
    def _keep(path: Path, found: list[Case]) -> None:
        arrays: dict[str, np.ndarray] = {"said": np.array([one.said for one in found], np.float32)}
        for n, one in enumerate(found):
            arrays[f"photo{n}"] = one.photo
            arrays[f"planes{n}"] = np.rint(one.planes * 255).astype(np.uint8)
            arrays[f"where{n}"] = np.rint(one.where * 255).astype(np.uint8)
        part = path.with_suffix(".part.npz")
        np.savez(part, **arrays)  # type: ignore[arg-type]
        part.replace(path)


def case(picture: Picture, alpha: Float, whole: Float, near: Float) -> Case:
    photo, planes, frame = evidence(picture.image, alpha, whole, near)
    said, wrong = verdict(alpha, picture.product), maps(alpha, picture.product)[(slice(None), *frame.slices)]
    size = planes.shape[1:]
    return Case(photo, planes, [float(said[name]) for name in FAULTS], _fitted(wrong, size))


def _fitted(wrong: Float, size: tuple[int, ...]) -> Float:
    """Both maps as the inspector gives them, a place for 8 pixels; any that is wrong there counts."""
    scale = max(size) / max(wrong.shape[1:])
    high, wide = (round(n * scale) for n in wrong.shape[1:])
    planes = [cv2.resize(plane, (wide, high), interpolation=cv2.INTER_AREA) for plane in wrong]
    padded = np.pad(np.stack(planes), ((0, 0), (0, max(0, size[0] - high)), (0, max(0, size[1] - wide))))
    cells = padded[:, : size[0], : size[1]].reshape(2, size[0] // 8, 8, size[1] // 8, 8).mean((2, 4))
    return np.clip(cells * 4, 0, 1).astype(np.float32)


def mirrored(one: Case) -> Case:
    planes = (np.ascontiguousarray(plane[..., ::-1]) for plane in (one.planes, one.where))
    turned, where = planes
    return Case(np.ascontiguousarray(one.photo[:, ::-1]), turned, one.said, where)


def loss_of(net: InspectorNet, nets: Networks, batch: list[Case]) -> Tensor:
    """Cross-entropy of the verdicts and of the maps; cases differ in shape, so they are taken one after another."""
    losses = []
    for one in batch:
        told, where = answer(net, nets, one)
        verdicts = F.binary_cross_entropy_with_logits(told[0], torch.tensor(one.said))
        losses.append(verdicts + F.binary_cross_entropy_with_logits(where[0], torch.from_numpy(one.where)))
    return torch.stack(losses).mean()


def answer(net: InspectorNet, nets: Networks, one: Case) -> tuple[Tensor, Tensor]:
    x = as_tensor(one.photo[None])
    with half():
        with torch.no_grad():
            seen = nets.cutout.backbone(x)
        told, where = net(seen, with_planes(x, one.planes[None]))
    return told.float(), where.float()


@torch.inference_mode()
def weighed(net: InspectorNet, nets: Networks, held: list[Case]) -> tuple[np.ndarray, np.ndarray]:
    """How poor each of `held` is said to be (logits), and whether it is."""
    odds = np.array([float(answer(net, nets, one)[0][0, 0]) for one in held])
    return odds, np.array([one.said[0] > 0.5 for one in held])


def limit(odds: np.ndarray, poor: np.ndarray) -> float:
    """The logit under which a cut-out is called sure.

    Of at least `_LEAST_SURE` of all, the most of which at most `_WRONG` are poor; where there are none such, those with
    the smallest share of poor ones.
    """
    order = np.argsort(odds)
    share = np.cumsum(poor[order]) / np.arange(1, len(order) + 1)
    first = max(1, round(_LEAST_SURE * len(order)))
    right = first - 1 + np.flatnonzero(share[first - 1 :] <= _WRONG)
    last = right[-1] if len(right) else first - 1 + int(np.argmin(share[first - 1 :]))
    return float(odds[order[last]]) + 1e-3


def main() -> None:
    options = arguments(__doc__, "out", "checkpoints").parse_args()
    options.work.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(options.seed)
    net = InspectorNet().to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    edge = read(options.checkpoints / "edge.safetensors", EdgeNet())
    nets = Networks(read(options.checkpoints / "cutout.safetensors").eval(), edge.eval(), net)
    where = (options.data, options.layers, options.work / "labels")
    make = Composer(gather(*where, 350, 1000), SIDE, SHARES)
    check = Composer(gather(*where, 80, 80, apart=True), SIDE, SHARES)
    groups = [{"params": list(net.parameters()), "highest": RATE}]
    pieces = Pieces(
        {"net": net},
        torch.optim.AdamW(groups, lr=RATE, weight_decay=0.01),
        options.work / "inspector.state.safetensors",
        {"seed": options.seed},
        options,
    )

    shelf = Shelf(options.work / "cases", make, nets, VARIANTS, options.seed)

    def batch(step: int, share: float) -> list[Case]:
        rng = np.random.default_rng((options.seed, step))
        known = step * PICTURES // NEW_EVERY
        new = list(range(known, (step + 1) * PICTURES // NEW_EVERY))
        old = rng.integers(0, max(known, 1), PICTURES - len(new)).tolist()
        chosen = [(shelf(number), rng.permutation(VARIANTS)[:TOGETHER]) for number in new + old]
        return [
            mirrored(found[n]) if rng.random() < 0.5 else found[n] for found, some in chosen for n in some
        ]

    apart = Shelf(options.work / "apart", check, nets, 1, options.seed)
    held = [one for number in range(KEPT_APART) for one in apart(number)]
    print(f"kept apart: {len(held)}, of which {sum(one.said[0] for one in held):.0f} are poor", flush=True)

    def kept() -> str:
        odds, poor = weighed(net, nets, held)
        at = limit(odds, poor)
        sure = odds < at
        figures = {
            "kept_apart": len(held),
            "poor": int(poor.sum()),
            "sure": int(sure.sum()),
            "sure_but_poor": int((sure & poor).sum()),
            "good_but_unsure": int((~sure & ~poor).sum()),
        }
        # The confidence that is asked for is where the limit lies.
        tensors = halved(net)
        moved = net.said[-1].bias.detach().clone()
        moved[0] += float(np.log((1 - POOR) / POOR)) - at
        tensors["said.2.bias"] = moved.half()
        write_checkpoint(options.out, tensors, {"task": "inspector", "validation": figures, **pieces.card()})
        return str(figures)

    pieces.run(batch, lambda batch: loss_of(net, nets, batch), kept)


if __name__ == "__main__":
    main()
