"""Work so small that hardly anything but the job machine is measured."""

from __future__ import annotations

from tests.jobs.recipes import Paint


class Dab(Paint):
    """One small picture an item, in batches as large as those of display pictures."""

    batch_size = None
