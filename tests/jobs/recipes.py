"""Small recipes with known faults, for the job machine's tests."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar

from django import forms

from prodgen_django.conf import settings as our_settings
from prodgen_django.jobs import cancel_job
from prodgen_django.models import Job, JobItem
from prodgen_django.recipes import ItemFailed, Outcome, Picture, Recipe

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

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
            elif mood == "quality":
                yield Outcome(item, pictures=(picture(item, our_settings.QUALITY),))
            elif mood == "interrupt":
                raise KeyboardInterrupt
            elif mood == "again" and not item.options.get("report"):
                yield Outcome(item, again=True, report={"slices": 1})
            elif mood == "forget":
                continue
            else:
                count = item.options["pictures"]
                yield Outcome(item, pictures=tuple(picture(item, slot) for slot in range(count)))


class Deed(Paint):
    """Does to each item what a test wants done, then paints it; one picture."""

    kind = "deed"
    batch_size = 2
    #: (item, bench) -> more for the outcome: a picture's values, and "report".
    do: ClassVar[Callable[[WorkItem, Workbench], dict[str, Any] | None]]

    def run(self, items: Sequence[WorkItem], bench: Workbench) -> Iterator[Outcome]:
        for item in items:
            more = dict(type(self).do(item, bench) or {})
            report = more.pop("report", {})
            yield Outcome(item, pictures=(replace(picture(item), **more),), report=report)


class Quiet(Paint):
    """Tells nothing while it works; yields only where the machine says that it has begun the right item."""

    kind = "quiet"

    def run(self, items: Sequence[WorkItem], bench: Workbench) -> Iterator[Outcome]:
        for item in items:
            if JobItem.objects.filter(JobItem.BEGUN, job=bench.job_id).get().pk == item.pk:
                yield Outcome(item)


class PaintByTwo(Paint):
    batch_size = 2
