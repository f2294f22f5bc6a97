"""One training in pieces: every batch comes from its step's number, so that it goes on where it stopped."""

from __future__ import annotations

import argparse
import math
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

import cv2
import numpy as np
import torch
from torch import Tensor, nn

from prodgen_django.gan.sampling import bfloat16_pays
from prodgen_django.gan.state import load_state, save_state

B = TypeVar("B")
WARM_UP = 100  # steps
KEEP_EVERY = 50  # steps


def arguments(doc: str | None, *paths: str) -> argparse.ArgumentParser:
    """What every training of this package asks for."""
    parser = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in paths:
        parser.add_argument(name, type=Path)
    parser.add_argument("data", type=Path, help="a folder with garments-256, packshots-640 and grocery-phone")
    parser.add_argument("layers", type=Path, help="what training.cutouts.render wrote")
    parser.add_argument("--work", type=Path, required=True, help="where labels and state are kept")
    parser.add_argument("--cpu-seconds", type=float, default=3000, help="of all pieces together")
    parser.add_argument("--piece", type=float, default=math.inf, help="CPU seconds of this run")
    parser.add_argument("--check-every", type=float, default=600, help="CPU seconds between checks")
    parser.add_argument("--seed", type=int, default=0)
    return parser


class Pieces:
    """Networks, their optimizer and how far they are; kept in `state` every `KEEP_EVERY` steps.

    `share`: of the budget that is spent, 0 to 1.
    """

    def __init__(
        self,
        nets: dict[str, nn.Module],
        optimizer: torch.optim.Optimizer,
        state: Path,
        identity: dict[str, Any],
        options: argparse.Namespace,
    ) -> None:
        self.nets, self.optimizer, self.state, self.identity = nets, optimizer, state, identity
        self.budget, self.check_every = options.cpu_seconds, options.check_every
        self.step, self.spent = 0, 0.0
        if state.exists():
            kept = load_state(state, nets, {"optimizer": optimizer}, identity)
            self.step, self.spent = kept["step"], kept["cpu_seconds"]
        self.end = min(self.budget, self.spent + options.piece)
        cv2.setNumThreads(1)

    @property
    def share(self) -> float:
        return min(1.0, self.spent / self.budget)

    def run(
        self, make: Callable[[int, float], B], loss_of: Callable[[B], Tensor], check: Callable[[], str]
    ) -> None:
        """Learn to the end of the piece. `make`: the batch of a step, given the share that is spent; `check`: keeps the
        weights and returns what to print."""
        began, checked, losses = time.process_time() - self.spent, self.spent, []
        ahead = ThreadPoolExecutor(1)  # OpenCV and torch work without the interpreter's lock
        coming = ahead.submit(make, self.step, self.share)
        while self.spent < self.end:
            batch = coming.result()
            coming = ahead.submit(make, self.step + 1, self.share)
            losses.append(self._learn(loss_of(batch)))
            self.spent = time.process_time() - began
            over = self.spent >= self.end
            if self.step % KEEP_EVERY == 0 or over:
                save_state(
                    self.state, self.nets, {"optimizer": self.optimizer}, self.identity, self._values()
                )
                mean = np.mean(losses[-KEEP_EVERY:])
                print(f"step {self.step}, {self.spent:.0f} CPU s: loss {mean:.4f}", flush=True)
            if self.spent - checked >= self.check_every or over:
                checked = self.spent
                print(f"  {check()}", flush=True)
        ahead.shutdown(cancel_futures=True)

    def _values(self) -> dict[str, Any]:
        return {"step": self.step, "cpu_seconds": self.spent}

    def _learn(self, loss: Tensor) -> float:
        rate = min(1.0, (self.step + 1) / WARM_UP) * 0.5 * (1 + math.cos(math.pi * self.share))
        for group in self.optimizer.param_groups:
            group["lr"] = group["highest"] * rate
        self.optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_([p for g in self.optimizer.param_groups for p in g["params"]], 1.0)
        self.optimizer.step()
        self.step += 1
        return float(loss.detach())

    def card(self) -> dict[str, Any]:
        """What every card says."""
        command = [f"python -m {_module()}", *(Path(argument).name for argument in sys.argv[1:])]
        return {
            "licence": "BSD-3-Clause; backbone Apache-2.0",
            "command": " ".join(command),
            "cpu_seconds": round(self.spent),
            "steps": self.step,
        }


def _module() -> str:
    spec = sys.modules["__main__"].__spec__
    return spec.name if spec else Path(sys.argv[0]).stem


def half() -> torch.autocast:
    """Half the precision where the processor is faster with it."""
    return torch.autocast("cpu", torch.bfloat16, enabled=bfloat16_pays(torch.device("cpu")))


def halved(net: nn.Module) -> dict[str, Tensor]:
    return {name: value.half() for name, value in net.state_dict().items()}
