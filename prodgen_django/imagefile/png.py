"""What Pillow makes of a PNG's ancillary chunks, put right: long texts, long profiles, transparent colours."""

from __future__ import annotations

import struct
import zlib
from typing import TYPE_CHECKING

from .errors import ImageRejected

if TYPE_CHECKING:
    from PIL import ImageFile

MAGIC = b"\x89PNG\r\n\x1a\n"

_MAX_TEXT = 1_000_000  # of one more, unpacked, Pillow refuses the whole picture
# Photoshop's worst packets of XMP have tens of megabytes. What unpacks to more is built to do harm.
_MAX_UNPACKED = 64_000_000
_MAX_PROFILE = 8_000_000
# What a picture says of its origin stands at the packet's beginning; its history follows.
_MAX_XMP = 4_000_000
_XMP = b"XML:com.adobe.xmp\0"
_MAX_CHUNKS = 200_000
_PIECE = 1 << 18


def lighten(data: bytes) -> tuple[bytes, dict[str, bytes]]:
    """A PNG without texts and profiles of more than a megabyte, for which Pillow would refuse it.

    Of these the profile, and the beginning of an XMP packet, come beside it under Pillow's names for them. Texts are
    unpacked piece by piece and not kept. Raises ImageRejected for a file that unpacks to very much, or has
    hundreds of thousands of chunks.
    """
    kept: list[bytes] = []
    start = at = len(MAGIC)
    budget, beside = _MAX_UNPACKED, dict[str, bytes]()
    for _chunk in range(_MAX_CHUNKS):
        if at + 12 > len(data):
            break
        length, kind = struct.unpack_from(">I4s", data, at)
        end = at + 12 + length
        if kind in _PACKED:
            packed, words = _PACKED[kind](data[at + 8 : end - 4])
            size = _unpacked_size(words, budget) if packed else len(words)
            budget -= size
            if budget < 0:
                raise _slow()
            if size > _MAX_TEXT:
                if kind == b"iCCP" and size <= _MAX_PROFILE:
                    beside["icc_profile"] = _unpacked(words, _MAX_PROFILE)
                elif data.startswith(_XMP, at + 8):
                    beside["xmp"] = _unpacked(words, _MAX_XMP) if packed else words[:_MAX_XMP]
                kept.append(data[start:at])
                start = end
        at = end
        if kind == b"IEND":
            break
    else:
        raise _slow()
    return (b"".join([MAGIC, *kept, data[start:]]) if kept else data), beside


def scale_key(image: ImageFile.ImageFile, data: bytes) -> None:
    """Bring the one transparent colour to the scale of the pixels: it is written in steps of the file's own depth.

    Of colours of 16 bits Pillow keeps the upper eight, so all that share them with it are taken for it.
    """
    key = image.info.get("transparency")
    depth = data[24]
    if isinstance(key, tuple) and depth == 16:
        image.info["transparency"] = tuple(value >> 8 for value in key)
    elif isinstance(key, int) and image.mode == "L" and depth in (2, 4):
        most = 2**depth - 1
        image.info["transparency"] = (key & most) * (255 // most)


def _text(chunk: bytes) -> tuple[bool, bytes]:
    return False, chunk.partition(b"\0")[2]


def _packed_text(chunk: bytes) -> tuple[bool, bytes]:
    return True, chunk.partition(b"\0")[2][1:]


def _international_text(chunk: bytes) -> tuple[bool, bytes]:
    words = chunk.partition(b"\0")[2]
    return words[:1] == b"\1", words[2:].partition(b"\0")[2].partition(b"\0")[2]


_PACKED = {b"tEXt": _text, b"zTXt": _packed_text, b"iTXt": _international_text, b"iCCP": _packed_text}
"""By chunk: whether its content is packed, and the content, without what stands before it."""


def _unpacked_size(packed: bytes, most: int) -> int:
    """The length of `packed` when unpacked, or some more than `most`; what comes before damage where it is damaged."""
    size, stream = 0, zlib.decompressobj()
    try:
        while size <= most and not stream.eof:
            piece = stream.decompress(packed, _PIECE)
            packed = stream.unconsumed_tail
            size += len(piece)
            if not piece and not packed:
                break
    except zlib.error:
        pass  # Pillow passes over such a text
    return size


def _unpacked(packed: bytes, most: int) -> bytes:
    """The first `most` bytes; none of what is damaged."""
    try:
        return zlib.decompressobj().decompress(packed, most)
    except zlib.error:
        return b""


def _slow() -> ImageRejected:
    return ImageRejected("too_slow", "The PNG is built to be slow to open. Save it again as a normal PNG.")
