"""What a job does to its photos before it cuts them out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django import forms
from django.utils.translation import gettext_lazy as _

from prodgen_django.conf import settings

if TYPE_CHECKING:
    import numpy as np

    from prodgen_django.recipes.base import WorkItem
    from prodgen_django.studio.repair import Repair


def repair_field() -> forms.ChoiceField:
    """Whether photos are repaired; one that is right already stays as it is."""
    return forms.ChoiceField(
        label=_("Photo repair"),
        help_text=_(
            "White balance, exposure and noise, as one step on the whole photo that is written down. Only for photos "
            "that were taken before white or grey: a warm lamp and cream paper look alike."
        ),
        choices=[("off", _("Off")), ("auto", _("Where a photo before white or grey needs it"))],
        initial="off",
        required=False,
    )


def repaired_photo(item: WorkItem, photo: np.ndarray) -> tuple[np.ndarray, Repair]:
    """A photo (uint8 H×W×3) as the job's options ask for it, and what was done; never where the shop's own channel, the
    first of ``PRODGEN["CHANNELS"]``, refuses repaired photos."""
    from prodgen_django.studio.channels import CHANNELS
    from prodgen_django.studio.repair import NOTHING, repair_for, repaired

    refused = any(not CHANNELS[name].takes_repaired for name in list(settings.CHANNELS)[:1])
    if item.options.get("repair", "off") != "auto" or refused:
        return photo, NOTHING
    repair = repair_for(photo)
    return repaired(photo, repair), repair
