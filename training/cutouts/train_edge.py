"""Teach the edge network on what the cut-out network makes of composed pictures, in pieces that resume.

    python -m training.cutouts.train_edge OUT.safetensors CUTOUT.safetensors DATA LAYERS --work FOLDER --cpu-seconds 900

Pictures of 640 px are looked at by the cut-out network at 384 to 576 px; the edge network learns from parts of 256 px
about the outline.
"""

from __future__ import annotations

import cv2
import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor

from prodgen_django.gan.checkpoint import read_checkpoint, write_checkpoint
from prodgen_django.studio.matting.looking import as_drawn
from prodgen_django.studio.matting.network import PRODUCT, CutOutNet, EdgeNet

from .compose import Composer, Picture
from .material import gather
from .pieces import Pieces, arguments, half, halved
from .train import batch_of, read

Crops = tuple[Tensor, Tensor, Tensor]
SIDE, CROP, BATCH = 640, 256, 8
SHARES = {"layered": 0.75, "whole": 0.12, "packshots": 0.13}  # whose outlines are true to the pixel
DRAWN = 0.2  # of the pictures have an outline that a person drew instead
RATE = 2e-3


def crops(pictures: list[Picture], coarse: CutOutNet, rng: np.random.Generator) -> Crops:
    """Photo (B, 3, 256, 256), coarse logits (B, 3, 256, 256) and alpha (B, 1, 256, 256), each about an outline."""
    batch = batch_of(pictures)
    side = int(rng.choice([384, 448, 512, 576]))
    with torch.inference_mode(), half():
        small = F.interpolate(batch.photo, size=(side, side), mode="area")
        seen = F.interpolate(coarse(small).float(), size=(SIDE, SIDE), mode="bilinear", align_corners=False)
    seen = seen.clone()  # out of inference mode, to be changed and learnt from
    parts = []
    for n in range(len(pictures)):
        truth = batch.truth[n, PRODUCT]
        if rng.random() < DRAWN:
            seen[n] = torch.from_numpy(as_drawn(drawn(truth.numpy(), rng)))
        wrong = ((seen[n, PRODUCT].sigmoid() - truth).abs() > 0.2) | ((truth > 0.02) & (truth < 0.98))
        places = wrong.nonzero()
        at = places[int(rng.integers(len(places)))] if len(places) else torch.tensor([SIDE // 2, SIDE // 2])
        top, left = (int(np.clip(int(v) - rng.integers(CROP), 0, SIDE - CROP)) for v in at)
        box = (slice(None), slice(top, top + CROP), slice(left, left + CROP))
        parts.append((batch.photo[n][box], seen[n][box], truth[None][box]))
    photo, logits, alpha = (torch.stack(each) for each in zip(*parts, strict=True))
    return photo.contiguous(memory_format=torch.channels_last), logits, alpha


def drawn(alpha: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The outline as a person might draw it: a few pixels off, wider or narrower. float32 h×w, 0 or 1."""
    moves = rng.normal(0, 1.2, (2, 6, 6)).astype(np.float32)
    down, along = (cv2.resize(m, alpha.shape[::-1], interpolation=cv2.INTER_CUBIC) for m in moves)
    y, x = np.mgrid[0 : alpha.shape[0], 0 : alpha.shape[1]].astype(np.float32)
    moved = cv2.remap(alpha, x + along, y + down, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    blurred = cv2.GaussianBlur(moved, (0, 0), rng.uniform(0.5, 3))
    return (blurred > rng.uniform(0.35, 0.65)).astype(np.float32)


def loss_of(alpha: Tensor, truth: Tensor) -> Tensor:
    """Absolute error, everywhere and once more of the slopes, so that edges are as sharp as they are."""
    error = (alpha - truth).abs().mean()
    slopes = sum(((alpha - truth).diff(dim=d).abs().mean() for d in (2, 3)), torch.zeros(()))
    return error + slopes


def main() -> None:
    options = arguments(__doc__, "out", "cutout").parse_args()
    options.work.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(options.seed)
    coarse, coarse_card = read(options.cutout).eval(), read_checkpoint(options.cutout)[1]
    where = (options.data, options.layers, options.work / "labels", 0)
    make = Composer(gather(*where, 1000), SIDE, SHARES)
    check = Composer(gather(*where, 80, apart=True), SIDE, SHARES)
    net = EdgeNet().to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    groups = [{"params": list(net.parameters()), "highest": RATE}]
    identity = {"seed": options.seed}
    pieces = Pieces(
        {"net": net},
        torch.optim.AdamW(groups, lr=RATE, weight_decay=0.01),
        options.work / "edge.state.safetensors",
        identity,
        options,
    )

    def batch(number: int, share: float, of: Composer = make) -> Crops:
        pictures = [of(np.random.default_rng((options.seed, number, n))) for n in range(BATCH)]
        return crops(pictures, coarse, np.random.default_rng((options.seed, number)))

    held = [batch(number, 0, check) for number in range(6)]
    before = float(np.mean([float((seen[:, :1].sigmoid() - alpha).abs().mean()) for _, seen, alpha in held]))
    print(f"without: mean absolute error {before:.4f}", flush=True)

    def loss(batch: Crops) -> Tensor:
        with half():
            alpha = net(*batch[:2])
        return loss_of(alpha.float(), batch[2])

    def kept() -> str:
        with torch.inference_mode():
            error = float(np.mean([float((net(p, s) - a).abs().mean()) for p, s, a in held]))
        card = {"task": "edge", "cutout": coarse_card["weights_sha256"], "validation": [before, error]}
        write_checkpoint(options.out, halved(net), {**card, **pieces.card()})
        return f"mean absolute error {error:.4f}"

    pieces.run(batch, loss, kept)


if __name__ == "__main__":
    main()
