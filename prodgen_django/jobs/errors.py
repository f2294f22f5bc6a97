"""What can go wrong with a job, apart from its options (ValidationError) and its kind (LookupError)."""

from __future__ import annotations


class JobStateError(Exception):
    """The job is in a state that does not allow this. The message is for the shop admin."""


class Stopped(Exception):
    """Raised inside a recipe's work, from `Workbench.progress`, when it should go no further."""


class LeaseLost(Stopped):
    """Another worker may be doing this item now: whatever is finished here is thrown away."""


class JobCancelled(Stopped):
    """Somebody cancelled the job."""
