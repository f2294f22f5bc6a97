"""Display pictures: the photographed product, cut out and staged on a plain ground or a set."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from prodgen_django.conf import settings
from prodgen_django.recipes import backdrops, certificates
from prodgen_django.recipes.base import ItemFailed, Outcome, Picture, Recipe
from prodgen_django.recipes.forms import BackdropsField, MovesField, RecipeForm, format_field, seed_field
from prodgen_django.recipes.outlines import kept_outline, outline_file, outline_of
from prodgen_django.recipes.own_scenes import NoScene
from prodgen_django.recipes.photos import photo_of, require_photos
from prodgen_django.recipes.repairs import repair_field, repaired_photo
from prodgen_django.recipes.shots import Shot, suits

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import numpy as np

    from prodgen_django.recipes.base import Workbench, WorkItem
    from prodgen_django.studio import CutOut, Fidelity, Staged
    from prodgen_django.studio.repair import Repair

SIZES = [(1000, "1000 × 1000"), (1600, "1600 × 1600"), (2000, "2000 × 2000")]
#: Side in pixels of the picture on the options page.
PREVIEW_SIZE = 640
#: Photos that are cut out to find the best; further ones are not looked at.
MOST_COMPARED = 4


class DisplayForm(RecipeForm):
    advanced = ("season", "format", "size", "straighten", "repair", "shadow", "visible_label", "seed")

    styles = BackdropsField(
        label=_("Backdrops"),
        help_text=_(
            "Each product gets one picture before each backdrop that has a place for it: what hangs is shown on no "
            "table. Marketplaces ask for pure white."
        ),
        choices=backdrops.choices,
        initial=["white"],
        widget=forms.CheckboxSelectMultiple,
    )
    season = forms.ChoiceField(
        label=_("Season"),
        help_text=_("Of the backdrops that are chosen to suit each product."),
        choices=[
            ("", _("All year")),
            ("spring", _("Spring")),
            ("summer", _("Summer")),
            ("autumn", _("Autumn")),
            ("winter", _("Winter and holidays")),
        ],
        initial="",
        required=False,
    )
    photo = forms.ChoiceField(
        label=_("Which photo"),
        choices=[
            ("best", _("The one that cuts out best")),
            ("first", _("The product's first photo")),
            ("all", _("Every photo")),
        ],
        initial="best",
        widget=forms.RadioSelect,
    )
    candidates = forms.TypedChoiceField(
        label=_("Pictures per backdrop"),
        help_text=_(
            "Several are before different backdrops where these are chosen to suit, else in different light. Plain "
            "grounds are always one picture."
        ),
        choices=[(n, str(n)) for n in (1, 2, 3, 4)],
        coerce=int,
        initial=1,
    )
    size = forms.TypedChoiceField(
        label=_("Size in pixels"),
        help_text=_("Smaller where a photo is too small for it: nothing is blown up."),
        choices=SIZES,
        coerce=int,
        initial=lambda: settings.DISPLAY_SIZE[0],
    )
    shadow = forms.BooleanField(
        label=_("Shadow on pure white"),
        help_text=_("Marketplaces that ask for pure white refuse shadows."),
        initial=False,
        required=False,
    )
    visible_label = forms.BooleanField(
        label=_("Visible label"),
        help_text=_(
            "A small line in a corner says that the picture is composed. Marketplaces that forbid lettering refuse it; "
            "the mark in the file is always there."
        ),
        initial=False,
        required=False,
    )
    format = format_field()
    seed = seed_field()
    straighten = forms.BooleanField(
        label=_("Upright and flat"),
        help_text=_(
            "A photo that was held aslant is turned upright, and a rug, poster or towel is made the rectangle that it "
            "is, where its outline says how. The picture's notes say what was done."
        ),
        initial=True,
        required=False,
    )
    repair = repair_field()
    scene_words = forms.CharField(
        label=_("What surrounds the product"),
        help_text=_("For backdrops painted by the diffusion model, in the language that the model knows."),
        max_length=300,
        required=False,
        initial=backdrops.SCENE_WORDS,
    )
    moves = MovesField(label=_("Moved by hand"), required=False)
    # Which staged photo: of a picture that is made again.
    scene = forms.CharField(max_length=255, required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not settings.DIFFUSION:
            self.fields.pop("scene_words", None)
        side = settings.DISPLAY_SIZE[0]
        if side not in dict(SIZES):
            size = self.fields["size"]
            size.choices = sorted([*SIZES, (side, f"{side} × {side}")])  # type: ignore[attr-defined]


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
        return {name: value for name, value in cleaned.items() if name not in ("scene", "moves") or value}

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
        from prodgen_django.studio.visible_label import with_label

        ref, photo, cut = shot.ref, shot.photo, shot.cut
        seed = item.seed + number
        shadow = True if style == "white" and item.options.get("shadow") else None
        behind = backdrops.backdrop(style, item, bench, photo, cut, size, seed, number)
        moved = dict((item.options.get("moves") or {}).get(str(item.product.pk if item.product else ""), {}))
        arguments = {
            "pose": shot.pose,
            "centimetres": shot.centimetres,
            "shadow": moved.get("shadow", shadow),
            "variation": number,
            "straight": shot.straight,
            "move": Move(**{name: value for name, value in moved.items() if name != "shadow"}),
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
                "variation": number,
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
