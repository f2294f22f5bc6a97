"""Export packs: the approved pictures of products as files that sales channels take."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django import forms
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from prodgen_django.recipes.base import ItemFailed, Outcome, Recipe
from prodgen_django.recipes.forms import RecipeForm

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from prodgen_django.recipes.base import Workbench, WorkItem


def _channels() -> list[tuple[str, str]]:
    from prodgen_django.studio.channels import CHANNELS

    return [(channel.name, channel.label) for channel in CHANNELS.values()]


class ExportForm(RecipeForm):
    channels = forms.MultipleChoiceField(
        label=_("Channels"),
        help_text=_(
            "Each gets a folder of its own in the pack, with the files named by the product's number."
        ),
        choices=_channels,
        initial=["google_merchant"],
        widget=forms.CheckboxSelectMultiple,
    )
    which = forms.ChoiceField(
        label=_("Which pictures"),
        choices=[("approved", _("Approved and published")), ("published", _("Published only"))],
        initial="approved",
        widget=forms.RadioSelect,
    )


class ExportRecipe(Recipe):
    """Frame, scale, encode and check; the files wait in the storage until the pack is fetched."""

    kind = "export"
    label = _("Export packs for sales channels")
    description = _(
        "Approved pictures, framed and encoded as each channel asks, as one ZIP. The product is not altered; what a "
        "channel would refuse is left out and told."
    )
    options_form = ExportForm

    def run(self, items: Sequence[WorkItem], bench: Workbench) -> Iterator[Outcome]:
        for item in items:
            try:
                yield self._one(item, bench)
            except ItemFailed as error:
                yield Outcome(item, error=error)

    def _one(self, item: WorkItem, bench: Workbench) -> Outcome:
        from prodgen_django.models import GeneratedImage
        from prodgen_django.pictures.packs import Names, entries_for

        ready = ["published"] if item.options["which"] == "published" else ["approved", "published"]
        images = GeneratedImage.objects.filter(product=item.product, state__in=ready).exclude(kind="concept")
        chosen = item.options.get("images")
        images = images.filter(pk__in=chosen) if chosen else images
        found = list(images.select_related("product").order_by("pk"))
        if not found:
            raise ItemFailed(
                "nothing_approved", _now("%(title)s has no approved picture yet.") % {"title": item.title}
            )
        names, files, sentences = Names(), [], []
        for number, image in enumerate(found):
            bench.progress(item, number / len(found), _now("Encoding"))
            for entry in entries_for(image, item.options["channels"], names):
                if entry.refused:
                    sentences.append(f"{entry.channel}: {entry.refused}")
                else:
                    entry.name = bench.save_file("exports", entry.data, entry.path.rpartition(".")[2])
                    sentences += [f"{entry.path}: {change}" for change in entry.changes]
                files.append(entry.as_dict())
        if not any(entry["name"] for entry in files):
            raise ItemFailed("refused", " ".join(dict.fromkeys(sentences)))
        return Outcome(item, report={"files": files, "sentences": sentences})
