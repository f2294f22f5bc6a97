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
from django.utils.safestring import SafeString

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


@dataclass(frozen=True, eq=False)
class Look:
    """What is the same for all pictures of a page, looked up once; one instance as long as it is the same."""

    storage: Storage
    #: The formats that are made, best first; the last is what every browser reads.
    formats: tuple[str, ...]
    #: Addresses are made anew from time to time: see `_ADDRESS_SECONDS`.
    period: int

    @classmethod
    def now(cls) -> Look:
        return _look(get_storage(), tuple(settings.RENDITION_FORMATS), int(time.time()) // _ADDRESS_SECONDS)


@dataclass(frozen=True)
class Shown:
    """The files of a picture at one size, as addresses."""

    url: str
    width: int | None = None
    height: int | None = None
    srcset: str = ""
    sources: tuple[Source, ...] = ()

    @cached_property
    def before(self) -> str:
        """The <source> tags, with a place for ``sizes`` in each."""
        return "".join(
            f'<source type="{source.type}" srcset="{escape(source.srcset)}"%s>' for source in self.sources
        )

    @cached_property
    def image(self) -> str:
        """The first attributes of the <img> tag."""
        srcset = f' srcset="{escape(self.srcset)}"' if self.srcset else ""
        box = f' width="{self.width}" height="{self.height}"' if self.width else ""
        return f'src="{escape(self.url)}"{srcset}{box}'


class Picture:
    """What a template shows. As a string, its address.

    ``width`` and ``height`` are None for a shop's own file, which nobody opens here. ``attrs`` goes into the shop's
    own ``<img>`` tag where exposures and clicks are to be counted.
    """

    __slots__ = ("_chosen", "_mark", "_shown", "_wanted", "alt")

    def __init__(self, chosen: Chosen, alt: str, width: int, mark: str, look: Look) -> None:
        self._chosen, self._wanted, self._mark = chosen, width, mark
        picture = chosen.picture
        if picture is not None:
            facts = picture.facts
            self._shown = _shown(facts.renditions, facts.name, facts.width, facts.height, width, look)
            self.alt = alt or facts.title
        elif chosen.own is not None:
            self._shown = _own(get_catalog(), chosen.own.name, look.period)
            self.alt = alt or chosen.own.caption
        else:
            self._shown = Shown(get_catalog().missing_picture_url())
            self.alt = alt

    def __str__(self) -> str:
        return self._shown.url

    @property
    def url(self) -> str:
        return self._shown.url

    @property
    def width(self) -> int | None:
        return self._shown.width

    @property
    def height(self) -> int | None:
        return self._shown.height

    @property
    def srcset(self) -> str:
        return self._shown.srcset

    @property
    def sources(self) -> Sequence[Source]:
        """The formats before the one that every browser reads, best first."""
        return self._shown.sources

    @property
    def image_id(self) -> int | None:
        """The GeneratedImage's key; None for the shop's own picture."""
        return self._chosen.picture.id if self._chosen.picture else None

    @property
    def is_personal(self) -> bool:
        return self._chosen.personal

    @property
    def is_missing(self) -> bool:
        return self._chosen.picture is None and self._chosen.own is None

    @property
    def attrs(self) -> SafeString:
        """What makes a tag of the shop's own one that is counted."""
        return SafeString(self._mark)  # made of numbers, see `page`

    def html(self, *, alt: str, sizes: str, loading: str, css_class: str) -> SafeString:
        """A responsive <picture>; nothing where the shop has no picture at all."""
        shown = self._shown
        if not shown.url:
            return SafeString("")
        given_sizes, rest = _attributes(sizes, self._wanted, loading, css_class)
        before = shown.before.replace("%s", given_sizes) if shown.sources else ""
        mark = f" {self._mark}" if self._mark else ""
        return SafeString(  # each part is escaped or made of numbers
            f"<picture{mark}>{before}<img {shown.image}{given_sizes if shown.srcset else ''}"
            f' alt="{escape(alt)}"{rest}></picture>'
        )

    def as_dict(self) -> dict[str, Any]:
        """For a page's script."""
        shown = self._shown
        return {
            "src": shown.url,
            "srcset": shown.srcset,
            "width": shown.width,
            "height": shown.height,
            "sources": [{"type": source.type, "srcset": source.srcset} for source in shown.sources],
        }


@lru_cache(maxsize=16)
def _look(storage: Storage, formats: tuple[str, ...], period: int) -> Look:
    return Look(storage, formats, period)


def escape(text: Any) -> SafeString:
    """`text` for an attribute; what is safe already, or not known before it is shown, is never taken from a cache."""
    return _escaped(text) if type(text) is str else conditional_escape(text)


@lru_cache(maxsize=8192)
def _escaped(text: str) -> SafeString:
    return conditional_escape(text)


def width_of(size: str) -> int:
    """The width in CSS pixels of a key of ``SIZES``. Raises LookupError, with the keys there are."""
    try:
        return int(settings.SIZES[size])
    except KeyError:
        known = ", ".join(settings.SIZES)
        raise LookupError(f"there is no size {size!r}; PRODGEN['SIZES'] has: {known}") from None


@lru_cache(maxsize=8192)
def _shown(renditions: str, name: str, width: int, height: int, wanted: int, look: Look) -> Shown:
    """The smallest version at least `wanted` wide, else the largest, with all others beside it; the file itself where
    none was made. Cached by all that it is made of, so never stale.
    """
    by_format: dict[str, list[dict[str, Any]]] = {}
    for made in sorted(json.loads(renditions or "[]"), key=lambda made: made["width"]):
        by_format.setdefault(made["format"], []).append(made)
    url = look.storage.url
    if not by_format:
        return Shown(str(url(name)), width, height)
    plain = look.formats[-1] if look.formats and look.formats[-1] in by_format else next(iter(by_format))
    srcsets = {
        name: ", ".join(f"{url(made['name'])} {made['width']}w" for made in versions)
        for name, versions in by_format.items()
    }
    fitting = next((made for made in by_format[plain] if made["width"] >= wanted), by_format[plain][-1])
    return Shown(
        str(url(fitting["name"])),
        fitting["width"],
        fitting["height"],
        srcsets[plain],
        tuple(
            Source(_mime_type(name), srcsets[name])
            for name in look.formats
            if name in srcsets and name != plain
        ),
    )


@lru_cache(maxsize=8192)
def _own(catalog: Any, name: str, _period: int) -> Shown:
    return Shown(str(catalog.own_picture_url(name)))


@lru_cache(maxsize=256)
def _attributes(sizes: str, width: int, loading: str, css_class: str) -> tuple[str, str]:
    """``sizes``, and the attributes at the end of an <img> tag."""
    sizes = sizes or f"(max-width: {width}px) 100vw, {width}px"
    css = f' class="{escape(css_class)}"' if css_class else ""
    return f' sizes="{escape(sizes)}"', f' loading="{escape(loading)}" decoding="async"{css}'


@lru_cache(maxsize=32)
def _mime_type(file_format: str) -> str:
    return mimetypes.types_map.get(f".{file_format}", f"image/{file_format}")
