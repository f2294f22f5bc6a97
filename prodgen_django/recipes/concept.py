"""Concept pictures: what a generator trained on the shop's photos imagines. They show no real product."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from prodgen_django.conf import settings
from prodgen_django.recipes.base import ItemFailed, Outcome, Picture, Recipe
from prodgen_django.recipes.forms import RecipeForm, format_field, seed_field
from prodgen_django.recipes.nearest import NearestProducts

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import numpy as np

    from prodgen_django.gan import Sampler
    from prodgen_django.models import Checkpoint
    from prodgen_django.recipes.base import Workbench, WorkItem

SOURCE_TYPE = "trainedAlgorithmicMedia"
#: Small generators' pictures are enlarged to this side, so that the ribbon on them can be read.
LEAST_SIDE = 512


class ConceptForm(RecipeForm):
    advanced = ("variety", "choose_from", "format", "seed")

    count = forms.IntegerField(label=_("Pictures per product"), initial=4, min_value=1, max_value=16)
    subject = forms.CharField(
        label=_("What to imagine"),
        help_text=_(
            "A label that the model knows. Empty: the product's category where it knows it, else a mixture."
        ),
        max_length=120,
        required=False,
    )
    ribbon = forms.BooleanField(
        label=_("Write “Concept” on the picture"),
        help_text=_("Customers must not take it for a real product."),
        initial=True,
        required=False,
    )
    variety = forms.FloatField(
        label=_("Variety"),
        help_text=_("From 0 (all alike, few failures) to 1 (as varied as the photos)."),
        initial=0.8,
        min_value=0.0,
        max_value=1.0,
    )
    choose_from = forms.IntegerField(
        label=_("Attempts per picture"),
        help_text=_("So many are drawn for each picture that is kept: the more, the choosier."),
        initial=4,
        min_value=1,
        max_value=16,
    )
    format = format_field()
    seed = seed_field()


class ConceptRecipe(Recipe):
    """Sample from the active checkpoint, keep what the inspector recognises."""

    kind = "concept"
    label = _("Concept pictures")
    description = _(
        "Imagined by a model trained on the shop's own photos: ideas, not pictures of real products."
    )
    queue = "prodgen-gpu"
    options_form = ConceptForm

    def run(self, items: Sequence[WorkItem], bench: Workbench) -> Iterator[Outcome]:
        try:
            checkpoint, sampler = _model()
        except ItemFailed as error:
            for item in items:
                yield Outcome(item, error=error)
            return
        nearest = None
        for item in items:
            if nearest is None:
                nearest = NearestProducts.of_shop(sampler.extractor, item, bench)
            bench.progress(item, 0.1, _now("Imagining"))
            try:
                yield self._one(item, checkpoint, sampler, nearest)
            except ItemFailed as error:
                yield Outcome(item, error=error)

    def _one(
        self, item: WorkItem, checkpoint: Checkpoint, sampler: Sampler, nearest: NearestProducts
    ) -> Outcome:
        options = item.options
        label = _label(item, sampler.labels)
        count = options["count"]
        chosen = sampler.sample_selected(
            count, label, item.seed, options["variety"], oversample=options.get("choose_from", 4)
        )
        images, scores = list(chosen.images), [float(score) for score in chosen.scores]
        agreement = [float(value) for value in chosen.agreement]
        sentences = []
        if len(images) < count:
            sentences.append(
                _now("Only %(kept)d of %(tried)d attempts show what was asked for.")
                % {"kept": len(images), "tried": chosen.tried}
            )
        if not images:
            raise ItemFailed("nothing_recognisable", sentences[0])
        pictures = tuple(
            self._picture(
                item,
                checkpoint,
                sampler,
                image,
                number,
                label,
                scores[number],
                agreement[number],
                nearest.to(chosen.features[number]),
            )
            for number, image in enumerate(images)
        )
        report = {
            "sentences": sentences,
            "pass_rate": chosen.pass_rate,
            "tried": chosen.tried,
            "label": label,
        }
        return Outcome(item, pictures=pictures, report=report)

    def _picture(
        self,
        item: WorkItem,
        checkpoint: Checkpoint,
        sampler: Sampler,
        image: np.ndarray,
        number: int,
        label: str | None,
        score: float,
        agreement: float,
        nearest: list[dict[str, Any]],
    ) -> Picture:
        from prodgen_django.imagefile import encode_image
        from prodgen_django.studio import palette, style_tags

        colours, tags = tuple(palette(image)), tuple(style_tags(image))
        shown = _finished(image, bool(item.options["ribbon"]))
        file_format = item.options.get("format") or settings.FORMAT
        return Picture(
            # A small generator paints faster than a JPEG is optimised, for a twentieth of its bytes.
            data=encode_image(
                shown,
                format=file_format,
                source_type=SOURCE_TYPE,
                system=checkpoint.name,
                effort=0 if file_format == "jpeg" else None,
            ),
            format=file_format,
            width=shown.shape[1],
            height=shown.shape[0],
            source_type=SOURCE_TYPE,
            seed=item.seed,
            recipe={
                "kind": self.kind,
                "version": self.version,
                **item.options,
                "label": label,
                "number": number,
                "weights_sha256": sampler.weights_sha256,
            },
            checkpoint_id=checkpoint.pk,
            scores={"agreement": agreement} | ({"discriminator": score} if score else {}),
            palette=colours,
            tags=("concept", *tags),
            provenance={
                "system": checkpoint.name,
                "ribbon": bool(item.options["ribbon"]),
                "nearest": nearest,
            },
        )


def _model() -> tuple[Checkpoint, Sampler]:
    from prodgen_django.gan import CheckpointError
    from prodgen_django.pictures.checkpoints import active_checkpoint, sampler_of

    checkpoint = active_checkpoint("concept")
    if checkpoint is None:
        raise ItemFailed(
            "no_checkpoint", _now("There is no model yet. Train one on the shop's photos first.")
        )
    try:
        return checkpoint, sampler_of(checkpoint)
    except CheckpointError as error:
        raise ItemFailed(f"checkpoint_{error.code}", str(error.message)) from error


def _label(item: WorkItem, labels: Sequence[str]) -> str | None:
    asked = str(item.options.get("subject") or "").strip()
    by_lower = {label.lower(): label for label in labels}
    if asked:
        if asked.lower() not in by_lower:
            known = ", ".join(sorted(labels))
            raise ItemFailed(
                "unknown_label",
                _now("The model does not know “%(asked)s”. It knows: %(known)s.")
                % {"asked": asked, "known": known},
            )
        return by_lower[asked.lower()]
    return by_lower.get(item.category.lower())


def _finished(image: np.ndarray, ribbon: bool) -> np.ndarray:
    """The picture at a readable size, with its ribbon across the lower left corner."""
    import cv2
    import numpy as np
    from PIL import Image, ImageDraw, ImageFont

    side = image.shape[0] * max(1, -(-LEAST_SIDE // image.shape[0]))
    picture = Image.fromarray(cv2.resize(image, (side, side), interpolation=cv2.INTER_CUBIC))
    if ribbon:
        draw = ImageDraw.Draw(picture, "RGBA")
        size = max(14, picture.width // 20)
        font = ImageFont.load_default(size)
        text = _now("Concept")
        left, top, right, bottom = draw.textbbox((0, 0), text, font=font)
        pad = size // 2
        height = bottom - top + 2 * pad
        y = picture.height - height - pad
        draw.rounded_rectangle(
            (pad, y, pad + right - left + 2 * pad, y + height), radius=height // 2, fill=(20, 20, 24, 200)
        )
        draw.text((2 * pad - left, y + pad - top), text, font=font, fill=(255, 255, 255, 255))
    return np.asarray(picture)
