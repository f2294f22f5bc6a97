"""Small recipes with known faults, for the job machine's tests."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from django import forms

from prodgen_django.jobs import cancel_job
from prodgen_django.models import Job, JobItem
from prodgen_django.recipes import ItemFailed, Outcome, Picture, Recipe

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from prodgen_django.recipes import Workbench, WorkItem


def picture(item: WorkItem, slot: int = 0) -> Picture:
    """A small picture of one colour, the same for the same item and slot."""
    from PIL import Image

    colour = ((37 * item.seed) % 256, (91 * slot) % 256, 128)
    file = io.BytesIO()
    Image.new("RGB", (24, 24), colour).save(file, "PNG")
    return Picture(
        data=file.getvalue(),
        format="png",
        width=24,
        height=24,
        source_type="algorithmicMedia",
        seed=item.seed,
    )


class PaintForm(forms.Form):
    pictures = forms.IntegerField(initial=1, min_value=1, max_value=4)
    seed = forms.IntegerField(initial=0, required=False)
    mood = forms.CharField(initial="calm", required=False)


class Paint(Recipe):
    """Makes pictures; ``mood`` says how it goes wrong, if it does."""

    kind = "paint"
    label = "Paint"
    options_form = PaintForm
    batch_size = 4

    def run(self, items: Sequence[WorkItem], bench: Workbench) -> Iterator[Outcome]:
        for item in items:
            bench.progress(item, 0.5, "painting")
            mood = item.options["mood"]
            if mood == "refuse" or item.title in mood.split(","):
                yield Outcome(item, error=ItemFailed("refused", f"{item.title} cannot be painted."))
            elif mood == "raise" or (mood == "raise-once" and item.attempt == 1):
                raise OSError("the paint is dry")
            elif mood == "cancelled-meanwhile":
                cancel_job(Job.objects.get(pk=bench.job_id))
                raise OSError("the paint is dry")
            elif mood == "interrupt":
                raise KeyboardInterrupt
            elif mood == "again" and not item.options.get("report"):
                yield Outcome(item, again=True, report={"slices": 1})
            elif mood == "forget":
                continue
            else:
                count = item.options["pictures"]
                yield Outcome(item, pictures=tuple(picture(item, slot) for slot in range(count)))


class Quiet(Paint):
    """Tells nothing while it works; yields only where the machine says that it has begun the right item."""

    kind = "quiet"

    def run(self, items: Sequence[WorkItem], bench: Workbench) -> Iterator[Outcome]:
        for item in items:
            if JobItem.objects.filter(JobItem.BEGUN, job=bench.job_id).get().pk == item.pk:
                yield Outcome(item)


class PaintByTwo(Paint):
    batch_size = 2
