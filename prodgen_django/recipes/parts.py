"""The files that a long picture becomes: their format, and what is said where it is not the wanted one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext as _now

from prodgen_django.conf import settings

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from prodgen_django.recipes.base import Picture, WorkItem


def wanted_format(item: WorkItem) -> str:
    return str(item.options.get("format") or settings.FORMAT)


def part_title(item: WorkItem, number: int, count: int) -> str:
    """The title of one of several files; empty for the only one, which has its item's."""
    if count == 1:
        return ""
    about = {"title": item.title, "number": number, "count": count}
    return _now("%(title)s, part %(number)d of %(count)d") % about


def other_format(item: WorkItem, pictures: Iterable[Picture]) -> Iterator[str]:
    """A sentence where a picture is longer than the files of the wanted format may be."""
    for picture in pictures:
        if picture.format != wanted_format(item):
            yield _now(
                "The picture is %(side)d pixels long, more than %(wanted)s holds, and was saved as %(used)s. "
                "Cut a long picture into files to keep the format."
            ) % {
                "side": max(picture.width, picture.height),
                "wanted": wanted_format(item).upper(),
                "used": picture.format.upper(),
            }
