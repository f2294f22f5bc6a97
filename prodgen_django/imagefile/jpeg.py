"""How much work a JPEG asks of its decoder, counted before it begins."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from .errors import ImageRejected

if TYPE_CHECKING:
    from PIL import ImageFile

MAGIC = b"\xff\xd8\xff"

# Everything but what stands inside of a scan (stuffing, restarts, TEM) and fill bytes.
_MARKER = re.compile(rb"\xff[^\x00\x01\xd0-\xd7\xff]")
_END, _SCAN, _START = 0xD9, 0xDA, 0xD8

# A camera's progressive JPEG holds about ten scans. Each costs a pass over the whole picture, about two nanoseconds a
# pixel, and a few bytes of file, so thousands of them in a small file keep a decoder busy for hours.
_MAX_SCANS = 200
_MAX_SCANNED_PIXELS = 3_000_000_000
# A photo of 40 MB in segments of 64 kB has some 600.
_MAX_SEGMENTS = 5_000
# What stands between two segments is nothing but fill, which Pillow reads byte by byte.
_MAX_FILL = 1_000_000
# Bytes that the decoder is given at a time: the deadline is looked at before each.
_PIECE = 4096


def count_scans(data: bytes) -> int:
    """The scans of the JPEG with which `data` begins; what follows its end (a video, a second picture) is not read.

    Raises ImageRejected where there are too many, or too many segments.
    """
    scans, at = 0, 2
    for _segment in range(_MAX_SEGMENTS):
        found = _MARKER.search(data, at)
        if not scans and (found.start() if found else len(data)) - at > _MAX_FILL:
            break
        if found is None or (marker := data[found.end() - 1]) == _END:
            return scans
        at = found.end()
        if marker == _START:
            continue
        scans += marker == _SCAN
        at += max(2, int.from_bytes(data[at : at + 2], "big"))
    raise _slow()


def check_work(scans: int, image: ImageFile.ImageFile) -> None:
    """Raises ImageRejected where so many scans over such a picture take too long; else lets the deadline be kept."""
    if scans > _MAX_SCANS or scans * image.width * image.height > _MAX_SCANNED_PIXELS:
        raise _slow()
    image.decodermaxblock = _PIECE


def _slow() -> ImageRejected:
    return ImageRejected("too_slow", "The JPEG is built to be slow to open. Save it again as a normal JPEG.")
