"""Pictures with the weight of photographs, so that a kill has a write to fall into."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence

from prodgen_django.recipes import Outcome, Picture, Workbench, WorkItem
from tests.jobs.recipes import Paint


class Photograph(Paint):
    batch_size = 3

    def run(self, items: Sequence[WorkItem], bench: Workbench) -> Iterator[Outcome]:
        for item in items:
            bench.progress(item, 0.2, "developing")
            pictures = tuple(_photograph(item, slot) for slot in range(item.options["pictures"]))
            yield Outcome(item, pictures=pictures)


def _photograph(item: WorkItem, slot: int) -> Picture:
    """About 0.4 MB of grain over a gradient, the same for the same item and slot."""
    import numpy as np
    from PIL import Image

    chance = np.random.default_rng([item.pk, slot])
    light = np.linspace(40, 200, 600)[:, None, None]
    pixels = np.clip(light + chance.normal(0, 25, (600, 800, 3)), 0, 255).astype(np.uint8)
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "JPEG", quality=92)
    return Picture(
        data=file.getvalue(), format="jpeg", width=800, height=600, source_type="algorithmicMedia", seed=item.seed
    )  # fmt: skip
