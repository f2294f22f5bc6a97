"""What a recipe reports beside its pictures, in sentences for the shop admin."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

#: Photos are said to meet well when their distance in common points is below this many pixels.
WELL_MET = 1.5


def report_in_words(kind: str, report: Mapping[str, Any]) -> list[str]:
    """Sentences about an item's report: what happened to the photos of a stitch, then the recipe's own."""
    own = [str(sentence) for sentence in report.get("sentences", ())]
    return [*_stitch(report), *own] if kind == "stitch" else own


def step_in_words(name: str) -> str:
    """What a stitch's intermediate picture shows, from its file-like name ("07-picture-3-relit")."""
    said = {
        "disagreement": _("Where the photos differ"),
        "seams": _("Where the seams run"),
        "before-crop": _("Before cropping"),
    }
    each = {
        "placed": _("Photo %s in its place"),
        "relit": _("Photo %s under the common light"),
        "weight": _("How much photo %s counts"),
    }
    words = name.partition("-")[2]
    match words.split("-"):
        case ["picture", number, what] if what in each:
            return each[what] % number
    return said.get(words, words)


def _stitch(report: Mapping[str, Any]) -> Iterator[str]:
    inputs = report.get("inputs") or ()
    used = sum(1 for photo in inputs if photo.get("used"))
    if not inputs:
        return
    if used == len(inputs):
        yield ngettext("The photo is used.", "All %d photos are used.", used) % ((used,) if used > 1 else ())
    else:
        yield _("%(used)d of %(count)d photos are used.") % {"used": used, "count": len(inputs)}
    for number, photo in enumerate(inputs, 1):
        if not photo.get("used"):
            yield _("Photo %(number)d is left out: %(reason)s.") % {
                "number": number,
                "reason": photo.get("reason", ""),
            }
    distance = (report.get("checks") or {}).get("residual_px")
    if distance is not None:
        if distance < WELL_MET:
            yield _("They meet to within %.1f pixels.") % distance
        else:
            yield _("They meet only to within %.1f pixels: look at the seams.") % distance
