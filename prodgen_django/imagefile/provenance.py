"""The IPTC DigitalSourceType: what a file says of how its picture came to be.

The value is carried in an XMP packet, which every format that we write can hold.
Source: IPTC NewsCodes, http://cv.iptc.org/newscodes/digitalsourcetype/
"""

from __future__ import annotations

import re
from xml.sax.saxutils import quoteattr

_VOCABULARY = "http://cv.iptc.org/newscodes/digitalsourcetype/"

SOURCE_TYPES: dict[str, str] = {
    "digitalCapture": "A photograph as the camera took it",
    "compositeCapture": "Composed of photographs and drawn backdrops; at most outline and shadow are a network's",
    "compositeWithTrainedAlgorithmicMedia": "A photographed product in a scene that a trained model made or lit",
    "trainedAlgorithmicMedia": "Made by a trained model",
    "algorithmicMedia": "Drawn by a program; nothing was photographed and no model was trained",
}
"""The IPTC terms that we write of our own pictures, with what each says."""

IPTC_TERMS: frozenset[str] = frozenset(
    (
        "algorithmicMedia", "algorithmicallyEnhanced", "composite", "compositeCapture", "compositeSynthetic",
        "compositeWithTrainedAlgorithmicMedia", "computationalCapture", "dataDrivenMedia", "digitalArt",
        "digitalCapture", "digitalCreation", "humanEdits", "minorHumanEdits", "negativeFilm", "positiveFilm", "print",
        "screenCapture", "softwareImage", "trainedAlgorithmicMedia", "virtualRecording",
    )
)  # fmt: skip
"""Every term of the vocabulary, those that are retired too: all of them pass through from a file to its copies."""

_WORD = re.compile(r"[A-Za-z]{1,60}")

_FOUND = re.compile(
    rb"DigitalSourceType[^<>]{0,200}?[=>][\s\"']*(?:[^<>\"']{0,200}?/)?digitalsourcetype/([A-Za-z]{1,60})"
)


def source_type_uri(source_type: str) -> str:
    """The vocabulary's full address of a term. Raises ValueError for what cannot be one."""
    if not _WORD.fullmatch(source_type):
        raise ValueError(f"{source_type!r} is no word of the IPTC's DigitalSourceType vocabulary")
    return _VOCABULARY + source_type


def xmp_packet(source_type: str, *, system: str = "") -> bytes:
    """An XMP packet with the source type and, in `system`, the name of the model that had a part in it."""
    attributes = f" Iptc4xmpExt:DigitalSourceType={quoteattr(source_type_uri(source_type))}"
    if system:
        attributes += f" Iptc4xmpExt:AISystemUsed={quoteattr(system)}"
    return (
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>'
        '<x:xmpmeta xmlns:x="adobe:ns:meta/">'
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        '<rdf:Description rdf:about="" xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/"'
        f"{attributes}/>"
        '</rdf:RDF></x:xmpmeta><?xpacket end="r"?>'
    ).encode()


def source_type_in(xmp: bytes | str | None) -> str | None:
    """The source type that an XMP packet names, or None. Any IPTC term is returned, ours or not."""
    if not xmp:
        return None
    # A pattern and not an XML parser: the packet is a stranger's, and one value is all that is wanted.
    found = _FOUND.search(xmp.encode() if isinstance(xmp, str) else xmp)
    return found.group(1).decode() if found else None
