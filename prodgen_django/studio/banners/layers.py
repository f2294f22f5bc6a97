"""A banner as an SVG of layers: ground, each product, shapes and words. The words are text, so that they can
be changed in any drawing program."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from xml.sax.saxutils import escape, quoteattr

import numpy as np

from prodgen_django.imagefile import encode_image, source_type_uri
from prodgen_django.imagefile.provenance import xml_safe
from prodgen_django.studio.color import Pixels
from prodgen_django.studio.resampling import resample
from prodgen_django.studio.text import clean_text

from . import bidi
from .brief import Brand, Shown
from .lettering import Line, Shape
from .making import Banner
from .painting import Placed

_WEIGHTS = (("extrabold", 800), ("semibold", 600), ("bold", 700), ("medium", 500))


def layered_svg(banner: Banner, products: Sequence[Shown], brand: Brand) -> bytes:
    """The banner as SVG (UTF-8): groups "ground", "products", "shapes" and "words", from back to front.

    Pictures stand in the file; fonts are named and not contained. The IPTC source type is in its metadata.
    """
    width, height = banner.format.size
    painted = banner.painted
    ground = encode_image(painted.ground, format="jpeg", source_type=banner.source_type, quality=92)
    parts = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="{width}"'
        f' height="{height}" viewBox="0 0 {width} {height}">',
        _metadata(banner.source_type),
        f'<g id="ground">{_image(ground, "jpeg", 0, 0, width, height)}</g>',
        '<g id="products">',
        *(_product(one, products[one.index]) for one in painted.products),
        "</g>",
        '<g id="shapes">',
        *(_shape(shape, painted.colours, brand, painted.scheme.dark) for shape in banner.layout.block.shapes),
        "</g>",
        '<g id="words">',
        *(_words(line, painted.colours[line.role]) for line in banner.layout.block.lines),
        "</g>",
        "</svg>",
    ]
    return "\n".join(parts).encode()


def _metadata(source_type: str) -> str:
    return (
        '<metadata><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"'
        ' xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/"><rdf:Description rdf:about=""'
        f" Iptc4xmpExt:DigitalSourceType={quoteattr(source_type_uri(source_type))}/></rdf:RDF></metadata>"
    )


def _image(data: bytes, kind: str, x: float, y: float, width: float, height: float, title: str = "") -> str:
    address = f"data:image/{kind};base64,{base64.b64encode(data).decode()}"
    named = f"<title>{escape(xml_safe(clean_text(title)))}</title>" if title else ""
    return (
        f'<image x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" preserveAspectRatio="none"'
        f' xlink:href="{address}">{named}</image>'
    )


def _product(one: Placed, shown: Shown) -> str:
    height, width = one.mask.shape
    photo = resample(shown.photo, (width, height))
    alpha = np.rint(one.mask * 255).astype(np.uint8)
    data = encode_image(np.dstack([photo, alpha]), format="png", source_type="digitalCapture")
    return _image(data, "png", one.rect.x, one.rect.y, width, height, shown.title)


def _shape(shape: Shape, colours: dict[str, str], brand: Brand, dark: bool) -> str:
    rect = shape.rect
    if shape.role == "logo":
        logo: Pixels | None = brand.logo_on_dark if dark and brand.logo_on_dark is not None else brand.logo
        if logo is None:
            return ""
        return _image(
            encode_image(logo, format="png", source_type=None), "png", rect.x, rect.y, rect.w, rect.h
        )
    return (
        f'<rect x="{rect.x:.1f}" y="{rect.y:.1f}" width="{rect.w:.1f}" height="{rect.h:.1f}"'
        f' rx="{shape.radius:.1f}" fill="{colours["button"]}"/>'
    )


def _words(line: Line, tone: str) -> str:
    family = ", ".join(dict.fromkeys(f"'{run.face.family}'" for run in line.runs))
    style = line.runs[0].face.style.lower()
    weight = next((number for word, number in _WEIGHTS if word in style), 400)
    # Where letters run from right to left, the anchor is the right end of the line.
    rtl = line.direction == "rtl"
    x = line.x + line.width if rtl else line.x
    extra = ' direction="rtl"' if rtl else ""
    text = escape(xml_safe(bidi.marked(line.text) if rtl else line.text))
    struck = ' text-decoration="line-through"' if line.struck else ""
    families = quoteattr(xml_safe(f"{family}, sans-serif"))
    return (
        f'<text data-role="{line.role}" x="{x:.1f}" y="{line.y:.1f}" font-family={families}'
        f' font-weight="{weight}" font-size="{line.size:.2f}" fill="{tone}"{extra}{struck}>{text}</text>'
    )
