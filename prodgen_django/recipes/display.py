"""Display pictures: the photographed product, cut out and staged on a plain ground or a set."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from prodgen_django.conf import settings
from prodgen_django.recipes import backdrops, certificates
from prodgen_django.recipes.base import ItemFailed, Outcome, Picture, Recipe
from prodgen_django.recipes.display_form import DisplayForm
from prodgen_django.recipes.outlines import kept_outline, outline_file, outline_of
from prodgen_django.recipes.own_scenes import NoScene
from prodgen_django.recipes.photos import photo_of, require_photos
from prodgen_django.recipes.repairs import repaired_photo
from prodgen_django.recipes.shots import Shot, suits

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import numpy as np

    from prodgen_django.recipes.base import Workbench, WorkItem
    from prodgen_django.studio import CutOut, Fidelity, Staged
    from prodgen_django.studio.repair import Repair

#: Side in pixels of the picture on the options page.
PREVIEW_SIZE = 640
#: Photos that are cut out to find the best; further ones are not looked at.
MOST_COMPARED = 4


class DisplayRecipe(Recipe):
    """Cut out, stage, certify, check against the channels' rules."""

    kind = "display"
    label = _("Display pictures")
    description = _(
        "The product, cut out of its photo, on white or in a room that suits it. The product is not altered."
    )
    options_form = DisplayForm
    has_preview = True
    shows_poses = True

    def clean_options(self, options: Mapping[str, Any]) -> dict[str, Any]:
        cleaned = super().clean_options(options)
        return {
            name: value
            for name, value in cleaned.items()
            if name not in ("scene", "variation", "moves") or value
        }

    def run(self, items: Sequence[WorkItem], bench: Workbench) -> Iterator[Outcome]:
        for item in items:
            try:
                yield self._one(item, bench)
            except ItemFailed as error:
                yield Outcome(item, error=error)

    def preview(self, item: WorkItem, bench: Workbench) -> Picture:
        shot = Shot.of(item, *self._chosen(item, bench, 2 * PREVIEW_SIZE)[0])
        (style, number), *_others = backdrops.chosen(item, shot.pose, shot.centimetres, shot.colours)[0]
        return self._picture(item, bench, shot, style, number, (PREVIEW_SIZE, PREVIEW_SIZE))

    def _one(self, item: WorkItem, bench: Workbench) -> Outcome:
        options = item.options
        chosen = self._chosen(item, bench)
        pictures: list[Picture] = []
        notes: list[str] = []
        without: ItemFailed | None = None
        side = options["size"]
        for place, candidate in enumerate(chosen):
            shot = Shot.of(item, *candidate)
            shot = replace(shot, outline=outline_file(bench, shot.cut))
            notes += shot.cut.reasons
            wanted, left_out = backdrops.chosen(item, shot.pose, shot.centimetres, shot.colours)
            notes += left_out
            for number, (style, variation) in enumerate(wanted):
                share = (place + number / len(wanted)) / len(chosen)
                bench.progress(item, 0.5 + 0.5 * share, _now("Staging"))
                try:
                    pictures.append(self._picture(item, bench, shot, style, variation, (side, side)))
                except NoScene as error:
                    # The other backdrops are there all the same.
                    without = error
                    notes.append(error.message)
        if not pictures and without:
            raise without
        return Outcome(item, pictures=tuple(pictures), report={"sentences": list(dict.fromkeys(notes))})

    def _chosen(
        self, item: WorkItem, bench: Workbench, side: int = 0
    ) -> list[tuple[str, np.ndarray, CutOut, Repair]]:
        """The photos to use, each with its cut-out and its repair; with ``side`` they are made smaller first."""
        refs = require_photos(item)
        way = item.options.get("photo", "best")
        if way == "first":
            refs = refs[:1]
        elif way == "best":
            refs = refs[:MOST_COMPARED]
        found: list[tuple[str, np.ndarray, CutOut, Repair]] = []
        faults: list[ItemFailed] = []
        for number, ref in enumerate(refs):
            bench.progress(item, 0.5 * number / len(refs), _now("Cutting out"))
            try:
                photo, own = photo_of(bench, ref, side)
                photo, repair = repaired_photo(item, photo)
                # Of a preview what was found is kept: another backdrop is there at once.
                cut = kept_outline(ref, photo, own, bench) if side else outline_of(ref, photo, own)
                found.append((ref, photo, cut, repair))
            except ItemFailed as error:
                # One bad photo is no reason to give a product up while it has others.
                faults.append(error)
            if way == "best" and len(found) > 1:
                # Of large photos no more than two are held at a time.
                found = [max(found, key=suits)]
        if not found:
            raise faults[0]
        return found

    def _picture(
        self,
        item: WorkItem,
        bench: Workbench,
        shot: Shot,
        style: str,
        number: int,
        size: tuple[int, int],
    ) -> Picture:
        from prodgen_django.studio import StagingError, stage
        from prodgen_django.studio.banners import lacking_package
        from prodgen_django.studio.on_set import Move
        from prodgen_django.studio.repair import NOTHING
        from prodgen_django.studio.upright import turned
        from prodgen_django.studio.visible_label import with_label

        ref, photo, cut = shot.ref, shot.photo, shot.cut
        seed = item.seed + number
        variation = item.options.get("variation") or number
        shadow = True if style == "white" and item.options.get("shadow") else None
        behind = backdrops.backdrop(style, item, bench, photo, cut, size, seed, number)
        straight = shot.straight
        moved = dict((item.options.get("moves") or {}).get(str(item.product.pk if item.product else ""), {}))
        if moved.get("turn"):
            straight = turned(straight, cut.alpha, moved["turn"])
        arguments = {
            "pose": shot.pose,
            "centimetres": shot.centimetres,
            "shadow": moved.get("shadow", shadow),
            "straight": straight,
            "variation": variation,
            "move": Move(**{name: value for name, value in moved.items() if name not in ("shadow", "turn")}),
            **behind.arguments,
        }
        try:
            staged = stage(photo, cut.alpha, behind.scene, size=size, seed=seed, **arguments)
        except StagingError as error:
            raise ItemFailed(error.code, error.message) from error
        repair = shot.repair or NOTHING
        pixels, notes = staged.pixels, [*repair.notes, *staged.notes]
        file_format = format_of(item, pixels)
        if item.options.get("visible_label") and pixels.shape[2] == 3:
            label = _now("Composed picture")
            # In English rather than in boxes, where the worker has no letters of the language.
            written = with_label(pixels, staged.mask, "Composed picture" if lacking_package(label) else label)
            if written is None:
                notes.append(_now("The product leaves no corner free for the visible label."))
            else:
                pixels = written
        data, fidelity = stored(pixels, photo, cut.alpha, staged, file_format)
        scores, blockers = measure(data)
        if not fidelity["passed"]:
            reasons = "; ".join(fidelity["failures"])
            message = _now("The product does not look as in its photo: %(reasons)s") % {"reasons": reasons}
            blockers.insert(0, {"code": "fidelity", "message": message})
        return Picture(
            data=data,
            format=file_format,
            width=pixels.shape[1],
            height=pixels.shape[0],
            source_type=staged.source_type,
            seed=seed,
            recipe={
                "kind": self.kind,
                "version": self.version,
                "style": style,
                "photo": ref,
                "size": list(size),
                "pose": shot.pose,
                "centimetres": shot.centimetres,
                "variation": variation,
                "transform": staged.transform.tolist(),
                "photo_size": [photo.shape[1], photo.shape[0]],
                "shadow": bool(shadow),
                "visible_label": bool(item.options.get("visible_label")),
                "straighten": shot.straight is not None,
                "repair": None if repair == NOTHING else repair.as_dict(),
                **({"move": moved} if moved else {}),
                **behind.recipe,
            },
            sources=(ref, *behind.sources),
            scores={
                "fidelity": fidelity,
                "cut_out": cut.as_dict() | {"mask": shot.outline},
                "channels": scores,
                "notes": notes,
                "look": staged.look.as_dict(),
            },
            palette=staged.palette,
            tags=staged.tags,
            blockers=tuple(blockers),
        )


