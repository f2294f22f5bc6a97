"""Overlapping photographs to one picture: the modes planar, panorama and auto, stage after stage."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np

from prodgen_django.common.arrays import Image, Mask, Matrix

from . import blending, parallax
from .corners import Finished, finish
from .errors import refusal
from .features import View
from .graph import Graph, connect
from .model import Model, choose_model
from .options import StitchOptions
from .relit import Relit, relight
from .result import Journal, StitchResult
from .seams import Weights, weigh
from .selection import Selection
from .tuning import TUNING

__all__ = ["Mosaic", "mosaic"]


def mosaic(images: Sequence[Image], mode: str, options: StitchOptions) -> StitchResult:
    """Register, light, cut and blend overlapping photographs given in any order."""
    # Work in an order that depends on the pictures alone, so that their order in the list cannot change the
    # result.
    order = sorted(range(len(images)), key=lambda i: (images[i].shape, images[i].tobytes()))
    sorted_images = [images[i] for i in order]
    first = [0]
    for k in range(1, len(order)):
        same = np.array_equal(sorted_images[k], sorted_images[first[-1]])
        if not same:
            first.append(k)
    unique = [sorted_images[k] for k in first]
    result = Mosaic(unique, mode, options, [order[k] for k in first]).run()
    transforms: list[Matrix | None] = [None] * len(images)
    inputs: list[dict[str, Any]] = [{} for _ in images]
    slot = -1
    for k, index in enumerate(order):
        slot += k in first
        transforms[index] = result.transforms[slot]
        inputs[index] = dict(result.report["inputs"][slot], index=index)
        if k not in first:
            original = order[first[slot]]
            inputs[index]["reason"] = f"the same picture as number {original + 1}"
            inputs[index]["duplicate_of"] = original
    result.transforms = transforms
    result.report["inputs"] = inputs
    return result


class Mosaic:
    """One set of different photographs on its way to one picture. Each stage takes what an earlier one gave, so that it
    can be run alone and what it gives can be looked at."""

    def __init__(
        self, images: Sequence[Image], mode: str, options: StitchOptions, names: Sequence[int]
    ) -> None:
        """`names`: the number of each picture in the caller's list, counted from 0."""
        self.images, self.mode, self.options = images, mode, options
        self.names = [n + 1 for n in names]
        """What the caller calls each picture, counted from 1."""
        self.journal = Journal(options)
        self.sizes = [(im.shape[1], im.shape[0]) for im in images]

    def run(self) -> StitchResult:
        """All stages."""
        views = self.look()
        graph = self.connect(views)
        selection = self.select(graph, views)
        model = self.place(graph, selection.members)
        relit = self.bend(self.relight(model))
        weights = self.weigh(relit, model.residual)
        image, mask = self.blend(relit, weights)
        finished = self.finish(image, mask)
        return self.result(graph, selection, model, finished)

    def look(self) -> list[View]:
        """Grey pictures at working size; their features are detected when they are asked for."""
        if len(self.images) < 2:
            raise refusal("bad_input", "All pictures are the same one; give pictures of neighbouring parts.")
        with self.journal.stage("features", 0.0):
            return [View.of(im) for im in self.images]

    def connect(self, views: list[View]) -> Graph:
        """Which pictures overlap, and the homography between each two that do."""
        with self.journal.stage("matching", 0.05):
            return connect(views, self.journal, self.options.device)

    def select(self, graph: Graph, views: Sequence[View]) -> Selection:
        """Which of them become one picture."""
        return Selection(graph, views, self.names, self.options.on_partial, self.journal)

    def place(self, graph: Graph, members: list[int]) -> Model:
        """Where each falls on the canvas."""
        with self.journal.stage("model", 0.45):
            model = choose_model(self.sizes, graph, members, self.mode, self.options.max_pixels)
        self.journal.checks["residual_px"] = round(model.residual, 3)
        return model

    def relight(self, model: Model) -> Relit:
        """One light for all."""
        with self.journal.stage("light", 0.55):
            relit, checks = relight(self.images, model.canvas, self.options.seed, self.options.harmonise)
        self.journal.checks |= checks
        return relit

    def bend(self, relit: Relit) -> Relit:
        """Near and far things brought together, where the pictures do not meet."""
        with self.journal.stage("parallax", 0.63):
            unmet = relit.unmet
            if unmet > TUNING.strange and parallax.strangeness(relit.smalls) > TUNING.strange / 2:
                raise refusal(
                    "no_overlap",
                    "The pictures show one thing in different surroundings: they are no parts of one.",
                )
            if not self.options.parallax or unmet <= TUNING.unmet:
                return relit
            bent, checks = parallax.bend(relit)
            self.journal.checks |= checks
            return bent

    def weigh(self, relit: Relit, residual: float) -> Weights:
        """How much each picture gives at each place."""
        with self.journal.stage("seams", 0.65):
            doubt = (residual - TUNING.believed_residual) / TUNING.doubted_residual
            weights = weigh(relit, doubt=float(np.clip(doubt, 0, 1)))
        if self.journal.explaining:
            self._explain(relit, weights)
        return weights

    def blend(self, relit: Relit, weights: Weights) -> tuple[Image, Mask]:
        """The picture at full size, and where a photograph gives it."""

        def told(fraction: float) -> None:
            self.journal.progress("blending", 0.7 + 0.25 * fraction)

        with self.journal.stage("blending", 0.7):
            if self.options.device is None:
                image, mask = blending.compose(relit, weights, told)
            else:
                from . import accelerated

                image, mask = accelerated.compose(relit, weights, told, device=self.options.device)
        self.journal.show("before-crop", image)
        return image, mask

    def finish(self, image: Image, mask: Mask) -> Finished:
        """What becomes of the empty corners."""
        with self.journal.stage("crop", 0.96):
            return finish(image, mask, self.options, self.journal)

    def result(self, graph: Graph, selection: Selection, model: Model, finished: Finished) -> StitchResult:
        """The picture with its report."""
        transforms: list[Matrix | None] = [None] * len(self.images)
        for warp in model.canvas.warps:
            moved = finished.shift @ warp.transform
            transforms[warp.index] = moved / moved[2, 2]
        self.journal.progress("done", 1.0)
        report: dict[str, Any] = {
            "mode": "panorama" if model.canvas.warps[0].surface is not None else "planar",
            "why": model.why,
            "model": model.facts,
            "light": {"rule": "joint" if self.options.harmonise else "off"},
            "crop": finished.how,
            "inputs": [
                {"used": at is not None, "reason": "placed" if at is not None else selection.why_alone(index)}
                for index, at in enumerate(transforms)
            ],
            "edges": [
                {
                    "pair": sorted([self.names[e.a] - 1, self.names[e.b] - 1]),
                    "features": e.level,
                    **e.evidence,
                }
                for e in graph.edges.values()
            ],
            "stages": self.journal.stages,
            "warnings": self.journal.warnings,
            "checks": self.journal.checks,
        }
        if finished.generated is not None:
            report["generated_share"] = round(float(finished.generated.mean()), 4)
        return StitchResult(finished.image, finished.mask, transforms, report, finished.generated)

    def _explain(self, relit: Relit, weights: Weights) -> None:
        """Show what the seams were chosen by, picture by picture."""
        journal = self.journal
        journal.show("disagreement", weights.apart * 255)
        journal.show("seams", _colours(weights.labels))
        numbers = [self.names[small.warp.index] for small in relit.smalls]
        for k in sorted(range(len(numbers)), key=lambda k: numbers[k]):
            name = f"picture-{numbers[k]}"
            journal.show(f"{name}-placed", relit.smalls[k].pixels)
            journal.show(f"{name}-relit", relit.lit[k])
            journal.show(f"{name}-weight", weights.maps[k] * 255)


def _colours(labels: Any) -> Any:
    hue = ((labels.astype(np.int64) * 67) % 180).astype(np.uint8)
    full = np.where(labels >= 0, 200, 0).astype(np.uint8)
    return cv2.cvtColor(cv2.merge([hue, full, full]), cv2.COLOR_HSV2RGB)
