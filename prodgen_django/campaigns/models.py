"""A brand's kit, and the place that a job's campaign pictures have in the shop."""

from __future__ import annotations

import re

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from prodgen_django.campaigns.kitfiles import FontField, LogoField
from prodgen_django.campaigns.links import validate_link
from prodgen_django.storage import get_storage

_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")


def validate_colour(value: str) -> None:
    """Raises ValidationError for anything but "#rrggbb"."""
    if not _COLOUR.fullmatch(value):
        raise ValidationError(_("Write a colour as # and six digits, such as #1f4e5f."), code="colour")


class BrandKit(models.Model):
    """A shop's logo, colours and letters for campaign pictures."""

    name = models.CharField(
        _("name"), max_length=80, help_text=_("Stands in pictures where there is no logo.")
    )
    is_default = models.BooleanField(_("used by default"), default=False)
    logo = LogoField(
        _("logo"), storage=get_storage, upload_to="prodgen/brand", blank=True,
        help_text=_("A PNG or WebP with a transparent background."),
    )  # fmt: skip
    logo_on_dark = LogoField(
        _("logo on dark grounds"), storage=get_storage, upload_to="prodgen/brand", blank=True
    )
    ground = models.CharField(
        _("ground colour"), max_length=7, blank=True, validators=[validate_colour],
        help_text=_("Empty: chosen to suit the products."),
    )  # fmt: skip
    ink = models.CharField(_("text colour"), max_length=7, blank=True, validators=[validate_colour])
    accent = models.CharField(_("button colour"), max_length=7, blank=True, validators=[validate_colour])
    headline_font = FontField(
        _("font of headlines"), storage=get_storage, upload_to="prodgen/brand", blank=True,
        help_text=_("A TrueType or OpenType file that you may use. Empty: the fonts that come with the app."),
    )  # fmt: skip
    text_font = FontField(_("font of other text"), storage=get_storage, upload_to="prodgen/brand", blank=True)

    class Meta:
        verbose_name = _("brand kit")
        verbose_name_plural = _("brand kits")
        ordering = ["-is_default", "name"]

    def __str__(self) -> str:
        return self.name


class Campaign(models.Model):
    """Where and when a job's published campaign pictures are shown.

    ``source`` names the promotion that they advertise ("offer:3"); while that does not run, nothing is shown. Dates
    of its own narrow that further.
    """

    job = models.OneToOneField("prodgen_django.Job", models.CASCADE, related_name="campaign")
    slot = models.SlugField(
        _("slot"), max_length=50, blank=True, db_index=True,
        help_text=_("The name in the template's tag, such as hero. Empty: shown nowhere in the shop."),
    )  # fmt: skip
    link = models.CharField(
        _("link"), max_length=500, blank=True, validators=[validate_link], help_text=_("Where a click leads.")
    )
    source = models.CharField(_("promotion"), max_length=60, blank=True, editable=False)
    source_kind = models.CharField(max_length=20, blank=True, editable=False)
    source_id = models.BigIntegerField(null=True, blank=True, editable=False)
    starts_at = models.DateTimeField(_("not before"), null=True, blank=True)
    ends_at = models.DateTimeField(_("not after"), null=True, blank=True)

    class Meta:
        verbose_name = _("campaign")
        verbose_name_plural = _("campaigns")
        ordering = ["-job_id"]

    def __str__(self) -> str:
        return str(self.job)