def format_of(item: WorkItem, pixels: np.ndarray) -> str:
    """The file's format: what was asked for, and where there is no ground one that can do without."""
    wanted = str(item.options.get("format") or settings.FORMAT)
    return "png" if pixels.shape[2] == 4 and wanted == "jpeg" else wanted


def stored(
    pixels: np.ndarray, photo: np.ndarray, alpha: np.ndarray, staged: Staged, file_format: str
) -> tuple[bytes, dict[str, Any]]:
    """The picture as a file, and its certificate."""
    from prodgen_django.studio import certify

    def proof(made: np.ndarray, limits: dict[str, float]) -> Fidelity:
        return certify(photo, alpha, made[..., :3], staged.transform, thresholds=limits)

    proofs = [certificates.Proof(staged.fidelity, proof)]
    data, (fidelity,) = certificates.stored(pixels, file_format, staged.source_type, proofs)
    return data, fidelity


def measure(data: bytes) -> tuple[dict[str, Any], list[Mapping[str, str]]]:
    """What the shop's channels say of an exported picture: reports by channel, and reasons against
    publishing.

    The first channel of ``PRODGEN["CHANNELS"]`` is the shop's own page, so a hard rule of it that is broken
    stands against publishing; the others tell where the picture can be exported to.
    """
    from prodgen_django.studio import check_channel

    reports = {name: check_channel(data, name) for name in settings.CHANNELS}
    own = next(iter(reports.values()), None)
    blockers: list[Mapping[str, str]] = []
    if own is not None:
        blockers += [
            {"code": f"channel:{own.channel}:{failure.rule}", "message": failure.message}
            for failure in own.failures
        ]
    return {name: report.as_dict() for name, report in reports.items()}, blockers
