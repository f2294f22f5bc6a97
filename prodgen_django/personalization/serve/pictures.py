"""A choice as a template shows it: addresses of the versions that were made at approval."""

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

    from prodgen_django.personalization.serve.choice import Choice

#: How long an address is used again, in seconds: storages that sign theirs let them live much longer.
_ADDRESS_SECONDS = 300


@dataclass(frozen=True)
class Source:
    """One format of a picture for <source>."""

    type: str
    srcset: str


@dataclass(frozen=True, eq=False)
class Addresses:
    """Where files are found, the same for all pictures of a page; one instance as long as it is the same."""

    storage: Storage
    #: The formats that are made, best first; the last is what every browser reads.
    formats: tuple[str, ...]
    #: Addresses are made anew from time to time: see `_ADDRESS_SECONDS`.
    period: int

    @classmethod
    def now(cls) -> Addresses:
        period = int(time.time()) // _ADDRESS_SECONDS
        return _addresses(get_storage(), tuple(settings.RENDITION_FORMATS), period)


@dataclass(frozen=True)
class Files:
    """The files of a picture at one size, as addresses."""

    url: str
    width: int | None = None
    height: int | None = None
    srcset: str = ""
    sources: tuple[Source, ...] = ()

    @property
    def box(self) -> str:
        return f' width="{self.width}" height="{self.height}"' if self.width else ""

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
        return f'src="{escape(self.url)}"{srcset}{self.box}'


class Picture:
    """What a template shows. As a string, its address.

    ``width`` and ``height`` are None for a shop's own file, which nobody opens here. ``attrs`` goes into the shop's
    own ``<img>`` tag where exposures and clicks are to be counted.
    """

    __slots__ = ("_choice", "_files", "_mark", "_wanted", "alt")

    def __init__(self, choice: Choice, alt: str, width: int, mark: str, addresses: Addresses) -> None:
        self._choice, self._wanted, self._mark = choice, width, mark
        candidate = choice.candidate
        if candidate is not None:
            facts = candidate.facts
            self._files = _files(facts.renditions, facts.name, facts.width, facts.height, width, addresses)
            self.alt = alt or facts.title
        elif choice.own is not None:
            self._files = _own(get_catalog(), choice.own.name, addresses.period)
            self.alt = alt or choice.own.caption
        else:
            self._files = Files(get_catalog().missing_picture_url())
            self.alt = alt

    def __str__(self) -> str:
        return self._files.url

    @property
    def url(self) -> str:
        return self._files.url

    @property
    def width(self) -> int | None:
        return self._files.width

    @property
    def height(self) -> int | None:
        return self._files.height

    @property
    def srcset(self) -> str:
        return self._files.srcset

    @property
    def sources(self) -> Sequence[Source]:
        """The formats before the one that every browser reads, best first."""
        return self._files.sources

    @property
    def image_id(self) -> int | None:
        """The GeneratedImage's key; None for the shop's own picture."""
        return self._choice.candidate.id if self._choice.candidate else None

    @property
    def is_personal(self) -> bool:
        return self._choice.is_personal

    @property
    def is_missing(self) -> bool:
        return self._choice.candidate is None and self._choice.own is None

    @property
    def attrs(self) -> SafeString:
        """What makes a tag of the shop's own one that is counted."""
        return SafeString(self._mark)  # made of numbers, see `page`

    def html(self, *, alt: str, sizes: str, loading: str, css_class: str, before: str = "") -> SafeString:
        """A responsive <picture>; nothing where the shop has no picture at all. `before`: other sources, as HTML."""
        files = self._files
        if not files.url:
            return SafeString("")
        given_sizes, rest = _attributes(sizes, self._wanted, loading, css_class)
        sources = before + files.before.replace("%s", given_sizes) if files.sources else before
        mark = f" {self._mark}" if self._mark else ""
        return SafeString(  # each part is escaped or made of numbers
            f"<picture{mark}>{sources}<img {files.image}{given_sizes if files.srcset else ''}"
            f' alt="{escape(alt)}"{rest}></picture>'
        )

    def sources_html(self, *, media: str, sizes: str) -> str:
        """The picture as <source> tags of another one, for the screens that `media` names."""
        files = self._files
        # The last format has no <img> of its own here.
        offered = [(f' type="{one.type}"', one.srcset) for one in files.sources] + [
            ("", files.srcset or files.url)
        ]
        return "".join(
            f'<source media="{escape(media)}"{kind} srcset="{escape(srcset)}" sizes="{escape(sizes)}"{files.box}>'
            for kind, srcset in offered
        )

    def as_dict(self) -> dict[str, Any]:
        """For a page's script."""
        files = self._files
        return {
            "src": files.url,
            "srcset": files.srcset,
            "width": files.width,
            "height": files.height,
            "sources": [{"type": source.type, "srcset": source.srcset} for source in files.sources],
        }


@lru_cache(maxsize=16)
def _addresses(storage: Storage, formats: tuple[str, ...], period: int) -> Addresses:
    return Addresses(storage, formats, period)


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
def _files(renditions: str, name: str, width: int, height: int, wanted: int, addresses: Addresses) -> Files:
    """The smallest version at least `wanted` wide, else the largest, with all others beside it; the file itself where
    none was made. Cached by all that it is made of, so never stale.
    """
    by_format: dict[str, list[dict[str, Any]]] = {}
    for made in sorted(json.loads(renditions or "[]"), key=lambda made: made["width"]):
        by_format.setdefault(made["format"], []).append(made)
    url = addresses.storage.url
    if not by_format:
        return Files(str(url(name)), width, height)
    plain = (
        addresses.formats[-1]
        if addresses.formats and addresses.formats[-1] in by_format
        else next(iter(by_format))
    )
    srcsets = {
        name: ", ".join(f"{url(made['name'])} {made['width']}w" for made in versions)
        for name, versions in by_format.items()
    }
    fitting = next((made for made in by_format[plain] if made["width"] >= wanted), by_format[plain][-1])
    return Files(
        str(url(fitting["name"])),
        fitting["width"],
        fitting["height"],
        srcsets[plain],
        tuple(
            Source(_mime_type(name), srcsets[name])
            for name in addresses.formats
            if name in srcsets and name != plain
        ),
    )


@lru_cache(maxsize=8192)
def _own(catalog: Any, name: str, _period: int) -> Files:
    return Files(str(catalog.own_picture_url(name)))


@lru_cache(maxsize=256)
def _attributes(sizes: str, width: int, loading: str, css_class: str) -> tuple[str, str]:
    """``sizes``, and the attributes at the end of an <img> tag."""
    sizes = sizes or f"(max-width: {width}px) 100vw, {width}px"
    css = f' class="{escape(css_class)}"' if css_class else ""
    return f' sizes="{escape(sizes)}"', f' loading="{escape(loading)}" decoding="async"{css}'


@lru_cache(maxsize=32)
def _mime_type(file_format: str) -> str:
    return mimetypes.types_map.get(f".{file_format}", f"image/{file_format}")
