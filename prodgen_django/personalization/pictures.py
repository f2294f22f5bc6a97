"""A chosen picture as a template shows it: addresses of the versions that were made at approval."""

from __future__ import annotations

import json
import mimetypes
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any

from django.utils.html import conditional_escape
from django.utils.safestring import SafeString, mark_safe

from prodgen_django.catalog import get_catalog
from prodgen_django.conf import settings
from prodgen_django.storage import get_storage

if TYPE_CHECKING:
    from django.core.files.storage import Storage

    from prodgen_django.personalization.choice import Chosen

#: How long an address is used again, in seconds: storages that sign theirs let them live much longer.
_ADDRESS_SECONDS = 300


@dataclass(frozen=True)
class Source:
    """One format of a picture for <source>."""

    type: str
    srcset: str


class Picture:
    """What a template shows. As a string, its address.

    ``width`` and ``height`` are None for a shop's own file, which nobody opens here. ``attrs`` goes into the shop's
    own ``<img>`` tag where exposures and clicks are to be counted.
    """

    def __init__(self, chosen: Chosen, alt: str, width: int, mark: str = "") -> None:
        self._chosen, self._wanted, self._mark = chosen, width, mark
        self.alt = alt
        picture = chosen.picture
        self._shown = picture and _fitting(picture.renditions, width, settings.RENDITION_FORMATS[-1])
        if picture is None:
            self.width: int | None = None
            self.height: int | None = None
            self.alt = alt or (chosen.own.caption if chosen.own else "")
        else:
            self.width, self.height = self._shown[1:3] if self._shown else (picture.width, picture.height)
            self.alt = alt or picture.title

    def __str__(self) -> str:
        return self.url

    @property
    def image_id(self) -> int | None:
        """The GeneratedImage's key; None for the shop's own picture."""
        return self._chosen.picture.pk if self._chosen.picture else None

    @property
    def is_personal(self) -> bool:
        return self._chosen.personal

    @property
    def is_missing(self) -> bool:
        return self._chosen.picture is None and self._chosen.own is None

    @cached_property
    def url(self) -> str:
        picture = self._chosen.picture
        if picture is not None:
            return _address(self._shown[0] if self._shown else picture.name)
        if self._chosen.own is not None:
            return _own_address(get_catalog(), self._chosen.own.name, _period())
        return get_catalog().missing_picture_url()

    @cached_property
    def srcset(self) -> str:
        return self._srcset(self._shown[3]) if self._shown else ""

    @cached_property
    def sources(self) -> Sequence[Source]:
        """The formats before the one that every browser reads, best first."""
        if not self._shown:
            return ()
        versions = _versions(self._chosen.picture.renditions)  # type: ignore[union-attr]
        return tuple(
            Source(_mime_type(name), self._srcset(name))
            for name in settings.RENDITION_FORMATS
            if name in versions and name != self._shown[3]
        )

    @property
    def attrs(self) -> SafeString:
        """What makes a tag of the shop's own one that is counted."""
        return mark_safe(self._mark)  # noqa: S308  (made of numbers, see `page`)

    def html(self, *, alt: str, sizes: str, loading: str, css_class: str) -> SafeString:
        """A responsive <picture>; nothing where the shop has no picture at all."""
        if not self.url:
            return mark_safe("")
        escape = conditional_escape
        sizes = escape(sizes)
        sources = "".join(
            f'<source type="{source.type}" srcset="{escape(source.srcset)}" sizes="{sizes}">'
            for source in self.sources
        )
        mark = f" {self._mark}" if self._mark else ""
        srcset = f' srcset="{escape(self.srcset)}" sizes="{sizes}"' if self.srcset else ""
        box = f' width="{self.width}" height="{self.height}"' if self.width else ""
        css = f' class="{escape(css_class)}"' if css_class else ""
        return mark_safe(  # noqa: S308  (each part is escaped or made of numbers)
            f'<picture{mark}>{sources}<img src="{escape(self.url)}"{srcset}{box} alt="{escape(alt)}"'
            f' loading="{escape(loading)}" decoding="async"{css}></picture>'
        )

    def as_dict(self) -> dict[str, Any]:
        """For a page's script."""
        return {
            "src": self.url,
            "srcset": self.srcset,
            "width": self.width,
            "height": self.height,
            "sources": [{"type": source.type, "srcset": source.srcset} for source in self.sources],
        }

    def _srcset(self, file_format: str) -> str:
        made = _versions(self._chosen.picture.renditions)[file_format]  # type: ignore[union-attr]
        return ", ".join([f"{_address(name)} {width}w" for width, _height, name in made])


def width_of(size: str) -> int:
    """The width in CSS pixels of a key of ``SIZES``. Raises LookupError, with the keys there are."""
    try:
        return int(settings.SIZES[size])
    except KeyError:
        known = ", ".join(settings.SIZES)
        raise LookupError(f"there is no size {size!r}; PRODGEN['SIZES'] has: {known}") from None


@lru_cache(maxsize=8192)
def _versions(renditions: str) -> dict[str, list[tuple[int, int, str]]]:
    """By format: (width, height, name) of each version, narrowest first. Cached by its text, so never stale."""
    by_format: dict[str, list[tuple[int, int, str]]] = {}
    for made in sorted(json.loads(renditions or "[]"), key=lambda made: made["width"]):
        by_format.setdefault(made["format"], []).append((made["width"], made["height"], made["name"]))
    return by_format


@lru_cache(maxsize=8192)
def _fitting(renditions: str, width: int, plain: str) -> tuple[str, int, int, str] | None:
    """(name, width, height, format) of the smallest version at least so wide, else the largest; None: none made.

    Of the `plain` format, which every browser reads, where there is one of it.
    """
    versions = _versions(renditions)
    if not versions:
        return None
    file_format = plain if plain in versions else next(iter(versions))
    made = versions[file_format]
    found = next((one for one in made if one[0] >= width), made[-1])
    return found[2], found[0], found[1], file_format


@lru_cache(maxsize=32)
def _mime_type(file_format: str) -> str:
    return mimetypes.types_map.get(f".{file_format}", f"image/{file_format}")


def _period() -> int:
    return int(time.time()) // _ADDRESS_SECONDS


def _address(name: str) -> str:
    return _cached_address(get_storage(), name, _period())


@lru_cache(maxsize=32_768)
def _cached_address(storage: Storage, name: str, _when: int) -> str:
    return str(storage.url(name))


@lru_cache(maxsize=8192)
def _own_address(catalog: Any, name: str, _when: int) -> str:
    return str(catalog.own_picture_url(name))
