"""What can go wrong with a job, apart from its options (ValidationError) and its kind (LookupError)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from prodgen_django.recipes.base import ItemFailed

if TYPE_CHECKING:
    from django.core.exceptions import ImproperlyConfigured


class JobStateError(Exception):
    """The job is in a state that does not allow this. The message is for the shop admin."""


class Stopped(Exception):
    """Raised inside a recipe's work, from `Workbench.progress`, when it should go no further."""


class LeaseLost(Stopped):
    """Another worker may be doing this item now: whatever is finished here is thrown away."""


class JobCancelled(Stopped):
    """Somebody cancelled the job."""


def misconfigured(fault: ImproperlyConfigured) -> ItemFailed:
    """A wrong setting, for the shop admin, who most likely cannot mend it."""
    return ItemFailed(
        "misconfigured",
        _(
            "The image studio is set up wrongly: %(fault)s Whoever looks after the server has to mend this; then start "
            "the job again."
        )
        % {"fault": fault},
    )
