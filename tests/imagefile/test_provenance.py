"""The mark of where a picture comes from is found in any packet, and a stranger's packet costs next to nothing."""

from __future__ import annotations

import io
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from prodgen_django.imagefile import encode_image, inspect_image, make_rendition, read_source_type
from prodgen_django.imagefile.provenance import SOURCE_TYPES, source_type_in, xmp_packet

URI = "http://cv.iptc.org/newscodes/digitalsourcetype/"
RDF = '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">{}</rdf:RDF></x:xmpmeta>'
MARK = "Iptc4xmpExt:DigitalSourceType"


def png(xmp: str) -> bytes:
    out, info = io.BytesIO(), PngInfo()
    info.add_itxt("XML:com.adobe.xmp", xmp, zip=True)
    Image.new("RGB", (8, 8)).save(out, "PNG", pnginfo=info)
    return out.getvalue()


@pytest.mark.parametrize("term", [*SOURCE_TYPES, "computationalCapture", "algorithmicallyEnhanced"])
@pytest.mark.parametrize(
    "form",
    [
        '<rdf:Description {mark}="{uri}"/>',
        "<rdf:Description {mark}='  {uri} '/>",
        "<rdf:Description><{mark}>{uri}</{mark}></rdf:Description>",
        "<rdf:Description><{mark}>\n {uri}\n</{mark}></rdf:Description>",
        '<rdf:Description><{mark} rdf:resource="{uri}"/></rdf:Description>',
        "<rdf:Description><{mark} rdf:parseType='Resource'><rdf:value>{uri}</rdf:value></{mark}></rdf:Description>",
        "<rdf:Description xmlns:e='x' e:DigitalSourceType='{uri}'/>",
        "<dc:title>a &amp; b</dc:title><!-- x --><rdf:Description {mark}='{uri}'/>",
        "<rdf:Description {mark}='{uri}'/><broken",
    ],
)
def test_every_term_is_found_however_it_is_written(form: str, term: str) -> None:
    packet = RDF.format(form.format(mark=MARK, uri=URI + term))
    assert source_type_in(packet) == term
    assert (
        source_type_in(
            f'<?xpacket begin="\ufeff" id="W5M0"?>{packet}{" " * 3000}<?xpacket end="w"?>'.encode()
        )
        == term
    )
    assert source_type_in(packet.encode("utf-16")) == term


@pytest.mark.parametrize(
    "packet",
    [
        "",
        "no XML",
        RDF.format(f"<dc:title>{MARK} {URI}digitalCapture</dc:title>"),
        RDF.format(f"<!-- <rdf:Description {MARK}='{URI}digitalCapture'/> -->"),
        RDF.format(f"<rdf:Description {MARK}='digitalCapture'/>"),
        f'<!DOCTYPE x [<!ENTITY a "{URI}digitalCapture">]><x {MARK}="&a;"/>',
    ],
)
def test_what_is_no_mark_is_none(packet: str) -> None:
    assert source_type_in(packet) is None


def hostile() -> dict[str, str]:
    """Packets of a megabyte, which a PNG holds in some kB."""
    size = 1_000_000
    parts = {
        "equals": "DigitalSourceType=" + " " * 180,
        "blanks": "DigitalSourceType>" + " " * 100_000,
        "names": "DigitalSourceType",
        "marks": "<p:DigitalSourceType/>",
        "nested marks": "<p:DigitalSourceType>",
        "elements": "<a/>",
        "depth": "<a>",
        "openings": "<",
        "entities": "&lt;",
        "comments": "<!--- -->",
    }
    found = {}
    for name, part in parts.items():
        inside = part * (size // len(part))
        found[name] = inside if name in ("equals", "blanks", "names") else RDF.format(inside)
    return found


@pytest.mark.parametrize("packet", hostile().values(), ids=list(hostile()))
def test_a_small_file_with_a_large_packet_costs_no_more_than_its_size(packet: str) -> None:
    data = png(packet[:990_000])
    assert len(data) < 20_000
    before = time.process_time()
    assert inspect_image(data).source_type is None
    # CPU time, whatever else the machine does: now some hundredths of a second, once four and a half seconds.
    assert time.process_time() - before < 2


@given(st.text(max_size=200) | st.binary(max_size=200))
def test_no_packet_raises(packet: Any) -> None:
    source_type_in(packet)
    body = packet if isinstance(packet, str) else packet.decode("latin-1")
    source_type_in(RDF.format("{}").replace("{}", f"<a {MARK}='{body}'>{body}</a>"))


def test_what_we_write_is_found_in_every_format_and_is_xml_whatever_the_model_is_called(
    tmp_path: Path,
) -> None:
    from xml.etree import ElementTree

    import numpy as np

    packet = xmp_packet("compositeCapture", system="a \x0b <model> \ud800\ufffe & 'x'")
    ElementTree.fromstring(packet.decode().partition("?>")[2].rpartition("<?")[0])
    assert source_type_in(packet) == "compositeCapture"
    for name in ("jpeg", "png", "webp", "avif"):
        made = encode_image(np.zeros((16, 16, 3), np.uint8), format=name, source_type="compositeCapture")
        assert read_source_type(made) == "compositeCapture"


def test_the_mark_of_a_gif_is_read_and_passes_to_a_copy() -> None:
    """XMP lies in a GIF as it is, with a run of falling bytes behind it that leads readers to its end."""
    out = io.BytesIO()
    Image.new("P", (20, 20)).save(out, "GIF")
    plain = out.getvalue()
    colours = 13 + (3 << ((plain[10] & 7) + 1) if plain[10] & 128 else 0)
    packet = xmp_packet("trainedAlgorithmicMedia") + b"\1" + bytes(range(255, -1, -1)) + b"\0"
    data = plain[:colours] + b"\x21\xff\x0bXMP DataXMP" + packet + plain[colours:]
    assert read_source_type(plain) is None
    assert read_source_type(data) == "trainedAlgorithmicMedia"
    assert read_source_type(make_rendition(data, 10, "webp")) == "trainedAlgorithmicMedia"
