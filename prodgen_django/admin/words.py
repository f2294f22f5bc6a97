"""Names, addresses and durations as the pages show them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from prodgen_django.catalog import get_catalog
from prodgen_django.recipes import get_recipe
from prodgen_django.storage import get_storage

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.http import HttpRequest


def kind_name(kind: str) -> str:
    """What a kind of job is called in a list: its recipe's short name, else its key."""
    names = {
        "display": _("Display"),
        "concept": _("Concept"),
        "segments": _("Taste segments"),
        "stitch": _("Stitch"),
        "train": _("Training"),
    }
    return names.get(kind) or capfirst(kind.replace("_", " "))


def is_known(kind: str) -> bool:
    """Whether the recipe of a kind of job is installed: a job may be older than the settings."""
    try:
        get_recipe(kind)
    except LookupError:
        return False
    return True


def kind_label(kind: str) -> str:
    """The recipe's label, also for jobs whose recipe is installed no more."""
    try:
        return str(get_recipe(kind).label)
    except LookupError:
        return kind_name(kind)


def file_url(name: str) -> str:
    """Where a browser finds a file of ours; ``""`` where there is none or the storage gives no addresses."""
    if not name:
        return ""
    try:
        return get_storage().url(name)
    except (NotImplementedError, ValueError):
        return ""


def photo_urls(refs: Iterable[str]) -> dict[str, str]:
    """Where a browser finds the shop's photos, by reference, in one look-up."""
    wanted = set(refs)
    return get_catalog().photo_urls(wanted) if wanted else {}


def duration(seconds: float) -> str:
    """A length of time in at most two units: "40 s", "3 min 20 s", "2 h 5 min"."""
    whole = max(0, round(seconds))
    if whole < 60:
        return _("%d s") % whole
    minutes, rest = divmod(whole, 60)
    if minutes < 60:
        return _("%(minutes)d min %(seconds)d s") % {"minutes": minutes, "seconds": rest}
    hours, minutes = divmod(minutes, 60)
    return _("%(hours)d h %(minutes)d min") % {"hours": hours, "minutes": minutes}


def pictures(count: int) -> str:
    return ngettext("%d picture", "%d pictures", count) % count


def wants_json(request: HttpRequest) -> bool:
    return request.get_preferred_type(["text/html", "application/json"]) == "application/json"


def plain(value: Any) -> str:
    """An option's value in words."""
    if value is True:
        return _("yes")
    if value is False:
        return _("no")
    if value in (None, "", [], ()):
        return "–"
    if isinstance(value, list | tuple):
        return ", ".join(plain(part) for part in value)
    return str(value)
