"""What each sales channel asks of a picture, as data. No NumPy, no OpenCV: a form may list it.

Sources are named with each rule; a rule whose source is only memory or a blog is advisory (`hard=False`).
Checked 2026-11; channels change their rules, so a shop may replace an entry of `CHANNELS`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

WEB_FORMATS = ("JPEG", "PNG", "WEBP", "AVIF")
AMAZON = "sellercentral.amazon.com, product image requirements"
GOOGLE = "support.google.com/merchants/answer/6324350"
EBAY = "ebay.com/help/policies/listing-policies/picture-policy?id=4370"
META_CATALOGUE = "productfeedspec.com/platforms/meta-catalog"
META_ADS = "developers.facebook.com, ads-api media requirements"
TAOBAO = "a public Taobao platform specification"
SHOPIFY = "photomenal.app/blog/shopify-product-image-size-guide"
MEMORY = "memory"
"""The source of a number that nobody has looked up: such a rule is advice, and says so."""

IPTC = "cv.iptc.org/newscodes/digitalsourcetype"


@dataclass(frozen=True, slots=True)
class Rule:
    """One demand. `name` says what is measured, `limit` what it must be; a broken `hard` rule blocks an
    export.

    Limits by name: format: names; longest_side, shortest_side, megapixels, fill, width, height: (low,
    high), either None; bytes: the most; aspect: (width / height, tolerance); mode: names;
    safe_zone: the shares of the height and width at the top, right, bottom and left where no product may be;
    white_background: the share of the background that must be 255, 255, 255; border, text (beside a
    product on white), scene_text, whole_product, single_object, private_data, frames: None; source_type:
    {"required": bool, "forbidden": names}.
    """

    name: str
    limit: Any = None
    hard: bool = True
    source: str = ""


@dataclass(frozen=True, slots=True)
class Channel:
    """A place where pictures are shown. `size`, `format`, `fill` and `quality` are what an export aims at.

    `white`: the export needs a white background. `takes_repaired`: False where the photograph's light must be as the
    camera saw it (`studio.repair`); none of these says so today. `relabel`: source types that this channel knows by
    another name.
    """

    name: str
    label: str
    rules: tuple[Rule, ...]
    size: tuple[int, int] = (1600, 1600)
    format: str = "jpeg"
    quality: int = 92
    fill: float | None = None
    white: bool = False
    takes_repaired: bool = True
    relabel: Mapping[str, str] = field(default_factory=dict)


_OURS = (
    Rule("frames"),
    Rule("private_data"),
    Rule("source_type", {"required": True, "forbidden": ()}, hard=False, source=IPTC),
)


def _no_text(source: str) -> tuple[Rule, Rule]:
    """Lettering beside a product on white can be told from print on it; in a scene a person must look."""
    return Rule("text", source=source), Rule("scene_text", hard=False, source=source)


def _instagram(
    name: str, label: str, size: tuple[int, int], covered: tuple[int, int, int, int] = (0, 0, 0, 0)
) -> Channel:
    """`covered`: the pixels at the top, right, bottom and left over which the platform lays its own buttons."""
    top, right, bottom, left = covered
    safe = (top / size[1], right / size[0], bottom / size[1], left / size[0])
    zone = (Rule("safe_zone", safe, source=META_ADS),) if any(covered) else ()
    return Channel(
        name,
        label,
        (
            Rule("format", ("JPEG", "PNG"), source=META_ADS),
            Rule("aspect", (size[0] / size[1], 0.01), source=META_ADS),
            Rule("width", (600, None), source=META_ADS),
            Rule("width", (1080, None), hard=False, source=META_ADS),
            Rule("bytes", 30_000_000, source=META_ADS),
            *zone,
            *_OURS,
        ),
        size=size,
    )


_ALL = (
    Channel(
        "amazon_main",
        "Amazon, main picture",
        (
            Rule("format", ("JPEG", "PNG", "TIFF", "GIF"), source=AMAZON),
            Rule("mode", ("RGB", "CMYK"), source=AMAZON),
            Rule("longest_side", (500, 10_000), source=AMAZON),
            Rule("longest_side", (1600, None), hard=False, source=AMAZON),
            Rule("white_background", 0.999, source=AMAZON),
            Rule("fill", (0.85, None), source=AMAZON),
            Rule("whole_product", source=AMAZON),
            Rule("border", source=AMAZON),
            Rule("text", source=AMAZON),
            Rule("single_object", hard=False, source=AMAZON),
            Rule(
                "source_type",
                {
                    "required": False,
                    "forbidden": ("trainedAlgorithmicMedia", "compositeWithTrainedAlgorithmicMedia"),
                },
                source=AMAZON,
            ),
            *_OURS,
        ),
        size=(2000, 2000),
        fill=0.88,
        white=True,
    ),
    Channel(
        "amazon_secondary",
        "Amazon, further pictures",
        (
            Rule("format", ("JPEG", "PNG", "TIFF", "GIF"), source=AMAZON),
            Rule("longest_side", (500, 10_000), source=AMAZON),
            Rule("longest_side", (1600, None), hard=False, source=AMAZON),
            *_OURS,
        ),
        size=(2000, 2000),
    ),
    Channel(
        "google_merchant",
        "Google Merchant Center",
        (
            Rule("format", ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF"), source=GOOGLE),
            Rule("shortest_side", (100, None), source=GOOGLE),
            Rule("shortest_side", (500, None), source="enforced from 2027-01-31; pixelense.com"),
            Rule("longest_side", (1500, None), hard=False, source=GOOGLE),
            Rule("megapixels", (None, 64), source=GOOGLE),
            Rule("bytes", 16_000_000, source=GOOGLE),
            Rule("fill", (0.75, 0.90), hard=False, source=GOOGLE),
            Rule("border", source=GOOGLE),
            *_no_text(GOOGLE),
            Rule(
                "source_type",
                {"required": False, "forbidden": ("compositeWithTrainedAlgorithmicMedia",)},
                source="seroundtable.com/google-merchant-center-requires-labels-ai-images-36922.html",
            ),
            *_OURS,
        ),
        fill=0.82,
        # Google asks for this term by name and names no other for pictures that a model had a part in.
        relabel={"compositeWithTrainedAlgorithmicMedia": "trainedAlgorithmicMedia"},
    ),
    Channel(
        "ebay",
        "eBay",
        (
            Rule("format", ("JPEG", "PNG", "TIFF", "BMP", "GIF", "WEBP"), hard=False, source=MEMORY),
            Rule("longest_side", (500, None), source=EBAY),
            Rule("longest_side", (1600, None), hard=False, source=EBAY),
            Rule("border", source=EBAY),
            *_no_text(EBAY),
            Rule("bytes", 12_000_000, hard=False, source="plomz.com"),
            *_OURS,
        ),
    ),
    Channel(
        "meta_catalogue",
        "Facebook and Instagram shops",
        (
            Rule("format", ("JPEG", "PNG"), source=META_CATALOGUE),
            Rule("shortest_side", (500, None), source=META_CATALOGUE),
            Rule("aspect", (1.0, 0.01), source=META_CATALOGUE),
            Rule("border", source=META_CATALOGUE),
            *_no_text(META_CATALOGUE),
            Rule("bytes", 8_000_000, hard=False, source=MEMORY),
            *_OURS,
        ),
        size=(1440, 1440),
    ),
    _instagram("instagram_square", "Instagram, square", (1440, 1440)),
    _instagram("instagram_portrait", "Instagram, portrait 4:5", (1440, 1800)),
    _instagram("instagram_story", "Instagram story 9:16", (1440, 2560), (250, 0, 340, 0)),
    _instagram("instagram_reel", "Instagram reel 9:16", (1440, 2560), (358, 86, 896, 86)),
    _instagram("meta_link", "Facebook link 1.91:1", (1200, 628)),
    Channel(
        "taobao_main",
        "Taobao and Tmall, main picture",
        (
            Rule("format", ("JPEG", "PNG"), source=TAOBAO),
            Rule("aspect", (1.0, 0.01), source=TAOBAO),
            Rule("shortest_side", (800, None), source=TAOBAO),
            Rule("bytes", 3_000_000, source=TAOBAO),
            Rule("white_background", 0.999, hard=False, source=MEMORY),  # of the fifth picture
            *_OURS,
        ),
        size=(1500, 1500),
    ),
    Channel(
        "taobao_detail",
        "Taobao and Tmall, long detail picture",
        (
            Rule("format", ("JPEG", "PNG"), source=TAOBAO),
            Rule("width", (750, 790), source=TAOBAO),
            Rule("height", (None, 1500), hard=False, source=MEMORY),
            Rule("bytes", 3_000_000, hard=False, source=MEMORY),
            *_OURS,
        ),
        size=(750, 1000),
    ),
    Channel(
        "shopify",
        "Shopify",
        (
            Rule("format", ("JPEG", "PNG", "WEBP", "GIF", "AVIF"), source=SHOPIFY),
            Rule("longest_side", (None, 5000), source=SHOPIFY),
            Rule("longest_side", (2048, None), hard=False, source=SHOPIFY),
            Rule("bytes", 20_000_000, source=SHOPIFY),
            *_OURS,
        ),
        size=(2048, 2048),
    ),
    Channel(
        "web",
        "The shop's own pages",
        (
            Rule("format", WEB_FORMATS, source="every browser of today"),
            Rule("longest_side", (600, None), hard=False, source="a product page's own column"),
            Rule("bytes", 1_500_000, hard=False, source="a page on a phone should not wait"),
            *_OURS,
        ),
        format="webp",
        quality=86,
    ),
)

CHANNELS: dict[str, Channel] = {channel.name: channel for channel in _ALL}
"""Every channel by name."""
