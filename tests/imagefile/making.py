"""Files as cameras, scanners and old programs write them, byte by byte: what Pillow itself would not write."""

from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from prodgen_django.imagefile import ImageRejected, load_image

CASES = Path(__file__).parent / "cases"

_SRGB_D50 = {"r": (0.4361, 0.2225, 0.0139), "g": (0.3851, 0.7169, 0.0971), "b": (0.1431, 0.0606, 0.7141)}


def file(image: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def rejected(data: bytes, **options: object) -> ImageRejected:
    """What a person is told of a file that must not be let in."""
    with pytest.raises(ImageRejected) as caught:
        load_image(data, **options)
    return caught.value


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(values: np.ndarray, depth: int, colour: int, *chunks: bytes, behind: bytes = b"") -> bytes:
    """A PNG of H×W (or H×W×channels) values in steps of its own depth.

    `chunks` stand before the pixels, `behind` after.
    `colour`: 0 grey, 2 RGB, 3 palette, 4 grey with alpha, 6 RGB with alpha.
    """
    height, width = values.shape[:2]
    flat = values.reshape(height, -1)
    if depth == 16:
        rows = [row.astype(">u2").tobytes() for row in flat]
    elif depth == 8:
        rows = [row.astype(np.uint8).tobytes() for row in flat]
    else:
        bits = np.unpackbits(flat.astype(np.uint8)[..., None], axis=-1)[..., 8 - depth :].reshape(height, -1)
        rows = [row.tobytes() for row in np.packbits(bits, axis=1)]
    pixels = zlib.compress(b"".join(b"\0" + row for row in rows))
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    parts = [chunk(b"IHDR", header), *chunks, chunk(b"IDAT", pixels), behind, chunk(b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def profile(space: str = "RGB", gamma: float = 1.0, name: str = "sRGB", size: int = 0) -> bytes:
    """An ICC profile (version 2) of a monitor with sRGB's primaries, or of grey, with one gamma and any name.

    `size`: at least so many bytes, filled up with a tag that nobody reads.
    """

    def curve() -> bytes:
        return b"curv" + bytes(4) + struct.pack(">IH", 1, round(gamma * 256)) + bytes(2)

    def place(values: tuple[float, float, float]) -> bytes:
        return b"XYZ " + bytes(4) + struct.pack(">3i", *(round(v * 65536) for v in values))

    text = name.encode() + b"\0"
    described = b"desc" + bytes(4) + struct.pack(">I", len(text)) + text + bytes(8 + 3 + 67)
    tags = {b"desc": described, b"cprt": b"text" + bytes(4) + b"CC0\0", b"wtpt": place((0.9642, 1.0, 0.8249))}
    if space == "GRAY":
        tags[b"kTRC"] = curve()
    else:
        tags |= {f"{c}XYZ".encode(): place(xyz) for c, xyz in _SRGB_D50.items()}
        tags |= {f"{c}TRC".encode(): curve() for c in "rgb"}
    if size:
        tags[b"fill"] = b"data" + bytes(8) + np.random.default_rng(0).bytes(size)
    table, body, at = struct.pack(">I", len(tags)), b"", 132 + 12 * len(tags)
    for signature, data in tags.items():
        data += bytes(-len(data) % 4)
        table += signature + struct.pack(">II", at + len(body), len(data))
        body += data
    head = bytearray(128)
    head[8:12], head[12:16], head[36:40] = b"\x02\x40\x00\x00", b"mntr", b"acsp"
    head[16:20], head[20:24] = space.encode().ljust(4), b"XYZ "
    head[68:80] = struct.pack(">3i", *(round(v * 65536) for v in (0.9642, 1.0, 0.8249)))
    head[0:4] = struct.pack(">I", at + len(body))
    return bytes(head) + table + body


def segment(marker: int, data: bytes) -> bytes:
    return bytes((0xFF, marker)) + struct.pack(">H", len(data) + 2) + data


def with_segments(jpeg: bytes, *segments: bytes) -> bytes:
    """A JPEG with segments put in behind its start."""
    return jpeg[:2] + b"".join(segments) + jpeg[2:]
