"""The IPTC DigitalSourceType: what a file says of how its picture came to be.

The value is carried in an XMP packet, which every format that we write can hold.
Source: IPTC NewsCodes, http://cv.iptc.org/newscodes/digitalsourcetype/
"""

from __future__ import annotations

import re
from contextlib import suppress
from xml.parsers import expat
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

_TERM = re.compile(r"digitalsourcetype/([A-Za-z]{1,60})")
#: So much of a packet is read, in bytes; what editing programs write by the megabyte stands behind the mark.
_MOST_XMP = 4_000_000
#: The mark's value has 60 characters; so many are looked at.
_MOST_VALUE = 400
#: What XML cannot hold, not even escaped.
_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def xml_safe(text: str) -> str:
    """`text` without the characters that XML cannot hold, not even escaped: most controls, and halves of pairs."""
    return _NO_XML.sub("", text)


def source_type_uri(source_type: str) -> str:
    """The vocabulary's full address of a term. Raises ValueError for what cannot be one."""
    if not _WORD.fullmatch(source_type):
        raise ValueError(f"{source_type!r} is no word of the IPTC's DigitalSourceType vocabulary")
    return _VOCABULARY + source_type


def xmp_packet(source_type: str, *, system: str = "") -> bytes:
    """An XMP packet with the source type and, in `system`, the name of the model that had a part in it."""
    attributes = f" Iptc4xmpExt:DigitalSourceType={quoteattr(source_type_uri(source_type))}"
    if system:
        attributes += f" Iptc4xmpExt:AISystemUsed={quoteattr(xml_safe(system))}"
    return (
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>'
        '<x:xmpmeta xmlns:x="adobe:ns:meta/">'
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        '<rdf:Description rdf:about="" xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/"'
        f"{attributes}/>"
        '</rdf:RDF></x:xmpmeta><?xpacket end="r"?>'
    ).encode()


def source_type_in(xmp: bytes | str | None) -> str | None:
    """The source type that an XMP packet names, or None. Any IPTC term is returned, ours or not.

    Takes time in proportion to the packet, and reads at most 4 MB of it. What a broken packet says before it breaks
    counts.
    """
    if not xmp:
        return None
    data = xmp.encode("utf-8", "replace") if isinstance(xmp, str) else xmp
    reader = _MarkReader()
    with suppress(expat.ExpatError, _Stop):
        # In one piece: a long token that comes in pieces would be read anew with each.
        reader.parser.Parse(data[:_MOST_XMP].lstrip(), False)
    return reader.found


class _Stop(Exception):
    """There is nothing more to read."""


class _MarkReader:
    """Looks for the property DigitalSourceType, as an attribute or an element, whatever prefix its name has."""

    def __init__(self) -> None:
        self.found: str | None = None
        self._depth = 0
        self._text = ""
        self.parser = expat.ParserCreate()
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self._begin
        # A packet has none; entities that stand for one another are how small files become large ones.
        self.parser.StartDoctypeDeclHandler = self._refuse

    def _begin(self, name: str, attributes: dict[str, str]) -> None:
        if self._depth or _is_mark(name):
            self._depth += 1
            self.parser.CharacterDataHandler = self._read
            self.parser.EndElementHandler = self._end
        for key, value in attributes.items():
            if self._depth or _is_mark(key):
                self._take(value)

    def _read(self, text: str) -> None:
        if len(self._text) < _MOST_VALUE:
            self._text += text

    def _end(self, name: str) -> None:
        self._depth -= 1
        if not self._depth:
            self._take(self._text)
            self._text = ""
            self.parser.CharacterDataHandler = self.parser.EndElementHandler = None

    def _take(self, value: str) -> None:
        named = _TERM.search(value[:_MOST_VALUE])
        if named:
            self.found = named.group(1)
            raise _Stop

    def _refuse(self, *args: object) -> None:
        raise _Stop


def _is_mark(name: str) -> bool:
    return name.rpartition(":")[2] == "DigitalSourceType"
