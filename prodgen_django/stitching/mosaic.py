"""Overlapping photographs to one picture: the modes planar, panorama and auto, stage after stage."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import cv2
import numpy as np

from . import bands, blending, parallax, photometry
from .bundle import Placement, choose_plane
from .canvas import Canvas, plane_canvas, surface_canvas
from .corners import finish
from .errors import StitchError, refusal
from .features import View
from .graph import Graph, connect
from .highlights import Highlights, highlights, lifted_small
from .options import Image, Mask, Matrix, StitchOptions
from .result import Journal, StitchResult
from .rotation import Rotation, plane_growth, solve, surface

REPEATS = "What they show repeats, so that they fit together in several places equally well."
STRANGE = 0.4
"""Share of the overlaps that may differ, in half of it even in structure; parallax and people passing make less than
a tenth of that."""


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
    result = _Mosaic(unique, mode, options, [order[k] for k in first]).run()
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


class _Mosaic:
    def __init__(
        self, images: Sequence[Image], mode: str, options: StitchOptions, names: Sequence[int]
    ) -> None:
        self.images, self.mode, self.options = images, mode, options
        self.names = [n + 1 for n in names]
        """What the caller calls each picture, counted from 1."""
        self.journal = Journal(options)
        self.sizes = [(im.shape[1], im.shape[0]) for im in images]
        self.left_out: dict[int, str] = {}

    def run(self) -> StitchResult:
        journal = self.journal
        if len(self.images) < 2:
            raise refusal("bad_input", "All pictures are the same one; give pictures of neighbouring parts.")
        with journal.stage("features", 0.0):
            views = [View.of(im) for im in self.images]
        with journal.stage("matching", 0.05):
            graph = connect(views, journal, self.options.device)
        members = self._at_one_distance(graph, self._members(graph, views))
        self._warn_of_repeats(graph, members)
        with journal.stage("model", 0.45):
            canvas, model, why, residual = self._model(graph, members)
        with journal.stage("light", 0.55):
            shrink = min(1.0, float(np.sqrt(0.03e6 / np.median([w * h for w, h in self.sizes]))))
            smalls = photometry.draw_small(self.images, canvas.warps, shrink)
            lights = [photometry.Light(np.zeros(3)) for _ in smalls]
            if self.options.harmonise:
                lights, checks = photometry.solve(smalls, self.options.seed)
                journal.checks |= checks
            size = (max(s.box[3] for s in smalls), max(s.box[2] for s in smalls))
            lit, burnt = self._relit(smalls, lights)
        doubt = float(np.clip((residual - 0.9) / 1.5, 0, 1))
        with journal.stage("seams", 0.62):
            depths = [blending.feather(s) for s in smalls]
            apart = blending.disagreement(smalls, lit, depths, size)
        with journal.stage("parallax", 0.63):
            apart_share = unmet(smalls, depths, apart)
            if apart_share > STRANGE and parallax.strangeness(smalls) > 0.5 * STRANGE:
                raise refusal(
                    "no_overlap",
                    "The pictures show one thing in different surroundings: they are no parts of one.",
                )
            if self.options.parallax and apart_share > 0.03 and self._bend(canvas, lights):
                smalls = photometry.draw_small(self.images, canvas.warps, shrink)
                lit, burnt = self._relit(smalls, lights)
                depths = [blending.feather(s) for s in smalls]
                apart = blending.disagreement(smalls, lit, depths, size)
        with journal.stage("seams", 0.65):
            apart = np.maximum(apart, np.float32(doubt))
            maps, apart, labels = blending.weights(smalls, lit, depths, apart, burnt)
            # Where they agree no band needs a wider seam than the weights have already.
            coarse = bands.correction(smalls, lit, depths, maps, size) if apart.max() > 0.1 else None
            if journal.explaining:
                journal.show("disagreement", apart * 255)
                journal.show("seams", _colours(labels))
                for k in sorted(range(len(smalls)), key=lambda k: self.names[smalls[k].warp.index]):
                    name = f"picture-{self.names[smalls[k].warp.index]}"
                    journal.show(f"{name}-placed", smalls[k].pixels)
                    journal.show(f"{name}-relit", lit[k])
                    journal.show(f"{name}-weight", maps[k] * 255)
        with journal.stage("blending", 0.7):
            image, mask = self._compose()(
                canvas,
                self.images,
                smalls,
                lights,
                maps,
                coarse,
                shrink,
                lambda f: journal.progress("blending", 0.7 + 0.25 * f),
                burnt,
            )
        journal.show("before-crop", image)
        with journal.stage("crop", 0.96):
            image, mask, shift, generated, crop = finish(image, mask, self.options, journal)
        transforms: list[Matrix | None] = [None] * len(self.images)
        inputs: list[dict[str, Any]] = []
        for warp in canvas.warps:
            moved = shift @ warp.transform
            transforms[warp.index] = moved / moved[2, 2]
        for index in range(len(self.images)):
            used = transforms[index] is not None
            inputs.append({"used": used, "reason": "placed" if used else self._why_alone(graph, index)})
        journal.progress("done", 1.0)
        journal.checks["residual_px"] = round(residual, 3)
        report: dict[str, Any] = {
            "mode": "panorama" if canvas.warps[0].surface is not None else "planar",
            "why": why,
            "model": model,
            "light": {"rule": "joint" if self.options.harmonise else "off"},
            "crop": crop,
            "inputs": inputs,
            "edges": [
                {
                    "pair": sorted([self.names[e.a] - 1, self.names[e.b] - 1]),
                    "features": e.level,
                    **e.evidence,
                }
                for e in graph.edges.values()
            ],
            "stages": journal.stages,
            "warnings": journal.warnings,
            "checks": journal.checks,
        }
        if generated is not None:
            report["generated_share"] = round(float(generated.mean()), 4)
        return StitchResult(image, mask, transforms, report, generated)

    def _compose(self) -> Callable[..., tuple[Image, Mask]]:
        if self.options.device is None:
            return blending.compose
        from . import accelerated

        return partial(accelerated.compose, device=self.options.device)

    def _bend(self, canvas: Canvas, lights: Sequence[photometry.Light]) -> bool:
        """Give the warps meshes where that brings the pictures nearer to each other."""
        shrink = min(1.0, float(np.sqrt(parallax.PIXELS / np.median([w * h for w, h in self.sizes]))))
        drawn = photometry.draw_small(self.images, canvas.warps, shrink)
        fields, checks = parallax.bend(drawn, lights)
        self.journal.checks |= checks
        for warp, field in zip(canvas.warps, fields, strict=True):
            warp.mesh = None if field is None else np.asarray(field / np.float32(shrink), np.float32)
        return any(field is not None for field in fields)

    def _relit(
        self, smalls: Sequence[photometry.Small], lights: Sequence[photometry.Light]
    ) -> tuple[list[photometry.Array], list[Highlights] | None]:
        """The small pictures under the fitted light, and what to do about what is burnt out."""
        lit = [light.apply(s.pixels, s.nodes) for light, s in zip(lights, smalls, strict=True)]
        if not self.options.harmonise:
            return lit, None
        return [lifted_small(s, p) for s, p in zip(smalls, lit, strict=True)], highlights(smalls)

    def _members(self, graph: Graph, views: Sequence[View]) -> list[int]:
        """The pictures that will be used; raises where a person has to decide."""
        groups = graph.components()
        alone = [x for g in groups[1:] for x in g]
        if not alone:
            return groups[0]
        details: dict[str, object] = {
            "groups": [sorted(self.names[x] for x in g) for g in groups],
            "reasons": {str(self.names[x]): self._why_alone(graph, x) for x in alone},
        }
        # Of a picture that shows next to nothing nobody can say that it is a stranger.
        flat = [x for x in range(len(views)) if len(views[x].at_any()) < 40]
        torn = [x for x in alone if any(graph.undecided(p) for p in graph.tried if x in p)]
        if len(groups[0]) == 1:
            raise self._nothing_fits(graph, flat, torn, details)
        blank = bool(set(flat) & set(alone))
        clear = len(groups[0]) >= 2 * len(alone) and not blank and not torn
        wanted = self.options.on_partial
        if wanted == "error" or (
            wanted == "strangers" and not (clear and not any(self._hint(graph, x, groups[0]) for x in alone))
        ):
            code = "ambiguous" if torn else "too_few_features" if blank else "no_overlap"
            what = f"Picture {self._listed(alone)} could not be connected with the others."
            raise refusal(code, f"{what} {REPEATS}" if torn else what, details)
        for x in alone:
            self.journal.warn(f"Picture {self.names[x]} was left out: {self._why_alone(graph, x)}.")
        return groups[0]

    def _nothing_fits(
        self, graph: Graph, flat: Sequence[int], torn: Sequence[int], details: dict[str, object]
    ) -> StitchError:
        if torn:
            return refusal("ambiguous", REPEATS, details)
        if flat:
            what = f"Picture {self._listed(flat)} shows too little to recognise."
            return refusal("too_few_features", what, details)
        if any(e.get("followed", 0) >= 20 for e in graph.tried.values()):
            what = "The pictures look alike in places, but no one arrangement fits."
            return refusal("ambiguous", what, details)
        return refusal("no_overlap", "No two of the pictures show the same part.", details)

    def _listed(self, indices: Sequence[int]) -> str:
        return ", ".join(str(n) for n in sorted(self.names[x] for x in indices))

    def _at_one_distance(self, graph: Graph, members: list[int]) -> list[int]:
        """Close-ups and pictures of the whole thing do not make one picture: the smaller group is left out."""
        kept = graph.of_one_scale(members)
        if len(kept) == len(members):
            return members
        found = graph.distances(members)
        usual = float(np.median([found[m] for m in kept]))
        for x in sorted(set(members) - set(kept)):
            times = float(np.exp(abs(found[x] - usual)))
            where = "further away" if found[x] > usual else "nearer"
            self.left_out[x] = f"it shows the same thing from {times:.1f} times {where} than the others"
        if self.options.on_partial == "error":
            raise refusal(
                "no_overlap",
                f"Picture {self._listed(list(self.left_out))} shows the same thing from much nearer or further away "
                "than the others.",
                {"reasons": {str(self.names[x]): r for x, r in self.left_out.items()}},
            )
        for x, reason in self.left_out.items():
            self.journal.warn(f"Picture {self.names[x]} was left out: {reason}.")
        return kept

    def _warn_of_repeats(self, graph: Graph, members: Sequence[int]) -> None:
        """Two labels that look alike, one in each picture, nobody can tell from one: a person has to look."""
        for edge in graph.edges.values():
            if edge.evidence.get("by_thing") and {edge.a, edge.b} <= set(members):
                first, second = sorted((self.names[edge.a], self.names[edge.b]))
                self.journal.warn(
                    f"What pictures {first} and {second} show repeats: they lie where one thing that both show, such "
                    "as a label, agrees. Look whether it is the same one and not another like it."
                )

    @staticmethod
    def _hint(graph: Graph, index: int, group: Sequence[int]) -> bool:
        """Whether something suggests that a left-out picture belongs to the group after all."""
        inside = set(group)
        return any(
            evidence.get("followed", 0) >= 20 and evidence.get("agreement", 0) > 0.4
            for (a, b), evidence in graph.tried.items()
            if (a == index and b in inside) or (b == index and a in inside)
        )

    def _why_alone(self, graph: Graph, index: int) -> str:
        if index in self.left_out:
            return self.left_out[index]
        best = max(
            (e for p, e in graph.tried.items() if index in p),
            key=lambda e: (e.get("agreement", -1), e.get("inliers", 0)),
            default={},
        )
        if any(graph.undecided(p) for p in graph.tried if index in p):
            return "it fits in several places equally well, as what it shows repeats"
        if best.get("contradicted"):
            return "its place contradicts the other pictures"
        if best.get("followed", 0) >= 20:
            return "a possible overlap did not hold when compared pixel by pixel"
        return "no overlap with the other pictures was found"

    def _model(self, graph: Graph, members: list[int]) -> tuple[Canvas, dict[str, Any], str, float]:
        middle, placed = graph.place(members)
        edges = [e for e in graph.edges.values() if e.a in placed and e.b in placed]
        plane, scores = choose_plane(self.sizes, edges, placed, middle)
        growth = plane_growth(self.sizes, plane)
        turned: Rotation | None = None
        wide = growth > 2.0
        if self.mode == "panorama" or (self.mode == "auto" and wide):
            turned = solve(self.sizes, edges, graph.tree(members)[1], middle)
        model: dict[str, Any] = {
            "name": plane.model,
            "scores": scores,
            "plane_residual_px": round(plane.residual, 3),
            "plane_growth": round(min(growth, 1e6), 2),
        }
        if turned is not None:
            model |= {"focal_px": round(turned.focal, 1), "rotation_residual_px": round(turned.residual, 3)}
            # The further a plane would stretch, the more parallax is forgiven.
            fits = turned.residual < 1.5 * plane.residual + 0.75 * growth
            if self.mode == "panorama" or fits:
                made = surface(turned, self.sizes)
                model["name"] = made.kind
                why = (
                    "asked for"
                    if self.mode == "panorama"
                    else f"a camera that turned on the spot; a plane would stretch {growth:.1f}-fold"
                )
                return surface_canvas(self.sizes, made, self.options.max_pixels), model, why, turned.residual
        if not np.isfinite(growth):
            raise refusal("too_large", "The pictures cover too wide an angle for one flat picture.")
        why = f"the pictures overlap and lie in one plane ({plane.model})"
        return plane_canvas(self.sizes, plane.transforms, self.options.max_pixels), model, why, plane.residual


def unmet(smalls: Sequence[photometry.Small], depths: Sequence[Any], apart: Any) -> float:
    """The share of the overlaps in which the relit pictures show different things."""
    shared = np.zeros(apart.shape, np.uint8)
    for small, near in zip(smalls, depths, strict=True):
        left, top, right, bottom = small.box
        shared[top:bottom, left:right] += near > 0
    return float((apart[shared > 1] > 0.5).mean()) if (shared > 1).any() else 0.0


def _colours(labels: Any) -> Any:
    hue = ((labels.astype(np.int64) * 67) % 180).astype(np.uint8)
    full = np.where(labels >= 0, 200, 0).astype(np.uint8)
    return cv2.cvtColor(cv2.merge([hue, full, full]), cv2.COLOR_HSV2RGB)


__all__ = ["Placement", "mosaic"]
