"""The one door through which bytes become pixels and pixels become bytes.

Everything that a person uploads comes in through `load_image`, and every picture that we write goes out
through `encode_image` or `make_rendition`. Only Pillow decodes here, with an explicit list of formats: OpenCV
accepts truncated files that a shop must not publish, and some of Pillow's own formats start other programs.
"""

from .encoding import FORMATS, MIME_TYPES, encode_image, fitting_format, make_rendition
from .errors import ImageRejected
from .loading import (
    MAX_BYTES,
    MAX_FRAMES,
    MAX_PIXELS,
    MAX_SECONDS,
    ImageInfo,
    inspect_image,
    inspect_made,
    load_image,
    load_made,
    read_bytes,
    read_source_type,
)
from .provenance import IPTC_TERMS, SOURCE_TYPES, source_type_uri

__all__ = [
    "FORMATS",
    "IPTC_TERMS",
    "MAX_BYTES",
    "MAX_FRAMES",
    "MAX_PIXELS",
    "MAX_SECONDS",
    "MIME_TYPES",
    "SOURCE_TYPES",
    "ImageInfo",
    "ImageRejected",
    "encode_image",
    "fitting_format",
    "inspect_image",
    "inspect_made",
    "load_image",
    "load_made",
    "make_rendition",
    "read_bytes",
    "read_source_type",
    "source_type_uri",
]
